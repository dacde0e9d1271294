"""Tracks: one thing through one video. The number means nothing outside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One thing: `index` i64[k] rising frame numbers, `xyxy` f32[k,4] px, `score` f32[k] in 0..1."""

    number: int
    index: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]

    def __post_init__(self) -> None:
        k = len(self.index)
        if k == 0 or self.xyxy.shape != (k, 4) or self.score.shape != (k,):
            raise ValueError("track: one box and one score an index, and at least one")
        if (np.diff(self.index) <= 0).any():
            raise ValueError("track: frame numbers rise")

    def at(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """The track's boxes at frames `index` i64[n], linear between its own, still outside: f32[n,4]."""
        sides = [np.interp(index, self.index, self.xyxy[:, side]) for side in range(4)]
        return np.stack(sides, axis=1).astype(np.float32)
