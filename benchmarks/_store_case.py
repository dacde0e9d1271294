"""CASES ASKED OF THE BIG STORE, beside DuckDB's query of the same question over the same rows lying open.

A patient walks in view for the whole of some hours. Garim looks at a visit (`run.look`: read, joined, located, near),
and answers a whole case (`run.case`: officer's signature, consent, budget and the ledger's entry durable), each window
once, since windows may not overlap. DuckDB is told the patient's track, joins no tracks and knows no deviation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import duckdb
import numpy as np
from benchmarks._clock import Clock
from benchmarks._store_tables import ANSWERED, LOOKED, Asked

from garim.consent import Consent, Data, Known, Purpose, Record, Signer, give, new_key, public_of, valid
from garim.exposure import run
from garim.exposure.answer import State
from garim.exposure.case import Case, Point, Visit, sign
from garim.exposure.positions import HZ
from garim.exposure.store import Found, Store
from garim.exposure.suppress import THRESHOLDS_S
from garim.ledger import Log, now

FREE_M = 1.05  # nobody else is so near to the point that marks the patient
_NEAR = """
with rows as (select * from read_parquet('{path}') where tick >= {start} and tick < {stop}),
near as (select o.track, count(*) / {hz} as seconds from rows o join rows p on o.tick = p.tick
    where p.track = {patient} and o.track <> p.track
    and power(o.x_cm::int - p.x_cm::int, 2) + power(o.y_cm::int - p.y_cm::int, 2) < 40000 group by o.track)
select {counts} from near
"""
_COUNTS = ", ".join(f"count(*) filter (seconds >= {least})" for least in THRESHOLDS_S)

Key = tuple[str, datetime]
Counts = tuple[int, ...]
Job = Callable[[], Counts | None]


def asked(store: Store, plain: Callable[[Key], Path], patients: Mapping[Key, int], folder: Path) -> list[Asked]:
    """What visits of ten minutes and of an hour cost either side. `patients`: which track is theirs in which hour."""
    keys, told = list(patients), []
    con, alone = duckdb.connect(), duckdb.connect()
    alone.execute("set threads = 1")
    answer = _officer()
    with Log.create(folder / "log", "bench.example/cases") as log:
        # ten minutes of one half of the hours, and the whole of the other half: a window is answered once
        for words, minutes, own in (("10 minutes", 10, keys[::2]), ("an hour", 60, keys[1::2])):
            visits = [_visit(store, key, patients[key], minutes) for key in own]
            sides: dict[str, Sequence[Job]] = {f"{LOOKED}, {words}": [partial(_looked, store, each) for each in visits]}
            for name, by in (("DuckDB, one thread", alone), ("DuckDB", con)):
                sides[f"{name}, {words}"] = [
                    partial(_queried, by, plain(key), patients[key], visit)
                    for key, visit in zip(own, visits, strict=True)
                ]
            for jobs in sides.values():  # every file once
                for job in jobs:
                    job()
            sides[f"{ANSWERED}, {words}"] = [answer(each, store, log) for each in visits]
            told += [_timed(name, jobs) for name, jobs in sides.items()]
    return told


def _timed(side: str, jobs: Sequence[Job]) -> Asked:
    clocks, people = [], np.zeros(len(THRESHOLDS_S), np.int64)
    for job in jobs:
        clock = Clock()
        with clock.timed():
            counts = job()
        clocks.append(clock)
        people += counts or 0
    wall, cpu = [each.wall_s * 1e3 for each in clocks], [each.cpu_s * 1e3 for each in clocks]
    spread = (median(wall), quantiles(wall, n=20)[-1], median(cpu), quantiles(cpu, n=20)[-1])
    return Asked(side, len(jobs), *spread, tuple(people.tolist()) if counts else None)


def _visit(store: Store, key: Key, patient: int, minutes: int) -> Visit:
    """The hour's first `minutes`, and the patient's point at a moment at which nobody else is near it."""
    camera, hour = key
    found = store.get(camera, hour)
    assert isinstance(found, Found)
    rows = found.positions
    for second in range(minutes * 60):
        now_there = rows.tick == second * HZ
        x, y = rows.x_cm[now_there] / 100, rows.y_cm[now_there] / 100
        own = rows.track[now_there] == patient
        if (np.hypot(x - x[own], y - y[own])[~own] > FREE_M).all():
            point = Point(hour + timedelta(seconds=second), float(x[own][0]), float(y[own][0]))
            return Visit(camera, hour, hour + timedelta(minutes=minutes), (point,))
    sys.exit(f"somebody is beside the patient for {minutes} minutes: {key}")


def _looked(store: Store, visit: Visit) -> Counts:
    look = run.look(store, visit)
    if look.stay.state is not State.FOUND or look.stay.followed != 100:
        sys.exit(f"the patient was not in view throughout: {look.stay}")
    return tuple(sum(each.seconds >= least for each in look.met) for least in THRESHOLDS_S)


def _queried(by: duckdb.DuckDBPyConnection, path: Path, patient: int, visit: Visit) -> Counts:
    begin, hour = visit.start, visit.start.replace(minute=0)
    start, stop = (int((at - hour).total_seconds() * HZ) for at in (begin, visit.end))
    counts = by.execute(
        _NEAR.format(path=path, start=start, stop=stop, hz=float(HZ), patient=patient, counts=_COUNTS)
    ).fetchone()
    assert counts is not None
    return tuple(counts)


def _officer() -> Callable[[Visit, Store, Log], Job]:
    """Somebody who signs a case of one visit, under a patient's consent, for it to be answered."""
    key = new_key("officer")
    known = Known(frozenset({public_of(key)}), frozenset())
    record = Record(
        pseudonym="P-01",
        purpose=Purpose.EXPOSURE_CASE,
        data=(Data.ITINERARY,),
        controller="Bench",
        contact="bench",
        processors=(),
        valid_from=now() - timedelta(days=1),
        valid_until=now() + timedelta(days=1),
        text_sha256="0" * 64,
        language="en",
        refusal="none",
        alternative=None,
    )
    given = give(record, key, by=Signer.OFFICER, at=now())
    consent = valid(given, purpose=record.purpose, at=now(), known=known, withdrawn=lambda _: False)

    def answer(visit: Visit, store: Store, log: Log) -> Job:
        case = sign(Case(patient="P-01", visits=(visit,)), consent, key, now())
        return partial(_answered, case, consent, known, store, log)

    return answer


def _answered(case: Case, consent: Consent, known: Known, store: Store, log: Log) -> None:
    """What is told is in fives, and no count to lay beside the others."""
    answer, _ = run.case(case, consent, store, log, known=known)
    if not answer.whole:
        sys.exit(f"the case was not answered: {answer}")
