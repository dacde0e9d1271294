"""Tag, length, value: the shell of every file on a passport's chip (ISO/IEC 7816-4 BER-TLV, as Doc 9303-10 uses it).

Laws: an object is read whole or refused; a length is definite, of at most three bytes behind its first, and in its
shortest form unless the caller says that real chips break that here; nothing stands behind the last object, but for
zeros where a caller takes a file that was padded to its size; one level is read at a time and none calls itself, so
that how deep bytes are nested costs the caller's steps, never the stack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from garim.gate.passport.outcomes import Reason, Refused

MOST = 1024  # objects side by side; the largest real list, a face's landmarks in ISO/IEC 39794-5, has some hundreds
_LONGEST_TAG = 3  # bytes
_LONGEST_LENGTH = 3  # bytes behind 0x83: 16 MiB, which is more than a chip holds
_LONG_TAG = 0x1F  # the low five bits of a tag's first byte when more bytes follow
_MORE = 0x80


@dataclass(frozen=True, slots=True)
class Tlv:
    """One object: `tag` as the number that its bytes make (0x5F1F), and the bytes of its value, which no repr shows.

    `shortest`: whether its length was written in its shortest form.
    """

    tag: int
    value: bytes
    shortest: bool = field(default=True, compare=False)

    def __repr__(self) -> str:
        return f"Tlv({self.tag:02X}, {len(self.value)} bytes)"


class _Head(NamedTuple):
    tag: int
    start: int  # of the value
    end: int
    shortest: bool


def one(data: bytes, *, tag: int | None = None, lenient_length: bool = False, padded: bool = False) -> Tlv:
    """The one object that `data` is, of tag `tag` where that is given.

    Raises `Refused`, also for bytes behind it; where it may be `padded`, zeros are none.
    """
    head = _head(data, 0, lenient_length=lenient_length)
    if tag is not None and head.tag != tag:
        raise _refused(Reason.UNEXPECTED_TAG, f"an object has the tag {head.tag:02X} where {tag:02X} belongs")
    if head.end != len(data) and (not padded or any(data[head.end :])):
        raise _refused(Reason.TRAILING_BYTES, f"{len(data) - head.end} bytes stand behind the object {head.tag:02X}")
    return Tlv(head.tag, data[head.start : head.end], head.shortest)


def unpadded(data: bytes) -> bytes:
    """The object that `data` opens with, where nothing but zeros stands behind it; else `data`, whatever it is."""
    try:
        end = _head(data, 0, lenient_length=True).end
    except Refused:
        return data
    return data if any(data[end:]) else data[:end]


def every(data: bytes, *, lenient_length: bool = False) -> list[Tlv]:
    """The objects that `data` is, side by side, in their order; at most `MOST`. Raises `Refused`."""
    found: list[Tlv] = []
    at = 0
    while at < len(data):
        if len(found) == MOST:
            raise _refused(Reason.TOO_LARGE, f"more than {MOST} objects stand side by side")
        head = _head(data, at, lenient_length=lenient_length)
        found.append(Tlv(head.tag, data[head.start : head.end], head.shortest))
        at = head.end
    return found


def inside(outer: Tlv, *tags: int, lenient_length: bool = False) -> Tlv:
    """The object reached from `outer` by stepping into `tags`, each there exactly once. Raises `Refused`."""
    here = outer
    for tag in tags:
        step = only(every(here.value, lenient_length=lenient_length), tag)
        if step is None:
            raise _refused(Reason.UNEXPECTED_TAG, f"the object {here.tag:02X} has no {tag:02X} in it")
        here = step
    return here


def only(objects: list[Tlv], tag: int) -> Tlv | None:
    """The object of tag `tag` among `objects`, None where there is none. Raises `Refused` where there are two."""
    found = [each for each in objects if each.tag == tag]
    if len(found) > 1:
        raise _refused(Reason.DUPLICATE_ENTRY, f"the object {tag:02X} stands {len(found)} times where one belongs")
    return found[0] if found else None


def outer_tag(data: bytes) -> int:
    """The tag that `data` opens with, whatever stands behind it. Raises `Refused`."""
    return _tag(data, 0)[0]


def _head(data: bytes, at: int, *, lenient_length: bool) -> _Head:
    tag, at = _tag(data, at)
    length, start, shortest = _length(data, at)
    if not shortest and not lenient_length:
        raise _refused(Reason.LENGTH_NOT_SHORTEST, f"the length of the object {tag:02X} is not in its shortest form")
    if start + length > len(data):
        missing = start + length - len(data)
        raise _refused(Reason.TRUNCATED, f"the object {tag:02X} ends {missing} bytes short of its length")
    return _Head(tag, start, start + length, shortest)


def _tag(data: bytes, at: int) -> tuple[int, int]:
    """The tag at `at`, and where it ends.

    A second byte below 1F, which ISO/IEC 8825-1 would write in one byte, is taken: LDS has 5F01, 5F08, 5F0E.
    """
    first = _byte(data, at)
    if first in (0x00, 0xFF):  # ISO/IEC 7816-4, 5.2.2.1: padding, not tags
        raise _refused(Reason.UNEXPECTED_TAG, f"padding ({first:02X}) stands where an object belongs")
    if first & _LONG_TAG != _LONG_TAG:
        return first, at + 1
    tag = first
    for behind in range(at + 1, at + _LONGEST_TAG):
        byte = _byte(data, behind)
        if behind == at + 1 and byte & ~_MORE == 0:
            break  # a number that opens with seven zero bits is not a tag
        tag = tag << 8 | byte
        if not byte & _MORE:
            return tag, behind + 1
    raise _refused(Reason.UNEXPECTED_TAG, f"the tag that opens with {first:02X} is none that ISO/IEC 7816-4 has")


def _length(data: bytes, at: int) -> tuple[int, int, bool]:
    """The length at `at`, where it ends, and whether it is in its shortest form."""
    first = _byte(data, at)
    if first < _MORE:
        return first, at + 1, True
    count = first & ~_MORE
    if count == 0:
        raise _refused(Reason.INDEFINITE_LENGTH, "an object does not say how long it is")
    if count > _LONGEST_LENGTH:
        raise _refused(Reason.LENGTH_TOO_LONG, f"a length has {count} bytes where {_LONGEST_LENGTH} are the most")
    end = at + 1 + count
    if end > len(data):
        raise _refused(Reason.TRUNCATED, "the bytes end inside a length")
    length = int.from_bytes(data[at + 1 : end])
    shortest = 1 if length < _MORE else 1 + (length.bit_length() + 7) // 8
    return length, end, shortest == 1 + count


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise _refused(Reason.TRUNCATED, "the bytes end where an object belongs")
    return data[at]


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"{what}; nothing of it was taken. Read the chip again")
