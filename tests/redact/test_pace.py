"""Looks are never farther apart than the fastest face takes for half its width."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garim.core.boxes import Boxes
from garim.redact.again import SURE
from garim.redact.pace import Pace

MOST = 12
laws = settings(deadline=None)


def face(x: float, width: float, score: float = 1.0) -> Boxes:
    return Boxes(np.array([[x, 50, x + width, 50 + 1.3 * width]], np.float32), np.array([score], np.float32))


def looked_at(
    pace: Pace, shown: dict[int, Boxes] | None, frames: int, cuts: frozenset[int] = frozenset()
) -> Iterator[int]:
    """The frames that `pace` asks for, when each shows `shown[i]`, or nothing."""
    for i in range(frames):
        if pace.due(i, cut=i in cuts):
            pace.told(i, shown[i] if shown else Boxes.none())
            yield i


def test_where_nobody_is_looks_are_as_far_apart_as_they_may() -> None:
    assert list(looked_at(Pace(MOST), None, 50)) == [0, 12, 24, 36, 48]
    assert list(looked_at(Pace(1), None, 5)) == [0, 1, 2, 3, 4]


def test_a_face_that_stands_still_needs_no_more() -> None:
    still = {i: face(100, 40) for i in range(50)}
    assert list(looked_at(Pace(MOST), still, 50)) == [0, 12, 24, 36, 48]


@laws
@given(st.floats(-9, 9), st.floats(20, 200))
def test_never_farther_than_half_a_face_moves(speed: float, width: float) -> None:
    frames = 200
    shown = {i: face(2000 + speed * i, width) for i in range(frames)}
    looks = list(looked_at(Pace(MOST), shown, frames))
    assert looks[0] == 0
    gaps = np.diff(looks)[1:]  # the first gap is set before any motion is known
    assert (gaps <= MOST).all()
    assert (abs(speed) * gaps <= max(width / 2, abs(speed)) + 1e-2).all()
    # and no closer than that asks for, but after a jump that hid which face is which
    assert gaps[2:].max() >= min(MOST, int(width / 2 / max(abs(speed), 1e-3)) - 1)


def test_the_fastest_face_sets_the_pace() -> None:
    shown = {i: Boxes.joined([face(100, 40), face(300 + 2 * i, 20)]) for i in range(60)}
    # before any motion is known, the look is as far off as it may be; the face has left its place: looked at again
    assert np.diff(list(looked_at(Pace(MOST), shown, 60))).tolist() == [MOST, 1, *[5] * 9]


@pytest.mark.parametrize("arrives", [13, 24])
def test_a_face_that_was_not_there_before_is_looked_at_again_at_once(arrives: int) -> None:
    shown = {i: face(100, 40) if i >= arrives else Boxes.none() for i in range(40)}
    assert list(looked_at(Pace(MOST), shown, 40))[:4] == [0, 12, 24, 25]


def test_a_face_that_jumped_is_looked_at_again_at_once() -> None:
    shown = {i: face(100 if i < 20 else 400, 40) for i in range(40)}
    assert list(looked_at(Pace(MOST), shown, 40))[:4] == [0, 12, 24, 25]


def test_what_is_hardly_a_face_sets_no_pace() -> None:
    shown = {i: face(100 + 10 * i, 20, SURE - 0.1) for i in range(40)}
    assert list(looked_at(Pace(MOST), shown, 40)) == [0, 12, 24, 36]


def test_a_cut_is_always_looked_at() -> None:
    assert list(looked_at(Pace(MOST), None, 40, frozenset({5, 6, 30}))) == [0, 5, 6, 18, 30]
