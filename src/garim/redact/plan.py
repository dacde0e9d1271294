"""The plan: tracks become regions that also hold what no look has seen: before, after and between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import clipped, grown
from garim.core.plan import Lane, lane
from garim.core.sightings import Sightings
from garim.core.tracks import Track

F32 = NDArray[np.float32]

NEEDED = (0.10, 1.0)  # a box is covered with this margin: a share of its size, and px
COVERED = (0.15, 2.0)  # and by this one where that saves keys
HOLD = Fraction(2, 5)  # seconds that a track is covered before its first and after its last sight
SLOWING = 0.25  # seconds in which a face that is out of sight is taken to lose its speed
MOST_KEPT = 3  # boxes at a track's end that tell its speed


class Moving(Protocol):
    """A film or an animation: pictures a second, how long a tick is, and the size of the upright picture."""

    @property
    def rate(self) -> Fraction:
        """Pictures a second."""
        ...

    @property
    def time_base(self) -> Fraction:
        """Seconds a tick."""
        ...

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height in px."""
        ...


def lanes(found: Sequence[Track], seen: Sightings, film: Moving) -> list[Lane]:
    """A lane for each track: held on at both ends, within its scene, inside the upright picture."""
    scenes = seen.scenes()
    return [_lane(track, seen.pts, scenes, film) for track in found]


def _lane(track: Track, pts: NDArray[np.int64], scenes: NDArray[np.int64], film: Moving) -> Lane:
    rate, size = float(film.rate), film.upright
    first, last = int(track.index[0]), int(track.index[-1])
    frames = _held(first, last, pts, film.time_base)
    frames = frames[scenes[frames] == scenes[first]]
    boxes = _hull(track.at(frames), track.at(frames - 1), track.at(frames + 1))
    boxes = _hull(boxes, boxes + _drift(track, frames, rate))
    return lane(
        track.number,
        pts[frames],
        clipped(grown(boxes, *NEEDED), *size),
        clipped(grown(boxes, *COVERED), *size),
    )


def _held(first: int, last: int, pts: NDArray[np.int64], time_base: Fraction) -> NDArray[np.int64]:
    """The frames from `HOLD` before `first` to `HOLD` after `last`, by their own times, and at least one each."""
    hold = HOLD / time_base
    begin = int(np.searchsorted(pts, math.ceil(pts[first] - hold)))
    end = int(np.searchsorted(pts, math.floor(pts[last] + hold), side="right"))
    return np.arange(max(0, min(begin, first - 1)), min(len(pts), max(end, last + 2)))


def _hull(*boxes: F32) -> F32:
    """The smallest boxes that hold those of each f32[n,4], row by row."""
    low = np.minimum.reduce([b[:, :2] for b in boxes])
    high = np.maximum.reduce([b[:, 2:] for b in boxes])
    return np.concatenate([low, high], axis=1)


def _drift(track: Track, frames: NDArray[np.int64], rate: float) -> F32:
    """How far a face may have gone, out of sight, since its track's end or before its start: f32[n,4] px."""
    late = np.maximum(frames - track.index[-1], 0)
    early = np.maximum(track.index[0] - frames, 0)
    tau = SLOWING * rate
    ahead = tau * (1 - np.exp(-late / tau))[:, None] * _speed(track, slice(-MOST_KEPT, None))
    behind = tau * (1 - np.exp(-early / tau))[:, None] * -_speed(track, slice(None, MOST_KEPT))
    return np.tile(ahead + behind, 2).astype(np.float32)


def _speed(track: Track, which: slice) -> F32:
    """px a frame, over the boxes that `which` names: f32[2]."""
    index, xyxy = track.index[which], track.xyxy[which]
    if len(index) < 2:
        return np.zeros(2, np.float32)
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    return np.asarray((centre[-1] - centre[0]) / np.float32(index[-1] - index[0]))
