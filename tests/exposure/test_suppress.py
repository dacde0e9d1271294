"""No count below the floor is told, and none follows: proved by trying all tables that there can be."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations_with_replacement, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from tests.exposure.walks import person, straight

from garim.exposure.encounters import Encounter, nearness
from garim.exposure.persons import NOBODY, as_one
from garim.exposure.positions import Mask
from garim.exposure.suppress import (
    FLOOR,
    MASKS,
    RINGS_M,
    THRESHOLDS_S,
    Table,
    counted,
    crowd,
    rounded,
    told,
    words,
    words_of_sum,
)

LEAST_LEFT = 3
"""Of each count that is not told so many values stay possible."""


def nested(thresholds: int, most: int = 2 * FLOOR - 1) -> NDArray[np.int64]:
    """All counts of one mask state up to the end of the first five above the floor: a longer time within a shorter."""
    rows = product(range(most + 1), repeat=thresholds)
    return np.array([row for row in rows if all(a >= b for a, b in pairwise(row))])


@pytest.mark.parametrize(("masks", "thresholds"), [(1, 3), (2, 3), (3, 2), (4, 1), (4, 2)])
def test_of_all_tables_that_are_told_alike_no_cell_is_always_the_same(masks: int, thresholds: int) -> None:
    """Whoever knows what is told, how, and all the rest but one cell's table, has three counts at least to choose of.

    What is told is a function of the true table, so that all true tables fall into groups that nobody can look into.
    """
    each = nested(thresholds)
    rest = each[np.indices((len(each),) * (masks - 1)).reshape(masks - 1, len(each) ** (masks - 1))].transpose(1, 0, 2)
    possible: dict[tuple[int, int], set[int]] = defaultdict(set)
    for first in each:
        true = np.concatenate([np.broadcast_to(first, (len(rest), 1, thresholds)), rest], axis=1)
        by_mask, everybody = rounded(true)
        told_alike = np.concatenate([by_mask.reshape(len(rest), -1), everybody], axis=1) // FLOOR
        group = np.unique(told_alike @ 12 ** np.arange(told_alike.shape[1]))
        for threshold in np.flatnonzero(first < FLOOR):
            for code in group.tolist():
                possible[code, int(threshold)].add(int(first[threshold]))
    # the groups of the first mask state are those of any other: they are treated alike
    assert min(map(len, possible.values())) >= LEAST_LEFT
    assert all(len(left) == FLOOR or masks > 2 for left in possible.values())
    assert all(FLOOR - 1 in left for left in possible.values())


ROWS = ((0, 0, 0), (5, 0, 0), (5, 5, 0), (10, 5, 0))
"""What can be told of a mask state: only where two thresholds are told alike does one bound the other's rest."""
MOST_REST = (FLOOR - 1) * (len(MASKS) - 1) // FLOOR * FLOOR


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

    All true tables behind each are folded together, state by state, into the sums that they can have.
    """
    cells = 0
    for others in combinations_with_replacement(ROWS, len(MASKS) - 1):
        rest = folded(folded(rests(others[0]), rests(others[1])), rests(others[2]))
        for row, threshold in product(ROWS, range(len(THRESHOLDS_S))):
            if row[threshold]:
                continue
            reached = [folded(rest, rests(row, threshold, count)) for count in range(FLOOR)]
            for over in product(range(0, MOST_REST + 1, FLOOR), repeat=len(THRESHOLDS_S)):
                allowed = tuple(slice(low, None if low == MOST_REST else low + FLOOR) for low in over)
                left = [count for count in range(FLOOR) if reached[count][allowed].any()]
                cells += bool(left)
                assert not left or len(left) >= LEAST_LEFT, (others, row, threshold, over, left)
    assert cells > 2000


def tables() -> st.SearchStrategy[NDArray[np.int64]]:
    row = st.lists(st.integers(0, 13), min_size=3, max_size=3).map(lambda counts: sorted(counts, reverse=True))
    return st.lists(row, min_size=4, max_size=4).map(np.array)


@given(tables())
def test_what_is_told_is_true_and_in_fives(true: NDArray[np.int64]) -> None:
    table = told(true)
    by_mask, everybody = np.array(table.by_mask), np.array(table.everybody)
    assert ((by_mask <= true) & (true < by_mask + FLOOR)).all()
    assert (everybody <= true.sum(0)).all() and (everybody >= by_mask.sum(0)).all()
    assert (true.sum(0)[everybody == 0] < FLOOR).all()
    assert not (by_mask % FLOOR).any() and not (everybody % FLOOR).any()
    assert (np.diff(by_mask) <= 0).all()


def test_what_is_told_is_said_in_words() -> None:
    assert [words(count) for count in (0, 5, 10)] == ["fewer than 5", "5 to 9", "10 to 14"]
    assert [words_of_sum(count) for count in (0, 5)] == ["fewer than 5", "5 or more"]


def test_encounters_are_counted_by_mask_and_time() -> None:
    met = [
        Encounter(59.9, 1, 1, Mask.WORN),
        Encounter(60.0, 1, 1, Mask.WORN),
        Encounter(900.0, 1, 1, Mask.WORN),
        Encounter(301.0, 1, 1, Mask.UNKNOWN),
    ]
    assert counted(met)[Mask.WORN].tolist() == [2, 1, 1]
    assert counted(met)[Mask.UNKNOWN].tolist() == [1, 1, 0]
    assert counted([]).shape == (4, 3) and not counted([]).any()


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
    assert crowded(5, away) == (None, ring, None)


@pytest.mark.parametrize("count", range(FLOOR))
def test_fewer_than_five_are_no_crowd_anywhere(count: int) -> None:
    assert crowded(count, 0.5) == (None, None, None)


def test_one_who_comes_five_times_is_one() -> None:
    again = person([straight(100 * n, 100 * n + 50, (1, 0)) for n in range(5)])
    assert crowd(nearness(person([straight(0, 600, (0, 0))]), as_one(again)), 0, 600) == (None,)
    assert crowd(nearness(person([straight(0, 600, (0, 0))]), again), 0, 600) == (2,)


def test_who_is_known_to_five_metres_is_not_said_to_be_within_two() -> None:
    assert RINGS_M == (2, 4, 8, 16)
    patient = person([straight(0, 120, (0, 0), sd=1.45)])
    assert crowd(nearness(patient, person([straight(0, 120, (0, 0), sd=1.45)] * 6)), 0, 120) == (4,)
