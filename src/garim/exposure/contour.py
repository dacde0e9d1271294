"""Lines of one value, and the area above it, over a lattice of values, by marching squares. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Place = tuple[float, float]

_CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))  # row and column, once round


def lines(xs: F64, ys: F64, values: F64, level: float) -> list[tuple[Place, Place]]:
    """Pieces of the line along which `values` f64[len(ys),len(xs)] are `level`, linear between."""
    pieces = []
    for corners in _cells(xs, ys, values, level):
        crossed = [place for place, on_line in _walk(corners, level) if on_line]
        pieces += list(zip(crossed[::2], crossed[1::2], strict=False))
    return pieces


def above(xs: F64, ys: F64, values: F64, level: float) -> list[list[Place]]:
    """Polygons that together are where `values` are over `level`; whole cells of a row are one."""
    polygons = [[place for place, _ in _walk(corners, level)] for corners in _cells(xs, ys, values, level)]
    high = values > level
    whole = high[:-1, :-1] & high[:-1, 1:] & high[1:, :-1] & high[1:, 1:]
    for row, full in enumerate(whole):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], full.astype(np.int8), [0]])))
        for first, last in edges.reshape(-1, 2):
            left, right, top, bottom = map(float, (xs[first], xs[last], ys[row], ys[row + 1]))
            polygons.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    return polygons


def _cells(xs: F64, ys: F64, values: F64, level: float) -> Iterator[list[tuple[float, float, float]]]:
    """The cells through which the line goes: x, y and value of each corner, once round."""
    high = values > level
    count = high[:-1, :-1].astype(int) + high[:-1, 1:] + high[1:, :-1] + high[1:, 1:]
    for row, column in np.argwhere((count > 0) & (count < 4)).tolist():
        yield [(float(xs[column + c]), float(ys[row + r]), float(values[row + r, column + c])) for r, c in _CORNERS]


def _walk(corners: list[tuple[float, float, float]], level: float) -> Iterator[tuple[Place, bool]]:
    """Corners above, and crossings (marked), in order round the cell."""
    for (x, y, value), (x2, y2, value2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if value > level:
            yield (x, y), False
        if (value > level) != (value2 > level):
            share = (level - value) / (value2 - value)
            yield (x + share * (x2 - x), y + share * (y2 - y)), True
