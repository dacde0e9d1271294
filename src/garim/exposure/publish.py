"""HOURLY COUNTS FOR EVERYBODY: tracks seen by a camera in an hour, with noise, and the claim printed with them.

    store -> seen (counted, exact, stays here) -> noise -> register (durable) -> log (durable) -> counts

Laws: an hour gets its noise once (`published`); no count leaves before its entry is durable on the log; an hour that
nobody watched has no count, which is not zero; an hour that is not over waits. Counted are tracks and not joined
persons: one track more or less moves their number by just one, which is what the noise is made for, while it could
join or part two others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import numpy as np

from garim.core.errors import Misuse
from garim.exposure.noise import Claim, noised
from garim.exposure.positions import HZ
from garim.exposure.published import Published, turn
from garim.exposure.store import Damaged, Store
from garim.ledger import Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt

HOUR = timedelta(hours=1)
COLUMNS = ("camera", "hour", "watched_s", "tracks", "epsilon", "state")


class HourState(StrEnum):
    """What an hour of a camera has in a publication; only `COUNTED` has a count."""

    COUNTED = "counted"
    NO_FOOTAGE = "no footage"
    NOT_OVER = "not over"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Row:
    """An hour of a camera: `tracks` with noise of `epsilon`, of which `watched_s` seconds were watched.

    `why` says what is damaged.
    """

    camera: str
    hour: datetime
    state: HourState
    watched_s: float = 0.0
    tracks: int | None = None
    epsilon: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The exact count of an hour, which goes nowhere."""

    camera: str
    hour: datetime
    watched_ticks: int
    tracks: int


def publish(
    store: Path, days: Sequence[date], claim: Claim, log: Log, *, at: datetime, again: bool = False
) -> tuple[tuple[Row, ...], Receipt]:
    """The counts of all hours of `days` (UTC, one after the other) in the store at `store`, at the time `at`.

    They are in the store's register, durably, and on `log` before they are returned; the receipt opens the entry's
    commitment to their CSV (`written`). Hours published before are refused; with `again` they are given as they were.
    Raises `Misuse` for that, for another epsilon than theirs, and where no hour has a count; `Unreadable`,
    `Unwritable`: what the register has by then is had with `again`.
    """
    rows = _drawn(store, days, claim, at, again=again)
    return rows, _logged(log, rows, claim)


def _drawn(store: Path, days: Sequence[date], claim: Claim, at: datetime, *, again: bool) -> tuple[Row, ...]:
    start, end = _begins(days[0]), _begins(days[-1]) + 24 * HOUR
    looked = list(_look(Store.existing(store, lambda: at), start, end, at))
    with turn(store) as register:
        before = {(row.camera, row.hour): row for row in register.known(start, end)}
        if before:
            _refuse_anew(before.values(), claim, again=again)
        new = [each for each in looked if isinstance(each, Seen) and (each.camera, each.hour) not in before]
        drawn = noised([seen.tracks for seen in new], claim)
        fresh = [
            Published(seen.camera, seen.hour, seen.watched_ticks, count, claim.epsilon)
            for seen, count in zip(new, drawn, strict=True)
        ]
        if not (fresh or before):
            raise Misuse(f"{store}: no camera watched an hour of {_told(days)} that is over; nothing was published")
        register.add(fresh)
    # what is on the register is said as it stands there, though its file may have expired since
    rows = {(row.camera, row.hour): _counted(row) for row in (*before.values(), *fresh)}
    others = {(row.camera, row.hour): row for row in looked if isinstance(row, Row)}
    return tuple(row for _, row in sorted((others | rows).items()))


def _logged(log: Log, rows: Sequence[Row], claim: Claim) -> Receipt:
    secret, opened = key(), {"publication": sha256(written(rows, claim).encode()).hexdigest()}
    counted = [row for row in rows if row.tracks is not None]
    facts: dict[str, str | int] = {
        "cameras": len({row.camera for row in counted}),
        "epsilon_thousandths": round(claim.epsilon * 1000),
        "hours": len(counted),
        "publication": commitment(secret, "publication", opened["publication"].encode()),
    }
    return Receipt(record(log, Entry("exposure.published", now(), facts)), secret, opened)


def held(store: Path) -> tuple[date, ...]:
    """Each day from the first to the last of which the store holds anything. Raises `Misuse` where it holds none."""
    days = Store.existing(store).days()
    if not days:
        raise Misuse(f"{store}: holds no day of any camera; nothing was published")
    return tuple(days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1))


def written(rows: Iterable[Row], claim: Claim) -> str:
    """`rows` as CSV under the claim, whose lines begin with '#'."""
    text = io.StringIO()
    text.writelines(f"# {line}\n" for line in claim.lines())
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(plain(row).values() for row in rows)
    return text.getvalue()


def plain(row: Row) -> dict[str, str | int | float | None]:
    """A row as JSON and CSV have it."""
    hour = f"{row.hour:%Y-%m-%dT%H:%MZ}"
    values = (row.camera, hour, row.watched_s, row.tracks, row.epsilon, row.state.value)
    return dict(zip(COLUMNS, values, strict=True))


def _look(store: Store, start: datetime, end: datetime, at: datetime) -> Iterator[Seen | Row]:
    hours = [start + n * HOUR for n in range(round((end - start) / HOUR))]
    for camera in store.cameras():
        yield from (_seen(store, camera, hour, at) for hour in hours)


def _seen(store: Store, camera: str, hour: datetime, at: datetime) -> Seen | Row:
    if hour + HOUR > at:
        return Row(camera, hour, HourState.NOT_OVER)
    found = store.get(camera, hour)
    if isinstance(found, Damaged):
        return Row(camera, hour, HourState.DAMAGED, why=f"{found.path}: {found.why}")
    if found is None or not found.covered:
        return Row(camera, hour, HourState.NO_FOOTAGE)
    return Seen(camera, hour, _ticks(found.covered), len(np.unique(found.positions.track)))


def _ticks(covered: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in covered)


def _counted(row: Published) -> Row:
    return Row(row.camera, row.hour, HourState.COUNTED, row.watched_ticks / HZ, row.count, row.epsilon)


def _refuse_anew(before: Collection[Published], claim: Claim, *, again: bool) -> None:
    first = min(before, key=lambda row: (row.hour, row.camera))
    if not again:
        raise Misuse(
            f"{len(before)} of these hours were published before, the first {first.camera} at "
            f"{first.hour:%Y-%m-%d %H:%M} UTC; new noise would spend the privacy again. Nothing was published. "
            f"--again gives those as they were, and new counts for the others only"
        )
    for row in before:
        if row.epsilon != claim.epsilon:
            raise Misuse(
                f"{row.camera} at {row.hour:%Y-%m-%d %H:%M} UTC was published with epsilon {row.epsilon:g}, and stays "
                f"so; one claim holds for one file. Nothing was published. Ask with --epsilon {row.epsilon:g}"
            )


def _told(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
