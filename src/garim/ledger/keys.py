"""WHO SIGNS: keys made, kept in a file that only their owner reads, and used.

Laws: a secret lies in a file of mode 0600, written whole and durably, and never over another; a file that others can
read is refused; a key whose public half is not the one that its id names is refused.

Kinds are those of `core.vkey`: Ed25519 over the text (RFC 8032), Ed25519 and ML-DSA-44 (FIPS 204, no context) over
what `cosignature` makes of it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from garim.core.errors import Disproved, Malformed, Misuse, Unreadable
from garim.core.vkey import SEED_BYTES, Kind, SigningKey, VerifierKey
from garim.files import whole
from garim.ledger import cosignature

_PRIVATE: dict[Kind, Callable[[bytes], Ed25519PrivateKey | MLDSA44PrivateKey]] = {
    Kind.ED25519: Ed25519PrivateKey.from_private_bytes,
    Kind.COSIGN_ED25519: Ed25519PrivateKey.from_private_bytes,
    Kind.COSIGN_ML_DSA_44: MLDSA44PrivateKey.from_seed_bytes,
}
_PUBLIC: dict[Kind, Callable[[bytes], Ed25519PublicKey | MLDSA44PublicKey]] = {
    Kind.ED25519: Ed25519PublicKey.from_public_bytes,
    Kind.COSIGN_ED25519: Ed25519PublicKey.from_public_bytes,
    Kind.COSIGN_ML_DSA_44: MLDSA44PublicKey.from_public_bytes,
}
_OTHERS = 0o077  # the permissions of group and world
_MOST_BYTES = 1 << 16  # of a key file: hundreds of keys


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that can sign; its public half is `vkey`."""

    vkey: VerifierKey
    _private: Ed25519PrivateKey | MLDSA44PrivateKey = field(repr=False, compare=False)

    def sign(self, text: str, at: int) -> bytes:
        """The signature over a note's `text`; a cosignature carries the time `at` (s since the Epoch).

        Raises `Malformed` where a cosigner is to sign what is no checkpoint.
        """
        if self.vkey.kind is Kind.ED25519:
            return self._private.sign(text.encode())
        return cosignature.joined(at, self._private.sign(cosignature.message(self.vkey.kind, self.vkey.name, at, text)))

    @property
    def secret(self) -> SigningKey:
        """The key as it is stored."""
        return SigningKey(self.vkey.name, self.vkey.kind, self._private.private_bytes_raw(), self.vkey.id)


def new(name: str, kind: Kind) -> Signer:
    """A key that nobody had before. Raises `Malformed` where no key can have this name."""
    return _signer(name, kind, secrets.token_bytes(SEED_BYTES))


def derived(secret: SigningKey) -> Signer:
    """The signer that `secret` is for. Raises `Malformed` where its public half is not the one that its id names."""
    signer = _signer(secret.name, secret.kind, secret.seed)
    if signer.vkey.id != secret.id:
        raise Malformed(f"{secret.name}: this secret is not that of the key {secret.id.hex()}")
    return signer


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
    if path.exists() or path.is_symlink():
        raise Misuse(f"{path}: exists already, and a key is never overwritten. Name another file")
    with whole(path, mode=0o600) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        file.writelines(f"{signer.secret.secret_text}\n" for signer in signers)


def load(path: Path) -> tuple[Signer, ...]:
    """The keys that `path` keeps. Raises `Unreadable`, `Misuse` where others can read them, `Malformed`."""
    try:
        with path.open("rb") as file:
            mode, octets = os.fstat(file.fileno()).st_mode, file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path}: the key cannot be read: {error.strerror}; nothing was signed") from None
    if mode & _OTHERS:
        raise Misuse(f"{path}: others can read this key; nothing was signed. chmod 600, or make a new key")
    if not octets.endswith(b"\n") or len(octets) > _MOST_BYTES:
        raise Malformed(f"{path}: is no file of signing keys, or is cut short")
    try:
        lines = octets.decode().removesuffix("\n").split("\n")
        return tuple(derived(SigningKey.parse(line)) for line in lines)
    except (Malformed, UnicodeDecodeError) as error:
        # of a text that does not decode the reason would quote bytes of a secret
        reason = error if isinstance(error, Malformed) else "it is not UTF-8"
        raise Malformed(f"{path}: {reason}; nothing was signed") from None


def _signer(name: str, kind: Kind, seed: bytes) -> Signer:
    private = _PRIVATE[kind](seed)
    return Signer(VerifierKey(name, kind, private.public_key().public_bytes_raw()), private)
