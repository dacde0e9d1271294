"""A still: its samples, and what it takes to write them again as they were coded."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import JpegImagePlugin, PngImagePlugin

from garim.core.errors import Unreadable, Unsupported
from garim.core.image import Image, Planes
from garim.files import unwritable

MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
SUFFIXES = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}
FORMATS = tuple(MAGIC.values())
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
    "adobe", "adobe_transform", "chromaticity", "default_image", "dpi", "gamma", "icc_profile", "interlace", "jfif",
    "jfif_density", "jfif_unit", "jfif_version", "progression", "progressive", "srgb", "transparency",
}  # fmt: skip
_MODES = {"L", "LA", "RGB", "RGBA"}


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One picture, upright: `samples` u8[h,w,c] of `mode`; `options` are how its format coded it."""

    samples: NDArray[np.uint8]
    mode: str
    kind: str
    options: dict[str, Any]
    left_out: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.samples.shape[1], self.samples.shape[0]

    def image(self, long_side: int) -> Image:
        """The picture as a model sees it, at most `long_side` px; what transparency hides is shown too."""
        colours = self.samples[:, :, : 1 if self.mode in ("L", "LA") else 3]
        rgb = Pillow.fromarray(np.ascontiguousarray(np.broadcast_to(colours, (*colours.shape[:2], 3))))
        scale = min(1.0, long_side / max(self.size))
        if scale < 1:
            rgb = rgb.resize(
                (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))), Pillow.Resampling.BOX
            )
        return Image(np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1]), scale)

    def planes(self) -> Planes:
        """The samples, a plane a channel, to be written to; alpha is filled as opaque."""
        count = self.samples.shape[2]
        black = tuple(255 if self.mode.endswith("A") and c == count - 1 else 0 for c in range(count))
        arrays = tuple(self.samples[:, :, c] for c in range(count))
        return Planes(arrays, ((0, 0),) * count, black, alpha=count - 1 if self.mode.endswith("A") else None)


def opened(path: Path) -> Still:
    """The still at `path`. Raises `Unreadable`, `Unsupported`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of broken metadata
            # what it warns of a camera can make; at twice as many px it raises
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(path, formats=FORMATS) as picture:
                if not getattr(picture, "tile", ()):
                    raise Unreadable(f"{path}: holds no picture; nothing was written")
                picture.verify()  # a PNG's sums, at which loading does not look
            with Pillow.open(path, formats=FORMATS) as picture:
                return _read(picture, path)
    except (OSError, ValueError, SyntaxError, EOFError, Warning, Pillow.DecompressionBombError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Unreadable(f"{path}: is not a picture that can be read whole ({why}); nothing was written") from None


def _read(picture: Pillow.Image, path: Path) -> Still:
    if picture.format == "PNG" and getattr(picture, "is_animated", False):
        raise Unsupported(f"{path}: is an animation; nothing was written")
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    if any(
        "16" in str(tile.args) for tile in getattr(picture, "tile", ())
    ):  # of which Pillow would drop the lower half
        raise Unsupported(f"{path}: pictures of 16 bits a sample are not taken yet; nothing was written")
    options = _options(picture, kind)
    left_out = _left_out(picture)
    picture.load()
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    shown = picture if turn is None else picture.transpose(turn)
    if shown.mode in ("P", "1"):
        shown = shown.convert("RGBA" if "transparency" in shown.info else "RGB" if shown.mode == "P" else "L")
    if shown.mode not in _MODES:
        raise Unsupported(f"{path}: pictures of {shown.mode} samples are not taken yet; nothing was written")
    if "transparency" in shown.info:
        shown = shown.convert("LA" if shown.mode == "L" else "RGBA")
    samples = np.array(shown, np.uint8)
    return Still(samples.reshape(*samples.shape[:2], -1), shown.mode, kind, options, left_out)


def _options(picture: Pillow.Image, kind: str) -> dict[str, Any]:
    """How to write it as it was: the colour profile, and for JPEG its own tables and subsampling."""
    options: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile")}
    if kind == "JPEG" and isinstance(picture, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(picture)
        options |= {
            "qtables": {number: list(table) for number, table in picture.quantization.items()},
            "subsampling": sampling if sampling >= 0 else "4:4:4",
            "progressive": bool(picture.info.get("progressive")),
        }
    return options


def _left_out(picture: Pillow.Image) -> tuple[str, ...]:
    """What the file holds beside the picture, and the output will not."""
    names = sorted(str(key) for key in picture.info if key not in _PLAIN)
    if getattr(picture, "n_frames", 1) > 1:
        names.append(f"{picture.n_frames - 1} further pictures in the file")  # type: ignore[attr-defined]  # MPO's own
    return tuple(names)


def save(still: Still, path: Path, shown: Path, remark: str = "") -> None:
    """Write `still` to `path`, with no metadata but `remark`. Raises `Unwritable`, which names `shown`."""
    samples = still.samples[:, :, 0] if still.mode == "L" else still.samples
    picture = Pillow.fromarray(samples)
    options = dict(still.options)
    if remark and still.kind == "JPEG":
        options["comment"] = remark.encode()
    elif remark:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", remark)
    try:
        with path.open("wb") as file:
            picture.save(file, still.kind, **options)
    except OSError as error:
        raise unwritable(shown, error) from None
