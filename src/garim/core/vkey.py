"""Whose signature: public keys under a name, and the secret that signs for one.

Laws: a key's text reads back to the same key and no other text does; an id is computed, never believed; a name
has no space, no plus and no control character; a secret is not shown by `repr` or `str`.

Formats: `<name>+<hex id>+<base64(kind || public)>` (C2SP signed-note, "Verifier keys") and, as in Go's
golang.org/x/mod/sumdb/note, `PRIVATE+KEY+<name>+<hex id>+<base64(kind || seed)>`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from garim.core.errors import Malformed

SEED_BYTES = 32  # of every kind: RFC 8032 for Ed25519, FIPS 204 for ML-DSA
_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the prefix of the format, no secret
_LONGEST_NAME = 255  # bytes: ML-DSA cosignatures sign the name behind a length of one byte


class Kind(IntEnum):
    """What a signature is made over and with: the signature type byte of C2SP signed-note."""

    ED25519 = 0x01
    COSIGN_ED25519 = 0x04
    COSIGN_ML_DSA_44 = 0x06


_PUBLIC_BYTES = {Kind.ED25519: 32, Kind.COSIGN_ED25519: 32, Kind.COSIGN_ML_DSA_44: 1312}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key of 32 bytes (Ed25519) or 1312 bytes (ML-DSA-44) that signs under `name`. Raises `Malformed`."""

    name: str
    kind: Kind
    public: bytes = field(repr=False)

    def __post_init__(self) -> None:
        refuse_name(self.name)
        if len(self.public) != _PUBLIC_BYTES[self.kind]:
            raise Malformed(f"{self.name}: a {self.kind.name} key has {_PUBLIC_BYTES[self.kind]} bytes")
        if self.kind is Kind.COSIGN_ML_DSA_44 and len(self.name.encode()) > _LONGEST_NAME:
            raise Malformed(f"{self.name[:40]}...: the name of an ML-DSA cosigner has at most {_LONGEST_NAME} bytes")

    @property
    def id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || LF || kind || public): an identifier, not a commitment."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return _text(self.name, self.id, self.kind, self.public)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that `text` writes. Raises `Malformed` where that key is written otherwise."""
        name, _, kind, public = _parts(text)
        key = cls(name, kind, public)
        if str(key) != text:
            raise Malformed(f"{name}: the id of this key is {key.id.hex()}, or its text is not written as it must be")
        return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret of a key: a `seed` of 32 bytes. Raises `Malformed`.

    `id` is that of the public key, which needs arithmetic that is not here: who derives it from the seed compares.
    """

    name: str
    kind: Kind
    seed: bytes = field(repr=False)
    id: bytes

    def __post_init__(self) -> None:
        refuse_name(self.name)
        if len(self.seed) != SEED_BYTES or len(self.id) != 4:
            raise Malformed(f"{self.name}: a seed has {SEED_BYTES} bytes and an id has 4")

    @property
    def secret_text(self) -> str:
        """The key as it is stored. Whoever reads it can sign."""
        return _SECRET + _text(self.name, self.id, self.kind, self.seed)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that `text` writes, its id not yet compared. Raises `Malformed`, which never quotes the secret."""
        if not text.startswith(_SECRET):
            raise Malformed(f"a signing key begins with {_SECRET}")
        name, id_, kind, seed = _parts(text.removeprefix(_SECRET))
        key = cls(name, kind, seed, id_)
        if key.secret_text != text:
            raise Malformed(f"{name}: this signing key is not written as it must be")
        return key


def refuse_name(name: str) -> None:
    """Raise `Malformed` where no key can have this name."""
    # str.isspace knows all of Unicode's spaces, and U+001C..U+001F beside them, which are refused anyway
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise Malformed(f"{name!r}: a key's name is not empty and has no space, plus or control character")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{name!r}: a key's name is written in UTF-8") from None


def unbase64(text: str) -> bytes:
    """What `text` encodes (RFC 4648, section 4). Raises `Malformed` where it is not the one way to write that."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{text[:40]!r} is not base64") from None
    if base64.b64encode(octets).decode() != text:
        raise Malformed(f"{text[:40]!r} is base64, but not as it must be written")
    return octets


def _text(name: str, id_: bytes, kind: Kind, octets: bytes) -> str:
    return f"{name}+{id_.hex()}+{base64.b64encode(bytes([kind]) + octets).decode()}"


def _parts(text: str) -> tuple[str, bytes, Kind, bytes]:
    # of three: base64 has pluses of its own, a name has none
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Malformed("a key is written <name>+<id>+<base64>")
    try:
        id_, octets = bytes.fromhex(parts[1]), base64.b64decode(parts[2], validate=True)
        return parts[0], id_, Kind(octets[0]), octets[1:]
    except (ValueError, IndexError):
        # neither bytes are quoted: they may be a secret
        raise Malformed("a key is written <name>+<8 hex digits>+<base64 of a known kind and the key>") from None
