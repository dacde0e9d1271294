"""Clicked points with metres, and the file that they come in. Pure."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse

F64 = NDArray[np.float64]

HEADER = ("x_px", "y_px", "x_m", "y_m")
FEWEST = 6
MOST = 500
FARTHEST_M = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """`px` f64[n,2] in the upright picture, and where in the street they are: `metres` f64[n,2]."""

    px: F64
    metres: F64

    def __post_init__(self) -> None:
        if self.px.shape != self.metres.shape or self.px.ndim != 2 or self.px.shape[1] != 2:
            raise ValueError("points: two px and two metres each")

    def __len__(self) -> int:
        return len(self.px)

    def without(self, number: int) -> Points:
        """All but one."""
        rest = np.arange(len(self)) != number
        return Points(self.px[rest], self.metres[rest])


def read(text: str) -> Points:
    """The points of a CSV with the header `x_px,y_px,x_m,y_m`; lines that begin with # are remarks. Raises `Misuse`."""
    lines = [(number, line) for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(line for _, line in lines)), skipinitialspace=True))
    if not rows or tuple(cell.strip() for cell in rows[0]) != HEADER:
        raise Misuse(f"the points begin with the line {','.join(HEADER)}; nothing was written")
    if len(rows) - 1 > MOST:
        raise Misuse(f"{len(rows) - 1} points: {MOST} at most; nothing was written")
    values = [_row(row, number) for row, (number, _) in zip(rows[1:], lines[1:], strict=True)]
    both = np.array(values, np.float64).reshape(-1, 4)
    return Points(both[:, :2], both[:, 2:])


def _row(row: list[str], line: int) -> list[float]:
    try:
        values = [float(cell) for cell in row]
    except ValueError:
        raise Misuse(f"the points, line {line}: numbers, with a point for decimals; nothing was written") from None
    if len(values) != len(HEADER) or not all(map(math.isfinite, values)):
        raise Misuse(f"the points, line {line}: four numbers, {', '.join(HEADER)}; nothing was written")
    if max(map(abs, values[2:])) > FARTHEST_M:
        raise Misuse(f"the points, line {line}: {FARTHEST_M:.0f} m at most from the origin; nothing was written")
    return values


def refuse_unfit(points: Points, size: tuple[int, int]) -> None:
    """Raise `Misuse` where no ground can follow: too few, twice the same, outside the picture, all on a line."""
    if len(points) < FEWEST:
        raise Misuse(
            f"{len(points)} points are too few: {FEWEST} at least, ten are better; nothing was written. "
            "From four the error is near a metre"
        )
    outside = np.asarray(((points.px < 0) | (points.px > np.array(size))).any(axis=1))
    if outside.any():
        raise Misuse(
            f"point {_first(outside)} lies outside the picture, which has {size[0]} x {size[1]} px; nothing was "
            "written. Click in a frame of full size"
        )
    _refuse_twice(points, 1e-3 * math.hypot(*size))
    for what, where in (("in the picture", points.px), ("in the street", points.metres)):
        _refuse_line(where, what)


def _refuse_twice(points: Points, near_px: float) -> None:
    for what, where, near in (("px", points.px, near_px), ("metres", points.metres, 0.01)):
        apart = np.linalg.norm(where[:, None] - where[None], axis=2)
        first, second = np.nonzero(np.triu(apart < near, 1))
        if len(first):
            raise Misuse(
                f"points {first[0] + 1} and {second[0] + 1} are one place, by their {what}; nothing was written. "
                "Take another place for one of them"
            )


def _refuse_line(where: F64, what: str) -> None:
    """All but one on a line leave the plane free to turn about it."""
    spread = where - where.mean(axis=0)
    near = 0.03 * float(np.linalg.norm(spread, axis=1).max())
    for one in range(len(where)):
        along = where - where[one]
        for other in range(one + 1, len(where)):
            x, y = along[other] / np.linalg.norm(along[other])
            off = np.abs(along[:, 0] * y - along[:, 1] * x) > near
            if off.sum() < 2:
                raise Misuse(
                    f"all points but one lie on a line {what}, and do not tell how the ground lies beside it; "
                    "nothing was written. Spread them over the view"
                )


def _first(which: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(which)[0]) + 1
