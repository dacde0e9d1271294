"""Certificates as they stand: all 588 of Germany's list against asn1crypto's reading, and those that lie."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from asn1crypto import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.asn import (
    bits,
    boolean,
    context,
    integer,
    octets,
    oid,
    printable,
    seq,
    set_of,
    time,
    tlv,
    utf8,
)
from tests.gate.passport.certificates import (
    Holder,
    basic,
    csca,
    day,
    document_signer,
    extended,
    extension,
    key_usage,
    name,
    private_key_period,
)
from tests.gate.passport.real import listed
from tests.gate.passport.suites import BY_NAME, USUAL, algorithm, signature

from garim.gate.passport.certificate import MOST_WORDS, Certificate, certificate, signed_by
from garim.gate.passport.outcomes import Reason, Refused


@cache
def root() -> Holder:
    return csca("KR", USUAL)


@cache
def signer() -> Holder:
    return document_signer(root(), USUAL, "KR")


def refusal(data: bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        certificate(data)
    return refused.value.reason


def with_extensions(*extensions: bytes) -> Certificate:
    return certificate(signer().again(root(), extensions=extensions).certificate)


def _expected(data: bytes) -> dict[str, Any]:
    """What asn1crypto reads in a certificate."""
    whole = x509.Certificate.load(data)
    part = whole["tbs_certificate"]
    constraints, usage = whole.basic_constraints_value, whole.key_usage_value
    aki = whole.authority_key_identifier_value
    return {
        "signed_part": part.dump(),
        "serial": whole.serial_number,
        "issuer_der": whole.issuer.dump(),
        "subject_der": whole.subject.dump(),
        "not_before": whole.not_valid_before,
        "not_after": whole.not_valid_after,
        "spki": part["subject_public_key_info"].dump(),
        "algorithm": whole["signature_algorithm"].dump(),
        "signature": whole["signature_value"].native,
        "country": whole.subject.native["country_name"].upper(),
        "ski": whole.key_identifier,
        "aki": aki["key_identifier"].native if aki is not None else None,
        "is_ca": constraints["ca"].native if constraints is not None else None,
        "path_len": constraints["path_len_constraint"].native if constraints is not None else None,
        "key_usage": {_USES[each] for each in usage.native} if usage is not None else None,
        "critical": {each["extn_id"].dotted for each in part["extensions"] if each["critical"].native},
    }


_USES = {
    "digital_signature": "digitalSignature",
    "non_repudiation": "nonRepudiation",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


def test_the_german_list_as_asn1crypto_reads_it() -> None:
    """Among them six that `cryptography` does not read: Austria, Japan and the Emirates write a NULL too many."""
    assert len(listed()) == 588
    for data in listed():
        read = certificate(data)
        expected = _expected(data)
        found = {each: getattr(read if hasattr(read, each) else read.extensions, each) for each in expected}
        assert found == expected


def test_375_of_the_german_list_signed_themselves() -> None:
    held = 0
    for read in map(certificate, listed()):
        try:
            held += bool(signed_by(read, read).words)
        except Refused as refused:
            assert refused.reason is Reason.BAD_SIGNATURE
    assert held == 375


def test_what_a_signer_says() -> None:
    read = certificate(signer().certificate)
    assert read.subject == "C=KR, O=Made for tests, CN=Document signer 1"
    assert read.issuer == "C=KR, O=Made for tests, CN=CSCA KR"
    assert (read.country, read.issuer_country, read.self_issued) == ("KR", "KR", False)
    assert (read.serial, read.not_before, read.not_after) == (0x5EED, day(2024), day(2035))
    assert read.sha256 == hashlib.sha256(signer().certificate).hexdigest()
    assert read.extensions.ski == signer().key.identifier
    assert read.extensions.aki == root().key.identifier
    assert read.extensions.key_usage == frozenset({"digitalSignature"})
    assert read.extensions.is_ca is None
    assert repr(read) == "Certificate('C=KR, O=Made for tests, CN=Document signer 1', 24301)"


def test_who_signed() -> None:
    read, above = certificate(signer().certificate), certificate(root().certificate)
    assert signed_by(read, above).words == "P-256, ECDSA, SHA-256"
    assert above.self_issued and signed_by(above, above).weak == ()
    stranger = certificate(csca("KR", USUAL, label="a stranger").certificate)
    assert stranger.subject_der == above.subject_der
    with pytest.raises(Refused) as refused:
        signed_by(read, stranger)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_extensions() -> None:
    read = with_extensions(
        basic(ca=True, paths=3),
        extended("2.23.136.1.1.3", "1.3.6.1"),
        private_key_period(day(2024), day(2026)),
        extension("1.2.3", b"anything", critical=True),
    ).extensions
    assert (read.is_ca, read.path_len) == (True, 3)
    assert read.extended_usage == {"2.23.136.1.1.3", "1.3.6.1"}
    assert (read.key_used_from, read.key_used_until) == (day(2024), day(2026))
    assert read.critical == {"2.5.29.19", "2.5.29.37", "1.2.3"}
    assert read.all == {*read.critical, "2.5.29.16"}
    half = extension("2.5.29.16", seq(tlv(0x81, b"20260101000000Z")))
    assert with_extensions(half).extensions.key_used_from is None
    assert with_extensions().extensions.ski is None


@pytest.mark.parametrize(
    "bad",
    [
        extension("2.5.29.14", b""),
        extension("2.5.29.14", octets(b"a") + b"\0"),
        extension("2.5.29.15", tlv(3, b"\x08\x00")),
        extension("2.5.29.16", seq(time(day(2024)))),
        extension("2.5.29.16", seq(tlv(0x80, b"2024"))),
        extension("2.5.29.19", seq(boolean(True), integer(-1))),
        extension("2.5.29.19", seq(integer(0), boolean(True))),
        extension("2.5.29.35", octets(b"")),
        extension("2.5.29.37", seq(utf8("any"))),
        seq(oid("1.2.3")),
        seq(oid("1.2.3"), octets(b""), octets(b"")),
        seq(oid("1.2.3"), boolean(True), boolean(True), octets(b"")),
    ],
)
def test_extensions_of_no_form(bad: bytes) -> None:
    assert refusal(signer().again(root(), extensions=(bad,)).certificate) in {
        Reason.NOT_DER,
        Reason.CERTIFICATE_FORM,
        Reason.UNEXPECTED_TAG,
        Reason.TRUNCATED,
        Reason.TRAILING_BYTES,
    }


def test_an_extension_stands_once() -> None:
    """The first says that it is no CA, the second that it is: readers differ in which they take."""
    twice = (basic(ca=False), basic(ca=True))
    assert refusal(signer().again(root(), extensions=twice).certificate) is Reason.CERTIFICATE_FORM


def test_the_algorithm_outside_is_that_inside() -> None:
    other = seq(oid("1.2.840.10045.4.1"))
    assert refusal(signer().again(root(), outer=other).certificate) is Reason.CERTIFICATE_FORM


SPAN, MARKS = seq(time(day(2024)), time(day(2030))), context(3, seq(key_usage(0)))


def made(
    *,
    version: bytes = context(0, integer(2)),
    serial: bytes = integer(7),
    span: bytes = SPAN,
    subject: bytes | None = None,
    marks: bytes = MARKS,
    tail: bytes = b"",
) -> bytes:
    held, inside = root(), algorithm(USUAL)
    who = name("KR", "A") if subject is None else subject
    part = seq(version, serial, inside, held.ask.subject, span, who, held.key.spki, marks)
    return seq(part, inside, bits(signature(USUAL, held.key, part)), tail)


def test_versions() -> None:
    assert certificate(made()).serial == 7
    for version in (b"", context(0, integer(0)), context(0, integer(3)), context(0, integer(-1))):
        assert refusal(made(version=version)) is Reason.CERTIFICATE_FORM
    for version in (b"", context(0, integer(0)), context(0, integer(1))):
        assert certificate(made(version=version, marks=b"")).extensions.all == frozenset()
    assert refusal(made(version=context(0, integer(3)), marks=b"")) is Reason.CERTIFICATE_FORM


@pytest.mark.parametrize(
    "data",
    [
        made(tail=integer(1)),
        made(span=seq(time(day(2024)), time(day(2030)), time(day(2040)))),
        made(marks=context(3, seq(key_usage(0)), seq(basic(ca=True)))),
        made(marks=context(3, seq(key_usage(0))) + integer(1)),
        made(version=context(0, integer(2), integer(0))),
    ],
    ids=["behind the signature", "a third date", "two lists of extensions", "behind them", "two versions"],
)
def test_a_field_too_many(data: bytes) -> None:
    assert refusal(data) is Reason.NOT_DER


def test_extensions_without_end() -> None:
    many = [extension(f"1.2.{number}", b"") for number in range(65)]
    assert len(certificate(made(marks=context(3, seq(*many[1:])))).extensions.all) == 64
    assert refusal(made(marks=context(3, seq(*many)))) is Reason.CERTIFICATE_FORM


@pytest.mark.parametrize("serial", [0, -78, 2**500])
def test_serial_numbers_of_states(serial: int) -> None:
    read = certificate(made(serial=integer(serial)))
    assert read.serial == serial and str(serial) in repr(read)


def test_a_serial_number_that_python_would_not_print() -> None:
    assert refusal(made(serial=tlv(2, b"\1" * 2000))) is Reason.NOT_DER


@pytest.mark.parametrize(
    ("subject", "country"),
    [
        (seq(set_of([seq(oid("2.5.4.6"), printable("kr"))])), "KR"),
        (seq(), ""),
        (seq(*[set_of([seq(oid("2.5.4.6"), printable(each))]) for each in ("KR", "DE")]), ""),
        (seq(*[set_of([seq(oid("2.5.4.6"), printable(each))]) for each in ("KR", "kr")]), "KR"),
    ],
)
def test_countries(subject: bytes, country: str) -> None:
    assert certificate(made(subject=subject)).country == country


def test_a_name_is_shown_and_obeyed_by_no_terminal() -> None:
    subject = seq(set_of([seq(oid("2.5.4.3"), utf8("A\x1b[2J\n")), seq(oid("1.2.3"), utf8("B"))]))
    assert certificate(made(subject=subject)).subject in {"CN=A\ufffd[2J\ufffd+1.2.3=B", "1.2.3=B+CN=A\ufffd[2J\ufffd"}


def test_a_name_is_cut() -> None:
    parts = [set_of([seq(oid("2.5.4.3"), utf8("A" * 60))])]
    assert certificate(made(subject=seq(*parts * 3))).subject == ", ".join(["CN=" + "A" * 60] * 3)
    long = certificate(made(subject=seq(*parts * 900))).subject
    assert len(long) == MOST_WORDS and long.startswith("CN=AAA") and long.endswith("...")


@pytest.mark.parametrize(
    ("value", "types", "deviates"),
    [
        (seq(integer(0), set_of([printable("P")])), {"P"}, False),
        (seq(integer(0), set_of([printable("ID"), printable("AR")])), {"ID", "AR"}, False),
        (seq(integer(0), set_of([utf8("P<")])), {"P"}, False),
        (seq(integer(0), set_of([])), None, True),
        (seq(integer(1), set_of([printable("P")])), None, True),
        (seq(integer(0), set_of([printable("PASS")])), None, True),
        (seq(integer(0), set_of([seq()])), None, True),
        (seq(integer(0), seq(printable("P"))), None, True),
        (seq(set_of([printable("P")])), None, True),
        (printable("P"), None, True),
        (b"", None, True),
    ],
)
def test_document_types(value: bytes, types: set[str] | None, deviates: bool) -> None:
    read = certificate(made(marks=context(3, seq(extension("2.23.136.1.1.6.2", value)))))
    assert read.extensions.document_types == types
    assert read.deviations == ((Reason.CERTIFICATE_FORM,) if deviates else ())


def test_numbers_and_dates_in_another_writing_are_deviations() -> None:
    assert certificate(made()).deviations == ()
    padded = certificate(made(serial=tlv(0x02, b"\0\0\x07")))
    assert (padded.serial, padded.deviations) == (7, (Reason.NOT_DER,))
    early = certificate(made(span=seq(tlv(0x17, b"2401010000Z"), tlv(0x17, b"350101000000Z"))))
    assert (early.not_before, early.deviations) == (day(2024), (Reason.NOT_DER,))


@pytest.mark.parametrize(
    "subject",
    [
        seq(seq(seq(oid("2.5.4.3"), utf8("A")))),
        seq(utf8("A")),
        seq(set_of([utf8("A")])),
        seq(set_of([seq(oid("1.2.3"))])),
        seq(set_of([seq()])),
    ],
)
def test_names_of_no_form(subject: bytes) -> None:
    with pytest.raises(Refused):
        certificate(made(subject=subject))


def test_bytes_that_are_none() -> None:
    assert refusal(signer().certificate + b"\0") is Reason.TRAILING_BYTES
    assert refusal(signer().certificate[:-1]) is Reason.TRUNCATED
    assert refusal(b"") is Reason.TRUNCATED
    assert refusal(tlv(0x30, bytes(1 << 17))) is Reason.CERTIFICATE_FORM


def test_a_key_that_nobody_knows_is_refused_when_it_is_asked_for() -> None:
    spki = seq(seq(oid("1.3.101.112")), bits(bytes(32)))
    read = certificate(signer().again(root(), spki=spki).certificate)
    assert read.subject
    with pytest.raises(Refused) as refused:
        read.key()
    assert refused.value.reason is Reason.UNKNOWN_ALGORITHM


def test_curveball() -> None:
    """The root's name and its very key, over a generator that its forger chose."""
    read = certificate(signer().certificate)
    suite = BY_NAME["P-256 sha256 explicit"]
    held = csca("KR", suite)
    wrong = held.ask.spki.replace(b"\x04\x6b\x17\xd1", b"\x04\x6b\x17\xd2")
    assert wrong != held.ask.spki
    with pytest.raises(Refused) as refused:
        signed_by(read, certificate(held.again(spki=wrong).certificate))
    assert refused.value.reason is Reason.UNKNOWN_CURVE


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 255))
def test_a_byte_changed(at: int, by: int) -> None:
    """It is refused, or read with nothing left to fail; and nothing that says something else has a signature."""
    original = certificate(signer().certificate)
    data = bytearray(original.der)
    data[at % len(data)] ^= by
    try:
        read = certificate(bytes(data))
    except Refused:
        return
    assert all(isinstance(said, str) for said in (read.subject, read.issuer, read.country, repr(read)))
    try:
        signed_by(read, certificate(root().certificate))
    except Refused:
        return
    assert read.signed_part == original.signed_part


def test_dates_beyond_2049() -> None:
    late = signer().again(root(), last=datetime(2075, 1, 1, tzinfo=UTC))
    assert certificate(late.certificate).not_after.year == 2075
