"""RECORDS COME IN BY THE MILLION: an attested file of rows, a batch at a time, straight into keys, subjects and parts.

    keys -> a run of subjects -> a generation of parts -> record, with what it owes the ledger -> ledger

Laws: an officer's word stands behind each row, and its attestation stays in the record; nobody who withdrew comes back;
a batch is in or not; the photos themselves lie elsewhere (`held` is false), under the keys that are made here.
"""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from garim.consent import Known
from garim.core.errors import Misuse
from garim.corpus import attested, build, parts, record, records_file, subjects
from garim.corpus.attested import Attestation
from garim.corpus.corpus import Corpus
from garim.corpus.records_file import Batch
from garim.corpus.settle import paid, turn
from garim.corpus.values import U8, U32, Bools, Records
from garim.corpus.withdrawals import named
from garim.ledger import Entry, commitment, now
from garim.ledger.entry import Facts, written

ROWS = 1 << 21
"""Of one batch."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: rows taken, rows refused since their subject withdrew, new subjects."""

    photos: int
    refused: int
    subjects: int


def admit_records(corpus: Corpus, path: Path, *, known: Known, rows: int = ROWS) -> Iterator[Taken]:
    """Admit the rows of the Parquet at `path`, batch by batch. Killed, whole batches are in: begin again after them.

    Raises `Disproved`, `Malformed` where the attestation or a row does not hold, `Misuse`, `Unreadable`, `Unwritable`.
    """
    word = attested.proven(path, controller=corpus.made.controller, known=known)
    for number, batch in enumerate(records_file.batches(path, rows=rows)):
        with turn(corpus):
            name = f"attested {word.sha256} {number}"
            with corpus.state.reading() as db:
                row = db.execute("SELECT 1 FROM facts WHERE name = ?", (name,)).fetchone()
            if row is None:  # else it was taken before whoever did was killed
                yield _taken(corpus, batch, word, name)


def _taken(corpus: Corpus, batch: Batch, word: Attestation, name: str) -> Taken:
    ids = np.frombuffer(b"".join(corpus.id_of(each) for each in batch.pseudonyms), np.uint8).reshape(-1, subjects.ID)
    with corpus.state.reading() as db:
        following, photo, generation = record.count(db, "subjects"), record.count(db, "photos"), record.generation(db)
    numbers, new = _numbered(corpus, ids, following)
    stands = corpus.standing(numbers) & ~_lost(corpus, ids)
    fresh, numbers = _renumbered(numbers, stands, new, following)
    if len(fresh):
        corpus.keys.add(following, len(fresh))
    run = _run(corpus, fresh, following)
    old = corpus.parts()[1]
    shutil.rmtree(corpus.folder / parts.FOLDER / f"{generation + 1}", ignore_errors=True)  # of one that was killed
    with corpus.state.at_once() as db:
        terms = np.array([record.terms_id(db, each) for each in batch.kinds], np.uint32)
        serial = record.count(db, "consents")
        rows = _rows(batch, numbers, terms, photo, serial)[stands]
        made = build.rewritten(corpus.folder, generation + 1, old, drop=np.zeros(0, np.uint32), add=rows)
        record.drop_parts(db, old)
        record.add_parts(db, made)
        if run is not None:
            row = (run.name, run.subjects, run.octets, run.sha256)
            db.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", row)
        size = len(batch.pseudonyms)
        counts = {"subjects": following + len(fresh), "photos": photo + size, "consents": serial + size}
        record.put(db, generation=generation + 1, **counts)
        # the consent with the serial `serial` + i is that of the i-th row: whoever attested it can show it
        db.execute("INSERT INTO facts VALUES (?, ?)", (name, f"{serial}\n{word.text}"))
        told = Taken(len(rows), size - len(rows), len(np.unique(rows.subject)))
        entry = _entry(corpus, told, name)
        db.execute("INSERT INTO owed VALUES (?)", (entry,))
    build.current_only(corpus.folder, generation + 1)
    paid(corpus, [entry])
    return told


def _numbered(corpus: Corpus, ids: U8, following: int) -> tuple[U32, U8]:
    """Each row's subject's number, and the ids of those who are new, whose numbers begin with `following`."""
    _, first, places = np.unique(ids.view("S16"), return_index=True, return_inverse=True)
    distinct = ids[first]
    known = [corpus.number(each.tobytes()) for each in distinct]
    numbers = np.array([-1 if each is None else each for each in known], np.int64)
    fresh = numbers < 0
    numbers[fresh] = following + np.arange(np.count_nonzero(fresh))
    return numbers.astype(np.uint32)[places.reshape(-1)], distinct[fresh]


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


def _run(corpus: Corpus, ids: U8, following: int) -> subjects.Run | None:
    if not len(ids):
        return None
    path = corpus.folder / "subjects" / f"{following:010d}.idx"
    path.unlink(missing_ok=True)  # of one that was killed
    return subjects.write(path, ids, np.arange(following, following + len(ids), dtype=np.uint32))


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
    counts = {"photos": told.photos, "refused": told.refused, "subjects": told.subjects}
    facts: Facts = {"batch": batch, "corpus": corpus.claims.corpus(batch), **counts}
    return written(Entry("corpus.admitted", now(), facts))
