"""WHAT AN ASSESSMENT AND AN AUDIT READ OF A CORPUS: counts over its holdings, its record's tables, its measures.

Laws: nothing is changed; nothing is counted of those who withdrew but how many they are; what cannot be seen from here
is said to be unseen, and never taken for done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np

from garim.consent import Purpose
from garim.corpus import eligible, record
from garim.corpus.bitmap import Withdrawn
from garim.corpus.composition import AGES, BANDS, FLOOR, NOT_STATED, Composition
from garim.corpus.corpus import Corpus
from garim.corpus.dpia import Assessment, Held, Measure, Retention, State, Use
from garim.corpus.holdings import Holdings, Question, Slab
from garim.corpus.index import NO_AGE
from garim.corpus.provenance import REFUSED, Provenance
from garim.corpus.values import PURPOSES, U8, U32, UNSTATED, Terms, packed
from garim.ledger.newest import remembered

_SOON = timedelta(days=90)


def assessed(corpus: Corpus, *, master: Path | None, answers: Mapping[str, str]) -> Assessment:
    """The assessment of `corpus` as it is now; `master` is the key's file, where it is one."""
    at = datetime.now(UTC).replace(microsecond=0)
    held = corpus.holdings()
    by_terms = _photos_by_terms(held)
    return Assessment(
        corpus=corpus.made.id,
        controller=corpus.made.controller,
        at=at,
        garim=version("garim"),
        held=_held(corpus, held, by_terms),
        uses=tuple(_use(corpus, held, *use, at) for use in _asked(held.terms)),
        origins=origins(held, None),
        retention=_retention(held.terms, by_terms, at),
        measures=_measures(corpus, master),
        answers=answers,
    )


def composed(held: Holdings, question: Question | None) -> Composition:
    """Who is in it, of those whom `question` may have; None asks for all who stand."""
    people = eligible.people_by_group(held, question, bands())
    photos = eligible.by_group_of_all(held) if question is None else eligible.by_group(held, question)
    banded = bands()[photos.age]
    counts = Counter[tuple[int, int, int]]()
    for nationality, sex, age, count in zip(photos.nationality, photos.sex, banded, photos.photos, strict=True):
        counts[int(nationality), int(sex), int(age)] += int(count)
    keys = zip(people.nationality.tolist(), people.sex.tolist(), people.age.tolist(), strict=True)
    return Composition(
        people.nationality, people.sex, people.age, people.photos, np.array([counts[key] for key in keys], np.int64)
    )


def bands() -> U8:
    """The place in `AGES` of each age that a photo may have, u8[256]."""
    table = np.full(256, AGES.index(NOT_STATED), np.uint8)
    for place, (low, high, _) in enumerate(BANDS):
        table[low : min(high, NO_AGE - 1) + 1] = place
    return table


def counted(held: Holdings, question: Question | None) -> tuple[int, int]:
    """How many people, and photos, `question` may have; None asks for all who stand."""
    yes = None if question is None else question.allowed(held.terms)
    people = Withdrawn.of(np.zeros(0, np.uint32))  # a set of numbers: who has old rows and new ones is one person

    def of(slab: Slab) -> tuple[U32, int]:
        rows = np.flatnonzero(eligible.chosen(slab, held, question, yes))
        subjects = np.searchsorted(slab.index.starts(), rows, side="right") - 1
        once = np.flatnonzero(np.diff(subjects, prepend=-1))
        return (slab.index.first + subjects[once]).astype(np.uint32), len(rows)

    photos = 0
    for numbers, rows in held.over(of):
        people, photos = people.grown(numbers), photos + rows
    return len(people), photos


def said_of(question: Question | None) -> str:
    """Of whom an audit is, in words."""
    if question is None:
        return "all who stand"
    where = f", where {question.where}" if str(question.where) else ""
    return f"those who agree to {question.purpose.value} by {question.processor}{where}"


def _photos_by_terms(held: Holdings) -> Counter[int]:
    """Photos that stand, by their terms."""

    def of(slab: Slab) -> Counter[int]:
        terms = slab.index.section("terms")
        rows = slab.codes("term", checked=False)[eligible.chosen(slab, held, None, None)]
        return Counter(dict(zip(terms.tolist(), np.bincount(rows, minlength=len(terms)).tolist(), strict=True)))

    return sum(held.over(of), Counter[int]())


def _held(corpus: Corpus, held: Holdings, by_terms: Counter[int]) -> Held:
    of = eligible.by_group_of_all(held)
    tests = {number for number, terms in held.terms.items() if any(grant.test for grant in terms.grants)}
    with corpus.state.reading() as db:
        (vaulted,) = db.execute("SELECT count(*) FROM blobs").fetchone()
        erased = len(record.erased(db))
    return Held(
        subjects=counted(held, None)[0],
        photos=by_terms.total(),
        vaulted=int(vaulted),
        test_photos=sum(count for number, count in by_terms.items() if number in tests),
        withdrawn=len(held.withdrawn) - erased,
        erased=erased,
        nationalities=len(set(of.nationality.tolist()) - {packed(UNSTATED)}),
        children=int(of.photos[of.age < 18].sum()),
    )


def _asked(terms: Mapping[int, Terms]) -> list[tuple[Purpose, str]]:
    """Each purpose and processor that anybody's consent names."""
    found = {(grant.purpose, name) for each in terms.values() for grant in each.grants for name in grant.processors}
    return sorted(found, key=lambda use: (use[0].value, use[1]))


def _use(corpus: Corpus, held: Holdings, purpose: Purpose, processor: str, at: datetime) -> Use:
    with corpus.state.reading() as db:
        sql = "SELECT number FROM manifests WHERE purpose = ? AND processor = ?"
        manifests = [row[0] for row in db.execute(sql, (purpose.value, processor))]
        releases = [
            (int(photos), len(Withdrawn.read(members)))
            for number in manifests
            for photos, members in db.execute("SELECT photos, members FROM releases WHERE manifest = ?", (number,))
        ]
    people, photos = counted(held, Question(purpose, processor, at, test=corpus.made.test))
    return Use(
        purpose=purpose.value,
        processor=processor,
        photos=photos if people >= FLOOR else 0,  # who is the only volunteer of a small lab is told to nobody
        manifests=len(manifests),
        released=sum(photos for photos, people in releases if people >= FLOOR),
    )


def origins(held: Holdings, question: Question | None) -> dict[str, int]:
    """How many photos came from where, of those that `question` may have; None asks for all that stand."""
    yes = None if question is None else question.allowed(held.terms)

    def of(slab: Slab) -> Counter[int]:
        stands = eligible.chosen(slab, held, question, yes)
        codes, counts = np.unique(slab.read(("provenance",)).provenance[stands], return_counts=True)
        return Counter(dict(zip(codes.tolist(), counts.tolist(), strict=True)))

    found = sum(held.over(of), Counter[int]())
    return {Provenance(code).name.lower(): count for code, count in sorted(found.items())}


def _retention(terms: Mapping[int, Terms], by_terms: Counter[int], at: datetime) -> Retention:
    ends = {number: max(grant.until for grant in terms[number].grants) for number in by_terms if by_terms[number]}
    return Retention(
        first_end=f"{min(ends.values()):%Y-%m-%d}" if ends else "",
        last_end=f"{max(ends.values()):%Y-%m-%d}" if ends else "",
        expired=sum(by_terms[number] for number, end in ends.items() if end < at),
        within_90_days=sum(by_terms[number] for number, end in ends.items() if at <= end < at + _SOON),
    )


def _measures(corpus: Corpus, master: Path | None) -> tuple[Measure, ...]:
    purposes = " and ".join(sorted(purpose.value for purpose in PURPOSES))
    return (
        Measure(
            "each photo sealed under its subject's own key (AES-256-GCM, bound to photo, subject and consent)",
            State.YES,
            "the only way that this program writes a photo",
        ),
        _key_apart(corpus, master),
        _folder_closed(corpus),
        Measure(
            "a consent for each photo and purpose", State.YES, f"admitted is by {purposes} alone, each record signed"
        ),
        Measure(
            "origins from a closed list", State.YES, f"refused by name: {', '.join(name.lower() for name in REFUSED)}"
        ),
        Measure("withdrawals hold at once", State.YES, "each read asks the record, and the ledger at each opening"),
        Measure(
            "every manifest, release, withdrawal and erasure on a ledger",
            State.YES,
            f"its ledger is {corpus.log.origin}",
        ),
        _witnesses(corpus),
        Measure(
            "backups that withdrawals and erasures reach", State.UNSEEN, "ask who keeps backups, and of keys/ above all"
        ),
        Measure("an encrypted disk under keys/", State.UNSEEN, "solid-state disks keep what was overwritten: ask"),
    )


def _key_apart(corpus: Corpus, master: Path | None) -> Measure:
    name = "the master key kept apart from the corpus"
    if master is None:
        return Measure(name, State.YES, "a command hands it out; nothing of it lies in a file that this program knows")
    folder, file = corpus.folder.resolve(), master.resolve()
    if file.is_relative_to(folder):
        return Measure(name, State.NO, "its file lies in the corpus's folder")
    if file.parent == folder.parent:
        return Measure(name, State.NO, "its file lies beside the corpus's folder: one backup takes both")
    same = file.stat().st_dev == folder.stat().st_dev
    if same:
        return Measure(name, State.UNSEEN, "another folder of the same disk or volume: whoever takes that has both")
    return Measure(name, State.YES, "its file lies on another volume")


def _folder_closed(corpus: Corpus) -> Measure:
    mode = corpus.folder.stat().st_mode & 0o077
    seen = "its owner alone can read it" if not mode else f"others can look into it (mode {mode:03o})"
    return Measure("the folder closed to other users", State.NO if mode else State.YES, seen)


def _witnesses(corpus: Corpus) -> Measure:
    name = "independent witnesses of the ledger"
    policy = remembered(corpus.log.path)
    if policy is None:
        return Measure(
            name, State.NO, "its keeper could show two histories: garim ledger checkpoint --policy names witnesses"
        )
    return Measure(name, State.YES, f"{len(policy.witnesses)} are asked before anything is logged")
