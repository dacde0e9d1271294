"""GIF: blocks in, blocks out. Only the LZW inside is Pillow's.

What is written has full pictures, each with a palette of its own, so that no pixel of an earlier picture can show
through. A picture of more than 256 colours (parts of earlier ones may show in it) keeps its 255 best.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from garim.pictures.animation import Animation, Then, composed
from garim.pictures.limits import content, reading, refuse_large, unreadable
from garim.pictures.still import Still

U8 = NDArray[np.uint8]
_THEN = {2: Then.CLEARED, 3: Then.RESTORED}
_TICK = Fraction(1, 100)
MOST = 256  # colours, none among them
_NONE = 1 << 24
_ENDLESS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(frozen=True, slots=True)
class _Part:
    """One picture of the file: where it lies, for how long, its palette u8[n,3] and its coded indices."""

    place: tuple[int, int]
    size: tuple[int, int]
    ticks: int
    then: Then
    clear: int | None
    palette: bytes
    interlaced: bool
    coded: bytes

    over = True

    def samples(self) -> U8:
        """u8[h,w,4]."""
        flags = 0x87
        screen = struct.pack("<HHBBB", *self.size, flags, 0, 0)
        table = self.palette.ljust(768, b"\0")
        place = struct.pack("<HHHHB", 0, 0, *self.size, 0x40 * self.interlaced)
        alone = b"GIF89a" + screen + table + b"," + place + self.coded + b";"
        with Pillow.open(io.BytesIO(alone), formats=("GIF",)) as picture:
            indices = np.asarray(picture)
        colours = np.concatenate([np.frombuffer(table, np.uint8).reshape(256, 3), np.full((256, 1), 255, np.uint8)], 1)
        if self.clear is not None:
            colours[self.clear] = 0
        return np.asarray(colours[indices])


@dataclass(frozen=True, slots=True)
class _Parsed:
    size: tuple[int, int]
    parts: tuple[_Part, ...]
    loop: int | None
    left_out: tuple[str, ...]


class _Bytes:
    """A file read from its start; what is not there is an error."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise EOFError("it was cut short")
        self._at += count
        return piece

    def blocks(self) -> bytes:
        """Sub-blocks up to the empty one that ends them, as they stand."""
        start = self._at
        while size := self.take(1)[0]:
            self.take(size)
        return self._data[start : self._at]


def _parsed(data: bytes, path: Path) -> _Parsed:
    """The file's blocks. Raises `EOFError`, `ValueError` where they do not go on to the end mark."""
    file = _Bytes(data)
    file.take(6)
    width, height, flags, _, _ = struct.unpack("<HHBBB", file.take(7))
    common = _table(file, flags)
    control = bytes(4)
    parts: list[_Part] = []
    loop: int | None = None
    left_out: set[str] = set()
    while (mark := file.take(1)) != b";":
        if mark == b",":
            parts.append(_part(file, common, control))
            control = bytes(4)
        elif mark == b"!":
            label, body = file.take(1)[0], file.blocks()
            if label == 0xF9:
                control = body[1:5].ljust(4, b"\0")
            elif label == 0xFF and body[1:12] in _ENDLESS and body[12:14] == b"\x03\x01":
                loop = int.from_bytes(body[14:16], "little")
            else:
                left_out.add({0xFE: "comment", 0x01: "plain text"}.get(label, "application data"))
        else:
            raise ValueError("it is damaged between two pictures")
    if not parts:
        raise ValueError("it holds no picture")
    return _Parsed((width, height), tuple(parts), loop, tuple(sorted(left_out)))


def _table(file: _Bytes, flags: int) -> bytes:
    return file.take(3 << (flags & 7) + 1) if flags & 0x80 else b""


def _part(file: _Bytes, common: bytes, control: bytes) -> _Part:
    left, top, width, height, flags = struct.unpack("<HHHHB", file.take(9))
    palette = _table(file, flags) or common
    coded = file.take(1) + file.blocks()
    how, ticks, clear = struct.unpack("<BHB", control)
    return _Part(
        place=(left, top),
        size=(width, height),
        ticks=ticks,
        then=_THEN.get(how >> 2 & 7, Then.KEPT),
        clear=clear if how & 1 else None,
        palette=palette,
        interlaced=bool(flags & 0x40),
        coded=coded,
    )


def read(path: Path) -> Animation:
    """The GIF at `path`, of one picture or many. Raises `Unreadable`, `Unsupported`."""
    data = content(path)
    with reading(path):
        made = _parsed(data, path)
    # of parts that are not drawn on the screen the file could have any size
    refuse_large(path, made.size, len(made.parts))
    refuse_large(path, max(part.size for part in made.parts), 1)
    if any(not part.palette for part in made.parts):
        raise unreadable(path, "a picture without a palette")
    clear = any(part.clear is not None or part.then is Then.CLEARED for part in made.parts)
    first = made.parts[0]
    part_of_it = first.place != (0, 0) or first.size[0] < made.size[0] or first.size[1] < made.size[1]
    durations = tuple(part.ticks * _TICK for part in made.parts)
    return Animation(path, "GIF", made.size, durations, made.loop, clear or part_of_it, {}, made.left_out)


def frames(animation: Animation) -> Iterator[Still]:
    """Each picture as it is shown. Raises `Unreadable`."""
    with reading(animation.path):
        made = _parsed(content(animation.path), animation.path)
    pictures = composed(made.size, ((part, part.samples()) for part in made.parts))
    for _ in made.parts:
        with reading(animation.path):
            samples = next(pictures)
        yield animation.picture(samples if animation.alpha else samples[:, :, :3])


def write(animation: Animation, pictures: Iterator[Still], file: IO[bytes], remark: str) -> None:
    """Write `pictures` to `file`, with the times of `animation`."""
    file.write(b"GIF89a" + struct.pack("<HHBBB", *animation.size, 0x70, 0, 0))
    if animation.loop is not None:
        file.write(b"!\xff\x0b" + _ENDLESS[0] + b"\x03\x01" + animation.loop.to_bytes(2, "little") + b"\0")
    if remark:
        said = remark.encode()[:255]
        file.write(b"!\xfe" + bytes([len(said)]) + said + b"\0")
    for picture, seconds in zip(pictures, animation.durations, strict=True):
        indices, palette, clear = indexed(picture.samples)
        # cleared before the next one, or what is transparent in that would show it
        how = (2 << 2 if animation.alpha else 1 << 2) | (clear is not None)
        file.write(b"!\xf9\x04" + struct.pack("<BHB", how, round(seconds / _TICK), clear or 0) + b"\0")
        bits = max(1, (len(palette) - 1).bit_length())
        file.write(b"," + struct.pack("<HHHHB", 0, 0, *animation.size, 0x80 | bits - 1))
        file.write(palette.tobytes().ljust(3 << bits, b"\0"))
        file.write(b"\x08" + Pillow.fromarray(indices).tobytes("gif", "L", 8, 0) + b"\0")
    file.write(b";")


def indexed(samples: U8) -> tuple[U8, U8, int | None]:
    """`samples` u8[h,w,3 or 4] as indices u8[h,w] into a palette u8[n,3], and which of them is transparent.

    Exact where there are at most 256 colours; black stays black all the same.
    """
    colours = _colours(samples)
    seen, indices = np.unique(colours, return_inverse=True)
    if len(seen) > MOST:
        seen, indices = _fewer(samples, colours == _NONE)
    palette = np.stack([seen >> 16 & 255, seen >> 8 & 255, seen & 255], axis=1).astype(np.uint8)
    last = len(seen) - 1 if seen[-1] == _NONE else None
    return indices.reshape(colours.shape).astype(np.uint8), palette, last


def loses(samples: U8) -> bool:
    """Whether `samples` u8[h,w,3 or 4] have more colours than a palette holds."""
    return len(np.unique(_colours(samples))) > MOST


def _colours(samples: U8) -> NDArray[np.uint32]:
    """A number a colour, the highest for what is transparent: u32[h,w]."""
    rgb = samples[:, :, :3].astype(np.uint32)
    colours = rgb[:, :, 0] << 16 | rgb[:, :, 1] << 8 | rgb[:, :, 2]
    if samples.shape[2] == 4:
        colours[samples[:, :, 3] == 0] = _NONE
    return np.asarray(colours, np.uint32)


def _fewer(samples: U8, clear: NDArray[np.bool_]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """254 colours for most, one for black, one for none."""
    black = ~clear & (samples[:, :, :3].max(axis=2) == 0)
    other = samples[:, :, :3][~clear & ~black]
    reduced = Pillow.fromarray(other[None]).quantize(254, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
    table = np.array(reduced.getpalette(), np.uint32).reshape(-1, 3)
    chosen = np.asarray(reduced)[0]
    colours = np.zeros(clear.shape, np.uint32)
    colours[~clear & ~black] = (table[:, 0] << 16 | table[:, 1] << 8 | table[:, 2])[chosen]
    colours[clear] = _NONE
    seen, indices = np.unique(colours, return_inverse=True)
    return seen, indices
