"""Constant fill: the one style of which nothing can be taken back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Planes


def fill(planes: Planes, xyxy: NDArray[np.float32]) -> None:
    """Write black into `planes` inside each of `xyxy` f32[n,4] px, in place; what lies outside is cut off."""
    for x1, y1, x2, y2 in cells(planes, xyxy):
        for plane, (sx, sy), black in zip(planes.arrays, planes.shifts, planes.black, strict=True):
            # slices exclude their end; so do boxes
            plane[y1 >> sy : -(-y2 >> sy), x1 >> sx : -(-x2 >> sx)] = black


def cells(planes: Planes, xyxy: NDArray[np.float32]) -> list[tuple[int, int, int, int]]:
    """`xyxy` f32[n,4] as whole px inside the picture, rounded outwards to samples of the coarsest plane."""
    width, height = planes.size
    step_x = 1 << max(sx for sx, _ in planes.shifts)
    step_y = 1 << max(sy for _, sy in planes.shifts)
    step = np.array([step_x, step_y])
    # cut off while they are floats: what is too large for an integer would become a box of nothing
    low = np.clip(np.floor(xyxy[:, :2] / step) * step, 0, [width, height]).astype(np.int64)
    high = np.clip(np.ceil(xyxy[:, 2:] / step) * step, 0, [width, height]).astype(np.int64)
    inside = (high > low).all(axis=1)
    return [(int(a), int(b), int(c), int(d)) for (a, b), (c, d) in zip(low[inside], high[inside], strict=True)]
