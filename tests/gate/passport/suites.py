"""THE ALGORITHMS OF PASSPORTS, to sign with: each suite is one way in which some country signs or could sign.

Keys on curves follow from their label, RSA keys are made once a process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.gate.passport.asn import NULL, bits, context, integer, oid, seq
from tests.gate.passport.domains import CURVES

HASHES: dict[str, tuple[type[hashes.HashAlgorithm], str]] = {
    "md5": (hashes.MD5, "1.2.840.113549.2.5"),
    "sha1": (hashes.SHA1, "1.3.14.3.2.26"),
    "sha224": (hashes.SHA224, "2.16.840.1.101.3.4.2.4"),
    "sha256": (hashes.SHA256, "2.16.840.1.101.3.4.2.1"),
    "sha384": (hashes.SHA384, "2.16.840.1.101.3.4.2.2"),
    "sha512": (hashes.SHA512, "2.16.840.1.101.3.4.2.3"),
}
RSA, RSA_PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
PKCS1 = {"md5": 4, "sha1": 5, "sha224": 14, "sha256": 11, "sha384": 12, "sha512": 13}  # under 1.2.840.113549.1.1
ECDSA = {
    "sha1": "1.2.840.10045.4.1",
    **{name: f"1.2.840.10045.4.3.{number}" for number, name in enumerate(("sha224", "sha256", "sha384", "sha512"), 1)},
}
PLAIN = {  # BSI TR-03111: r and s one after the other
    name: f"0.4.0.127.0.7.1.1.4.1.{number}"
    for number, name in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), 1)
}


@dataclass(frozen=True, slots=True)
class Suite:
    """One way to sign: `key` is "RSA 3072" or a curve's name; `digest` hashes data groups and eContent."""

    name: str
    key: str
    digest: str = "sha256"
    padding: str = "pkcs1"  # pkcs1, pss, der or plain
    signed_with: str = ""  # the signature's own hash, where it is another
    mgf: str = ""  # the hash of MGF1, where it is another
    salt: int | None = None  # bytes, where it is not the hash's size
    explicit: bool = False  # the curve by its parameters
    bare: bool = False  # the SignerInfo says rsaEncryption, and leaves the hash to its digestAlgorithm

    @property
    def hash(self) -> str:
        return self.signed_with or self.digest

    def __str__(self) -> str:
        return self.name


def _all() -> tuple[Suite, ...]:
    pkcs1 = [
        Suite(f"RSA {size} PKCS#1 {h}", f"RSA {size}", h)
        for size, h in (
            (2048, "sha1"),
            (2048, "sha224"),
            (2048, "sha256"),
            (3072, "sha384"),
            (4096, "sha256"),
            (4096, "sha512"),
        )
    ]
    pss = [
        Suite(f"RSA {size} PSS {h}", f"RSA {size}", h, "pss")
        for size, h in (
            (2048, "sha1"),
            (2048, "sha224"),
            (2048, "sha256"),
            (3072, "sha256"),
            (3072, "sha384"),
            (4096, "sha512"),
        )
    ]
    curves = [
        Suite(f"{name} {h}{' explicit' * explicit}", name, h, "der", explicit=explicit)
        for name, h in (
            ("P-224", "sha224"),
            ("P-256", "sha1"),
            ("P-256", "sha256"),
            ("P-384", "sha384"),
            ("P-521", "sha512"),
            ("brainpoolP256r1", "sha224"),
            ("brainpoolP256r1", "sha256"),
            ("brainpoolP384r1", "sha384"),
            ("brainpoolP512r1", "sha512"),
        )
        for explicit in (False, True)
    ]
    odd = [
        Suite("RSA 2048 rsaEncryption, hash beside", "RSA 2048", bare=True),
        Suite("RSA 3072 PSS, MGF1 with SHA-1", "RSA 3072", "sha256", "pss", mgf="sha1"),
        Suite("RSA 3072 PSS, salt of 20", "RSA 3072", "sha256", "pss", salt=20),
        Suite("RSA 3072 PSS, no salt", "RSA 3072", "sha512", "pss", salt=0),
        Suite("P-256 plain", "P-256", "sha256", "plain"),
        Suite("brainpoolP384r1 plain", "brainpoolP384r1", "sha384", "plain"),
        Suite("P-521 with SHA-256", "P-521", "sha256", "der"),
    ]  # fmt: skip
    return (*pkcs1, *pss, *curves, *odd)


SUITES = _all()
BY_NAME = {suite.name: suite for suite in SUITES}
USUAL = BY_NAME["P-256 sha256"]  # quick, and the same bytes each time


@dataclass(frozen=True, slots=True)
class Key:
    """A private key, and its SubjectPublicKeyInfo."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    spki: bytes

    @property
    def identifier(self) -> bytes:
        """SHA-1 of the public key, as a SubjectKeyIdentifier is usually made."""
        return hashlib.sha1(self.spki[-65:]).digest()


def key(suite: Suite, label: str) -> Key:
    """The key of `suite` that `label` names; the same suite and label give the same key."""
    if suite.key.startswith("RSA"):
        private = _rsa(int(suite.key.split()[1]), label)
        spki = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Key(private, spki)
    curve = CURVES[suite.key]
    seed = hashlib.shake_256(f"{label} {suite.key}".encode()).digest(curve.size + 16)
    secret = ec.derive_private_key(int.from_bytes(seed, "big") % (curve.n - 1) + 1, curve.kind())
    return Key(secret, on_curve(secret, curve.explicit() if suite.explicit else oid(curve.oid)))


def on_curve(secret: ec.EllipticCurvePrivateKey, parameters: bytes, *, compressed: bool = False) -> bytes:
    """SubjectPublicKeyInfo of `secret`'s point under any `parameters`."""
    form = serialization.PublicFormat.CompressedPoint if compressed else serialization.PublicFormat.UncompressedPoint
    point = secret.public_key().public_bytes(serialization.Encoding.X962, form)
    return seq(seq(oid("1.2.840.10045.2.1"), parameters), bits(point))


@cache
def _rsa(size: int, label: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def digest_algorithm(name: str) -> bytes:
    return seq(oid(HASHES[name][1]), NULL if name in ("md5", "sha1") else b"")


def algorithm(suite: Suite) -> bytes:
    """The AlgorithmIdentifier of `suite`'s signature."""
    match suite.padding:
        case "pss":
            return seq(oid(RSA_PSS), pss_parameters(suite.hash, suite.mgf or suite.hash, _salt(suite)))
        case "pkcs1":
            return seq(oid(RSA if suite.bare else f"1.2.840.113549.1.1.{PKCS1[suite.hash]}"), NULL)
        case "der":
            return seq(oid(ECDSA[suite.hash]))
        case "plain":
            return seq(oid(PLAIN[suite.hash]))
    raise ValueError(suite.padding)


def pss_parameters(digest: str, mgf: str, salt: int, trailer: int = 1) -> bytes:
    """RSASSA-PSS-params of RFC 8017, what is the default left out."""
    hashed, masked = (seq(oid(HASHES[name][1]), NULL) for name in (digest, mgf))
    return seq(
        context(0, hashed) if digest != "sha1" else b"",
        context(1, seq(oid(MGF1), masked)) if mgf != "sha1" else b"",
        context(2, integer(salt)) if salt != 20 else b"",
        context(3, integer(trailer)) if trailer != 1 else b"",
    )


def signature(suite: Suite, with_key: Key, message: bytes) -> bytes:
    """`message` signed as `suite` says; on a curve the same bytes each time."""
    chosen = HASHES[suite.hash][0]()
    if isinstance(with_key.private, rsa.RSAPrivateKey):
        if suite.padding == "pkcs1":
            return with_key.private.sign(message, padding.PKCS1v15(), chosen)
        masked = padding.MGF1(HASHES[suite.mgf or suite.hash][0]())
        return with_key.private.sign(message, padding.PSS(masked, _salt(suite)), chosen)
    signed = with_key.private.sign(message, ec.ECDSA(chosen, deterministic_signing=True))
    if suite.padding == "der":
        return signed
    size = CURVES[suite.key].size
    return b"".join(each.to_bytes(size, "big") for each in decode_dss_signature(signed))


def _salt(suite: Suite) -> int:
    return HASHES[suite.hash][0]().digest_size if suite.salt is None else suite.salt
