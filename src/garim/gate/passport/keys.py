"""PUBLIC KEYS OF SIGNERS: RSA and elliptic curves, out of a certificate's SubjectPublicKeyInfo.

Laws: RSA has 1,024 to 8,192 bits, an odd modulus and an odd exponent from 3 to 64 bits (1 would make every text its
own signature); a curve is one of `curves`, whole; a point is on it, and not the neutral one. A key that says it is for
RSASSA-PSS alone is used for nothing else. What is weak is usable and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from garim.gate.passport import der
from garim.gate.passport.curves import Curve, curve
from garim.gate.passport.der import Fields
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.points import PublicPoint

RSA, RSA_PSS, EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_LEAST_RSA, _MOST_RSA, _STRONG_RSA = 1024, 8192, 2048  # bits; Doc 9303-12, 4.4.1 demands 2,048 of signers
_MOST_EXPONENT = 1 << 64


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, ready to verify; `curve` None for RSA, `pss` the parameters that a key for PSS alone demands."""

    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | PublicPoint
    curve: Curve | None = None
    only_pss: bool = False
    pss: bytes | None = None

    @property
    def words(self) -> str:
        """Its kind in a few words: "RSA 3072", "brainpoolP256r1"."""
        if isinstance(self.public, rsa.RSAPublicKey):
            return f"RSA {self.public.key_size}"
        return "" if self.curve is None else self.curve.name

    @property
    def weak(self) -> bool:
        """Whether Doc 9303-12 would not have it sign passports: RSA below 2,048 bits."""
        return isinstance(self.public, rsa.RSAPublicKey) and self.public.key_size < _STRONG_RSA


@lru_cache(maxsize=1024)
def public_key(spki: bytes) -> Key:
    """The key of a SubjectPublicKeyInfo in DER. Raises `Refused`."""
    fields = Fields(der.read(spki))
    algorithm, bits = Fields(fields.take(der.SEQUENCE)), der.bits(fields.take())
    fields.end()
    kind = der.oid(algorithm.take())
    parameters = algorithm.maybe(der.NULL, der.SEQUENCE, der.OID)
    algorithm.end()
    if kind == EC and parameters is not None:
        return _point(bits, curve(parameters))
    if kind == RSA:
        der.null(parameters)
        return Key(_rsa(bits))
    if kind == RSA_PSS:
        held = parameters if parameters is not None and parameters.tag == der.SEQUENCE else None
        return Key(_rsa(bits), only_pss=True, pss=held.whole if held else None)
    said = f"a key is of a kind ({kind}) that is not read; nothing it signed was believed"
    raise Refused(Reason.UNKNOWN_ALGORITHM, f"{said}. Have a person look at it")


def _rsa(bits: bytes) -> rsa.RSAPublicKey:
    fields = Fields(der.read(bits))
    modulus, exponent = (der.integer(fields.take(), most=_MOST_RSA // 8 + 1) for _ in range(2))
    fields.end()
    if not (modulus > 0 and _LEAST_RSA <= modulus.bit_length() <= _MOST_RSA and modulus & 1):
        raise _unusable(f"an RSA key has {modulus.bit_length()} bits, or is even")
    if not (3 <= exponent < _MOST_EXPONENT and exponent & 1):
        raise _unusable("an RSA key has an exponent that proves nothing")
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise _unusable("an RSA key is none") from None


def _point(bits: bytes, curve: Curve) -> Key:
    if len(bits) == 1 + 2 * curve.field_bytes and bits[:1] == b"\x04":
        x, y = (int.from_bytes(half) for half in (bits[1 : 1 + curve.field_bytes], bits[1 + curve.field_bytes :]))
        if curve.library is None:
            return Key(PublicPoint(curve, x, y), curve)
    elif len(bits) != 1 + curve.field_bytes or bits[:1] not in (b"\x02", b"\x03") or curve.library is None:
        raise _unusable(f"a key is no point of {curve.name} in a form that is read")
    try:
        return Key(ec.EllipticCurvePublicKey.from_encoded_point(curve.library, bits), curve)
    except ValueError:
        raise _unusable(f"a key is no point of {curve.name}") from None


def _unusable(what: str) -> Refused:
    return Refused(Reason.WEAK_KEY, f"{what}; nothing it signed was believed. Have a person look at it")
