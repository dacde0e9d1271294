"""A still: its samples, and what it takes to write them again as they were coded."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms

from garim.core.image import Image, Planes

MODES = ("L", "LA", "RGB", "RGBA", "CMYK")
MOST_ENLARGED = 2.0  # small pictures hold small faces; beyond this nothing more is found
_GLANCE = (64, 36)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One picture, upright: `samples` u8 or u16[h,w,c] of `mode`; `options` are how its format coded it."""

    samples: NDArray[Any]
    mode: str
    kind: str
    options: dict[str, Any]
    left_out: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.samples.ndim != 3 or self.samples.shape[2] != len(self.mode):
            raise ValueError(f"still: {self.mode} has not the samples {self.samples.shape}")
        if self.samples.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"still: u8 or u16, not {self.samples.dtype}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.samples.shape[1], self.samples.shape[0]

    @property
    def bits(self) -> int:
        """Of one sample."""
        return 8 * int(self.samples.dtype.itemsize)

    def image(self, long_side: int) -> Image:
        """The picture as a model sees it, `long_side` px on its longer side or, where it is small, twice its size.

        What transparency hides is shown too.
        """
        rgb = self._rgb()
        scale = min(MOST_ENLARGED, long_side / max(self.size))
        if scale != 1:
            size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
            rgb = rgb.resize(size, Pillow.Resampling.BOX if scale < 1 else Pillow.Resampling.BICUBIC)
        return Image(np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1]), scale)

    def glance(self) -> NDArray[np.int16]:
        """A coarse sample of the first channel, in 0..255: i16[rows,columns], at most 36 by 64."""
        width, height = self.size
        coarse = self.samples[:: -(-height // _GLANCE[1]), :: -(-width // _GLANCE[0]), 0]
        return np.asarray(coarse >> (self.bits - 8), np.int16)

    def planes(self) -> Planes:
        """The samples, a plane a channel, to be written to; alpha is filled as opaque."""
        count = len(self.mode)
        # black is no light, and of inks the black one
        full = [channel == count - 1 and self.mode[-1] in "AK" for channel in range(count)]
        black = tuple((1 << self.bits) - 1 if one else 0 for one in full)
        return Planes(tuple(self.samples[:, :, c] for c in range(count)), ((0, 0),) * count, black)

    def _rgb(self) -> Pillow.Image:
        samples = _eight_bits(self.samples)
        if self.mode == "CMYK":
            return _printed(Pillow.fromarray(np.ascontiguousarray(samples), "CMYK"), self.options.get("icc_profile"))
        colours = samples[:, :, : 1 if self.mode in ("L", "LA") else 3]
        return Pillow.fromarray(np.ascontiguousarray(np.broadcast_to(colours, (*colours.shape[:2], 3))))


def _eight_bits(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """The upper eight bits of those in use: sensors leave the highest of sixteen dark."""
    if samples.dtype == np.uint8:
        return samples
    used = max(8, int(samples.max()).bit_length())
    return np.asarray(samples >> (used - 8), np.uint8)


def _printed(inks: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """What the inks look like on paper, by the profile where there is a usable one."""
    if profile:
        try:
            paper = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(inks, paper, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return inks.convert("RGB")  # a profile that is broken, or for other channels
        if shown is not None:
            return shown
    return inks.convert("RGB")
