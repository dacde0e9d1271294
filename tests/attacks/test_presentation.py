"""What is held before the camera instead of a head: which of it is refused, and which passes, as README says.

Each starts from photographs of real people, the answer to the challenge known to the attacker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.gate.filmed import WOMAN, clip, cut, filmed, london, looker, mirrored, turned

from garim.gate.answer import Answered, answer
from garim.gate.moves import SHOWS, Move

U8 = NDArray[np.uint8]

PEOPLE = 2
TURNS = (Move.LEFT, Move.RIGHT)
ANGLES = (0, 0, 10, 20, 30, 40, 40, 30, 20, 10, 0, 0)

pytestmark = pytest.mark.weights


def photographs() -> list[U8]:
    return [np.ascontiguousarray(bgr[::2, ::2]) for bgr in london(35, "neutral")[:PEOPLE]]


def film(bgr: U8, moves: Sequence[Move], *, flat: bool) -> list[U8]:
    """A photograph that is turned as the challenge asks, frame by frame."""
    _, points = looker().face(bgr)
    axes = ("yaw", "pitch", "roll")
    return [
        turned(bgr, points, flat=flat, **{axes[SHOWS[move][0]]: SHOWS[move][1] * angle})
        for move in moves
        for angle in ANGLES
    ]


def outcomes(moves: Sequence[Move], make: Callable[[U8], Sequence[U8]], people: int = PEOPLE) -> set[Answered]:
    return {answer(looker().motion(make(bgr)), moves).outcome for bgr in photographs()[:people]}


def test_a_printed_photograph_that_is_held_still_is_refused() -> None:
    rng = np.random.default_rng(1)

    def shaken(bgr: U8) -> list[U8]:
        return [np.roll(bgr, rng.integers(-4, 5, 2), (0, 1)) for _ in range(12)]

    assert outcomes(TURNS, shaken) == {Answered.NO_MOVE}


def test_a_printed_photograph_that_is_turned_to_the_sides_is_refused() -> None:
    assert outcomes(TURNS, lambda bgr: film(bgr, TURNS, flat=True)) == {Answered.NO_MOVE}


def test_a_printed_photograph_that_is_nodded_is_refused() -> None:
    """One of the two may be seen where paper is tipped by 40 degrees; never both."""
    moves = (Move.UP, Move.DOWN)
    assert Answered.ANSWERED not in outcomes(moves, lambda bgr: film(bgr, moves, flat=True))


def test_a_printed_photograph_that_is_tilted_passes_for_a_tilt_so_that_no_challenge_is_tilts_alone() -> None:
    asked = (Move.TILT_LEFT, Move.LEFT, Move.TILT_RIGHT)
    seen = {answer(looker().motion(film(bgr, asked, flat=True)), asked).seen for bgr in photographs()}
    assert seen == {(Move.TILT_LEFT, Move.TILT_RIGHT)}


def test_a_film_with_the_wrong_turns_is_refused() -> None:
    motion = filmed(WOMAN)
    for asked in ((Move.LEFT, Move.RIGHT, Move.LEFT), (Move.RIGHT, Move.UP, Move.RIGHT), (Move.RIGHT, Move.LEFT)):
        assert answer(motion, asked).outcome is Answered.OTHER_MOVES


def test_a_film_played_backwards_is_refused_but_for_a_challenge_that_reads_the_same() -> None:
    part, back = slice(8, 16), slice(15, 7, -1)  # ahead, left; left, ahead
    forward, backward = cut(filmed(WOMAN), slice(8, None)), cut(filmed(WOMAN), slice(None, 7, -1))
    assert answer(forward, TURNS).outcome is Answered.ANSWERED
    assert answer(backward, TURNS).outcome is Answered.OTHER_MOVES
    assert answer(cut(filmed(WOMAN), part), TURNS).seen == answer(cut(filmed(WOMAN), back), TURNS).seen


def test_a_mirrored_film_is_refused() -> None:
    assert answer(filmed(WOMAN), (Move.RIGHT, Move.LEFT, Move.RIGHT)).outcome is Answered.ANSWERED
    assert answer(mirrored(filmed(WOMAN), 480), (Move.RIGHT, Move.LEFT, Move.RIGHT)).outcome is Answered.OTHER_MOVES


def test_a_mirrored_film_is_refused_by_its_pixels_too() -> None:
    motion = looker().motion(clip(WOMAN)[:, :, ::-1])
    assert answer(motion, (Move.LEFT, Move.RIGHT, Move.LEFT)).outcome is Answered.ANSWERED
    assert answer(motion, (Move.RIGHT, Move.LEFT, Move.RIGHT)).outcome is Answered.OTHER_MOVES


def test_three_photographs_shown_in_turn_are_refused() -> None:
    motion = filmed(WOMAN)
    slides = cut(motion, [9, 9, 12, 12, 9, 9, 0, 0])  # ahead, left, ahead, right
    assert answer(slides, TURNS).outcome is Answered.JUMP


def test_a_photograph_given_a_depth_passes() -> None:
    """It passes, and README says so: what a computer renders to order is not told from a head by how it turns."""
    moves = (Move.LEFT, Move.UP, Move.RIGHT)
    assert outcomes(moves, lambda bgr: film(bgr, moves, flat=False), people=1) == {Answered.ANSWERED}
