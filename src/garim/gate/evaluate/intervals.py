"""How far a rate can be trusted. Pure.

`clopper_pearson`: Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
binomial": exact for independent trials. The rules of 3 and of 30 are ISO/IEC 19795-1's: without an error among n
comparisons the rate is below 3/n with 95 % confidence; a rate with 30 errors is within 30 % of the true one with 90 %.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

from garim.recognise.counts import Count

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among comparisons: [`low`, `high`] is exact if these are independent, `resampled` by drawing subjects."""

    errors: int
    comparisons: int
    low: float
    high: float
    resampled: tuple[float, float] | None = None

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.errors / self.comparisons if self.comparisons else None


def clopper_pearson(errors: int, trials: int) -> tuple[float, float]:
    """The ends of the exact two-sided 95 % interval; of no trial, all there is."""
    if not trials:
        return 0.0, 1.0
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(errors, trials - errors + 1, tail)) if errors else 0.0
    high = float(betaincinv(errors + 1, trials - errors, 1 - tail)) if errors < trials else 1.0
    return low, high


def rate(count: Count) -> Rate:
    """The rate with its intervals."""
    drawn = None if count.low is None or count.high is None else (count.low, count.high)
    return Rate(count.errors, count.comparisons, *clopper_pearson(count.errors, count.comparisons), drawn)


def rule_of_3(target: float, comparisons: int) -> bool:
    """Whether so many comparisons can show a rate below `target` at all."""
    return comparisons * target >= 3


def rule_of_30(target: float, comparisons: int) -> bool:
    """Whether so many can tell it to within 30 %."""
    return comparisons * target >= 30
