"""Five points a face, checked once, at birth."""

from __future__ import annotations

import numpy as np
import pytest

from garim.core.landmarks import Landmarks


@pytest.mark.parametrize("shape", [(5, 2), (1, 4, 2), (1, 5, 3), (0,), (1, 2, 5)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"landmarks: f32\[n,5,2\]"):
        Landmarks(np.zeros(shape, np.float32))


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_nowhere_is_refused(odd: float) -> None:
    xy = np.zeros((2, 5, 2), np.float32)
    xy[1, 4, 1] = odd
    with pytest.raises(ValueError, match="all finite"):
        Landmarks(xy)


def test_there_may_be_none() -> None:
    assert len(Landmarks(np.zeros((0, 5, 2), np.float32))) == 0
