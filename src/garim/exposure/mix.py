"""SEVERAL PEOPLE'S DAYS -> ONE LIST THAT IS NOBODY'S. Pure.

    spells of each case -> cells (place, day, hours) that two share -> days that enough people share -> risks

Laws: a cell is a whole zone for whole hours; the list is a set, in an order of its own, so that it is the same in
whichever order cases came, and nothing links two cells of one case; a cell of one person is held back, and so is a day
whose other cells too few share: a day of one is a patient's day, as Korea published them in 2020.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from garim.core.errors import Misuse
from garim.exposure.zones import Air, Zone, Zones, clock

LEAST = 3
"""Cases in a list, and on each of its days. It can be raised, and not lowered."""
SHARED = 2
"""Cases in a cell: whoever knows one of them does not know by it where that one was."""
LONG = timedelta(minutes=15)
"""From here on a time in a cell is long: the time that close contacts are counted from."""
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
class Spell:
    """A case was before a `camera` from `start` to before `end`, aware times. Raises `ValueError`."""

    camera: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None or self.end <= self.start:
            raise ValueError(f"{self.camera}: a spell ends after it begins, and its times say their zone")


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
    """What may be published, and what is held back: days of too few people, and on other days cells of one alone.

    `held` are the days, `lone` says how many those cells are; `counted` are the numbers of the cases of which
    something is in the list.
    """

    windows: tuple[Window, ...]
    held: tuple[date, ...]
    lone: int
    counted: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Cell:
    day: date
    start: int
    place: str


def mixed(cases: Sequence[Sequence[Spell]], zones: Zones, *, hours: int = 1, least: int = LEAST) -> Mixed:
    """The list of `cases`, the spells of one person each, in windows of `hours`, which divide the day.

    Raises `Misuse` where there are fewer cases than `least`, or nothing is left that may be published.
    """
    if hours < 1 or 24 % hours:
        raise Misuse(f"windows of {hours} hours do not divide a day: 1, 2, 3, 4, 6, 8, 12 or 24; nothing was published")
    if least < LEAST or len(cases) < least:
        need = f"a list has {max(least, LEAST)} people at least: of one alone it would be that person's day"
        raise Misuse(f"{len(cases)} people, and {need}; nothing was published. Wait for others")
    spent = [_spent(spells, zones, hours) for spells in cases]
    people = Counter(cell for cells in spent for cell in cells)
    shared = {cell for cell, count in people.items() if count >= SHARED}
    crowds = Counter(day for cells in spent for day in {cell.day for cell in cells if cell in shared})
    days = {day for day, count in crowds.items() if count >= least}
    if not days:
        raise Misuse(
            f"no day has {least} people in windows that {SHARED} of them share; nothing was published. Wait for "
            "others, or make zones larger, or windows longer"
        )
    listed = {cell for cell in shared if cell.day in days}
    held = {cell.day for cell in people} - days
    lone = sum(cell.day in days for cell in people.keys() - shared)
    counted = (number for number, cells in enumerate(spent) if not listed.isdisjoint(cells))
    return Mixed(_windows(listed, spent, zones, hours), tuple(sorted(held)), lone, tuple(counted))


def _windows(
    listed: Collection[_Cell], spent: Sequence[Mapping[_Cell, timedelta]], zones: Zones, hours: int
) -> tuple[Window, ...]:
    air = {zone.name: zone.air for zone in zones.zones}
    times = {cell: sum((cells.get(cell, timedelta(0)) for cells in spent), timedelta(0)) for cell in listed}
    return tuple(
        Window(cell.day, cell.start, cell.start + hours, cell.place, RISK[air[cell.place], time >= LONG])
        for cell, time in sorted(times.items())
    )


def _spent(spells: Sequence[Spell], zones: Zones, hours: int) -> dict[_Cell, timedelta]:
    """How long one case was in each cell; a moment at two cameras of a zone counts once."""
    found: dict[_Cell, timedelta] = defaultdict(timedelta)
    told = [(zones.of(spell.camera), spell) for spell in spells]
    for zone in {zone for zone, _ in told if zone is not None}:
        for start, end in _joined([spell for at, spell in told if at == zone]):
            for cell, time in _cells(zone, start, end, clock(zones.time_zone), hours):
                found[cell] += time
    return found


def _joined(spells: Sequence[Spell]) -> Iterator[tuple[datetime, datetime]]:
    """The times of `spells` in UTC, those that overlap as one."""
    spans = sorted((spell.start.astimezone(UTC), spell.end.astimezone(UTC)) for spell in spells)
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
