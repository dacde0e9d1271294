"""Whether poses answer a challenge: by law over made motions, and by Intel's filmed heads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.filmed import FPS, MAN, PAIR, WOMAN, cut, filmed, mirrored

from garim.gate.answer import BACK, MOVED_DEG, Answered, Motion, answer, noses
from garim.gate.moves import SHOWS, TURNS, YAW, Move

FACE = np.array([[40, 45], [80, 45], [60, 65], [45, 85], [75, 85]], np.float32)


def made(moves: Sequence[Move], *, deg: float = 28.0, own: Sequence[float] = (0, 0, 0), step: float = 6.0) -> Motion:
    """A head with its `own` frontal pose that makes `moves`, `deg` wide, and comes back each time."""
    poses = [np.zeros(3)] * 3
    for move in moves:
        axis, sign = SHOWS[move]
        for angle in [*np.arange(0, deg, step), deg, deg, *np.arange(deg, 0, -step)]:
            poses.append(np.eye(3)[axis] * sign * angle)
        poses += [np.zeros(3)] * 2
    turns = np.array(poses, np.float32)
    points = np.tile(FACE, (len(turns), 1, 1))
    points[:, 2, 0] += 40 * 0.6 * np.sin(np.radians(turns[:, YAW]))
    boxes = np.tile(np.array([20, 10, 100, 110], np.float32), (len(turns), 1))
    return Motion(turns + np.array(own, np.float32), points, boxes, np.arange(len(turns)) / FPS)


def lawful(count: int) -> st.SearchStrategy[list[Move]]:
    moves = st.lists(st.sampled_from(list(Move)), min_size=count, max_size=count)
    return moves.filter(lambda m: TURNS & set(m) and all(a is not b for a, b in pairwise(m)))


@given(st.integers(2, 4).flatmap(lawful), st.tuples(st.floats(-9, 9), st.floats(-15, 15), st.floats(-9, 9)))
def test_who_makes_the_moves_out_of_their_own_frontal_pose_answers(moves: list[Move], own: tuple[float, ...]) -> None:
    found = answer(made(moves, own=own), moves)
    assert (found.outcome, found.seen) == (Answered.ANSWERED, tuple(moves))
    assert len(found.turning) == len(moves) and found.frontal


@given(lawful(3), lawful(3))
def test_other_moves_do_not(asked: list[Move], shown: list[Move]) -> None:
    outcome = answer(made(shown), asked).outcome
    assert outcome is (Answered.ANSWERED if asked == shown else Answered.OTHER_MOVES)


@given(lawful(3))
def test_one_less_and_one_more_do_not(moves: list[Move]) -> None:
    assert answer(made(moves[:-1]), moves).outcome is Answered.MISSING_MOVES
    assert answer(made(moves), moves[:-1]).outcome is Answered.OTHER_MOVES
    assert answer(made([]), moves).outcome is Answered.NO_MOVE


@given(lawful(3))
def test_a_mirrored_film_of_the_right_moves_is_wrong(moves: list[Move]) -> None:
    motion = made(moves)
    assert answer(motion, moves).outcome is Answered.ANSWERED
    assert answer(mirrored(motion, 120), moves).outcome is Answered.OTHER_MOVES
    assert answer(mirrored(mirrored(motion, 120), 120), moves).outcome is Answered.ANSWERED


def test_frames_are_named_for_comparing() -> None:
    motion = made([Move.LEFT, Move.UP])
    found = answer(motion, [Move.LEFT, Move.UP])
    assert (np.abs(motion.poses[list(found.frontal)] / MOVED_DEG) < BACK).all()
    assert [float(np.abs(motion.poses[i]).max()) for i in found.turning] == [28, 28]
    assert found.frontal[0] in range(3) or not motion.poses[found.frontal[0]].any()


def test_too_small_a_move_is_none_and_a_rest_inside_one_is_not_two() -> None:
    moves = [Move.LEFT, Move.RIGHT]
    assert answer(made(moves, deg=15), moves).outcome is Answered.NO_MOVE
    assert answer(made([Move.LEFT, Move.LEFT, Move.RIGHT]), moves).outcome is Answered.ANSWERED


def test_a_move_ends_only_well_under_where_it_began() -> None:
    motion = made([Move.LEFT, Move.RIGHT], step=2)
    shaken = motion.poses + np.random.default_rng(3).normal(0, 2, motion.poses.shape).astype(np.float32)
    found = answer(Motion(shaken, motion.points, motion.boxes, motion.at), [Move.LEFT, Move.RIGHT])
    assert found.outcome is Answered.ANSWERED


def test_nobody_who_never_looks_ahead_is_frontal() -> None:
    assert answer(made([Move.LEFT, Move.UP], own=(30, 0, 0)), [Move.LEFT, Move.UP]).outcome is Answered.NO_FRONTAL
    assert answer(cut(made([]), [0]), [Move.LEFT, Move.UP]).outcome is Answered.TOO_FEW


def changed(motion: Motion, **fields: object) -> Motion:
    held = {name: np.array(getattr(motion, name)) for name in ("poses", "points", "boxes", "at")}
    return Motion(**{**held, **fields})  # type: ignore[arg-type]


MOVES = [Move.LEFT, Move.DOWN]


def test_a_gap_in_time_is_a_cut() -> None:
    motion = made(MOVES)
    assert motion.at is not None
    assert answer(changed(motion, at=motion.at + (np.arange(len(motion)) > 5)), MOVES).outcome is Answered.GAP
    assert answer(changed(motion, at=motion.at[::-1]), MOVES).outcome is Answered.GAP
    assert answer(changed(motion, at=motion.at * 0), MOVES).outcome is Answered.GAP
    assert answer(Motion(motion.poses, motion.points, motion.boxes), MOVES).outcome is Answered.ANSWERED


def test_a_face_that_leaps_is_a_cut() -> None:
    motion = made(MOVES)
    late = (np.arange(len(motion)) > 5)[:, None]
    moved = motion.boxes + late * np.array([60, 0, 60, 0])
    grown = motion.boxes + late * np.array([-20, -20, 20, 20])
    for boxes in (moved, grown):
        assert answer(changed(motion, boxes=boxes.astype(np.float32)), MOVES).outcome is Answered.JUMP


def test_a_pose_that_leaps_is_a_cut() -> None:
    assert answer(made(MOVES, step=28), MOVES).outcome is Answered.JUMP


def test_a_turn_that_leaves_the_nose_where_it_was_is_flat() -> None:
    motion = made(MOVES)
    still = np.tile(FACE, (len(motion), 1, 1))
    assert answer(changed(motion, points=still), MOVES).outcome is Answered.FLAT
    swapped = motion.points.copy()
    swapped[:, 2, 0] = 2 * 60 - swapped[:, 2, 0]  # the nose goes the other way
    assert answer(changed(motion, points=swapped), MOVES).outcome is Answered.FLAT


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.floats(-50, 50))
def test_no_turn_of_a_flat_picture_moves_its_nose(matrix: list[float], shift: float) -> None:
    linear = np.array(matrix).reshape(2, 2)
    if abs(np.linalg.det(linear)) < 0.1:
        return
    turned = (FACE @ linear.T + shift).astype(np.float32)
    assert noses(turned[None])[0] == pytest.approx(noses(FACE[None])[0], abs=1e-3)


def test_points_on_one_line_have_no_nose() -> None:
    assert noses(np.zeros((1, 5, 2), np.float32)).tolist() == [0]


def test_a_motion_is_checked_at_birth() -> None:
    motion = made(MOVES)
    for fields in ({"points": motion.points[:-1]}, {"at": np.zeros(3)}, {"poses": motion.poses * np.nan}):
        with pytest.raises(ValueError, match="motion"):
            changed(motion, **fields)


# filmed heads


@pytest.mark.weights
def test_the_woman_answers_three_moves_and_no_others() -> None:
    motion = filmed(WOMAN)
    moves = (Move.RIGHT, Move.LEFT, Move.RIGHT)
    assert answer(motion, moves).outcome is Answered.ANSWERED
    assert answer(motion, moves[:2]).outcome is Answered.OTHER_MOVES
    assert answer(motion, (Move.LEFT, Move.RIGHT, Move.LEFT)).outcome is Answered.OTHER_MOVES
    assert answer(motion, (*moves, Move.UP)).outcome is Answered.MISSING_MOVES
    assert answer(mirrored(motion, 480), moves).outcome is Answered.OTHER_MOVES


@pytest.mark.weights
def test_from_her_first_frontal_frame_on_she_answers_two() -> None:
    assert answer(cut(filmed(WOMAN), slice(8, None)), (Move.LEFT, Move.RIGHT)).outcome is Answered.ANSWERED
    assert answer(cut(filmed(WOMAN), slice(8, 20)), (Move.LEFT, Move.RIGHT)).outcome is Answered.MISSING_MOVES


@pytest.mark.weights
def test_a_smile_and_closed_eyes_are_no_move() -> None:
    found = answer(filmed(MAN), (Move.UP, Move.LEFT))
    assert (found.outcome, found.seen) == (Answered.NO_MOVE, ())
    assert len(found.frontal) == len(filmed(MAN))


@pytest.mark.weights
def test_a_head_that_is_tilted_tilts() -> None:
    motion = filmed(PAIR, 240, 480)
    assert answer(motion, (Move.TILT_RIGHT, Move.LEFT)).seen == (Move.TILT_RIGHT,)
    assert answer(mirrored(motion, 240), (Move.TILT_RIGHT, Move.LEFT)).seen == (Move.TILT_LEFT,)


@pytest.mark.weights
def test_a_film_with_its_middle_cut_out_jumps() -> None:
    jumps = cut(filmed(WOMAN), [*range(6), *range(9, 23)])  # from -48 degrees to 0 at once
    assert answer(jumps, (Move.RIGHT, Move.LEFT, Move.RIGHT)).outcome is Answered.JUMP
