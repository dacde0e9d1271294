"""Landmarks: five points of each of many faces, beside their `Boxes`. Pixels; y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """`xy` f32[n,5,2] in pixels: right eye, left eye, tip of the nose, right and left corner of the mouth.

    Right and left are the person's own: in a picture of somebody who faces it, the right eye is on the left.
    """

    xy: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.xy.ndim != 3 or self.xy.shape[1:] != (5, 2):
            raise ValueError(f"landmarks: f32[n,5,2], not {list(self.xy.shape)}")
        if not np.isfinite(self.xy).all():
            raise ValueError("landmarks: all finite")

    def __len__(self) -> int:
        return len(self.xy)
