"""THE TREE OVER A MANIFEST'S ROWS: RFC 6962, a leaf a photo, hashed on all cores.

    leaf    blind (16 bytes) | serial of the photo (8 bytes, big-endian)
    blind   AES-256 of the serial under the manifest's key, so one for each photo

Laws: the root is that of garim.ledger.merkle over the same leaves; whoever sees one photo's proof learns nothing of
its neighbours, since their blinds do not follow from it; the key does follow from nothing, and stays with whoever holds
the manifest. Kept are the rows of hashes from `KEPT` up: a proof hashes 256 leaves and reads the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from garim.core.errors import Malformed
from garim.corpus.values import U64
from garim.ledger import merkle

try:  # CPython's own, which asks OpenSSL nothing: a third less for so few bytes, and these are forty million calls
    from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore] # before Python 3.12
    except ImportError:
        from hashlib import sha256

KEPT = 8
BLOCK = 1 << KEPT
_JOB = 1 << 16  # leaves that a process hashes at a time
_ALONE = 1 << 18  # leaves under which a second process costs more than it gives
_HASH = 32


@dataclass(frozen=True, slots=True)
class RowsTree:
    """The rows of hashes over `size` leaves, from the nodes over `BLOCK` leaves up to the root; each row joined."""

    size: int
    rows: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """The hash over all."""
        return self.rows[-1] if self.size else merkle.EMPTY

    def written(self) -> bytes:
        """The tree as bytes: its size, then row after row."""
        return self.size.to_bytes(8, "big") + b"".join(self.rows)

    @classmethod
    def read(cls, octets: bytes) -> RowsTree:
        """What `written` wrote. Whether its hashes fit is not looked at: a proof shows that. Raises `Malformed`."""
        size, at, rows = int.from_bytes(octets[:8], "big"), 8, list[bytes]()
        for width in _widths(size):
            rows.append(octets[at : at + width * _HASH])
            at += width * _HASH
            if at > len(octets):
                break
        if len(octets) < 8 or at != len(octets):
            raise Malformed("no tree of a manifest")
        return cls(size, tuple(rows))

    def proof(self, index: int, block: Sequence[bytes]) -> list[bytes]:
        """What leads from leaf `index` to the root; `block` are the leaves' hashes of its `BLOCK`."""
        path: list[bytes] = []
        row, at = list(block), index % BLOCK
        for _ in range(KEPT):
            path += row[at ^ 1 : (at ^ 1) + 1]  # a node left over has no sibling
            row, at = _above(row), at // 2
        at = index // BLOCK
        for upper in self.rows:
            beside = (at ^ 1) * _HASH
            path += filter(None, [upper[beside : beside + _HASH]])
            at //= 2
        return path


def leaves(key: bytes, photos: U64) -> Iterator[bytes]:
    """The canonical bytes of each photo's row."""
    octets = _leaf_rows(key, photos).tobytes()
    return (octets[at : at + 24] for at in range(0, len(octets), 24))


def tree(key: bytes, photos: U64) -> RowsTree:
    """The tree over `photos` in their order."""
    jobs = [photos[at : at + _JOB] for at in range(0, len(photos), _JOB)]
    if len(photos) <= _ALONE or (os.cpu_count() or 1) < 2:
        nodes = [_nodes(key, job) for job in jobs]
    else:
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            nodes = list(pool.map(_nodes, [key] * len(jobs), jobs))
    return _of_nodes(len(photos), b"".join(nodes))


def _of_nodes(size: int, lowest: bytes) -> RowsTree:
    rows = [lowest] if size else []
    row = [lowest[at : at + _HASH] for at in range(0, len(lowest), _HASH)]
    while len(row) > 1:
        row = _above(row)
        rows.append(b"".join(row))
    return RowsTree(size, tuple(rows))


def _widths(size: int) -> Iterator[int]:
    """How many hashes each row has, from the lowest to the root."""
    width = -(-size // BLOCK)
    while width > 1:
        yield width
        width = (width + 1) // 2
    yield from [width] * bool(width)


def _nodes(key: bytes, photos: U64) -> bytes:
    """The hashes over each `BLOCK` of leaves, one after the other."""
    octets = _prefixed(key, photos)
    # garim.ledger.merkle's leaf() and node(), written out: twice 17 million hashes pass here
    row = [sha256(octets[at : at + 25]).digest() for at in range(0, len(octets), 25)]
    for _ in range(KEPT):
        # a job is whole blocks, but for the last of all; so a node left over is one in the whole tree too
        row = _above(row)
    return b"".join(row)


def _above(row: list[bytes]) -> list[bytes]:
    odd = row[-1:] if len(row) % 2 else []
    return [sha256(b"\1" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)] + odd


def _prefixed(key: bytes, photos: U64) -> bytes:
    rows = np.zeros((len(photos), 25), np.uint8)
    rows[:, 1:] = _leaf_rows(key, photos)
    return rows.tobytes()


def _leaf_rows(key: bytes, photos: U64) -> NDArray[np.uint8]:
    rows = np.zeros((len(photos), 24), np.uint8)
    serials = photos.astype(">u8").view(np.uint8).reshape(-1, 8)
    blocks = np.zeros((len(photos), 16), np.uint8)
    blocks[:, 8:] = serials
    # one block each, no two alike: a permutation under a key is all that is wanted of it
    blind = Cipher(algorithms.AES256(key), modes.ECB()).encryptor().update(blocks.tobytes())  # noqa: S305 - as said
    rows[:, :16] = np.frombuffer(blind, np.uint8).reshape(-1, 16)
    rows[:, 16:] = serials
    return rows
