"""Walks put into clock hours: the ticks that were watched, random numbers, and nothing that is not known."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.exposure.hours import Hour, hours
from garim.exposure.positions import TICKS, Mask
from garim.exposure.smooth import Walk

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


def walk(first_s: float, last_s: float, *, y: float = 5.0, sd: float = 0.1, step_s: float = 0.2) -> Walk:
    """Along x at 1 m/s; x is the seconds since the start."""
    at = np.arange(first_s, last_s + 1e-9, step_s)
    return Walk(at, np.stack([at, np.full_like(at, y)], axis=1), np.full(len(at), sd), 1.7)


def one(found: tuple[Hour, ...]) -> Hour:
    (hour,) = found
    return hour


def test_half_seconds_of_the_clock_not_of_the_film() -> None:
    start = TEN + timedelta(seconds=100.3)
    hour = one(hours([walk(0, 3)], [(0, 3)], start))
    assert hour.hour == TEN
    assert hour.covered == ((201, 207),)
    assert hour.positions.tick.tolist() == list(range(201, 207))
    assert hour.positions.x_cm.tolist() == [20, 70, 120, 170, 220, 270]
    assert set(hour.positions.y_cm.tolist()) == {500}
    assert set(hour.positions.sd_cm.tolist()) == {10}
    assert set(hour.positions.mask.tolist()) == {Mask.UNKNOWN}


def test_a_walk_over_the_hours_edge_is_two_tracks_of_two_numbers() -> None:
    start = TEN - timedelta(seconds=2)
    before, after = hours([walk(0, 4)], [(0, 4)], start, random.Random(1))
    assert (before.hour, after.hour) == (TEN - timedelta(hours=1), TEN)
    assert (before.covered, after.covered) == (((TICKS - 4, TICKS),), ((0, 5),))
    assert before.positions.track[0] != after.positions.track[0]
    assert before.positions.x_cm.tolist() + after.positions.x_cm.tolist() == list(range(0, 401, 50))


def test_what_nobody_watched_has_no_row() -> None:
    hour = one(hours([walk(0, 10)], [(0, 3), (6, 10)], TEN))
    assert hour.covered == ((0, 7), (12, 21))
    assert hour.positions.tick.tolist() == [*range(7), *range(12, 21)]


def test_a_long_break_in_a_walk_is_not_drawn() -> None:
    at = np.array([0, 0.2, 0.4, 3.4, 7.0, 7.2])
    broken = Walk(at, np.zeros((6, 2)), np.full(6, 0.1), 1.7)
    assert one(hours([broken], [(0, 8)], TEN)).positions.tick.tolist() == [0, 1, 2, 3, 4, 5, 6, 14]


def test_nobody_is_an_hour_without_rows() -> None:
    hour = one(hours([], [(0, 5)], TEN))
    assert len(hour.positions) == 0
    assert hour.covered == ((0, 11),)
    assert hours([], [], TEN) == ()


@pytest.mark.parametrize("lost", [walk(0, 5, sd=2.6), walk(0, 5, y=400), walk(0, 5, y=float("nan"))])
def test_who_is_too_far_to_be_placed_is_counted_and_not_kept(lost: Walk) -> None:
    hour = one(hours([lost, walk(0, 5)], [(0, 5)], TEN))
    assert len(hour.positions) == hour.unsure == 11


def test_each_track_has_its_own_mask_state_in_each_hour() -> None:
    """Whoever's y is odd wears one; of who is at 0 m nothing was said."""
    answers = np.array([[0.05, 0.9, 0.05, 30], [0.9, 0.05, 0.05, 30]], np.float32)
    lines = [walk(-3, 3, y=0), *(replace(walk(-3, 3, y=y), said=answers[[y % 2]]) for y in range(1, 20))]
    for hour in hours(lines, [(-3, 3)], TEN):
        rows = hour.positions
        expected = np.where(rows.y_cm // 100 % 2, Mask.WORN, Mask.ABSENT)
        assert rows.mask.tolist() == np.where(rows.y_cm == 0, Mask.UNKNOWN, expected).tolist()
        assert len(np.unique(rows.track)) == 20


def test_numbers_are_random_and_tell_no_order() -> None:
    lines = [walk(number, number + 3, y=number) for number in range(20)]
    found = [one(hours(lines, [(0, 30)], TEN)).positions for _ in range(2)]
    assert set(found[0].track.tolist()) != set(found[1].track.tolist())
    _, first = np.unique(found[0].track, return_index=True)
    assert (np.diff(found[0].y_cm[first]) < 0).any()


@given(
    st.lists(st.tuples(st.floats(0, 4000), st.floats(0.6, 4000)), max_size=4),
    st.integers(0, 3_600_000_000),
)
def test_every_tick_of_a_walk_is_a_row_and_rows_are_where_the_walk_was(
    walks: list[tuple[float, float]], microseconds: int
) -> None:
    start = TEN + timedelta(microseconds=microseconds)
    lines = [walk(a, a + b, y=number, step_s=1.0) for number, (a, b) in enumerate(walks)]
    found = hours(lines, [(0, 8001)], start)
    assert sum(end - begin for hour in found for begin, end in hour.covered) in (16002, 16003)
    for hour in found:
        rows = hour.positions
        at = (hour.hour - start) / timedelta(seconds=1) + rows.tick / 2
        # beyond 327 m nothing is kept
        assert np.abs(rows.x_cm / 100 - at).max(initial=0) < 0.006
    kept = sum(len(hour.positions) + hour.unsure for hour in found)
    assert kept == pytest.approx(sum(2 * (line.at[-1] - line.at[0]) for line in lines), abs=len(lines) + 0.01)
