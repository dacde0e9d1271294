"""Planted boxes become the trails that were planted, whatever order they come in."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._street import street
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.exposure.follow import PATIENCE_S, STRONG, WEAK, Trail, follow

F32 = NDArray[np.float32]
SIZE = (768, 576)
STEP_S = 0.2
HIGH = 80.0
laws = settings(deadline=None, max_examples=40)
Film = list[tuple[float, Boxes]]


def film(ways: list[list[tuple[float, float] | None]], score: float = 0.8) -> Film:
    """Boxes of people, by the middle of each at each moment."""
    moments = []
    for number, places in enumerate(zip(*ways, strict=True)):
        middle = np.array([place for place in places if place is not None], np.float32).reshape(-1, 2)
        half = np.array([HIGH * 0.19, HIGH / 2], np.float32)
        xyxy = np.concatenate([middle - half, middle + half], axis=1)
        moments.append((number * STEP_S, Boxes(xyxy, np.full(len(xyxy), score, np.float32))))
    return moments


def straight(start: tuple[float, float], speed: tuple[float, float], count: int) -> list[tuple[float, float] | None]:
    """A way of `count` moments, px and px a second."""
    return [(start[0] + speed[0] * STEP_S * k, start[1] + speed[1] * STEP_S * k) for k in range(count)]


def rows(trail: Trail) -> list[tuple[float, ...]]:
    return [(at, *box) for at, box in zip(trail.at.tolist(), trail.xyxy.tolist(), strict=True)]


def test_two_who_cross_stay_two() -> None:
    ways = [straight((100, 200), (70, 0), 40), straight((660, 215), (-70, 0), 40)]
    trails = follow(film(ways), SIZE)
    assert [len(trail.at) for trail in trails] == [40, 40]
    for trail, speed in zip(trails, (70, -70) if trails[0].xyxy[0, 0] < 300 else (-70, 70), strict=True):
        assert np.diff(trail.xyxy[:, 0]) == pytest.approx(speed * STEP_S, abs=1e-3)


@laws
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_boxes_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 8))
    ways = [
        straight((rng.uniform(50, 700), rng.uniform(50, 500)), (rng.normal(0, 60), rng.normal(0, 20)), 15)
        for _ in range(count)
    ]
    moments = [(at, Boxes(boxes.xyxy, rng.uniform(0, 1, len(boxes)).astype(np.float32))) for at, boxes in film(ways)]
    mixed = [(at, boxes[rng.permutation(len(boxes))]) for at, boxes in moments]
    assert [rows(trail) for trail in follow(mixed, SIZE)] == [rows(trail) for trail in follow(moments, SIZE)]


@settings(laws, max_examples=10)
@given(st.integers(0, 1000))
def test_a_trail_holds_what_was_measured_and_each_box_once(seed: int) -> None:
    shown = list(street(seed, seconds=8, people=6).seen(2))
    given_ = {(at, *box) for at, boxes in shown for box in boxes.xyxy.tolist()}
    taken = [row for trail in follow(shown, SIZE) for row in rows(trail)]
    assert len(set(taken)) == len(taken)
    assert set(taken) <= given_


def test_a_weak_box_goes_on_with_a_trail_and_begins_none() -> None:
    way = straight((100, 200), (70, 0), 30)
    weak = film([way], score=(STRONG + WEAK) / 2)
    assert follow(weak, SIZE) == ()
    (trail,) = follow(film([way[:10]]) + weak[10:], SIZE)
    assert len(trail.at) == 30
    (trail,) = follow(film([way[:10]]) + film([way], score=WEAK - 0.01)[10:], SIZE)
    assert len(trail.at) == 10


@pytest.mark.parametrize(("missing", "count"), [(int(PATIENCE_S / STEP_S) - 1, 1), (int(PATIENCE_S / STEP_S) + 1, 2)])
def test_who_is_missed_for_a_moment_is_found_again(missing: int, count: int) -> None:
    way = straight((100, 200), (70, 0), 40)
    way[15 : 15 + missing] = [None] * missing
    assert len(follow(film([way]), SIZE)) == count


def test_who_left_the_picture_is_not_who_comes_back_there() -> None:
    away = straight((650, 200), (80, 0), 8)  # past the border in the last moments
    back = straight((760, 200), (-80, 0), 8)
    assert len(follow(film([[*away, None, None, *back]]), SIZE)) == 2


def test_a_flash_is_nobody() -> None:
    assert follow(film([straight((100, 200), (0, 0), 2)]), SIZE) == ()
    assert follow([], SIZE) == ()
    assert follow([(0.0, Boxes.none()), (0.2, Boxes.none())], SIZE) == ()


def test_time_that_does_not_rise_is_refused() -> None:
    with pytest.raises(ValueError, match="not after"):
        follow([(1.0, Boxes.none()), (1.0, Boxes.none())], SIZE)


def test_a_trail_is_whole() -> None:
    with pytest.raises(ValueError, match="one box"):
        Trail(np.zeros(0), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    with pytest.raises(ValueError, match="rise"):
        Trail(np.zeros(2), np.zeros((2, 4), np.float32), np.zeros(2, np.float32))


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_a_crowd_without_errors_is_as_many_trails_as_people(seed: int) -> None:
    shown = street(seed, seconds=20, people=8, exact=True)
    there = np.isfinite(shown.xy[:, :, 0]).sum(axis=0)
    trails = follow(shown.seen(2), SIZE)
    # whoever is at the border for less than half a second may be nobody
    assert (there > 10).sum() <= len(trails) <= (there > 0).sum() + 1
