"""A ground from clicked points: fitted, checked against each point left out, refused where it is bad. Pure.

Laws: a distortion is fitted only where leaving points out proves it, and where it is not the standard deviation still
knows that lenses bend; noise is never believed to be less than a hand and a tape measure have; a refusal says which
point to look at.

Normalised direct linear transform first (Hartley 1997, "In defense of the eight-point algorithm"), then
Levenberg-Marquardt on the distance between clicked and predicted px.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import fdtrc

from garim.core.errors import Misuse
from garim.exposure.ground import NUMBERS, Ground, focal
from garim.exposure.lens import Lens, plain
from garim.exposure.points import Points, refuse_unfit

F64 = NDArray[np.float64]

HAND = 0.0015  # a click's standard deviation, as a share of the picture's diagonal: 1.4 px in 768 x 576
HAND_COUNTS = 4  # how many numbers that is worth beside those measured
MOST_ERROR = 0.008  # root mean square of all points' errors, share of the diagonal
MOST_LEFT_OUT = 0.02  # ... and of each predicted from the others
STANDS_OUT = 3.0  # a point is to blame whose leaving out divides the others' error by this
FEWEST_BENT = 8  # points that can tell a distortion at all
CHANCE = 0.01  # that a distortion is accepted where there is none
LEAST_GAIN = 0.9  # ... and the left out points' error with it, at most, of that without
K1 = (-0.3, 2.0)  # beyond, the picture folds within its corners, or is a fisheye's
K1_UNTOLD = 0.03  # standard deviation of the k1 of a lens that looks straight to the points
MOST_FOCAL_SD = 0.25  # share of the focal length


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A ground, and how its points agree with it.

    `off_px` f64[n,2]: predicted minus clicked. `off_m` f64[n]: how far the px lie from where the tape measure says.
    `left_out_px` f64[n]: each point's distance from where the others put it. `height_sd_m`: the camera height's
    standard deviation, None where there is none.
    """

    ground: Ground
    points: Points
    off_px: F64
    off_m: F64
    left_out_px: F64
    height_sd_m: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """One minimum: `to_px` f64[3,3] from metres to straight px, the `off` f64[n,2] px, and slopes f64[2n,p]."""

    to_px: F64
    lens: Lens
    off: F64
    slopes: F64
    numbers: F64
    scales: tuple[F64, F64]

    @property
    def square(self) -> float:
        return float((self.off**2).sum())

    @property
    def free(self) -> int:
        """How many numbers are left to tell the noise by."""
        return int(self.off.size - self.slopes.shape[1])


def fit(points: Points, size: tuple[int, int], *, aspect: float = 1.0) -> Fit:
    """The ground that `points` show in pictures of `size`, whose px are `aspect` times as wide as high.

    Raises `Misuse` where they are too few, badly placed, or do not agree.
    """
    refuse_unfit(points, size)
    lens, diagonal = plain(size, aspect), float(np.hypot(*size))
    flat = _solved(points, lens, bends=False)
    left_out = _left_out(points, flat)
    bent = _bent(points, lens, flat, left_out)
    if bent is not None:
        flat, left_out = bent
    _refuse_bad(points, flat, left_out, diagonal, lambda rest: _solved(rest, lens, bends=bent is not None))
    return _told(points, size, flat, left_out, HAND * diagonal)


def _bent(points: Points, lens: Lens, flat: _Solved, left_out: F64) -> tuple[_Solved, F64] | None:
    """The fit with a distortion, where the points prove that there is one."""
    if len(points) < FEWEST_BENT:
        return None
    solved = _solved(points, lens, bends=True)
    if not K1[0] < solved.lens.k1 < K1[1]:
        return None
    gain = (flat.square - solved.square) * solved.free / max(solved.square, 1e-12)
    if fdtrc(1, solved.free, max(gain, 0.0)) > CHANCE:
        return None
    others = _left_out(points, solved)
    if not _rms(others) <= LEAST_GAIN * _rms(left_out):
        return None
    return solved, others


def _solved(points: Points, lens: Lens, *, bends: bool) -> _Solved:
    from_px, from_m = _normal(points.px), _normal(points.metres)
    start = _direct(_through(from_m, points.metres), _through(from_px, points.px))
    first = (start / start[2, 2]).ravel()[:8]
    return _least(points, lens, np.append(first, 0.0) if bends else first, (from_px, from_m))


def _least(points: Points, lens: Lens, first: F64, scales: tuple[F64, F64]) -> _Solved:
    """The least squares of px from `first` on: eight numbers of the homography between scaled points, and k1."""
    from_px, from_m = scales
    to_px = np.linalg.inv(from_px)

    def parts(numbers: F64) -> tuple[F64, Lens]:
        homography = to_px @ np.append(numbers[:8], 1).reshape(3, 3) @ from_m
        bent = replace(lens, k1=float(numbers[8])) if len(numbers) > 8 else lens
        return homography, bent

    def off(numbers: F64) -> F64:
        homography, bent = parts(numbers)
        # k1 far below 0 bends some px out of reach: as bad as anything can be, and still a number
        return np.nan_to_num(bent.bent(_through(homography, points.metres)) - points.px, nan=1e6).ravel()

    found: Any = least_squares(off, first, method="lm", x_scale="jac")
    homography, bent = parts(found.x)
    return _Solved(homography, bent, found.fun.reshape(-1, 2), found.jac, found.x, scales)


def _direct(there: F64, here: F64) -> F64:
    """The homography from `there` to `here`, f64[n,2] each, of the least algebraic error: f64[3,3]."""
    ones, none = np.column_stack([there, np.ones(len(there))]), np.zeros((len(there), 3))
    rows = np.concatenate([np.hstack([ones, none, -here[:, :1] * ones]), np.hstack([none, ones, -here[:, 1:] * ones])])
    return np.asarray(np.linalg.svd(rows)[2][-1].reshape(3, 3))


def _normal(points: F64) -> F64:
    """Moves the middle to the origin, and the mean distance to the square root of two: f64[3,3]."""
    middle = points.mean(axis=0)
    scale = float(np.sqrt(2) / np.linalg.norm(points - middle, axis=1).mean())
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])


def _through(matrix: F64, points: F64) -> F64:
    uvw = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(uvw[:, :2] / uvw[:, 2:])


def _left_out(points: Points, solved: _Solved) -> F64:
    """How far each point is from where all others put it: f64[n] px."""
    far = []
    for number in range(len(points)):
        rest = _least(points.without(number), solved.lens, solved.numbers, solved.scales)
        there = rest.lens.bent(_through(rest.to_px, points.metres[[number]]))[0]
        far.append(float(np.linalg.norm(there - points.px[number])))
    return np.array(far)


def _refuse_bad(
    points: Points, solved: _Solved, left_out: F64, diagonal: float, again: Callable[[Points], _Solved]
) -> None:
    depths = points.metres @ solved.to_px[2, :2] + solved.to_px[2, 2]
    if (depths.min() <= 0) == (depths.max() > 0):
        raise Misuse(
            "the horizon runs through the points, so they do not all lie on one ground before the camera; nothing "
            "was written. Look for metres with the wrong sign, or in the wrong line"
        )
    error, far = _rms(np.linalg.norm(solved.off, axis=1)), _rms(left_out)
    if error <= MOST_ERROR * diagonal and far <= MOST_LEFT_OUT * diagonal:
        return
    raise Misuse(
        f"the points do not agree: {error:.1f} px off (at most {MOST_ERROR * diagonal:.1f}), {far:.1f} px where each "
        f"is left out (at most {MOST_LEFT_OUT * diagonal:.1f}); nothing was written. {_blame(points, solved, again)}"
    )


def _blame(points: Points, solved: _Solved, again: Callable[[Points], _Solved]) -> str:
    """Which point to look at: the one without which the others agree."""
    rest = [again(points.without(number)) for number in range(len(points))]
    alone = np.array([one.square / max(one.free, 1) for one in rest])
    worst = int(alone.argmin())
    if STANDS_OUT**2 * alone[worst] < solved.square / solved.free and len(points) > 6:
        return f"Without point {worst + 1} the others do: measure it again"
    largest = int(np.linalg.norm(solved.off, axis=1).argmax())
    return f"No single one is to blame; point {largest + 1} is off most. Add points, and measure the odd ones again"


def _told(points: Points, size: tuple[int, int], solved: _Solved, left_out: F64, hand_px: float) -> Fit:
    variance = (solved.square + HAND_COUNTS * hand_px**2) / (solved.free + HAND_COUNTS)
    to_px = solved.to_px
    depth = float((points.metres @ to_px[2, :2] + to_px[2, 2]).mean())
    homography = np.linalg.inv(to_px) * np.sign(depth)
    scale = float(np.linalg.norm(homography))
    homography = homography / scale
    covariance = _covariance(solved, points, variance) / np.outer(*[np.append(np.full(9, scale), 1)] * 2)
    error = _rms(np.linalg.norm(solved.off, axis=1))
    focal_px = _focal(homography, solved.lens, covariance)
    ground = Ground(homography, solved.lens, covariance, size, error, focal_px, "points")
    where, _ = ground.metres(points.px)
    off_m = np.linalg.norm(where - points.metres, axis=1)
    return Fit(ground, points, solved.off, off_m, left_out, height_sd(ground))


def _covariance(solved: _Solved, points: Points, variance: float) -> F64:
    """Of the nine numbers of the inverse of `to_px` and of k1, for px of that `variance`: f64[10,10].

    With H = inv(to_px), to_px = A X B: dH = -H A dX B H, and rows side by side turn that into a Kronecker product.
    """
    slopes, known = solved.slopes, np.zeros((9, 9))
    if slopes.shape[1] == 8:
        bends = -solved.lens.slopes(points.px)[1].ravel()
        slopes = np.column_stack([slopes, bends])
        known[8, 8] = K1_UNTOLD**-2
    from_px, from_m = solved.scales
    inverse = np.linalg.inv(solved.to_px)
    left, right = inverse @ np.linalg.inv(from_px), from_m @ inverse
    turned = np.zeros((NUMBERS, 9))
    turned[:9, :8] = np.kron(-left, right.T)[:, :8]
    turned[9, 8] = 1
    covariance = turned @ np.linalg.pinv(slopes.T @ slopes / variance + known, hermitian=True) @ turned.T
    return np.asarray((covariance + covariance.T) / 2)


def _focal(homography: F64, lens: Lens, covariance: F64) -> float | None:
    """The focal length, where the points tell it well enough to speak of heights."""
    found = focal(homography, lens)
    if found is None:
        return None
    sd = _sd(lambda moved: focal(moved, lens), homography, covariance)
    return found if sd is not None and sd <= MOST_FOCAL_SD * found else None


def height_sd(ground: Ground) -> float | None:
    """The standard deviation of the camera's height, m; None where the fit does not tell it."""
    if ground.covariance is None or ground.focal_px is None:
        return None

    def height(moved: F64) -> float | None:
        focal_px = focal(moved, ground.lens)
        if focal_px is None:
            return None
        return Ground(moved, ground.lens, None, ground.size, None, focal_px, "points").camera_height_m

    return _sd(height, ground.homography, ground.covariance)


def _sd(told: Callable[[F64], float | None], homography: F64, covariance: F64) -> float | None:
    """The standard deviation of what `told` says of a homography, by differences along the covariance's own axes."""
    sizes = np.sqrt(np.maximum(np.diag(covariance)[:9], np.finfo(float).tiny))
    values, axes = np.linalg.eigh(covariance[:9, :9] / np.outer(sizes, sizes))
    variance = 0.0
    for value, axis in zip(values, axes.T, strict=True):
        step = (np.sqrt(max(value, 0.0)) * axis * sizes).reshape(3, 3)
        ahead, behind = told(homography + step), told(homography - step)
        if ahead is None or behind is None:
            return None
        variance += ((ahead - behind) / 2) ** 2
    return float(np.sqrt(variance))


def _rms(values: F64) -> float:
    return float(np.sqrt((values**2).mean()))
