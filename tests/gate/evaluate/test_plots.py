"""What the pictures are drawn of: no bar across a threshold at which errors are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from garim.gate.evaluate.intervals import Rate, rate
from garim.gate.evaluate.plots import _divided, det, scores
from garim.gate.evaluate.results import Errors, Evaluation
from garim.recognise.counts import Count, Point


def none(of: int) -> Rate:
    return rate(Count(0, of))


def done() -> Evaluation:
    """As London: from .49 to .82 no point of the curve, since nothing is there up to .74, and then few."""
    return Evaluation(
        at=datetime(2026, 11, 22, tzinfo=UTC), matcher="omz-0095", caution="", test=True, subjects=102, photos=204,
        left_out={}, compared=102, mated=102, non_mated=10302, enrol=none(102), acquire=none(204), groupings=(),
        withheld=(), in_use=Errors(0.55, none(102), none(10302), None, ()), targets=(),
        curve=(
            Point(-1.0, 0, 10302), Point(0.1, 0, 2000), Point(0.3, 0, 50), Point(0.49, 0, 0), Point(0.82, 5, 0),
            Point(0.9, 60, 0), Point(1.001, 102, 0),
        ),
    )  # fmt: skip


def test_no_bar_lies_across_a_threshold_that_is_told() -> None:
    steps = _divided(done())
    assert [point.threshold for point in steps] == [-1.0, 0.1, 0.3, 0.49, 0.55, 0.82, 0.9, 1.001]
    below, at, above = steps[3:6]
    assert (at.false_non_matches - below.false_non_matches, above.false_non_matches - at.false_non_matches) == (0, 5)


def test_where_nothing_was_seen_the_picture_says_so() -> None:
    """As paths, letters are not text: so it is held against the same with an error, which is another picture."""
    some = replace(done(), curve=tuple(replace(point, false_non_matches=102) for point in done().curve))
    assert det(done()).svg != det(some).svg
    assert det(done()) == det(done()) and scores(done()) == scores(done())
