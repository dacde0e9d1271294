"""Whether an AVI file is whole, by its own sizes and its index."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

from garim.media.ebml import Damaged

_HAS_INDEX = 0x10
_INDEX_ROW = 16
Chunk = tuple[bytes, int, int]  # its name, and where its content begins and ends


def pictures(data: mmap.mmap, stream: int) -> int:
    """How many pictures stream number `stream` has; empty chunks, which repeat one, are none. Raises `Damaged`."""
    names = {b"%02d" % stream + kind for kind in (b"db", b"dc")}
    found = listed = 0
    flags, indexed = 0, False
    for part, (name, start, end) in enumerate(_chunks(data, 0, len(data))):
        if name != b"RIFF" or data[start : start + 4] != (b"AVIX" if part else b"AVI "):
            raise Damaged(f"goes on for {len(data) - start + 8} bytes after its end, which no player would show")
        for inner, inside, after in _chunks(data, start + 4, end):
            if inner == b"LIST" and data[inside : inside + 4] == b"hdrl":
                flags = struct.unpack_from("<I", data, inside + 4 + 8 + 12)[0]
            if inner == b"LIST" and data[inside : inside + 4] == b"movi":
                here = sum(chunk in names and upto > at for chunk, at, upto in _flat(data, inside + 4, after))
                found += here
            if inner == b"idx1":
                indexed = True
                listed += _listed(data, inside, after, names)
        if part == 0 and indexed and listed != found:
            raise Damaged(f"holds {found} of the {listed} pictures that it lists (it was cut short)")
    if flags & _HAS_INDEX and not indexed:
        raise Damaged("has lost its index (it was cut short)")
    return found


def _listed(data: mmap.mmap, start: int, end: int, names: set[bytes]) -> int:
    rows = (data[at : at + _INDEX_ROW] for at in range(start, end - _INDEX_ROW + 1, _INDEX_ROW))
    return sum(row[:4] in names and row[12:16] != bytes(4) for row in rows)


def _flat(data: mmap.mmap, start: int, end: int) -> Iterator[Chunk]:
    """The chunks of a list, and of the lists of records in it."""
    for name, inside, after in _chunks(data, start, end):
        if name == b"LIST":
            yield from _flat(data, inside + 4, after)
        else:
            yield name, inside, after


def _chunks(data: mmap.mmap, start: int, end: int) -> Iterator[Chunk]:
    while start < end:
        if start + 8 > end:
            if not any(data[start:end]):
                return
            raise Damaged("ends in the middle of something (it was cut short)")
        name, size = data[start : start + 4], struct.unpack_from("<I", data, start + 4)[0]
        if not name.isascii() or not name.decode("ascii").isprintable():
            raise Damaged(f"holds something unknown at byte {start}")
        if name in (b"RIFF", b"LIST") and size < 4:
            raise Damaged("was never finished by what recorded it")
        if start + 8 + size > end:
            raise Damaged(f"ends {start + 8 + size - end} bytes too early (it was cut short)")
        yield name, start + 8, start + 8 + size
        start += 8 + size + size % 2
