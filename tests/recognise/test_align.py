"""Similarity and warp against transforms that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.recognise.faces import POINTS

from garim.recognise.align import aligned, similarity, warped

laws = settings(deadline=None)
F64 = NDArray[np.float64]


def transform(angle: float, scale: float, x: float, y: float) -> F64:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, [x, y]])


def after(points: F64, to: F64) -> F64:
    return np.asarray(points @ to[:, :2].T + to[:, 2])


@laws
@given(st.floats(-3.1, 3.1), st.floats(0.01, 50), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_similarity_is_found_again(angle: float, scale: float, x: float, y: float) -> None:
    to, points = transform(angle, scale, x, y), POINTS.astype(np.float64)
    assert similarity(points, after(points, to)) == pytest.approx(to, rel=1e-6, abs=1e-6)


@laws
@given(st.integers(0, 10_000), st.floats(-0.02, 0.02), st.floats(0.98, 1.02), st.floats(-1, 1), st.floats(-1, 1))
def test_no_other_is_nearer(seed: int, angle: float, scale: float, x: float, y: float) -> None:
    source, target = np.random.default_rng(seed).normal(size=(2, 5, 2)) * 20
    best = similarity(source, target)
    near = transform(np.arctan2(best[1, 0], best[0, 0]) + angle, np.hypot(best[0, 0], best[1, 0]) * scale, 0, 0)
    near[:, 2] = best[:, 2] + [x, y]
    assert ((after(source, best) - target) ** 2).sum() <= ((after(source, near) - target) ** 2).sum() + 1e-9


def test_it_never_mirrors() -> None:
    points = POINTS.astype(np.float64)
    assert np.linalg.det(similarity(points, points * [-1, 1])[:, :2]) > 0


def test_one_point_is_no_face() -> None:
    with pytest.raises(ValueError, match="not all one"):
        similarity(np.full((5, 2), 7.0), POINTS.astype(np.float64))


def test_nothing_moves_and_nothing_changes() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    assert np.array_equal(warped(rgb, transform(0, 1, 0, 0), 40), rgb)


def test_a_quarter_turn_is_exact() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (40, 40, 3), np.uint8)
    quarter = np.array([[0.0, -1, 39], [1, 0, 0]])  # clockwise on a screen, y downwards
    assert np.array_equal(warped(rgb, quarter, 40), np.rot90(rgb, -1))


def test_half_a_pixel_is_the_mean_of_two() -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[:, 4] = 200
    moved = warped(rgb, transform(0, 1, 0.5, 0), 8)
    assert (moved[:, [4, 5]] == 100).all() and (moved[:, [3, 6]] == 0).all()


def test_outside_is_black() -> None:
    white = np.full((20, 20, 3), 255, np.uint8)
    shifted = warped(white, transform(0, 1, 10, 0), 20)
    assert (shifted[:, :10] == 0).all() and (shifted[:, 10:] == 255).all()
    assert not warped(white, transform(0, 1, 1e6, -1e6), 20).any()


@pytest.mark.parametrize("block", [2, 3, 7])
def test_a_large_picture_is_averaged_and_stays_in_its_place(block: int) -> None:
    """A smooth slope: whatever is averaged, the value says where it is."""
    y, x = np.mgrid[:420, :420]
    rgb = np.stack([x, y, (x + y) / 2], axis=2).astype(np.float64) * 255 / 420
    small = warped(rgb.astype(np.uint8), transform(0, 1 / block, 0, 0), 420 // block)
    rows, columns = np.mgrid[: 420 // block, : 420 // block]
    inner = slice(2, -2)
    assert small[inner, inner, 0] == pytest.approx((columns * block * 255 / 420)[inner, inner], abs=2)
    assert small[inner, inner, 1] == pytest.approx((rows * block * 255 / 420)[inner, inner], abs=2)


def test_no_pixel_of_a_large_picture_goes_unseen() -> None:
    board = np.indices((400, 400)).sum(axis=0) % 2 * 255  # sampled, it would be all black or all white
    small = warped(np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8), transform(0, 0.1, 0, 0), 40)
    assert np.abs(small[1:-1, 1:-1].astype(int) - 128).max() <= 2


def test_an_aligned_face_has_its_points_where_they_belong() -> None:
    rgb = np.zeros((300, 300, 3), np.uint8)
    to = transform(0.4, 2.0, 120, 20)
    points = after(POINTS.astype(np.float64), to)
    for x, y in points:
        rgb[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = 255
    face = aligned(rgb, points.astype(np.float32), POINTS.astype(np.float64), 100)
    assert all(face[int(y), int(x)].min() > 200 for x, y in POINTS)
    assert (face > 100).any(axis=2).sum() < 5 * 20
