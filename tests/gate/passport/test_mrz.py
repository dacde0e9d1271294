"""Doc 9303's own specimens read; one sign changed is a wrong digit by name, and nothing of the holder is ever said."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.files import dump, tlv

from garim.gate.passport.mrz import Kind, Mrz, check_digit, dg1, expires, parse, wrong_digits
from garim.gate.passport.outcomes import Reason, Refused

# the specimens of Doc 9303-4, -5 and -6
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6\n"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n"
# and those of a number longer than its field
LONG_TD1 = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<\n"
LONG_TD2 = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8\n"
SPECIMENS = [TD3, TD2, TD1, LONG_TD1, LONG_TD2]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"


def refused(text: str) -> None:
    """`text` is refused as no zone, and none of it is quoted."""
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.reason is Reason.MRZ_FORM
    assert not any(name in str(caught.value) for name in ("ERIKSSON", "ANNA", "L898902C3", "740812"))


def passport(line1: str = "P<UTOERIKSSON<<ANNA<MARIA", **fields: str) -> str:
    """A TD3 whose digits are right, with other fields where they are given."""
    told = {"number": "L898902C3", "nationality": "UTO", "birth": "740812", "sex": "F", "expiry": "120415"} | fields
    number, birth, expiry = (told[each] + check_digit(told[each]) for each in ("number", "birth", "expiry"))
    optional = told.get("optional", "").ljust(14, "<")
    optional += told.get("optional_digit", check_digit(optional))
    last = check_digit(number + birth + expiry + optional)
    return f"{line1:<<44}\n{number}{told['nationality']}{birth}{told['sex']}{expiry}{optional}{last}"


@pytest.mark.parametrize("text", SPECIMENS)
def test_lines_may_be_joined_and_blanks_stand_around_them(text: str) -> None:
    zone = parse(text)
    assert zone.lines == tuple(text.split())
    assert parse(text.replace("\n", "")) == zone
    assert parse(text.replace("\n", " \r\n\r\n ")) == zone


@pytest.mark.parametrize("text", SPECIMENS)
def test_no_digit_of_a_specimen_is_wrong(text: str) -> None:
    assert wrong_digits(parse(text)) == ()


@pytest.mark.parametrize("text", [TD3, TD2, TD1])
def test_fields(text: str) -> None:
    zone = parse(text)
    assert zone.kind is {88: Kind.TD3, 72: Kind.TD2, 90: Kind.TD1}[len("".join(zone.lines))]
    assert (zone.document_code, zone.issuer, zone.nationality) == (text[0], "UTO", "UTO")
    assert (zone.surname, zone.given, zone.sex) == ("ERIKSSON", "ANNA MARIA", "F")
    assert (zone.birth, zone.expiry) == ("740812", "120415")
    assert zone.number == ("L898902C3" if text is TD3 else "D23145890")
    assert zone.optional == (("ZE184226B",) if text is TD3 else ())


@pytest.mark.parametrize("text", [LONG_TD1, LONG_TD2])
def test_a_long_number_goes_on_in_the_optional_field(text: str) -> None:
    zone = parse(text)
    assert zone.number == "D23145890734"
    assert zone.optional == ()
    assert wrong_digits(parse(text.replace("7349", "7439"))) == ("number", "composite")
    # a filler for a digit, and no more of the number behind it: not a number that is right
    assert "number" in wrong_digits(parse(text.replace("7349", "<<<<")))
    assert "number" in wrong_digits(parse(text.replace("7349", "7<<<")))


def test_a_long_number_and_more_behind_it() -> None:
    zone = parse(LONG_TD1.replace("7349<<<", "7349<AB").replace("UTO<<", "UTOC<"))
    assert (zone.number, zone.optional) == ("D23145890734", ("AB", "C"))
    assert "number" not in wrong_digits(zone)


@given(st.sampled_from(SPECIMENS), st.data())
def test_a_sign_changed_for_a_near_one_is_a_wrong_digit(text: str, data: st.DataObject) -> None:
    """7, 3 and 1 share no factor with 10: one digit changed for another is always seen."""
    signs = "".join(parse(text).lines)
    zone = parse(text)
    covered = [at for at in range(len(signs)) if signs[at].isdigit()]
    at = data.draw(st.sampled_from(covered))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != signs[at]]))
    changed = parse(signs[:at] + other + signs[at + 1 :])
    assert wrong_digits(changed) != ()
    assert changed != zone


@pytest.mark.parametrize(
    ("at", "fields"),
    [
        (44, ("number", "composite")),
        (53, ("number", "composite")),
        (57, ("birth", "composite")),
        (65, ("expiry", "composite")),
        (74, ("optional", "composite")),
        (86, ("optional", "composite")),
        (87, ("composite",)),
    ],
)
def test_the_field_whose_digit_is_wrong_is_named(at: int, fields: tuple[str, ...]) -> None:
    signs = TD3.replace("\n", "")
    other = {"9": "8", "L": "M", "1": "2", "0": "1"}.get(signs[at], "9")
    assert wrong_digits(parse(signs[:at] + other + signs[at + 1 :])) == fields


@pytest.mark.parametrize(("digit", "wrong"), [("0", ()), ("<", ()), ("1", ("optional",)), ("A", ("optional",))])
def test_the_digit_of_an_empty_optional_field(digit: str, wrong: tuple[str, ...]) -> None:
    assert wrong_digits(parse(passport(optional_digit=digit))) == wrong


def test_a_filler_is_no_digit_of_a_field_in_use() -> None:
    assert wrong_digits(parse(passport(optional="ZE184226B", optional_digit="<"))) == ("optional",)
    zone = parse(passport())
    signs = "".join(zone.lines)
    assert "number" in wrong_digits(parse(signs[:53] + "<" + signs[54:]))


@pytest.mark.parametrize("code", ["P<", "PP", "PD", "PO", "PE", "PM", "PS", "PT", "PR", "PN"])
def test_codes_of_a_passport(code: str) -> None:
    assert parse(passport(f"{code}UTOERIKSSON<<ANNA")).document_code == code.rstrip("<")


@pytest.mark.parametrize("code", ["I<", "ID", "AC", "C<", "AR", "IR"])
def test_codes_of_a_card(code: str) -> None:
    assert parse(TD1.replace("I<UTO", f"{code}UTO")).document_code == code.rstrip("<")
    assert parse(TD2.replace("I<UTO", f"{code}UTO")).document_code == code.rstrip("<")


@pytest.mark.parametrize(
    ("line1", "surname", "given"),
    [
        ("P<UTOARKFREITH", "ARKFREITH", ""),
        ("P<UTOVAN<DER<MUELLEN<<ALFRED<FELIX", "VAN DER MUELLEN", "ALFRED FELIX"),
        ("P<UTO" + "A" * 39, "A" * 39, ""),
        ("P<D<<MUSTERMANN<<ERIKA", "MUSTERMANN", "ERIKA"),
    ],
)
def test_names(line1: str, surname: str, given: str) -> None:
    zone = parse(passport(line1))
    assert (zone.surname, zone.given) == (surname, given)


@pytest.mark.parametrize("birth", ["740812", "7408<<", "74<<<<", "<<<<<<", "740000"])
def test_a_date_of_birth_may_be_unknown_in_part(birth: str) -> None:
    zone = parse(passport(birth=birth))
    assert zone.birth == birth
    assert wrong_digits(zone) == ()


@pytest.mark.parametrize(("sex", "said"), [("M", "M"), ("F", "F"), ("<", ""), ("X", "X")])
def test_sex(sex: str, said: str) -> None:
    assert parse(passport(sex=sex)).sex == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "P<UTO",
        TD3[:-2],
        TD3 + "<",
        TD3.lower(),
        TD3.replace("ANNA", "ÅNNA"),
        TD3.replace("ANNA", "AN-A"),
        TD3.replace("<<ANNA", "< ANNA"),
        TD3[:44] + TD3[45:46] + "\n" + TD3[46:],
        "\n".join(TD3.replace("\n", "")[at : at + 22] for at in range(0, 88, 22)),
        TD3.replace("P<", "V<"),
        TD3.replace("P<", "<<"),
        TD3.replace("P<", "P1"),
        TD3.replace("P<UTO", "P<U1O"),
        TD3.replace("P<UTO", "P<<TO"),
        TD3.replace("P<UTO", "P<<<<"),
        TD3.replace("6UTO", "6U0O"),
        TD3.replace("7408122", "74A8122"),
        TD3.replace("7408122", "74<8122"),
        TD3.replace("F120415", "Q120415"),
        TD3.replace("1204159", "12041<9"),
        TD3.replace("ERIKSSON<<ANNA<MARIA", "<" * 20),
        "A" * 100_000,
    ],
)
def test_what_is_no_zone(text: str) -> None:
    refused(text)


@given(st.one_of(st.text(max_size=120), st.text(ALPHABET + "\n", min_size=70, max_size=95)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        zone = parse(text)
    except Refused:
        return
    wrong_digits(zone)


@given(st.binary(max_size=120), st.sampled_from([72, 88, 90]), st.data())
def test_any_bytes_are_read_or_refused(noise: bytes, length: int, data: st.DataObject) -> None:
    signs = data.draw(st.text(ALPHABET, min_size=length, max_size=length)).encode()
    for each in (noise, tlv(0x61, noise), tlv(0x61, tlv(0x5F1F, noise)), tlv(0x61, tlv(0x5F1F, signs))):
        try:
            zone = dg1(each)
        except Refused:
            continue
        wrong_digits(zone)


@pytest.mark.parametrize(
    ("today", "expiry", "year"),
    [
        (date(2026, 11, 22), "120415", 2012),
        (date(2026, 11, 22), "360415", 2036),
        (date(2026, 11, 22), "750415", 2075),
        (date(2026, 11, 22), "760415", 1976),
        (date(2026, 11, 22), "990101", 1999),
        (date(1999, 12, 31), "040229", 2004),
        (date(2095, 1, 1), "040228", 2104),
    ],
)
def test_the_century_of_an_expiry(today: date, expiry: str, year: int) -> None:
    assert expires(parse(passport(expiry=expiry)), today) == date(year, int(expiry[2:4]), int(expiry[4:]))


@given(st.dates(date(1980, 1, 1), date(2200, 1, 1)), st.integers(-49 * 365, 49 * 365))
def test_an_expiry_within_49_years_is_found_again(today: date, days: int) -> None:
    expiry = date.fromordinal(today.toordinal() + days)
    assert expires(parse(passport(expiry=f"{expiry:%y%m%d}")), today) == expiry


@pytest.mark.parametrize("expiry", ["120431", "121301", "120400", "210229", "<<<<<<"])
def test_an_expiry_that_is_no_day(expiry: str) -> None:
    with pytest.raises(Refused) as caught:
        expires(parse(passport(expiry=expiry)), date(2026, 11, 22))
    assert caught.value.reason is Reason.MRZ_FORM


@pytest.mark.parametrize(
    ("name", "issuer"),
    [("bsi2008/Datagroup1.bin", "D"), ("loes2006/ef0101.bin", "NLD"), ("tsemrtd_dgs/EF_DG1.bin", "D")],
)
def test_real_chips(name: str, issuer: str) -> None:
    zone = dg1(dump(name).read_bytes())
    assert (zone.kind, zone.issuer, zone.document_code) == (Kind.TD3, issuer, "P")
    assert wrong_digits(zone) == ()
    assert parse("\n".join(zone.lines)) == zone


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tlv(0x61, b""), Reason.TRUNCATED),
        (tlv(0x61, tlv(0x5F2E, b"")), Reason.UNEXPECTED_TAG),
        (tlv(0x61, tlv(0x5F1F, TD3.replace("\n", "").encode()) + b"\2\0"), Reason.TRAILING_BYTES),
        (tlv(0x61, tlv(0x5F1F, TD3.encode())), Reason.MRZ_FORM),
        (tlv(0x61, tlv(0x5F1F, b"\xc3\x85" * 44)), Reason.MRZ_FORM),
        (tlv(0x75, tlv(0x5F1F, TD3.encode())), Reason.UNEXPECTED_TAG),
    ],
)
def test_dg1_in_another_form(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        dg1(data)
    assert caught.value.reason is reason


def test_no_repr_shows_its_holder() -> None:
    zone = parse(TD3)
    assert repr(zone) == str(zone) == "Mrz(TD3, P of UTO)"
    assert isinstance(zone, Mrz)
    assert "ERIKSSON" not in f"{zone} {[zone]}"
