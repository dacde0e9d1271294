"""Keys of signers: those of every listed certificate load; those that prove nothing do not."""

from __future__ import annotations

from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.gate.passport.asn import NULL, bits, integer, oid, seq, tlv
from tests.gate.passport.domains import CURVES
from tests.gate.passport.real import listed, specimen
from tests.gate.passport.suites import BY_NAME, key

from garim.gate.passport.certificate import certificate
from garim.gate.passport.keys import RSA, RSA_PSS, public_key
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.points import PublicPoint
from garim.gate.passport.sod import signer, sod

N = int("c5" * 256, 16)  # 2048 bits, odd
P256 = CURVES["P-256"]


def rsa_key(n: int, e: int, *, kind: str = RSA, parameters: bytes = NULL, tail: bytes = b"") -> bytes:
    return seq(seq(oid(kind), parameters), bits(seq(_integer(n), _integer(e)) + tail))


def _integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def point_key(point: bytes, parameters: bytes | None = None) -> bytes:
    return seq(seq(oid("1.2.840.10045.2.1"), oid(P256.oid) if parameters is None else parameters), bits(point))


def refusal(spki: bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        public_key(spki)
    return refused.value.reason


def test_every_key_of_the_german_list_loads() -> None:
    """588 keys, 160 of them with curves spelled out, which `cryptography` refuses."""
    read = [certificate(each) for each in listed()]
    assert Counter(each.key().words for each in read) == {
        "RSA 2048": 1,
        "RSA 3072": 60,
        "RSA 4096": 357,
        "RSA 6144": 6,
        "P-256": 20,
        "P-384": 33,
        "P-521": 20,
        "brainpoolP256r1": 22,
        "brainpoolP384r1": 52,
        "brainpoolP512r1": 17,
    }
    assert not any(each.key().weak for each in read)
    assert sum(b"\x06\x07\x2a\x86\x48\xce\x3d\x01\x01" in each.spki for each in read) == 160  # prime-field


def test_a_key_is_made_once() -> None:
    spki = key(BY_NAME["P-256 sha256"], "once").spki
    assert public_key(spki) is public_key(bytes(bytearray(spki)))


def test_the_specimen_of_2008_is_on_a_curve_of_our_own() -> None:
    held = signer(sod(specimen("bsi2008/EF_SOD.bin"))).key()
    assert held.words == "brainpoolP224r1" and isinstance(held.public, PublicPoint)


@pytest.mark.parametrize("e", [3, 5, 38129, 65537, 2**64 - 1])
def test_exponents(e: int) -> None:
    held = public_key(rsa_key(N, e))
    assert isinstance(held.public, rsa.RSAPublicKey) and held.public.public_numbers().e == e


@pytest.mark.parametrize("e", [-3, 0, 1, 2, 4, 65536, 2**64 + 1])
def test_exponents_that_prove_nothing(e: int) -> None:
    assert refusal(rsa_key(N, e)) is Reason.WEAK_KEY


@pytest.mark.parametrize("n", [0, 1, -N, N + 1, 2**1022 + 1, 2**8192 + 1])
def test_moduli_that_are_none(n: int) -> None:
    assert refusal(rsa_key(n, 65537)) is Reason.WEAK_KEY


def test_sizes() -> None:
    short, long = public_key(rsa_key(2**1023 + 1, 3)), public_key(rsa_key(2**8191 + 1, 3))
    assert (short.words, short.weak) == ("RSA 1024", True)
    assert (long.words, long.weak) == ("RSA 8192", False)
    assert public_key(rsa_key(2**2046 + 1, 3)).weak


def test_an_rsa_key_without_parameters_as_austria_has() -> None:
    assert public_key(rsa_key(N, 3, parameters=b"")).words == "RSA 2048"
    assert refusal(rsa_key(N, 3, parameters=seq())) is Reason.NOT_DER


def test_a_key_for_pss_alone() -> None:
    assert public_key(rsa_key(N, 3, kind=RSA_PSS, parameters=b"")).only_pss
    held = public_key(rsa_key(N, 3, kind=RSA_PSS, parameters=seq()))
    assert held.only_pss and held.pss == seq()
    assert not public_key(rsa_key(N, 3)).only_pss


def test_points_in_both_writings() -> None:
    x, y = P256.g[1:33], P256.g[33:]
    for point in (b"\4" + x + y, bytes([2 + y[-1] % 2]) + x):
        held = public_key(point_key(point)).public
        assert isinstance(held, ec.EllipticCurvePublicKey)
        assert held.public_numbers().x == int.from_bytes(x) and held.public_numbers().y == int.from_bytes(y)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        b"\4" + bytes(64),
        b"\4" + P256.g[1:33] + P256.g[1:33],
        b"\4" + P256.p.to_bytes(32) + P256.g[33:],
        P256.g[:-1],
        P256.g + b"\0",
        b"\7" + P256.g[1:],
        b"\2" + b"\xff" * 32,
        b"\5" + P256.g[1:33],
    ],
    ids=["none", "infinity", "zero", "off", "beyond p", "short", "long", "hybrid", "no root", "no form"],
)
def test_points_that_are_none(point: bytes, named: bool) -> None:
    assert refusal(point_key(point, None if named else P256.explicit())) is Reason.WEAK_KEY


def test_our_own_curves_points_are_checked_too() -> None:
    other = oid("1.3.36.3.3.2.8.1.1.5")
    for point in (bytes(57), b"\4" + bytes(56), b"\4" + b"\1" * 56, b"\2" + b"\1" * 28, b""):
        assert refusal(point_key(point, other)) is Reason.WEAK_KEY


@pytest.mark.parametrize(
    ("spki", "reason"),
    [
        (b"", Reason.TRUNCATED),
        (b"no key", Reason.TRUNCATED),
        (seq(seq(oid("1.2.840.10040.4.1"), seq()), bits(integer(5))), Reason.UNKNOWN_ALGORITHM),  # DSA
        (seq(seq(oid("1.3.101.112")), bits(bytes(32))), Reason.UNKNOWN_ALGORITHM),  # Ed25519
        (point_key(P256.g, b""), Reason.UNKNOWN_ALGORITHM),
        (point_key(P256.g, NULL), Reason.UNKNOWN_CURVE),
        (rsa_key(N, 3, tail=b"\0"), Reason.TRAILING_BYTES),
        (seq(seq(oid(RSA), NULL), bits(seq(integer(3)))), Reason.NOT_DER),
        (seq(seq(oid(RSA), NULL), bits(seq(integer(3), integer(3), integer(3)))), Reason.NOT_DER),
        (seq(seq(oid(RSA), NULL, NULL), bits(b"")), Reason.NOT_DER),
        (seq(seq(oid(RSA), NULL), bits(seq(integer(N), integer(3))), NULL), Reason.NOT_DER),
        (seq(seq(oid(RSA), NULL), tlv(3, b"\1\xfe")), Reason.NOT_DER),
    ],
)
def test_what_is_no_key(spki: bytes, reason: Reason) -> None:
    assert refusal(spki) is reason
