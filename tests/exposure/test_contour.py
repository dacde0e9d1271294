"""Lines where a value is what was asked, and the area above it, whole."""

from __future__ import annotations

import numpy as np
import pytest

from garim.exposure import contour

XS, YS = np.linspace(-2, 2, 81), np.linspace(-1.5, 1.5, 61)
FAR = np.hypot(*np.meshgrid(XS, YS))


def area(polygon: list[tuple[float, float]]) -> float:
    x, y = np.array(polygon).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def test_a_circle() -> None:
    pieces = np.array(contour.lines(XS, YS, FAR, 1.0))
    assert np.linalg.norm(pieces, axis=2) == pytest.approx(1, abs=2e-3)
    assert np.linalg.norm(pieces[:, 0] - pieces[:, 1], axis=1).sum() == pytest.approx(2 * np.pi, rel=0.01)


def test_what_lies_outside_it() -> None:
    whole = sum(map(area, contour.above(XS, YS, FAR, 1.0)))
    assert whole == pytest.approx(12 - np.pi, rel=0.002)


def test_all_or_nothing() -> None:
    assert contour.lines(XS, YS, FAR, 9.0) == [] == contour.above(XS, YS, FAR, 9.0)
    assert contour.lines(XS, YS, FAR, -1.0) == []
    assert sum(map(area, contour.above(XS, YS, FAR, -1.0))) == pytest.approx(12)
