"""No count below the floor is told, and none follows: proved by trying all tables that there can be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations_with_replacement, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from tests.exposure.walks import person, straight

from garim.exposure.encounters import Nearness, nearness
from garim.exposure.persons import NOBODY, Persons, as_one
from garim.exposure.positions import Mask
from garim.exposure.suppress import (
    FLOOR,
    MASKS,
    RINGS_M,
    THRESHOLDS_S,
    Counts,
    Table,
    counted,
    crowd,
    over_visits,
    rounded,
    told,
    words,
)

MOST_REST = (FLOOR - 1) * (len(MASKS) - 1) // FLOOR * FLOOR
LEAST_LEFT = 3
"""Of each count that is not told so many values stay possible."""


def nested(thresholds: int, most: int = 2 * FLOOR - 1) -> NDArray[np.int64]:
    """All counts of one mask state up to the end of the first five above the floor: a longer time within a shorter."""
    rows = product(range(most + 1), repeat=thresholds)
    return np.array([row for row in rows if all(a >= b for a, b in pairwise(row))])


def everybody(true: NDArray[np.int64], drop: tuple[int, ...]) -> NDArray[np.int64]:
    """How many were there at once, whatever their masks: all of them, or so many fewer, but as many as of any mask."""
    return np.minimum.accumulate(np.maximum(true.max(1), true.sum(1) - drop), axis=1)


def codes(true: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.int64]:
    """What is told of each table, as one number."""
    by_mask, all_of_them = rounded(true, whole)
    told_alike = np.concatenate([by_mask.reshape(len(true), -1), all_of_them], axis=1) // FLOOR
    return np.asarray(told_alike @ 12 ** np.arange(told_alike.shape[1]))


@pytest.mark.parametrize(("masks", "thresholds"), [(1, 3), (2, 3), (3, 2), (4, 1)])
def test_of_all_tables_that_are_told_alike_no_cell_is_always_the_same(masks: int, thresholds: int) -> None:
    """Whoever knows what is told, how, and all the rest but one cell's table, has three counts at least to choose of.

    What is told is a function of the true table, so that all true tables fall into groups that nobody can look into.
    """
    each = nested(thresholds)
    drops = list(product(range(0, MOST_REST + FLOOR + 1, FLOOR), repeat=thresholds))
    rest = each[np.indices((len(each),) * (masks - 1)).reshape(masks - 1, len(each) ** (masks - 1))].transpose(1, 0, 2)
    possible: dict[tuple[int, int], set[int]] = defaultdict(set)
    for first in each:
        true = np.concatenate([np.broadcast_to(first, (len(rest), 1, thresholds)), rest], axis=1)
        group = np.unique(np.concatenate([codes(true, everybody(true, drop)) for drop in drops]))
        for threshold in np.flatnonzero(first < FLOOR):
            for code in group.tolist():
                possible[code, int(threshold)].add(int(first[threshold]))
    # the groups of the first mask state are those of any other: they are treated alike
    assert min(map(len, possible.values())) >= LEAST_LEFT
    assert all(len(left) == FLOOR or masks > 2 for left in possible.values())
    assert all(FLOOR - 1 in left for left in possible.values())


ROWS = ((0, 0, 0), (5, 0, 0), (5, 5, 0), (10, 5, 0))
"""What can be told of a mask state: only where two thresholds are told alike does one bound the other's rest."""


def rests(row: tuple[int, ...], threshold: int | None = None, rest: int = 0) -> NDArray[np.float64]:
    """Which counts minus what is told one mask state can have at each threshold: 1 where they are nested."""
    ways = np.zeros((FLOOR,) * len(row))
    for one in product(range(FLOOR), repeat=len(row)):
        true = np.add(row, one)
        if (np.diff(true) <= 0).all() and (threshold is None or one[threshold] == rest):
            ways[one] = 1
    return ways


def folded(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which sums of rests two sets of mask states can have."""
    return (fftconvolve(a, b) > 0.5).astype(float)


def test_of_the_whole_table_no_cell_follows_either() -> None:
    """Every table of four mask states at three thresholds that can be told, whatever its fives: 2160 and more cells.

    All true tables behind each are folded together, state by state, into the sums that they can have: as many of
    everybody as are told, or more, for fewer were there at once than are in the sum.
    """
    cells = 0
    for others in combinations_with_replacement(ROWS, len(MASKS) - 1):
        rest = folded(folded(rests(others[0]), rests(others[1])), rests(others[2]))
        for row, threshold in product(ROWS, range(len(THRESHOLDS_S))):
            if row[threshold]:
                continue
            reached = [folded(rest, rests(row, threshold, count)) for count in range(FLOOR)]
            for over in product(range(0, MOST_REST + 1, FLOOR), repeat=len(THRESHOLDS_S)):
                allowed = tuple(slice(low, None) for low in over)
                left = [count for count in range(FLOOR) if reached[count][allowed].any()]
                cells += bool(left)
                assert not left or len(left) >= LEAST_LEFT, (others, row, threshold, over, left)
    assert cells > 2000


def tables() -> st.SearchStrategy[NDArray[np.int64]]:
    row = st.lists(st.integers(0, 13), min_size=3, max_size=3).map(lambda counts: sorted(counts, reverse=True))
    return st.lists(row, min_size=4, max_size=4).map(np.array)


@given(tables(), st.tuples(*[st.integers(0, 40)] * 3))
def test_what_is_told_is_true_and_in_fives(true: NDArray[np.int64], drop: tuple[int, ...]) -> None:
    whole = everybody(true[None], drop)[0]
    table = told(Counts(true, whole))
    by_mask, all_of_them = np.array(table.by_mask), np.array(table.everybody)
    assert ((by_mask <= true) & (true < by_mask + FLOOR)).all()
    assert (all_of_them <= whole).all() and (all_of_them >= by_mask.max(0)).all()
    assert (whole[all_of_them == 0] < FLOOR).all()
    assert not (by_mask % FLOOR).any() and not (all_of_them % FLOOR).any()
    assert (np.diff(by_mask) <= 0).all()


def test_what_is_told_is_said_in_words() -> None:
    assert [words(count) for count in (0, 5, 10)] == ["0 to 4 at once", "5 or more", "10 or more"]


def beside(*others: Persons) -> Nearness:
    """How near they were to somebody who stands for half an hour."""
    columns = [np.concatenate([getattr(each, name) for each in others]) for name in ("at", "xy", "sd", "mask", "lasts")]
    who = np.repeat(np.arange(len(others)), [len(each) for each in others])
    return nearness(person([straight(0, 3600, (0, 0), sd=0.05)]), Persons(who, *columns))


def stay(start: int, stop: int, mask: Mask = Mask.WORN) -> Persons:
    return person([straight(start, stop, (1, 0), mask=mask, sd=0.05)])


def test_who_are_there_at_once_are_counted_by_mask_and_time() -> None:
    true = counted(beside(stay(0, 118), *[stay(100, 221)] * 2, *[stay(0, 3600)] * 3, stay(0, 602, Mask.ABSENT)))
    assert true.by_mask[Mask.WORN].tolist() == [5, 3, 3] and true.by_mask[Mask.ABSENT].tolist() == [1, 1, 0]
    assert true.everybody.tolist() == [6, 4, 3]
    assert not counted(beside(stay(0, 0))).by_mask.any()


@pytest.mark.parametrize("gap", [0, 8, 300])
def test_one_companion_in_ten_pieces_is_one(gap: int) -> None:
    """Their track breaks every 65 seconds: whoever knows them would know what is said of ten masks."""
    true = counted(beside(*[stay(n * (130 + gap), n * (130 + gap) + 130) for n in range(8)]))
    assert true.by_mask[Mask.WORN].tolist() == [1, 0, 0] and true.everybody.tolist() == [1, 0, 0]


def test_five_who_put_on_a_mask_are_five() -> None:
    true = counted(beside(*[stay(0, 600)] * 5, *[stay(700, 1300, Mask.ABSENT)] * 5))
    assert true.by_mask[[Mask.WORN, Mask.ABSENT], 0].tolist() == [5, 5] and true.everybody.tolist()[0] == 5


def test_of_several_visits_the_fullest_counts() -> None:
    visits = [counted(beside(*[stay(0, 600)] * count)) for count in (1, 1, 3, 1, 1)]
    assert over_visits(visits).by_mask[Mask.WORN].tolist() == [3, 3, 0]
    assert over_visits(visits).everybody.tolist() == [3, 3, 0]
    assert not over_visits([]).everybody.any()


def minutes(*numbers: int) -> Persons:
    rows = person([straight(0, len(numbers), (1, 0), sd=0.05, mask=Mask.WORN)])
    return replace(rows, at=np.array(numbers) * 120 + 60, lasts=np.full(len(rows), 120.0))


def test_pieces_of_one_coarse_minute_may_be_one() -> None:
    """Who is in the minutes before and after, too, was there for all of it; others could have taken turns."""
    patient = replace(minutes(*range(20)), person=np.zeros(20, np.int64))

    def most(*others: Persons) -> int:
        columns = [np.concatenate([getattr(o, name) for o in others]) for name in ("at", "xy", "sd", "mask", "lasts")]
        rows = Persons(np.repeat(np.arange(len(others)), [len(each) for each in others]), *columns)
        return int(counted(nearness(patient, rows)).everybody[0])

    assert most(*[minutes(5)] * 6) == 0
    assert most(*[minutes(5, 6)] * 6) == 0
    assert most(*[minutes(5, 6, 7)] * 6) == 6
    assert most(*[minutes(5, 6, 7)] * 3, *[minutes(7, 8, 9)] * 3) == 3


@pytest.mark.parametrize(
    ("by_mask", "everybody"),
    [
        (((0, 0, 0),) * 3, (0, 0, 0)),
        (((0, 0),) * 4, (0, 0, 0)),
        (((0, 0, 3),) * 4, (0, 0, 0)),
        (((0,) * 3,) * 4, (1, 0, 0)),
    ],
)
def test_no_table_holds_a_count_below_the_floor(
    by_mask: tuple[tuple[int, ...], ...], everybody: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="table:"):
        Table(by_mask, everybody)


def crowded(count: int, away: float) -> tuple[int | None, ...]:
    others = person([straight(700, 800, (away, 0), sd=0.05)] * count) if count else NOBODY
    return crowd(nearness(person([straight(0, 1500, (0, 0), sd=0.05)]), others), 0, 1500)


@pytest.mark.parametrize(("away", "ring"), [(0.5, 2), (1.9, 2), (2.1, 4), (7, 8), (15, 16), (17, None)])
def test_a_crowd_is_told_by_the_ring_that_five_came_into(away: float, ring: int | None) -> None:
    assert crowded(5, away) == (None, ring)


@pytest.mark.parametrize("count", range(FLOOR))
def test_fewer_than_five_are_no_crowd_anywhere(count: int) -> None:
    assert crowded(count, 0.5) == (None, None)


def test_one_who_comes_five_times_is_one() -> None:
    again = person([straight(100 * n, 100 * n + 50, (1, 0)) for n in range(5)])
    assert crowd(nearness(person([straight(0, 600, (0, 0))]), as_one(again)), 0, 600) == (None,)
    assert crowd(nearness(person([straight(0, 600, (0, 0))]), again), 0, 600) == (None,)
    at_once = person([straight(10 * n, 10 * n + 50, (1, 0)) for n in range(5)])
    assert crowd(nearness(person([straight(0, 600, (0, 0))]), at_once), 0, 600) == (2,)


def test_only_whole_five_minutes_are_told() -> None:
    """The last seconds of a visit would be a moment of their own."""
    patient, others = person([straight(0, 1199, (0, 0))]), person([straight(0, 1199, (1, 0))] * 6)
    assert crowd(nearness(patient, others), 0, 1199) == (2,)
    assert crowd(nearness(patient, others), 0, 599) == ()


def test_who_is_known_to_five_metres_is_not_said_to_be_within_two() -> None:
    assert RINGS_M == (2, 4, 8, 16)
    patient = person([straight(0, 600, (0, 0), sd=1.45)])
    assert crowd(nearness(patient, person([straight(0, 600, (0, 0), sd=1.45)] * 6)), 0, 600) == (4,)
