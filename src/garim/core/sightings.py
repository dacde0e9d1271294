"""What a look through a film gives: when each frame is, how much it changes, and the boxes seen on some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes

CUT = 0.5  # change from which a frame may begin another scene
STANDS_OUT = 2.0  # ... if it also is this many times the change of the frames around it


def change(before: NDArray[np.int16], now: NDArray[np.int16]) -> float:
    """How little two coarse pictures have in common: 1 - their correlation, in 0..2; blind to light and contrast."""
    a, b = before - before.mean(), now - now.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if norm == 0:
        return 0.0 if not a.any() and not b.any() else 1.0
    return 1 - float((a * b).sum()) / norm


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """`pts` i64[n] ticks and `change` f32[n] (to the frame before) of every frame; `boxes[j]` of `index[j]`.

    `index` i64[m] rises: the frames that were looked at.
    """

    pts: NDArray[np.int64]
    change: NDArray[np.float32]
    index: NDArray[np.int64]
    boxes: tuple[Boxes, ...]

    def __post_init__(self) -> None:
        if len(self.pts) != len(self.change) or len(self.index) != len(self.boxes):
            raise ValueError("sightings: a change each frame, boxes each look")
        if (np.diff(self.index) <= 0).any() or (np.diff(self.pts) <= 0).any():
            raise ValueError("sightings: frames and times rise")

    def scenes(self) -> NDArray[np.int64]:
        """The scene of each frame, counted from 0: i64[n]; a new one begins at each cut."""
        around = np.maximum(np.roll(self.change, 1), np.roll(self.change, -1))
        if len(around):
            around[0] = around[-1] = np.inf
        cut = (self.change > CUT) & (self.change > STANDS_OUT * around)
        return np.cumsum(cut).astype(np.int64)
