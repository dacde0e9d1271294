"""Where in the street a px is, in metres, and how surely. Pure.

Laws: a px at or above the horizon is nowhere (NaN), and infinitely unsure; the standard deviation holds the click's
noise and the fit's own, so it grows with distance and away from the points; `read(written(ground))` is `ground`.

The street is a plane. `homography` takes straight px (see `lens`) to metres, its sign so that what lies before the
camera has a positive third coordinate. Up is where the camera is, so points may be measured right- or left-handed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, Self, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse
from garim.exposure.lens import Lens

F64 = NDArray[np.float64]
T = TypeVar("T", int, str, list[Any], dict[str, Any])
Origin = Literal["points", "tsai"]

VERSION = 2
MOST_PX = 1 << 16
FOOT_PX = 3.0
"""Standard deviation of where a box's foot is, unless its finder knows better."""

NUMBERS = 10  # the homography's nine, and k1


class Verdict(StrEnum):
    """What the heights of people who walk on a ground say of it."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The plane that one camera sees, `size` (width, height) px upright.

    `homography` f64[3,3]: straight px to metres. `covariance` f64[10,10] of its nine numbers by rows and of k1, None
    where nobody knows it (Tsai). `focal_px`, in heights of a px, is None where the points do not tell it: then heights
    above the ground are not known. `error_px`: root mean square of the points' errors, None for Tsai.
    `people` is what those who walk on it say of it, unknown until they were asked.
    Raises `ValueError`.
    """

    homography: F64
    lens: Lens
    covariance: F64 | None
    size: tuple[int, int]
    error_px: float | None
    focal_px: float | None
    origin: Origin
    people: Verdict = Verdict.UNKNOWN

    def __post_init__(self) -> None:
        if self.homography.shape != (3, 3) or not np.isfinite(self.homography).all():
            raise ValueError("ground: a homography is nine finite numbers")
        # rows are of very different sizes
        largest = np.abs(self.homography).max(axis=1, keepdims=True)
        if not largest.all() or np.linalg.matrix_rank(self.homography / largest) < 3:
            raise ValueError("ground: a homography that can be inverted")
        if self.covariance is not None:
            _refuse_covariance(self.covariance)
        if not all(0 < side <= MOST_PX for side in self.size):
            raise ValueError("ground: a width and a height in px")
        if self.error_px is not None and not 0 <= self.error_px < np.inf:
            raise ValueError("ground: an error from 0 on")
        if self.focal_px is not None and not 0 < self.focal_px < np.inf:
            raise ValueError("ground: a focal length over 0")

    @property
    def distortion(self) -> float:
        """k1 of the lens; 0 where the points do not tell it."""
        return self.lens.k1

    def metres(self, px: F64, foot_px: float | F64 = FOOT_PX) -> tuple[F64, F64]:
        """Where the px f64[n,2] are on the ground: f64[n,2] m, and the standard deviation of either number, f64[n] m.

        `foot_px`, one or f64[n], is the standard deviation of the px themselves. NaN, and inf, where a px shows no
        ground. First order: sd^2 = trace(J S J') / 2, over the px and over the fit's numbers.
        """
        px = np.asarray(px, np.float64).reshape(-1, 2)
        straight = self.lens.straight(px)
        xyw = _through(self.homography, straight)
        seen = xyw[:, 2] > 0  # NaN is not
        with np.errstate(all="ignore"):  # what is not seen is put right below
            xy = xyw[:, :2] / xyw[:, 2:]
            variance = self._variance(px, straight, xy, xyw[:, 2], np.asarray(foot_px))
        return np.where(seen[:, None], xy, np.nan), np.where(seen, np.sqrt(variance), np.inf)

    def pixels(self, metres: F64, height_m: float | F64 = 0.0) -> F64:
        """Where points f64[n,2] m, `height_m` (one or f64[n]) above the ground, are in the picture: f64[n,2] px.

        NaN behind the camera. Above the ground it takes the focal length: raises `Misuse` where that is not known.
        """
        metres = np.asarray(metres, np.float64).reshape(-1, 2)
        uvw = _through(_inverse(self.homography), metres)
        if np.any(height_m):
            uvw += np.multiply.outer(np.broadcast_to(height_m, len(metres)), self.up)
        before = uvw[:, 2] > 0
        straight = np.divide(uvw[:, :2], uvw[:, 2:], out=np.full((len(metres), 2), np.nan), where=before[:, None])
        return self.lens.bent(straight)

    @property
    def up(self) -> F64:
        """One metre up, in homogeneous straight px, f64[3]; towards the camera's side. Raises `Misuse`."""
        up = self._upright()
        return up if self._eye(up)[2] > 0 else -up

    @property
    def camera_m(self) -> F64:
        """Where the camera is, f64[3] m: on the ground's x and y, and above it. Raises `Misuse`."""
        return self._eye(self.up)

    @property
    def camera_height_m(self) -> float:
        """How high the camera hangs. Raises `Misuse` where the focal length is not known."""
        return float(self.camera_m[2])

    def resized(self, size: tuple[int, int]) -> Self:
        """The same ground in the same view at another size, as of a camera's substream. Raises `Misuse`."""
        if size == self.size:
            return self
        wide, high = size[0] / self.size[0], size[1] / self.size[1]
        if abs(wide / high - 1) > 0.01:
            raise Misuse(
                f"the ground was measured in pictures of {self.size[0]} x {self.size[1]}, these are {size[0]} x "
                f"{size[1]}: another view; nothing was done. Calibrate this one"
            )
        shrunk = np.diag([1 / wide, 1 / high, 1])
        lens = replace(
            self.lens,
            centre=(self.lens.centre[0] * wide, self.lens.centre[1] * high),
            aspect=self.lens.aspect * high / wide,
            radius_px=self.lens.radius_px * high,
        )
        numbers = np.append(np.tile(np.diag(shrunk), 3), 1)
        return replace(
            self,
            homography=self.homography @ shrunk,
            lens=lens,
            covariance=None if self.covariance is None else self.covariance * np.outer(numbers, numbers),
            size=size,
            error_px=None if self.error_px is None else self.error_px * high,
            focal_px=None if self.focal_px is None else self.focal_px * high,
        )

    def _variance(self, px: F64, straight: F64, xy: F64, w: F64, foot_px: F64) -> F64:
        """Mean variance of the two numbers of `xy`, in square metres."""
        by_straight = (self.homography[:2, :2] - xy[:, :, None] * self.homography[2, :2]) / w[:, None, None]
        by_px, by_k1 = self.lens.slopes(px)
        by_click = by_straight @ by_px
        variance = foot_px**2 * (by_click**2).sum(axis=(1, 2)) / 2
        if self.covariance is None:
            return np.asarray(variance)
        slopes = np.zeros((len(px), 2, NUMBERS))
        ones = np.concatenate([straight, np.ones((len(px), 1))], axis=1) / w[:, None]
        slopes[:, 0, 0:3] = slopes[:, 1, 3:6] = ones
        slopes[:, :, 6:9] = -xy[:, :, None] * ones[:, None, :]
        slopes[:, :, 9] = np.einsum("nij,nj->ni", by_straight, by_k1)
        fit = np.einsum("nij,jk,nik->n", slopes, self.covariance, slopes) / 2
        return np.asarray(variance + np.maximum(fit, 0))

    def _upright(self) -> F64:
        """One metre along the ground's normal, in homogeneous straight px, in either direction: f64[3]."""
        if self.focal_px is None:
            raise Misuse("the points do not tell the camera's focal length, so nothing above the ground is known")
        to_px = _camera(self.lens, self.focal_px)
        across, along = (np.linalg.inv(to_px) @ np.linalg.inv(self.homography)).T[:2]
        normal = np.cross(across, along)
        # noise in the points leaves the two of slightly different lengths
        scale = np.sqrt(np.linalg.norm(across) * np.linalg.norm(along))
        return np.asarray(to_px @ normal * (scale / np.linalg.norm(normal)))

    def _eye(self, up: F64) -> F64:
        across, along, origin = np.linalg.inv(self.homography).T
        return np.asarray(-np.linalg.solve(np.stack([across, along, up], axis=1), origin))


def focal(homography: F64, lens: Lens) -> float | None:
    """The focal length, in heights of a px, that makes the ground's axes square to each other and of one length.

    Of the columns g of the inverse: g1' w g2 = 0 and g1' w g1 = g2' w g2 with w = diag(1/f^2, 1/f^2, 1) (Zhang 2000,
    "A flexible new technique for camera calibration"), solved for f^2 by least squares. None where the view is from
    straight above, which no plane tells apart, or no camera sees it so.
    """
    columns = np.linalg.inv(_camera(lens, 1.0)) @ np.linalg.inv(homography)
    (x1, x2), (y1, y2), (z1, z2) = columns[:, :2]
    far = np.array([2 * z1 * z2, z1 * z1 - z2 * z2])
    near = np.array([2 * (x1 * x2 + y1 * y2), x1 * x1 + y1 * y1 - x2 * x2 - y2 * y2])
    square = -(far @ near) / max(far @ far, np.finfo(float).tiny)
    return float(np.sqrt(square)) if 0 < square < MOST_PX**2 else None


def _camera(lens: Lens, focal_px: float) -> F64:
    x, y = lens.centre
    return np.array([[focal_px / lens.aspect, 0, x], [0, focal_px, y], [0, 0, 1]])


def _inverse(homography: F64) -> F64:
    return np.asarray(np.linalg.inv(homography), np.float64)


def _through(matrix: F64, points: F64) -> F64:
    """Points f64[n,2] through f64[3,3], homogeneous: f64[n,3]."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def _refuse_covariance(covariance: F64) -> None:
    if covariance.shape != (NUMBERS, NUMBERS) or not np.isfinite(covariance).all():
        raise ValueError(f"ground: a covariance is {NUMBERS} by {NUMBERS} finite numbers")
    if not np.allclose(covariance, covariance.T, rtol=1e-9, atol=0) or (np.diag(covariance) < 0).any():
        raise ValueError("ground: a covariance is symmetric, with nothing negative on its diagonal")


def written(ground: Ground) -> str:
    """The ground as JSON; every number reads back as it was."""
    lens = ground.lens
    tree = {
        "garim_ground": VERSION,
        "origin": ground.origin,
        "size": list(ground.size),
        "homography": ground.homography.tolist(),
        "lens": {"k1": lens.k1, "centre": list(lens.centre), "aspect": lens.aspect, "radius_px": lens.radius_px},
        "focal_px": ground.focal_px,
        "error_px": ground.error_px,
        "covariance": None if ground.covariance is None else ground.covariance.tolist(),
        "people": ground.people.value,
    }
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(part)}" for name, part in tree.items()) + "\n}\n"


def read(text: str) -> Ground:
    """The ground that `text` holds. Raises `Misuse` with what is wrong."""
    try:
        return _parsed(json.loads(text))
    except json.JSONDecodeError as error:
        raise Misuse(f"the ground is not JSON: line {error.lineno}: {error.msg}; nothing was done") from None
    except (ValueError, RecursionError) as error:
        raise Misuse(f"the ground is not one of garim's: {error}; nothing was done") from None


_NAMES = {"garim_ground", "origin", "size", "homography", "lens", "focal_px", "error_px", "covariance", "people"}


def _parsed(tree: Any) -> Ground:
    if _field(int, tree, "garim_ground") != VERSION:
        raise ValueError(f"this garim reads version {VERSION}; calibrate again")
    lens = _field(dict, tree, "lens")
    if set(tree) != _NAMES or set(lens) != {"k1", "centre", "aspect", "radius_px"}:
        raise ValueError("it has a field too many or too few")
    origin = _field(str, tree, "origin")
    if origin not in get_args(Origin):
        raise ValueError("origin is points or tsai")
    size, centre = _field(list, tree, "size"), _numbers(lens["centre"], (2,)).tolist()
    if len(size) != 2 or not all(type(side) is int for side in size):
        raise ValueError("size is a width and a height in px")
    covariance = None if tree["covariance"] is None else _numbers(tree["covariance"], (NUMBERS, NUMBERS))
    return Ground(
        _numbers(tree["homography"], (3, 3)),
        Lens(_number(lens["k1"]), (centre[0], centre[1]), _number(lens["aspect"]), _number(lens["radius_px"])),
        covariance,
        (size[0], size[1]),
        None if tree["error_px"] is None else _number(tree["error_px"]),
        None if tree["focal_px"] is None else _number(tree["focal_px"]),
        "points" if origin == "points" else "tsai",
        Verdict(_field(str, tree, "people")),
    )


def _number(value: Any) -> float:
    return float(_numbers(value, ()))


def _numbers(value: Any, shape: Sequence[int]) -> F64:
    """Nested lists of JSON's numbers, of just this shape; its true and its "12" are none."""
    if not shape:
        if type(value) not in (int, float) or abs(value) > 1e300:
            raise ValueError("a number is missing, or is none")
        return np.array(float(value))
    if type(value) is not list or len(value) != shape[0]:
        raise ValueError("a list is missing, or has another length")
    return np.stack([_numbers(part, shape[1:]) for part in value])


def _field(kind: type[T], tree: Any, name: str) -> T:
    value = tree.get(name) if type(tree) is dict else None
    if type(value) is not kind:
        raise ValueError(f"{name} is missing, or no {kind.__name__}")
    return value
