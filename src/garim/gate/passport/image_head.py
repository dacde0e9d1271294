"""What a coded portrait is, by its own first bytes: its kind and size, known before any decoder sees it.

Laws: the bytes say what they are, whatever the record around them claims; only what passports may hold is taken: JPEG
(ISO/IEC 10918-1, Huffman, 8 bits, grey or YCbCr) and JPEG 2000 (ISO/IEC 15444-1, as a file or a raw codestream); what
would decode to more than `MOST_PX` is refused by its head, however few bytes it takes.
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from garim.gate.passport.outcomes import Reason, Refused

Kind = Literal["JPEG", "JPEG 2000"]

MOST_BYTES = 2 << 20
MOST_PX = 8 << 20  # 40 times a portrait of 413 x 531, which is what most passports hold
MOST_SIDE = 8192
_MOST_TILES = 4096  # each costs a decoder some kB before its first sample
_MOST_SEGMENTS = 512  # before a JPEG's picture: an Exif and an ICC profile take some twenty

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_CODESTREAM = b"\xff\x4f\xff\x51"  # SOC, SIZ
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}  # lossless, hierarchical, arithmetic
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: TEM, RST


class Head(NamedTuple):
    """A picture's kind, and its size in px."""

    kind: Kind
    width: int
    height: int


def head(coded: bytes) -> Head:
    """What `coded` is. Raises `Refused`: IMAGE_FORMAT, IMAGE_DAMAGED, IMAGE_TOO_LARGE."""
    if len(coded) > MOST_BYTES:
        raise _refused(Reason.IMAGE_TOO_LARGE, f"takes {len(coded) >> 10} KiB, {MOST_BYTES >> 10} KiB are the most")
    try:
        found = _found(coded)
    except (struct.error, IndexError):
        raise _refused(Reason.IMAGE_DAMAGED, "ends inside its head") from None
    _, width, height = found
    if not width or not height:
        raise _refused(Reason.IMAGE_DAMAGED, "has no size")
    if width > MOST_SIDE or height > MOST_SIDE or width * height > MOST_PX:
        raise _refused(Reason.IMAGE_TOO_LARGE, f"would be {width} x {height} px, {MOST_PX >> 20} million are the most")
    return found


def _found(coded: bytes) -> Head:
    if coded.startswith(b"\xff\xd8\xff"):
        return Head("JPEG", *_jpeg(coded))
    if coded.startswith(_SIGNATURE):
        return Head("JPEG 2000", *_boxed(coded))
    if coded.startswith(_CODESTREAM):
        return Head("JPEG 2000", *_siz(coded, 0))
    raise _refused(Reason.IMAGE_FORMAT, "is neither JPEG nor JPEG 2000")


def _jpeg(coded: bytes) -> tuple[int, int]:
    """By the frame header (SOF), which stands before the first scan."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if coded[at] != 0xFF:
            raise _refused(Reason.IMAGE_DAMAGED, "has bytes between its segments")
        while coded[at] == 0xFF:  # any number of them may fill
            at += 1
        marker = coded[at]
        at += 1
        if marker in _FRAMES:
            return _frame(coded, at)
        if marker in _OTHER_FRAMES:
            raise _refused(Reason.IMAGE_FORMAT, "is a JPEG that is not coded as passports' are")
        if marker in (0x00, 0xD8, 0xD9, 0xDA):
            break
        if marker not in _ALONE:
            (length,) = struct.unpack_from(">H", coded, at)
            at += length
            if length < 2:
                break
    raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG that does not say its size")


def _frame(coded: bytes, at: int) -> tuple[int, int]:
    length, bits, height, width, components = struct.unpack_from(">HBHHB", coded, at)
    if length != 8 + 3 * components:
        raise _refused(Reason.IMAGE_DAMAGED, "has a frame header of a wrong length")
    if bits != 8 or components not in (1, 3):
        raise _refused(Reason.IMAGE_FORMAT, f"is a JPEG of {components} components of {bits} bits")
    return width, height


def _boxed(coded: bytes) -> tuple[int, int]:
    """By the codestream of a JP2 file, with which its image header box has to agree."""
    said: tuple[int, int] | None = None
    at = len(_SIGNATURE)
    while at < len(coded):
        kind, start, end = _box(coded, at)
        if kind == b"jp2h":
            inner, first, _ = _box(coded, start)  # the image header comes first in there: ISO/IEC 15444-1, I.5.3
            if inner != b"ihdr":
                raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 without an image header")
            height, width = struct.unpack_from(">II", coded, first)
            said = width, height
        if kind == b"jp2c":
            size = _siz(coded, start)
            if said != size:
                raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 whose two heads differ")
            return size
        at = end
    raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 without a codestream")


def _box(coded: bytes, at: int) -> tuple[bytes, int, int]:
    """The box at `at`: its kind, where its content starts, and where it ends."""
    length, kind = struct.unpack_from(">I4s", coded, at)
    start = at + 8
    if length == 1:
        (length,) = struct.unpack_from(">Q", coded, start)
        start += 8
    end = at + length if length else len(coded)  # 0: up to the end of the file
    if end < start or end > len(coded):
        raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 with a box of a wrong length")
    return kind, start, end


def _siz(coded: bytes, at: int) -> tuple[int, int]:
    """By the SIZ segment that a codestream opens with (ISO/IEC 15444-1, A.5.1)."""
    if coded[at : at + 4] != _CODESTREAM:
        raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 whose codestream does not open as one")
    length, _, right, lower, left, upper, wide, high, x, y, components = struct.unpack_from(">HH8IH", coded, at + 4)
    if not 1 <= components <= 4:
        raise _refused(Reason.IMAGE_FORMAT, f"is a JPEG 2000 of {components} components")
    if length != 38 + 3 * components or not (x <= left < x + wide and y <= upper < y + high):
        raise _refused(Reason.IMAGE_DAMAGED, "is a JPEG 2000 with a wrong SIZ segment")
    if right <= left or lower <= upper:
        raise _refused(Reason.IMAGE_DAMAGED, "has no size")
    if max(right, lower) > MOST_SIDE:
        raise _refused(Reason.IMAGE_TOO_LARGE, f"would be {right} x {lower} px, {MOST_SIDE} are the most on a side")
    if -(-(right - x) // wide) * -(-(lower - y) // high) > _MOST_TILES:
        raise _refused(Reason.IMAGE_TOO_LARGE, f"is a JPEG 2000 of more than {_MOST_TILES} tiles")
    for number in range(components):
        depth, *steps = struct.unpack_from("3B", coded, at + 42 + 3 * number)
        if depth & 0x7F > 15 or not set(steps) <= {1, 2}:
            raise _refused(Reason.IMAGE_FORMAT, "is a JPEG 2000 with samples as no passport has them")
    return right - left, lower - upper


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"the portrait {what}; no decoder saw it. Read the chip again, or have a person look at it")
