"""A CASE'S ANSWER, and a map's: what was asked is paid for before the store is opened, and logged before it is told.

    consent, case, officer -> budget -> hours -> persons -> the patient -> encounters -> counts -> kept, logged, told

Laws: a consent or a signature that does not hold is refused before anything is opened; no answer leaves before its
entry is durable on the log; of the log's facts none is personal; no footage is said, and is not nobody near.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from garim.consent import Consent, Known
from garim.exposure import answer as answers
from garim.exposure.answer import Answer, State, Stay
from garim.exposure.budget import Budget, Window
from garim.exposure.case import Case, Point, Visit, refuse_unbound
from garim.exposure.case import written as case_written
from garim.exposure.coarse import CELL_CM, MINUTE
from garim.exposure.encounters import Encounter, Nearness, met, nearness, summed
from garim.exposure.persons import Persons, as_one, cut, persons, tick
from garim.exposure.positions import HZ
from garim.exposure.store import Found, Store
from garim.exposure.suppress import BIN_S, counted, crowd, over_visits, told
from garim.ledger import Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt

HOUR = timedelta(hours=1)
NEAR_POINT_M = 0.75
"""How far from where somebody was known to be a point may lie that marks them: a glyph has half a metre."""
APART_M = 1.0
"""How much further anybody else must be."""
_BAR_TICKS = BIN_S * HZ  # in such steps it is kept when the patient was seen


Spans = tuple[tuple[int, int], ...]
"""From a tick to before another, in order and apart."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An hour of which a file is there that was not used."""

    hour: datetime
    path: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was seen of one visit: `near` stays here. `covered` was watched, and `counted` with the patient in view."""

    stay: Stay
    near: Nearness
    covered: Spans
    counted: Spans
    damaged: tuple[Lost, ...]

    @property
    def met(self) -> tuple[Encounter, ...]:
        """Who was near, each piece of a person as one."""
        return met(summed(self.near))


def case(asked: Case, consent: Consent, store: Store, log: Log, *, known: Known) -> tuple[Answer, Receipt]:
    """How many people were near the patient of `asked`, and the receipt of its entry on `log`.

    Raises `NoConsent`, `NotBound`, `Misuse` before anything is opened; `Spent`; `Unreadable` and `Unwritable`. A
    damaged file is a value in the answer.
    """
    refuse_unbound(asked, consent, known, now())
    with Budget(store.path) as budget:
        text = budget.spend(asked.asked, list(map(_window, asked.visits)))
        if text is None:
            looks = [look(store, visit) for visit in asked.visits]
            text = budget.settle(
                asked.asked,
                answers.written(_answer(looks, test=asked.test)),
                looked=[window for seen in looks for window in _windows(seen.stay, seen.covered)],
                counted=[window for seen in looks for window in _windows(seen.stay, seen.counted)],
            )
    answer = answers.read(text)
    return answer, _logged(log, asked, consent, text, answer)


def look(store: Store, visit: Visit) -> Look:
    """What the store has of a visit."""
    found, damaged = _one_ground(store, visit, *_hours(store, visit))
    start, stop = tick(visit.start), tick(visit.end)
    covered = _watched(found, start, stop)
    there = persons(
        [(hour, each.positions) for hour, each in found],
        lasts=[MINUTE if each.coarse else 1 for _, each in found],
        between=(start, stop),
    )
    state, rows = located(there, _seen(visit.points, covered))
    if state is State.NO_FOOTAGE:
        state = _unseen(visit, covered, damaged)
    patient, others = (cut(each, (start, stop)) for each in (as_one(there.only(rows)), there.only(~rows)))
    near = nearness(patient, others)
    stay = Stay(
        visit.camera,
        visit.start,
        visit.end,
        state,
        int(100 * _ticks(covered) / (stop - start)),
        answers.steps(100 * patient.lasts.sum() / (stop - start)),
        any(each.coarse for _, each in found),
        crowd(near, start, stop),
    )
    looked = covered if state not in answers.NOT_LOOKED else ()
    return Look(stay, near, looked, both(_followed(patient, start, stop), covered), damaged)


def located(there: Persons, points: Sequence[Point]) -> tuple[State, NDArray[np.bool_]]:
    """Which rows are the patient's: those of whoever is nearest to each point then, and of nobody else.

    Without a point that somebody watched there is `NO_FOOTAGE`, and nobody is looked for.
    """
    chosen: set[int] = set()
    rows = np.zeros(len(there), bool)
    for point in points:
        around = there.only((there.at > tick(point.at) - MINUTE) & (there.at < tick(point.at) + MINUTE))
        then = around.only(around.at // around.lasts == tick(point.at) // around.lasts)
        away = _away(then, point)
        order = np.argsort(away)
        if not len(order) or away[order[0]] > NEAR_POINT_M:
            return State.NOBODY, rows
        if len(order) > 1 and away[order[1]] < away[order[0]] + APART_M:
            return State.UNCLEAR, rows
        chosen.add(int(then.person[order[0]]))
    found = np.zeros(len(there), bool)
    for who in chosen:
        found[slice(*np.searchsorted(there.person, [who, who + 1]))] = True  # a person's rows lie side by side
    if len(chosen) > 1 and len(np.unique(there.at[found])) != found.sum():  # the points name two people at once
        return State.UNCLEAR, rows
    return State.FOUND if points else State.NO_FOOTAGE, found


def _away(then: Persons, point: Point) -> NDArray[np.float64]:
    """How far `point` is from where each was: from the cell, where no more is known than that. f64[n] m."""
    off = np.abs(then.xy - [point.x_m, point.y_m])
    cell = np.where(then.lasts > 1, CELL_CM / 200, 0.0)[:, None]
    return np.asarray(np.hypot(*np.maximum(off - cell, 0.0).T))


def _seen(points: Sequence[Point], covered: Spans) -> tuple[Point, ...]:
    """Those that somebody watched: what nobody watched tells nothing about who was there."""
    return tuple(point for point in points if any(start <= tick(point.at) < stop for start, stop in covered))


def _unseen(visit: Visit, covered: Spans, damaged: Sequence[Lost]) -> State:
    """Why nobody could be looked for at the points of `visit`."""
    lost = {each.hour for each in damaged}
    if any(_hour(point.at) in lost for point in visit.points):
        return State.DAMAGED
    return State.UNWATCHED if covered else State.NO_FOOTAGE


def _followed(patient: Persons, start: int, stop: int) -> Spans:
    """When the patient was seen, to five minutes of the visit: to the second it would be their path."""
    bins = np.unique(np.clip((patient.at - start) // _BAR_TICKS, 0, (stop - 1 - start) // _BAR_TICKS))
    return tuple((start + n * _BAR_TICKS, min(stop, start + (n + 1) * _BAR_TICKS)) for n in bins.tolist())


def both(one: Spans, other: Spans) -> Spans:
    """What is in both."""
    shared = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((a, b) for a, b in shared if a < b)


def _hours(store: Store, visit: Visit) -> tuple[list[tuple[datetime, Found]], tuple[Lost, ...]]:
    found, lost = [], []
    hour = _hour(visit.start)
    while hour < visit.end:
        kept = store.get(visit.camera, hour)
        if isinstance(kept, Found):
            found.append((hour, kept))
        elif kept is not None:
            lost.append(Lost(hour, str(kept.path), kept.why))
        hour += HOUR
    return found, tuple(lost)


def _one_ground(
    store: Store, visit: Visit, found: Sequence[tuple[datetime, Found]], lost: tuple[Lost, ...]
) -> tuple[list[tuple[datetime, Found]], tuple[Lost, ...]]:
    """Those hours whose metres are those of the first point: a track under another ground goes on nowhere.

    What else was found is `Lost`, and can be asked of as a visit of its own.
    """
    grounds = {hour: each.ground for hour, each in found}
    own = next((grounds[_hour(point.at)] for point in visit.points if _hour(point.at) in grounds), None)
    if own is None:
        return list(found), lost
    others = [hour for hour, ground in grounds.items() if ground != own]
    why = "its metres are those of another ground than the point's, and it was left out. Ask for it as another visit"
    elsewhere = tuple(Lost(hour, str(store.file(visit.camera, hour)), why) for hour in others)
    return [(hour, each) for hour, each in found if hour not in others], (*lost, *elsewhere)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0)


def _watched(found: Sequence[tuple[datetime, Found]], start: int, stop: int) -> Spans:
    """What somebody watched from `start` to `stop`."""
    return both(
        ((start, stop),), tuple((tick(hour) + a, tick(hour) + b) for hour, each in found for a, b in each.covered)
    )


def _ticks(spans: Spans) -> int:
    return sum(stop - start for start, stop in spans)


def _window(visit: Visit) -> Window:
    return Window(visit.camera, int(visit.start.timestamp()), int(visit.end.timestamp()))


def _windows(stay: Stay, spans: Spans) -> list[Window]:
    """`spans` in whole seconds that hold them."""
    return [Window(stay.camera, start // HZ, -(-stop // HZ)) for start, stop in spans]


def _answer(looks: Sequence[Look], *, test: bool) -> Answer:
    found = any(look.stay.state is State.FOUND for look in looks)
    damaged = tuple((each.path, each.why) for look in looks for each in look.damaged)
    true = over_visits(counted(look.near) for look in looks)
    return Answer(told(true) if found else None, tuple(look.stay for look in looks), damaged, test)


def _logged(log: Log, asked: Case, consent: Consent, text: str, answer: Answer) -> Receipt:
    # each under a key of this entry's own: the record's own commitment on a log would mean that it was withdrawn
    opened = {
        "answer": hashlib.sha256(text.encode()).hexdigest(),
        "case": hashlib.sha256(case_written(asked).encode()).hexdigest(),
        "consent": consent.commitment.hex(),
    }
    secret = key()
    hours = {(window.camera, hour) for window in map(_window, asked.visits) for hour in window.hours}
    facts: dict[str, str | int] = {
        "camera_hours": len(hours),
        "damaged": len(answer.damaged),
        "outcome": answer.outcome,
        "visits": len(answer.stays),
    }
    facts |= {fact: commitment(secret, fact, value.encode()) for fact, value in opened.items()}
    return Receipt(record(log, Entry("exposure.case", now(), facts)), secret, opened)
