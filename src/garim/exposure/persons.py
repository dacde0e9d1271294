"""Whoever was in one camera's view, each as one: tracks joined across breaks and across the hour's edge. Pure.

    hours of positions -> pieces -> each end with the one beginning that can be its own -> persons

Laws: a join is one to one and never overlaps; where another one is at least a tenth as likely it is refused, so a
doubt makes two people of one and never one of two; cutting a track between two of its moments changes nothing, unless
somebody else begins or ends beside the cut.

That a piece ending at p with velocity v goes on as one beginning at q with velocity w, a gap of g seconds later, is
judged as either of two: it walked on, and (p + v g/2) - (q - w g/2) is normal with the variance of both positions and
(SWAY g)^2; or, ten times less likely, it turned or stopped, and p - q is normal with theirs and (TURN min(g, 1))^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from garim.exposure.positions import HZ, TICKS, Positions

BREAK_TICKS = 3 * HZ
"""The longest break across which a track goes on: 3 s."""
SWAY_M_S = 0.3
TURN_M_S = 0.75  # three times this is the fastest walk
BRIDGE_M2_S = 0.25  # a walker's wandering about the straight line, a variance a second
LARGEST = 9.0  # squared deviations: 3 sigma
MARGIN = 2 * np.log(10)  # ten times as likely as any other
_SLOPE_TICKS = 3 * HZ // 2  # how much of a piece tells its velocity
_BESIDE = BREAK_TICKS + _SLOPE_TICKS  # rows on either side of a stretch that its joins look at

Rows = NDArray[np.int64]
Metres = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Rows side by side, by person and then by time; all arrays are of one length n.

    `person` i64, which means nothing outside this value; `at` i64, half seconds since 1970 UTC; `xy` f64[n,2] m;
    `sd` f64[n] m, of either coordinate; `mask` u8; `lasts` f64[n], how many half seconds a row stands for.
    Raises `ValueError`.
    """

    person: Rows
    at: Rows
    xy: Metres
    sd: Metres
    mask: NDArray[np.uint8]
    lasts: Metres

    def __post_init__(self) -> None:
        count = len(self.person)
        if any(len(column) != count for column in (self.at, self.sd, self.mask, self.lasts)):
            raise ValueError("persons: columns of one length")
        if self.xy.shape != (count, 2):
            raise ValueError("persons: two coordinates a row")
        after, before = self.person[1:], self.person[:-1]
        if (after < before).any() or ((after == before) & (self.at[1:] <= self.at[:-1])).any():
            raise ValueError("persons: by person and then by time, each moment of a person once")

    def __len__(self) -> int:
        return len(self.person)

    def only(self, rows: NDArray[np.bool_] | Rows, *, person: Rows | None = None) -> Persons:
        """Those rows, by a mask or by their indexes; of other persons, if `person` says so."""
        if rows.dtype == bool and rows.all() and person is None:
            return self
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Persons(
            self.person.take(at) if person is None else person,
            self.at.take(at),
            self.xy.take(at, 0),
            self.sd.take(at),
            self.mask.take(at),
            self.lasts.take(at),
        )


NOBODY = Persons(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty((0, 2)),
    np.empty(0),
    np.empty(0, np.uint8),
    np.empty(0),
)


def tick(at: datetime) -> int:
    """Half seconds since 1970 UTC."""
    return round(at.timestamp() * HZ)


def persons(
    hours: Sequence[tuple[datetime, Positions]],
    *,
    lasts: Sequence[int] | None = None,
    between: tuple[int, int] | None = None,
) -> Persons:
    """Everybody in `hours` of one camera, each with the hour's begin in UTC; where `between` says so, in these ticks.

    `lasts` says of each hour how many half seconds a row stands for: one if not given, more where it was coarsened. A
    row that stands for ticks on both sides of an edge of `between` is there as it is: `cut` makes it shorter.
    """
    loose = _laid(hours, lasts or [1] * len(hours), between)
    if not len(loose):
        return loose
    whole = _whole(loose, _successors(loose))
    return whole if between is None else whole.only(_overlap(whole, between) > 0)


def cut(rows: Persons, between: tuple[int, int]) -> Persons:
    """`rows` of `between` these ticks, each lasting for as long as it has of them."""
    kept = _overlap(rows, between)
    return replace(rows, lasts=kept) if (kept > 0).all() else replace(rows, lasts=kept).only(kept > 0)


def _overlap(rows: Persons, between: tuple[int, int]) -> Metres:
    """For how many half seconds of `between` each row stands: it has its moment in its middle."""
    start = rows.at - rows.lasts // 2
    return np.asarray(np.minimum(start + rows.lasts, between[1]) - np.maximum(start, between[0]))


def as_one(rows: Persons) -> Persons:
    """All `rows` as those of one person. Raises `ValueError` where that would be in two places at once."""
    return rows.only(np.argsort(rows.at, kind="stable"), person=np.zeros_like(rows.person))


def _laid(
    hours: Sequence[tuple[datetime, Positions]], lasts: Sequence[int], between: tuple[int, int] | None
) -> Persons:
    """All rows by piece: a track of an hour. Of those not `between`, as many as a join there needs."""
    parts, pieces = [NOBODY], 0
    for (hour, rows), weight in zip(hours, lasts, strict=True):
        start, beside = tick(hour), _BESIDE * weight
        low, high = (0, TICKS) if between is None else (between[0] - start - beside, between[1] - start + beside)
        near = (rows.tick >= low) & (rows.tick < high)
        part = _piecewise(rows, slice(None) if near.all() else np.flatnonzero(near), start, weight, pieces)
        parts.append(part)
        pieces += len(_firsts(part.person))
    if len(parts) == 2:
        return parts[1]
    return Persons(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Persons)))


def _piecewise(rows: Positions, own: slice | Rows, start: int, weight: int, number: int) -> Persons:
    """Those rows of an hour that begins at `start`, its tracks numbered from `number` on."""
    track = rows.track[own]
    person = np.full(len(track), number)
    person[1:] += np.cumsum(track[1:] != track[:-1])
    xy = np.empty((len(track), 2))
    np.divide(rows.x_cm[own], 100, out=xy[:, 0])
    np.divide(rows.y_cm[own], 100, out=xy[:, 1])
    at, sd = start + rows.tick[own].astype(np.int64), rows.sd_cm[own] / 100
    return Persons(person, at, xy, sd, rows.mask[own], np.full(len(track), float(weight)))


def _successors(rows: Persons) -> Rows:
    """Of each piece the one that goes on with it, or -1."""
    first = _firsts(rows.person)
    last = np.append(first[1:], len(rows)) - 1
    end, begin = _pairs(rows, first, last)
    cost = _cost(rows, first, last, end, begin)
    within = np.isfinite(cost)
    end, begin, cost = end[within], begin[within], cost[within]
    best = _clearly_best(end, cost, len(first)) & _clearly_best(begin, cost, len(first))
    after = np.full(len(first), -1, np.int64)
    after[end[best]] = begin[best]
    return after


def _pairs(rows: Persons, first: Rows, last: Rows) -> tuple[Rows, Rows]:
    """Each end with each beginning that follows it within a break: pieces."""
    by_time = np.argsort(rows.at[first], kind="stable")
    begins = rows.at[first][by_time]
    ends = rows.at[last]
    low = np.searchsorted(begins, ends, side="right")
    # a coarse row stands for a while, which is no break
    high = np.searchsorted(begins, ends + BREAK_TICKS + rows.lasts[last] - 1, side="right")
    count = high - low
    end = np.repeat(np.arange(len(first)), count)
    return end, by_time[_runs(low, count)]


def _cost(rows: Persons, first: Rows, last: Rows, end: Rows, begin: Rows) -> Metres:
    """-2 log likelihood of each pair, infinite where no walker could."""
    p, q = last[end], first[begin]
    gap = (rows.at[q] - rows.at[p]) / HZ
    leaves = _velocity(rows, np.maximum(first, last - _SLOPE_TICKS), last)[end]
    comes = _velocity(rows, first, np.minimum(last, first + _SLOPE_TICKS))[begin]
    apart, unsure = rows.xy[p] - rows.xy[q], rows.sd[p] ** 2 + rows.sd[q] ** 2
    # coarse rows are no walk of a minute
    on = _unlikely(apart + (leaves + comes) * gap[:, None] / 2, unsure + (SWAY_M_S * np.minimum(gap, 3)) ** 2)
    turned = _unlikely(apart, unsure + (TURN_M_S * np.minimum(gap, 1)) ** 2)
    return np.asarray(np.minimum(on, turned + MARGIN))


def _unlikely(off: Metres, variance: Metres) -> Metres:
    squared = (off**2).sum(1) / variance
    return np.asarray(np.where(squared <= LARGEST, squared + 2 * np.log(variance), np.inf))


def _velocity(rows: Persons, start: Rows, stop: Rows) -> Metres:
    """m/s between two rows each; none where they are one, or lie a coarse row apart."""
    seconds = (rows.at[stop] - rows.at[start]) / HZ
    told = (seconds > 0) & (seconds <= 2 * BREAK_TICKS / HZ)
    a_second = np.where(told, 1 / np.maximum(seconds, 1 / HZ), 0.0)[:, None]
    return np.asarray(a_second * (rows.xy[stop] - rows.xy[start]))


def _clearly_best(group: Rows, cost: Metres, groups: int) -> NDArray[np.bool_]:
    """Whether each is the cheapest of its group, by the margin."""
    best = np.full(groups, np.inf)
    np.minimum.at(best, group, cost)
    near = cost < best[group] + MARGIN
    alone = np.bincount(group[near], minlength=groups) == 1
    return np.asarray((cost == best[group]) & alone[group])


def _whole(rows: Persons, after: Rows) -> Persons:
    """Each chain of pieces as one person, in the order of their first pieces, and its breaks filled."""
    person, source = _in_chains(rows, after)
    broken, gap = _breaks(person, rows.at.take(source))
    return _bridged(rows, person, source, broken, gap) if len(broken) else rows.only(source, person=person)


def _breaks(person: Rows, at: Rows) -> tuple[Rows, Rows]:
    """After which rows of a person a break is, and how many ticks it is to the next row."""
    gap = at[1:] - at[:-1]
    broken = np.flatnonzero((gap > 1) & (gap <= BREAK_TICKS) & (person[1:] == person[:-1]))
    return broken, gap[broken]


def _in_chains(rows: Persons, after: Rows) -> tuple[Rows, Rows]:
    """Chain by chain: whose each row is, and which. Those of a piece stay side by side; only pieces are sorted."""
    if (after < 0).all():
        return rows.person, np.arange(len(rows))
    first = _firsts(rows.person)
    chain = np.arange(len(first))
    by_time = np.argsort(rows.at[first], kind="stable")
    for piece in by_time[after[by_time] >= 0]:
        chain[after[piece]] = chain[piece]
    order = np.lexsort((rows.at[first], chain))
    length = np.diff(first, append=len(rows))[order]
    return np.repeat(np.unique(chain[order], return_inverse=True)[1], length), _runs(first[order], length)


def _bridged(rows: Persons, person: Rows, source: Rows, broken: Rows, gap: Rows) -> Persons:
    """`rows` by `source`, and after each that is `broken` what is missing on the straight line to the next one.

    A bridge's deviation is the largest in the middle (Brownian bridge).
    """
    missing = gap - 1
    begin, end, of = (np.repeat(each, missing) for each in (source[broken], source[broken + 1], gap))
    step = _runs(np.ones_like(gap), missing)
    share = step / of
    wander = BRIDGE_M2_S * of / HZ * share * (1 - share)
    copies = np.ones_like(source)
    copies[broken] = gap
    source = np.repeat(source, copies)
    at, xy, sd = rows.at.take(source), rows.xy.take(source, 0), rows.sd.take(source)
    mask, lasts = rows.mask.take(source), rows.lasts.take(source)
    filled = np.repeat(broken, missing) + np.arange(1, len(begin) + 1)  # where the copies stand
    at[filled] += step
    xy[filled] += share[:, None] * (rows.xy[end] - rows.xy[begin])
    sd[filled] = np.sqrt((1 - share) * rows.sd[begin] ** 2 + share * rows.sd[end] ** 2 + wander)
    mask[filled], lasts[filled] = 0, 1  # of a mask nothing is said
    return Persons(np.repeat(person, copies), at, xy, sd, mask, lasts)


def _firsts(person: Rows) -> Rows:
    """Where each person's rows begin."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(person)), bool), person[1:] != person[:-1]]))


def _runs(start: Rows, length: Rows) -> Rows:
    """From each `start` on so many numbers, one after the other."""
    return np.repeat(start - np.cumsum(length) + length, length) + np.arange(length.sum())
