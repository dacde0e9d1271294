"""EF.SOD: the two official specimens hold up to their hashes; lists of hashes that lie are refused."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.asn import NULL, integer, octets, oid, printable, seq, tlv
from tests.gate.passport.certificates import Holder, csca, document_signer
from tests.gate.passport.real import specimen
from tests.gate.passport.signed import ID_DATA, MASTER_LIST, Cms, lds_object
from tests.gate.passport.suites import USUAL, digest_algorithm

from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.sod import Sod, signer, sod

FILES = {1: b"DG1", 2: b"DG2"}
HASHES = [(number, hashlib.sha256(data).digest()) for number, data in FILES.items()]


@cache
def by() -> Holder:
    return document_signer(csca("KR", USUAL), USUAL, "KR")


def file(content: bytes, *, content_type: str = "2.23.136.1.1.1") -> bytes:
    return tlv(0x77, Cms(content, by(), content_type).der())


def read(content: bytes) -> Sod:
    return sod(file(content))


def refusal(data: bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        sod(data)
    return refused.value.reason


def entries(*pairs: tuple[int, bytes]) -> bytes:
    return seq(*[seq(integer(number), octets(value)) for number, value in pairs])


@pytest.mark.parametrize(
    ("folder", "name", "groups", "words", "flags"),
    [
        (
            "bsi2008",
            "EF_SOD.bin",
            {1: "Datagroup1", 2: "Datagroup2", 3: "Datagroup3", 14: "Datagroup14"},
            "brainpoolP224r1, ECDSA, SHA-1",
            (Reason.WEAK_HASH,),
        ),
        ("loes2006", "ef011D.bin", {1: "ef0101", 2: "ef0102", 15: "ef010F"}, "RSA 2048, PKCS #1 v1.5, SHA-256", ()),
    ],
)
def test_official_specimens(
    folder: str, name: str, groups: dict[int, str], words: str, flags: tuple[Reason, ...]
) -> None:
    found = sod(specimen(f"{folder}/{name}"))
    made = found.signed.verified_by(signer(found))
    assert (made.words, made.weak, found.flags, found.lds_version) == (words, flags, flags, "1.7")
    assert set(found.hashes) == set(groups)
    for number, group in groups.items():
        data = specimen(f"{folder}/{group}.bin")
        found.cover(number, data)
        found.cover(number, data + bytes(3))  # a dump filled up to the file's size
        with pytest.raises(Refused) as refused:
            found.cover(number, data + b"\1")
        assert refused.value.reason is Reason.HASH_DIFFERS
    with pytest.raises(Refused) as refused:
        found.cover(16, b"")
    assert refused.value.reason is Reason.NOT_COVERED


def _fixture(who: str) -> Sod:
    """zkPassport's: the signer is a key of zeros."""
    return sod(tlv(0x77, base64.b64decode(json.loads(specimen(f"zkpassport_fixtures/{who}.json"))["encoded"])))


def test_a_fixture_that_names_no_signer_and_holds_its_certificate_alone() -> None:
    found = _fixture("john-miller-smith-rsa-2048-sha256")
    assert found.names == ("DG1", "DG2")
    assert found.signed.verified_by(signer(found)).weak == (Reason.CERTIFICATE_FORM,)


def test_a_fixture_that_names_no_signer_and_has_r_and_s_where_der_belongs() -> None:
    found = _fixture("mary-miller-smith-ecdsa-p256-sha256")
    with pytest.raises(Refused) as refused:
        found.signed.verified_by(signer(found))
    assert refused.value.reason is Reason.NO_SIGNER_CERTIFICATE


def test_what_is_read() -> None:
    content = lds_object(HASHES, "sha256", lds="1.8")
    found = read(content)
    assert (found.lds_version, found.unicode_version, found.digest, found.flags) == ("1.8", "4.0.0", "SHA-256", ())
    assert dict(found.hashes) == dict(HASHES)
    assert found.content_sha256 == hashlib.sha256(content).hexdigest()
    assert signer(found).sha256 == by().sha256
    assert repr(found) == "Sod(LDS 1.8, SHA-256, DG1 DG2)"
    with pytest.raises(TypeError):
        found.hashes[1] = b""  # type: ignore[index]  # that it cannot be done is the test
    assert read(lds_object(HASHES, "sha256")).lds_version == "1.7"


@pytest.mark.parametrize("name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_hashes(name: str) -> None:
    found = read(lds_object([(n, hashlib.new(name, data).digest()) for n, data in FILES.items()], name))
    for number, data in FILES.items():
        found.cover(number, data)
    assert found.flags == ((Reason.WEAK_HASH,) if name == "sha1" else ())


def test_content_without_a_type_of_its_own_is_told_of() -> None:
    found = sod(file(lds_object(HASHES, "sha256"), content_type=ID_DATA))
    assert found.flags == (Reason.CONTENT_IS_ID_DATA,)
    assert refusal(file(lds_object(HASHES, "sha256"), content_type=MASTER_LIST)) is Reason.CONTENT_TYPE


DIGEST = digest_algorithm("sha256")
VERSION = seq(printable("0108"), printable("040000"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lds_object([*HASHES, (2, bytes(32))], "sha256"), Reason.DUPLICATE_ENTRY),
        (lds_object([*HASHES, HASHES[0]], "sha256"), Reason.DUPLICATE_ENTRY),
        (lds_object([(0, bytes(32))], "sha256"), Reason.NOT_DER),
        (lds_object([(17, bytes(32))], "sha256"), Reason.NOT_DER),
        (lds_object([(-1, bytes(32))], "sha256"), Reason.NOT_DER),
        (lds_object([(1, bytes(31))], "sha256"), Reason.NOT_DER),
        (lds_object([(1, bytes(64))], "sha256"), Reason.NOT_DER),
        (lds_object([(1, b"")], "sha256"), Reason.NOT_DER),
        (lds_object([], "sha256"), Reason.NOT_DER),
        (lds_object([(1, bytes(16))], "md5"), Reason.UNKNOWN_ALGORITHM),
        (seq(integer(2), DIGEST, entries(*HASHES), VERSION), Reason.LDS_VERSION),
        (seq(integer(-1), DIGEST, entries(*HASHES)), Reason.LDS_VERSION),
        (seq(integer(1), DIGEST, entries(*HASHES), seq(printable("0107"), printable("040000"))), Reason.LDS_VERSION),
        (seq(integer(1), DIGEST, entries(*HASHES), seq(printable("1.8"), printable("040000"))), Reason.LDS_VERSION),
        (seq(integer(1), DIGEST, entries(*HASHES), seq(printable("0108"))), Reason.NOT_DER),
        (seq(integer(0), DIGEST, entries(*HASHES), NULL), Reason.NOT_DER),
        (seq(integer(0), DIGEST, seq(seq(integer(1), octets(bytes(32)), NULL))), Reason.NOT_DER),
        (seq(integer(0), seq(oid("2.16.840.1.101.3.4.2.1"), seq()), entries(*HASHES)), Reason.NOT_DER),
        (lds_object(HASHES, "sha256") + b"\0", Reason.TRAILING_BYTES),
        (lds_object(HASHES, "sha256")[:-1], Reason.TRUNCATED),
        (tlv(0x31, lds_object(HASHES, "sha256")), Reason.UNEXPECTED_TAG),
        (b"", Reason.TRUNCATED),
    ],
)
def test_lists_that_lie(content: bytes, reason: Reason) -> None:
    """Each truly signed: a signature makes no bad list good."""
    assert refusal(file(content)) is reason


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (seq(integer(0), DIGEST, entries(*HASHES), VERSION), "1.8"),
        (seq(integer(0), DIGEST, entries(*HASHES), seq(printable("0107"), printable("040000"))), "1.7"),
        (seq(integer(1), DIGEST, entries(*HASHES)), ""),
    ],
)
def test_a_number_that_does_not_fit_the_words_is_told_of(content: bytes, version: str) -> None:
    found = read(content)
    assert (found.lds_version, found.flags) == (version, (Reason.LDS_VERSION,))
    assert dict(found.hashes) == dict(HASHES)


def test_the_file_around_it() -> None:
    inside = Cms(lds_object(HASHES, "sha256"), by()).der()
    assert refusal(inside) is Reason.UNEXPECTED_TAG
    assert refusal(tlv(0x77, inside) + b"\0\1") is Reason.TRAILING_BYTES
    assert refusal(tlv(0x77, inside, b"\0")) is Reason.TRAILING_BYTES
    assert refusal(tlv(0x77, inside)[:-1]) is Reason.TRUNCATED
    for odd in (tlv(0x77, inside, bytes_of_length=3), tlv(0x77, inside) + bytes(9)):
        assert sod(odd).signed.content == sod(tlv(0x77, inside)).signed.content
    assert refusal(tlv(0x77)) is Reason.TRUNCATED


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 255))
def test_a_byte_of_the_specimen_changed(at: int, by: int) -> None:
    data = specimen("loes2006/ef011D.bin")
    original = sod(data)
    changed = bytearray(data)
    changed[at % len(data)] ^= by
    try:
        found = sod(bytes(changed))
        found.signed.verified_by(signer(original))
    except Refused:
        return
    assert (found.hashes, found.content_sha256) == (original.hashes, original.content_sha256)
