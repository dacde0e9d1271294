"""TRAILS -> NUMBERS: what their boxes say of people on the ground, and how far that may be trusted. Pure.

A box gives three numbers: the middle of its sides, its bottom (foot) and its top (head).

The noise model, in heights of the box, since a detector's error grows with what it looks at. White: EDGE. Slow: SLOW,
a pose, a bag, a stride misjudged for SLOW_S; boxes at a higher rate say no more of it, so what counts is the white
noise of the same sum over time, SLOW^2 (1 + r) / (1 - r) with r = exp(-step / SLOW_S) for boxes a `step` apart.
Lasting: BIAS, a foot said too high or too low for the whole trail, which nothing averages away.

Detectors differ, and the same one is worse at night: the white part shows in how boxes jump to and fro, so it is
measured over all trails of a film at once, and the slow part, which does not show, is taken to be as many times its
own. Nothing is believed to be better than LEAST of what stands here, or worse than MOST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.exposure.follow import Trail

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

EDGE = np.array([0.03, 0.03, 0.03])  # middle, bottom, top: 1 sd of white noise
SLOW = np.array([0.03, 0.03, 0.02])  # ... of what lasts for SLOW_S
SLOW_S = 1.0
BIAS = 0.02
LEAST, MOST = 1 / 3, 3.0
TOLD_BY = 30  # jumps; fewer do not tell a detector's noise
EDGE_PX = 0.7  # boxes are not exact to the pixel
BORDER_PX = 2.0  # a side so near to the picture's border is cut off by it
LONGEST_STEP_S = 0.5  # longer gaps get moments of their own, at which nothing was measured


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All moments of all trails, one after the other: `at` f64[n] s, `trail` i64[n], and three numbers of each.

    `z` f64[n,3] px: middle, bottom, top; `sd` px of one; `variance` of one with what does not average away, infinite
    where nothing was measured; `high` f64[n] px; `start` i64: where each trail begins.
    """

    at: F64
    trail: I64
    start: I64
    z: F64
    sd: F64
    variance: F64
    high: F64

    def a_trail(self, values: F64) -> F64:
        """Sums over each trail."""
        return np.asarray(np.add.reduceat(values, self.start, axis=0))


def measured(trails: Sequence[Trail], size: tuple[int, int]) -> Measured:
    """What at least one trail's boxes say, in a picture of `size`; sides that its border cuts off say nothing."""
    at = [moments(trail) for trail in trails]
    lengths = np.array([len(each) for each in at])
    start = np.cumsum(lengths) - lengths
    z, high = np.zeros((int(lengths.sum()), 3)), np.empty(int(lengths.sum()))
    variance = np.full_like(z, np.inf)
    scale = noise(trails)
    for trail, times, begins in zip(trails, at, start.tolist(), strict=True):
        x1, y1, x2, y2 = trail.xyxy.astype(float).T
        rows = begins + np.searchsorted(times, trail.at)
        tall = np.maximum(y2 - y1, 1)
        high[begins : begins + len(times)] = np.interp(times, trail.at, tall)
        z[rows] = np.stack([(x1 + x2) / 2, y2, y1], axis=1)
        cut = (np.minimum(x1, size[0] - x2) < BORDER_PX, size[1] - y2 < BORDER_PX, y1 < BORDER_PX)
        variance[rows] = np.where(np.stack(cut, axis=1), np.inf, _variance(tall * scale, trail.at))
    sd = np.sqrt((EDGE**2 + SLOW**2) * (scale * high[:, None]) ** 2 + EDGE_PX**2)
    return Measured(np.concatenate(at), np.repeat(np.arange(len(trails)), lengths), start, z, sd, variance, high)


def moments(trail: Trail) -> F64:
    """Times of the trail, and some in between where it was not seen for more than LONGEST_STEP_S: f64[k] s."""
    steps = np.diff(trail.at)
    parts = np.maximum(np.ceil(steps / LONGEST_STEP_S - 1e-6), 1).astype(int)
    within = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.append(np.repeat(trail.at[:-1], parts) + within * np.repeat(steps / parts, parts), trail.at[-1])


def noise(trails: Sequence[Trail]) -> float:
    """How many times EDGE the boxes of `trails` err from one to the next, by their second differences.

    Of white noise of variance v these have 6 v, of slow noise (6 - 8 r + 2 r^2) v; a walker's own, an acceleration
    times the square of a step, are far less. The median, since boxes that are cut off jump farther.
    """
    jumps = [_jumps(trail) for trail in trails if len(trail.at) > 2]
    each = np.concatenate(jumps) if jumps else np.empty(0)
    if len(each) < TOLD_BY:
        return 1.0
    return float(np.clip(np.median(each) / 0.6745, LEAST, MOST))


def _jumps(trail: Trail) -> F64:
    """Second differences of bottom and top over steps that are alike, in what they should be."""
    step = np.diff(trail.at)
    alike = np.abs(np.diff(step)) < 0.1 * step[1:]
    sides = trail.xyxy[:, [3, 1]].astype(float)
    high = np.maximum(sides[1:-1, 0] - sides[1:-1, 1], 1)
    same = np.exp(-step[1:, None] / SLOW_S)
    jump = 6 * EDGE[1:] ** 2 + (6 - 8 * same + 2 * same**2) * SLOW[1:] ** 2
    own = np.sqrt(jump * high[:, None] ** 2 + 6 * EDGE_PX**2)
    return np.asarray(np.abs(np.diff(sides, 2, axis=0) / own)[alike].ravel())


def _variance(high: F64, at: F64) -> F64:
    """What one of the three numbers is worth, square px: f64[k,3]."""
    same = float(np.exp(-np.median(np.diff(at)) / SLOW_S)) if len(at) > 1 else 0.0
    return np.asarray((EDGE**2 + SLOW**2 * (1 + same) / (1 - same)) * high[:, None] ** 2 + EDGE_PX**2)
