"""ONE ENTRY'S PROOF, to be kept and checked without the log: c2sp.org/tlog-proof.

Laws: a proof's text reads back to the same proof and no other text does; what it proves follows from the entry's
bytes, a trusted key and nothing else. The entry itself rides along as the format's extra data.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from garim.core.errors import Malformed, Misuse
from garim.core.vkey import VerifierKey, unbase64
from garim.ledger import merkle, note
from garim.ledger.checkpoint import Checkpoint, opened, read
from garim.ledger.tiles import HASH, Tree

_FIRST = "c2sp.org/tlog-proof@v1"
_MOST_STEPS = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """That `entry` stands at `index`: `path` bytes[32] from its sibling up, and the signed `checkpoint`."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def proven(self, keys: Sequence[VerifierKey]) -> Checkpoint:
        """The checkpoint, once one of the log's `keys` signed it and the entry is in its tree. Raises `Disproved`."""
        head = opened(note.parse(self.checkpoint), keys)
        merkle.check_inclusion(merkle.leaf(self.entry), self.index, head.size, self.path, head.root)
        return head

    def __str__(self) -> str:
        lines = [_FIRST, f"extra {_base64(self.entry)}", f"index {self.index}", *map(_base64, self.path), "", ""]
        return "\n".join(lines) + self.checkpoint.decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The proof that `text` is. Raises `Malformed`."""
        head, _, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if len(lines) < 3 or len(lines) > 3 + _MOST_STEPS:
            raise Malformed("not a proof of one entry, as c2sp.org/tlog-proof has it, with the entry in it")
        path = tuple(map(unbase64, lines[3:]))
        proof = cls(unbase64(lines[1].removeprefix("extra ")), _index(lines[2]), path, checkpoint.encode())
        if str(proof) != text or any(len(step) != HASH for step in path):
            raise Malformed("a proof that is not written as c2sp.org/tlog-proof has it")
        return proof


def prove(tree: Tree, index: int, checkpoint: bytes) -> Proof:
    """The proof for the entry at `index` of `tree`, which `checkpoint` covers; it holds.

    Raises `Misuse` where there is no such entry, `Disproved` where the tiles are not what the checkpoint signed.
    """
    if not 0 <= index < tree.size:
        raise Misuse(f"there is no entry {index}: the log holds {tree.size}, from 0 on")
    entry, path, root = tree.entry(index), tuple(tree.inclusion(index)), read(note.parse(checkpoint).text).root
    merkle.check_inclusion(merkle.leaf(entry), index, tree.size, path, root)
    return Proof(entry, index, path, checkpoint)


def _index(line: str) -> int:
    digits = line.removeprefix("index ")
    if not digits.isascii() or not digits.isdecimal():
        raise Malformed(f"a proof's index is a number, not {digits[:20]!r}")
    return int(digits)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
