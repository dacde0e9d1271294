"""WHAT THE LEDGER SAYS THIS CORPUS DID, AND ITS RECORD DOES NOT KNOW.

It was restored from an older backup, or killed between the ledger and the record: nobody can tell which.

Laws: nothing is answered or certified as if there were no more than the record has; a number that was given to a
manifest, a release, a model or a photo is given to no other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from garim.ledger import Entry

TABLES = {"corpus.manifest": "manifests", "corpus.model": "models", "corpus.released": "releases"}
"""Where the record has the uses, by the kind of their entries."""
ADMITTED = "corpus.admitted"


@dataclass(frozen=True, slots=True)
class Lost:
    """One of them: its index on the ledger, of what kind it is, how many photos it counts."""

    entry: int
    at: datetime
    kind: str
    photos: int


def lacking(db: sqlite3.Connection, uses: Iterable[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """Of manifests, releases and models by their indexes, those that the record lacks."""
    return [(index, entry) for index, entry in uses if not _there(db, TABLES[entry.kind], index)]


def put(db: sqlite3.Connection, index: int, entry: Entry) -> None:
    """Put one down, in the order of the ledger."""
    number = following(db, TABLES[entry.kind]) if entry.kind in TABLES else 0
    row = (index, int(entry.at.timestamp()), entry.kind, number, entry.facts.get("photos", 0))
    db.execute("INSERT INTO lost VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)


def serials(entry: Entry) -> int:
    """How many serials an entry may have taken: a file of records counts those that it refuses."""
    return int(entry.facts.get("photos", 0)) + int(entry.facts.get("refused", 0))


def following(db: sqlite3.Connection, table: str) -> int:
    """The number that nothing in `table` has had, here or in what was lost."""
    (kind,) = (kind for kind, name in TABLES.items() if name == table)
    kept = db.execute(f"SELECT coalesce(max(number), 0) FROM {table}").fetchone()[0]  # noqa: S608 - a table of ours
    gone = db.execute("SELECT coalesce(max(number), 0) FROM lost WHERE kind = ?", (kind,)).fetchone()[0]
    return max(int(kept), int(gone)) + 1


def had(db: sqlite3.Connection, kind: str, number: int) -> bool:
    """Whether something that was lost had this number."""
    return db.execute("SELECT 1 FROM lost WHERE kind = ? AND number = ?", (kind, number)).fetchone() is not None


def uses(db: sqlite3.Connection) -> tuple[Lost, ...]:
    """The manifests, releases and models: of these nobody can say whose photos are on them."""
    return tuple(each for each in _all(db) if each.kind in TABLES)


def admissions(db: sqlite3.Connection) -> tuple[Lost, ...]:
    """The batches of photos."""
    return tuple(each for each in _all(db) if each.kind == ADMITTED)


def _all(db: sqlite3.Connection) -> list[Lost]:
    rows = db.execute("SELECT entry, at, kind, photos FROM lost ORDER BY entry")
    return [Lost(entry, datetime.fromtimestamp(at, UTC), kind, photos) for entry, at, kind, photos in rows]


def _there(db: sqlite3.Connection, table: str, index: int) -> bool:
    return db.execute(f"SELECT 1 FROM {table} WHERE entry = ?", (index,)).fetchone() is not None  # noqa: S608 - ours
