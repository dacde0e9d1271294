"""More people in one street: those who were there stay, all of them all the time, from the farthest to the nearest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from benchmarks._growth_clips import CAME, LASTS_S, faces_a_frame, gathered
from demo.backdrop import Backdrop
from demo.clip import Key, Person, Scene, Shot, Sprite, Truth, frames
from demo.scene import demo

HEAD = Sprite(np.full((60, 60, 3), 180, np.uint8), np.ones((60, 60), np.float32), (15, 15, 45, 55))
SHOWN = demo(HEAD, HEAD)


@pytest.mark.parametrize("count", [0, 1, 3, 7, 14])
def test_so_many_are_there_from_the_first_frame_to_the_last(count: int) -> None:
    (street,) = gathered(SHOWN, count, 5).shots
    assert street.frames == 150
    assert {person.number for person in street.people} == set(CAME[:count])
    assert {(person.keys[0].at_s, person.keys[-1].at_s) for person in street.people} <= {(0.0, LASTS_S)}
    largest = [max(key.size for key in person.keys) for person in street.people]
    assert largest == sorted(largest)


def test_everybody_of_the_demo_comes_once() -> None:
    assert sorted(CAME) == sorted(person.number for shot in SHOWN.shots for person in shot.people)


def test_a_shorter_film_is_the_beginning_of_the_longer_one() -> None:
    short, long = gathered(SHOWN, 3, 2).shots[0], gathered(SHOWN, 3, 5).shots[0]
    assert short.frames == 60
    assert short.people == long.people


def test_a_face_counts_where_a_quarter_of_it_shows() -> None:
    def truth(*visible: float) -> Truth:
        shares = np.array(visible, np.float32)
        return Truth(np.zeros((len(shares), 4), np.float32), np.arange(len(shares)), shares)

    assert faces_a_frame([truth(1, 0.2), truth(), truth(0.25, 0.5, 0.9)]) == pytest.approx(4 / 3)


def test_who_walks_out_of_the_picture_is_not_counted() -> None:
    out = Person(1, HEAD, (Key(0, 40, 60, 30), Key(1, -200, 60, 30)))
    rows = frames(Scene(160, 120, Fraction(10), (Shot(10, Backdrop(1), (out,)),)))
    assert 0 < faces_a_frame(truth for _, truth in rows) < 1
