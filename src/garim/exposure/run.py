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
from garim.exposure.coarse import MINUTE
from garim.exposure.encounters import Encounter, met, nearness
from garim.exposure.persons import Persons, as_one, persons, tick
from garim.exposure.store import Damaged, Found, Store
from garim.exposure.suppress import counted, crowd, told
from garim.ledger import Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt

HOUR = timedelta(hours=1)
NEAR_POINT_M = 1.0
"""How far from a glyph a point may lie that marks it; to this come two of the glyph's deviations."""
APART_M = 0.5
"""How much further any other glyph must be."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one visit; `met` stays here."""

    stay: Stay
    met: tuple[Encounter, ...]
    damaged: tuple[Damaged, ...]


def case(asked: Case, consent: Consent, store: Store, log: Log, *, known: Known) -> tuple[Answer, Receipt]:
    """How many people were near the patient of `asked`, and the receipt of its entry on `log`.

    Raises `NoConsent`, `NotBound`, `Misuse` before anything is opened; `Spent`; `Unreadable` and `Unwritable`. A
    damaged file is a value in the answer.
    """
    refuse_unbound(asked, consent, known, now())
    windows = {visit: _window(visit) for visit in asked.visits}
    with Budget(store.path) as budget:
        text = budget.spend(asked.asked, list(windows.values()))
        if text is None:
            looks = [look(store, visit) for visit in asked.visits]
            stays = dict(zip(windows.values(), (seen.stay for seen in looks), strict=True))
            text = budget.settle(
                asked.asked,
                answers.written(_answer(looks, test=asked.test)),
                looked=[window for window, stay in stays.items() if stay.state is not State.NO_FOOTAGE],
                answered=[window for window, stay in stays.items() if stay.state is State.FOUND],
            )
    answer = answers.read(text)
    return answer, _logged(log, asked, consent, text, answer)


def look(store: Store, visit: Visit) -> Look:
    """What the store has of a visit."""
    found, damaged = _hours(store, visit)
    start, stop = tick(visit.start), tick(visit.end)
    watched = _watched(found, start, stop)
    there = persons(
        [(hour, each.positions) for hour, each in found],
        lasts=[MINUTE if each.coarse else 1 for _, each in found],
        between=(start, stop),
    )
    state, rows = located(there, visit.points) if watched else (State.NO_FOOTAGE, np.zeros(len(there), bool))
    patient, others = as_one(there.only(rows)), there.only(~rows)
    near = nearness(patient, others)
    stay = Stay(
        visit.camera,
        visit.start,
        visit.end,
        state,
        int(100 * watched / (stop - start)),
        min(100, int(100 * patient.lasts.sum() / (stop - start))),
        any(each.coarse for _, each in found),
        crowd(near, start, stop),
    )
    return Look(stay, met(near), damaged)


def located(there: Persons, points: Sequence[Point]) -> tuple[State, NDArray[np.bool_]]:
    """Which rows are the patient's: those of whoever is nearest to each point then, and of nobody else."""
    chosen: set[int] = set()
    nobody = np.zeros(len(there), bool)
    for point in points:
        around = there.only((there.at > tick(point.at) - MINUTE) & (there.at < tick(point.at) + MINUTE))
        then = around.only(around.at // around.lasts == tick(point.at) // around.lasts)
        away = np.hypot(then.xy[:, 0] - point.x_m, then.xy[:, 1] - point.y_m)
        order = np.argsort(away)
        if not len(order) or away[order[0]] > NEAR_POINT_M + 2 * then.sd[order[0]]:
            return State.NOBODY, nobody
        if len(order) > 1 and away[order[1]] < away[order[0]] + APART_M:
            return State.UNCLEAR, nobody
        chosen.add(int(then.person[order[0]]))
    rows = np.zeros(len(there), bool)
    for who in chosen:
        rows[slice(*np.searchsorted(there.person, [who, who + 1]))] = True  # a person's rows lie side by side
    if len(chosen) > 1 and len(np.unique(there.at[rows])) != rows.sum():  # the points name two people at once
        return State.UNCLEAR, nobody
    return State.FOUND, rows


def _hours(store: Store, visit: Visit) -> tuple[list[tuple[datetime, Found]], tuple[Damaged, ...]]:
    found, damaged = [], []
    hour = visit.start.astimezone(UTC).replace(minute=0, second=0)
    while hour < visit.end:
        kept = store.get(visit.camera, hour)
        if isinstance(kept, Found):
            found.append((hour, kept))
        elif kept is not None:
            damaged.append(kept)
        hour += HOUR
    return found, tuple(damaged)


def _watched(found: Sequence[tuple[datetime, Found]], start: int, stop: int) -> int:
    """How many ticks from `start` to `stop` somebody watched."""
    spans = [(tick(hour) + a, tick(hour) + b) for hour, each in found for a, b in each.covered]
    return sum(max(0, min(b, stop) - max(a, start)) for a, b in spans)


def _window(visit: Visit) -> Window:
    return Window(visit.camera, int(visit.start.timestamp()), int(visit.end.timestamp()))


def _answer(looks: Sequence[Look], *, test: bool) -> Answer:
    found = any(look.stay.state is State.FOUND for look in looks)
    everybody = [encounter for look in looks for encounter in look.met]
    damaged = tuple((str(each.path), each.why) for look in looks for each in look.damaged)
    return Answer(told(counted(everybody)) if found else None, tuple(look.stay for look in looks), damaged, test)


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
