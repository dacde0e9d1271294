"""WHAT THE LOG'S KEEPER ALONE HOLDS: the head, and what no full tile holds yet. SQLite, one sync a commit.

Laws: the head moves by compare-and-swap; it never moves past an entry that is neither here nor in full tiles on
disk; what this file says was signed was signed, whatever the folder of tiles looks like.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from garim.core.errors import Unreadable, Unwritable

_TABLES = """
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE base (one INTEGER PRIMARY KEY CHECK (one = 1), edge BLOB NOT NULL) STRICT;
CREATE TABLE pending (start INTEGER PRIMARY KEY, bundle BLOB NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last checkpoint that was signed: the tree's size, and the signed note."""

    size: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """Entries appended at once, as a bundle holds them, from the index `start` on."""

    start: int
    bundle: bytes


class State:
    """The keeper's database. Every method raises `Unwritable` or `Unreadable` where SQLite cannot go on."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise Unreadable(f"{path}: is missing; without it nothing can be appended. Restore it from the keeper")
        self._path = path
        self._open = _opened(path)

    @classmethod
    def create(cls, path: Path, head: Head, edge: bytes) -> Self:
        """A new database whose tree is `edge`."""
        with contextlib.closing(_opened(path)) as new, _said(path):
            path.chmod(0o600)
            new.executescript(f"BEGIN; {_TABLES}")
            new.execute("INSERT INTO head VALUES (1, ?, ?)", (head.size, head.note))
            new.execute("INSERT INTO base VALUES (1, ?)", (edge,))
            new.execute("COMMIT")
        return cls(path)

    def head(self) -> Head:
        """What was signed last."""
        with _said(self._path):
            return Head(*self._open.execute("SELECT size, note FROM head").fetchone())

    def base(self) -> bytes:
        """The edge of the tree in front of what is pending."""
        with _said(self._path):
            return bytes(self._open.execute("SELECT edge FROM base").fetchone()[0])

    def pending(self) -> list[Pending]:
        """What stands in no full tile, in order; each is what one append added."""
        with _said(self._path):
            return [Pending(*row) for row in self._open.execute("SELECT start, bundle FROM pending ORDER BY start")]

    def move(self, old: Head, new: Head, added: Pending, *, edge: bytes | None = None) -> None:
        """Move the head from `old` to `new`, durably; with `edge`, `added` is all that is pending from now on.

        Raises `Unwritable` where the head is not `old` any more.
        """
        with _said(self._path), self._at_once():
            moved = self._open.execute(
                "UPDATE head SET size = ?, note = ? WHERE size = ? AND note = ?",
                (new.size, new.note, old.size, old.note),
            )
            if moved.rowcount != 1:
                raise Unwritable(f"{self._path}: somebody else moved the head meanwhile; nothing was logged. Try again")
            if edge is not None:
                self._open.execute("DELETE FROM pending")
                self._open.execute("UPDATE base SET edge = ?", (edge,))
            if added.bundle:
                self._open.execute("INSERT INTO pending VALUES (?, ?)", (added.start, added.bundle))

    @contextlib.contextmanager
    def _at_once(self) -> Iterator[None]:
        with self._open:  # commits, or rolls back
            self._open.execute("BEGIN IMMEDIATE")
            yield

    def close(self) -> None:
        """Let go of the database."""
        self._open.close()


def _opened(path: Path) -> sqlite3.Connection:
    with _said(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # in WAL: one sync a commit, and the commit is durable
        return connection


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:  # no room, no permission, locked
        raise Unwritable(f"{path}: {error}; nothing was logged") from None
    except sqlite3.DatabaseError as error:
        raise Unreadable(f"{path}: is damaged: {error}; nothing was logged. Restore it from a backup") from None
