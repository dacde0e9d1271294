"""WHAT A GATE'S LOG SAYS OF THE GATE: how many went to a person, why, which checks came out how, day by day.

Laws: from the log alone, each entry of which was hashed to the signed root; nothing is said that no entry says. What a
gate's errors are no log knows, since nobody wrote down who the travellers were: that is measured (`gate.evaluated`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from garim.gate.evaluate.intervals import Rate, rate
from garim.ledger import Entry, standing
from garim.ledger.entry import read
from garim.recognise.counts import Count

SCHEMA = "garim-gate-report-1"
UNSAID = (
    "how often somebody got through on another's passport, or its owner did not: nobody wrote down who they were",
    "why a session that was issued was never used: somebody left, its time was over, its process was killed, or "
    "somebody drew again until the moves were those of a film",
    "that the gate logged every traveller: a log shows what was logged",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One evaluation that is on the log."""

    at: datetime
    matcher: str
    test: bool
    threshold: float
    subjects: int
    false_matches: Rate
    false_non_matches: Rate
    acquire: Rate


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of sessions: `manual` of them went to a person; `days` are decisions by day, `checks` outcomes by code.

    `tests` are the decisions of TEST sessions, which are in no other count but `issued` and `unused`: how many
    sessions were issued, and how many of these have no entry of their use (yet).
    """

    since: datetime | None
    issued: int
    unused: int
    sessions: int
    tests: Mapping[str, int]
    manual: Rate
    decisions: Mapping[str, int]
    reasons: Mapping[str, int]
    checks: Mapping[str, Mapping[str, int]]
    parts: Mapping[str, Mapping[str, int]]
    days: Mapping[str, Mapping[str, int]]
    thresholds: Mapping[str, int]
    measured: tuple[Measured, ...] = field(default=())


_CHECK = "check_"
_PARTS = ("untimed", "turns", "quality", "person", "passive", "revocation")


def report(ledger: Path | None, *, since: datetime | None = None) -> Report:
    """What the log at `ledger`, or the user's own, says of a gate, of entries from `since` on.

    Raises as `garim.ledger.standing` does.
    """
    used, issued, evaluations = (
        [entry for entry in map(read, standing(ledger, kind)) if since is None or entry.at >= since]
        for kind in ("gate.session", "gate.challenge", "gate.evaluated")
    )
    return counted(used, issued, evaluations, since)


def counted(
    used: Sequence[Entry], issued: Sequence[Entry], evaluations: Iterable[Entry], since: datetime | None = None
) -> Report:
    """The report on entries of gate.session, gate.challenge and gate.evaluated."""
    marks = {entry.facts["session"] for entry in used}
    sessions = [entry for entry in used if entry.facts["test"] == "no"]
    decisions = _by(sessions, "decision")
    codes = sorted({name for entry in sessions for name in entry.facts if name.startswith(_CHECK)})
    days = {f"{entry.at:%Y-%m-%d}" for entry in sessions}
    return Report(
        since=since,
        issued=len(issued),
        unused=sum(entry.facts["session"] not in marks for entry in issued),
        sessions=len(sessions),
        tests=_by([entry for entry in used if entry.facts["test"] == "yes"], "decision"),
        manual=rate(Count(len(sessions) - decisions.get("match", 0), len(sessions))),
        decisions=decisions,
        reasons={word: count for word, count in _by(sessions, "reason").items() if word != "none"},
        checks={code.removeprefix(_CHECK): _by(sessions, code) for code in codes},
        parts={part: _by(sessions, part) for part in _PARTS if sessions},
        days={
            day: _by([entry for entry in sessions if f"{entry.at:%Y-%m-%d}" == day], "decision") for day in sorted(days)
        },
        thresholds=_sorted(
            Counter(f"{e.facts['matcher']} {int(e.facts['threshold_thousandths']) / 1000:g}" for e in sessions)
        ),
        measured=tuple(map(_measured, evaluations)),
    )


def _by(entries: Iterable[Entry], fact: str) -> dict[str, int]:
    return _sorted(Counter(str(entry.facts[fact]) for entry in entries))


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _measured(entry: Entry) -> Measured:
    number = {name: int(value) for name, value in entry.facts.items() if isinstance(value, int)}
    return Measured(
        at=entry.at,
        matcher=str(entry.facts["matcher"]),
        test=entry.facts["test"] == "yes",
        threshold=number["threshold_thousandths"] / 1000,
        subjects=number["subjects"],
        false_matches=rate(Count(number["false_matches"], number["non_mated"])),
        false_non_matches=rate(Count(number["false_non_matches"], number["mated"])),
        acquire=rate(Count(number["unacquired"], number["photos"])),
    )


def facts(done: Report) -> dict[str, Any]:
    """The stable JSON."""
    return {
        "schema": SCHEMA,
        "since": None if done.since is None else f"{done.since:%Y-%m-%dT%H:%M:%SZ}",
        "issued": done.issued,
        "issued_never_used": done.unused,
        "sessions": done.sessions,
        "test_sessions": dict(done.tests),
        "to_a_person": _rate(done.manual),
        "decisions": dict(done.decisions),
        "reasons": dict(done.reasons),
        "checks": {code: dict(counts) for code, counts in done.checks.items()},
        "parts": {part: dict(counts) for part, counts in done.parts.items()},
        "days": {day: dict(counts) for day, counts in done.days.items()},
        "thresholds": dict(done.thresholds),
        "evaluations": [
            {
                "at": f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
                "matcher": each.matcher,
                "test": each.test,
                "threshold": each.threshold,
                "subjects": each.subjects,
                "fmr": _rate(each.false_matches),
                "fnmr": _rate(each.false_non_matches),
                "failure_to_acquire": _rate(each.acquire),
            }
            for each in done.measured
        ],
        "unsaid": list(UNSAID),
    }


def _rate(of: Rate) -> dict[str, Any]:
    return {"errors": of.errors, "of": of.comparisons, "rate": of.share, "low": of.low, "high": of.high}
