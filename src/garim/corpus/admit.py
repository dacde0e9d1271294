"""PHOTOS COME IN: what was looked at and may be taken, under its subject's key, all of a batch or none of it.

    keys (new subjects) -> vault -> record, with what it owes the ledger -> ledger

Laws: a photo is taken once, by its bytes and by its pixels; nobody who withdrew comes back, under whatever backup; a
batch is admitted once the record says so, and told once the ledger does; killed before, nothing of it is there.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from garim.consent import Known
from garim.corpus import record
from garim.corpus.compact import compact
from garim.corpus.corpus import Corpus
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.keys import photo_key
from garim.corpus.looked_at import Candidate, Look, Ready, ready
from garim.corpus.settle import paid, turn
from garim.corpus.values import COLUMNS, Records, days, packed
from garim.corpus.vault import Bound, Place, sealed
from garim.corpus.withdrawals import named
from garim.ledger import Entry, commitment, now
from garim.ledger.entry import Facts, written

BATCH = 256
"""Photos that are put down at once: a batch has two syncs and one entry on the ledger."""


@dataclass(frozen=True, slots=True)
class Admission:
    """That a photo was admitted: its serial, and its subject's number."""

    photo: int
    subject: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a photo was not, and why; `at` is its place among those that were asked for."""

    at: int
    why: Why
    said: str


def admit(corpus: Corpus, candidate: Candidate, *, known: Known, look: Look) -> Admission:
    """Admit one photo. Raises `NotAdmitted`, `Unreadable`, `Unwritable`."""
    found = ready(candidate, corpus.made, known=known, at=now(), look=look)
    (told,) = put(corpus, [found])
    if isinstance(told, NotAdmitted):
        raise told
    return told


def admit_all(
    corpus: Corpus, candidates: Iterable[Candidate | NotAdmitted], *, known: Known, look: Look
) -> Iterator[Admission | Refusal]:
    """Admit many, in batches; for each, in order, what became of it. Killed, whole batches are in."""
    numbered = enumerate(candidates)
    while some := list(itertools.islice(numbered, BATCH)):
        told: dict[int, Admission | Refusal] = {}
        found: dict[int, Ready] = {}
        for at, candidate in some:
            try:
                if isinstance(candidate, NotAdmitted):
                    raise candidate
                found[at] = ready(candidate, corpus.made, known=known, at=now(), look=look)
            except NotAdmitted as error:
                told[at] = Refusal(at, error.why, str(error))
        for at, answer in zip(found, put(corpus, list(found.values()), refused=len(told)), strict=True):
            told[at] = Refusal(at, answer.why, str(answer)) if isinstance(answer, NotAdmitted) else answer
        yield from (told[at] for at, _ in some)


def put(corpus: Corpus, batch: Sequence[Ready], *, refused: int = 0) -> list[Admission | NotAdmitted]:
    """Admit what may be taken of `batch`, durably and at once; what became of each. Raises `Unwritable`."""
    with turn(corpus):
        told = _chosen(corpus, batch)
        chosen = [each for each, no in zip(batch, told, strict=True) if no is None]
        refused += len(batch) - len(chosen)
        made = iter(_put(corpus, chosen, refused)) if chosen or refused else iter(())
        compact(corpus)
        return [no if no is not None else next(made) for no in told]


def _chosen(corpus: Corpus, batch: Sequence[Ready]) -> list[NotAdmitted | None]:
    seen: set[bytes] = set()
    told: list[NotAdmitted | None] = []
    with corpus.state.reading() as db:
        for each in batch:
            same = _same(corpus, each)
            no = _withdrawn(corpus, db, each) or (_twice() if seen & set(same) else _duplicate(db, same))
            told.append(no)
            if no is None:
                seen |= set(same)
    return told


def _withdrawn(corpus: Corpus, db: sqlite3.Connection, each: Ready) -> NotAdmitted | None:
    of = corpus.id_of(each.pseudonym)
    number = corpus.number(of)
    lost = db.execute("SELECT 1 FROM unplaced WHERE commitment = ?", (named(corpus.claims.subject(of)),)).fetchone()
    if lost or (number is not None and number in corpus.gone()):
        return NotAdmitted(
            Why.WITHDRAWN,
            "this person withdrew from this corpus, and it stays so; the photo was not admitted. Whoever agrees anew "
            "does so under a new pseudonym",
        )
    for consent in each.consents:
        if db.execute("SELECT 1 FROM taken_back WHERE commitment = ?", (consent.commitment,)).fetchone():
            return NotAdmitted(Why.CONSENT, "the consent was withdrawn, as the ledger says; the photo was not admitted")
    return None


def _duplicate(db: sqlite3.Connection, same: tuple[bytes, bytes]) -> NotAdmitted | None:
    sql = "SELECT 1 FROM blobs WHERE octets = ? OR pixels = ?"
    return _twice() if db.execute(sql, same).fetchone() else None


def _twice() -> NotAdmitted:
    return NotAdmitted(Why.DUPLICATE, "this photo is in the corpus already; it was not admitted again")


def _same(corpus: Corpus, each: Ready) -> tuple[bytes, bytes]:
    """What stands for a photo's bytes and pixels: keyed, so that a thief cannot ask whether a photo is here."""
    octets = hashlib.sha256(each.octets).digest()
    keyed = (hmac.digest(corpus.secrets.same, b"octets" + octets, "sha256"),)
    return *keyed, hmac.digest(corpus.secrets.same, b"pixels" + each.pixels, "sha256")


def _put(corpus: Corpus, chosen: Sequence[Ready], refused: int) -> list[Admission]:
    with corpus.state.reading() as db:
        next_subject, next_photo, end = record.count(db, "subjects"), record.count(db, "photos"), record.vault_end(db)
    who, new = _numbered(corpus, chosen, next_subject)
    if new:
        corpus.keys.add(next_subject, len(new))
    bounds = [
        Bound(photo, number, _bound(each))
        for photo, (number, each) in enumerate(zip(who, chosen, strict=True), next_photo)
    ]
    places = corpus.vault.add(end, _sealed(corpus, bounds, chosen)) if chosen else []
    entry = _entry(corpus, chosen, bounds, refused, len(set(who)))
    with corpus.state.at_once() as db:
        record.put(db, subjects=next_subject + len(new), photos=next_photo + len(chosen))
        db.executemany("INSERT INTO subjects VALUES (?, ?)", [(number, of) for of, number in new.items()])
        record.add_recent(db, _rows(db, bounds, chosen))
        db.executemany("INSERT INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _blobs(corpus, bounds, places, chosen))
        db.execute("INSERT INTO owed VALUES (?)", (entry,))
    paid(corpus, [entry])
    return [Admission(bound.photo, bound.subject) for bound in bounds]


def _numbered(corpus: Corpus, chosen: Sequence[Ready], following: int) -> tuple[list[int], dict[bytes, int]]:
    """Each photo's subject's number, and the numbers of those who are new."""
    new: dict[bytes, int] = {}
    who = []
    for each in chosen:
        of = corpus.id_of(each.pseudonym)
        number = corpus.number(of)
        who.append(new.setdefault(of, following + len(new)) if number is None else number)
    return who, new


def _sealed(corpus: Corpus, bounds: Sequence[Bound], chosen: Sequence[Ready]) -> list[bytes]:
    keys: dict[int, bytes] = {}
    records = []
    for bound, each in zip(bounds, chosen, strict=True):
        if bound.subject not in keys:
            seed = corpus.keys.seed(bound.subject)
            assert seed is not None  # who was erased has withdrawn, and was refused
            keys[bound.subject] = photo_key(seed, corpus.made.octets, bound.subject)
        records.append(sealed(keys[bound.subject], corpus.made.octets, bound, each.octets))
    return records


def _bound(each: Ready) -> bytes:
    """The consent's commitment; of several, the SHA-256 of theirs."""
    commitments = [consent.commitment for consent in each.consents]
    return commitments[0] if len(commitments) == 1 else hashlib.sha256(b"".join(commitments)).digest()


def _rows(db: sqlite3.Connection, bounds: Sequence[Bound], chosen: Sequence[Ready]) -> Records:
    rows = []
    for bound, each in zip(bounds, chosen, strict=True):
        said, terms = each.details, record.terms_id(db, each.terms)
        serial = _consent(db, bound.subject, each, terms)
        rows.append(
            (
                *(bound.subject, bound.photo, packed(said.nationality), said.birth_year, int(said.sex)),
                *(days(said.captured_on), int(said.provenance), terms, serial, True),
            )
        )
    columns = zip(COLUMNS.items(), zip(*rows, strict=True), strict=True) if rows else ()
    return Records(**{name: np.array(values, dtype) for (name, dtype), values in columns}) if rows else Records.empty()


def _consent(db: sqlite3.Connection, subject: int, each: Ready, terms: int) -> int:
    """The serial of the first of a photo's consents; each is put down where it is new."""
    serials = record.consent_serials(db, [consent.commitment for consent in each.consents])
    for consent in each.consents:
        if consent.commitment in serials:
            continue
        serial = record.taken(db, "consents")
        serials[consent.commitment] = serial
        row = (
            *(serial, subject, consent.commitment, consent.record_id, consent.purpose.value, consent.text_sha256),
            *(consent.signer.value, int(consent.valid_until.timestamp()), terms, consent.test),
        )
        db.execute("INSERT INTO consents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return serials[each.consents[0].commitment]


def _blobs(
    corpus: Corpus, bounds: Sequence[Bound], places: Sequence[Place], chosen: Sequence[Ready]
) -> Iterator[tuple[object, ...]]:
    for bound, place, each in zip(bounds, places, chosen, strict=True):
        octets, pixels = _same(corpus, each)
        yield bound.photo, bound.subject, place.pack, place.offset, place.length, bound.consent, pixels, octets


def _entry(corpus: Corpus, chosen: Sequence[Ready], bounds: Sequence[Bound], refused: int, subjects: int) -> bytes:
    rows = [[bound.photo, each.pixels.hex()] for bound, each in zip(bounds, chosen, strict=True)]
    at: datetime = now()
    key = hmac.digest(corpus.claims.key, b"batch" + json.dumps([at.timestamp(), rows]).encode(), "sha256")
    batch = commitment(key, "batch", hashlib.sha256(json.dumps(rows).encode()).hexdigest().encode())
    own = corpus.claims.corpus(batch)
    facts: Facts = {"batch": batch, "corpus": own, "photos": len(chosen), "refused": refused, "subjects": subjects}
    return written(Entry("corpus.admitted", at, facts))
