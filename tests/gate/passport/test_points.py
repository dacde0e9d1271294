"""Our own ECDSA against OpenSSL's: it takes what that signs, on each of its curves, and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from garim.gate.passport.curves import CURVES, Curve
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.points import PublicPoint

SHARED = [each for each in CURVES if each.library is not None]
OURS = [each for each in CURVES if each.library is None]
BY_NAME = {each.name: each for each in CURVES}


def private(curve: Curve, secret: int) -> ec.EllipticCurvePrivateKey:
    assert curve.library is not None
    return ec.derive_private_key(secret, curve.library)


def point(curve: Curve, secret: int) -> PublicPoint:
    numbers = private(curve, secret).public_key().public_numbers()
    return PublicPoint(curve, numbers.x, numbers.y)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SHARED), st.integers(1, 2**220), st.binary(max_size=20), st.sampled_from(["sha1", "sha512"]))
def test_what_openssl_signs(curve: Curve, secret: int, message: bytes, name: str) -> None:
    by = hashes.SHA1() if name == "sha1" else hashes.SHA512()
    r, s = decode_dss_signature(private(curve, secret).sign(message, ec.ECDSA(by)))
    key, digest = point(curve, secret), hashlib.new(name, message).digest()
    assert key.signed(r, s, digest)
    assert key.signed(r, curve.n - s, digest)  # ECDSA's own malleability, which OpenSSL has too
    assert not key.signed(r, s, hashlib.new(name, message + b"!").digest())
    assert not key.signed(s, r, digest)
    assert not key.signed(r, s % (curve.n - 1) + 1, digest)


@pytest.mark.parametrize("name", ["P-224", "brainpoolP224r1", "brainpoolP320r1"])
def test_numbers_outside_one_to_the_order_less_one(name: str) -> None:
    curve = BY_NAME[name]
    key, nothing = PublicPoint(curve, curve.x, curve.y), bytes(20)
    inside = [(1, 1), (curve.n - 1, 1)]
    outside = [(0, 0), (0, 1), (1, 0), (curve.n, 1), (1, curve.n), (curve.n + 1, 1), (-1, 1), (1, -1)]
    assert not any(key.signed(r, s, nothing) for r, s in inside + outside)


@pytest.mark.parametrize("curve", OURS, ids=lambda curve: curve.name)
def test_a_signature_made_by_hand_on_a_curve_that_openssl_is_not_asked_for(curve: Curve) -> None:
    """The secret 1, the random number 1: r = x of G, s = z + r (FIPS 186-5, 6.4.1). A wrong n or G fails here."""
    key = PublicPoint(curve, curve.x, curve.y)
    digest = hashlib.sha256(b"passport").digest()
    z = int.from_bytes(digest) >> max(0, 256 - curve.n.bit_length())
    r = curve.x % curve.n
    assert key.signed(r, (z + r) % curve.n, digest)
    assert not key.signed(r, (z + r + 1) % curve.n, digest)


@pytest.mark.parametrize("curve", OURS, ids=lambda curve: curve.name)
def test_the_generators_order(curve: Curve) -> None:
    """s = 1, r = x of G, key -G, z = n + ... : u1 G + u2 Q with u1 = u2 is nowhere, and proves nothing."""
    other = PublicPoint(curve, curve.x, curve.p - curve.y)
    r = curve.x % curve.n
    digest = r.to_bytes(curve.order_bytes)
    assert not other.signed(r, 1, digest)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_point_is_on_its_curve(curve: Curve) -> None:
    PublicPoint(curve, curve.x, curve.y)
    for x, y in ((curve.x, curve.y + 1), (0, 0), (curve.x + curve.p, curve.y), (curve.x, curve.y - curve.p)):
        with pytest.raises(Refused) as refused:
            PublicPoint(curve, x, y)
        assert refused.value.reason is Reason.WEAK_KEY
    with pytest.raises(Refused):
        PublicPoint(replace(curve, b=curve.b + 1), curve.x, curve.y)
