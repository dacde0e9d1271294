"""ONE SIGNATURE, ONE KEY, ONE MESSAGE: made by this key over these bytes, by the means that its own algorithm names.

Laws: the algorithm is read from beside the signature, never from the key's certificate (RSASSA-PSS's hash, mask hash
and salt length stand there; three readers got this wrong); MD5 and whatever else is not in a table here is unknown, and
refused; what holds by SHA-1 or a weak key says so (`Made.weak`), and its caller never calls it passed. Where a digest
is named beside the algorithm (CMS), another hash in the algorithm is said too: both were computed, neither believed
for the other.

ECDSA is malleable: from (r, s) anybody makes (r, n - s). So signatures, and what holds them, identify nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from garim.gate.passport import der
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.keys import EC, RSA, RSA_PSS, Key
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.points import PublicPoint


class Scheme(StrEnum):
    """How a signature is made."""

    PKCS1 = "PKCS #1 v1.5"
    PSS = "RSASSA-PSS"
    ECDSA = "ECDSA"
    PLAIN_ECDSA = "plain ECDSA"  # r and s side by side: BSI TR-03111, 5.2.1


@dataclass(frozen=True, slots=True)
class Algorithm:
    """What an AlgorithmIdentifier says; `mask_hash` and `salt` (bytes) are RSASSA-PSS's.

    `by_key`: it names the kind of key alone, which RFC 5754 has for RSA and not for curves.
    """

    scheme: Scheme
    hash: str
    mask_hash: str = ""
    salt: int = 0
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """How a signature that holds was made: `words` for people, and what is weak about it."""

    words: str
    weak: tuple[Reason, ...]


HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303  passports of before 2015 have it; it is never called passed
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
_HASH_OIDS = {
    "1.3.14.3.2.26": "SHA-1",
    "2.16.840.1.101.3.4.2.4": "SHA-224",
    "2.16.840.1.101.3.4.2.1": "SHA-256",
    "2.16.840.1.101.3.4.2.2": "SHA-384",
    "2.16.840.1.101.3.4.2.3": "SHA-512",
}
_ALGORITHMS = {
    "1.2.840.113549.1.1.5": Algorithm(Scheme.PKCS1, "SHA-1"),
    "1.2.840.113549.1.1.14": Algorithm(Scheme.PKCS1, "SHA-224"),
    "1.2.840.113549.1.1.11": Algorithm(Scheme.PKCS1, "SHA-256"),
    "1.2.840.113549.1.1.12": Algorithm(Scheme.PKCS1, "SHA-384"),
    "1.2.840.113549.1.1.13": Algorithm(Scheme.PKCS1, "SHA-512"),
    "1.2.840.10045.4.1": Algorithm(Scheme.ECDSA, "SHA-1"),
    "1.2.840.10045.4.3.1": Algorithm(Scheme.ECDSA, "SHA-224"),
    "1.2.840.10045.4.3.2": Algorithm(Scheme.ECDSA, "SHA-256"),
    "1.2.840.10045.4.3.3": Algorithm(Scheme.ECDSA, "SHA-384"),
    "1.2.840.10045.4.3.4": Algorithm(Scheme.ECDSA, "SHA-512"),
    "0.4.0.127.0.7.1.1.4.1.1": Algorithm(Scheme.PLAIN_ECDSA, "SHA-1"),
    "0.4.0.127.0.7.1.1.4.1.2": Algorithm(Scheme.PLAIN_ECDSA, "SHA-224"),
    "0.4.0.127.0.7.1.1.4.1.3": Algorithm(Scheme.PLAIN_ECDSA, "SHA-256"),
    "0.4.0.127.0.7.1.1.4.1.4": Algorithm(Scheme.PLAIN_ECDSA, "SHA-384"),
    "0.4.0.127.0.7.1.1.4.1.5": Algorithm(Scheme.PLAIN_ECDSA, "SHA-512"),
}
_MGF1 = "1.2.840.113549.1.1.8"
_MOST_SALT = 1024  # bytes; an RSA 8192 block has no more


def hash_name(identifier: Item) -> str:
    """The hash that an AlgorithmIdentifier names. Raises `Refused` (UNKNOWN_ALGORITHM)."""
    fields = Fields(identifier)
    oid = der.oid(fields.take())
    der.null(fields.maybe(der.NULL))
    fields.end()
    if oid not in _HASH_OIDS:
        raise _unknown(f"a hash ({oid}) is none that passports may use")
    return _HASH_OIDS[oid]


def hashed(name: str, data: bytes) -> bytes:
    """The hash `name` of `data`."""
    state = hashes.Hash(HASHES[name])
    state.update(data)
    return state.finalize()


def algorithm(identifier: bytes, *, digest: str | None = None) -> Algorithm:
    """What an AlgorithmIdentifier in DER says; the kind of key alone takes its hash from `digest`.

    Raises `Refused`.
    """
    fields = Fields(der.read(identifier))
    oid = der.oid(fields.take())
    parameters = fields.maybe(der.NULL, der.SEQUENCE)
    fields.end()
    if oid == RSA_PSS and parameters is not None and parameters.tag == der.SEQUENCE:
        return _pss(parameters)
    if oid == RSA and digest is not None:
        der.null(parameters)
        return Algorithm(Scheme.PKCS1, digest)
    if oid == EC and digest is not None:
        der.null(parameters)
        return Algorithm(Scheme.ECDSA, digest, by_key=True)
    if oid not in _ALGORITHMS:
        raise _unknown(f"a signature's algorithm ({oid}) is none that passports may use, or lacks its parameters")
    der.null(parameters)  # a curve that stands here would be the signer's own word for it
    return _ALGORITHMS[oid]


def _pss(parameters: Item) -> Algorithm:
    """RSASSA-PSS-params (RFC 4055, 3.1): what is left out is SHA-1, MGF1 with SHA-1, 20 bytes of salt, trailer 1."""
    fields = Fields(parameters)
    found, mask, salt, trailer = (fields.maybe(tag) for tag in (0xA0, 0xA1, 0xA2, 0xA3))
    fields.end()
    if trailer is not None and der.integer(_inner(trailer)) != 1:
        raise _unknown("an RSASSA-PSS signature has a trailer that nobody uses")
    length = 20 if salt is None else der.integer(_inner(salt))
    if not 0 <= length <= _MOST_SALT:
        raise _unknown("an RSASSA-PSS signature has a salt that no block holds")
    main = "SHA-1" if found is None else hash_name(_inner(found))
    return Algorithm(Scheme.PSS, main, "SHA-1" if mask is None else _mask(_inner(mask)), length)


def _mask(generator: Item) -> str:
    fields = Fields(generator)
    oid, by = der.oid(fields.take()), fields.take(der.SEQUENCE)
    fields.end()
    if oid != _MGF1:
        raise _unknown(f"an RSASSA-PSS signature's mask ({oid}) is not MGF1")
    return hash_name(by)


def _inner(tagged: Item) -> Item:
    fields = Fields(tagged, tag=tagged.tag)
    item = fields.take()
    fields.end()
    return item


def verify(key: Key, identifier: bytes, signature: bytes, message: bytes, *, digest: str | None = None) -> Made:
    """Proves that `key` signed `message` by the algorithm that `identifier` (AlgorithmIdentifier, DER) names.

    `digest` is the hash that CMS names beside it. Raises `Refused`: BAD_SIGNATURE, UNKNOWN_ALGORITHM, CERTIFICATE_USE.
    """
    means = algorithm(identifier, digest=digest)
    _allowed(key, means)
    try:
        _verified(key, means, signature, message)
    except (InvalidSignature, ValueError):
        said = f"a signature ({means.scheme}, {means.hash}) was not made over these bytes by the key that it names"
        raise Refused(Reason.BAD_SIGNATURE, f"{said}; nothing of it was believed. Have a person look at it") from None
    except UnsupportedAlgorithm:
        raise _unknown(f"this computer's OpenSSL does not verify {means.scheme} with {means.hash}") from None
    return _made(key, means, digest)


def _allowed(key: Key, means: Algorithm) -> None:
    """A key for RSASSA-PSS alone signs in no other way, nor with other hashes or less salt (RFC 4055, 3.3)."""
    if not key.only_pss:
        return
    held = None if key.pss is None else _pss(der.read(key.pss))
    wrong_hash = held is not None and (held.hash, held.mask_hash) != (means.hash, means.mask_hash)
    if means.scheme is not Scheme.PSS or wrong_hash or (held is not None and means.salt < held.salt):
        said = "a key that is for RSASSA-PSS with its own parameters signed in another way"
        raise Refused(Reason.CERTIFICATE_USE, f"{said}; nothing of it was believed. Have a person look at it")


def _verified(key: Key, means: Algorithm, signature: bytes, message: bytes) -> None:
    """Returns, or raises InvalidSignature or ValueError."""
    public, by = key.public, HASHES[means.hash]
    if means.scheme in (Scheme.PKCS1, Scheme.PSS):
        if not isinstance(public, rsa.RSAPublicKey) or len(signature) != (public.key_size + 7) // 8:
            raise InvalidSignature
        mask = padding.MGF1(HASHES[means.mask_hash or means.hash])
        pss = padding.PSS(mask, means.salt)
        public.verify(signature, message, pss if means.scheme is Scheme.PSS else padding.PKCS1v15(), by)
        return
    if means.scheme is Scheme.PLAIN_ECDSA:
        signature = _from_plain(key, signature)
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, message, ec.ECDSA(by))
        return
    r, s = decode_dss_signature(signature)
    if not isinstance(public, PublicPoint) or not public.signed(r, s, hashed(means.hash, message)):
        raise InvalidSignature


def _from_plain(key: Key, signature: bytes) -> bytes:
    half = 0 if key.curve is None else key.curve.order_bytes
    if not half or len(signature) != 2 * half:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def _made(key: Key, means: Algorithm, digest: str | None) -> Made:
    weak = {
        Reason.WEAK_HASH: "SHA-1" in (means.hash, digest),
        Reason.WEAK_KEY: key.weak,
        Reason.DIGEST_DIFFERS: digest is not None and digest != means.hash,
        Reason.ALGORITHM_NAME: means.by_key,
    }
    other = f", mask {means.mask_hash}" if means.mask_hash not in ("", means.hash) else ""
    words = f"{key.words}, {means.scheme}, {means.hash}{other}"
    return Made(words, tuple(reason for reason, is_so in weak.items() if is_so))


def _unknown(what: str) -> Refused:
    return Refused(Reason.UNKNOWN_ALGORITHM, f"{what}; nothing of it was believed. Have a person look at it")
