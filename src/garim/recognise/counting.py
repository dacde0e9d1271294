"""Numbers of a set's faces -> totals. Pure; what it holds of single pairs ends with the call.

Block by block, so that memory grows with the photos and not with their pairs: once for the spread of all similarities,
once more for the highest non-mated ones, which are all that false matches are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.recognise.counts import FLOOR, GRAIN, Asked, At, Count, Found, Point, Totals, Way
from garim.recognise.resampled import Ends, Outcomes, resampled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Alike = Callable[[F64, F64], F64]
"""How alike each of f64[n,d] is to each of f64[m,d]: f64[n,m]."""

_BINS = 2 * GRAIN + 1
_BLOCK = 1 << 21  # pairs at once
_STEP = 10  # thousandths between points of the curve, at least
_MARGIN = 5  # of the false matches that a target allows, so many are kept: a draw may need more than the set did


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """References f64[n,d], one a subject; probes f64[m,d], and whose they are."""

    references: F64
    probes: F64
    of: I64
    alike: Alike

    def blocks(self) -> Iterator[tuple[int, I64]]:
        """Thousandths i64[rows,m] of the references from a number on."""
        rows = max(1, _BLOCK // max(1, len(self.probes)))
        for first in range(0, len(self.references), rows):
            similarity = self.alike(self.references[first : first + rows], self.probes)
            yield first, np.clip(np.floor(similarity * GRAIN), -GRAIN, GRAIN).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Mated comparisons' thousandths i64[m], and how many of all non-mated ones have each: i64[_BINS]."""

    mated: I64
    non_mated: I64

    @property
    def count(self) -> int:
        """Of non-mated comparisons."""
        return int(self.non_mated.sum())

    def reaching(self, thousandths: int) -> int:
        """How many non-mated comparisons are as alike as that."""
        return int(self.non_mated[max(0, thousandths + GRAIN) :].sum())

    def lowest(self, allowed: int) -> int:
        """The lowest threshold that no more than `allowed` reach."""
        reaching = np.cumsum(self.non_mated[::-1])[::-1]
        return int((reaching > allowed).sum()) - GRAIN


def counted(references: F64, probes: F64, of: I64, alike: Alike, asked: Asked) -> Totals:
    """The totals of `references` f64[n,d], a subject each, and `probes` f64[m,d], of the subjects `of` i64[m].

    Raises `ValueError` where they do not fit what is asked, or somebody has no probe.
    """
    if len(references) != len(asked.similar) or set(of.tolist()) != set(range(len(references))):
        raise ValueError("counted: a reference and at least one probe for each subject")
    pairs = _Pairs(references, probes, of, alike)
    spread = _spread(pairs)
    allowed = [int(target * spread.count + 1e-9) for target in asked.targets]
    told = [number for number in allowed if number >= FLOOR]
    at = [round(threshold * GRAIN) for threshold in asked.thresholds] + [spread.lowest(number) for number in told]
    searched = spread.lowest(_MARGIN * max(told, default=0))
    tail = _tail(pairs, min([*at, searched]))
    *reaching, most = (int((tail[2] >= thousandths).sum()) for thousandths in (*at, searched))
    missed = [np.bincount(of, spread.mated < thousandths, len(references)).astype(np.int64) for thousandths in at]
    outcomes = Outcomes(np.bincount(of), np.array(missed), tail, tuple(reaching), most)
    targets = tuple(target for target, number in zip(asked.targets, allowed, strict=True) if number >= FLOOR)
    ways = (np.zeros(len(references), np.int64), *asked.ways)
    ends = resampled(ways, asked.similar, outcomes, targets)
    done = tuple(_at(number, thousandths, ways, asked, outcomes, ends) for number, thousandths in enumerate(at))
    return Totals(
        subjects=len(references),
        mated=len(probes),
        non_mated=spread.count,
        asked=done[: len(asked.thresholds)],
        found=tuple(_found(asked, allowed, spread.count, done[len(asked.thresholds) :], ends)),
        curve=curve(np.bincount(spread.mated + GRAIN, minlength=_BINS), spread.non_mated, at),
    )


def _spread(pairs: _Pairs) -> _Spread:
    every, mated = np.zeros(_BINS, np.int64), np.zeros(len(pairs.probes), np.int64)
    for first, block in pairs.blocks():
        every += np.bincount(block.ravel() + GRAIN, minlength=_BINS)
        own = np.flatnonzero((pairs.of >= first) & (pairs.of < first + len(block)))
        mated[own] = block[pairs.of[own] - first, own]
    return _Spread(mated, every - np.bincount(mated + GRAIN, minlength=_BINS))


def _tail(pairs: _Pairs, lowest: int) -> I64:
    """Non-mated comparisons from `lowest` on, the highest first: i64[3,k], as `Outcomes` has them."""
    found = []
    for first, block in pairs.blocks():
        row, probe = np.nonzero(block >= lowest)
        hit = np.stack([row + first, pairs.of[probe], block[row, probe]])
        found.append(hit[:, hit[0] != hit[1]])
    tail = np.concatenate(found, axis=1)
    return np.asarray(tail[:, np.argsort(-tail[2], kind="stable")])


def _at(number: int, thousandths: int, ways: tuple[I64, ...], asked: Asked, outcomes: Outcomes, ends: Ends) -> At:
    hit, missed, probes = outcomes.tail[:2, : outcomes.reaching[number]], outcomes.missed[number], outcomes.probes
    every, *others = (_way(way, probes, hit, missed, _of_way(ends, i, number)) for i, way in enumerate(ways))
    reference, probe = asked.similar[hit]
    within = (reference == probe) & (reference >= 0)
    return At(
        threshold=thousandths / GRAIN,
        false_non_matches=every.false_non_matches[0],
        false_matches=every.pairs[0][0],
        similar=_count(int(within.sum()), _within(asked.similar, probes), ends.similar[:, number, 0]),
        ways=tuple(others),
    )


def _within(group: I64, probes: I64) -> int:
    """How many non-mated comparisons are between two of one group; below 0 is none."""
    there = group >= 0
    subjects, of_them = np.bincount(group[there]), np.bincount(group[there], probes[there])
    return int(((subjects - 1) * of_them).sum())


def _of_way(ends: Ends, way: int, number: int) -> tuple[F64, F64]:
    return ends.missed[way][:, number], ends.hits[way][:, number]


def _way(group: I64, each: I64, hit: I64, missed: I64, ends: tuple[F64, F64]) -> Way:
    count = int(group.max()) + 1
    subjects, probes, errors = (
        np.bincount(group, of, count).astype(np.int64) for of in (np.ones_like(each), each, missed)
    )
    false = np.bincount(group[hit[0]] * count + group[hit[1]], minlength=count * count).reshape(count, count)
    of_all = np.outer(subjects, probes) - np.diag(probes)
    return Way(
        tuple(_count(int(errors[a]), int(probes[a]), ends[0][:, a]) for a in range(count)),
        tuple(
            tuple(_count(int(false[a, b]), int(of_all[a, b]), ends[1][:, a] if a == b else None) for b in range(count))
            for a in range(count)
        ),
    )


def _count(errors: int, comparisons: int, ends: F64 | None) -> Count:
    if ends is None or errors == 0 or not np.isfinite(ends).all():
        return Count(errors, comparisons)
    return Count(errors, comparisons, float(ends[0]), float(ends[1]))


def _found(asked: Asked, allowed: list[int], of_all: int, done: tuple[At, ...], ends: Ends) -> Iterator[Found]:
    left = iter(enumerate(done))
    for target, number in zip(asked.targets, allowed, strict=True):
        if number < FLOOR:
            yield Found(target, of_all, None)
            continue
        place, at = next(left)
        yield Found(target, of_all, at, float(ends.found[0, place]), float(ends.found[1, place]))


def curve(mated: I64, non_mated: I64, told: Sequence[int] = ()) -> tuple[Point, ...]:
    """Points between which lie no comparisons of a kind, or `FLOOR` at least, from counts i64[_BINS] by thousandths.

    So do they between each point and the thresholds, in thousandths, at which errors are `told`; but for the two ends.
    """
    missed, reaching = np.cumsum(mated) - mated, np.cumsum(non_mated[::-1])[::-1]
    lowest = Point(-1.0, 0, int(non_mated.sum()))
    highest = Point(1.0 + 1 / GRAIN, int(mated.sum()), 0)
    kept = [lowest]
    beside = [_point(bin_, missed, reaching) for bin_ in (thousandths + GRAIN for thousandths in told) if bin_ < _BINS]
    for bin_ in range(0, _BINS, _STEP):
        point = _point(bin_, missed, reaching)
        if _apart(kept[-1], point) and all(_told(*_ordered(point, each)) for each in (*beside, highest)):
            kept.append(point)
    return (*kept, highest)


def _point(bin_: int, missed: I64, reaching: I64) -> Point:
    return Point((bin_ - GRAIN) / GRAIN, int(missed[bin_]), int(reaching[bin_]))


def _ordered(a: Point, b: Point) -> tuple[Point, Point]:
    return (a, b) if a.threshold <= b.threshold else (b, a)


def _apart(a: Point, b: Point) -> bool:
    return (a.false_non_matches, a.false_matches) != (b.false_non_matches, b.false_matches) and _told(a, b)


def _told(a: Point, b: Point) -> bool:
    between = (b.false_non_matches - a.false_non_matches, a.false_matches - b.false_matches)
    return all(count == 0 or count >= FLOOR for count in between)
