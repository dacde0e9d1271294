"""WebP's container: chunks in, chunks out. What the codec makes of them is Pillow's."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image as Pillow

from garim.pictures.animation import Animation
from garim.pictures.limits import content, reading, refuse_large, unreadable, unsupported
from garim.pictures.remark import xmp
from garim.pictures.still import Still

_ICC, _ALPHA, _XMP, _MOVES = 0x20, 0x10, 0x04, 0x02
_PICTURES = (b"VP8 ", b"VP8L", b"ALPH")
_LONGEST_SIDE = 16383
_MS = Fraction(1, 1000)
_LONGEST = (1 << 24) - 1  # ms that 24 bits hold
QUALITY = 95  # of 100, for pictures that had lost something before


@dataclass(frozen=True, slots=True)
class Parsed:
    """A WebP's chunks: what its pictures are coded with, and for how long each is shown (of a still: nothing)."""

    moves: bool
    lossless: bool
    alpha: bool
    background: bytes
    loop: int
    durations: tuple[Fraction, ...]
    size: tuple[int, int] | None
    left_out: tuple[str, ...]


def parsed(data: bytes, path: Path) -> Parsed:
    """What the WebP in `data` is made of. Raises `Unreadable` where it was cut short."""
    with reading(path):
        chunks = list(_whole(data, path))
        frames = [body for kind, body in chunks if kind == b"ANMF"]
        coded = [kind for kind, _ in chunks] + [kind for body in frames for kind, _ in _chunks(body[16:])]
    parts = dict(chunks)
    head = parts.get(b"VP8X", b"")
    flags = head[0] if head else 0
    animation = parts.get(b"ANIM", bytes(6))
    return Parsed(
        moves=bool(flags & _MOVES),
        lossless=b"VP8 " not in coded,
        alpha=bool(flags & _ALPHA),
        background=animation[:4],
        loop=int.from_bytes(animation[4:6], "little"),
        durations=tuple(int.from_bytes(body[12:15], "little") * _MS for body in frames),
        size=_size(head) if len(head) >= 10 else None,
        left_out=tuple(sorted({kind.decode("latin-1").strip() for kind, _ in chunks if kind not in _SHOWING})),
    )


_SHOWING = {b"VP8X", b"ANIM", b"ANMF", b"ICCP", *_PICTURES}


def _size(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1


def _whole(data: bytes, path: Path) -> Iterator[tuple[bytes, bytes]]:
    size = int.from_bytes(data[4:8], "little") + 8
    if size > len(data):
        raise unreadable(path, f"it was cut short: {len(data)} of {size} bytes")
    return _chunks(data[12:size])  # what stands behind is no part of it


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        if at + 8 + size > len(data):
            raise ValueError("a chunk is longer than the file")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def read(path: Path) -> Animation:
    """The animated WebP at `path`. Raises `Unreadable`, `Unsupported`."""
    data = content(path)
    made = parsed(data, path)
    if made.size is None or not made.durations:
        raise unreadable(path, "an animation without pictures")
    refuse_large(path, made.size, len(made.durations))
    if max(made.size) > _LONGEST_SIDE:
        raise unsupported(path, f"is larger than the {_LONGEST_SIDE} px that a WebP's pictures can have")
    with reading(path), Pillow.open(io.BytesIO(data), formats=("WEBP",)) as picture:
        profile = picture.info.get("icc_profile")
        if (picture.size, getattr(picture, "n_frames", 1)) != (made.size, len(made.durations)):
            raise unreadable(path, "its pictures are not those that it lists")
    options = {"lossless": made.lossless, "background": made.background, "icc_profile": profile}
    return Animation(path, "WebP", made.size, made.durations, made.loop, made.alpha, options, made.left_out)


def frames(animation: Animation) -> Iterator[Still]:
    """Each picture as it is shown. Raises `Unreadable`."""
    mode = "RGBA" if animation.alpha else "RGB"
    with reading(animation.path):
        picture = Pillow.open(io.BytesIO(content(animation.path)), formats=("WEBP",))
    for number in range(len(animation.durations)):
        with reading(animation.path):
            picture.seek(number)
            samples = np.array(picture.convert(mode), np.uint8)
        yield animation.picture(samples)


def write(animation: Animation, pictures: Iterator[Still], file: IO[bytes], remark: str) -> None:
    """Write `pictures` to `file`, with the times of `animation`."""
    profile = animation.options["icc_profile"]
    flags = _MOVES | _ALPHA * animation.alpha | _ICC * bool(profile) | _XMP * bool(remark)
    start = file.tell()
    file.write(b"RIFF\0\0\0\0WEBP")
    file.write(_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + _less_one(animation.size)))
    if profile:
        file.write(_chunk(b"ICCP", profile))
    file.write(_chunk(b"ANIM", animation.options["background"] + (animation.loop or 0).to_bytes(2, "little")))
    for picture, seconds in zip(pictures, animation.durations, strict=True):
        shown = min(_LONGEST, round(seconds / _MS)).to_bytes(3, "little")
        # at 0, 0; the last byte: take it as it is, leave it standing
        place = bytes(6) + _less_one(animation.size) + shown + b"\x02"
        coded = _coded(picture, lossless=animation.options["lossless"])
        file.write(_chunk(b"ANMF", place + b"".join(_chunk(kind, body) for kind, body in coded)))
    if remark:
        file.write(_chunk(b"XMP ", xmp(remark)))
    end = file.tell()
    file.seek(start + 4)
    file.write(struct.pack("<I", end - start - 8))
    file.seek(end)


def _coded(picture: Still, *, lossless: bool) -> Sequence[tuple[bytes, bytes]]:
    buffer = io.BytesIO()
    quality = 80 if lossless else QUALITY
    Pillow.fromarray(picture.samples).save(buffer, "WEBP", lossless=lossless, exact=True, quality=quality, method=3)
    return [(kind, body) for kind, body in _chunks(buffer.getvalue()[12:]) if kind in _PICTURES]


def _less_one(size: tuple[int, int]) -> bytes:
    return b"".join((side - 1).to_bytes(3, "little") for side in size)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
