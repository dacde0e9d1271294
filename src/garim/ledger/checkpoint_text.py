"""A TREE HEAD AS TEXT: origin, size and root, as C2SP tlog-checkpoint writes them. Pure.

Law: a text reads to a checkpoint that writes that text, or is refused; "+7", " 7" and "007" are no sizes.

Extension lines are read, because the specification lets a log have them and a witness must cosign them along. Ours
have none: ML-DSA cosignatures do not sign them, and no monitor can audit them. `checkpoint.opened` refuses them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from garim.core.errors import Malformed
from garim.core.vkey import unbase64

MOST_ENTRIES = (1 << 63) - 1  # what consistency proofs of at most 63 hashes reach, and what SQLite holds
_MOST_DIGITS = len(str(MOST_ENTRIES))
ROOT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says that it held: `size` entries under a `root` of 32 bytes. Raises `Malformed`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(letter < " " for letter in line):
                raise Malformed(f"{line!r}: a line of a checkpoint is not empty and has no control characters")
        if not 0 <= self.size <= MOST_ENTRIES:
            raise Malformed(f"{self.origin}: a tree has 0 to 2^63-1 entries")
        if len(self.root) != ROOT_BYTES:
            raise Malformed(f"{self.origin}: a root has {ROOT_BYTES} bytes")

    @property
    def text(self) -> str:
        """The lines that are signed, each with its newline."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


def read(text: str) -> Checkpoint:
    """The checkpoint that `text` writes. Raises `Malformed`."""
    *lines, end = text.split("\n")
    if end or len(lines) < 3:
        raise Malformed("a checkpoint has three lines, origin, size and root, each with its newline")
    return Checkpoint(lines[0], decimal(lines[1]), unbase64(lines[2]), tuple(lines[3:]))


def decimal(text: str) -> int:
    """The number that `text` writes in ASCII, without sign, space or leading zero. Raises `Malformed`."""
    if len(text) > _MOST_DIGITS or not text.isdecimal() or str(int(text)) != text:
        raise Malformed(f"{text[:40]!r} is not a number as it must be written")
    return int(text)
