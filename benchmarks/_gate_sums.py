"""TEMPLATES OF A PEER -> HOW OFTEN IT ERRS, as `garim gate evaluate` counts it. Pure; totals alone come out.

Thresholds are thousandths; the one for a false match rate is the lowest at which no more than that share of non-mated
comparisons come out as alike. Intervals are Clopper and Pearson's, 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

GRAIN = 1000
TAIL = 0.025

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among comparisons, and the ends of their interval."""

    errors: int
    comparisons: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Errors:
    """What a matcher came to at a threshold: false non-matches, false matches."""

    threshold: float
    fnmr: Rate
    fmr: Rate


def errors(references: F64, probes: F64, target: float) -> Errors:
    """Errors at FMR `target` of references f64[n,d] and probes f64[n,d], of the same people in order, by cosine."""
    if references.shape != probes.shape or len(references) < 2:
        raise ValueError("errors: a reference and a probe of each of two people at least")
    alike = np.floor(_unit(references) @ _unit(probes).T * GRAIN)
    own = np.eye(len(alike), dtype=bool)
    mated, others = alike[own], np.sort(alike[~own])[::-1]
    allowed = int(target * len(others) + 1e-9)
    threshold = others[allowed] + 1 if allowed < len(others) else -GRAIN
    missed, hit = int((mated < threshold).sum()), int((others >= threshold).sum())
    return Errors(float(threshold) / GRAIN, rate(missed, len(mated)), rate(hit, len(others)))


def rate(errors: int, comparisons: int) -> Rate:
    """With the exact interval; of no comparison, all there is."""
    left = comparisons - errors
    low = float(betaincinv(errors, left + 1, TAIL)) if errors else 0.0
    high = float(betaincinv(errors + 1, left, 1 - TAIL)) if left else 1.0
    return Rate(errors, comparisons, low, high)


def each(few: tuple[int, float], many: tuple[int, float]) -> float:
    """What one more photo costs: `few` and `many` are numbers of photos, and what a process took for all of them."""
    (a, took_a), (b, took_b) = few, many
    if b <= a:
        raise ValueError("each: many are more than few")
    return (took_b - took_a) / (b - a)


def _unit(rows: F64) -> F64:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
