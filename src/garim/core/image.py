"""What pixels are: a still that a model looks at, or the planes of a decoded frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """What a model sees: `bgr` u8[h,w,3], upright; `scale` is its pixels for each pixel of the original."""

    bgr: NDArray[np.uint8]
    scale: float

    def __post_init__(self) -> None:
        if self.bgr.ndim != 3 or self.bgr.shape[2] != 3 or self.bgr.dtype != np.uint8:
            raise ValueError(f"image: u8[h,w,3], not {self.bgr.dtype}{list(self.bgr.shape)}")
        if not self.scale > 0:
            raise ValueError("image: a scale over 0")

    def mirrored(self) -> Image:
        """The same, left and right exchanged."""
        turned = np.empty_like(self.bgr)
        for channel in range(3):  # one by one: numpy takes four times as long for three at once
            turned[:, :, channel] = self.bgr[:, ::-1, channel]
        return Image(turned, self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A picture's planes, writable: `arrays` of u8 or u16[h,w], a shift each, a value for black each.

    `shifts[i]` is (x, y): plane i holds one sample for each 2^x by 2^y pixels. `black[i]` is what fills it.
    Samples reach from 0 to `top`; `alpha` is the number of the plane that says how opaque the others are.
    """

    arrays: tuple[NDArray[Any], ...]
    shifts: tuple[tuple[int, int], ...]
    black: tuple[int, ...]
    top: int = 255
    alpha: int | None = None

    def __post_init__(self) -> None:
        if not len(self.arrays) == len(self.shifts) == len(self.black) > 0:
            raise ValueError("planes: a shift and a black each")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, of the plane at full resolution."""
        height, width = self.arrays[0].shape[:2]
        return width, height
