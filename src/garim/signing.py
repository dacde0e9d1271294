"""SECRET KEYS: made, kept in a file that only their owner reads, and used.

Laws: a secret lies in a file of mode 0600, written whole and durably, and never over another; a file that others can
read is refused; a key whose public half is not the one that its id names is refused; no message quotes a secret.

Kinds are those of `core.vkey`: Ed25519 (RFC 8032), ML-DSA-44 (FIPS 204, no context). What is signed, and under which
words, is the business of whoever signs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.core.vkey import SEED_BYTES, Kind, SigningKey, VerifierKey
from garim.files import whole

Private = Ed25519PrivateKey | MLDSA44PrivateKey

_PRIVATE: dict[Kind, Callable[[bytes], Private]] = {
    Kind.ED25519: Ed25519PrivateKey.from_private_bytes,
    Kind.COSIGN_ED25519: Ed25519PrivateKey.from_private_bytes,
    Kind.COSIGN_ML_DSA_44: MLDSA44PrivateKey.from_seed_bytes,
}
_OTHERS = 0o077  # the permissions of group and world
_MOST_BYTES = 1 << 16  # of a key file: hundreds of keys


@dataclass(frozen=True, slots=True)
class Pair:
    """A secret that can sign, and its public half, `vkey`."""

    vkey: VerifierKey
    _private: Private = field(repr=False, compare=False)

    def sign(self, message: bytes) -> bytes:
        """The bare signature over `message`."""
        return self._private.sign(message)

    @property
    def secret(self) -> SigningKey:
        """The key as it is stored."""
        return SigningKey(self.vkey.name, self.vkey.kind, self._private.private_bytes_raw(), self.vkey.id)


def new(name: str, kind: Kind) -> Pair:
    """A key that nobody had before. Raises `Malformed` where no key can have this name."""
    return _pair(name, kind, secrets.token_bytes(SEED_BYTES))


def derived(secret: SigningKey) -> Pair:
    """The pair that `secret` is half of. Raises `Malformed` where the other half is not the one that its id names."""
    pair = _pair(secret.name, secret.kind, secret.seed)
    if pair.vkey.id != secret.id:
        raise Malformed(f"{secret.name}: this secret is not that of the key {secret.id.hex()}")
    return pair


def write(path: Path, keys: Sequence[SigningKey]) -> None:
    """Keep secrets at `path`, one a line. Raises `Misuse` where it exists, `Unwritable`."""
    if path.exists() or path.is_symlink():
        raise Misuse(f"{path}: exists already, and a key is never overwritten. Name another file")
    with whole(path, mode=0o600) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        file.writelines(f"{key.secret_text}\n" for key in keys)


def load(path: Path) -> tuple[Pair, ...]:
    """The keys that `path` keeps. Raises `Unreadable`, `Misuse` where others can read them, `Malformed`."""
    try:
        with path.open("rb") as file:
            mode, octets = os.fstat(file.fileno()).st_mode, file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path}: the key cannot be read: {error.strerror}; nothing was signed") from None
    if mode & _OTHERS:
        raise Misuse(f"{path}: others can read this key; nothing was signed. chmod 600, or make a new key")
    if not octets.endswith(b"\n") or len(octets) > _MOST_BYTES:
        raise Malformed(f"{path}: is no file of signing keys, or is cut short; nothing was signed")
    try:
        lines = octets.decode().removesuffix("\n").split("\n")
        return tuple(derived(SigningKey.parse(line)) for line in lines)
    except (Malformed, UnicodeDecodeError) as error:
        # of a text that does not decode the reason would quote bytes of a secret
        reason = error if isinstance(error, Malformed) else "it is not UTF-8"
        raise Malformed(f"{path}: {reason}; nothing was signed") from None


def _pair(name: str, kind: Kind, seed: bytes) -> Pair:
    private = _PRIVATE[kind](seed)
    return Pair(VerifierKey(name, kind, private.public_key().public_bytes_raw()), private)
