"""What is printed of an attack, and when the goal counts as met."""

from __future__ import annotations

from benchmarks._attack_sums import Told
from benchmarks._attack_tables import Row, attacks, goal

CHANCE, SEEN = Told(0.5, 0.5, 0.5, 102), Told(0.91, 0.88, 0.94, 102)


def _row(leaked: int = 0, published: int = 204, **beside: Told) -> Row:
    every = dict.fromkeys(("gallery", "parrot", "pixels", "around", "shape"), CHANCE)
    return Row("Garim", "fill (default)", every | beside, leaked, published, 204)


def test_a_row_has_each_attack_with_its_interval_and_what_was_left() -> None:
    line = attacks([_row(shape=SEEN, leaked=3, published=203)]).splitlines()[-1]
    assert line.count("0.500 (0.500 to 0.500)") == 4
    assert line.endswith("| 0.910 (0.880 to 0.940) | 3 of 203; 1 not published |")


def test_the_goal_is_about_the_face_and_the_rest_is_said() -> None:
    said = goal(_row(around=SEEN))
    assert ": met." in said and "collar: dlib 0.910 (0.880 to 0.940)" in said


def test_one_attack_that_does_better_than_a_coin_is_enough() -> None:
    assert "**not met** (px, redacted alike)" in goal(_row(pixels=SEEN))
