"""Walks are where people walked, as surely as is said: from feet, from heads where feet are hidden, from both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks._street import SIZE, camera
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.exposure.follow import Trail
from garim.exposure.ground import Ground
from garim.exposure.measured import BIAS, EDGE, LEAST, MOST, SLOW, SLOW_S, moments, noise
from garim.exposure.smooth import HEIGHT_M, Walk, walked, walks

F64 = NDArray[np.float64]
STEP_S = 0.2
GROUND = camera(np.random.default_rng(3))
MIDDLE = GROUND.metres(np.array([[384.0, 300.0]]))[0][0]
laws = settings(deadline=None, max_examples=40)


def trail(xy: F64, tall: float = 1.75, errors: F64 | None = None) -> Trail:
    """The boxes of somebody at `xy` f64[k,2] m, off by `errors` f64[k,3] (middle, bottom, top) in heights."""
    foot, middle, head = (GROUND.pixels(xy, level) for level in (0.0, tall / 2, tall))
    high = foot[:, 1] - head[:, 1]
    z = np.stack([middle[:, 0], foot[:, 1], head[:, 1]], axis=1)
    if errors is not None:
        z = z + errors * high[:, None]
    half = 0.19 * high
    xyxy = np.stack([z[:, 0] - half, z[:, 2], z[:, 0] + half, z[:, 1]], axis=1)
    return Trail(STEP_S * np.arange(len(xy), dtype=np.float64), xyxy.astype(np.float32), np.ones(len(xy), np.float32))


def way(speed: tuple[float, float], count: int = 40) -> F64:
    return np.asarray(MIDDLE + (np.arange(count) - count / 2)[:, None] * STEP_S * np.array(speed))


def errors(rng: np.random.Generator, count: int, step_s: float = STEP_S) -> F64:
    """What the noise model says: white, slow and lasting, f64[count,3] in heights."""
    keep = np.exp(-step_s / SLOW_S)
    slow = np.empty((count, 3))
    slow[0] = rng.normal(size=3)
    for k in range(1, count):
        slow[k] = keep * slow[k - 1] + np.sqrt(1 - keep**2) * rng.normal(size=3)
    lasting = np.array([0, rng.normal(0, BIAS), 0])
    return np.asarray(EDGE * rng.normal(size=(count, 3)) + SLOW * slow + lasting)


def walk(each: Trail, ground: Ground = GROUND) -> Walk:
    found = walked(each, ground)
    assert found is not None
    return found


def off(found: Walk, xy: F64) -> F64:
    return np.asarray(np.hypot(*(found.xy - xy).T))


@laws
@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(1.5, 1.95))
def test_exact_boxes_are_an_exact_way(x: float, y: float, tall: float) -> None:
    xy = way((x, y))
    found = walk(trail(xy, tall))
    assert off(found, xy).max() < 0.06
    assert found.height_m == pytest.approx(tall, abs=0.03)


def test_where_the_foot_is_hidden_the_head_tells() -> None:
    xy = way((1.0, 0.4), 50)
    hidden = np.zeros((50, 3))
    hidden[18:30, 1] = -0.45  # a car: legs are not seen
    found = walk(trail(xy, 1.75, hidden))
    foot, _ = GROUND.metres(np.stack([GROUND.pixels(xy)[:, 0], trail(xy, 1.75, hidden).xyxy[:, 3]], axis=1))
    assert np.hypot(*(foot - xy).T)[18:30].min() > 1  # what the feet alone would say
    assert off(found, xy).max() < 0.25


def test_what_the_border_cuts_off_says_nothing() -> None:
    xy = way((0.0, -1.6), 60)
    seen = trail(xy)
    cut = np.minimum(seen.xyxy, np.array([*SIZE, *SIZE], np.float32))
    below = seen.xyxy[:, 3] > SIZE[1] + 20
    standing = below & (seen.xyxy[:, 1] < SIZE[1] - 40)
    assert standing.sum() > 3
    keep = ~below | standing
    found = walk(Trail(seen.at[keep], cut[keep], seen.score[keep]))
    assert off(found, xy[keep]).max() < 0.3


def test_what_is_said_to_be_sure_is_so() -> None:
    rng = np.random.default_rng(7)
    squared = []
    for _ in range(60):
        xy = way((rng.normal(0, 0.9), rng.normal(0, 0.9)))
        found = walk(trail(xy, rng.normal(1.70, 0.10), errors(rng, len(xy))))
        squared.append(off(found, xy) ** 2 / 2 / found.sd**2)
    # of a normal error in two dimensions the mean is 1; a deviation that is too large does less harm
    assert 0.5 < np.mean(squared) < 1.2
    assert np.quantile(squared, 0.95) < 1.3 * -np.log(0.05)


def test_ten_boxes_a_second_are_little_surer_than_five() -> None:
    xy = way((1.0, 0.2), 40)
    often = np.stack([np.interp(np.arange(0, 39.5, 0.5), np.arange(40), xy[:, side]) for side in (0, 1)], axis=1)
    each = trail(often)
    twice = walk(replace(each, at=each.at / 2))
    once = walk(trail(xy))
    assert 0.75 < np.median(twice.sd) / np.median(once.sd) <= 1.02


def test_a_gap_has_moments_of_its_own_that_are_less_sure() -> None:
    xy = way((1.0, 0.3), 40)
    seen = trail(xy)
    keep = np.ones(40, bool)
    keep[15:24] = False  # 2 s
    found = walk(Trail(seen.at[keep], seen.xyxy[keep], seen.score[keep]))
    assert np.diff(found.at).max() <= 0.5 + 1e-9
    true = np.stack([np.interp(found.at, seen.at, xy[:, side]) for side in (0, 1)], axis=1)
    assert off(found, true).max() < 0.1
    middle = np.abs(found.at - seen.at[19]) < 0.3
    assert found.sd[middle].min() > 1.3 * np.median(found.sd)
    assert set(seen.at[keep]) <= set(found.at)


@laws
@given(st.lists(st.floats(0.01, 3.0), max_size=20))
def test_moments_are_those_seen_and_never_far_apart(steps: list[float]) -> None:
    at = np.concatenate([[0.0], np.cumsum(steps)])
    box = np.tile(np.array([0, 0, 1, 1], np.float32), (len(at), 1))
    filled = moments(Trail(at, box, np.ones(len(at), np.float32)))
    assert np.isin(at, filled).all()
    assert (np.diff(filled) > 0).all() and (np.diff(filled) <= 0.5 + 1e-5).all()


@settings(laws, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0, 2.0), st.floats(0, 2 * np.pi))
def test_nobody_moves_faster_than_they_walk(seed: int, pace: float, towards: float) -> None:
    rng = np.random.default_rng(seed)
    xy = way((pace * np.cos(towards), pace * np.sin(towards)), 30)
    found = walk(trail(xy, 1.7, errors(rng, 30)))
    speed = np.linalg.norm(np.diff(found.xy, axis=0), axis=1) / np.diff(found.at)
    assert speed.max() < pace + 0.9
    assert np.linalg.norm(found.xy[-1] - found.xy[0]) / (found.at[-1] - found.at[0]) < pace + 0.25


def test_whoever_is_not_on_the_ground_is_nowhere() -> None:
    sky = np.tile(np.array([300, -400, 320, -340], np.float32), (5, 1))
    nobody = Trail(np.arange(5.0), sky, np.ones(5, np.float32))
    assert walked(nobody, GROUND) is None
    somebody = trail(way((1, 0)))
    first, second = walks([nobody, somebody], GROUND)
    assert first is None and second is not None
    assert walks([], GROUND) == ()


def test_many_at_once_are_each_as_alone() -> None:
    rng = np.random.default_rng(2)
    trails = [trail(way((1.0, k / 3), 40), 1.6 + k / 20, errors(rng, 40)) for k in range(4)]
    scale = noise(trails)
    for each, together in zip(trails, walks(trails, GROUND), strict=True):
        alone = walk(each)
        assert together is not None
        # the noise of the detector is told by all of them
        assert noise([each]) == pytest.approx(scale, rel=0.5)
        assert off(alone, together.xy).max() < 0.12


def test_a_ground_without_heights_makes_do_with_feet() -> None:
    flat = replace(GROUND, focal_px=None)
    xy = way((1.0, 0.3))
    found = walk(trail(xy), flat)
    assert found.height_m == pytest.approx(HEIGHT_M)
    # the middle of a box is taken for that of its foot
    assert off(found, xy).max() < 0.4


@pytest.mark.parametrize("times", [0.1, 0.6, 1.0, 2.0, 9.0])
def test_a_detector_s_noise_is_measured(times: float) -> None:
    rng = np.random.default_rng(4)
    trails = [trail(way((1.0, k / 5), 60), 1.7, times * errors(rng, 60)) for k in range(-3, 4)]
    assert noise(trails) == pytest.approx(np.clip(times, LEAST, MOST), rel=0.15)
    assert noise(trails[:1][:0]) == 1
