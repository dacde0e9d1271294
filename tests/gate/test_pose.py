"""Poses have the signs and sizes that moves are told by; a picture's part is what it should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as Pillow
from tests.gate.filmed import MAN, PAIR, WOMAN, filmed, london, looker, turned

from garim.core.image import Image
from garim.gate.crop import resampled
from garim.gate.moves import PITCH, ROLL, SHOWS, YAW, Move
from garim.gate.pose import around


@pytest.mark.weights
@pytest.mark.parametrize("move", list(Move))
def test_a_head_that_is_turned_by_a_known_angle_shows_it(move: Move) -> None:
    axis, sign = SHOWS[move]
    bgr = np.ascontiguousarray(london(kind="neutral")[0][::2, ::2])
    _, points = looker().face(bgr)
    angles = [0.0, 0.0, 0.0]
    angles[axis] = sign * 30.0
    ahead, away = looker().motion([turned(bgr, points), turned(bgr, points, *angles)]).poses
    changed = (away - ahead) * sign
    assert 15 < changed[axis] < 45
    assert np.abs(np.delete(away - ahead, axis)).max() < 12


@pytest.mark.weights
def test_filmed_heads_turn_as_they_are_seen_to() -> None:
    woman, man, tilted = filmed(WOMAN).poses, filmed(MAN).poses, filmed(PAIR, 240, 480).poses
    assert woman[0, YAW] < -40 and woman[12, YAW] > 25 and woman[-1, YAW] < -20
    assert np.ptp(man, axis=0).max() < 12  # he smiles, closes his eyes and opens his mouth
    assert tilted[0, ROLL] > -15 and tilted[-1, ROLL] < -35


@pytest.mark.weights
def test_a_mirrored_face_has_mirrored_angles() -> None:
    pictures = london(20)
    poses = looker().motion(pictures).poses
    mirrors = looker().motion([bgr[:, ::-1] for bgr in pictures]).poses
    differ = np.abs(poses - mirrors * np.array([-1, 1, -1])).mean(axis=0)
    assert (differ < [2.5, 4, 3]).all()
    assert (np.abs(poses[:, [YAW, ROLL]]) < 10).all() and (np.abs(poses[:, PITCH]) < 25).all()


def test_what_the_network_is_shown_is_a_square_around_the_face() -> None:
    left, top, right, bottom = around(np.array([10, 20, 50, 80], np.float32))
    assert right - left == bottom - top == pytest.approx(72)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((30, 50))


def test_a_part_is_what_pillow_makes_of_it() -> None:
    bgr = np.random.default_rng(5).integers(0, 256, (97, 131, 3)).astype(np.uint8)
    shown = resampled(bgr, np.array([-13, 7, 120, 103], np.float32), (40, 33))
    other = Pillow.fromarray(bgr).crop((-13, 7, 120, 103)).resize((40, 33), Pillow.Resampling.BILINEAR)
    differ = np.abs(shown.astype(int) - np.asarray(other))
    assert differ[2:-2, 2:-2].max() <= 1  # Pillow does not look past the edge of what it cut out


@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(1, 150), st.integers(1, 90))
@example(0.0, 1e-6, 1.0, 1)  # float32 makes a little less than one of it
def test_a_part_of_one_colour_is_of_one_colour(x: float, y: float, size: float, side: int) -> None:
    bgr = np.full((50, 50, 3), 77, np.uint8)
    shown = resampled(bgr, np.array([x, y, x + size, y + size], np.float32), (side, side))
    assert shown.shape == (side, side, 3) and shown.max() <= 77
    inside = x >= size / side and y >= size / side and x + size * (1 + 1 / side) <= 49
    if inside and size >= side and y + size * (1 + 1 / side) <= 49:
        assert shown.min() == 77


def test_a_part_outside_is_black_and_one_of_nothing_is_refused() -> None:
    bgr = np.full((50, 50, 3), 77, np.uint8)
    assert not resampled(bgr, np.array([500, 500, 600, 600], np.float32), (8, 8)).any()
    for box in ([5, 5, 5, 9], [0, 0, np.nan, 4], [9, 9, 3, 3]):
        with pytest.raises(ValueError, match="part"):
            resampled(bgr, np.array(box, np.float32), (8, 8))


@pytest.mark.weights
def test_boxes_are_in_px_of_the_original() -> None:
    bgr = london(kind="neutral")[0]
    box, _ = looker().face(bgr)
    half = np.ascontiguousarray(bgr[::2, ::2])
    assert looker().pose(Image(half, 0.5), box) == pytest.approx(looker().pose(Image(bgr, 1.0), box), abs=3)
