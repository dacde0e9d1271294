"""WHO SIGNS: keys made, kept and loaded as `signing` does, and used over a note's text.

Kinds are those of `core.vkey`: Ed25519 over the text (RFC 8032), Ed25519 and ML-DSA-44 (FIPS 204, no context) over
what `cosignature` makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from garim import signing
from garim.core.errors import Disproved
from garim.core.vkey import Kind, SigningKey, VerifierKey
from garim.ledger import cosignature

_PUBLIC: dict[Kind, Callable[[bytes], Ed25519PublicKey | MLDSA44PublicKey]] = {
    Kind.ED25519: Ed25519PublicKey.from_public_bytes,
    Kind.COSIGN_ED25519: Ed25519PublicKey.from_public_bytes,
    Kind.COSIGN_ML_DSA_44: MLDSA44PublicKey.from_public_bytes,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs notes."""

    pair: signing.Pair

    @property
    def vkey(self) -> VerifierKey:
        """Its public half."""
        return self.pair.vkey

    def sign(self, text: str, at: int) -> bytes:
        """The signature over a note's `text`; a cosignature carries the time `at` (s since the Epoch).

        Raises `Malformed` where a cosigner is to sign what is no checkpoint.
        """
        if self.vkey.kind is Kind.ED25519:
            return self.pair.sign(text.encode())
        return cosignature.joined(at, self.pair.sign(cosignature.message(self.vkey.kind, self.vkey.name, at, text)))

    @property
    def secret(self) -> SigningKey:
        """The key as it is stored."""
        return self.pair.secret


def new(name: str, kind: Kind) -> Signer:
    """A key that nobody had before. Raises `Malformed` where no key can have this name."""
    return Signer(signing.new(name, kind))


def derived(secret: SigningKey) -> Signer:
    """The signer that `secret` is for. Raises `Malformed` where its public half is not the one that its id names."""
    return Signer(signing.derived(secret))


def check(key: VerifierKey, text: str, value: bytes) -> None:
    """Raise `Disproved` unless `value` is the signature of `key` over a note's `text`."""
    if key.kind is Kind.ED25519:
        signature, message = value, text.encode()
    else:
        at, signature = cosignature.split(value)
        message = cosignature.message(key.kind, key.name, at, text)
    try:
        _PUBLIC[key.kind](key.public).verify(signature, message)
    except InvalidSignature:
        raise Disproved(f"{key.name}: its {key.kind.name} signature does not hold") from None


def write(path: Path, signers: Sequence[Signer]) -> None:
    """Keep the secrets of `signers` at `path`, one a line. Raises `Misuse` where it exists, `Unwritable`."""
    signing.write(path, [signer.secret for signer in signers])


def load(path: Path) -> tuple[Signer, ...]:
    """The keys that `path` keeps. Raises `Unreadable`, `Misuse` where others can read them, `Malformed`."""
    return tuple(map(Signer, signing.load(path)))
