"""What is asked of the record, and put into it: SQL, and nothing else. Each function wants an open transaction."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np

from garim.consent import Purpose
from garim.corpus.bitmap import Withdrawn
from garim.corpus.subjects import Run
from garim.corpus.values import COLUMNS, U32, Grant, Part, Records, Terms
from garim.corpus.vault import Bound, Place

_ROW = ", ".join(COLUMNS)
_MOST_AT_ONCE = 1 << 16

Fact = int | bytes | str


def fact(db: sqlite3.Connection, name: str) -> Fact:
    """One of the record's facts."""
    found: Fact = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()[0]
    return found


def count(db: sqlite3.Connection, name: str) -> int:
    """One that is a number."""
    return int(fact(db, name))


def put(db: sqlite3.Connection, **facts: Fact) -> None:
    """Change facts."""
    db.executemany("UPDATE facts SET value = ? WHERE name = ?", [(value, name) for name, value in facts.items()])


def taken(db: sqlite3.Connection, name: str, number: int = 1) -> int:
    """The first of `number` new numbers of a kind: subjects, photos, consents."""
    first = count(db, name)
    put(db, **{name: first + number})
    return first


def number(db: sqlite3.Connection, of: bytes) -> int | None:
    """Of one of the newest subjects."""
    row = db.execute("SELECT number FROM subjects WHERE id = ?", (of,)).fetchone()
    return None if row is None else int(row[0])


def ids(db: sqlite3.Connection) -> list[tuple[int, bytes]]:
    """The newest subjects."""
    return [(int(number), bytes(of)) for number, of in db.execute("SELECT number, id FROM subjects")]


def runs(db: sqlite3.Connection) -> list[Run]:
    """The runs of the others."""
    return [Run(*row) for row in db.execute("SELECT name, subjects, octets, sha256 FROM runs ORDER BY name")]


def consent_runs(db: sqlite3.Connection) -> list[Run]:
    """The runs of consents that came with files of records."""
    return [Run(*row) for row in db.execute("SELECT name, subjects, octets, sha256 FROM consent_runs ORDER BY name")]


def add_run(db: sqlite3.Connection, run: Run, *, table: str = "runs") -> None:
    """Put a run down."""
    row = (run.name, run.subjects, run.octets, run.sha256)
    db.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", row)  # noqa: S608 - a table of ours


def generation(db: sqlite3.Connection) -> int:
    """Of the parts."""
    return count(db, "generation")


def parts(db: sqlite3.Connection) -> tuple[Part, ...]:
    """The parts, in order of their subjects."""
    rows = db.execute("SELECT name, rows, first, last, octets, sha256 FROM parts ORDER BY first, name")
    return tuple(Part(*row) for row in rows)


def add_parts(db: sqlite3.Connection, added: Iterable[Part]) -> None:
    """Put parts down."""
    rows = ((each.name, each.rows, each.first, each.last, each.octets, each.sha256) for each in added)
    db.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)", rows)


def drop_parts(db: sqlite3.Connection, dropped: Iterable[Part]) -> None:
    """Take parts out."""
    db.executemany("DELETE FROM parts WHERE name = ?", [(each.name,) for each in dropped])


def terms(db: sqlite3.Connection) -> dict[int, Terms]:
    """Every terms by its number."""
    return {int(key): _terms(text) for key, text in db.execute("SELECT id, grants FROM terms")}


def terms_id(db: sqlite3.Connection, wanted: Terms) -> int:
    """The number of terms, given now where they are new."""
    text = _terms_text(wanted)
    row = db.execute("SELECT id FROM terms WHERE grants = ?", (text,)).fetchone()
    if row is None:
        row = db.execute("INSERT INTO terms (grants) VALUES (?) RETURNING id", (text,)).fetchone()
    return int(row[0])


def recent(db: sqlite3.Connection) -> Records:
    """The rows that are in no part yet, by subject."""
    rows = db.execute(f"SELECT {_ROW} FROM recent ORDER BY subject, photo").fetchall()  # noqa: S608 - our columns
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    return Records(
        **{name: np.array(column, dtype) for (name, dtype), column in zip(COLUMNS.items(), columns, strict=True)}
    )


def add_recent(db: sqlite3.Connection, rows: Records) -> None:
    """Put rows down."""
    columns = [getattr(rows, name).tolist() for name in COLUMNS]
    marks = ", ".join("?" * len(COLUMNS))
    db.executemany(f"INSERT INTO recent ({_ROW}) VALUES ({marks})", zip(*columns, strict=True))  # noqa: S608 - as above


def blob(db: sqlite3.Connection, photo: int) -> tuple[Place, Bound] | None:
    """Where a photo lies, and what it is bound to."""
    row = db.execute(f"{_BLOB} WHERE photo = ?", (photo,)).fetchone()
    return None if row is None else _blob(row)


def blobs_of(db: sqlite3.Connection, subject: int) -> list[tuple[Place, Bound]]:
    """The same of all that a subject has."""
    return [_blob(row) for row in db.execute(f"{_BLOB} WHERE subject = ? ORDER BY photo", (subject,))]


def blobs(db: sqlite3.Connection, photos: Sequence[int]) -> list[tuple[Place, Bound]]:
    """The same of `photos`, in their order; those that are not there are left out."""
    found = []
    for start in range(0, len(photos), 500):
        some = photos[start : start + 500]
        marks = ", ".join("?" * len(some))
        rows = {row[3]: row for row in db.execute(f"{_BLOB} WHERE photo IN ({marks})", list(some))}
        found += [_blob(rows[photo]) for photo in some if photo in rows]
    return found


def vault_end(db: sqlite3.Connection) -> tuple[int, int]:
    """The last pack, and where what is known of it ends."""
    row = db.execute(
        "SELECT pack, max(start + length) FROM (SELECT pack, start, length FROM blobs UNION ALL SELECT * FROM holes) "
        "WHERE pack = (SELECT max(pack) FROM (SELECT pack FROM blobs UNION ALL SELECT pack FROM holes))"
    ).fetchone()
    return (0, 0) if row[0] is None else (int(row[0]), int(row[1]))


def last_withdrawn(db: sqlite3.Connection) -> tuple[int, int]:
    """How far withdrawals and lists of withdrawals are counted."""
    row = db.execute("SELECT (SELECT max(number) FROM withdrawn), (SELECT max(number) FROM lists)").fetchone()
    return int(row[0] or 0), int(row[1] or 0)


def withdrawn_since(db: sqlite3.Connection, number: int, listed: int) -> U32:
    """The subjects of withdrawals after these."""
    rows = db.execute("SELECT subject FROM withdrawn WHERE number > ?", (number,))
    gone = [np.fromiter((row[0] for row in rows), np.uint32)]
    for (octets,) in db.execute("SELECT subjects FROM lists WHERE number > ?", (listed,)):
        gone.append(Withdrawn.read(octets).numbers())
    return np.concatenate(gone)


def erased(db: sqlite3.Connection) -> U32:
    """The numbers of those whose keys were destroyed, or are about to be."""
    return np.array([row[0] for row in db.execute("SELECT subject FROM erasures ORDER BY subject")], np.uint32)


def consent_serials(db: sqlite3.Connection, commitments: Iterable[bytes]) -> dict[bytes, int]:
    """Of those of `commitments` that are known, the serial."""
    found = {}
    for each in commitments:
        row = db.execute("SELECT serial FROM consents WHERE commitment = ?", (each,)).fetchone()
        if row is not None:
            found[each] = int(row[0])
    return found


_BLOB = "SELECT pack, start, length, photo, subject, consent FROM blobs"


def _blob(row: tuple[int, int, int, int, int, bytes]) -> tuple[Place, Bound]:
    return Place(*row[:3]), Bound(*row[3:])


@functools.lru_cache(1 << 16)  # the table is read whole each time something is asked, and its rows never change
def _terms(text: str) -> Terms:
    return Terms(
        tuple(
            Grant(Purpose(purpose), tuple(processors), datetime.fromtimestamp(until, UTC), test)
            for purpose, processors, until, test in json.loads(text)
        )
    )


def _terms_text(wanted: Terms) -> str:
    rows = [[g.purpose.value, list(g.processors), int(g.until.timestamp()), g.test] for g in wanted.grants]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
