"""WHICH PHOTOS A MANIFEST LISTS, as the corpus keeps it: to prove one of them, and to release them again.

    DIR/manifests/N.members      head | of each 256 photos the first serial | the tree | steps from those firsts

Laws: serials stand in ascending order, each once, and so the same photos are the same rows whatever they lay in; one
photo is found and proven by reading a few pages, not the file; what is read is proven by the root that is on the
ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Malformed, Unreadable
from garim.corpus.rows_tree import BLOCK, RowsTree, leaves, tree
from garim.corpus.values import U64, Bools
from garim.files import unwritable, whole
from garim.ledger import merkle

FOLDER = "manifests"
_HEAD = np.dtype([("magic", "S24"), ("photos", "<u8"), ("tree", "<u8")])
_MAGIC = b"garim corpus members 1\n"


@dataclass(frozen=True, slots=True)
class Proven:
    """One photo in a manifest of `size`: its row's bytes, its place, and the hashes from there to the root."""

    leaf: bytes
    index: int
    size: int
    path: tuple[bytes, ...]

    def refuse_other(self, root: bytes) -> None:
        """Raise `Disproved` unless this row is in the tree of `root`."""
        merkle.check_inclusion(merkle.leaf(self.leaf), self.index, self.size, self.path, root)


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The photos of a manifest: `firsts` of each block, and how far each is from its block's first."""

    size: int
    firsts: U64
    steps: NDArray[np.unsignedinteger]
    tree: bytes

    @classmethod
    def of(cls, photos: U64, made: RowsTree) -> Members:
        """Of serials, ascending, and the tree over them."""
        firsts = photos[::BLOCK].copy()
        steps = photos - np.repeat(firsts, BLOCK)[: len(photos)]
        width = np.uint32 if not len(steps) or int(steps.max()) < 1 << 32 else np.uint64
        return cls(len(photos), firsts, steps.astype(width), made.written())

    @classmethod
    def open(cls, path: Path) -> Members:
        """What `save` wrote, read where it lies. Raises `Unreadable`."""
        try:
            octets = np.memmap(path, np.uint8, "r")
        except (OSError, ValueError):
            raise Unreadable(f"{path}: what a manifest lists cannot be read; restore it from a backup") from None
        try:
            return cls._read(octets)
        except Malformed as error:
            raise Unreadable(f"{path}: {error}; restore it from a backup") from None

    @classmethod
    def _read(cls, octets: NDArray[np.uint8]) -> Members:
        if len(octets) < _HEAD.itemsize:
            raise Malformed("is cut short")
        head = octets[: _HEAD.itemsize].view(_HEAD)[0]
        size, hashes = int(head["photos"]), int(head["tree"])
        blocks = -(-size // BLOCK)
        left = len(octets) - _HEAD.itemsize - 8 * blocks - hashes
        if head["magic"] != _MAGIC or left < 0 or left not in (4 * size, 8 * size):
            raise Malformed("is not what was written there")
        rest = octets[_HEAD.itemsize :]
        firsts, rest = rest[: 8 * blocks].view("<u8"), rest[8 * blocks :]
        steps = rest[hashes:].view("<u4" if left == 4 * size else "<u8")
        return cls(size, firsts, steps, rest[:hashes].tobytes())

    def save(self, path: Path) -> None:
        """Publish at `path`, whole and durable, for the owner alone. Raises `Unwritable`."""
        head = np.array((_MAGIC, self.size, len(self.tree)), _HEAD)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from None
        with whole(path, force=True, mode=0o600) as unfinished, unfinished.open("wb") as file:
            for each in (head.tobytes(), self.firsts.data, self.tree, self.steps.data):
                file.write(each)

    def photos(self) -> U64:
        """All serials, ascending."""
        return np.asarray(np.repeat(self.firsts, BLOCK)[: self.size] + self.steps)

    def holds(self, photos: U64) -> Bools:
        """Of each of a few photos, whether it is listed."""
        return np.array([self._index(int(each)) is not None for each in photos], np.bool_)

    def proven(self, photo: int, key: bytes) -> Proven | None:
        """The proof of one photo's row; None where it is not listed. Raises `Malformed`, `Disproved`."""
        index = self._index(photo)
        if index is None:
            return None
        rows = list(leaves(key, self._block(index // BLOCK)))
        made = RowsTree.read(self.tree)
        path = made.proof(index, merkle.leaves(rows))
        told = Proven(rows[index % BLOCK], index, self.size, tuple(path))
        told.refuse_other(made.root)
        return told

    def refuse_other(self, key: bytes, root: bytes) -> None:
        """Raise `Malformed` unless these are the photos of the manifest with `root`, each byte as it was written."""
        photos = self.photos()
        made = tree(key, photos)
        whole = Members.of(photos, made)
        same = np.array_equal(whole.firsts, self.firsts) and np.array_equal(whole.steps, self.steps)
        if made.root != root or whole.tree != self.tree or not same:
            raise Malformed("what a manifest lists is not what was listed; restore it from a backup")

    def _block(self, block: int) -> U64:
        steps = self.steps[block * BLOCK : (block + 1) * BLOCK]
        return np.asarray(self.firsts[block] + steps.astype(np.uint64))

    def _index(self, photo: int) -> int | None:
        block = int(np.searchsorted(self.firsts, np.uint64(photo), side="right")) - 1
        if block < 0:
            return None
        mine = self._block(block)
        at = int(np.searchsorted(mine, np.uint64(photo)))
        return block * BLOCK + at if at < len(mine) and int(mine[at]) == photo else None
