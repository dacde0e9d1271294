"""Whether a Matroska or WebM file is whole, by its own sizes, counts and sums.

libav looks for the next thing that makes sense where something does not, without a word; so the elements are walked
here, down to the blocks, and none may be missing, cut, or unlike its sum.
"""

from __future__ import annotations

import mmap
import zlib
from collections import Counter
from collections.abc import Iterator

_EBML, _SEGMENT, _CLUSTER, _CRC, _VOID = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0xBF, 0xEC
_TRACKS, _TRACK, _KIND, _NUMBER, _VIDEO = 0x1654AE6B, 0xAE, 0x83, 0xD7, 1
_TOP = {
    0x114D9B74, 0x1549A966, _TRACKS, _CLUSTER, 0x1C53BB6B, 0x1043A770, 0x1254C367, 0x1941A469, _VOID, _CRC,
}  # fmt: skip
_BLOCK, _GROUP, _IN_GROUP = 0xA3, 0xA0, 0xA1
_IN_CLUSTER = {_BLOCK, _GROUP, 0xE7, 0xAB, 0xA7, 0x5854, _VOID, _CRC}
_LACED = 0x06
Element = tuple[int, int, int]  # its number, and where its content begins and ends


class Damaged(Exception):
    """A file is not whole; the message says why."""


def pictures(data: mmap.mmap) -> int | None:
    """How many pictures the one track of video has; None where blocks hold several. Raises `Damaged`."""
    blocks: Counter[int] = Counter()
    video: set[int] = set()
    laced = False
    for number, start, end in _top(data):
        if number == _TRACKS:
            video |= _of_video(data, start, end)
        if number == _CLUSTER:
            for block in _blocks(data, start, end):
                track, after = _vint(data, block, end)
                blocks[track] += 1
                laced |= bool(data[after + 2] & _LACED)
    return None if laced else sum(blocks[track] for track in video)


def _top(data: mmap.mmap) -> Iterator[Element]:
    head, start, end = _element(data, 0, len(data))
    segment, start, end = _element(data, end, len(data))
    if (head, segment) != (_EBML, _SEGMENT):
        raise Damaged("does not begin as it should")
    if end < len(data):
        raise Damaged(f"goes on for {len(data) - end} bytes after its end, which no player would show")
    while start < end:
        number, inside, after = _element(data, start, end, within=_TOP)
        yield number, inside, after
        start = after


def _element(data: mmap.mmap, at: int, limit: int, within: set[int] | None = None) -> Element:
    number, after = _vint(data, at, limit, keep=True)
    size, start = _vint(data, after, limit)
    if within and number not in within:
        raise Damaged(f"holds something unknown at byte {at}")
    if size == (1 << 7 * (start - after)) - 1:
        if number not in (_SEGMENT, _CLUSTER):
            raise Damaged(f"holds something without a size at byte {at}")
        return number, start, limit if number == _SEGMENT else _open_end(data, start, limit)
    if start + size > limit:
        raise Damaged(f"ends {start + size - limit} bytes too early (it was cut short)")
    if number in _TOP:
        _summed(data, start, start + size)
    return number, start, start + size


def _open_end(data: mmap.mmap, at: int, limit: int) -> int:
    """Where a cluster without a size ends: before the next thing that cannot be in it."""
    while at < limit and _vint(data, at, limit, keep=True)[0] in _IN_CLUSTER:
        at = _element(data, at, limit)[2]
    return at


def _summed(data: mmap.mmap, start: int, end: int) -> None:
    if end - start < 6 or data[start] != _CRC or data[start + 1] != 0x84:
        return
    if zlib.crc32(memoryview(data)[start + 6 : end]) != int.from_bytes(data[start + 2 : start + 6], "little"):
        raise Damaged(f"is not what its own sum says between bytes {start} and {end}")


def _blocks(data: mmap.mmap, start: int, end: int) -> Iterator[int]:
    """Where the content of each block begins."""
    while start < end:
        number, inside, after = _element(data, start, end, within=_IN_CLUSTER)
        if number == _BLOCK:
            yield inside
        while number == _GROUP and inside < after:
            part, content, inside = _element(data, inside, after)
            if part == _IN_GROUP:
                yield content
        start = after


def _of_video(data: mmap.mmap, start: int, end: int) -> set[int]:
    found = set()
    while start < end:
        entry, inside, start = _element(data, start, end)
        facts = {}
        while entry == _TRACK and inside < start:
            part, content, inside = _element(data, inside, start)
            facts[part] = int.from_bytes(data[content : min(inside, content + 8)], "big")
        if facts.get(_KIND) == _VIDEO:
            found.add(facts.get(_NUMBER, 0))
    return found


def _vint(data: mmap.mmap, at: int, limit: int, *, keep: bool = False) -> tuple[int, int]:
    """A number of variable length at `at`, with its length's bits where they are to be kept, and what comes after."""
    if at >= limit:
        raise Damaged("ends in the middle of something (it was cut short)")
    length = 9 - data[at].bit_length()
    if length > (4 if keep else 8):
        raise Damaged(f"is damaged at byte {at}")
    if at + length > limit:
        raise Damaged("ends in the middle of something (it was cut short)")
    value = int.from_bytes(data[at : at + length], "big")
    return (value if keep else value & (1 << 7 * length) - 1), at + length
