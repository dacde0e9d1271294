"""TEXT THAT KEYS STAND BEHIND: C2SP signed-note.

Laws: bytes read to a note that writes those bytes, or are refused; a signature by a known key that does not verify
rejects the whole note; unknown keys are ignored, and a note that no known key signed is refused.

Two lines under one known key are both verified and count once: the specification says that each must be, and a
checkpoint that met a witness twice has two good ones.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import VerifierKey, refuse_name, unbase64
from garim.ledger import keys
from garim.ledger.keys import Signer

MOST_SIGNATURES = 64
MOST_BYTES = 1 << 18  # 64 ML-DSA-44 signatures of 3.3 kB a line, and a text
_DASH = "\u2014 "
_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class Signature:
    """One line: `value` is the signature, under a key's `name` and its `id` of 4 bytes. Raises `Malformed`."""

    name: str
    id: bytes
    value: bytes

    def __post_init__(self) -> None:
        refuse_name(self.name)
        if len(self.id) != _ID_BYTES or not self.value:
            raise Malformed(f"{self.name}: a signature line has an id of {_ID_BYTES} bytes and a signature")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A `text` that ends in a newline, and 1 to 64 signatures. Raises `Malformed`."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or any(letter < " " and letter != "\n" for letter in self.text):
            raise Malformed("a note's text ends in a newline and has no other control character")
        if not 1 <= len(self.signatures) <= MOST_SIGNATURES:
            raise Malformed(f"a note has 1 to {MOST_SIGNATURES} signatures")

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()


def parse(octets: bytes) -> Note:
    """The note that `octets` write. Its text must be ignored until `verified`. Raises `Malformed`."""
    if len(octets) > MOST_BYTES:
        raise Malformed(f"a note has at most {MOST_BYTES} bytes")
    try:
        whole = octets.decode()
    except UnicodeDecodeError:
        raise Malformed("a note is written in UTF-8") from None
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise Malformed("a note is a text, an empty line and lines of signatures, each with its newline")
    return Note(text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))


def signature(signer: Signer, text: str, at: int) -> Signature:
    """`signer`'s line under `text`; `at` is the time (s since the Epoch) that a cosignature carries."""
    return Signature(signer.vkey.name, signer.vkey.id, signer.sign(text, at))


def signed(text: str, signers: Sequence[Signer], at: int) -> Note:
    """`text` with a line by each of `signers`."""
    return Note(text, tuple(signature(signer, text, at) for signer in signers))


def signers(note: Note, known: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Those of the `known` keys that signed, each once; maybe none. Raises `Disproved` where one's line is false."""
    keyring = _keyring(known)
    found: dict[VerifierKey, None] = {}
    for line in note.signatures:
        key = keyring.get((line.name, line.id))
        if key is not None:
            keys.check(key, note.text, line.value)
            found[key] = None
    return tuple(found)


def verified(note: Note, known: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Those of the `known` keys that signed, each once. Raises `Disproved` where none did or one's line is false."""
    found = signers(note, known)
    if not found:
        named = ", ".join(sorted({line.name for line in note.signatures}))
        raise Disproved(f"no key that is known here signed this; it is signed in the name of {named}")
    return found


def _signature(line: str) -> Signature:
    name, space, value = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Malformed(f"{line[:40]!r} is no line of a signature")
    octets = unbase64(value)
    return Signature(name, octets[:_ID_BYTES], octets[_ID_BYTES:])


def _keyring(known: Sequence[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    keyring: dict[tuple[str, bytes], VerifierKey] = {}
    for key in known:
        if keyring.setdefault((key.name, key.id), key) != key:
            raise Disproved(f"{key.name}: two known keys share this name and the id {key.id.hex()}")
    return keyring
