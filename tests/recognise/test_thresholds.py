"""The table's figures, measured again on the set that it names."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta
from tests.recognise.faces import photos, portrait

from garim.recognise.matcher import Matcher, Name
from garim.recognise.thresholds import ROWS, Pair, Threshold, threshold


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.matcher}-{row.pair.name}")
def test_the_bound_is_clopper_pearsons(row: Threshold) -> None:
    assert row.upper95 == pytest.approx(
        beta.ppf(0.975, row.false_matches + 1, row.comparisons - row.false_matches), rel=0.02
    )
    assert row.fmr == row.false_matches / row.comparisons


def test_there_is_one_row_for_each() -> None:
    assert [(row.matcher, row.pair) for row in ROWS] == [(name, pair) for name in Name for pair in Pair]


def scores(matcher: Matcher) -> NDArray[np.float64]:
    """f64[102,102]: each neutral photo with each smiling one."""
    templates = [matcher.template(portrait(path)) for path in photos()]
    half = len(templates) // 2
    return np.array([[matcher.similarity(a, b) for b in templates[half:]] for a in templates[:half]])


def agrees(found: NDArray[np.float64], name: Name, *, lowest: float, highest: float, missed: int) -> None:
    same = np.eye(102, dtype=bool)
    assert found.shape == (102, 102)
    assert found[same].min() == pytest.approx(lowest, abs=0.02)
    assert found[~same].max() == pytest.approx(highest, abs=0.02)
    for pair in Pair:
        row = threshold(name, pair)
        assert row.comparisons == (~same).sum()
        # what another processor rounds otherwise may move a score across
        assert abs(int((found[~same] >= row.similarity).sum()) - row.false_matches) <= row.false_matches // 5
    assert (found[same] < threshold(name).similarity).sum() == missed


@pytest.mark.weights
def test_the_london_set_is_told_apart_whole(omz: Matcher) -> None:
    agrees(scores(omz), Name.OMZ_0095, lowest=0.743, highest=0.513, missed=0)


@pytest.mark.weights
@pytest.mark.slow
def test_the_london_set_by_the_second_matcher(second: Matcher) -> None:
    agrees(scores(second), Name.DLIB, lowest=0.498, highest=0.548, missed=1)
