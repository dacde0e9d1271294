"""WALKS THAT BROKE ARE JOINED, by where and when they should go on and by nothing else. Pure.

Laws: whoever reached the picture's border has left, and whoever comes from there is new; a walk goes on in one other
at most, and in none where another reading of the same film is nearly as likely; nobody is made to run; what lies
between is drawn as the calmest way there, and its deviation says that nobody saw it.

Two ends that belong together agree in place and in speed, as far as a walker can have changed over the gap: a
velocity shaken by white noise, the model of `smooth`. The assignment is that of least total misfit, where not to be
joined costs as much as the gate. A pair is refused as ambiguous where the best assignment without it is less than
SURE worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from garim.exposure.ground import Ground
from garim.exposure.smooth import ACCELERATION, SPEED_M_S, Walk

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LONGEST_S = 3.0
GATE = 13.3  # squared deviations, 4 degrees of freedom: 1 in 100 beyond
SURE = 2 * np.log(10)  # ten times as likely as any other reading
FASTEST_M_S = 2.5  # a brisk walk; whoever runs behind an obstacle comes out as somebody else
END_S = 1.0  # what tells the speed at an end
BORDER = 0.3  # of a person's height: half a width, and a step
BETWEEN_S = 0.5  # moments drawn into a gap are no farther apart


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Last (or first) moments side by side: `at` f64[n] s, `xy` f64[n,2] m, `speed` f64[n,2] m/s, variances f64[n]."""

    at: F64
    xy: F64
    speed: F64
    xy_variance: F64
    speed_variance: F64


def stitched(walks: Sequence[Walk], ground: Ground, *, longest_s: float = LONGEST_S) -> tuple[Walk, ...]:
    """`walks` with those joined that one person walked, over gaps of up to `longest_s`; by when they begin."""
    if not walks:
        return ()
    last, first = _ends(walks, last=True), _ends(walks, last=False)
    misfit = _misfit(last, first, longest_s)
    misfit[_at_border(walks, last, ground), :] = np.inf
    misfit[:, _at_border(walks, first, ground)] = np.inf
    after = dict(_pairs(misfit))
    begins = [number for number in range(len(walks)) if number not in set(after.values())]
    chains = [_chain(number, after) for number in begins]
    joined = [_joined([walks[number] for number in chain], last, first, chain) for chain in chains]
    return tuple(sorted(joined, key=lambda walk: float(walk.at[0])))


def _ends(walks: Sequence[Walk], *, last: bool) -> _Ends:
    rows = [_end(walk if last else _backwards(walk)) for walk in walks]
    at, x, y, vx, vy, variance, of_speed = np.array(rows).T
    sign = 1 if last else -1
    return _Ends(sign * at, np.stack([x, y], axis=1), sign * np.stack([vx, vy], axis=1), variance, of_speed)


def _backwards(walk: Walk) -> Walk:
    return Walk(-walk.at[::-1], walk.xy[::-1], walk.sd[::-1], walk.height_m)


def _end(walk: Walk) -> tuple[float, ...]:
    """Time, place, speed at the walk's end, variance of either number of the place, and of the speed."""
    at, (x, y), variance = float(walk.at[-1]), walk.xy[-1].tolist(), float(walk.sd[-1]) ** 2
    since = int(np.searchsorted(walk.at, at - END_S - 1e-6))
    over = at - float(walk.at[since])
    if over == 0:
        return at, x, y, 0.0, 0.0, variance, SPEED_M_S**2
    speed = (walk.xy[-1] - walk.xy[since]) / over
    # two places, and what the walker changed since the middle between them; what is known of anybody caps it
    of_speed = (variance + float(walk.sd[since]) ** 2) / over**2 + ACCELERATION**2 * over / 3
    trust = SPEED_M_S**2 / (SPEED_M_S**2 + of_speed)
    return at, x, y, *(speed * trust).tolist(), variance, of_speed * trust


def _misfit(last: _Ends, first: _Ends, longest_s: float) -> F64:
    """How badly walk j goes on walk i, in squared deviations f64[n,n]; infinite where it cannot."""
    gap = first.at[None, :] - last.at[:, None]
    possible = (gap > 0) & (gap <= longest_s + 1e-6)
    gap = np.where(possible, gap, 1.0)
    q = ACCELERATION**2
    way = first.xy[None] - last.xy[:, None]
    of_speeds = last.speed_variance[:, None] + first.speed_variance[None]
    of_places = last.xy_variance[:, None] + first.xy_variance[None]
    off_place = way - gap[..., None] * (last.speed[:, None] + first.speed[None]) / 2
    off_speed = first.speed[None] - last.speed[:, None]
    misfit = (off_place**2).sum(axis=2) / (of_places + gap**2 * of_speeds / 4 + q * gap**3 / 12)
    misfit += (off_speed**2).sum(axis=2) / (of_speeds + q * gap)
    slow = np.linalg.norm(way, axis=2) <= FASTEST_M_S * gap + 2 * np.sqrt(of_places)
    return np.where(possible & slow & (misfit <= GATE), misfit, np.inf)


def _at_border(walks: Sequence[Walk], ends: _Ends, ground: Ground) -> NDArray[np.bool_]:
    """Whose foot or head is so near to the picture's border, or beyond, that he may have come or gone there."""
    tall = np.array([walk.height_m for walk in walks])
    foot = ground.pixels(ends.xy)
    head = ground.pixels(ends.xy, tall) if ground.focal_px is not None else foot
    near = BORDER * np.maximum(np.abs(foot[:, 1] - head[:, 1]), 1)
    points = np.stack([foot, head])
    inside = (points > near[:, None]) & (points < np.array(ground.size) - near[:, None])
    return np.asarray(~inside.all(axis=(0, 2)))


def _pairs(misfit: F64) -> list[tuple[int, int]]:
    """Who goes on in whom: the best assignment's pairs, without those that are ambiguous."""
    n = len(misfit)
    i, j = np.nonzero(np.isfinite(misfit))
    _, group = connected_components(coo_array((np.ones(len(i)), (i, n + j)), shape=(2 * n, 2 * n)), directed=False)
    pairs = []
    for number in np.unique(group[i]).tolist():
        rows, columns = np.unique(i[group[i] == number]), np.unique(j[group[n + j] == number])
        gain = np.maximum(GATE + SURE - misfit[np.ix_(rows, columns)], 0.0)
        pairs += [(int(rows[r]), int(columns[c])) for r, c in _sure(gain)]
    return pairs


def _sure(gain: F64) -> list[tuple[int, int]]:
    """Pairs of the assignment that gains most, without which the next best would gain SURE less."""
    r, c = linear_sum_assignment(gain, maximize=True)
    most = gain[r, c].sum()
    kept = []
    for pair in zip(r.tolist(), c.tolist(), strict=True):
        without = gain.copy()
        without[pair] = 0
        if gain[pair] > 0 and most - without[linear_sum_assignment(without, maximize=True)].sum() >= SURE:
            kept.append(pair)
    return kept


def _chain(number: int, after: dict[int, int]) -> list[int]:
    chain = [number]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


def _joined(parts: Sequence[Walk], last: _Ends, first: _Ends, chain: Sequence[int]) -> Walk:
    """One walk of several, and what lies between."""
    pieces = [(parts[0].at, parts[0].xy, parts[0].sd)]
    for part, before, number in zip(parts[1:], chain, chain[1:], strict=False):
        pieces += [_between(last, before, first, number), (part.at, part.xy, part.sd)]
    seen = sum(len(part.at) for part in parts)
    height = sum(part.height_m * len(part.at) for part in parts) / seen
    at, xy, sd = (np.concatenate(each) for each in zip(*pieces, strict=True))
    return Walk(at, xy, sd, height, np.concatenate([part.said for part in parts]))


def _between(last: _Ends, i: int, first: _Ends, j: int) -> tuple[F64, F64, F64]:
    """Moments in the gap: the cubic that leaves and arrives with the speeds at its ends, which is the calmest way.

    Its variance is what a walker may do in between, q s^3 (T - s)^3 / 3T^3, and what is not known of the ends.
    """
    gap = float(first.at[j] - last.at[i])
    steps = int(np.ceil(gap / BETWEEN_S - 1e-6))
    u = np.arange(1, steps) / steps
    a, b = (1 + 2 * u) * (1 - u) ** 2, u * u * (3 - 2 * u)
    c, d = u * (1 - u) ** 2 * gap, u * u * (u - 1) * gap
    xy = np.outer(a, last.xy[i]) + np.outer(b, first.xy[j]) + np.outer(c, last.speed[i]) + np.outer(d, first.speed[j])
    variance = ACCELERATION**2 * (u * (1 - u) * gap) ** 3 / 3
    variance += a**2 * last.xy_variance[i] + b**2 * first.xy_variance[j]
    variance += c**2 * last.speed_variance[i] + d**2 * first.speed_variance[j]
    return last.at[i] + u * gap, xy, np.sqrt(variance)
