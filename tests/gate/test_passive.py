"""The passive model: deterministic, over all of the set, and weak."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from tests.gate.filmed import MAN, WOMAN, clip, london, looker

from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.gate.passive import DOUBTFUL_UNDER, Passive, around


@lru_cache
def passive() -> Passive:
    try:
        return Passive()
    except NoWeights as missing:
        pytest.skip(str(missing))


def score(bgr: np.ndarray) -> float:
    bgr = np.ascontiguousarray(bgr)
    return passive()(Image(bgr, 1.0), looker().face(bgr)[0])


@pytest.mark.weights
def test_filmed_people_look_alive() -> None:
    for name in (WOMAN, MAN):
        assert all(score(bgr) > 0.9 for bgr in clip(name)[::8])


@pytest.mark.weights
def test_it_doubts_some_people_who_are_real_so_that_it_only_flags() -> None:
    doubted = sum(score(bgr) < DOUBTFUL_UNDER for bgr in london(6))
    assert doubted <= 5  # of 34


@pytest.mark.weights
def test_the_same_picture_has_the_same_score_at_any_scale() -> None:
    bgr = np.ascontiguousarray(clip(MAN)[0])
    box, _ = looker().face(bgr)
    whole = passive()(Image(bgr, 1.0), box)
    assert passive()(Image(bgr, 1.0), box) == whole
    assert passive()(Image(bgr, 0.5), box * 2) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("scale", [2.7, 4.0])
def test_what_it_is_shown_stays_in_the_picture(scale: float) -> None:
    for box in ([10, 10, 60, 80], [400, 200, 470, 260], [-20, -30, 60, 60], [0, 0, 480, 270]):
        x1, y1, x2, y2 = around(np.array(box, np.float32), scale, (480, 270))
        assert x1 >= 0 and y1 >= 0 and x2 <= 479.001 and y2 <= 269.001
        assert (x2 - x1) / (y2 - y1) == pytest.approx((box[2] - box[0]) / (box[3] - box[1]), rel=1e-3)
    free = around(np.array([200, 100, 220, 120], np.float32), scale, (480, 270))
    assert free.tolist() == pytest.approx([210 - 10 * scale, 110 - 10 * scale, 210 + 10 * scale, 110 + 10 * scale])
