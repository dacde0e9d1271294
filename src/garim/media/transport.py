"""Whether a transport stream is whole, as far as it can tell: packets of one size, counted, none in secret.

A stream says neither how long it is nor where it ends, so one that was cut between two packets is a shorter stream.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from garim.media.ebml import Damaged

_SYNC, _NOTHING = 0x47, 0x1FFF
_SIZES = {188: 0, 192: 4, 204: 0}  # bytes a packet, and of a clock before it
_SLICE = 1 << 16  # packets looked at in one go
_SOUND_OR_PICTURE = range(0xC0, 0xF0)
Heads = NDArray[np.uint8]


def pictures(data: mmap.mmap, stream: int, kept: set[int]) -> int:
    """How many packets begin in `stream`, of which each holds a picture or more.

    Raises `Damaged` where packets of the streams `kept` are missing or secret, or another stream begins midway.
    """
    size, clock = _size(data)
    last: dict[int, int] = {}
    starts: set[int] = set()
    found = 0
    for rows in _rows(data, size):
        heads = rows[:, clock : clock + 188]
        if (heads[:, 0] != _SYNC).any():
            raise Damaged("is damaged: packets do not begin where they should")
        number = (heads[:, 1].astype(np.int32) & 0x1F) << 8 | heads[:, 2]
        if (heads[number != _NOTHING, 1] & 0x80).any():
            raise Damaged("holds packets that its receiver marked as damaged")
        for one in kept:
            _counted(heads[number == one], one, last)
        starts |= _begun(heads, number)
        found += int((heads[number == stream, 1] & 0x40 > 0).sum())
    if late := starts - kept:
        raise Damaged(f"holds sound or picture (stream {min(late)}) that begins midway, or that it does not announce")
    return found


def _size(data: mmap.mmap) -> tuple[int, int]:
    for size, clock in _SIZES.items():
        if all(data[at] == _SYNC for at in range(clock, min(len(data), 8 * size), size)):
            if len(data) % size:
                raise Damaged("ends in the middle of a packet (it was cut short)")
            return size, clock
    raise Damaged("is damaged: its packets have no common size")


def _rows(data: mmap.mmap, size: int) -> Iterator[Heads]:
    for at in range(0, len(data), size * _SLICE):
        yield np.frombuffer(data[at : at + size * _SLICE], np.uint8).reshape(-1, size)


def _counted(heads: Heads, stream: int, last: dict[int, int]) -> None:
    """Continuity: ISO/IEC 13818-1, 2.4.3.3. A packet may come twice; a declared break may count anew."""
    if (heads[:, 3] & 0xC0).any():
        raise Damaged("is encrypted")
    broken = (heads[:, 3] & 0x20 > 0) & (heads[:, 4] > 0) & (heads[:, 5] & 0x80 > 0)
    full = heads[:, 3] & 0x10 > 0
    counts = heads[full, 3] & 0x0F
    if not len(counts):
        return
    before = np.concatenate([[last.get(stream, (int(counts[0]) - 1) % 16)], counts[:-1]])
    step = (counts - before) % 16
    # the last half of a packet is content, whatever stands before it
    again = np.concatenate([[True], (heads[full][1:, 94:] == heads[full][:-1, 94:]).all(axis=1)])
    if (((step > 1) | (step == 0) & ~again) & ~broken[full]).any():
        raise Damaged("has lost packets (its counters jump)")
    last[stream] = int(counts[-1])


def _begun(heads: Heads, number: NDArray[np.int32]) -> set[int]:
    """Streams of sound or picture of which a packet begins here."""
    begins = heads[:, 1] & 0x40 > 0
    found = set()
    for stream in np.unique(number[begins]).tolist():
        head = heads[begins & (number == stream)][0]
        start = 4 + (1 + int(head[4]) if head[3] & 0x20 else 0)
        code = bytes(head[start : start + 4])
        if code[:3] == b"\0\0\1" and code[3] in _SOUND_OR_PICTURE:
            found.add(int(stream))
    return found
