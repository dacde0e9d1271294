"""When regions are destroyed, and how many at once: for people to read, without a word on where.

Times are seconds from the film's first picture, as f64; a span is a region's first and last moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from garim.core.plan import Plan

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SLACK = 0.001  # seconds; some containers round times to as much
MOST_STEPS = 240  # in a timeline: more than that a line of A4 does not show
STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
APART = 12  # two moments that are shown lie at least this part of the film apart


@dataclass(frozen=True, slots=True)
class Timeline:
    """`most[i]` is how many regions were destroyed at once, at most, from `i * step_seconds` on, for one step."""

    step_seconds: float
    most: tuple[int, ...]


def spans(plan: Plan, start: Fraction) -> F64:
    """First and last moment of each region that is destroyed: f64[n,2]; `start` is the first picture's own time."""
    ends = [(lane.pts[0], lane.pts[-1]) for lane in plan.lanes if lane.keep is None]
    exact = [[float(int(tick) * plan.time_base - start) for tick in pair] for pair in ends]
    wide = np.array([-SLACK, SLACK], np.float64)
    return np.add(np.array(exact, np.float64).reshape(-1, 2), wide)


def live(when: F64, at: F64) -> I64:
    """How many of the spans `when` f64[n,2] hold each of the times `at` f64[m]: i64[m]."""
    begun = np.searchsorted(np.sort(when[:, 0]), at, side="right")
    ended = np.searchsorted(np.sort(when[:, 1]), at, side="left")
    return np.asarray(begun - ended, np.int64)


def timeline(when: F64, seconds: float, frames: int) -> Timeline:
    """The timeline of a film of that length: at most 240 steps where an hour a step is enough, none under a frame."""
    # between two spans that follow each other lies a frame's time, which is no gap
    step = next((step for step in STEPS if seconds / step <= min(MOST_STEPS, frames)), STEPS[-1])
    count = max(1, math.ceil(seconds / step - 1e-6))
    # between two of these moments the number only falls
    begins = when[:, 0]
    at = np.concatenate([np.arange(count) * step, begins])
    where = np.concatenate([np.arange(count), np.clip(begins / step, 0, count - 1).astype(np.int64)])
    most = np.zeros(count, np.int64)
    np.maximum.at(most, where, live(when, at))
    return Timeline(step, tuple(most.tolist()))


def densest(when: F64, seconds: float, most: int) -> list[float]:
    """At most `most` times when many regions are live, the fullest chosen first, well apart; in order of time."""
    edges = np.unique(np.clip(when, 0, seconds))
    even = (np.arange(MOST_STEPS) + 0.5) * (seconds / MOST_STEPS)
    # the middle of a stretch shows a face better than its ends, where it is covered before it is seen
    at = np.concatenate([(edges[1:] + edges[:-1]) / 2, even])
    lasts = np.concatenate([np.diff(edges), np.zeros(len(even))])
    count = live(when, at)
    far = np.full(len(at), seconds)
    chosen: list[float] = []
    while len(chosen) < most and len(free := np.flatnonzero((count > 0) & (far >= seconds / APART) & (far > 0))):
        # of equally full ones the farthest from those chosen, then the longest, then the first
        best = free[np.lexsort((free, -lasts[free], -far[free], -count[free]))[0]]
        chosen.append(float(at[best]))
        far = np.minimum(far, np.abs(at - at[best]))
    return sorted(chosen)
