"""WHAT A WITNESS REMEMBERS: of each log the latest tree that it cosigned. SQLite.

Laws: the memory moves from one tree to the next by compare-and-swap, so of two that race one loses; a move is on
disk when `advance` returns; a memory that is missing is never begun anew in silence, since a witness that forgot
would cosign a rewritten log.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from garim.core.errors import Misuse, Unreadable, Unwritable
from garim.files import whole
from garim.ledger.checkpoint_text import Checkpoint
from garim.ledger.note import Note
from garim.ledger.witness import NEVER, Seen

_VERSION = 1
_WAIT_S = 10.0  # for another process that writes
_TABLE = """
CREATE TABLE seen (
    origin_sha256 TEXT PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
    at INTEGER NOT NULL, note BLOB NOT NULL
) STRICT
"""
_FIRST = "INSERT INTO seen VALUES (:key, :origin, :size, :root, :at, :note) ON CONFLICT DO NOTHING"
_NEXT = """
UPDATE seen SET size = :size, root = :root, at = :at, note = :note
WHERE origin_sha256 = :key AND size = :seen_size AND root = :seen_root AND at = :seen_at
"""


def origin_hash(origin: str) -> str:
    """Under what name a witness serves the checkpoint of `origin`: SHA-256, in hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


def create(path: Path) -> None:
    """Begin an empty memory at `path`. Raises `Misuse` where it exists, `Unwritable`."""
    if path.exists() or path.is_symlink():
        raise Misuse(f"{path}: exists already, and what a witness remembers is never begun anew")
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        base.execute(_TABLE)
        base.execute(f"PRAGMA user_version = {_VERSION}")
        empty = base.serialize()
    with whole(path, mode=0o600) as unfinished:
        unfinished.write_bytes(empty)


class State:
    """A memory that was begun before. Raises `Unreadable` where there is none; threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Unreadable(f"{path}: no memory of a witness; nothing was cosigned. Begin one, or restore the newest")
        self._path = path
        self._lock = threading.Lock()
        with _answered(path):
            self._base = _connected(path)
            if self._base.execute("PRAGMA user_version").fetchone() != (_VERSION,):
                self._base.close()
                raise Unreadable(f"{path}: is not the memory of a witness; nothing was cosigned")

    def seen(self, origin: str) -> Seen:
        """The latest tree of `origin` that was cosigned, or `NEVER`."""
        with self._lock, _answered(self._path):
            query = "SELECT size, root, at FROM seen WHERE origin_sha256 = ?"
            row = self._base.execute(query, [origin_hash(origin)]).fetchone()
        return NEVER if row is None else Seen(*row)

    def checkpoint(self, hashed: str) -> bytes | None:
        """The cosigned note of the log whose `origin_hash` is `hashed`; None where there is none."""
        with self._lock, _answered(self._path):
            row = self._base.execute("SELECT note FROM seen WHERE origin_sha256 = ?", [hashed]).fetchone()
        return None if row is None else bytes(row[0])

    def advance(self, seen: Seen, to: Checkpoint, at: int, note: Note) -> bool:
        """Remember `to`, cosigned at `at` in `note`, durably; False, and nothing done, where `seen` is seen no more."""
        row = {"key": origin_hash(to.origin), "origin": to.origin, "size": to.size, "root": to.root, "at": at}
        row |= {"note": bytes(note), "seen_size": seen.size, "seen_root": seen.root, "seen_at": seen.at}
        with self._lock, _answered(self._path):
            return self._base.execute(_FIRST if seen == NEVER else _NEXT, row).rowcount == 1

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connected(path: Path) -> sqlite3.Connection:
    # autocommit: each statement is a transaction of its own, begun as a write where it writes
    base = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode = WAL")
    # FULL, and where a file system has no WAL the removal of the rollback journal is synced too
    base.execute("PRAGMA synchronous = EXTRA")
    return base


@contextlib.contextmanager
def _answered(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unwritable(f"{path}: what the witness remembers cannot be kept: {error}; nothing was cosigned") from None
