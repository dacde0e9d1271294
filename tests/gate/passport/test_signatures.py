"""A signature holds for its key, its bytes and its algorithm's own words, and for nothing that is near to them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.asn import NULL, bits, context, integer, octets, oid, seq, tlv
from tests.gate.passport.domains import CURVES
from tests.gate.passport.suites import (
    BY_NAME,
    MGF1,
    RSA_PSS,
    SUITES,
    Key,
    Suite,
    algorithm,
    digest_algorithm,
    key,
    pss_parameters,
    signature,
)

from garim.gate.passport.keys import public_key
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made, verify

MESSAGE = b"what was signed"
PKCS1, PSS, P256 = BY_NAME["RSA 2048 PKCS#1 sha256"], BY_NAME["RSA 2048 PSS sha256"], BY_NAME["P-256 sha256"]
PLAIN, N = BY_NAME["P-256 plain"], CURVES["P-256"].n


def made(
    suite: Suite,
    *,
    with_key: Key | None = None,
    identifier: bytes | None = None,
    signed: bytes | None = None,
    message: bytes = MESSAGE,
    digest: str | None = None,
) -> Made:
    """What `verify` says of a signature by `suite`, with what is given in its place."""
    held = with_key or key(suite, "signatures")
    beside = "SHA-256" if suite.bare and digest is None else digest
    return verify(
        public_key(held.spki),
        algorithm(suite) if identifier is None else identifier,
        signature(suite, key(suite, "signatures"), MESSAGE) if signed is None else signed,
        message,
        digest=beside,
    )


def refusal(suite: Suite, **words: object) -> Reason:
    with pytest.raises(Refused) as refused:
        made(suite, **words)  # type: ignore[arg-type]  # names are made's own
    return refused.value.reason


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_every_way_in_which_passports_are_signed(suite: Suite) -> None:
    found = made(suite)
    assert found.words.startswith(f"{suite.key}, ")
    assert f"SHA-{suite.hash[3:]}" in found.words
    assert found.weak == ((Reason.WEAK_HASH,) if suite.hash == "sha1" else ())
    assert refusal(suite, message=MESSAGE + b"!") is Reason.BAD_SIGNATURE
    assert refusal(suite, with_key=key(suite, "another")) is Reason.BAD_SIGNATURE


def test_words_for_people() -> None:
    assert made(PSS).words == "RSA 2048, RSASSA-PSS, SHA-256"
    assert made(BY_NAME["RSA 3072 PSS, MGF1 with SHA-1"]).words == "RSA 3072, RSASSA-PSS, SHA-256, mask SHA-1"
    assert made(PLAIN).words == "P-256, plain ECDSA, SHA-256"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([PKCS1, PSS, P256, PLAIN]), st.integers(0, 2**16))
def test_one_bit(suite: Suite, at: int) -> None:
    signed = bytearray(signature(suite, key(suite, "signatures"), MESSAGE))
    signed[at // 8 % len(signed)] ^= 1 << at % 8
    assert refusal(suite, signed=bytes(signed)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("change", [lambda s: s[1:], lambda s: b"\0" + s, lambda s: s + b"\0", lambda s: b""])
@pytest.mark.parametrize("suite", [PKCS1, PSS, P256, PLAIN], ids=str)
def test_another_length(suite: Suite, change: object) -> None:
    signed = change(signature(suite, key(suite, "signatures"), MESSAGE))  # type: ignore[operator]
    assert refusal(suite, signed=signed) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("suite", [PKCS1, PSS], ids=str)
def test_the_short_form_of_a_small_rsa_signature(suite: Suite) -> None:
    """One in 256 signatures opens with a zero byte; without it, it is the same number, and not a signature."""
    held = key(suite, "signatures")
    each = ((message, signature(suite, held, message)) for message in (b"%d" % n for n in range(20_000)))
    message, signed = next((message, signed) for message, signed in each if signed[0] == 0)
    made(suite, signed=signed, message=message)
    assert refusal(suite, signed=signed[1:], message=message) is Reason.BAD_SIGNATURE


def test_rsa_modulo_n() -> None:
    held = key(PKCS1, "signatures")
    n = held.private.public_key().public_numbers().n  # type: ignore[union-attr]
    more = int.from_bytes(signature(PKCS1, held, MESSAGE)) + n
    if more.bit_length() <= 2048:
        assert refusal(PKCS1, signed=more.to_bytes(256)) is Reason.BAD_SIGNATURE
    assert refusal(PKCS1, signed=bytes(256)) is Reason.BAD_SIGNATURE
    assert refusal(PSS, signed=n.to_bytes(256)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("r", [0, 1, N, -1])
@pytest.mark.parametrize("s", [0, 1, N, -1])
def test_numbers_that_prove_nothing(r: int, s: int) -> None:
    assert refusal(P256, signed=seq(integer(r), integer(s))) is Reason.BAD_SIGNATURE
    plain = r.to_bytes(32) + s.to_bytes(32) if min(r, s) >= 0 else bytes(64)
    assert refusal(PLAIN, signed=plain) is Reason.BAD_SIGNATURE


def test_ecdsa_in_another_writing() -> None:
    """BER where DER belongs; plain where DER belongs, and the reverse: each is another signature's bytes."""
    r, s = decode_dss_signature(signature(P256, key(P256, "signatures"), MESSAGE))
    made(P256, signed=seq(integer(r), integer(s)))
    made(PLAIN, signed=r.to_bytes(32) + s.to_bytes(32), with_key=key(P256, "signatures"))
    for signed in (
        tlv(0x30, integer(r), integer(s), bytes_of_length=1),
        seq(tlv(2, b"\0\0", r.to_bytes(32)), integer(s)),
        seq(integer(r), integer(s), NULL),
        seq(integer(r), integer(s + N)),
        r.to_bytes(32) + s.to_bytes(32),
    ):
        assert refusal(P256, signed=signed) is Reason.BAD_SIGNATURE
    assert refusal(PLAIN, signed=seq(integer(r), integer(s))) is Reason.BAD_SIGNATURE
    for plain in (r.to_bytes(33) + s.to_bytes(33), r.to_bytes(32) + s.to_bytes(33)):
        assert refusal(PLAIN, signed=plain) is Reason.BAD_SIGNATURE


def test_a_key_of_another_kind() -> None:
    assert refusal(P256, with_key=key(PKCS1, "signatures")) is Reason.BAD_SIGNATURE
    assert refusal(PLAIN, with_key=key(PKCS1, "signatures")) is Reason.BAD_SIGNATURE
    assert refusal(PKCS1, with_key=key(P256, "signatures")) is Reason.BAD_SIGNATURE
    assert refusal(PSS, with_key=key(P256, "signatures")) is Reason.BAD_SIGNATURE


def test_one_padding_is_not_the_other() -> None:
    assert refusal(PSS, identifier=algorithm(PKCS1)) is Reason.BAD_SIGNATURE
    assert refusal(PKCS1, identifier=algorithm(PSS)) is Reason.BAD_SIGNATURE


def test_pss_takes_its_words_from_beside_the_signature() -> None:
    for digest, mask, salt in (("sha512", "sha256", 32), ("sha256", "sha1", 32), ("sha256", "sha256", 20)):
        other = seq(oid(RSA_PSS), pss_parameters(digest, mask, salt))
        assert refusal(PSS, identifier=other) is Reason.BAD_SIGNATURE
    for salt in (0, 1, 190):
        suite = replace(PSS, salt=salt)
        made(suite)
        assert refusal(suite, identifier=algorithm(PSS)) is Reason.BAD_SIGNATURE


def test_pss_defaults_are_sha_1() -> None:
    """RFC 4055, 3.1: an empty SEQUENCE says SHA-1, MGF1 with SHA-1, 20 bytes of salt; said out loud it is the same."""
    suite = replace(BY_NAME["RSA 2048 PSS sha1"], salt=20)
    sha1 = seq(oid("1.3.14.3.2.26"), NULL)
    spelled = seq(context(0, sha1), context(1, seq(oid(MGF1), sha1)), context(2, integer(20)), context(3, integer(1)))
    for parameters in (seq(), spelled):
        assert made(suite, identifier=seq(oid(RSA_PSS), parameters)).weak == (Reason.WEAK_HASH,)


SHA256 = digest_algorithm("sha256")


@pytest.mark.parametrize(
    "parameters",
    [
        b"",
        NULL,
        pss_parameters("sha256", "sha256", 32, trailer=2),
        pss_parameters("sha256", "sha256", -1),
        pss_parameters("sha256", "sha256", 2**40),
        pss_parameters("md5", "sha256", 32),
        pss_parameters("sha256", "md5", 32),
        seq(context(0, SHA256), context(1, seq(oid("1.2.840.113549.1.1.9"), SHA256)), context(2, integer(32))),
    ],
    ids=["none", "NULL", "trailer", "negative salt", "huge salt", "MD5", "mask by MD5", "no MGF1"],
)
def test_pss_parameters_that_nobody_uses(parameters: bytes) -> None:
    assert refusal(PSS, identifier=seq(oid(RSA_PSS), parameters)) is Reason.UNKNOWN_ALGORITHM


@pytest.mark.parametrize(
    "parameters",
    [
        seq(context(2, integer(32)), context(0, SHA256)),
        seq(context(0, SHA256), context(0, SHA256)),
        seq(context(0, SHA256, SHA256)),
        seq(context(0)),
        seq(context(0, SHA256), context(1, seq(oid(MGF1)))),
        seq(context(4, integer(1))),
        seq(integer(32)),
    ],
)
def test_pss_parameters_of_no_form(parameters: bytes) -> None:
    assert refusal(PSS, identifier=seq(oid(RSA_PSS), parameters)) in (Reason.NOT_DER, Reason.UNEXPECTED_TAG)


@pytest.mark.parametrize(
    "identifier",
    [
        seq(oid("1.2.840.113549.1.1.4"), NULL),
        seq(oid("1.2.840.113549.1.1.1"), NULL),
        seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
        seq(oid("1.3.101.112")),
    ],
    ids=["MD5", "rsaEncryption without a digest", "a key's algorithm", "Ed25519"],
)
def test_algorithms_that_are_not_known(identifier: bytes) -> None:
    with pytest.raises(Refused) as refused:
        made(PKCS1, identifier=identifier)
    assert refused.value.reason in (Reason.UNKNOWN_ALGORITHM, Reason.NOT_DER)


def test_a_curve_beside_the_signature_is_not_read() -> None:
    explicit = CURVES["P-256"].explicit()
    assert refusal(P256, identifier=seq(oid("1.2.840.10045.4.3.2"), explicit)) is Reason.NOT_DER
    assert made(P256, identifier=seq(oid("1.2.840.10045.4.3.2"), NULL)).weak == ()


def test_two_hashes_are_told_of() -> None:
    assert made(P256, digest="SHA-256").weak == ()
    assert made(P256, digest="SHA-512").weak == (Reason.DIGEST_DIFFERS,)
    assert made(P256, digest="SHA-1").weak == (Reason.WEAK_HASH, Reason.DIGEST_DIFFERS)


def test_a_key_on_a_curve_for_an_algorithm_takes_the_digest_beside_it_and_is_told_of() -> None:
    for identifier in (seq(oid("1.2.840.10045.2.1")), seq(oid("1.2.840.10045.2.1"), NULL)):
        assert made(P256, identifier=identifier, digest="SHA-256").weak == (Reason.ALGORITHM_NAME,)
        assert refusal(P256, identifier=identifier, digest="SHA-512") is Reason.BAD_SIGNATURE
    explicit = seq(oid("1.2.840.10045.2.1"), CURVES["P-256"].explicit())
    assert refusal(P256, identifier=explicit, digest="SHA-256") is Reason.NOT_DER


def test_plain_rsa_takes_the_digest_beside_it() -> None:
    bare = BY_NAME["RSA 2048 rsaEncryption, hash beside"]
    assert made(bare).words == "RSA 2048, PKCS #1 v1.5, SHA-256"
    assert refusal(bare, digest="SHA-512") is Reason.BAD_SIGNATURE
    assert refusal(bare, identifier=seq(oid("1.2.840.113549.1.1.1"), seq())) is Reason.NOT_DER
    assert (
        refusal(PSS, identifier=seq(oid(RSA_PSS), seq(context(0, seq(oid("2.16.840.1.101.3.4.2.1"), seq())))))
        is Reason.NOT_DER
    )


def test_a_short_key_is_told_of() -> None:
    assert made(replace(PKCS1, key="RSA 1024")).weak == (Reason.WEAK_KEY,)


def pss_only(parameters: bytes) -> Key:
    held = key(PSS, "signatures")
    public = held.private.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    numbers = public.public_numbers()
    inner = seq(integer(numbers.n), integer(numbers.e))
    return replace(held, spki=seq(seq(oid(RSA_PSS), parameters), bits(inner)))


def test_a_key_for_pss_signs_in_no_other_way() -> None:
    own = pss_parameters("sha256", "sha256", 32)
    for parameters in (b"", own, pss_parameters("sha256", "sha256", 20)):
        made(PSS, with_key=pss_only(parameters))
    assert refusal(PKCS1, with_key=pss_only(b"")) is Reason.CERTIFICATE_USE
    assert refusal(PKCS1, with_key=pss_only(own)) is Reason.CERTIFICATE_USE
    for digest, mask, salt in (("sha512", "sha256", 32), ("sha256", "sha1", 32), ("sha256", "sha256", 64)):
        other = pss_only(pss_parameters(digest, mask, salt))
        assert refusal(PSS, with_key=other) is Reason.CERTIFICATE_USE


def test_low_exponent_padding_that_is_not_looked_at() -> None:
    """Bleichenbacher's forgery of 2006: with e = 3, a cube root whose cube opens like a padded digest."""
    digest = seq(seq(oid("2.16.840.1.101.3.4.2.1"), NULL), octets(hashlib.sha256(MESSAGE).digest()))
    block = b"\0\1\xff\0" + digest
    target = int.from_bytes(block + b"\xff" * (256 - len(block)))
    low, high = 0, 1 << 2048 // 3 + 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= target else (low, middle - 1)
    assert (low**3).to_bytes(256)[: len(block)] == block
    n = int("c5" * 256, 16)
    forged = replace(
        key(PKCS1, "signatures"), spki=seq(seq(oid("1.2.840.113549.1.1.1"), NULL), bits(seq(integer(n), integer(3))))
    )
    assert refusal(PKCS1, with_key=forged, signed=low.to_bytes(256)) is Reason.BAD_SIGNATURE
