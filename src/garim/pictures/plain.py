"""Stills that Pillow reads and writes to the sample: JPEG, PNG of 8 bits, WebP, AVIF, HEIC."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import AvifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL import Image as Pillow

from garim.core.errors import Unsupported
from garim.pictures import boxed, riff
from garim.pictures.limits import content, reading, unreadable, unsupported
from garim.pictures.remark import xmp
from garim.pictures.still import MODES, Still

LOSSY = 95  # of 100: what is coded again is to lose little beside what it lost before
LOSSY_AVIF = 90  # whose scale is another: about as much is lost
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
# what Pillow notes of how a file is coded; all else is about the scene, the maker or the owner
_PLAIN = {
    "adobe", "adobe_transform", "aux", "background", "bit_depth", "chroma", "chromaticity", "default_image", "dpi",
    "duration", "gamma", "icc_profile", "icc_profile_type", "interlace", "jfif", "jfif_density", "jfif_unit",
    "jfif_version", "loop", "original_orientation", "primary", "progression", "progressive", "srgb", "timestamp",
    "transparency",
}  # fmt: skip


def read(path: Path, kind: str) -> Still:
    """The still at `path`. Raises `Unreadable`, `Unsupported`."""
    with reading(path):
        if kind in ("JPEG", "PNG"):
            _prove(path)
        with _opened(path, kind) as picture:
            return _read(picture, kind, path)


def turned(picture: Pillow.Image) -> Pillow.Image:
    """The picture as it is to be shown."""
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    return picture if turn is None else picture.transpose(turn)


def _prove(path: Path) -> None:
    with Pillow.open(path, formats=("JPEG", "PNG")) as picture:
        if not getattr(picture, "tile", ()):
            raise unreadable(path, "holds no picture")
        picture.verify()  # a PNG's sums, at which loading does not look


def _opened(path: Path, kind: str) -> Pillow.Image:
    if kind != "HEIC":
        return Pillow.open(path, formats=(kind.upper(),))
    try:
        # an extra of its own: its library comes under the LGPL
        import pi_heif  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise unsupported(path, "is HEIC, which needs one more library: pip install 'garim[heic]'") from None
    pi_heif.register_heif_opener(thumbnails=False)
    return Pillow.open(path, formats=("HEIF",))


def _read(picture: Pillow.Image, kind: str, path: Path) -> Still:
    options = OPTIONS[kind](picture, path) | {"icc_profile": picture.info.get("icc_profile")}
    left_out = _left_out(picture)
    picture.load()
    shown = unfolded(turned(picture))
    if shown.mode not in MODES:
        raise unsupported(path, f"pictures of {shown.mode} samples are not taken")
    if shown.mode == "RGB" and options.get("gray"):
        shown = shown.convert("L")
    samples = np.array(shown, np.uint8)
    return Still(samples.reshape(*samples.shape[:2], -1), shown.mode, kind, options, left_out)


def unfolded(picture: Pillow.Image) -> Pillow.Image:
    """The same without palette, bits or a colour that stands for transparency."""
    if picture.mode in ("P", "PA", "1"):
        clear = picture.mode == "PA" or "transparency" in picture.info
        picture = picture.convert("L" if picture.mode == "1" else "RGBA" if clear else "RGB")
    if "transparency" in picture.info:
        picture = picture.convert("LA" if picture.mode == "L" else "RGBA")
    return picture


def _of_jpeg(picture: Pillow.Image, path: Path) -> dict[str, Any]:
    """Its own tables and subsampling."""
    assert isinstance(picture, JpegImagePlugin.JpegImageFile)
    tables = {number: list(table) for number, table in picture.quantization.items()}
    if picture.mode == "CMYK":
        if "adobe_transform" not in picture.info:
            raise unsupported(
                path, "is a JPEG of four inks that does not say whether they are inverted (no Adobe mark)"
            )
        # written as CMYK, whose channels all go by the first table, whole: no ink is coarser than any was
        finest = [min(steps) for steps in zip(*tables.values(), strict=True)]
        return {"qtables": {0: finest}, "subsampling": 0}
    sampling = JpegImagePlugin.get_sampling(picture)
    return {
        "qtables": tables,
        "subsampling": sampling if sampling >= 0 else "4:4:4",
        "progressive": bool(picture.info.get("progressive")),
    }


def _of_png(picture: Pillow.Image, path: Path) -> dict[str, Any]:
    return {}


def _of_webp(picture: Pillow.Image, path: Path) -> dict[str, Any]:
    """Lossless where it was."""
    assert isinstance(picture, WebPImagePlugin.WebPImageFile)
    lossless = riff.parsed(content(path), path).lossless
    # exact: what lies under full transparency stays as it was, and so as it was looked at
    return {"lossless": lossless, "exact": True, "quality": 80 if lossless else LOSSY, "method": 4}


def _of_avif(picture: Pillow.Image, path: Path) -> dict[str, Any]:
    assert isinstance(picture, AvifImagePlugin.AvifImageFile)
    coded = boxed.coded(content(path), path)
    if picture.n_frames > 1:
        raise unsupported(path, "is an animation in AVIF. Make a film of it with: ffmpeg -i IN OUT.mp4")
    return {"quality": LOSSY_AVIF, "subsampling": coded.subsampling, "gray": coded.subsampling == "4:0:0"}


def _of_heic(picture: Pillow.Image, path: Path) -> dict[str, Any]:
    coded = boxed.coded(content(path), path)
    if "A" in picture.mode:
        raise unsupported(path, "is a HEIC with transparency, which its output, a JPEG, cannot have")
    return {"quality": LOSSY, "subsampling": "4:4:4" if coded.subsampling == "4:0:0" else coded.subsampling}


OPTIONS = {"JPEG": _of_jpeg, "PNG": _of_png, "WebP": _of_webp, "AVIF": _of_avif, "HEIC": _of_heic}


def _left_out(picture: Pillow.Image) -> tuple[str, ...]:
    """What the file holds beside the picture, and the output will not."""
    names = sorted(str(key) for key, value in picture.info.items() if key not in _PLAIN and value not in (None, []))
    further = getattr(picture, "n_frames", 1) - 1
    if further > 0:
        names.append(f"{further} further pictures in the file")
    return tuple(names)


def write(still: Still, file: IO[bytes], remark: str) -> None:
    """Write `still` to `file`, with no metadata but `remark`."""
    samples = still.samples[:, :, 0] if still.mode == "L" else still.samples
    picture = Pillow.fromarray(np.ascontiguousarray(samples), "CMYK" if still.mode == "CMYK" else None)
    options = {name: value for name, value in still.options.items() if name != "gray"}
    if remark and still.kind in ("JPEG", "HEIC"):
        options["comment"] = remark.encode()
    elif remark and still.kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", remark)
    elif remark:
        options["xmp"] = xmp(remark)
    try:
        picture.save(file, "JPEG" if still.kind == "HEIC" else still.kind.upper(), **options)
    except ValueError as error:  # of sizes that a format cannot have, such as an AVIF turned upright
        raise Unsupported(f"a {still.kind} picture cannot be written again ({error}); nothing was written") from None
