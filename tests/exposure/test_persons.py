"""Tracks become people: joined where one walker went on, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.walks import HOUR, Walk, positions, straight

from garim.exposure.persons import BREAK_TICKS, NOBODY, Persons, cut, persons, tick
from garim.exposure.positions import TICKS, Mask, Positions

BASE = tick(HOUR)


def of(*walks: Walk) -> Persons:
    return persons([(HOUR, positions(walks))])


def count(found: Persons) -> int:
    return len(np.unique(found.person))


def test_nobody_was_there() -> None:
    assert len(persons([])) == 0
    assert len(persons([(HOUR, Positions.none())])) == 0


@pytest.mark.parametrize(("gap", "people"), [(1, 1), (BREAK_TICKS, 1), (BREAK_TICKS + 1, 2), (0, 2), (-5, 2)])
def test_a_break_of_three_seconds_is_bridged_and_no_longer_one(gap: int, people: int) -> None:
    first = straight(0, 20, (0, 0), (1.3, 0))
    goes_on = straight(19 + gap, 60, (19 * 0.65 + gap * 0.65, 0), (1.3, 0))
    found = of(first, goes_on)
    assert count(found) == people
    if people == 1:
        assert found.at.tolist() == list(range(BASE, BASE + 60))


def test_a_bridge_lies_between_and_says_that_it_guessed() -> None:
    seen = straight(0, 20, (0, 0), (1, 0), mask=Mask.WORN, sd=0.1)
    found = of(
        replace(seen, ticks=seen.ticks[:10], xy=seen.xy[:10]), replace(seen, ticks=seen.ticks[15:], xy=seen.xy[15:])
    )
    assert np.allclose(found.xy[:, 0], np.arange(20) / 2, atol=0.005)
    assert found.mask.tolist() == [1] * 10 + [0] * 5 + [1] * 5
    assert (found.sd[10:15] > 0.3).all() and np.allclose(np.delete(found.sd, range(10, 15)), 0.1)
    assert found.sd[12] == found.sd.max()


def test_nobody_jumps() -> None:
    assert count(of(straight(0, 20, (0, 0)), straight(21, 40, (6, 0)))) == 2


def test_two_who_could_both_have_gone_on_are_not_joined() -> None:
    gone, left, right = straight(0, 20, (0, 0)), straight(22, 40, (0.2, 0)), straight(22, 40, (-0.2, 0))
    assert count(of(gone, left, right)) == 3
    assert count(of(gone, left)) == 2 - 1
    assert count(of(straight(0, 20, (0.2, 0)), straight(0, 20, (-0.2, 0)), straight(22, 40, (0, 0)))) == 3


def test_whoever_walks_is_told_from_whoever_stands() -> None:
    walker, stander = straight(0, 20, (0, 0), (1.5, 0)), straight(0, 20, (14.2, 0))
    walks_on, stands_on = straight(24, 40, (18.0, 0), (1.5, 0)), straight(24, 40, (14.2, 0.1))
    found = of(walker, stander, walks_on, stands_on)
    assert count(found) == 2
    at_end = {tuple(found.xy[found.person == who][-1].round()) for who in (0, 1)}
    assert at_end == {(29.0, 0.0), (14.0, 0.0)}


def test_two_abreast_go_on_over_the_edge_of_the_hour() -> None:
    before = positions([straight(TICKS - 20, TICKS, (0, side), (1.2, 0), number=5 + side) for side in (0, 1)])
    after = positions([straight(0, 20, (12, side), (1.2, 0), number=900 - side) for side in (0, 1)])
    found = persons([(HOUR, before), (HOUR + timedelta(hours=1), after)])
    assert count(found) == 2
    for who in (0, 1):
        own = found.only(found.person == who)
        assert np.ptp(own.xy[:, 1]) == 0 and own.at.tolist() == list(range(BASE + TICKS - 20, BASE + TICKS + 20))


def test_an_hour_between_that_is_missing_is_no_edge() -> None:
    before, after = positions([straight(TICKS - 20, TICKS, (0, 0))]), positions([straight(0, 20, (0, 0))])
    assert count(persons([(HOUR, before), (HOUR + timedelta(hours=2), after)])) == 2


def test_a_track_is_one_person_however_long_its_own_break() -> None:
    walk = straight(0, 100, (0, 0))
    found = of(replace(walk, ticks=[*range(10), *range(60, 70)], xy=walk.xy[:20]))
    assert count(found) == 1 and len(found) == 20


def test_coarse_rows_of_one_cell_are_joined_over_the_edge_and_bridged_nowhere() -> None:
    minutes = np.arange(60, TICKS, 120).tolist()
    cell = Walk(minutes, np.tile([2.5, 2.5], (60, 1)), sd=1.45)
    hours = [(HOUR, positions([cell])), (HOUR + timedelta(hours=1), positions([cell]))]
    found = persons(hours, lasts=[120, 120])
    assert count(found) == 1 and len(found) == 120 and (found.lasts == 120).all()
    far = replace(cell, xy=cell.xy + 20)
    assert count(persons([hours[0], (hours[1][0], positions([far]))], lasts=[120, 120])) == 2


def cut_and_whole(walk: Walk, cut: int) -> tuple[Persons, Persons]:
    """The same walk in one track and in two, while somebody else is there all the time."""
    parts = [Walk(walk.ticks[:cut], walk.xy[:cut]), Walk(walk.ticks[cut:], walk.xy[cut:])]
    other = straight(0, 500, (60, 60), (-0.1, -0.1))
    return of(walk, other), of(*parts, other)


def refuse_other(one: Persons, two: Persons) -> None:
    """Red unless both tell the same people."""
    assert count(one) == count(two) == 2
    for column in ("person", "at", "xy", "sd", "mask", "lasts"):
        assert np.array_equal(getattr(one, column), getattr(two, column)), column


@given(st.lists(st.tuples(st.floats(-1.4, 1.4), st.floats(-1.4, 1.4)), min_size=2, max_size=60), st.data())
def test_cutting_a_track_changes_nothing(speeds: list[tuple[float, float]], data: st.DataObject) -> None:
    """However it walks, turns and stops."""
    xy = np.cumsum(np.array(speeds) / 2, axis=0)
    refuse_other(*cut_and_whole(Walk(range(len(xy)), xy), data.draw(st.integers(1, len(xy) - 1))))


@given(st.tuples(st.floats(-1.4, 1.4), st.floats(-1.4, 1.4)), st.sets(st.integers(0, 60), min_size=2), st.data())
def test_cutting_a_walk_in_a_break_changes_nothing_either(
    speed: tuple[float, float], seen: set[int], data: st.DataObject
) -> None:
    ticks = [tick for tick in range(max(seen) + 1) if tick in seen or tick % BREAK_TICKS in (0, 1)]
    walk = straight(0, ticks[-1] + 1, (0, 0), speed)
    cut = data.draw(st.integers(2, max(2, len(ticks) - 2)))
    refuse_other(*cut_and_whole(Walk(ticks, walk.xy[ticks]), cut))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.floats(-3, 3), st.floats(-2, 2)), max_size=8))
def test_whatever_comes_nobody_is_in_two_places_and_no_row_is_lost(
    tracks: list[tuple[int, int, float, float]],
) -> None:
    walks = [straight(start, start + length, (x, 0), (speed, 0)) for start, length, x, speed in tracks]
    rows = positions(walks)
    found = persons([(HOUR, rows)])  # which refuses a moment twice
    seen = {
        (at, *xy)
        for at, xy in zip(
            (BASE + rows.tick.astype(int)).tolist(), np.stack([rows.x_cm, rows.y_cm], 1).tolist(), strict=True
        )
    }
    told = {(at, *xy) for at, xy in zip(found.at.tolist(), (found.xy * 100).round().astype(int).tolist(), strict=True)}
    assert seen <= told
    assert count(found) <= len(walks)


@pytest.mark.parametrize(
    "change",
    [{"xy": np.zeros((3, 2))}, {"person": np.array([1, 0])}, {"at": np.array([5, 5])}, {"sd": np.zeros(1)}],
)
def test_what_makes_no_persons_is_refused_at_birth(change: dict[str, object]) -> None:
    two = of(straight(0, 2, (0, 0)))
    with pytest.raises(ValueError, match="persons:"):
        replace(two, **change)  # type: ignore[arg-type]
    assert len(NOBODY) == 0


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-2, 2)), max_size=8),
    st.integers(0, 90),
    st.integers(0, 90),
)
def test_a_stretch_is_what_the_whole_says_of_it(people: list[tuple[float, float]], start: int, stop: int) -> None:
    rows = positions([straight(0, 100, (x, 0), (speed, 0)) for x, speed in people])
    whole = persons([(HOUR, rows)])
    cut = persons([(HOUR, rows)], between=(BASE + start, BASE + stop))
    own = whole.only((whole.at >= BASE + start) & (whole.at < BASE + stop))
    assert np.array_equal(cut.xy, own.xy) and np.array_equal(cut.at, own.at)
    assert np.array_equal(np.diff(cut.person), np.diff(own.person))


def test_a_break_over_the_edge_of_a_stretch_is_bridged_into_it() -> None:
    rows = positions([straight(0, 20, (0, 0)), straight(24, 40, (0, 0))])
    assert persons([(HOUR, rows)], between=(BASE + 22, BASE + 30)).at.tolist() == list(range(BASE + 22, BASE + 30))


@pytest.mark.parametrize(
    ("start", "stop", "lasting"), [(0, 120, [120]), (60, 120, [60]), (0, 2, [2]), (118, 124, [2, 4]), (120, 240, [120])]
)
def test_a_coarse_minute_weighs_what_a_stretch_has_of_it(start: int, stop: int, lasting: list[int]) -> None:
    cell = Walk([60, 180, 300], np.tile([2.5, 2.5], (3, 1)), sd=1.45)
    between = (BASE + start, BASE + stop)
    there = persons([(HOUR, positions([cell]))], lasts=[120], between=between)
    assert (there.lasts == 120).all(), "so that a moment of it is found in its minute"
    assert cut(there, between).lasts.tolist() == lasting
