"""What a look through a film gives: when each frame is, how much it changes, and the boxes seen on some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes

CUT = 0.16  # mean change of luma, as a share of its range, from which a frame may begin another scene
STANDS_OUT = 3.0  # ... if it also is this many times the change of the frames around it


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """`pts` i64[n] ticks and `change` f32[n] (0..1, to the frame before) of every frame; `boxes[j]` of `index[j]`.

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
