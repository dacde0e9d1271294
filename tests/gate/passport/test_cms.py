"""Signed content: what a signer's words bind, and what nobody signed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.asn import context, integer, octets, oid, seq, tlv, utf8
from tests.gate.passport.certificates import Holder, csca, day, document_signer, name
from tests.gate.passport.real import specimen
from tests.gate.passport.signed import (
    CONTENT_TYPE,
    ID_DATA,
    LDS_OBJECT,
    MASTER_LIST,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_TIME,
    Cms,
    attribute,
)
from tests.gate.passport.suites import BY_NAME, SUITES, USUAL, Suite, algorithm, digest_algorithm, signature

from garim.gate.passport import cms
from garim.gate.passport.certificate import certificate
from garim.gate.passport.cms import Signed
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

CONTENT = b"what the signer signed"


@cache
def root() -> Holder:
    return csca("KR", USUAL)


@cache
def signer(suite: Suite = USUAL) -> Holder:
    return document_signer(root(), suite, "KR")


@cache
def usual() -> Cms:
    return Cms(CONTENT, signer())


def opened(data: bytes) -> Signed:
    return cms.opened(data, content_types={LDS_OBJECT})


def proved(data: bytes) -> Made:
    found = opened(data)
    return found.verified_by(found.signer())


def refusal(data: bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        proved(data)
    return refused.value.reason


def info(*attributes: bytes, suite: Suite = USUAL, version: int = 1) -> bytes:
    """A SignerInfo whose signed attributes are these, in this order, truly signed."""
    said = b"".join(attributes)
    signed = signature(suite, signer(suite).key, tlv(0x31, said))
    sid = seq(signer(suite).ask.issuer, integer(signer(suite).ask.serial))
    return seq(
        integer(version), sid, digest_algorithm(suite.digest), context(0, said), algorithm(suite), octets(signed)
    )


TYPE = attribute(CONTENT_TYPE, oid(LDS_OBJECT))
DIGEST = attribute(MESSAGE_DIGEST, octets(hashlib.sha256(CONTENT).digest()))


@pytest.mark.parametrize("by_ski", [False, True], ids=["issuer and serial", "ski"])
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_each_way_to_sign(suite: Suite, by_ski: bool) -> None:
    made = proved(Cms(CONTENT, signer(suite), by_ski=by_ski).der())
    assert made.weak == ((Reason.WEAK_HASH,) if "sha1" in (suite.hash, suite.digest) else ())


def test_what_is_read() -> None:
    found = opened(replace(usual(), signed_at=day(2026, 5)).der())
    assert (found.content_type, found.content, found.digest) == (LDS_OBJECT, CONTENT, "SHA-256")
    assert found.signing_time == day(2026, 5)
    assert found.signer() == certificate(signer().certificate)
    assert repr(found) == f"Signed({LDS_OBJECT}, {len(CONTENT)} bytes)"
    assert opened(usual().der()).signing_time is None


def test_the_german_list() -> None:
    """Signed by plain words: brainpoolP256r1, spelled out, on 2026-05-28."""
    found = cms.opened(specimen("masterlist/de.ml"), content_types={MASTER_LIST})
    assert found.signer().subject == "C=DE, O=bund, OU=bsi, serialNumber=0039, CN=CSCA Master List Signer"
    assert found.verified_by(found.signer()).words == "brainpoolP256r1, ECDSA, SHA-256"
    assert found.signing_time is not None and found.signing_time.date().isoformat() == "2026-05-28"
    assert len(found.content) == 899_665


def test_attributes_in_another_order_are_told_of() -> None:
    in_order = sorted([TYPE, DIGEST, attribute("1.2.3", utf8("a"))])
    assert proved(replace(usual(), written=info(*in_order)).der()).weak == ()
    reverse = replace(usual(), written=info(*reversed(in_order)))
    assert proved(reverse.der()).weak == (Reason.NOT_DER,)
    moved = info(*in_order).replace(b"".join(in_order), b"".join(reversed(in_order)))
    assert proved(replace(usual(), written=moved).der()).weak == (Reason.NOT_DER,)


def test_attributes_in_an_order_that_is_neither_theirs_nor_ders_were_not_signed() -> None:
    one, two, three = sorted([TYPE, DIGEST, attribute("1.2.3", utf8("a"))])
    moved = info(two, one, three).replace(two + one + three, three + two + one)
    assert refusal(replace(usual(), written=moved).der()) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("written", "hour"), [(b"240601120000+0900", 3), (b"2406011200Z", 12), (b"2406011200-0130", 13)]
)
def test_a_time_that_der_would_write_otherwise_is_told_of(written: bytes, hour: int) -> None:
    data = replace(usual(), extra=(attribute(SIGNING_TIME, tlv(0x17, written)),)).der()
    assert proved(data).weak == (Reason.NOT_DER,)
    assert opened(data).signing_time == day(2024, 6) + timedelta(hours=hour, minutes=30 * (hour == 13))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ([], Reason.CONTENT_TYPE),
        ([TYPE], Reason.MESSAGE_DIGEST),
        ([DIGEST], Reason.CONTENT_TYPE),
        ([attribute(CONTENT_TYPE, oid(MASTER_LIST)), DIGEST], Reason.CONTENT_TYPE),
        ([TYPE, TYPE, DIGEST], Reason.DUPLICATE_ENTRY),
        ([TYPE, DIGEST, DIGEST], Reason.DUPLICATE_ENTRY),
        ([TYPE, DIGEST, attribute(MESSAGE_DIGEST, octets(bytes(32)))], Reason.DUPLICATE_ENTRY),
        ([TYPE, attribute(MESSAGE_DIGEST)], Reason.DUPLICATE_ENTRY),
        ([TYPE, DIGEST, attribute("1.2.3", utf8("a"), utf8("b"))], Reason.DUPLICATE_ENTRY),
        ([TYPE, DIGEST, attribute("1.2.3")], Reason.DUPLICATE_ENTRY),
        ([TYPE, attribute(MESSAGE_DIGEST, octets(bytes(32)))], Reason.MESSAGE_DIGEST),
        ([TYPE, attribute(MESSAGE_DIGEST, octets(hashlib.sha256(CONTENT).digest()[:16]))], Reason.MESSAGE_DIGEST),
        ([TYPE, attribute(MESSAGE_DIGEST, octets(b""))], Reason.MESSAGE_DIGEST),
        ([TYPE, attribute(MESSAGE_DIGEST, utf8("x"))], Reason.UNEXPECTED_TAG),
        ([attribute(CONTENT_TYPE, utf8(LDS_OBJECT)), DIGEST], Reason.UNEXPECTED_TAG),
        ([TYPE, DIGEST, attribute(SIGNING_TIME, utf8("now"))], Reason.NOT_DER),
        ([TYPE, DIGEST, seq(oid("1.2.3"), octets(b""))], Reason.UNEXPECTED_TAG),
    ],
)
def test_attributes_that_do_not_bind(attributes: list[bytes], reason: Reason) -> None:
    assert refusal(replace(usual(), written=info(*sorted(attributes))).der()) is reason


def test_other_attributes_may_stand_there() -> None:
    assert proved(replace(usual(), extra=(attribute("1.2.3", utf8("a")),)).der()).weak == ()


def test_no_signed_attributes() -> None:
    assert refusal(replace(usual(), attributes=False).der()) is Reason.NO_SIGNED_ATTRIBUTES


def test_attributes_passed_off_as_content() -> None:
    """draft-ietf-lamps-cms-euf-cma: the signed bytes of one message as the content of another, without attributes."""
    said = tlv(0x31, usual().said())
    stolen = signature(USUAL, signer().key, said)
    assert refusal(Cms(said, signer(), attributes=False, signature=stolen).der()) is Reason.NO_SIGNED_ATTRIBUTES
    assert refusal(Cms(said, signer(), signature=stolen).der()) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("infos", [0, 2, 3])
def test_signers_are_one(infos: int) -> None:
    assert refusal(replace(usual(), infos=infos).der()) is Reason.SIGNER_COUNT


@pytest.mark.parametrize("content_type", [ID_DATA, MASTER_LIST, "1.2.3"])
def test_content_of_another_kind(content_type: str) -> None:
    """Truly signed by the same signer, for another purpose."""
    assert refusal(replace(usual(), content_type=content_type).der()) is Reason.CONTENT_TYPE
    assert refusal(replace(usual(), content_type=content_type, attribute_type=LDS_OBJECT).der()) is Reason.CONTENT_TYPE
    assert refusal(replace(usual(), attribute_type=content_type).der()) is Reason.CONTENT_TYPE


def test_other_content() -> None:
    digest = hashlib.sha256(CONTENT).digest()
    assert refusal(replace(usual(), content=CONTENT + b"!", message_digest=digest).der()) is Reason.MESSAGE_DIGEST


def test_the_signers_certificate() -> None:
    other = document_signer(root(), USUAL, "KR", label="2", serial=2)
    mine, theirs = signer().certificate, other.certificate
    assert refusal(replace(usual(), certificates=()).der()) is Reason.NO_SIGNER_CERTIFICATE
    assert refusal(replace(usual(), certificates=(theirs,)).der()) is Reason.NO_SIGNER_CERTIFICATE
    proved(replace(usual(), certificates=(mine, theirs, root().certificate)).der())
    proved(replace(usual(), certificates=(mine, mine)).der())
    with pytest.raises(Refused) as refused:
        opened(usual().der()).verified_by(certificate(theirs))
    assert refused.value.reason is Reason.NO_SIGNER_CERTIFICATE


def test_two_certificates_under_the_signers_name() -> None:
    """A thief's beside the signer's, both with the name and number that the SignerInfo says: neither is chosen."""
    thief = document_signer(root(), USUAL, "KR", label="thief")
    thief = thief.again(root(), subject=signer().ask.subject, serial=signer().ask.serial)
    both = (signer().certificate, thief.certificate)
    assert refusal(replace(usual(), certificates=both).der()) is Reason.NO_SIGNER_CERTIFICATE


def test_the_signers_issuer_in_another_writing() -> None:
    """PrintableString in the SignerInfo, UTF8String in the certificate, other case: nobody signed it, and it fits."""
    asked = replace(signer(), ask=replace(signer().ask, issuer=name("KR", "csca  KR", printed=True)))
    assert proved(Cms(CONTENT, asked).der()).weak == ()


def test_the_same_number_under_another_issuer() -> None:
    """The signer's own key and serial number, certified by somebody else: not whom the SignerInfo means."""
    elsewhere = document_signer(csca("DE", USUAL), USUAL, "KR")
    assert (elsewhere.key.spki, elsewhere.ask.serial) == (signer().key.spki, signer().ask.serial)
    alone = replace(usual(), certificates=(elsewhere.certificate,))
    assert proved(alone.der()).weak == (Reason.CERTIFICATE_FORM,)
    beside = replace(usual(), certificates=(elsewhere.certificate, root().certificate))
    assert refusal(beside.der()) is Reason.NO_SIGNER_CERTIFICATE


def test_one_certificate_that_nobody_names_and_whose_key_did_not_sign() -> None:
    other = document_signer(root(), USUAL, "KR", label="other", serial=7)
    assert refusal(replace(usual(), certificates=(other.certificate,)).der()) is Reason.NO_SIGNER_CERTIFICATE


@pytest.mark.parametrize("beside", [seq(), context(1, integer(1)), seq(integer(5))])
def test_another_certificate_that_cannot_be_read_is_told_of(beside: bytes) -> None:
    both = body(held=context(0, signer().certificate, beside))
    assert proved(both).weak == (Reason.CERTIFICATE_FORM,)
    other = document_signer(root(), USUAL, "KR", label="other", serial=7)
    with pytest.raises(Refused):
        proved(body(held=context(0, other.certificate, beside)))


def test_a_ski_that_is_not_the_certificates() -> None:
    """As in zkPassport's fixture: a signer named by a key of zeros."""
    unnamed = signer().again(root(), extensions=())
    assert proved(Cms(CONTENT, unnamed, by_ski=True).der()).weak == (Reason.CERTIFICATE_FORM,)


def test_two_hashes() -> None:
    beside = replace(BY_NAME["P-256 sha256"], digest="sha512", signed_with="sha256", name="mixed")
    assert proved(Cms(CONTENT, signer(), suite=beside).der()).weak == (Reason.DIGEST_DIFFERS,)


def body(
    *, data_type: str = SIGNED_DATA, inner: bytes | None = None, held: bytes | None = None, tail: bytes = b""
) -> bytes:
    """ContentInfo with one part of it in another form."""
    whole = usual()
    content = seq(oid(LDS_OBJECT), context(0, octets(CONTENT))) if inner is None else inner
    along = context(0, signer().certificate) if held is None else held
    digests = tlv(0x31, digest_algorithm("sha256"))
    part = seq(integer(3), digests, content, along, tlv(0x31, whole.info()), tail)
    return seq(oid(data_type), context(0, part))


BODY = body().index(b"\x30", 15)  # where SignedData begins


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.TRUNCATED),
        (body(data_type="1.2.840.113549.1.7.1"), Reason.CONTENT_TYPE),
        (body(inner=seq(oid(LDS_OBJECT))), Reason.CONTENT_TYPE),
        (body(inner=seq(oid(LDS_OBJECT), context(0, seq()))), Reason.UNEXPECTED_TAG),
        (body(inner=seq(oid(LDS_OBJECT), context(0, tlv(0x24, octets(CONTENT))))), Reason.NOT_DER),
        (body(inner=seq(oid(LDS_OBJECT), context(0, octets(CONTENT), octets(b"")))), Reason.NOT_DER),
        (body(inner=seq(oid(LDS_OBJECT), context(0, octets(CONTENT)), integer(1))), Reason.NOT_DER),
        (body(held=context(0, context(1, integer(1)))), Reason.UNEXPECTED_TAG),
        (body(held=context(0, *[signer().certificate] * 17)), Reason.TOO_LARGE),
        (body(tail=integer(1)), Reason.NOT_DER),
        (body() + b"\0", Reason.TRAILING_BYTES),
        (body()[:-1], Reason.TRUNCATED),
        (seq(oid(SIGNED_DATA)), Reason.NOT_DER),
        (seq(oid(SIGNED_DATA), context(0, body()[BODY:]), integer(1)), Reason.NOT_DER),
        (seq(oid(SIGNED_DATA), context(0, body()[BODY:], integer(1))), Reason.NOT_DER),
    ],
)
def test_forms(data: bytes, reason: Reason) -> None:
    assert refusal(data) is reason


def test_what_nobody_signed_changes_nothing() -> None:
    """Versions, the digests in front, revocation lists, unsigned attributes: 37 of 6,000 mutants live there."""
    plain, unsigned = opened(body()), replace(usual(), unsigned=attribute("1.2.3", utf8("a"))).der()
    other_version = replace(usual(), written=info(*sorted([TYPE, DIGEST]), version=4)).der()
    crls = body(held=context(0, signer().certificate) + context(1, seq()))
    for data in (unsigned, other_version, crls, body().replace(b"\x02\x01\x03\x31", b"\x02\x01\x05\x31", 1)):
        assert proved(data).weak == ()
        assert opened(data).content == plain.content and opened(data).attributes == plain.attributes


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 255))
def test_a_byte_changed(at: int, by: int) -> None:
    _changed(at, by)


@pytest.mark.slow
def test_every_bit_changed() -> None:
    for at in range(len(usual().der())):
        for bit in range(8):
            _changed(at, 1 << bit)


def _changed(at: int, by: int) -> None:
    """Refused; or what the signer's own key signed is still what is read."""
    data = bytearray(usual().der())
    data[at % len(data)] ^= by
    try:
        found = opened(bytes(data))
        found.verified_by(certificate(signer().certificate))
    except Refused:
        return
    assert (found.content, found.content_type, found.digest) == (CONTENT, LDS_OBJECT, "SHA-256")


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(Refused):
        opened(data)


@settings(deadline=None)
@given(st.lists(st.integers(0, 700), min_size=2, max_size=6))
def test_pieces_left_out_or_doubled(cuts: list[int]) -> None:
    data = usual().der()
    pieces = [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]
    for changed in (b"".join(pieces[::2]), b"".join([*pieces, pieces[-1]]), b"".join(reversed(pieces))):
        if changed != data:
            with pytest.raises(Refused):
                proved(changed)
