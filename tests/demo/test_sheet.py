"""The contact sheet shows the film from end to end, and its fullest moments."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from demo.sheet import Moment, chosen, sheet


def test_even_moments_and_the_fullest() -> None:
    faces = [0] * 100 + [3] * 100 + [1] * 100
    faces[160] = faces[161] = 9
    notes = chosen(faces, even=3, crowded=1)
    assert notes == {50: "nobody", 150: "3 faces", 160: "9 faces", 250: "1 face"}
    assert list(notes) == sorted(notes)


def test_a_short_film_is_shown_once_a_frame() -> None:
    assert list(chosen([1, 1])) == [0, 1]


def test_before_stands_above_after() -> None:
    white, black = np.full((90, 160, 3), 255, np.uint8), np.zeros((90, 160, 3), np.uint8)
    moments = [Moment(Fraction(index), white, black) for index in range(4)]
    pixels = np.asarray(sheet(moments, "title", "subtitle"))
    column = pixels[:, 36 + 240].sum(axis=1)
    above, below = np.nonzero(column == 255 * 3)[0], np.nonzero(column == 0)[0]
    # two rows of moments: 270 px of each kind in either
    assert len(above) == len(below) == 2 * 270
    assert above[0] < below[0] < above[-1] < below[-1]
