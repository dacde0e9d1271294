"""RECORDS COME IN BY THE MILLION: an attested file of rows, a batch at a time, straight into keys, subjects and parts.

    all of it looked at -> [keys -> runs of subjects and consents -> a generation of parts -> record -> ledger] a batch

Laws: an officer's word stands behind each row, and its attestation stays in the record; nothing is taken of a file one
row of which is not what it should be; nobody who withdrew comes back, and no row whose consent was withdrawn on the
ledger comes in; a row comes in once, by whatever file; a batch is in or not; the photos themselves lie elsewhere
(`held` is false), under the keys that are made here.
"""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from garim.consent import Known
from garim.core.errors import Disproved, Misuse
from garim.corpus import attested, build, consents, parts, record, records_file, subjects
from garim.corpus.attested import Attestation
from garim.corpus.corpus import Corpus
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.records_file import Batch
from garim.corpus.settle import paid, turn
from garim.corpus.subjects import Ids, Run
from garim.corpus.values import COLUMNS, U8, U32, Bools, Records
from garim.corpus.withdrawals import named
from garim.files import sha256
from garim.ledger import Entry, commitment, now
from garim.ledger.entry import Facts, written

ROWS = 1 << 21
"""Of one batch, at most."""
_SAID = ("subject", "nationality", "birth_year", "sex", "captured_on", "provenance", "terms")  # of a row by its file
_ALIKE = np.dtype([(name, COLUMNS[name]) for name in _SAID])


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: rows taken, rows refused, and the subjects of those that were taken.

    Refused: their subject withdrew, or their consent was withdrawn or is another person's. `twice`: here already.
    """

    photos: int
    refused: int
    subjects: int
    twice: int = 0


def admit_records(corpus: Corpus, path: Path, *, known: Known, rows: int = ROWS) -> Iterator[Taken]:
    """Admit the rows of the Parquet at `path`, once all of them were looked at, batch by batch.

    Killed, whole batches are in: the same call goes on after them. Raises `Disproved`, `Malformed` where the
    attestation or a row does not hold, `NotAdmitted` where all is here already, `Misuse`, `Unreadable`, `Unwritable`.
    """
    word = attested.proven(path, controller=corpus.made.controller, known=known)
    digests = [batch.digest for batch in records_file.batches(path, rows=rows)]
    changed = Disproved(f"{path}: was changed while it was read; what came in of it is what was signed for. Restore it")
    if sha256(path) != word.sha256:
        raise changed
    with turn(corpus), corpus.state.reading() as db:
        here = {row[0] for row in db.execute("SELECT name FROM facts")}
    if digests and all(_name(word, number) in here for number in range(len(digests))):
        raise NotAdmitted(Why.DUPLICATE, f"{path}: came into this corpus already; nothing was admitted again")
    for number, batch in enumerate(records_file.batches(path, rows=rows)):
        if digests[number : number + 1] != [batch.digest]:
            raise changed
        with turn(corpus):
            if not _here(corpus, _name(word, number)):  # else it was taken before whoever did was killed
                yield _taken(corpus, batch, word, number)


def _name(word: Attestation, number: int) -> str:
    """What a batch of the file is called in the record."""
    return f"attested {word.sha256} {number}"


def _here(corpus: Corpus, name: str) -> str | None:
    with corpus.state.reading() as db:
        row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Next:
    """The numbers that are given next, and the generation that is there."""

    subject: int
    photo: int
    consent: int
    generation: int


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """What is taken of a batch: of each row, its subject's number and whether it `stands`; `fresh` ids of the new."""

    numbers: U32
    stands: Bools
    fresh: Ids
    twice: int


def _taken(corpus: Corpus, batch: Batch, word: Attestation, number: int) -> Taken:
    with corpus.state.reading() as db:
        at = _Next(*(record.count(db, name) for name in ("subjects", "photos", "consents", "generation")))
    begun = _here(corpus, _name(word, 0))
    whose = consents.holders(corpus, batch.consent)
    chosen = _chosen(corpus, batch, whose, at, begun=at.consent if begun is None else int(begun.split("\n")[0]))
    if len(chosen.fresh):
        corpus.keys.add(at.subject, len(chosen.fresh))
    told = _put(corpus, batch, chosen, _runs(corpus, batch, chosen, whose, at), at, (_name(word, number), word.text))
    build.current_only(corpus.folder, at.generation + 1)
    return told


def _chosen(corpus: Corpus, batch: Batch, whose: NDArray[np.int64], at: _Next, *, begun: int) -> _Chosen:
    ids = subjects.ids_of(corpus.secrets.ids, batch.pseudonyms)
    numbers, new = _numbered(corpus, ids, at.subject)
    free = corpus.standing(numbers) & ~_lost(corpus, ids) & ~consents.taken_back(corpus, batch.consent)
    free &= (whose < 0) | (whose == numbers)
    twice = free & _twice(corpus, batch, numbers, whose >= 0, begun)
    fresh, numbers = _renumbered(numbers, free & ~twice, new, at.subject)
    return _Chosen(numbers, free & ~twice, fresh, int(np.count_nonzero(twice)))


def _put(
    corpus: Corpus, batch: Batch, chosen: _Chosen, runs: dict[str, Run], at: _Next, named_by: tuple[str, str]
) -> Taken:
    """The batch's parts, and all of it in the record and on the ledger."""
    name, text = named_by
    size, old = len(batch.pseudonyms), corpus.parts()[1]
    shutil.rmtree(corpus.folder / parts.FOLDER / f"{at.generation + 1}", ignore_errors=True)  # of one that was killed
    with corpus.state.at_once() as db:
        terms = np.array([record.terms_id(db, each) for each in batch.kinds], np.uint32)
        rows = _rows(batch, chosen.numbers, terms, at.photo, at.consent)[chosen.stands]
        made = build.rewritten(corpus.folder, at.generation + 1, old, drop=np.zeros(0, np.uint32), add=rows)
        record.drop_parts(db, old)
        record.add_parts(db, made)
        for table, run in runs.items():
            record.add_run(db, run, table=table)
        counts = {"subjects": at.subject + len(chosen.fresh), "photos": at.photo + size, "consents": at.consent + size}
        record.put(db, generation=at.generation + 1, **counts)
        # the consent with the serial `at.consent` + i is that of the i-th row: whoever attested it can show it
        db.execute("INSERT INTO facts VALUES (?, ?)", (name, f"{at.consent}\n{text}"))
        told = Taken(len(rows), size - len(rows) - chosen.twice, len(np.unique(rows.subject)), chosen.twice)
        entry = _entry(corpus, told, name)
        db.execute("INSERT INTO owed VALUES (?)", (entry,))
    paid(corpus, [entry])
    return told


def _numbered(corpus: Corpus, ids: Ids, following: int) -> tuple[U32, U8]:
    """Each row's subject's number, and the ids of those who are new, whose numbers begin with `following`."""
    _, first, places = np.unique(ids.view("S16"), return_index=True, return_inverse=True)
    distinct = ids[first]
    numbers = corpus.numbers(distinct)
    fresh = numbers < 0
    numbers[fresh] = following + np.arange(np.count_nonzero(fresh))
    return numbers.astype(np.uint32)[places.reshape(-1)], distinct[fresh]


def _twice(corpus: Corpus, batch: Batch, numbers: U32, maybe: Bools, begun: int) -> Bools:
    """Which rows came by an earlier file: all that it says of them is here, under a consent that is (`maybe`).

    One file may say the same of several photos, so its own rows, whose consents begin at `begun`, do not count.
    """
    told = np.zeros(len(numbers), np.bool_)
    if not maybe.any():
        return told
    there = corpus.terms()
    known = {terms: number for number, terms in there.items()}
    terms = np.array([known.get(each, (1 << 32) - 1) for each in batch.kinds], np.uint32)
    rows = _alike(_rows(batch, numbers, terms, 0, 0)[maybe])
    wanted = np.unique(numbers[maybe])
    for part in corpus.parts()[1]:
        if np.searchsorted(wanted, part.first) < np.searchsorted(wanted, part.last, side="right"):
            held = parts.read(corpus.folder, part)
            earlier = held[np.isin(held.subject, wanted) & ~held.held & (held.consent < begun)]
            told[maybe] |= np.isin(rows, _alike(earlier))
    return told


def _alike(rows: Records) -> NDArray[Any]:
    """Of each row, what a file says of it, as one value."""
    found = np.empty(len(rows), _ALIKE)
    for name in _SAID:
        found[name] = getattr(rows, name)
    return found.view(f"V{_ALIKE.itemsize}")


def _runs(corpus: Corpus, batch: Batch, chosen: _Chosen, whose: NDArray[np.int64], at: _Next) -> dict[str, Run]:
    """The new subjects', and that of the consents that nobody had: by the table that they go into."""
    runs = {}
    if len(chosen.fresh):
        path = corpus.folder / "subjects" / f"{at.subject:010d}.idx"
        path.unlink(missing_ok=True)  # of one that was killed
        new = np.arange(at.subject, at.subject + len(chosen.fresh), dtype=np.uint32)
        runs["runs"] = subjects.write(path, chosen.fresh, new)
    rows = chosen.stands & (whose < 0)
    if rows.any():
        ids = consents.ids_of(corpus.secrets.same, batch.consent[rows])
        _, first = np.unique(ids.view("S16"), return_index=True)
        runs["consent_runs"] = consents.write(corpus.folder, at.consent, ids[first], chosen.numbers[rows][first])
    return runs


def _renumbered(numbers: U32, stands: Bools, new: U8, following: int) -> tuple[U8, U32]:
    """The new subjects of whom a row is taken, and the numbers with no gap for the others."""
    used = np.zeros(len(new), np.bool_)
    taken = numbers[stands & (numbers >= following)]
    used[taken - following] = True
    place = following + np.cumsum(used) - 1
    numbers = numbers.copy()
    mine = numbers >= following
    numbers[mine] = place[numbers[mine] - following]
    return new[used], numbers


def _lost(corpus: Corpus, ids: U8) -> Bools:
    """Which rows are of people whose withdrawal is known from the ledger alone."""
    with corpus.state.reading() as db:
        names = {bytes(row[0]) for row in db.execute("SELECT commitment FROM unplaced")}
    if not names:
        return np.zeros(len(ids), np.bool_)
    return np.array([named(corpus.claims.subject(each.tobytes())) in names for each in ids], np.bool_)


def _rows(batch: Batch, numbers: U32, terms: U32, photo: int, serial: int) -> Records:
    size = len(numbers)
    if photo + size >= 1 << 63:
        raise Misuse("there are no serials left; nothing was admitted")
    return Records(
        subject=numbers,
        photo=np.arange(photo, photo + size, dtype=np.uint64),
        nationality=batch.nationality,
        birth_year=batch.birth_year,
        sex=batch.sex,
        captured_on=batch.captured_on,
        provenance=batch.provenance,
        terms=terms[batch.terms],
        consent=np.arange(serial, serial + size, dtype=np.uint64),
        held=np.zeros(size, np.bool_),
    )


def _entry(corpus: Corpus, told: Taken, name: str) -> bytes:
    key = hmac.digest(corpus.claims.key, b"batch" + name.encode(), "sha256")
    batch = commitment(key, "batch", hashlib.sha256(name.encode()).hexdigest().encode())
    # together with photos: how many serials the batch took, so that none is given again where a backup lacks it
    counts = {"photos": told.photos, "refused": told.refused + told.twice, "subjects": told.subjects}
    facts: Facts = {"batch": batch, "corpus": corpus.claims.corpus(batch), **counts}
    return written(Entry("corpus.admitted", now(), facts))
