"""The table's figures, measured again on the set that it names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta
from tests.recognise.faces import photos

from garim.gate.evaluate.acquire import Photo, taken
from garim.recognise.counts import Asked, Totals
from garim.recognise.matcher import Matcher, Name
from garim.recognise.thresholds import ROWS, Pair, Threshold, threshold
from garim.recognise.totals import totals

MARGIN = 0.03


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.matcher}-{row.pair.name}")
def test_the_bound_is_clopper_pearsons(row: Threshold) -> None:
    assert row.upper95 == pytest.approx(
        beta.ppf(0.975, row.false_matches + 1, row.comparisons - row.false_matches), rel=0.02
    )
    assert row.fmr == row.false_matches / row.comparisons


def test_there_is_one_row_for_each() -> None:
    assert [(row.matcher, row.pair) for row in ROWS] == [(name, pair) for name in Name for pair in Pair]


def measured(matcher: Matcher, thresholds: tuple[float, ...]) -> Totals:
    """Each neutral photo with each smiling one, as the gate takes them; nobody sees a similarity, this test neither."""
    found = [each.template for each in taken(_shown(), matcher, "london", _silent)]
    templates = [template for template in found if template is not None]
    half = len(templates) // 2
    assert half == 102, "the gate compares all of them"
    asked = Asked(np.zeros((0, half), np.int64), np.full(half, -1), thresholds, ())
    return totals(matcher, templates[:half], templates[half:], range(half), asked)


def _shown() -> list[Photo]:
    return [Photo(path, reference="neutral" in path.name) for path in photos()]


def _silent(step: str, done: int, of_all: int | None) -> None:
    pass


def agrees(matcher: Matcher, *, missed: int) -> None:
    rows = [threshold(matcher.name, pair) for pair in (Pair.DOCUMENT, Pair.CAPTURE)]
    found = measured(matcher, (*(row.similarity for row in rows), rows[0].similarity - MARGIN))
    for row, at in zip(rows, found.asked[:2], strict=True):
        assert row.comparisons == at.false_matches.comparisons
        # what another processor rounds otherwise may move a score across
        assert abs(at.false_matches.errors - row.false_matches) <= row.false_matches // 5
    assert found.asked[0].false_non_matches.errors == missed
    assert found.asked[2].false_matches.errors == 0, "with a margin"


@pytest.mark.weights
def test_the_london_set_is_told_apart_whole(omz: Matcher) -> None:
    agrees(omz, missed=0)


@pytest.mark.weights
@pytest.mark.slow
def test_the_london_set_by_the_second_matcher(second: Matcher) -> None:
    agrees(second, missed=1)
