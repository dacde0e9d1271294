"""People's heights tell a ground that is wrong from one that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exposure.cameras import SIZE, Camera, cameras, parameters, tracks

from garim.core.boxes import Boxes
from garim.exposure import tsai
from garim.exposure.fit import fit
from garim.exposure.ground import Ground, Verdict
from garim.exposure.heights import FEWEST, heights, risen, still
from garim.exposure.points import Points


def ground(camera: Camera, scale: float = 1.0) -> Ground:
    """A camera's ground, by points whose metres are `scale` times too long."""
    spots = camera.spots(12, np.random.default_rng(1))
    return fit(Points(camera.px(spots), spots * scale), SIZE).ground


def walkers(camera: Camera, count: int = 30, tall: float = 1.7, seed: int = 2) -> list[Boxes]:
    """A moment for each three people, somewhere else each time."""
    random = np.random.default_rng(seed)
    spots = camera.spots(count, random)
    high = random.normal(tall, 0.08, count)
    foot, head = camera.px(spots), camera.px(spots, high)
    wide = (foot[:, 1] - head[:, 1]) * 0.18
    xyxy = np.column_stack([foot[:, 0] - wide, head[:, 1], foot[:, 0] + wide, foot[:, 1]]).astype(np.float32)
    whole = Boxes(xyxy, np.full(count, 0.8, np.float32))
    return [whole[slice(first, first + 3)] for first in range(0, count, 3)]


@settings(deadline=None, max_examples=15)
@given(cameras, st.floats(0.4, 2.5))
def test_a_height_is_what_was_put_there(camera: Camera, high: float) -> None:
    spots = camera.spots(5, np.random.default_rng(3))
    found = risen(ground(camera), camera.px(spots), camera.px(spots, high))
    assert found == pytest.approx(high, rel=5e-3)


@pytest.mark.parametrize("camera", [Camera(), Camera(mirrored=True, k1=0.15), Camera(height=4, down=0.3)])
def test_people_agree_with_a_ground_that_is_right(camera: Camera) -> None:
    found = heights(ground(camera), walkers(camera))
    assert found.verdict is Verdict.AGREE and found.why == ""
    assert found.median_m == pytest.approx(1.7, abs=0.05)
    assert found.near_m == pytest.approx(found.far_m or 0, rel=0.1)
    assert found.people <= 30


def test_pets_people_agree() -> None:
    """228 of the truth's own boxes: 1.75 m in the middle, near and far."""
    _, _, boxes = tracks()
    found = heights(tsai.ground(parameters()), [boxes[frame] for frame in range(0, 795, 20)])
    assert found.verdict is Verdict.AGREE
    assert found.people > 150
    assert found.median_m == pytest.approx(1.75, abs=0.05)


@pytest.mark.parametrize(("scale", "said"), [(3.28, "feet"), (1.25, "Measure"), (0.8, "Measure"), (0.1, "Measure")])
def test_metres_that_are_none(scale: float, said: str) -> None:
    found = heights(ground(Camera(), scale), walkers(Camera()))
    assert found.verdict is Verdict.DISAGREE
    assert said in found.why


def test_a_street_that_rises_is_told_by_who_is_far() -> None:
    real, wrong = Camera(down=0.45), ground(Camera(down=0.40))
    found = heights(wrong, walkers(real, 60))
    assert found.verdict is Verdict.DISAGREE


def test_too_few_or_nobody_is_unknown_and_not_well() -> None:
    right = ground(Camera())
    for moments, said in (
        ([], "nobody"),
        ([Boxes.none()] * 5, "nobody"),
        (walkers(Camera(), FEWEST - 2), "only"),
    ):
        found = heights(right, moments)
        assert found.verdict is Verdict.UNKNOWN and found.median_m is None
        assert said in found.why
    blind = heights(replace(right, focal_px=None), walkers(Camera()))
    assert blind.verdict is Verdict.UNKNOWN and "focal" in blind.why


def test_what_never_moves_is_nobody_and_what_is_cut_or_weak_is_not_measured() -> None:
    camera = Camera()
    sign = np.array([[600, 300, 630, 420], [900, 250, 925, 330]], np.float32)
    cut = np.array([[0, 300, 40, 420], [500, 600, 560, 720], [300, 0, 340, 100]], np.float32)
    faint = np.array([[400, 300, 460, 700]], np.float32)
    odd = Boxes(np.concatenate([sign, cut, faint]), np.array([0.9] * 5 + [0.3], np.float32))
    moments = walkers(camera)
    with_odd = [Boxes.joined([each, odd]) for each in moments]
    assert heights(ground(camera), with_odd) == heights(ground(camera), moments)
    assert [each[-6:].all() for each in still(with_odd)] == [True] * len(moments)
    assert not any(each.any() for each in still(moments))
