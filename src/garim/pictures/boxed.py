"""What AVIF and HEIC say of a picture in their boxes (ISO/IEC 23008-12), where Pillow does not tell."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from garim.pictures.limits import reading, unsupported

_CHROMA = {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4"}
# of ITU-T H.273: what looks as sRGB does, or says nothing
_PRIMARIES = {1, 2, 5, 6}
_TRANSFER = {1, 2, 6, 13}


@dataclass(frozen=True, slots=True)
class Coded:
    """How a picture's samples are kept."""

    bits: int
    subsampling: str


def coded(content: bytes, path: Path) -> Coded:
    """How the pictures in `content` are coded. Raises `Unsupported` where writing them again would lose some of it.

    Raises `Unreadable` where the file is cut short.
    """
    with reading(path):
        properties = list(_properties(content))
    found = [_of_av1(body) if kind == b"av1C" else _of_hevc(body) for kind, body in properties if kind in _CODECS]
    if not found:
        raise unsupported(path, "its picture is neither AV1 nor HEVC")
    bits = max(one.bits for one in found)
    if bits > 8:
        raise unsupported(path, f"has {bits} bits a sample, of which 8 would be left. Make a PNG of 16 bits of it")
    profiled = any(kind == b"colr" and body[:4] in (b"prof", b"rICC") for kind, body in properties)
    for kind, body in properties:
        if kind == b"colr" and body[:4] == b"nclx" and not profiled:
            primaries, transfer = struct.unpack(">HH", body[4:8])
            if primaries not in _PRIMARIES or transfer not in _TRANSFER:
                raise unsupported(path, f"has colours (H.273: {primaries}, {transfer}) that its output could not say")
    return found[0]


_CODECS = (b"av1C", b"hvcC")


def _of_av1(body: bytes) -> Coded:
    flags = body[2]
    bits = 12 if flags & 0x20 else 10 if flags & 0x40 else 8
    return Coded(bits, "4:0:0" if flags & 0x10 else _CHROMA[flags >> 3 & 1, flags >> 2 & 1])


def _of_hevc(body: bytes) -> Coded:
    bits = max(body[17] & 7, body[18] & 7) + 8
    return Coded(bits, ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[body[16] & 3])


def _properties(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for kind, body in _boxes(content):
        if kind == b"meta":
            for inner, parts in _boxes(body[4:]):
                if inner == b"iprp":
                    for part, found in _boxes(parts):
                        if part == b"ipco":
                            yield from _boxes(found)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", content[at + 8 : at + 16])
            head = 16
        elif size == 0:
            size = len(content) - at
        if size < head or at + size > len(content):
            raise ValueError("it was cut short, or damaged")
        yield kind, content[at + head : at + size]
        at += size
