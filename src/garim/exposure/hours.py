"""WALKS -> CLOCK HOURS: where everybody was at each half second of the clock that was watched. Pure.

Laws: a track's number is drawn at random, for its hour alone; a moment that nobody watched has no row; where somebody
was is said only where it is known to 2.55 m, and how much was left out for that is a value; of a mask one state is
said of all of a track.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Unsupported
from garim.exposure.positions import HZ, TICKS, Mask, Positions
from garim.exposure.smooth import Walk
from garim.exposure.worn import state

I64 = NDArray[np.int64]
Span = tuple[float, float]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERS = 1 << 16
BRIDGED_S = 3.0  # within a walk; what was not seen for longer is not drawn as a straight line
FARTHEST_M = 327.0  # what 16 bits hold
LEAST_SURE_M = 2.55  # and 8
SLACK_S = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """One clock hour of one camera: its rows, and which ticks [start, end) were watched, rising.

    `unsure` counts rows that were left out since nobody knows well enough where they are.
    """

    hour: datetime
    positions: Positions
    covered: tuple[tuple[int, int], ...]
    unsure: int


def hours(
    walks: Sequence[Walk], spans: Iterable[Span], start: datetime, rng: random.Random | None = None
) -> tuple[Hour, ...]:
    """The clock hours (UTC) in which `spans` lie, as they go by; times in seconds since `start`.

    Raises `Unsupported` where more people are in an hour than there are numbers.
    """
    ticks = _watched(spans, start)
    rows = [_rows(walk, ticks, start) for walk in walks]
    whole = ticks // TICKS
    return tuple(
        _hour(int(number), ticks[whole == number], rows, rng or secrets.SystemRandom()) for number in np.unique(whole)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """One walk at ticks since 1970: i64[n], f64[n,2] m, f64[n] m; and what is said of its mask."""

    tick: I64
    xy: NDArray[np.float64]
    sd: NDArray[np.float64]
    mask: Mask

    def __getitem__(self, which: NDArray[np.bool_]) -> _Rows:
        return _Rows(self.tick[which], self.xy[which], self.sd[which], self.mask)


def _began_s(start: datetime) -> float:
    """Seconds from the first tick of `start`'s own hour to it: small, so that nothing is lost in rounding."""
    return (start - start.replace(minute=0, second=0, microsecond=0)) / timedelta(seconds=1)


def _base(start: datetime) -> int:
    """The first tick of `start`'s hour, since 1970."""
    return int((start - EPOCH) // timedelta(hours=1)) * TICKS


def _between(first_s: float, last_s: float, start: datetime) -> I64:
    """The ticks that lie in a span of seconds since `start`, both ends included."""
    began = _began_s(start)
    low = np.ceil((began + first_s - SLACK_S) * HZ)
    high = np.floor((began + last_s + SLACK_S) * HZ)
    return np.arange(low, high + 1).astype(np.int64) + _base(start)


def _watched(spans: Iterable[Span], start: datetime) -> I64:
    ticks = [_between(*span, start) for span in spans]
    return np.unique(np.concatenate(ticks)) if ticks else np.empty(0, np.int64)


def _rows(walk: Walk, watched: I64, start: datetime) -> _Rows:
    """Where a walk was at the ticks that were watched, linear between its moments."""
    ticks = np.intersect1d(_between(walk.at[0], walk.at[-1], start), watched)
    at = (ticks - _base(start)) / HZ - _began_s(start)
    after = np.searchsorted(walk.at, at - SLACK_S).clip(0, len(walk.at) - 1)
    before = (np.searchsorted(walk.at, at + SLACK_S, side="right") - 1).clip(0)
    near = walk.at[after] - walk.at[before] <= BRIDGED_S + SLACK_S
    xy = np.stack([np.interp(at, walk.at, walk.xy[:, side]) for side in (0, 1)], axis=1)
    return _Rows(ticks, xy, np.interp(at, walk.at, walk.sd), state(walk.said))[near]


def _hour(number: int, ticks: I64, rows: Sequence[_Rows], rng: random.Random) -> Hour:
    inside = [part for each in rows if len((part := each[each.tick // TICKS == number]).tick)]
    sure = [kept for part in inside if len((kept := part[_known(part)]).tick)]
    unsure = sum(len(part.tick) for part in inside) - sum(len(part.tick) for part in sure)
    hour = EPOCH + timedelta(hours=number)
    if len(sure) > NUMBERS:
        raise Unsupported(f"{hour:%Y-%m-%d %H}h: over {NUMBERS} tracks in one hour of one camera; nothing was written")
    return Hour(hour, _numbered(sure, rng), _spans(ticks % TICKS), unsure)


def _known(rows: _Rows) -> NDArray[np.bool_]:
    """Which rows are near and sure enough to be stored; NaN is not."""
    return np.asarray((np.abs(rows.xy) <= FARTHEST_M).all(axis=1) & (rows.sd <= LEAST_SURE_M))


def _numbered(rows: Sequence[_Rows], rng: random.Random) -> Positions:
    """All rows under random numbers, in the order of these, so that not even the order of coming is kept."""
    if not rows:
        return Positions.none()
    numbers = sorted(rng.sample(range(NUMBERS), len(rows)))
    shuffled = rng.sample(list(rows), len(rows))
    lengths = [len(part.tick) for part in shuffled]
    track = np.repeat(np.array(numbers, np.uint16), lengths)
    tick = np.concatenate([part.tick for part in shuffled]) % TICKS
    x, y = np.rint(np.concatenate([part.xy for part in shuffled]) * 100).astype(np.int16).T
    sd = np.ceil(np.concatenate([part.sd for part in shuffled]) * 100).clip(1, 255)
    mask = np.repeat(np.array([part.mask for part in shuffled], np.uint8), lengths)
    return Positions(track, tick.astype(np.int32), x, y, sd.astype(np.uint8), mask)


def _spans(ticks: I64) -> tuple[tuple[int, int], ...]:
    """Rising ticks as [start, end) without a break in each."""
    parts = np.split(ticks, np.flatnonzero(np.diff(ticks) > 1) + 1)
    return tuple((int(part[0]), int(part[-1]) + 1) for part in parts)
