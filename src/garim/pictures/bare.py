"""THE SAME PICTURE AND NOTHING BESIDE IT: its bytes without whatever was written about it.

    JPEG, PNG  -> what is coded, to the byte; orientation and colours written anew; nothing else
    other kinds -> a PNG of their samples

Laws: it shows the same samples, which is proven by decoding both; no name, place, time, thumbnail or second picture
stays; what hangs on behind the end is refused; what is bare stays as it is, to the byte. What somebody hid in the coded
samples themselves is not found.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image as Pillow

from garim.pictures import plain
from garim.pictures.icc import nameless
from garim.pictures.limits import reading, unreadable, unsupported
from garim.pictures.plain import turned
from garim.pictures.png import MAGIC, chunk, chunks, write_deep
from garim.pictures.still import Still

_ORIENTATION = 0x0112
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
# of ITU-T T.81, table B.1: frames (baseline, extended, progressive; the last two by arithmetic), and their tables
_CODED = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA, 0xC4, 0xCC, 0xDB, 0xDD, _SOS}
_SAID = {*range(0xE0, 0xF0), 0xFE}
_MARK = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_PROFILE = b"ICC_PROFILE\0"
_MOST_IN_SEGMENT = 65_519  # bytes of a profile
_LENGTHS = {b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}
_AT_ONCE = 1 << 20


def bare(octets: bytes, still: Still, path: Path) -> bytes:
    """The bytes of `still`, which was read of `octets` at `path`, bare.

    Raises `Unreadable`, and `Unsupported` where the file holds more than the picture, or cannot be written bare.
    """
    if still.kind not in ("JPEG", "PNG"):
        octets, kind = _as_png(still, path), "PNG"
    else:
        kind = still.kind
    with reading(path):
        samples, turn, profile = _decoded(octets, kind)
        found = (_jpeg if kind == "JPEG" else _png)(octets, turn, profile, path)
        again, *_ = _decoded(found, kind)
    if again != samples:
        raise unsupported(path, "shows something else without what is written about it. Make a PNG of it")
    return found


def _decoded(octets: bytes, kind: str) -> tuple[tuple[object, ...], int, bytes | None]:
    """What it shows; how it is to be turned; the profile of its colours, without names."""
    with Pillow.open(io.BytesIO(octets), formats=(kind,)) as picture:
        picture.load()
        shown = turned(picture)
        clear = picture.info.get("transparency")
        profile = picture.info.get("icc_profile")
        samples = (shown.mode, shown.size, shown.tobytes(), shown.getpalette(), clear)
        turn = int(picture.getexif().get(_ORIENTATION, 1))
        return samples, turn if 1 < turn < 9 else 1, nameless(profile) if profile else None


def _as_png(still: Still, path: Path) -> bytes:
    if still.mode == "CMYK":
        raise unsupported(path, "is of four inks. Make a PNG of it")
    file = io.BytesIO()
    if still.bits == 16:
        write_deep(still, file, "")
    else:
        plain.write(replace(still, kind="PNG", options={"icc_profile": still.options.get("icc_profile")}), file, "")
    return file.getvalue()


def _refuse_more(after: bytes, path: Path) -> None:
    if after.strip(b"\0"):
        raise unsupported(path, "holds something behind the picture's end (a second one, or a film). Take that out")


# --- JPEG ---------------------------------------------------------------------------------------------------------


def _jpeg(octets: bytes, turn: int, profile: bytes | None, path: Path) -> bytes:
    jfif, adobe, coded = b"", b"", b""
    for mark, body, scan in _segments(octets, path):
        if mark == _APP0 and body.startswith(b"JFIF\0"):
            jfif = _segment(_APP0, _JFIF)
        elif mark == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:  # how the colours were mixed
            adobe = _segment(_APP14, b"Adobe" + struct.pack(">HHH", 100, 0, 0) + body[11:12])
        elif mark in _CODED:
            coded += _segment(mark, body) + scan
        elif mark not in _SAID:
            raise unsupported(path, f"has a part (FF{mark:02X}) that photos do not have. Make a PNG of it")
    exif = _segment(_APP1, b"Exif\0\0" + _turn(turn)) if turn > 1 else b""
    return b"\xff\xd8" + jfif + exif + _profiles(profile) + adobe + coded + b"\xff\xd9"


def _segments(octets: bytes, path: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """Each part up to the end: what it is, what it says, and what is coded behind it."""
    at = 2
    while found := _MARK.match(octets, at):
        mark, at = found[1][0], found.end()
        if mark == _EOI:
            _refuse_more(octets[at:], path)
            return
        (length,) = struct.unpack_from(">H", octets, at)
        body, at = octets[at + 2 : at + length], at + length
        start = at
        if mark == _SOS:
            after = _AFTER_SCAN.search(octets, at)
            if after is None:
                break
            at = after.start()
        yield mark, body, octets[start:at]
    raise unreadable(path, "it was cut short, or damaged")


def _segment(mark: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body


def _turn(turn: int) -> bytes:
    """Exif that says how to turn it, and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turn, 0, 0)


def _profiles(profile: bytes | None) -> bytes:
    pieces = [profile[at : at + _MOST_IN_SEGMENT] for at in range(0, len(profile), _MOST_IN_SEGMENT)] if profile else []
    return b"".join(
        _segment(_APP2, _PROFILE + bytes([number, len(pieces)]) + piece) for number, piece in enumerate(pieces, 1)
    )


# --- PNG ----------------------------------------------------------------------------------------------------------


def _png(octets: bytes, turn: int, profile: bytes | None, path: Path) -> bytes:
    found = chunks(octets)
    _refuse_more(octets[len(MAGIC) + sum(12 + len(body) for _, body in found) :], path)
    coded = [body for kind, body in found if kind == b"IDAT"]
    _refuse_unread(coded, path)
    by_kind = dict(found)
    colours = [chunk(kind, by_kind[kind]) for kind, size in _LENGTHS.items() if len(by_kind.get(kind, b"")) == size]
    if profile:
        colours.append(chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)))
    parts = [chunk(kind, by_kind[kind]) for kind in (b"PLTE", b"tRNS") if kind in by_kind]
    exif = [chunk(b"eXIf", _turn(turn))] if turn > 1 else []
    data = [chunk(b"IDAT", body) for body in coded]
    first = chunk(*found[0])
    return MAGIC + b"".join([first, *colours, *parts, *exif, *data, chunk(b"IEND", b"")])


def _refuse_unread(coded: list[bytes], path: Path) -> None:
    """What lies behind the samples, and no decoder looks at."""
    stream = zlib.decompressobj()
    for body in coded:
        while body and not stream.eof:
            stream.decompress(body, _AT_ONCE)
            body = stream.unconsumed_tail
        _refuse_more(stream.unused_data or (body if stream.eof else b""), path)
