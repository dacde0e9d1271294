"""SEVERAL PEOPLE'S DAYS -> ONE LIST THAT IS NOBODY'S. Pure.

    stays of each case -> cells (place, day, hours) -> risk of each cell -> days that mix enough people

Laws: a cell is a whole zone for whole hours; the list is a set, in an order of its own, so that it is the same in
whichever order cases came, and nothing links two cells of one case; a day is published only where enough cases share
it and none has more than half of it for itself: a day of one is a patient's day, as Korea published them in 2020.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from garim.core.errors import Misuse
from garim.exposure.zones import Air, Zone, Zones, clock

LEAST = 3
"""Cases in a list, and on each of its days. It can be raised, and not lowered."""
LONG = timedelta(minutes=15)
"""From here on a stay in a cell is long: the time that close contacts are counted from."""
_STEP = timedelta(minutes=15)  # every clock on Earth is a multiple of it from UTC


class Risk(StrEnum):
    """What may be said of a place for some hours."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


RISK = {
    (Air.OPEN, False): Risk.LOW,
    (Air.OPEN, True): Risk.MEDIUM,
    (Air.CLOSED, False): Risk.MEDIUM,
    (Air.CLOSED, True): Risk.HIGH,
}
"""By the air of a place, and whether infectious people were there for long: all of them together, in those hours."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A case was before a `camera` from `start` to before `end`, aware times. Raises `ValueError`."""

    camera: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None or self.end <= self.start:
            raise ValueError(f"{self.camera}: a stay ends after it begins, and its times say their zone")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """On a `day` from the hour `start` to the hour `end` (24 at most) of its clocks, at a `place`, this `risk`."""

    day: date
    start: int
    end: int
    place: str
    risk: Risk


@dataclass(frozen=True, slots=True)
class Mixed:
    """What may be published, and the days `held` back because too few people share them.

    `counted` are the numbers of the cases of which something is in it.
    """

    windows: tuple[Window, ...]
    held: tuple[date, ...]
    counted: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Cell:
    day: date
    start: int
    place: str


def mixed(cases: Sequence[Sequence[Stay]], zones: Zones, *, hours: int = 1, least: int = LEAST) -> Mixed:
    """The list of `cases`, the stays of one person each, in windows of `hours`, which divide the day.

    Raises `Misuse` where there are fewer cases than `least`, or nothing is left that may be published.
    """
    if hours < 1 or 24 % hours:
        raise Misuse(f"windows of {hours} hours do not divide a day: 1, 2, 3, 4, 6, 8, 12 or 24; nothing was published")
    if least < LEAST or len(cases) < least:
        need = f"a list has {max(least, LEAST)} people at least: of one alone it would be that person's day"
        raise Misuse(f"{len(cases)} people, and {need}; nothing was published. Wait for others")
    spent = [_spent(stays, zones, hours) for stays in cases]
    held = tuple(sorted({cell.day for cells in spent for cell in cells if not _mixes(cell.day, spent, least)}))
    air = {zone.name: zone.air for zone in zones.zones}
    total: dict[_Cell, timedelta] = defaultdict(timedelta)
    for cells in spent:
        for cell, time in cells.items():
            total[cell] += time
    windows = [
        Window(cell.day, cell.start, cell.start + hours, cell.place, RISK[air[cell.place], time >= LONG])
        for cell, time in sorted(total.items())
        if cell.day not in held
    ]
    if not windows:
        raise Misuse(
            f"no day is shared by {least} people, none of them most of it; nothing was published. Wait for others"
        )
    counted = (number for number, cells in enumerate(spent) if any(cell.day not in held for cell in cells))
    return Mixed(tuple(windows), held, tuple(counted))


def _mixes(day: date, spent: Sequence[Mapping[_Cell, timedelta]], least: int) -> bool:
    """Whether enough cases share `day`, and none has more than half of its cells for itself."""
    theirs = [cells for cells in ({cell for cell in each if cell.day == day} for each in spent) if cells]
    everyone = set().union(*theirs)
    alone = [cells - set().union(*(other for other in theirs if other is not cells)) for cells in theirs]
    return len(theirs) >= least and all(2 * len(cells) <= len(everyone) for cells in alone)


def _spent(stays: Sequence[Stay], zones: Zones, hours: int) -> dict[_Cell, timedelta]:
    """How long one case was in each cell; a moment at two cameras of a zone counts once."""
    found: dict[_Cell, timedelta] = defaultdict(timedelta)
    told = [(zones.of(stay.camera), stay) for stay in stays]
    for zone in {zone for zone, _ in told if zone is not None}:
        for start, end in _joined([stay for at, stay in told if at == zone]):
            for cell, time in _cells(zone, start, end, clock(zones.time_zone), hours):
                found[cell] += time
    return found


def _joined(stays: Sequence[Stay]) -> Iterator[tuple[datetime, datetime]]:
    """The times of `stays` in UTC, those that overlap as one."""
    spans = sorted((stay.start.astimezone(UTC), stay.end.astimezone(UTC)) for stay in stays)
    start, end = spans[0]
    for after, until in spans[1:]:
        if after > end:
            yield start, end
            start = after
        end = max(end, until) if after <= end else until
    yield start, end


def _cells(
    zone: Zone, start: datetime, end: datetime, there: ZoneInfo, hours: int
) -> Iterator[tuple[_Cell, timedelta]]:
    at = start
    while at < end:
        step = min(end, at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0) + _STEP)
        local = at.astimezone(there)
        yield _Cell(local.date(), local.hour // hours * hours, zone.name), step - at
        at = step
