"""TRAILS -> WALKS: where on the ground somebody was, in metres, and how sure that is. Pure.

Laws: the whole trail tells of each of its moments, later ones of earlier ones; a person keeps one height; where the
foot is hidden the head tells; what is said to be sure is no surer than detectors are.

Foot, head and middle of the boxes (`measured`) are fitted with a path of constant velocity that is shaken by
ACCELERATION, and with one height: 4 unknowns a moment (x, y and their speeds), tied to its neighbours only, and 1 a
trail. What `chain` makes of it is what the smoother of Rauch, Tung and Striebel (1965) gives. Numbers that disagree
with the path count less (Student's t): a foot behind a parked car is far above where the path says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from garim.exposure.chain import solved
from garim.exposure.follow import Trail
from garim.exposure.ground import Ground
from garim.exposure.measured import BIAS, Measured, measured, moments

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

ACCELERATION = 0.5  # m/s of speed changed in a second, 1 sd
SPEED_M_S = 1.2  # each way, before anything is known, 1 sd: people walk at 1.4
HEIGHT_M, HEIGHT_SD_M = 1.70, 0.12  # adults, with shoes
HEIGHTS_M = np.arange(1.0, 2.2, 0.02)  # those that are tried to begin with
FREEDOM = 4.0  # degrees of Student's t
FAR_M = 5.0  # a foot less sure than this says nothing to begin with
ROUNDS = 3
SMALL_M = 0.01  # for derivatives
ALIKE = 3.0  # deviations within which a box is as high as its person
FEWEST = 3  # boxes like that, on which a way can be begun


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One unnamed person's way: `at` f64[k] s, rising; `xy` f64[k,2] m; `sd` f64[k] m, of x as of y; `height_m`.

    `said` f32[f,4] is what was said of the mask, as in `worn.Signs`; no place depends on it.
    """

    at: F64
    xy: F64
    sd: F64
    height_m: float
    said: F32 = field(default_factory=lambda: np.empty((0, 4), np.float32))

    def __post_init__(self) -> None:
        k = len(self.at)
        if k == 0 or self.xy.shape != (k, 2) or self.sd.shape != (k,):
            raise ValueError("walk: a place and a deviation each moment, and at least one")
        if not (np.diff(self.at) > 0).all():
            raise ValueError("walk: times rise")


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """`state` f64[n,4]: x, y m and their speeds m/s; `height` f64 m of each trail."""

    state: F64
    height: F64


def walked(trail: Trail, ground: Ground) -> Walk | None:
    """The way of one trail over `ground`; None where none of it is on the ground."""
    (walk,) = walks([trail], ground)
    return walk


def walks(trails: Sequence[Trail], ground: Ground) -> tuple[Walk | None, ...]:
    """The way of each trail over `ground`, None where none of it is: all in one go, which takes less time.

    Where a trail was not seen for more than half a second there are moments in between, and their deviation says so.
    """
    first = [_first(trail, ground) for trail in trails]
    real = [number for number, place in enumerate(first) if place is not None]
    answer: list[Walk | None] = [None] * len(trails)
    if real:
        seen = measured([trails[number] for number in real], ground.size)
        path, sd = _fitted(seen, np.concatenate([place for place in first if place is not None]), ground)
        for which, number in enumerate(real):
            rows = seen.trail == which
            answer[number] = Walk(seen.at[rows], path.state[rows, :2], sd[rows], float(path.height[which]))
    return tuple(answer)


def _first(trail: Trail, ground: Ground) -> F64 | None:
    """Where the feet say that it was, at each of its moments: f64[k,2]."""
    foot = np.stack([trail.xyxy[:, [0, 2]].mean(axis=1), trail.xyxy[:, 3]], axis=1).astype(float)
    xy, sd = ground.metres(foot)
    sure = sd < FAR_M
    if not sure.any():
        return None
    at = moments(trail)
    return np.stack([np.interp(at, trail.at[sure], xy[sure, side]) for side in (0, 1)], axis=1)


def _fitted(seen: Measured, xy: F64, ground: Ground) -> tuple[_Path, F64]:
    """The path that explains best what was seen, starting from `xy`; its standard deviation f64[n] m."""
    ties = _ties(seen)
    heights, agree = _heights(seen, xy, ground)
    xy = _bridged(seen, xy, agree)
    path = _Path(np.concatenate([xy, np.zeros_like(xy)], axis=1), heights)
    for _ in range(ROUNDS):
        expected, slope, by_height = _projected(seen, path, ground)
        path, variance = _step(seen, path, ties, (expected, slope, by_height))
    # how far a foot that is BIAS too low is from where it should be
    foot = slope[:, :2]
    flat = np.maximum(np.abs(np.linalg.det(foot)), 1e-9)
    lasting = BIAS * seen.high * np.hypot(foot[:, 0, 0], foot[:, 0, 1]) / flat
    return path, np.sqrt((variance + lasting**2) / 2)


def _ties(seen: Measured) -> tuple[F64, F64]:
    """What is known before anything is seen, as a chain: diagonal f64[n,4,4] and what lies beside it f64[n-1,4,4].

    The inverse covariance of a velocity shaken by white noise, over a step t: [[12/t^3, -6/t^2], [-6/t^2, 4/t]] / q.
    """
    step = np.where(np.diff(seen.trail) == 0, np.diff(seen.at), np.inf)
    a, b, c = 12 / step**3, 6 / step**2, 4 / step
    inward, outward, across = (
        np.array([[a, b], [b, c]]),
        np.array([[a, -b], [-b, c]]),
        np.array([[-a, b], [-b, c / 2]]),
    )
    each = np.moveaxis(np.stack([inward, outward, across]), 3, 1) / ACCELERATION**2
    diagonal = np.zeros((len(seen.at), 2, 2))
    diagonal[:-1] += each[0]
    diagonal[1:] += each[1]
    diagonal[seen.start, 1, 1] += 1 / SPEED_M_S**2
    diagonal[seen.start, 0, 0] += 1e-6  # anywhere within a kilometre
    return _both_ways(diagonal), _both_ways(each[2])


def _both_ways(blocks: F64) -> F64:
    """f64[n,2,2] of place and speed, for x and y alike: f64[n,4,4]."""
    wide: F64 = np.einsum("nij,kl->nikjl", blocks, np.eye(2)).reshape(len(blocks), 4, 4)
    return wide


def _projected(seen: Measured, path: _Path, ground: Ground) -> tuple[F64, F64, F64]:
    """What a box on the path would say f64[n,3] px; its slopes by place f64[n,3,2] and by height f64[n], px a metre.

    In the order of `Measured`, but foot and middle first: middle, bottom, top.
    """
    n, xy = len(seen.at), path.state[:, :2]
    if ground.focal_px is None:  # then nothing above the ground is known
        height = middle = np.zeros(n)
    else:
        height = path.height[seen.trail]
        middle = height / 2
    moved = np.concatenate([xy, xy + np.array([SMALL_M, 0]), xy + np.array([0, SMALL_M])])
    levels = np.concatenate([np.tile(middle, 3), np.zeros(3 * n), np.tile(height, 3), height + SMALL_M])
    px = ground.pixels(np.concatenate([moved, moved, moved, xy]), levels if height.any() else 0.0)
    grid = np.stack([px[: 3 * n, 0], px[3 * n : 6 * n, 1], px[6 * n : 9 * n, 1]]).reshape(3, 3, n)
    expected = grid[:, 0].T
    slope = np.moveaxis((grid[:, 1:] - grid[:, :1]) / SMALL_M, 2, 0)
    return expected, slope, (px[9 * n :, 1] - expected[:, 2]) / SMALL_M


def _step(seen: Measured, path: _Path, ties: tuple[F64, F64], projected: tuple[F64, F64, F64]) -> tuple[_Path, F64]:
    """One step of Gauss and Newton: a better path, and the sum of its variances in x and in y f64[n]."""
    expected, slope, by_height = projected
    off = seen.z - expected
    worth = (FREEDOM + 1) / (FREEDOM + (off / seen.sd) ** 2) / seen.variance
    worth = np.where(np.isfinite(off) & np.isfinite(slope).all(axis=2), worth, 0.0)
    if not by_height.any():
        worth[:, 2] = 0
    off, slope, by_height = (np.nan_to_num(part) for part in (off, slope, by_height))
    height = path.height[seen.trail]
    told = off + np.einsum("nij,nj->ni", slope, path.state[:, :2])
    told[:, 2] += by_height * height
    diagonal, right = ties[0].copy(), np.zeros((len(off), 4, 2))
    diagonal[:, :2, :2] += np.einsum("nia,ni,nib->nab", slope, worth, slope)
    right[:, :2, 0] = np.einsum("nia,ni->na", slope, worth * told)
    right[:, :2, 1] = slope[:, 2] * (worth[:, 2] * by_height)[:, None]
    x, own = solved(diagonal, ties[1], right)
    # the one height of a trail is tied to all its moments: it is eliminated last (Schur's complement)
    tied = np.einsum("nar,na->nr", x, right[:, :, 1])
    share = worth[:, 2] * by_height
    known = 1 / HEIGHT_SD_M**2 + seen.a_trail(share * by_height - tied[:, 1])
    tall = (HEIGHT_M / HEIGHT_SD_M**2 + seen.a_trail(share * told[:, 2] - tied[:, 0])) / known
    state = x[:, :, 0] - x[:, :, 1] * tall[seen.trail, None]
    variance = own[:, 0, 0] + own[:, 1, 1] + (x[:, :2, 1] ** 2).sum(axis=1) / known[seen.trail]
    return _Path(state, tall), variance


def _heights(seen: Measured, xy: F64, ground: Ground) -> tuple[F64, NDArray[np.bool_]]:
    """The height of each trail that most of its boxes agree on, if their feet are where they seem: f64[trails] m.

    And which boxes agree: of the others something is hidden, the foot or the head.
    """
    if ground.focal_px is None:
        return np.full(len(seen.start), HEIGHT_M), np.ones(len(xy), bool)
    low, high = (ground.pixels(xy, level)[:, 1] for level in (HEIGHT_M - SMALL_M, HEIGHT_M + SMALL_M))
    by_height = (high - low) / (2 * SMALL_M)
    each = HEIGHT_M + (seen.z[:, 2] - (low + high) / 2) / by_height
    sd = np.hypot(seen.sd[:, 1], seen.sd[:, 2]) / np.abs(by_height)
    off = (each[:, None] - HEIGHTS_M) / sd[:, None]
    unlike = (FREEDOM + 1) / 2 * np.log1p(off**2 / FREEDOM)
    whole = np.asarray(np.isfinite(unlike).all(axis=1) & np.isfinite(seen.variance[:, 1:]).all(axis=1))
    # a box is worth as much as its white noise says: neighbours repeat one another
    unlike = np.where(whole[:, None], unlike, 0.0) * (seen.sd**2 / seen.variance)[:, 1:2]
    before = ((HEIGHTS_M - HEIGHT_M) / HEIGHT_SD_M) ** 2 / 2
    best = np.argmin(seen.a_trail(unlike) + before, axis=1)
    return HEIGHTS_M[best], whole & np.asarray(np.abs(np.nan_to_num(off)[np.arange(len(xy)), best[seen.trail]]) < ALIKE)


def _bridged(seen: Measured, xy: F64, agree: NDArray[np.bool_]) -> F64:
    """`xy` where boxes agree, and straight on between; the same where too few do.

    From there whichever of foot and head fits a way is the nearer one. From a hidden foot it would seem to be the head
    that is wrong.
    """
    answer = xy.copy()
    for rows in np.split(np.arange(len(xy)), seen.start[1:]):
        good = rows[agree[rows]]
        if len(good) >= max(FEWEST, len(rows) / 5):
            for side in (0, 1):
                answer[rows, side] = np.interp(seen.at[rows], seen.at[good], xy[good, side])
    return answer
