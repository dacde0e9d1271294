"""A lens bends and unbends by its formula, exactly, and knows where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.exposure.lens import Lens, plain

lenses = st.builds(
    lambda k1, x, y, aspect: Lens(k1, (x, y), aspect, 700.0),
    st.floats(-0.3, 2),
    st.floats(500, 800),
    st.floats(200, 500),
    st.floats(0.5, 2),
)
places = st.tuples(st.floats(0, 1280), st.floats(0, 720))


@given(lenses, places)
def test_bent_undoes_straight(lens: Lens, place: tuple[float, float]) -> None:
    px = np.array([place])
    straight = lens.straight(px)
    if np.isfinite(straight).all():
        by_px = lens.slopes(px)[0][0]
        assert np.abs(lens.bent(straight) - px).max() < 1e-6 / max(np.linalg.det(by_px), 1e-4)


@given(lenses, places)
def test_slopes_are_those_of_straight(lens: Lens, place: tuple[float, float]) -> None:
    px = np.array([place])
    by_px, by_k1 = lens.slopes(px)
    if not np.isfinite(lens.straight(px * 1.0001)).all() or not np.isfinite(lens.straight(px)).all():
        return
    for side in range(2):
        step = np.eye(2)[side] * 1e-4
        change = (lens.straight(px + step) - lens.straight(px - step)) / 2e-4
        if np.isfinite(change).all():
            assert change[0] == pytest.approx(by_px[0, :, side], abs=1e-4)
    more = Lens(lens.k1 + 1e-6, lens.centre, lens.aspect, lens.radius_px)
    change = (more.straight(px) - lens.straight(px)) / 1e-6
    if np.isfinite(change).all():
        assert change == pytest.approx(by_k1, abs=1e-2)


def test_the_formula() -> None:
    lens = Lens(0.1, (100.0, 50.0), 2.0, 100.0)
    # 30 px to the right are 60 heights of a px, 80 down: r = 1
    assert lens.straight(np.array([[130.0, 130.0]])) == pytest.approx(np.array([[133.0, 138.0]]))
    assert plain((600, 800)).straight(np.array([[1.0, 2.0]])).tolist() == [[1.0, 2.0]]


def test_beyond_its_reach_there_is_nothing() -> None:
    lens = Lens(-0.3, (0.0, 0.0), 1.0, 100.0)  # folds at r = 1.054
    assert np.isfinite(lens.straight(np.array([[105.0, 0]]))).all()
    assert np.isnan(lens.straight(np.array([[106.0, 0]]))).all()
    assert np.isnan(lens.bent(np.array([[71.0, 0]]))).all()
    assert np.isfinite(lens.bent(np.array([[70.0, 0]]))).all()
    assert lens.bent(np.array([[0.0, 0]])).tolist() == [[0, 0]]


@pytest.mark.parametrize("wrong", [(np.nan, 1.0, 1.0), (0.0, 0.0, 1.0), (0.0, 1.0, -1.0), (0.0, np.inf, 1.0)])
def test_no_lens(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="lens"):
        Lens(wrong[0], (0, 0), wrong[1], wrong[2])
