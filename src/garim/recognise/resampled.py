"""How sure an error rate is, by drawing the subjects again and again: whoever errs once may err in many comparisons.

Comparisons of one person are no independent trials, so an interval over comparisons is too narrow. Subjects are: a set
of as many is drawn from them with replacement, each with all their photos, and each rate is counted anew (Efron 1979;
Bolle, Ratha, Pankanti 2004, "Error analysis of pattern recognition systems: the subsets bootstrap"). Somebody drawn
twice is not compared with themselves as with a stranger. Pure; always the same draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from garim.recognise.counts import GRAIN, RESAMPLED

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
_SEED = 19795
_ENDS = (0.025, 0.975)
_AT_ONCE = 40  # draws


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What is drawn from: `probes` i64[n], how many each subject has.

    `missed` i64[t,n]: how many of each one's mated comparisons are false non-matches at each of t thresholds. `tail`
    i64[3,k]: the non-mated comparisons with the highest similarities, these first: number of the reference's subject,
    of the probe's, and similarity in thousandths; of these the first `reaching[t]` are false matches. Thresholds for
    false match rates are looked for among the first `searched`.
    """

    probes: I64
    missed: I64
    tail: I64
    reaching: tuple[int, ...]
    searched: int

    def hits(self) -> Iterator[I64]:
        """The false matches at each threshold."""
        return (self.tail[:, :count] for count in self.reaching)


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where 95 % lie, f64[2,...] from and to; NaN where there is nothing: by threshold, and by group of each way.

    `found` f64[2,targets]: of thresholds for false match rates.
    """

    missed: tuple[F64, ...]
    hits: tuple[F64, ...]
    similar: F64
    found: F64


def resampled(ways: tuple[I64, ...], similar: I64, outcomes: Outcomes, targets: tuple[float, ...]) -> Ends:
    """The ends for `ways`, each i64[n] a subject's group, false matches only of those within a group."""
    draw, count = np.random.default_rng(_SEED), len(similar)
    cells, alike, reached = [_Cell(way, outcomes) for way in ways], _Cell(similar, outcomes), _Reached(outcomes)
    drawn: list[list[F64]] = []
    for _ in range(0, RESAMPLED, _AT_ONCE):
        weight = draw.multinomial(count, np.full(count, 1 / count), _AT_ONCE).T.astype(np.float64)
        of_one = [each for cell in cells for each in (cell.missed(weight), cell.hits(weight))]
        drawn.append([*of_one, alike.hits(weight, pooled=True), reached.found(weight, targets)])
    ends = [_ends(np.concatenate(parts, axis=-1)) for parts in zip(*drawn, strict=True)]
    return Ends(missed=tuple(ends[:-2:2]), hits=tuple(ends[1:-2:2]), similar=ends[-2], found=ends[-1])


class _Cell:
    """One way to group n subjects, with what does not change from draw to draw. A number below 0 is no group.

    Weights are f64[n,draws]: how often each was drawn.
    """

    def __init__(self, group: I64, outcomes: Outcomes) -> None:
        there = np.flatnonzero(group >= 0)
        shape = max(int(group.max()) + 1, 1), len(group)
        self._sums = csr_array((np.ones(len(there)), (group[there], there)), shape)
        self._probes, self._missed = outcomes.probes[:, None], outcomes.missed
        self._hits = [_counts(tail[:, _within(group, tail)], len(group)) for tail in outcomes.hits()]

    def missed(self, weight: F64) -> F64:
        """False non-match rate: f64[t,groups,draws]."""
        of_all = self._sum(weight * self._probes)
        return np.array([_share(self._sum(weight * missed[:, None]), of_all) for missed in self._missed])

    def hits(self, weight: F64, *, pooled: bool = False) -> F64:
        """False match rate among those of one group, f64[t,groups,draws]; `pooled`: of all together, f64[t,1,draws]."""
        mates = weight * self._probes
        of_all = self._sum(weight) * self._sum(mates) - self._sum(weight * mates)
        found = np.array([self._sum(np.asarray(hits @ weight) * weight) for hits in self._hits])
        if pooled:
            found, of_all = found.sum(axis=1, keepdims=True), of_all.sum(axis=0, keepdims=True)
        return _share(found, of_all)

    def _sum(self, values: F64) -> F64:
        """f64[groups,draws] of f64[n,draws]."""
        return np.asarray(self._sums @ values)


class _Reached:
    """How many non-mated comparisons reach each similarity of the tail."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._probes = outcomes.probes[:, None]
        self._pairs = outcomes.tail[:2, : outcomes.searched]
        similarity, which = np.unique(-outcomes.tail[2, : outcomes.searched], return_inverse=True)
        self._sums = csr_array((np.ones(len(which)), (which, np.arange(len(which)))), (len(similarity), len(which)))
        self._thresholds = np.concatenate([-similarity + 1, -similarity[-1:]]) / GRAIN

    def found(self, weight: F64, targets: tuple[float, ...]) -> F64:
        """For each target the lowest threshold at which no more false matches are left: f64[targets,draws]."""
        mates = weight * self._probes
        of_all = weight.sum(axis=0) * mates.sum(axis=0) - (weight * mates).sum(axis=0)
        reached = np.cumsum(self._sums @ (weight[self._pairs[0]] * weight[self._pairs[1]]), axis=0)
        allowed = np.multiply.outer(np.array(targets), of_all)
        return np.asarray(self._thresholds[(reached[None] <= allowed[:, None]).sum(axis=1)])


def _within(group: I64, tail: I64) -> NDArray[np.bool_]:
    return np.asarray((group[tail[0]] == group[tail[1]]) & (group[tail[0]] >= 0))


def _counts(tail: I64, count: int) -> csr_array:
    """How often each subject is falsely matched with each other one."""
    return csr_array((np.ones(tail.shape[1]), (tail[0], tail[1])), (count, count))


def _share(part: F64, whole: F64) -> F64:
    filled = np.broadcast_to(whole, part.shape)
    return np.asarray(np.divide(part, filled, out=np.full(part.shape, np.nan), where=filled > 0))


def _ends(drawn: F64) -> F64:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what was never drawn there is none
        return np.asarray(np.nanquantile(drawn, _ENDS, axis=-1))
