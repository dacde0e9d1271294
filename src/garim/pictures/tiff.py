"""TIFF: pages in, pages out, with no tag but those that show them (TIFF 6.0; extra samples, profiles).

Pillow reads; it would drop half of 16 bits, so it is asked twice. What is written is ours: strips, as they are or
deflated, in Intel's order.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import TiffImagePlugin, TiffTags

from garim.core.errors import Unsupported
from garim.pictures.limits import MOST_PAGES, reading, unreadable, unsupported
from garim.pictures.plain import unfolded
from garim.pictures.still import MODES, Still

_PHOTOMETRIC, _EXTRA, _PLANAR, _SUB, _DNG, _BITS = 262, 338, 284, 330, 50706, 258
_PREMULTIPLIED, _STRAIGHT = 1, 2
# tags that say how the samples are kept, or their colours and size on paper; 254, 255, 297: which page it is
_SHOWING = {
    254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 292, 293, 296, 297, 317, 320, 322,
    323, 324, 325, 338, 339, 347, 529, 530, 531, 532, 34675,
}  # fmt: skip
_SHORT, _LONG, _RATIONAL, _ASCII, _UNDEFINED = 3, 4, 5, 2, 7
_STRIP_BYTES = 1 << 20
_MOST_BYTES = (1 << 32) - 1  # offsets have 32 bits


def pages(path: Path) -> Iterator[Still]:
    """Each page at `path`, upright. Raises `Unreadable`, `Unsupported`."""
    with reading(path):
        count = _count(path)
    for number in range(count):
        with reading(path):
            still = _page(path, number)
        yield still


def _opened(path: Path, number: int) -> TiffImagePlugin.TiffImageFile:
    picture = TiffImagePlugin.TiffImageFile(path)
    picture.seek(number)
    return picture


def _count(path: Path) -> int:
    """How many pages there are. Each is looked at, so that none that is not taken comes after one that was written."""
    with path.open("rb") as file:
        if file.read(10)[8:] == b"CR":
            raise unsupported(path, "is a camera's raw file. Develop it first")
    try:
        picture = TiffImagePlugin.TiffImageFile(path)
    except SyntaxError as error:
        raise unsupported(path, f"is a TIFF of samples that are not taken ({error})") from None
    with picture:
        count = 0
        while True:
            try:
                picture.seek(count)
            except EOFError:
                return count
            except SyntaxError as error:
                raise unsupported(path, f"page {count + 1} has samples that are not taken ({error})") from None
            _refuse(picture, path, count + 1)
            count += 1
            if count > MOST_PAGES:
                raise unsupported(path, f"has more than {MOST_PAGES} pages")


def _refuse(picture: TiffImagePlugin.TiffImageFile, path: Path, number: int) -> None:
    tags = picture.tag_v2
    if _DNG in tags or _SUB in tags:
        raise unsupported(path, f"page {number} holds further pictures inside (a camera's raw file, or a pyramid)")
    bits = set(tags.get(_BITS, (1,)))
    if bits & {12, 32, 64} or picture.mode in ("F", "I", "LAB"):
        raise unsupported(path, f"page {number} has {max(bits)} bits a sample, in {picture.mode}")
    if 16 in bits and tags.get(_PLANAR, 1) == 2 and tags.get(277, 1) > 1:
        raise unsupported(path, f"page {number} has 16 bits a sample, and its channels apart from each other")
    if picture.width * picture.height > 2 * (Pillow.MAX_IMAGE_PIXELS or 0):
        raise unsupported(path, f"page {number} has {picture.width} x {picture.height} px")


def _raw(picture: TiffImagePlugin.TiffImageFile) -> str:
    return str(picture.tile[0].args[0]) if picture.tile else ""  # type: ignore[index]  # TIFF's are tuples


def _page(path: Path, number: int) -> Still:
    with _opened(path, number) as picture:
        if not picture.tile:
            raise unreadable(path, f"page {number + 1} holds no picture")
        tags = picture.tag_v2
        options = _options(picture)
        left_out = _left_out(tags)
        white_is_zero = tags.get(_PHOTOMETRIC) == 0
        raw = _raw(picture)
    if "16" in raw:
        mode, samples = _deep(path, number, raw)
        # of 8 bits Pillow turns it around itself
        return Still(samples if not white_is_zero else 65535 - samples, mode, "TIFF", options, left_out)
    shown = unfolded(_loaded(path, number, raw.replace("a", "A")))
    if shown.mode == "YCbCr":
        shown = shown.convert("RGB")
    if shown.mode not in MODES:
        raise unsupported(path, f"page {number + 1} has {shown.mode} samples")
    samples = np.array(shown, np.uint8)
    return Still(samples.reshape(*samples.shape[:2], -1), shown.mode, "TIFF", options, left_out)


def _deep(path: Path, number: int, raw: str) -> tuple[str, NDArray[np.uint16]]:
    """Mode and samples u16[h,w,c] of a page of 16 bits a sample, upright."""
    if raw.startswith("I;16"):
        samples = np.asarray(_loaded(path, number, raw))
        return "L", samples.astype(np.uint16)[:, :, None]
    native = "L" if sys.byteorder == "little" else "B"
    order = raw[-1].replace("N", native)
    kind = raw.partition(";")[0].replace("a", "A")
    upper, lower = (_loaded(path, number, f"{kind};16{each}") for each in (order, "LB".replace(order, "")))
    samples = np.asarray(upper, np.uint16) << 8 | np.asarray(lower, np.uint16)
    return upper.mode, np.asarray(samples, np.uint16)


def _loaded(path: Path, number: int, raw: str) -> Pillow.Image:
    """The page with its samples taken by `raw`; alpha that is multiplied in stays so."""
    with _opened(path, number) as picture:
        picture.tile = [tile._replace(args=(raw, *tile.args[1:])) for tile in picture.tile]  # type: ignore[index]
        if picture.mode in ("La", "RGBa"):
            raise Unsupported(f"{path}: page {number + 1} has {picture.mode} samples; nothing was written")
        picture.load()
        return picture.copy()


def _options(picture: TiffImagePlugin.TiffImageFile) -> dict[str, Any]:
    tags = picture.tag_v2
    extra = tags.get(_EXTRA, ())
    return {
        "icc_profile": picture.info.get("icc_profile"),
        "packed": picture.info.get("compression") != "raw",
        "extra": _PREMULTIPLIED if _PREMULTIPLIED in extra else _STRAIGHT,
        "resolution": tuple(float(tags.get(tag, 0)) for tag in (282, 283)),
        "unit": int(tags.get(296, 2)),
    }


def _left_out(tags: TiffImagePlugin.ImageFileDirectory_v2) -> tuple[str, ...]:
    return tuple(sorted(TiffTags.lookup(tag).name for tag in tags if tag not in _SHOWING))


# --- written --------------------------------------------------------------------------------------------------


def write(stills: Iterable[Still], file: IO[bytes], remark: str) -> None:
    """Write `stills` as pages to `file`."""
    file.write(b"II*\0\0\0\0\0")
    link = 4
    for still in stills:
        offsets, sizes, rows = _strips(still, file)
        tags = _tags(still, offsets, sizes, rows, remark)
        link = _directory(tags, file, link)


def _strips(still: Still, file: IO[bytes]) -> tuple[list[int], list[int], int]:
    """Where each strip of samples lies, how long it is, and of how many lines it is."""
    rows = max(1, _STRIP_BYTES // still.samples[0].nbytes)
    offsets, sizes = [], []
    for top in range(0, len(still.samples), rows):
        strip = still.samples[top : top + rows]
        if still.options["packed"]:
            coded = zlib.compress(_differences(strip).tobytes(), 6)
        else:
            coded = strip.astype(strip.dtype.newbyteorder("<")).tobytes()
        offsets.append(_even(file))
        sizes.append(file.write(coded))
        if file.tell() > _MOST_BYTES:
            raise Unsupported("a TIFF of more than 4 GiB is not written; nothing was published")
    return offsets, sizes, rows


def _differences(strip: NDArray[Any]) -> NDArray[Any]:
    """Each sample less the one on its left (predictor 2)."""
    less = strip.copy()
    less[:, 1:] -= strip[:, :-1]
    return less.astype(less.dtype.newbyteorder("<"))


def _tags(
    still: Still, offsets: list[int], sizes: list[int], rows: int, remark: str
) -> list[tuple[int, int, int, bytes]]:
    """Number, type, count and value of each tag, in their order."""
    options, channels = still.options, len(still.mode)
    photometric = {"L": 1, "LA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5}[still.mode]
    tags = [
        _tag(256, _LONG, still.size[0]),
        _tag(257, _LONG, still.size[1]),
        _tag(258, _SHORT, *[still.bits] * channels),
        _tag(259, _SHORT, 8 if options["packed"] else 1),
        _tag(262, _SHORT, photometric),
        _tag(273, _LONG, *offsets),
        _tag(277, _SHORT, channels),
        _tag(278, _LONG, rows),
        _tag(279, _LONG, *sizes),
        _tag(284, _SHORT, 1),
    ]
    if remark:
        tags.append((270, _ASCII, len(remark.encode()) + 1, remark.encode() + b"\0"))
    if all(0 < side < 1e6 for side in options["resolution"]):
        across, down = (round(side * 1000) for side in options["resolution"])
        tags += [_ratio(282, across), _ratio(283, down), _tag(296, _SHORT, options["unit"])]
    if options["packed"]:
        tags.append(_tag(317, _SHORT, 2))
    if still.mode.endswith("A"):
        tags.append(_tag(338, _SHORT, options["extra"]))
    if options["icc_profile"]:
        tags.append((34675, _UNDEFINED, len(options["icc_profile"]), options["icc_profile"]))
    return sorted(tags)


def _tag(number: int, kind: int, *values: int) -> tuple[int, int, int, bytes]:
    return number, kind, len(values), struct.pack(f"<{len(values)}{'H' if kind == _SHORT else 'I'}", *values)


def _ratio(number: int, thousandths: int) -> tuple[int, int, int, bytes]:
    return number, _RATIONAL, 1, struct.pack("<II", thousandths, 1000)


def _directory(tags: list[tuple[int, int, int, bytes]], file: IO[bytes], link: int) -> int:
    """Write a page's tags, and where they lie at `link`; gives where the next page's place is to be written."""
    rows = []
    for number, kind, count, value in tags:
        if len(value) > 4:
            place = _even(file)
            file.write(value)
            value = struct.pack("<I", place)
        rows.append(struct.pack("<HHI", number, kind, count) + value.ljust(4, b"\0"))
    start = _even(file)
    file.write(struct.pack("<H", len(rows)) + b"".join(rows) + bytes(4))
    end = file.tell()
    file.seek(link)
    file.write(struct.pack("<I", start))
    file.seek(end)
    return end - 4


def _even(file: IO[bytes]) -> int:
    """The place that is written to next, which words begin at."""
    if file.tell() % 2:
        file.write(b"\0")
    return file.tell()
