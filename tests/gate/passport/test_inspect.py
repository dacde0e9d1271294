"""An inspection: each question has its line, in one order; what was not proven is not told; specimens of states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from tests.conftest import ROOT, SHARED
from tests.gate.passport.asn import integer, oid, printable, seq, set_of, utf8
from tests.gate.passport.borders import shown, told
from tests.gate.passport.certificates import csca, document_signer, extension, name, revocation_list
from tests.gate.passport.dg2s import Face, portrait, record, templates
from tests.gate.passport.groups import group
from tests.gate.passport.pki import Passport, made_passport
from tests.gate.passport.suites import USUAL

from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import certificate
from garim.gate.passport.decoder import Decoder
from garim.gate.passport.document import Document, read
from garim.gate.passport.inspect import inspect, unread
from garim.gate.passport.inspection import Inspection, facts
from garim.gate.passport.inspection import shown as holder_of
from garim.gate.passport.links import sorted_out
from garim.gate.passport.masterlist import master_list
from garim.gate.passport.outcomes import Code, Outcome, Reason, Refused, Verdict
from garim.gate.passport.revocation import proved

SCHEMA = json.loads((ROOT / "docs" / "schema" / "garim-inspection-1.schema.json").read_text())
SPECIMENS = SHARED / "data" / "epassport"
KOREA = csca("KR", USUAL)
DATED = {"bsi2008": 2008, "loes2006": 2007, "tsemrtd_dgs": 2008}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as ready:
        yield ready


@pytest.fixture(scope="module")
def made() -> Passport:
    return made_passport(portrait())


def at_border(made: Passport, decoder: Decoder | None, **words: str) -> Inspection:
    return shown(made.files, [made.csca], made.at, decoder=decoder, **words)


def only(done: Inspection, code: Code, about: str = "") -> tuple[Outcome, Reason | None]:
    (check,) = [check for check in done.of(code) if check.about == about]
    return check.outcome, check.reason


def in_order(done: Inspection) -> list[Code]:
    return list(dict.fromkeys(check.code for check in done.checks))


def test_each_question_has_a_line_in_the_order_of_frontex(made: Passport, decoder: Decoder) -> None:
    done = at_border(made, decoder)
    assert done.verdict is Verdict.PROVEN, told(done)
    assert in_order(done) == list(Code)
    assert [check.about for check in done.of(Code.DG_HASH)] == ["DG1", "DG2"]
    assert done.content_sha256 is not None and done.csca == made.root.sha256


@pytest.mark.parametrize("gone", ["SOD", "COM", "DG1", "DG2"])
def test_each_has_a_line_whatever_is_missing(made: Passport, decoder: Decoder, gone: str) -> None:
    done = at_border(made.swapped(**{gone: None}), decoder)
    assert in_order(done) == list(Code)
    assert done.verdict is (Verdict.REFUSED if gone == "SOD" else Verdict.UNPROVEN), told(done)


def test_a_file_that_few_may_read_is_missed_and_bars_nothing(decoder: Decoder) -> None:
    full = made_passport(portrait(), groups={3: group(3, b"\x02\x01\x00"), 11: group(11, b"\x5c\x02\x5f\x0e")})
    done = at_border(full.swapped(DG3=None), decoder)
    assert only(done, Code.DG_HASH, "DG3") == (Outcome.UNCHECKED, Reason.NOT_PRESENTED)
    assert only(done, Code.DG_HASH, "DG11") == (Outcome.PASSED, None)
    assert done.verdict is Verdict.PROVEN, told(done)


@pytest.mark.parametrize("number", [7, 11, 12, 14, 15])
def test_a_file_that_any_reader_reads_bars_a_proof_where_it_is_missing(number: int, decoder: Decoder) -> None:
    full = made_passport(portrait(), groups={number: group(number, b"\x02\x01\x00")})
    assert at_border(full, decoder).verdict is Verdict.PROVEN
    done = at_border(full.swapped(**{f"DG{number}": None}), decoder)
    assert only(done, Code.DG_HASH, f"DG{number}") == (Outcome.UNCHECKED, Reason.MISSING_FILE)
    assert done.verdict is Verdict.UNPROVEN, told(done)


def test_a_forgers_own_word_for_his_country_passes_nothing(decoder: Decoder) -> None:
    forger = csca("KR", USUAL, label="forger")
    forged, true = made_passport(portrait(), root=forger), made_passport(portrait())
    done = shown(forged.files, [true.csca], forged.at, decoder=decoder)
    assert only(done, Code.CHAIN) == (Outcome.FAILED, Reason.ISSUER_SIGNATURE)
    assert only(done, Code.ISSUER) == (Outcome.UNCHECKED, Reason.ISSUER_SIGNATURE)
    unknown = shown(forged.files, [csca("JP", USUAL).certificate], forged.at, decoder=decoder)
    assert only(unknown, Code.ISSUER) == (Outcome.UNCHECKED, Reason.UNKNOWN_COUNTRY)
    assert not done.holds(Code.ISSUER) and not unknown.holds(Code.ISSUER)


def test_another_country_than_the_signer_says_is_found_out_whoever_it_is(decoder: Decoder) -> None:
    forged = made_passport(portrait(), country="JPN", root=KOREA, signer=document_signer(KOREA, USUAL, "KR"))
    done = shown(forged.files, [csca("DE", USUAL).certificate], forged.at, decoder=decoder)
    assert only(done, Code.CHAIN) == (Outcome.UNCHECKED, Reason.UNKNOWN_COUNTRY)
    assert only(done, Code.ISSUER) == (Outcome.FAILED, Reason.COUNTRY_DIFFERS)


def test_who_issues_under_no_known_letters_is_looked_at_by_a_person(decoder: Decoder) -> None:
    bank = made_passport(portrait(), country="XBA", root=csca("XB", USUAL))
    (check,) = at_border(bank, decoder).of(Code.ISSUER)
    assert (check.outcome, check.reason) == (Outcome.UNCHECKED, Reason.UNKNOWN_COUNTRY)
    assert "XBA issues documents" in check.said


@pytest.mark.parametrize("types", [("P",), ("V", "P"), ("PD", "P")])
def test_a_signer_of_passports_signs_them(types: tuple[str, ...], decoder: Decoder) -> None:
    made = made_passport(portrait())
    mark = extension("2.23.136.1.1.6.2", seq(integer(0), set_of(map(printable, types))), critical=True)
    signer = made.signer.again(made.root, extensions=(*made.signer.ask.extensions, mark))
    signed = made.resigned(replace(made.cms, signer=signer))
    assert at_border(signed, decoder).verdict is Verdict.PROVEN
    without = at_border(signed.swapped(DG1=None), decoder)
    assert only(without, Code.SIGNER_CERTIFICATE) == (Outcome.UNCHECKED, Reason.MISSING_FILE)
    diplomatic = made_passport(portrait(), code="PD", root=made.root, signer=signer)
    assert at_border(diplomatic, decoder).verdict is Verdict.PROVEN


def test_a_name_without_end_is_cut(decoder: Decoder) -> None:
    made = made_passport(portrait())
    word = set_of([seq(oid("2.5.4.3"), utf8("PROVEN " * 9))])
    signer = made.signer.again(made.root, subject=seq(name("KR", "DS")[2:], *[word] * 800))
    done = at_border(made.resigned(replace(made.cms, signer=signer)), decoder)
    assert max(len(check.said) for check in done.checks) < 400
    assert done.verdict is Verdict.PROVEN, told(done)


def test_nobody_trusted_proves_nothing(made: Passport, decoder: Decoder) -> None:
    done = inspect(Document(made.files), None, at=made.at, decoder=decoder)
    assert only(done, Code.CHAIN) == (Outcome.UNCHECKED, Reason.NO_TRUST_LIST)
    assert done.verdict is Verdict.UNPROVEN
    assert done.csca is None
    nothing = inspect(Document(made.files), Anchors([]), at=made.at, decoder=decoder)
    assert only(nothing, Code.CHAIN) == (Outcome.UNCHECKED, Reason.NO_TRUST_LIST)


def test_a_portrait_that_nobody_decoded_is_not_passed(made: Passport) -> None:
    done = at_border(made, None)
    assert only(done, Code.PORTRAIT) == (Outcome.UNCHECKED, Reason.NOT_DECODED)
    assert done.verdict is Verdict.UNPROVEN
    assert done.portrait is None


def test_what_the_page_shows_is_compared(made: Passport, decoder: Decoder) -> None:
    chip = at_border(made, decoder)
    assert chip.mrz is not None
    lines = "\n".join(chip.mrz.lines)
    assert only(chip, Code.MRZ_PRINTED) == (Outcome.UNCHECKED, Reason.NO_PRINTED_MRZ)
    same = at_border(made, decoder, printed_mrz=lines + "\n")
    assert only(same, Code.MRZ_PRINTED) == (Outcome.PASSED, None)
    other = at_border(made, decoder, printed_mrz=lines.replace(chip.mrz.number, chip.mrz.number[::-1]))
    assert only(other, Code.MRZ_PRINTED) == (Outcome.FAILED, Reason.PRINTED_DIFFERS)
    assert other.verdict is Verdict.REFUSED
    none = at_border(made, decoder, printed_mrz="no lines")
    assert only(none, Code.MRZ_PRINTED) == (Outcome.UNCHECKED, Reason.MRZ_FORM)
    assert none.verdict is Verdict.UNPROVEN


def test_under_a_broken_signature_an_equal_hash_proves_nothing(made: Passport, decoder: Decoder) -> None:
    sod = bytearray(made.files["SOD"])
    sod[-3] ^= 1
    done = at_border(made.swapped(SOD=bytes(sod)), decoder)
    assert only(done, Code.DG_HASH, "DG1") == (Outcome.UNCHECKED, Reason.BAD_SIGNATURE)
    assert only(done, Code.SOD_COM) == (Outcome.UNCHECKED, Reason.BAD_SIGNATURE)
    assert done.mrz is None and done.portrait is None and done.kind == "" and done.expiry is None


def test_what_differs_is_found_under_a_broken_signature_too(made: Passport, decoder: Decoder) -> None:
    sod = bytearray(made.files["SOD"])
    sod[-3] ^= 1
    done = at_border(made.swapped(SOD=bytes(sod), DG1=made.files["DG1"][:-1] + b"0"), decoder)
    assert only(done, Code.DG_HASH, "DG1") == (Outcome.FAILED, Reason.HASH_DIFFERS)


def test_a_picture_that_was_not_signed_is_not_decoded(made: Passport) -> None:
    class Never(Decoder):
        def decode(self, image: object) -> None:  # type: ignore[override]
            raise AssertionError("decoded")

    done = at_border(made.swapped(DG2=templates(record([Face(portrait(9))]))), Never())
    assert only(done, Code.PORTRAIT) == (Outcome.UNCHECKED, Reason.HASH_DIFFERS)


def test_one_image_of_several_is_decoded_and_it_is_said_which(decoder: Decoder) -> None:
    two = made_passport(portrait(), groups={2: templates(record([Face(portrait(1)), Face(portrait(9))]))})
    done = at_border(two, decoder)
    assert [check.about for check in done.of(Code.PORTRAIT)] == ["image 1 of 2"]
    assert done.verdict is Verdict.PROVEN


def test_revoked_clean_stale(made: Passport, decoder: Decoder) -> None:
    def with_list(serials: list[int], *, days: int) -> Inspection:
        trust = Anchors([certificate(made.csca)])
        issued = made.at - timedelta(days=30)
        written = revocation_list(made.root, serials, issued=issued, next_update=issued + timedelta(days=days))
        crl = proved(written, trust, at=made.at)
        return inspect(Document(made.files), trust, at=made.at, decoder=decoder, crls=[crl])

    serial = certificate(made.signer.certificate).serial
    clean = with_list([serial + 1], days=90)
    assert only(clean, Code.REVOCATION) == (Outcome.PASSED, None)
    assert clean.verdict is Verdict.PROVEN
    revoked = with_list([serial], days=90)
    assert only(revoked, Code.REVOCATION) == (Outcome.FAILED, Reason.REVOKED)
    assert revoked.verdict is Verdict.REFUSED
    stale = with_list([], days=3)
    assert only(stale, Code.REVOCATION) == (Outcome.UNCHECKED, Reason.STALE_REVOCATION_LIST)
    assert stale.verdict is Verdict.UNPROVEN


def test_a_folder_that_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "M. Mustermann"
    refused = Refused(Reason.DUPLICATE_FILE, f"{path}: two files are DG1; neither was taken. Leave one")
    done = unread(refused, path, at=datetime(2026, 1, 1, tzinfo=UTC))
    assert done.verdict is Verdict.REFUSED
    assert in_order(done) == list(Code)
    assert done.checks[0].said == "two files are DG1"
    assert "Mustermann" not in json.dumps(facts(done, holder=True))


def test_nothing_names_the_holder_unasked(made: Passport, decoder: Decoder) -> None:
    done = at_border(made, decoder)
    assert done.mrz is not None
    names = {done.mrz.surname, done.mrz.given.split()[0], done.mrz.number, done.mrz.birth}
    words = [repr(done), json.dumps(facts(done, holder=False)), *(check.said for check in done.checks)]
    assert not [(name, word) for name in names for word in words if name in word]
    asked = json.dumps(facts(done, holder=True))
    assert all(name in asked for name in names)
    assert {done.mrz.surname, done.mrz.number} <= {value for _, value in holder_of(done)}


def test_a_time_without_a_zone_is_the_callers_fault(made: Passport) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        inspect(Document(made.files), None, at=made.at.replace(tzinfo=None))


@pytest.mark.parametrize("holder", [True, False])
def test_the_json_is_what_its_schema_says(made: Passport, decoder: Decoder, holder: bool) -> None:
    for each in (made, made.swapped(SOD=None), made.swapped(DG1=made.files["DG1"][:-1] + b"0")):
        jsonschema.validate(facts(at_border(each, decoder), holder=holder), SCHEMA)


def test_the_schema_knows_each_word() -> None:
    row = SCHEMA["properties"]["checks"]["items"]["properties"]
    assert row["code"]["enum"] == [code.value for code in Code]
    assert row["reason"]["enum"] == [None, *(reason.value for reason in Reason)]
    assert row["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert SCHEMA["properties"]["verdict"]["enum"] == [verdict.value for verdict in Verdict]


@pytest.fixture(scope="module")
def german() -> Anchors:
    root = certificate((SPECIMENS / "masterlist" / "de_root.cer").read_bytes())
    listed = master_list((SPECIMENS / "masterlist" / "de.ml").read_bytes(), [root], at=datetime(2026, 6, 1, tzinfo=UTC))
    return Anchors(sorted_out(listed.certificates).chaining)


@pytest.mark.skipif(not SPECIMENS.is_dir(), reason="needs the specimens in ../shared/data/epassport")
@pytest.mark.parametrize("name", DATED)
def test_specimens_hold_up_to_their_hashes_and_no_further(name: str, german: Anchors, decoder: Decoder) -> None:
    at = datetime(DATED[name], 12, 1, tzinfo=UTC)
    done = inspect(read(SPECIMENS / name), german, at=at, decoder=decoder)
    for code in (Code.SOD_SIGNATURE, Code.SIGNER_CERTIFICATE, Code.SIGNER_VALIDITY, Code.SOD_COM):
        assert done.holds(code), told(done)
    assert only(done, Code.ISSUER) == (Outcome.UNCHECKED, Reason.UNKNOWN_ISSUER)  # the signer's own word for it
    assert done.holds(Code.DG_HASH, "DG1") and done.holds(Code.DG_HASH, "DG2")
    assert done.holds(Code.MRZ_DIGITS) and done.holds(Code.EXPIRY) and done.portrait is not None
    assert only(done, Code.CHAIN) == (Outcome.UNCHECKED, Reason.UNKNOWN_ISSUER)  # their CSCAs are not public
    failed = {check.reason for check in done.checks if check.outcome is Outcome.FAILED}
    # files lie beside those of the German chip that its SOD does not name
    assert failed == (set() if name == "loes2006" else {Reason.NOT_COVERED})


@pytest.mark.skipif(not SPECIMENS.is_dir(), reason="needs the specimens in ../shared/data/epassport")
def test_the_german_specimen_alone_is_unproven(decoder: Decoder) -> None:
    found = read(SPECIMENS / "bsi2008")
    covered = Document({name: data for name, data in found.files.items() if name not in ("DG4", "DG15")})
    done = inspect(covered, Anchors([]), at=datetime(2008, 12, 1, tzinfo=UTC), decoder=decoder)
    assert done.verdict is Verdict.UNPROVEN, told(done)
    assert only(done, Code.SOD_SIGNATURE) == (Outcome.FLAGGED, Reason.WEAK_HASH)


def test_a_portrait_is_compared_by_nobody(made: Passport, decoder: Decoder) -> None:
    """Equality of two results asks for words, not for pixels."""
    done = at_border(made, decoder)
    assert replace(done, portrait=None) == done


def test_what_decided_comes_first(made: Passport, decoder: Decoder) -> None:
    assert at_border(made, decoder).decisive == ()
    missing = at_border(made.swapped(COM=None), decoder)
    assert [check.reason for check in missing.decisive] == [Reason.NO_COM]
    wrong = made.swapped(DG1=made.files["DG1"][:-1] + b"0", DG2=templates(record([Face(portrait(9))])))
    told_first = [(check.reason, check.about) for check in at_border(wrong, decoder).decisive]
    assert told_first == [(Reason.HASH_DIFFERS, "DG1"), (Reason.HASH_DIFFERS, "DG2")]
