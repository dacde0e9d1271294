"""Revocation lists: whose they are, whom they name, and when they say nothing any more."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.asn import bits, boolean, context, implicit, integer, octets, oid, seq, time
from tests.gate.passport.certificates import (
    CERT_SIGN,
    Holder,
    authority_key,
    basic,
    csca,
    day,
    document_signer,
    extension,
    key_usage,
    name,
    revocation_list,
    subject_key,
)
from tests.gate.passport.suites import BY_NAME, USUAL, algorithm, signature

from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import certificate
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import RevocationList, proved, refuse_revoked, revoked

ROOT = csca("KR", USUAL)
SIGNER = document_signer(ROOT, USUAL, "KR", serial=77)
SHA_1 = BY_NAME["P-256 sha1"]
ISSUED, NEXT, NOW = day(2026, 5), day(2026, 8), day(2026, 6)


ENTRY_1 = seq(integer(1), time(ISSUED))


def written(*serials: int, root: Holder = ROOT, issued: datetime = ISSUED, until: datetime = NEXT) -> bytes:
    return revocation_list(root, serials, issued=issued, next_update=until)


def read(data: bytes, *trusted: Holder, at: datetime = NOW) -> RevocationList:
    return proved(data, Anchors(certificate(one.certificate) for one in trusted or (ROOT,)), at=at)


def reason(data: bytes, *trusted: Holder, at: datetime = NOW) -> Reason:
    with pytest.raises(Refused) as refused:
        read(data, *trusted, at=at)
    assert "\n" not in str(refused.value)
    return refused.value.reason


def of_signer(*lists: RevocationList, at: datetime = NOW) -> RevocationList | Reason:
    try:
        return revoked(certificate(SIGNER.certificate), lists, at=at)
    except Refused as refused:
        return refused.reason


def custom(
    *marks: bytes, entries: Sequence[bytes] = (), version: int | None = 1, inner: bytes = b"", tail: bytes = b""
) -> bytes:
    """A list of the root, field by field."""
    said = inner or algorithm(USUAL)
    tbs = seq(
        b"" if version is None else integer(version),
        said,
        ROOT.ask.subject,
        time(ISSUED),
        time(NEXT),
        seq(*entries) if entries else b"",
        context(0, seq(*marks)) if marks else b"",
        tail,
    )
    return seq(tbs, algorithm(USUAL), bits(signature(USUAL, ROOT.key, tbs)))


def test_who_is_on_the_list_is_revoked_and_who_is_not_is_not() -> None:
    assert of_signer(read(written(1, 77, 3))) is Reason.REVOKED
    clean = read(written(1, 3))
    assert of_signer(clean) is clean
    assert dict(clean.revoked) == {1: ISSUED, 3: ISSUED}
    assert (clean.country, clean.number, clean.this_update, clean.next_update) == ("KR", 1, ISSUED, NEXT)
    assert dict(read(written()).revoked) == {}


def test_a_stale_list_still_revokes_and_clears_nobody() -> None:
    late = NEXT + timedelta(seconds=1)
    assert of_signer(read(written(77)), at=late) is Reason.REVOKED
    assert of_signer(read(written(1)), at=late) is Reason.STALE_REVOCATION_LIST
    assert isinstance(of_signer(read(written(1)), at=NEXT), RevocationList)


def test_an_older_list_that_names_it_counts_beside_a_newer_one_that_does_not() -> None:
    old, new = read(written(77, issued=day(2026, 1), until=day(2026, 3))), read(written(1))
    assert of_signer(new, old) is Reason.REVOKED
    stale = read(written(1, issued=day(2026, 1), until=day(2026, 3)))
    assert of_signer(stale, new) is new


def test_no_list_and_anothers_list_are_no_list() -> None:
    other = csca("JP", USUAL)
    assert of_signer() is Reason.NO_REVOCATION_LIST
    assert of_signer(read(written(77, root=other), other)) is Reason.NO_REVOCATION_LIST
    renamed = ROOT.again(subject=name("KR", "Somebody"))
    assert of_signer(read(written(77, root=renamed), renamed)) is Reason.NO_REVOCATION_LIST


def test_a_newer_list_of_another_key_takes_nothing_back() -> None:
    new = csca("KR", USUAL, label="new")
    older, newer = read(written(77)), read(written(root=new, issued=day(2026, 6)), ROOT, new)
    assert older.key != newer.key
    assert of_signer(older, newer) is of_signer(newer, older) is Reason.REVOKED


def test_a_key_whose_certificate_had_run_out_signs_no_list() -> None:
    old = csca("KR", USUAL, last=day(2026, 4))
    assert reason(written(root=old), old) is Reason.OUTSIDE_ISSUER_VALIDITY
    assert reason(written(issued=day(2019, 12)), ROOT) is Reason.OUTSIDE_ISSUER_VALIDITY
    assert read(written(issued=day(2026, 4), root=old), old).country == "KR"
    renewed = old.again(last=day(2040))
    assert read(written(root=old), old, renewed).made is not None, "the same key, certified for longer"


def test_what_is_weak_about_a_list_stands_with_it() -> None:
    weak = csca("KR", SHA_1)
    found = read(written(root=weak), weak)
    assert found.made is not None and Reason.WEAK_HASH in found.made.weak
    strong = read(written())
    assert strong.made is not None and strong.made.weak == ()
    anchor = certificate(ROOT.certificate)
    vouched = proved(written(), Anchors([anchor], {anchor.sha256: (Reason.WEAK_HASH,)}), at=NOW)
    assert vouched.made is not None and vouched.made.weak == (Reason.WEAK_HASH,)


def test_a_list_is_known_by_what_was_signed() -> None:
    one = written(1)
    again = custom(authority_key(ROOT.key.identifier), extension("2.5.29.20", integer(1)), entries=[ENTRY_1])
    assert read(one).sha256 == read(again).sha256
    assert read(one).sha256 != sha256(one).hexdigest(), "another signature over the same is the same list"


def test_a_countrys_own_certificate_can_be_named() -> None:
    refuse_revoked(certificate(ROOT.certificate), [read(written(77))])
    with pytest.raises(Refused) as refused:
        refuse_revoked(certificate(ROOT.certificate), [read(written(ROOT.ask.serial))], whose="country's certificate")
    assert refused.value.reason is Reason.REVOKED
    assert str(refused.value).startswith("country's certificate: ")


def test_a_list_that_nobody_proved_counts_for_nothing() -> None:
    assert of_signer(replace(read(written(77)), made=None)) is Reason.NO_REVOCATION_LIST


def test_one_list_speaks_for_all_keys_of_its_country() -> None:
    new = csca("KR", USUAL, label="new")
    assert of_signer(read(written(77, root=new), ROOT, new)) is Reason.REVOKED


def test_only_a_trusted_key_of_the_country_proves_a_list() -> None:
    attacker = csca("KR", USUAL, label="attacker")
    assert reason(written(root=attacker)) is Reason.ISSUER_SIGNATURE
    assert reason(written(), csca("JP", USUAL)) is Reason.UNKNOWN_COUNTRY
    marks = (subject_key(ROOT.key.identifier), basic(ca=True), key_usage(CERT_SIGN))
    assert reason(written(), ROOT.again(extensions=marks)) is Reason.UNKNOWN_ISSUER


def test_a_list_of_tomorrow_is_refused() -> None:
    assert reason(written(issued=day(2026, 7))) is Reason.NOT_YET_VALID


DELTA, PARTS, WHOSE = "2.5.29.27", "2.5.29.28", "2.5.29.29"


@pytest.mark.parametrize(
    "data",
    [
        custom(version=None),
        custom(version=0),
        custom(inner=seq(oid("1.2.840.10045.4.3.4"))),
        custom(extension(DELTA, integer(1), critical=True)),
        custom(extension("1.2.3.4", b"\x05\x00", critical=True)),
        custom(extension(PARTS, seq(implicit(4, b"\xff")), critical=True)),  # an indirect list
        custom(extension(PARTS, seq(implicit(2, b"\xff")), critical=True)),  # of authorities only
        custom(authority_key(b"1"), authority_key(b"1")),
        custom(entries=[seq(integer(1), time(ISSUED), seq(extension(WHOSE, seq(), critical=True)))]),
    ],
)
def test_a_list_that_says_what_is_not_read_is_refused(data: bytes) -> None:
    assert reason(data) is Reason.REVOCATION_FORM


@pytest.mark.parametrize(
    "data",
    [
        b"",
        written()[:-1],
        written() + b"\0",
        seq(),
        custom(tail=b"\x05\x00"),
        custom(entries=[seq(octets(b"1"), time(ISSUED))]),
        custom(entries=[seq(integer(1), integer(1))]),
        custom(extension("2.5.29.20", b"\x04\x00")),
        custom(extension(PARTS, boolean(True))),
    ],
)
def test_bytes_in_no_such_form_are_refused(data: bytes) -> None:
    assert reason(data) is not None


def test_where_a_list_is_published_and_why_one_was_revoked_are_read_over() -> None:
    where = extension(PARTS, seq(context(0, context(0, implicit(6, b"http://x")))), critical=True)
    why = seq(extension("2.5.29.21", b"\x0a\x01\x01"))
    assert of_signer(read(custom(where, entries=[seq(integer(77), time(ISSUED), why)]))) is Reason.REVOKED


@given(st.data())
def test_no_mutant_names_other_serials(data: st.DataObject) -> None:
    octets_ = bytearray(written(1, 2, 3))
    at = data.draw(st.integers(0, len(octets_) - 1))
    octets_[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(Refused):
        assert dict(read(bytes(octets_)).revoked) == {1: ISSUED, 2: ISSUED, 3: ISSUED}


def test_a_list_that_another_library_wrote_is_read() -> None:
    key = ROOT.key.private
    assert isinstance(key, EllipticCurvePrivateKey)
    issuer = x509.load_der_x509_certificate(ROOT.certificate).subject
    entries = [
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(datetime(2026, 4, 1, tzinfo=UTC))
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
        for serial in range(1, 2001)
    ]
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(ISSUED).next_update(NEXT)
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    found = read(builder.sign(key, SHA256()).public_bytes(Encoding.DER))
    assert len(found.revoked) == 2000
    assert found.number is None
    assert of_signer(found) is Reason.REVOKED
