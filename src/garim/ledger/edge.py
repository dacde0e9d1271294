"""THE RIGHT EDGE: all of a tree that is needed to append to it, and to know its root.

Laws: pure; growing by parts gives what growing at once gives; a full tile, once it came out, never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from garim.core.errors import Malformed
from garim.ledger import merkle
from garim.ledger.tiles import HASH, WIDTH, Name


@dataclass(frozen=True, slots=True)
class Edge:
    """The hashes of the rightmost tile of each level, from level 0: at most 255 each, since a full one is done."""

    levels: tuple[tuple[bytes, ...], ...] = ()

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return sum(len(row) * WIDTH**level for level, row in enumerate(self.levels))

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        rest: list[bytes] = []
        for row in self.levels:
            if row or rest:
                rest = [merkle.root([*row, *rest])]
        return rest[0] if rest else merkle.EMPTY

    def grown(self, leaves: Sequence[bytes]) -> tuple[Self, list[tuple[Name, bytes]]]:
        """The edge after `leaves` more, and each tile that they change or begin, those of level 0 first."""
        levels: list[tuple[bytes, ...]] = []
        tiles: list[tuple[Name, bytes]] = []
        more, base = list(leaves), self.size
        for level in range(len(self.levels) + 9):
            row = [*(self.levels[level] if level < len(self.levels) else ()), *more]
            if not row and not more and level >= len(self.levels):
                break
            first = base // WIDTH ** (level + 1)
            full = len(row) // WIDTH
            rows = [row[i * WIDTH : (i + 1) * WIDTH] for i in range(full)]
            rest = row[full * WIDTH :]
            tiles += [(Name(level, first + i), b"".join(whole)) for i, whole in enumerate(rows)]
            if rest and more:
                tiles.append((Name(level, first + full, len(rest)), b"".join(rest)))
            levels.append(tuple(rest))
            more = [merkle.root(whole) for whole in rows]
        return type(self)(tuple(levels)), tiles

    def __bytes__(self) -> bytes:
        """The edge for keeping: each level's count in a byte, then its hashes."""
        return b"".join(bytes([len(row)]) + b"".join(row) for row in self.levels)

    @classmethod
    def kept(cls, kept: bytes) -> Self:
        """The edge that `bytes` made. Raises `Malformed`."""
        levels = []
        at = 0
        while at < len(kept):
            start, at = at + 1, at + 1 + kept[at] * HASH
            levels.append(tuple(kept[i : i + HASH] for i in range(start, at, HASH)))
        if at != len(kept):
            raise Malformed("the kept edge of the tree is cut short")
        return cls(tuple(levels))
