"""PNG's chunks, where Pillow would lose something: samples of 16 bits, and animations with exact times.

After PNG's third edition (W3C, 2025).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from garim.pictures.animation import Animation, Then, composed
from garim.pictures.limits import content, reading, refuse_large, unreadable, unsupported
from garim.pictures.plain import unfolded
from garim.pictures.still import Still

U8 = NDArray[np.uint8]
MAGIC = b"\x89PNG\r\n\x1a\n"
_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}
_COLOUR = {mode: colour for colour, mode in _MODES.items()}
# mode -> what Pillow takes the bytes of 16 bits a sample for: upper and lower ones apart, or beside each other
_HALVES = {"RGB": ("RGB;16B", "RGB;16L"), "RGBA": ("RGBA;16B", "RGBA;16L")}
_PAIRS = {"L": "LA", "LA": "RGBA"}


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Each chunk up to the end mark. Raises `ValueError` where one is damaged or they end before it."""
    found: list[tuple[bytes, bytes]] = []
    at = len(MAGIC)
    while not found or found[-1][0] != b"IEND":
        head = data[at : at + 8]
        if len(head) < 8:
            raise ValueError("it was cut short")
        size, kind = struct.unpack(">I4s", head)
        body, check = data[at + 8 : at + 8 + size], data[at + 8 + size : at + 12 + size]
        if check != struct.pack(">I", zlib.crc32(kind + body)):
            raise ValueError("a chunk is damaged or cut short")
        found.append((kind, body))
        at += 12 + size
    return found


def chunk(kind: bytes, body: bytes) -> bytes:
    """`body` with its length and sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@dataclass(frozen=True, slots=True)
class Header:
    """What a PNG begins with."""

    size: tuple[int, int]
    depth: int
    colour: int
    interlaced: bool


def header(path: Path) -> tuple[Header, bool]:
    """What the PNG at `path` begins with, and whether it is an animation. Raises `Unreadable`."""
    with reading(path), path.open("rb") as file:
        file.seek(len(MAGIC))
        kinds: list[bytes] = []
        first = b""
        while not kinds or kinds[-1] not in (b"IDAT", b"IEND"):
            head = file.read(8)
            if len(head) < 8:
                raise unreadable(path, "it was cut short")
            size, kind = struct.unpack(">I4s", head)
            if not kinds:
                first = file.read(min(size, 13))
                size -= len(first)
            file.seek(size + 4, 1)
            kinds.append(kind)
        if kinds[0] != b"IHDR" or len(first) < 13:
            raise unreadable(path, "it does not begin with its header")
    return _header(first), b"acTL" in kinds


def _header(body: bytes) -> Header:
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
    return Header((width, height), depth, colour, bool(interlaced))


# --- stills of 16 bits --------------------------------------------------------------------------------------------


def read_deep(path: Path) -> Still:
    """A still of 16 bits a sample, all of them. Raises `Unreadable`, `Unsupported`."""
    with reading(path):
        with Pillow.open(path, formats=("PNG",)) as picture:
            profile = picture.info.get("icc_profile")
            orientation = picture.getexif().get(0x0112, 1)
            left_out = tuple(sorted(str(key) for key in picture.info if key not in _SHOWING))
        parts = chunks(content(path))
        head = _header(parts[0][1])
        mode = _MODES[head.colour]
        samples = _samples(b"".join(body for kind, body in parts if kind == b"IDAT"), head, mode)
    if orientation != 1:
        raise unsupported(path, "is a PNG of 16 bits that is to be turned. Turn it with: convert IN -auto-orient OUT")
    clear = dict(parts).get(b"tRNS")
    if clear and mode in ("L", "RGB"):
        there = (samples != np.frombuffer(clear, ">u2")[: len(mode)]).any(axis=2, keepdims=True)
        samples = np.concatenate([samples, there.astype(np.uint16) * 65535], axis=2)
        mode += "A"
    return Still(samples, mode, "PNG", {"icc_profile": profile}, left_out)


_SHOWING = {"chromaticity", "dpi", "gamma", "icc_profile", "interlace", "srgb", "transparency"}


def _samples(coded: bytes, head: Header, mode: str) -> NDArray[np.uint16]:
    """u16[h,w,c]. Pillow undoes lines and filters; it is asked for bytes, of which it would drop half."""

    def taken(seen: str, raw: str) -> NDArray[np.uint16]:
        picture = Pillow.frombytes(seen, head.size, coded, "zip", (raw, int(head.interlaced)))
        return np.asarray(picture, np.uint16).reshape(*head.size[::-1], -1)

    if mode in _PAIRS:
        pairs = taken(_PAIRS[mode], _PAIRS[mode])
        return np.asarray(pairs[:, :, ::2] << 8 | pairs[:, :, 1::2], np.uint16)
    upper, lower = (taken(mode, raw) for raw in _HALVES[mode])
    return np.asarray(upper << 8 | lower, np.uint16)


def write_deep(still: Still, file: IO[bytes], remark: str) -> None:
    """Write a still of 16 bits a sample to `file`."""
    width, height = still.size
    file.write(MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _COLOUR[still.mode], 0, 0, 0)))
    file.write(_profile(still.options.get("icc_profile")) + _comment(remark))
    packed = zlib.compressobj(6)
    for line in _filtered(still.samples):
        if coded := packed.compress(line):
            file.write(chunk(b"IDAT", coded))
    file.write(chunk(b"IDAT", packed.flush()) + chunk(b"IEND", b""))


def _filtered(samples: NDArray[Any]) -> Iterator[bytes]:
    """Each line with filter 4, Paeth's: each byte less the nearest of its left, upper, and upper left neighbour."""
    _, width, channels = samples.shape
    step = 2 * channels
    above = np.zeros(step + width * step, np.int16)
    for row in samples:
        line = np.zeros_like(above)
        line[step:] = row.astype(">u2").reshape(-1).view(np.uint8)
        a, b, c = line[:-step], above[step:], above[:-step]
        far_a, far_b, far_c = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
        near = np.where((far_a <= far_b) & (far_a <= far_c), a, np.where(far_b <= far_c, b, c))
        yield b"\x04" + ((line[step:] - near) & 255).astype(np.uint8).tobytes()
        above = line


def _profile(profile: bytes | None) -> bytes:
    return chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)) if profile else b""


def _comment(remark: str) -> bytes:
    return chunk(b"tEXt", b"Comment\0" + remark.encode("latin-1")) if remark else b""


# --- animations ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """One picture of the file; `head` are the chunks that its own PNG begins with."""

    size: tuple[int, int]
    place: tuple[int, int]
    seconds: Fraction
    then: Then
    over: bool
    head: bytes
    coded: bytes

    def samples(self) -> U8:
        """u8[h,w,4]."""
        alone = MAGIC + self.head + chunk(b"IDAT", self.coded) + chunk(b"IEND", b"")
        with Pillow.open(io.BytesIO(alone), formats=("PNG",)) as picture:
            return np.array(unfolded(picture).convert("RGBA"), np.uint8)


def _parts(found: list[tuple[bytes, bytes]], path: Path) -> list[_Part]:
    """The pictures of an animation; one that is no part of it is not among them."""
    start = found[0][1]
    shared = b"".join(chunk(kind, body) for kind, body in found if kind in (b"PLTE", b"tRNS"))
    controls: list[bytes] = []
    coded: list[list[bytes]] = []
    number = 0
    for kind, body in found:
        if kind in (b"fcTL", b"fdAT"):
            if int.from_bytes(body[:4], "big") != number:
                raise unreadable(path, "its pictures are out of order")
            number += 1
        if kind == b"fcTL":
            controls.append(body)
            coded.append([])
        elif kind == b"fdAT" or (kind == b"IDAT" and controls):
            coded[-1].append(body[4:] if kind == b"fdAT" else body)
    (count,) = struct.unpack(">I", dict(found)[b"acTL"][:4])
    if count != len(controls) or not all(coded) or not controls:
        raise unreadable(path, f"it has {len(controls)} of {count} pictures")
    return [_part(body, b"".join(lines), start, shared) for body, lines in zip(controls, coded, strict=True)]


def _part(control: bytes, coded: bytes, start: bytes, shared: bytes) -> _Part:
    width, height, left, top, shown, of, then, over = struct.unpack(">IIIIHHBB", control[4:26])
    head = chunk(b"IHDR", struct.pack(">II", width, height) + start[8:]) + shared
    return _Part((width, height), (left, top), Fraction(shown, of or 100), Then(then), bool(over), head, coded)


def read(path: Path) -> Animation:
    """The animated PNG at `path`. Raises `Unreadable`, `Unsupported`."""
    with reading(path):
        found = chunks(content(path))
        head = _header(found[0][1])
        parts = _parts(found, path)
        loop = int.from_bytes(dict(found)[b"acTL"][4:8], "big")
    refuse_large(path, head.size, len(parts))
    if head.depth == 16:
        raise unsupported(path, "is an animation of 16 bits a sample, of which 8 would be left")
    if any(p.size[0] + p.place[0] > head.size[0] or p.size[1] + p.place[1] > head.size[1] for p in parts):
        raise unreadable(path, "one of its pictures lies outside")
    with reading(path), Pillow.open(path, formats=("PNG",)) as picture:
        profile = picture.info.get("icc_profile")
    kinds = [kind for kind, _ in found]
    clear = head.colour >= 4 or b"tRNS" in kinds or any(part.then is Then.CLEARED for part in parts)
    left_out = {kind.decode("latin-1") for kind in kinds if kind not in _OF_ANIMATION}
    if kinds.index(b"fcTL") > kinds.index(b"IDAT"):
        left_out.add("a picture that is no part of the animation")
    durations = tuple(part.seconds for part in parts)
    alpha = clear or parts[0].size != head.size
    return Animation(path, "PNG", head.size, durations, loop, alpha, {"icc_profile": profile}, tuple(sorted(left_out)))


_OF_ANIMATION = {
    b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"IDAT", b"IEND", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"pHYs",
}  # fmt: skip


def frames(animation: Animation) -> Iterator[Still]:
    """Each picture as it is shown. Raises `Unreadable`."""
    with reading(animation.path):
        parts = _parts(chunks(content(animation.path)), animation.path)
    pictures = composed(animation.size, ((part, part.samples()) for part in parts))
    for _ in parts:
        with reading(animation.path):
            samples = next(pictures)
        yield animation.picture(samples if animation.alpha else samples[:, :, :3])


def write(animation: Animation, pictures: Iterable[Still], file: IO[bytes], remark: str) -> None:
    """Write `pictures` to `file`, with the times of `animation`."""
    colour = 6 if animation.alpha else 2
    file.write(MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", *animation.size, 8, colour, 0, 0, 0)))
    file.write(_profile(animation.options["icc_profile"]) + _comment(remark))
    file.write(chunk(b"acTL", struct.pack(">II", len(animation.durations), animation.loop or 0)))
    number = 0
    for picture, seconds in zip(pictures, animation.durations, strict=True):
        place = struct.pack(">IIIIIHHBB", number, *animation.size, 0, 0, seconds.numerator, seconds.denominator, 0, 0)
        file.write(chunk(b"fcTL", place))
        coded = _coded(picture)
        file.write(chunk(b"IDAT", coded) if number == 0 else chunk(b"fdAT", struct.pack(">I", number + 1) + coded))
        number += 1 if number == 0 else 2
    file.write(chunk(b"IEND", b""))


def _coded(picture: Still) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(picture.samples).save(buffer, "PNG")
    return b"".join(body for kind, body in chunks(buffer.getvalue()) if kind == b"IDAT")
