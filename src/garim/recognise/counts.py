"""How often a matcher errs on a consented set: what may be asked of it, and all that comes out. Values, no scores.

Laws: nothing here is of one person or of one pair; each group that is told of has `FLOOR` subjects at least, and from
one point of the curve to the next lie no comparisons, or `FLOOR` at least: no similarity of a pair can be read off.

The terms are those of ISO/IEC 19795-1: a subject's reference is compared with that subject's probes (mated) and with
all others' (non-mated); a false match is a non-mated comparison that comes out as alike, a false non-match the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR = 5
GRAIN = 1000  # similarities are counted in thousandths, and thresholds are such
RESAMPLED = 1000  # times

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked of n subjects.

    `ways` i64[w,n] are ways to tell the subjects apart: a row has the number of each one's group, from 0 on.
    `similar` i64[n]: of two who have the same number, and it is not below 0, every group is the same.
    `thresholds` are the similarities at which errors are counted; `targets` are false match rates for which a threshold
    is looked for, and errors are counted there too.
    """

    ways: I64
    similar: I64
    thresholds: tuple[float, ...]
    targets: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.ways.ndim != 2 or self.similar.shape != self.ways.shape[1:] or len(self.similar) < FLOOR:
            raise ValueError(f"asked: of {FLOOR} subjects at least, a group each in each way")
        if (self.ways < 0).any() or any((np.bincount(way) < FLOOR).any() for way in self.ways):
            raise ValueError(f"asked: groups of {FLOOR} subjects at least, counted from 0 on")
        clusters = np.bincount(self.similar[self.similar >= 0])
        if ((clusters > 0) & (clusters < FLOOR)).any():
            raise ValueError(f"asked: none, or {FLOOR} subjects at least who are alike")
        for way in (np.zeros_like(self.similar), *self.ways):
            alike, others = (np.bincount(way[there], minlength=int(way.max()) + 1) for there in _parted(self.similar))
            if ((alike > 0) & (others > 0) & (others < FLOOR)).any():
                raise ValueError(f"asked: in a group, nobody or {FLOOR} subjects at least besides those who are alike")


def _parted(similar: I64) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return similar >= 0, similar < 0


@dataclass(frozen=True, slots=True)
class Count:
    """Errors among comparisons. `low` and `high`: 95 % of resampled sets of subjects lie there; None where not asked.

    Where there is no error at all, resampling finds none either: the two say nothing then, and are None.
    """

    errors: int
    comparisons: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """By group: false non-matches; and false matches, `pairs[a][b]`: references of group a, probes of group b."""

    false_non_matches: tuple[Count, ...]
    pairs: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True, slots=True)
class At:
    """Errors at one threshold: of all, of non-mated comparisons between those of the same groups, and by each way."""

    threshold: float
    false_non_matches: Count
    false_matches: Count
    similar: Count
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The lowest threshold whose false match rate is no higher than `target`, and where 95 % of resampled ones lie.

    None where fewer than `FLOOR` false matches are allowed: it would be some pair's similarity.
    """

    target: float
    comparisons: int
    at: At | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve: so many errors of either kind at `threshold`."""

    threshold: float
    false_non_matches: int
    false_matches: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All that comes out: `asked` an entry for each threshold, `found` for each target; `curve` by rising threshold."""

    subjects: int
    mated: int
    non_mated: int
    asked: tuple[At, ...]
    found: tuple[Found, ...]
    curve: tuple[Point, ...]
