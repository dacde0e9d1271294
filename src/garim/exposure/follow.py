"""BOXES IN TIME -> TRAILS: one person-candidate each, through one film. Pure.

Laws: what a person looks like is not known here, only where boxes are, so nobody can be known again; the order of a
moment's boxes changes nothing; a box is in one trail at most, and a trail holds what was measured, nothing guessed.

A constant-velocity Kalman filter says where a box is expected; both are widened before they are compared (Yang et
al. 2023, "C-BIoU"), so that a walker seen five times a second still meets himself; strong boxes choose first, then
weak ones go on where a strong one was (Zhang et al. 2022, "ByteTrack").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from garim.core.boxes import Boxes

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Size = tuple[int, int]

STRONG = 0.4  # a box of this score may begin a trail
WEAK = 0.15  # ... and of this one may continue it
PATIENCE_S = 1.0  # a trail unseen for longer is at its end: what is behind an obstacle is for `stitch`
SHORTEST_S = 0.5  # a trail seen for less ...
FEWEST = 3  # ... or with fewer boxes is noise
WIDER = 0.3  # of a box's width and height, on each side

# A person is about 1.7 m and h px high, so a metre is 0.6 h: sizes, speeds and noise are in heights.
# Order: middle x and y, width, height.
NOISE = np.array([0.04, 0.04, 0.06, 0.05])  # of a box, 1 sd
ACCELERATION = np.array([0.6, 0.4, 0.1, 0.1])  # 1 m/s in a second; sizes change by perspective and stride only
SPEED = np.array([0.8, 0.5, 0.15, 0.15])  # before it is known: 1.4 m/s
GATE = 16.0  # squared deviations of the middle, 2 degrees of freedom: 3 in 10,000 beyond


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """One candidate: `at` f64[k] s, rising; `xyxy` f32[k,4] px; `score` f32[k] in 0..1. Raises `ValueError`."""

    at: F64
    xyxy: F32
    score: F32

    def __post_init__(self) -> None:
        k = len(self.at)
        if k == 0 or self.xyxy.shape != (k, 4) or self.score.shape != (k,):
            raise ValueError("trail: one box and one score a moment, and at least one")
        if not (np.diff(self.at) > 0).all():
            raise ValueError("trail: times rise")


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """Trails that may go on, side by side: `place` and `speed` f64[n,4] in px and px/s, each coordinate by itself.

    `spread` f64[n,4,3]: variance of the place, covariance, variance of the speed.
    """

    number: I64
    seen: F64
    place: F64
    speed: F64
    spread: F64

    def __getitem__(self, which: NDArray[np.bool_]) -> _Open:
        return _Open(self.number[which], self.seen[which], self.place[which], self.speed[which], self.spread[which])

    def after(self, step_s: float) -> _Open:
        """Where all are expected `step_s` later."""
        pp, pv, vv = np.moveaxis(self.spread, 2, 0)
        q = (ACCELERATION * self.place[:, 3:]) ** 2 * step_s
        spread = np.stack([pp + step_s * (2 * pv + step_s * vv) + q * step_s**2 / 3,
                           pv + step_s * vv + q * step_s / 2, vv + q], axis=2)  # fmt: skip
        place = self.place + step_s * self.speed
        place[:, 2:] = np.maximum(place[:, 2:], 1)
        return replace(self, place=place, spread=spread)

    def corrected(self, which: I64, measured: F64, at: float) -> _Open:
        """Rows `which` seen at `measured` f64[m,4]; the others as they were."""
        pp, pv, vv = np.moveaxis(self.spread[which], 2, 0)
        total = pp + (NOISE * measured[:, 3:]) ** 2
        off = measured - self.place[which]
        seen, place, speed, spread = (part.copy() for part in (self.seen, self.place, self.speed, self.spread))
        seen[which] = at
        place[which] += pp / total * off
        speed[which] += pv / total * off
        spread[which] = np.stack([pp - pp * pp / total, pv - pp * pv / total, vv - pv * pv / total], axis=2)
        return _Open(self.number, seen, place, speed, spread)

    def joined(self, other: _Open) -> _Open:
        return _Open(
            np.concatenate([self.number, other.number]),
            np.concatenate([self.seen, other.seen]),
            np.concatenate([self.place, other.place]),
            np.concatenate([self.speed, other.speed]),
            np.concatenate([self.spread, other.spread]),
        )


def follow(
    boxes: Iterable[tuple[float, Boxes]],
    size: Size,
    *,
    strong: float = STRONG,
    weak: float = WEAK,
    patience_s: float = PATIENCE_S,
) -> tuple[Trail, ...]:
    """The trails in `boxes`: (seconds, boxes in px of a picture of `size` width and height) as time goes on.

    In the order in which they begin. Raises `ValueError` where time does not rise.
    """
    open_, before, begun = _begun(0, -np.inf, np.empty((0, 4))), -np.inf, 0
    kept: list[tuple[I64, F64, Boxes]] = []
    for at, seen in boxes:
        if not at > before:
            raise ValueError(f"boxes: {at} s is not after {before} s")
        seen = _in_order(seen[seen.score >= weak])
        if len(open_.number):
            open_ = _expected(open_, at - before, size)
            open_ = open_[np.asarray(at - open_.seen <= patience_s)]
        middle = _middle(seen.xyxy)
        row = _given(open_, seen, middle, strong)
        hit = np.flatnonzero(row >= 0)
        open_ = open_.corrected(row[hit], middle[hit], at)
        new = np.flatnonzero((row < 0) & (seen.score >= strong))
        fresh = _begun(begun, at, middle[new])
        taken = np.concatenate([hit, new])
        kept.append((np.concatenate([open_.number[row[hit]], fresh.number]), np.full(len(taken), at), seen[taken]))
        open_, before, begun = open_.joined(fresh), at, begun + len(new)
    return _trails(kept)


def _in_order(boxes: Boxes) -> Boxes:
    """By place, so that no order they came in can matter."""
    return boxes[np.lexsort((boxes.score, *boxes.xyxy.T))]


def _middle(xyxy: F32) -> F64:
    """Middle x and y, width and height of each: f64[n,4]."""
    low, high = xyxy[:, :2].astype(float), xyxy[:, 2:].astype(float)
    return np.concatenate([(low + high) / 2, np.maximum(high - low, 1)], axis=1)


def _begun(number: int, at: float, measured: F64) -> _Open:
    """New rows at `measured`, numbered from `number` on; how fast they are is not known."""
    n, high = len(measured), measured[:, 3:]
    spread = np.stack([(NOISE * high) ** 2, np.zeros((n, 4)), (SPEED * high) ** 2], axis=2)
    return _Open(np.arange(number, number + n), np.full(n, at), measured, np.zeros((n, 4)), spread)


def _expected(open_: _Open, step_s: float, size: Size) -> _Open:
    """Where the open ones are after `step_s`; whoever should have left the picture by then is let go."""
    moved = open_.after(step_s)
    inside = (moved.place[:, :2] >= 0) & (moved.place[:, :2] <= np.array(size))
    return moved[np.asarray(inside.all(axis=1))]


def _given(open_: _Open, seen: Boxes, middle: F64, strong: float) -> I64:
    """The row of `open_` that each box belongs to, -1 where none: i64[m]."""
    row = np.full(len(seen), -1)
    if not len(seen) or not len(open_.number):
        return row
    alike = _alike(open_, middle)
    free = np.ones(len(open_.number), bool)
    for chosen in (seen.score >= strong, seen.score < strong):
        boxes, rows = np.flatnonzero(chosen), np.flatnonzero(free)
        part = alike[np.ix_(rows, boxes)]
        r, b = linear_sum_assignment(part, maximize=True)
        real = part[r, b] > 0
        row[boxes[b[real]]] = rows[r[real]]
        free[rows[r[real]]] = False
    return row


def _alike(open_: _Open, middle: F64) -> F64:
    """IoU of what was expected with what is seen, both widened, less the farther off it is: f64[n,m]."""
    both, off, wider = np.ones(()), np.zeros(()), 1 + 2 * WIDER
    for axis in (0, 1):  # each by itself: numpy is slow over an axis of two
        apart = open_.place[:, axis, None] - middle[:, axis]
        mine, theirs = wider * open_.place[:, 2 + axis, None], wider * middle[:, 2 + axis]
        both = both * np.maximum(np.minimum((mine + theirs) / 2 - np.abs(apart), np.minimum(mine, theirs)), 0)
        off = off + apart**2 / (open_.spread[:, axis, 0, None] + (NOISE[axis] * middle[:, 3]) ** 2)
    union = wider**2 * (open_.place[:, 2:].prod(axis=1)[:, None] + middle[:, 2:].prod(axis=1)) - both
    return np.where(off <= GATE, both / union * np.exp(-2 * off / GATE), 0.0)


def _trails(kept: list[tuple[I64, F64, Boxes]]) -> tuple[Trail, ...]:
    """What was kept, moment by moment, as trails; without those too short to be anybody."""
    if not kept:
        return ()
    number, at = (np.concatenate([each[part] for each in kept]) for part in (0, 1))
    boxes = Boxes.joined([each[2] for each in kept])
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order])) + 1
    return tuple(
        Trail(at[rows], boxes.xyxy[rows], boxes.score[rows])
        for rows in np.split(order, starts)
        if len(rows) >= FEWEST and at[rows[-1]] - at[rows[0]] >= SHORTEST_S
    )
