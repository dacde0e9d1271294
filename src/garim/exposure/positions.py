"""Where unnamed people were in one camera's view, twice a second for an hour at most. Pure.

Laws: a track's number is random for its camera and hour; a mask state is `unknown` unless something said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

HZ = 2
TICKS = 3600 * HZ
"""Half seconds in an hour."""


class Mask(IntEnum):
    """What is said of a mask."""

    UNKNOWN = 0
    WORN = 1
    ABSENT = 2
    INCORRECT = 3


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Rows side by side, by track and then by time; all arrays are of one length n.

    `track` u16; `tick` i32, half seconds since the hour began, 0 to 7199; `x_cm`, `y_cm` i16 on the ground, in
    centimetres from the view's own origin; `sd_cm` u8, the standard deviation of either; `mask` u8, a `Mask`.
    Raises `ValueError`.
    """

    track: NDArray[np.uint16]
    tick: NDArray[np.int32]
    x_cm: NDArray[np.int16]
    y_cm: NDArray[np.int16]
    sd_cm: NDArray[np.uint8]
    mask: NDArray[np.uint8]

    def __post_init__(self) -> None:
        columns = (self.track, self.tick, self.x_cm, self.y_cm, self.sd_cm, self.mask)
        if [column.dtype.str[1:] for column in columns] != ["u2", "i4", "i2", "i2", "u1", "u1"]:
            raise ValueError("positions: u16, i32, i16, i16, u8, u8")
        if len({column.shape for column in columns}) != 1 or self.track.ndim != 1:
            raise ValueError("positions: columns of one length")
        if len(self.tick) and (self.tick.min() < 0 or self.tick.max() >= TICKS):
            raise ValueError("positions: ticks of one hour")
        if len(self.mask) and self.mask.max() > max(Mask):
            raise ValueError("positions: a mask state that there is")
        after, before = self.track[1:], self.track[:-1]
        if (after < before).any() or ((after == before) & (self.tick[1:] <= self.tick[:-1])).any():
            raise ValueError("positions: by track and then by time, each moment of a track once")

    def __len__(self) -> int:
        return len(self.track)

    @classmethod
    def none(cls) -> Self:
        """Nobody was there."""
        empty = np.empty(0)
        return cls(*(empty.astype(kind) for kind in ("u2", "i4", "i2", "i2", "u1", "u1")))
