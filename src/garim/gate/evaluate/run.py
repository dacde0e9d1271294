"""A set of people who agreed -> how often a matcher errs on them, once it is on the log.

    consents (people) -> templates (acquire) -> totals (recognise) -> rates (results) -> entry -> files (files)

Laws: no photo from elsewhere can be named; templates and similarities end with the call, and nothing comes out that is
of fewer than `FLOOR` people; the entry is durable before the result is anybody's.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from garim.consent import Known, NoConsent
from garim.core.errors import Misuse
from garim.gate.evaluate import groups, results
from garim.gate.evaluate.acquire import Photo, Progress, taken
from garim.gate.evaluate.again import refuse_again
from garim.gate.evaluate.groups import Way
from garim.gate.evaluate.intervals import Rate, rate
from garim.gate.evaluate.people import People, Subject, Withdrawn, read
from garim.gate.evaluate.results import Evaluation, Group, Grouping
from garim.gate.evaluate.words import FEW, few, left_out
from garim.ledger import Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt
from garim.recognise.counts import FLOOR, Asked, Count, Totals
from garim.recognise.matcher import Matcher, Name
from garim.recognise.matchers import loaded
from garim.recognise.template import Template
from garim.recognise.thresholds import threshold
from garim.recognise.totals import totals

TARGETS = (1e-3, 1e-4)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`evaluation`, its `report` as JSON to the byte, and the receipt, whose key opens what the entry commits to."""

    evaluation: Evaluation
    report: bytes
    receipt: Receipt


def evaluate(
    folder: Path,
    *,
    log: Log,
    known: Known,
    withdrawn: Withdrawn,
    matcher: Name = Name.OMZ_0095,
    at: datetime | None = None,
    allow_test: bool = False,
    progress: Progress = lambda step, done, of_all: None,
) -> Evaluated:
    """How often `matcher` errs on the set in `folder`, by group, as an entry of `log` says, too.

    `known` are the keys whose signatures count; `withdrawn` says of a commitment whether its withdrawal is on a ledger.
    Raises `NoConsent` where nobody agreed, `Misuse` where too few did or can be compared, `Malformed`, `Unreadable`,
    `NoWeights`; nothing was logged then.
    """
    at = (at or datetime.now(UTC)).replace(microsecond=0)
    people = read(folder, known=known, withdrawn=withdrawn, at=at, allow_test=allow_test)
    _refuse_few(people)
    compares = loaded(matcher)
    photos = [Photo(path, i == 0) for subject in people.subjects for i, (path, _) in enumerate(subject.photos)]
    seen = list(taken(photos, compares, secrets.token_hex(16), progress))
    refuse_again(_own(people.subjects, [each.sketch for each in seen]))
    progress("errors", 0, None)
    made = [each.template for each in seen]
    done = _evaluation(people, made, compares, at)
    report = (json.dumps(results.facts(done), indent=1, ensure_ascii=False) + "\n").encode()
    return Evaluated(done, report, _logged(log, done, people, report))


def _refuse_few(people: People) -> None:
    left = left_out(people.left_out)
    if not people.subjects:
        raise NoConsent(f"nobody in the set may be compared ({left or 'it is empty'}); nothing was compared")
    if len(people.subjects) < FLOOR:
        raise Misuse(
            f"{FEW} people in the set may be compared ({left or 'nobody is left out'}); they would be told of as "
            "persons; nothing was compared"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Acquired:
    """What became of each subject's photos: the reference's template, those of the probes, photos that failed."""

    reference: Template | None
    probes: tuple[Template, ...]
    failed: int

    @property
    def comparable(self) -> bool:
        return self.reference is not None and bool(self.probes)


def _evaluation(people: People, made: Sequence[Template | None], matcher: Matcher, at: datetime) -> Evaluation:
    got = list(_by_subject(people.subjects, made))
    there = np.array([each.comparable for each in got])
    if there.sum() < FLOOR:
        raise Misuse(
            f"{FEW} people have two photos that can be compared; they would be told of as persons; nothing was logged"
        )
    ways, withheld = _ways(people.subjects, there, at.year)
    codes = np.array([way.codes[there] for way in ways], np.int64).reshape(-1, there.sum())
    stated = _labels([s for s, ok in zip(people.subjects, there, strict=True) if ok], at.year)
    asked = Asked(codes, groups.similar(stated, codes), (threshold(matcher.name).similarity,), TARGETS)
    counts = _totals(matcher, [each for each in got if each.comparable], asked)
    names = [way.name for way in ways]
    photos = [len(subject.photos) for subject in people.subjects]
    return Evaluation(
        at=at,
        matcher=matcher.name.value,
        caution=matcher.caution,
        test=people.test,
        subjects=len(people.subjects),
        photos=sum(photos),
        left_out=people.left_out,
        compared=counts.subjects,
        mated=counts.mated,
        non_mated=counts.non_mated,
        enrol=_plain_rate(sum(each.reference is None for each in got), len(got)),
        acquire=_plain_rate(sum(each.failed for each in got), sum(photos)),
        groupings=tuple(_grouping(way, there, got, photos) for way in ways),
        withheld=tuple(withheld),
        in_use=results.errors(counts.asked[0], names),
        targets=tuple(results.target(found, names) for found in counts.found),
        curve=counts.curve,
    )


def _by_subject(subjects: Iterable[Subject], made: Sequence[Template | None]) -> Iterable[_Acquired]:
    for reference, *probes in _own(subjects, made):
        usable = tuple(probe for probe in probes if probe is not None)
        yield _Acquired(reference, usable, len(probes) - len(usable) + (reference is None))


def _own(subjects: Iterable[Subject], of_photos: Sequence[T]) -> Iterable[Sequence[T]]:
    """What is of each one's photos, from what is of all."""
    first = 0
    for subject in subjects:
        yield of_photos[first : first + len(subject.photos)]
        first += len(subject.photos)


def _totals(matcher: Matcher, got: Sequence[_Acquired], asked: Asked) -> Totals:
    references = [each.reference for each in got if each.reference is not None]
    probes = [(probe, number) for number, each in enumerate(got) for probe in each.probes]
    return totals(matcher, references, [probe for probe, _ in probes], [number for _, number in probes], asked)


def _labels(subjects: Sequence[Subject], year: int) -> tuple[list[str], list[str], list[str]]:
    return (
        [subject.nationality for subject in subjects],
        [subject.sex for subject in subjects],
        [groups.band(subject.born, year) for subject in subjects],
    )


def _ways(subjects: Sequence[Subject], there: NDArray[np.bool_], year: int) -> tuple[list[Way], list[str]]:
    labels = _labels(subjects, year)
    made = [groups.way(name, each, there) for name, each in zip(("nationality", "sex", "age"), labels, strict=True)]
    return groups.told(made, [there, np.ones_like(there)])


def _grouping(way: Way, there: NDArray[np.bool_], got: Sequence[_Acquired], photos: Sequence[int]) -> Grouping:
    failed = np.bincount(way.codes, [each.failed for each in got], len(way.names)).astype(int)
    of_all = np.bincount(way.codes, photos, len(way.names)).astype(int)
    sizes, compared = way.sizes(np.ones_like(there)), way.sizes(there)
    return Grouping(
        way.name,
        tuple(
            Group(name, sizes[i], compared[i], _plain_rate(int(failed[i]), int(of_all[i])))
            for i, name in enumerate(way.names)
        ),
    )


def _plain_rate(errors: int, trials: int) -> Rate:
    return rate(Count(errors, trials))


def _roughly(people: int) -> str:
    """In words: an exact sum would tell the one reason that is of few."""
    return {0: "none", FEW: FEW}.get(few(people), f"{FLOOR} or more")


def _logged(log: Log, done: Evaluation, people: People, report: bytes) -> Receipt:
    ours = key()
    opened = {"report": hashlib.sha256(report).hexdigest(), "set": people.sha256}
    facts: dict[str, str | int] = {
        "false_matches": done.in_use.false_matches.errors,
        "false_non_matches": done.in_use.false_non_matches.errors,
        "left_out": _roughly(sum(done.left_out.values())),
        "matcher": done.matcher,
        "mated": done.mated,
        "non_mated": done.non_mated,
        "photos": done.photos,
        "subjects": done.subjects,
        "test": "yes" if done.test else "no",
        "threshold_thousandths": round(1000 * done.in_use.threshold),
        "unacquired": done.acquire.errors,
    }
    facts |= {fact: commitment(ours, fact, value.encode()) for fact, value in opened.items()}
    return Receipt(record(log, Entry("gate.evaluated", now(), facts)), ours, opened)
