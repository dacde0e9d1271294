"""PUTTING A WITHDRAWAL DOWN: the entry on the ledger is what makes it so; the record follows, whatever happens.

    begun (record) -> entry (ledger, durable) -> withdrawn (record)

Laws: nobody is told before the entry is durable; from the entry on it holds, in this process and after any crash or
restored backup (`settle`); it is never taken back. One sync for however many are put down together: the record's two
commits ride without, since what a power cut takes of them is read from the ledger again.

All of it wants the corpus's turn.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from garim.consent import Signer
from garim.corpus import record
from garim.corpus.bitmap import Withdrawn
from garim.corpus.corpus import Corpus
from garim.corpus.subjects import ID
from garim.corpus.values import U32, Subject
from garim.files import whole
from garim.ledger import note
from garim.ledger.checkpoint import Checkpoint
from garim.ledger.checkpoint import read as read_checkpoint


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a subject is withdrawn: `entry` is its index on the ledger; not `alone` where it is of a list of people."""

    subject: Subject
    at: datetime
    entry: int
    new: bool
    alone: bool


def put(corpus: Corpus, subjects: Sequence[Subject], *, by: Signer, at: datetime) -> range:
    """Withdraw `subjects`, who stand, each by an entry of its own; the entries' indexes. Raises `Unwritable`."""
    entries = [corpus.claims.withdrawn(each.id, by=by, at=at) for each in subjects]
    names = [named(corpus.claims.subject(each.id)) for each in subjects]
    with corpus.state.at_once(durable=False) as db:
        rows = zip(names, (each.number for each in subjects), strict=True)
        db.executemany("INSERT INTO begun VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
    indexes = corpus.log.append(entries)
    with corpus.state.at_once(durable=False) as db:
        for index, name, each in zip(indexes, names, subjects, strict=True):
            place(db, each.number, name, by=by, at=at, entry=index)
        db.executemany("DELETE FROM begun WHERE commitment = ?", [(name,) for name in names])
        follow(corpus, db, indexes)
    return indexes


def put_list(corpus: Corpus, numbers: U32, *, by: Signer, at: datetime) -> int:
    """Withdraw the subjects `numbers` together, by one entry over the list of their ids, which is kept; its index.

    They are two or more: an entry of one is of a subject, and not of a list.
    """
    octets = np.sort(corpus.ids_among(numbers).view("S16"), axis=0).tobytes()
    digest = hashlib.sha256(octets).digest()
    name = named(corpus.claims.subject(digest))
    path = list_path(corpus, name)
    if not path.exists():
        with whole(path, mode=0o600) as unfinished:
            unfinished.write_bytes(octets)
    entry = corpus.claims.withdrawn(digest, by=by, at=at, subjects=len(numbers))
    indexes = corpus.log.append([entry])
    with corpus.state.at_once() as db:
        place_list(db, Withdrawn.of(numbers), name, by=by, at=at, entry=indexes[0])
        follow(corpus, db, indexes)
    return indexes[0]


def place(db: sqlite3.Connection, number: int, name: bytes, *, by: Signer, at: datetime, entry: int) -> None:
    """Put one withdrawal into the record; it stands there once."""
    row = (number, int(at.timestamp()), by is Signer.OFFICER, name, entry)
    sql = (
        "INSERT INTO withdrawn (subject, at, officer, commitment, entry) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    )
    db.execute(sql, row)


def place_list(db: sqlite3.Connection, who: Withdrawn, name: bytes, *, by: Signer, at: datetime, entry: int) -> None:
    """The same of a list."""
    row = (who.written(), int(at.timestamp()), by is Signer.OFFICER, name, entry)
    sql = "INSERT INTO lists (subjects, at, officer, commitment, entry) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    db.execute(sql, row)


def follow(corpus: Corpus, db: sqlite3.Connection, indexes: range) -> bool:
    """Note that the record has all that the ledger has up to `indexes`; False where others appended in between."""
    head = head_of(corpus)
    if indexes.start != record.count(db, "ledger_size") or indexes.stop != head.size:
        return False
    record.put(db, ledger_size=head.size, ledger_root=head.root)
    corpus.seen.note = corpus.log.note
    return True


def head_of(corpus: Corpus) -> Checkpoint:
    """The ledger's last checkpoint."""
    return read_checkpoint(note.parse(corpus.log.note).text)


def named(commitment: str) -> bytes:
    """A commitment's 32 bytes."""
    return bytes.fromhex(commitment.removeprefix("hmac-sha256:"))


def list_path(corpus: Corpus, name: bytes) -> Path:
    """Where the list behind a commitment is kept."""
    return corpus.folder / "lists" / f"{name.hex()}.ids"


def listed(octets: bytes) -> Iterable[bytes]:
    """The ids of a list."""
    return (octets[start : start + ID] for start in range(0, len(octets), ID))
