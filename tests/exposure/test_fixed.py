"""A sign is dropped and counted; a person who stands there is kept, however long."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.exposure.fixed import LONG_S, VERY_LONG_S, Fixed, fixed

F64 = NDArray[np.float64]
STEP_S = 0.2
HIGH = 80.0
SIGN = np.array([300.0, 200.0, 330.0, 280.0])
Film = list[tuple[float, Boxes]]


def film(xyxy: F64, score: float, seen: float = 1.0, seed: int = 0) -> Film:
    """One box a moment, of which a share is `seen`."""
    rng = np.random.default_rng(seed)
    moments = []
    for number, box in enumerate(xyxy.astype(np.float32)):
        here = int(rng.random() < seen)
        scores = np.clip(rng.normal(score, 0.05, here), 0, 1).astype(np.float32)
        moments.append((number * STEP_S, Boxes(np.repeat(box[None], here, axis=0), scores)))
    return moments


def thing(seconds: float, jitter: float = 0.02, seed: int = 0) -> F64:
    """A sign, `jitter` heights off each time."""
    rng = np.random.default_rng(seed)
    return np.asarray(SIGN + rng.normal(0, jitter * HIGH, (int(seconds / STEP_S), 4)))


def stander(seconds: float, sway: float = 0.03, seed: int = 0) -> F64:
    """Somebody who waits: noise, and now and then another pose, `sway` heights away."""
    rng = np.random.default_rng(seed)
    count = int(seconds / STEP_S)
    pose = np.cumsum(rng.random(count) < STEP_S / 10)
    return thing(seconds, seed=seed) + (rng.normal(0, sway * HIGH, (count + 1, 4)))[pose]


def together(*films: Film) -> Film:
    return [(parts[0][0], Boxes.joined([boxes for _, boxes in parts])) for parts in zip(*films, strict=True)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("seen", [1.0, 0.4])
def test_a_sign_is_dropped_and_counted(seed: int, seen: float) -> None:
    shown = film(thing(60, seed=seed), 0.4, seen, seed)
    found = fixed(shown)
    assert found.xyxy == pytest.approx(SIGN[None], abs=2)
    boxes = sum(len(each) for _, each in shown)
    assert found.count.tolist() == [pytest.approx(boxes, rel=0.02)]
    assert found.seconds[0] >= 0.8 * 60
    assert sum(len(found.without(each)) for _, each in shown) == boxes - found.count[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("score", [0.45, 0.8])
@pytest.mark.parametrize("seconds", [45.0, 240.0])
def test_who_stands_is_kept(seed: int, score: float, seconds: float) -> None:
    assert len(fixed(film(stander(seconds, seed=seed), score, seed=seed)).xyxy) == 0


def test_a_short_while_is_no_proof() -> None:
    assert len(fixed(film(thing(LONG_S - 2), 0.4)).xyxy) == 0


def test_what_is_surely_a_person_must_be_stiller_for_longer() -> None:
    assert len(fixed(film(thing(60), 0.8)).xyxy) == 0
    assert len(fixed(film(thing(VERY_LONG_S + 10), 0.8)).xyxy) == 1  # a poster


def test_who_walks_past_a_sign_is_kept() -> None:
    left = np.linspace(100, 600, 300)
    walker = np.stack([left, np.full(300, 195.0), left + 32, np.full(300, 283.0)], axis=1)
    found = fixed(together(film(thing(60), 0.4), film(walker, 0.8)))
    assert len(found.xyxy) == 1
    kept = sum(len(found.without(each)) for _, each in film(walker, 0.8))
    assert kept >= 300 - 10  # in the very place of the sign he may be it


def test_a_sign_whose_person_walks_away_was_none() -> None:
    stays = thing(60)
    stays[150:] += np.array([60, 0, 60, 0])
    assert [round(float(box[0])) // 50 for box in fixed(film(stays, 0.4)).xyxy] in ([], [6, 7], [7, 6])


def test_nobody_at_all() -> None:
    for nothing in ([], [(0.0, Boxes.none())]):
        found = fixed(nothing)
        assert found.xyxy.shape == (0, 4) and not len(found.count)
    one = Boxes(SIGN[None].astype(np.float32), np.ones(1, np.float32))
    assert len(Fixed(found.xyxy, found.count, found.seconds).without(one)) == 1
