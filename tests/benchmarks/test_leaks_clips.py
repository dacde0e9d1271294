"""Truth that composites and labels give: straight between key frames, none in a gap, none for who turned away."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from benchmarks._leaks_clips import HALVES, counted, developed, moment
from benchmarks._leaks_labels import LABELLED, between
from benchmarks._leaks_people import AWAY, Actor
from benchmarks._leaks_scenes import OBJECTS, Look
from benchmarks._leaks_worn import bowed
from demo.backdrop import Backdrop
from demo.clip import Key, Person, Scene, Shot, Sprite

from demo import clip

HEAD = Sprite(np.full((60, 60, 3), 180, np.uint8), np.ones((60, 60), np.float32), (15, 15, 45, 55))


def _row(person: int, run: int, frame: int, *box: float) -> dict[str, str]:
    sides = dict(zip(("x1", "y1", "x2", "y2"), map(str, box), strict=True))
    return {"person": f"{person}", "run": f"{run}", "frame": f"{frame}", **sides}


def test_boxes_go_straight_from_key_to_key_and_stay_away_between_runs() -> None:
    rows = [
        *(_row(1, 1, 2, 10, 0, 20, 10), _row(1, 1, 4, 14, 0, 24, 10)),
        *(_row(1, 2, 6, 50, 0, 60, 10), _row(2, 1, 3, 0, 0, 9, 9)),
    ]
    truth = between(rows, 7)
    assert [faces.person.tolist() for faces in truth] == [[], [], [1], [1, 2], [1], [], [1]]
    assert truth[3].xyxy[0].tolist() == [12, 0, 22, 10]


def test_labels_beyond_the_films_end_are_left_out() -> None:
    truth = between([_row(1, 1, 0, 0, 0, 9, 9), _row(1, 1, 10, 0, 0, 9, 9)], 3)
    assert [len(faces.person) for faces in truth] == [1, 1, 1]


def test_no_film_is_in_both_halves() -> None:
    assert set(LABELLED) == set(HALVES)
    assert not set(LABELLED["tune"]) & set(LABELLED["quoted"])


def _actor() -> Actor:
    return Actor(HEAD, HEAD, np.full(3, 40, np.float32))


def test_a_head_turned_away_shows_no_face_and_a_side_shows_a_narrower_one() -> None:
    who = _actor()
    ahead, aside, away = (who.turned(degrees) for degrees in (0, 60, AWAY + 1))
    assert (ahead.shows, aside.shows, away.shows) == (1, 1, 0)
    widths = [sprite.face[2] - sprite.face[0] for sprite in (ahead, aside)]
    assert widths[0] == pytest.approx(30)
    assert widths[1] < 24
    assert aside.face[0] > ahead.face[0]


def test_left_is_the_mirror_of_right() -> None:
    who = _actor()
    left, right = who.turned(-40), who.turned(40)
    np.testing.assert_allclose(left.matte, right.matte[:, ::-1], atol=1e-6)
    assert left.face[0] == pytest.approx(60 - right.face[2])


def test_a_bowed_head_keeps_its_width_and_loses_height() -> None:
    _, matte, face = bowed(HEAD.rgb.astype(np.float32), HEAD.matte, HEAD.face, 25)
    assert matte.shape == (60, 60)
    assert (face[0], face[2]) == (15, 45)
    assert 20 < face[3] - face[1] < 40


def _scene(number: int = 1) -> Scene:
    keys = (Key(0, 0, 100, 30), Key(2, 200, 100, 30))
    place = Backdrop(seed=1, pan_px_s=0)
    return Scene(320, 180, Fraction(25), (Shot(50, place, (Person(number, HEAD, keys),)),))


def test_a_still_is_the_middle_of_its_scene() -> None:
    whole = list(clip.frames(_scene()))
    (only,) = clip.frames(moment(_scene()))
    np.testing.assert_allclose(only[1].xyxy, whole[25][1].xyxy, atol=0.01)


def test_the_sensors_noise_does_not_fade_with_the_light() -> None:
    random = np.random.default_rng(1)
    dark = developed(np.full((90, 90, 3), 200, np.uint8), Look(gain=0.1, lift=20, noise=5), random)
    assert dark.mean() == pytest.approx(39.5, abs=1)
    assert dark.std() == pytest.approx(5, abs=0.3)
    plain_ = np.full((9, 9, 3), 77, np.uint8)
    assert developed(plain_, Look(crf=31), random) is plain_


@pytest.mark.parametrize(
    ("person", "visible", "side", "counts"),
    [(1, 0.3, 10, 1), (1, 0.29, 10, 0), (1, 1, 5, 0), (OBJECTS, 1, 10, 0), (0, 1, 10, 1), (1, 1, 0, 0)],
)
def test_what_counts_as_a_face(person: int, visible: float, side: float, counts: int) -> None:
    box = np.array([[5, 5, 5 + side, 5 + side]], np.float32)
    truth = clip.Truth(box, np.array([person]), np.array([visible], np.float32))
    assert len(counted(truth).person) == counts
