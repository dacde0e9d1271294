"""How well people are told apart, on planted distances: the share, ties, the interval, the box of what was changed."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._attack_sums import apart, extent, scaled, told
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score


def test_everybody_is_told_apart_where_own_photos_are_nearest() -> None:
    found = told(1 - np.eye(8))
    assert (found.auc, found.low, found.high, found.people, found.chance) == (1.0, 1.0, 1.0, 8, False)


def test_nothing_is_told_from_pictures_that_are_all_the_same() -> None:
    found = told(np.zeros((8, 8)))
    assert (found.auc, found.low, found.high, found.chance) == (0.5, 0.5, 0.5, True)


def test_what_the_order_of_a_sum_makes_is_a_tie() -> None:
    assert told(1e-9 * (1 - np.eye(8))).auc == 0.5


def test_owners_who_are_farthest_are_worse_than_chance_and_no_chance() -> None:
    found = told(np.eye(8))
    assert (found.auc, found.chance) == (0.0, False)


@given(arrays(np.float64, (7, 7), elements=st.integers(0, 5).map(float)))
def test_it_is_the_area_that_scikit_learn_finds(distance: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    own = np.eye(7, dtype=bool)
    assert told(distance, draws=20).auc == pytest.approx(roc_auc_score(own.ravel(), -distance.ravel()), abs=1e-6)


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    random, held = np.random.default_rng(1), 0
    for _ in range(100):
        found = told(random.random((30, 30)), draws=200)
        held += found.chance
        assert found.low < found.auc < found.high
    assert 85 <= held <= 100


def test_the_interval_is_of_people_not_of_pairs() -> None:
    """One person whose photos are unlike each other's loses 30 of 30 x 30 x 29 comparisons, or twice that, or none."""
    distance = 1 - np.eye(30)
    distance[0, 0] = 2
    found = told(distance)
    assert found.auc == pytest.approx(29 / 30)
    assert found.low < 0.92 and found.high == 1.0


def test_it_wants_two_people() -> None:
    for distance in (np.zeros((1, 1)), np.zeros((2, 3))):
        with pytest.raises(ValueError, match="two people"):
            told(distance)


def test_distances_are_euclids_by_gallery_and_probe() -> None:
    assert apart(np.array([[0.0, 0], [3, 4]]), np.array([[0.0, 0], [0, 4], [3, 0]])).tolist() == [[0, 4, 3], [5, 3, 4]]


def test_the_box_of_what_was_changed() -> None:
    changed = np.zeros((20, 30), bool)
    assert extent(changed).tolist() == [0, 0, 0, 0]
    changed[5:9, 10:20] = changed[19, 29] = True
    assert extent(changed).tolist() == [20.0, 12.5, 20, 15]


def test_columns_weigh_the_same_and_one_that_never_varies_does_not_break() -> None:
    first, second = scaled(np.array([[1.0, 10, 7], [2, 20, 7]]), np.array([[3.0, 30, 7], [4, 40, 7]]))
    assert first[1, 0] - first[0, 0] == pytest.approx(first[1, 1] - first[0, 1])
    assert second[0, 2] == 7
