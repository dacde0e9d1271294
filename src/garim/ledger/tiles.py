"""THE FILES: c2sp.org/tlog-tiles, and how a tree of any size is read out of them.

Laws: a tile's name follows from its place and width alone; what does not have the size that its name demands is
refused; nothing is read that the checkpoint at hand does not demand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from garim.core.errors import Malformed
from garim.ledger import merkle

WIDTH = 256
HASH = 32  # bytes
MOST_BYTES = (1 << 16) - 1  # of one entry: its length stands before it in two bytes
_CACHED = 1024  # tiles, of 8 kB

Read = Callable[[str], bytes]
"""What stands at a path of the log, as "tile/0/000"; raises `FileNotFoundError` where nothing does."""


@dataclass(frozen=True, slots=True)
class Name:
    """One tile or bundle: `level` None means the entries themselves; `width` hashes, or entries, 1 to 256."""

    level: int | None
    number: int
    width: int = WIDTH

    def __str__(self) -> str:
        """The path under the log's prefix."""
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{_threes(self.number)}{'' if self.width == WIDTH else f'.p/{self.width}'}"

    @property
    def whole(self) -> Name:
        """The same place, full."""
        return Name(self.level, self.number)


def _threes(number: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def names(size: int) -> Iterator[Name]:
    """Every tile of a tree of `size` leaves, level by level from 0; the bundles are not among them."""
    for level in count():
        wide = size // WIDTH**level
        if not wide:
            return
        yield from _row(level, wide)


def bundles(size: int) -> Iterator[Name]:
    """Every bundle of a log of `size` entries."""
    return _row(None, size)


def _row(level: int | None, wide: int) -> Iterator[Name]:
    yield from (Name(level, number) for number in range(wide // WIDTH))
    if wide % WIDTH:
        yield Name(level, wide // WIDTH, wide % WIDTH)


def bundled(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle holds them, each after its length."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def unbundled(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises `Malformed` where it is cut short."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at + 2 <= end:
        start = at + 2
        at = start + (bundle[start - 2] << 8 | bundle[start - 1])
        entries.append(bundle[start:at])
    if at != end:
        raise Malformed("a bundle of entries is cut short")
    return entries


def fetch(read: Read, name: Name) -> bytes:
    """The bytes of a tile; of a partial one that is gone, the beginning of the full one. Raises `Malformed`."""
    try:
        return _of_width(read(str(name)), name, name)
    except FileNotFoundError:
        if name.width == WIDTH:
            raise Malformed(f"{name} is missing") from None
    try:
        return _of_width(read(str(name.whole)), name.whole, name)
    except FileNotFoundError:
        raise Malformed(f"{name} is missing, and so is the full tile") from None


def _of_width(found: bytes, there: Name, wanted: Name) -> bytes:
    if wanted.level is None:
        entries = unbundled(found)
        if len(entries) != there.width:
            raise Malformed(f"{there} holds {len(entries)} entries")
        return found if there == wanted else bundled(entries[: wanted.width])
    if len(found) != there.width * HASH:
        raise Malformed(f"{there} holds {len(found)} bytes, not {there.width * HASH}")
    return found[: wanted.width * HASH]


def hashes(tile: bytes) -> list[bytes]:
    """The hashes in a tile."""
    return [tile[i : i + HASH] for i in range(0, len(tile), HASH)]


class Tree:
    """A tree of `size` leaves as tiles hold it; each tile is read once."""

    def __init__(self, read: Read, size: int) -> None:
        self.size = size
        self._read = read
        self._tile = lru_cache(_CACHED)(self._fetched)

    @property
    def root(self) -> bytes:
        """The root over all leaves."""
        return self.span(0, self.size)

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        return self._tile(0, index // WIDTH)[index % WIDTH]

    def entry(self, index: int) -> bytes:
        """The entry at `index`, whose hash the tree does hold. Raises `Malformed`."""
        number, place = divmod(index, WIDTH)
        width = min(WIDTH, self.size - number * WIDTH)
        entry = unbundled(fetch(self._read, Name(None, number, width)))[place]
        if merkle.leaf(entry) != self.leaf(index):
            raise Malformed(f"entry {index} is not the one that the tree was made of")
        return entry

    def inclusion(self, index: int) -> list[bytes]:
        """The proof that the leaf at `index` is in this tree."""
        return merkle.inclusion(index, self.size, self.span)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that this tree begins with the one of `old` leaves."""
        return merkle.consistency(old, self.size, self.span)

    def span(self, start: int, end: int) -> bytes:
        """The root over the leaves from `start` up to `end`: a subtree of RFC 6962's recursion."""
        if start == end:
            return merkle.EMPTY
        unit: int = WIDTH ** _level(end - start)
        number, first = divmod(start // unit, WIDTH)
        last = first + (end - start) // unit
        middle = start + (last - first) * unit
        # the units of one subtree never cross into the next tile, since its start is aligned
        row = self._tile(_level(end - start), number)[first:last]
        return merkle.root([*row, self.span(middle, end)] if middle < end else row)

    def _fetched(self, level: int, number: int) -> list[bytes]:
        width = min(WIDTH, self.size // WIDTH**level - number * WIDTH)
        return hashes(fetch(self._read, Name(level, number, width)))


def _level(size: int) -> int:
    """The highest level of which one hash stands for at most `size` leaves."""
    return (size.bit_length() - 1) // 8
