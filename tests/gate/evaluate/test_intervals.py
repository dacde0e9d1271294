"""Intervals against published figures and another implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from garim.gate.evaluate.intervals import clopper_pearson, rate, rule_of_3, rule_of_30
from garim.gate.evaluate.words import percent, resampled
from garim.recognise.counts import Count


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),  # Clopper and Pearson 1934, and every table since
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (0, 10302, 0.0, 3.58e-4),
        (0, 0, 0.0, 1.0),
    ],
)
def test_known_ends(errors: int, trials: int, low: float, high: float) -> None:
    assert list(clopper_pearson(errors, trials)) == pytest.approx([low, high], abs=6e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_as_scipy_has_it(drawn: tuple[int, int]) -> None:
    errors, trials = drawn
    ours, theirs = clopper_pearson(errors, trials), binomtest(errors, trials).proportion_ci(0.95, "exact")
    assert list(ours) == pytest.approx([theirs.low, theirs.high], abs=1e-9)


@pytest.mark.parametrize("true", [0.001, 0.05, 0.5])
def test_it_covers_what_it_says(true: float) -> None:
    trials = 300
    inside = [clopper_pearson(k, trials)[0] <= true <= clopper_pearson(k, trials)[1] for k in range(trials + 1)]
    assert sum(binom.pmf(k, trials, true) for k, ok in enumerate(inside) if ok) >= 0.95


def test_the_rules() -> None:
    assert (rule_of_3(1e-3, 3000), rule_of_3(1e-3, 2999), rule_of_30(1e-3, 30000), rule_of_30(1e-3, 29999)) == (
        *(True, False),
        *(True, False),
    )


def test_rates_in_words() -> None:
    assert [percent(each) for each in (0, 1, 0.5, 0.0309, 0.00098, 3.58e-4, 1.23e-6)] == [
        *("0 %", "100 %", "50 %", "3.1 %", "0.098 %", "0.036 %", "0.00012 %")
    ]
    assert rate(Count(0, 0)).share is None
    assert resampled(rate(Count(0, 9))) == "says nothing"
    assert rate(Count(1, 4, 0.0, 0.5)).resampled == (0.0, 0.5)
