"""The truth is exact: what is hidden or outside does not count, and boxes end where the picture does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from demo.backdrop import Backdrop
from demo.clip import Key, Person, Scene, Shot, Sprite, Truth, frames
from hypothesis import given
from hypothesis import strategies as st

# a red board of 40 x 60 with a face of 20 x 30 in its middle
BOARD = Sprite(np.full((60, 40, 3), (200, 30, 30), np.uint8), np.ones((60, 40), np.float32), (10.0, 15.0, 30.0, 45.0))


def standing(number: int, x: float, y: float, size: float = 30, tilt: float = 0, opacity: float = 1) -> Person:
    return Person(number, BOARD, (Key(0, x, y, size, tilt, 1, opacity), Key(9, x, y, size, tilt, 1, opacity)))


def scene(*people: Person, count: int = 1) -> Scene:
    return Scene(160, 120, Fraction(30), (Shot(count, Backdrop(seed=3), people),), noise=0)


def truth(*people: Person) -> Truth:
    return next(seen for _, seen in frames(scene(*people)))


def test_a_face_in_full_view_stands_where_it_is_marked() -> None:
    seen = truth(standing(7, 80.3, 60.6))
    assert seen.person.tolist() == [7]
    assert seen.visible[0] == 1
    np.testing.assert_allclose(seen.xyxy[0], (70.3, 45.6, 90.3, 75.6), atol=1e-4)


def test_the_pixels_are_where_the_truth_says() -> None:
    bare, _ = next(frames(scene()))
    picture, seen = next(frames(scene(standing(1, 80, 60, size=60))))
    ys, xs = np.nonzero((picture != bare).any(axis=2))
    # the board reaches half a face further on each side
    assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == (40, 0, 120, 120)
    assert seen.xyxy[0].tolist() == [60, 30, 100, 90]
    assert picture[60, 80].tolist() == [200, 30, 30]


def test_wholly_behind_another_is_not_visible() -> None:
    seen = truth(standing(1, 80, 60, size=20), standing(2, 80, 60, size=60))
    assert seen.visible.tolist() == [0, 1]
    assert seen.xyxy[0].tolist() == [0, 0, 0, 0]


def test_half_behind_another_is_half_visible_and_its_box_is_the_open_half() -> None:
    seen = truth(standing(1, 60, 60), standing(2, 80, 60))
    # the nearer board begins 20 px left of its centre, in the middle of the farther face
    assert seen.visible[0] == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(seen.xyxy[0], (50, 45, 60, 75), atol=1e-4)
    assert seen.visible[1] == 1


def test_hidden_in_the_middle_keeps_its_box() -> None:
    seen = truth(standing(1, 80, 60, size=60), standing(2, 80, 60, size=10))
    assert 0.5 < seen.visible[0] < 1
    assert seen.xyxy[0].tolist() == [60, 30, 100, 90]


def test_half_a_matte_hides_half() -> None:
    thin = replace(BOARD, matte=np.full((60, 40), 0.4, np.float32))
    veil = Person(2, thin, (Key(0, 80, 60, 60), Key(9, 80, 60, 60)))
    assert truth(standing(1, 80, 60, size=20), veil).visible[0] == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize(("x", "y"), [(-15, 60), (175, 60), (80, -20), (80, 140)])
def test_outside_the_picture_is_not_visible(x: float, y: float) -> None:
    seen = truth(standing(1, x, y))
    assert seen.visible.tolist() == [0]
    assert seen.xyxy.tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("x", "y", "box"),
    [
        (0, 60, (0, 45, 10, 75)),
        (160, 60, (150, 45, 160, 75)),
        (80, 0, (70, 0, 90, 15)),
        (80, 120, (70, 105, 90, 120)),
    ],
)
def test_a_face_on_the_edge_is_half_visible_and_its_box_ends_there(
    x: float, y: float, box: tuple[int, int, int, int]
) -> None:
    seen = truth(standing(1, x, y))
    assert seen.visible[0] == pytest.approx(0.5, abs=0.02)
    assert seen.xyxy[0].tolist() == list(box)


@given(
    x=st.floats(-40, 200),
    y=st.floats(-40, 160),
    size=st.floats(4, 200),
    tilt=st.floats(-15, 15),
)
def test_boxes_never_leave_the_picture(x: float, y: float, size: float, tilt: float) -> None:
    seen = truth(standing(1, x, y, size, tilt), standing(2, 80, 60))
    low, high = seen.xyxy[:, :2], seen.xyxy[:, 2:]
    assert (low >= 0).all() and (high <= (160, 120)).all() and (low <= high).all()
    assert (seen.visible >= 0).all() and (seen.visible <= 1).all()
    # what is visible has a box, and what has a box is visible
    assert ((high > low).all(axis=1) == (seen.visible > 0)).all()


def test_a_tilted_face_has_the_box_of_its_turned_ellipse() -> None:
    seen = truth(standing(1, 80, 60, size=60, tilt=15))
    half_x, half_y = (
        np.hypot(20 * np.cos(np.pi / 12), 30 * np.sin(np.pi / 12)),
        np.hypot(20 * np.sin(np.pi / 12), 30 * np.cos(np.pi / 12)),
    )
    np.testing.assert_allclose(seen.xyxy[0], (80 - half_x, 60 - half_y, 80 + half_x, 60 + half_y), atol=1e-3)


def test_a_mirrored_sprite_mirrors_its_face() -> None:
    aside = replace(BOARD, face=(2.0, 5.0, 22.0, 35.0))
    assert aside.mirrored().face == (18.0, 5.0, 38.0, 35.0)
    assert aside.mirrored().mirrored().face == aside.face


def test_people_are_there_from_their_first_key_to_their_last() -> None:
    passing = Person(4, BOARD, (Key(1 / 30, 20, 60, 30), Key(3 / 30, 80, 60, 30)))
    seen = [seen for _, seen in frames(scene(passing, count=6))]
    assert [len(each.person) for each in seen] == [0, 1, 1, 1, 0, 0]
    assert seen[2].xyxy[0, 0] == pytest.approx(40, abs=1e-3)


def test_a_cut_changes_the_place_at_once() -> None:
    one, two = Shot(2, Backdrop(seed=1), (standing(1, 30, 60),)), Shot(2, Backdrop(seed=2), (standing(2, 130, 60),))
    pictures, seen = zip(*frames(Scene(160, 120, Fraction(30), (one, two), noise=0)), strict=True)
    assert [each.person.tolist() for each in seen] == [[1], [1], [2], [2]]

    def change(index: int) -> float:
        return float(np.abs(pictures[index].astype(int) - pictures[index - 1]).mean())

    assert change(2) > 3 * change(1)


def test_fast_people_are_drawn_out_along_their_way() -> None:
    def edge(speed_px: float) -> int:
        running = Person(1, BOARD, (Key(0, 40, 60, 30), Key(1, 40 + 30 * speed_px, 60, 30)))
        still = scene(count=2)
        bare = [picture for picture, _ in frames(still)][1].astype(int)
        drawn = [picture for picture, _ in frames(scene(running, count=2))][1].astype(int)
        row = np.abs(drawn - bare)[60].sum(axis=1)
        return int(((row > 0) & (row < row.max() * 0.7)).sum())

    assert edge(16) > edge(0.1)


def test_the_same_scene_is_the_same_film() -> None:
    noisy = replace(scene(standing(1, 80, 60), count=3), noise=2.0, seed=5)
    first, again = list(frames(noisy)), list(frames(noisy))
    assert all((a == b).all() for (a, _), (b, _) in zip(first, again, strict=True))
    other = next(picture for picture, _ in frames(replace(noisy, seed=6)))
    assert (other != first[0][0]).any()


def test_keys_rise() -> None:
    with pytest.raises(ValueError, match="rising"):
        Person(1, BOARD, (Key(1, 0, 0, 30), Key(0, 0, 0, 30)))


def test_a_sprite_has_a_matte_for_each_pixel() -> None:
    with pytest.raises(ValueError, match="matte"):
        Sprite(BOARD.rgb, BOARD.matte[1:], BOARD.face)
