"""THE LEDGER OF RECORD: one SQLite database, and a seal over every row of it.

Laws: one writer at a time, many readers; a commit is durable when it returns, or, where the ledger has it anyway
(`at_once(durable=False)`), survives everything but a power cut and is made good from there; what is deleted is
overwritten; a row that was changed, added or taken away by anybody without the master key does not fit the seal.

The seal is a multiset hash (Clarke et al. 2003, MSet-Add-Hash): the sum mod 2^256 of HMAC-SHA256(key, table and row)
over all rows of all tables, kept by triggers in the transaction that changes them.
"""

from __future__ import annotations

import contextlib
import hmac
import sqlite3
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from garim.core.errors import Disproved, Unreadable, Unwritable

NAME = "record.sqlite"
_MODULUS = 1 << 256
_ODD = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError)
"""What comes of a number or a text that is another than its table has."""
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE subjects (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE runs (name TEXT PRIMARY KEY, subjects INTEGER NOT NULL, octets INTEGER NOT NULL, sha256 TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE consent_runs (name TEXT PRIMARY KEY, subjects INTEGER NOT NULL, octets INTEGER NOT NULL,
    sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE consents (serial INTEGER PRIMARY KEY, subject INTEGER NOT NULL, commitment BLOB NOT NULL UNIQUE,
    record TEXT NOT NULL, purpose TEXT NOT NULL, text_sha256 TEXT NOT NULL, signer TEXT NOT NULL,
    until INTEGER NOT NULL, terms INTEGER NOT NULL, test INTEGER NOT NULL);
CREATE INDEX consents_subject ON consents (subject);
CREATE TABLE terms (id INTEGER PRIMARY KEY, grants TEXT NOT NULL UNIQUE);
CREATE TABLE recent (photo INTEGER PRIMARY KEY, subject INTEGER NOT NULL, nationality INTEGER NOT NULL,
    birth_year INTEGER NOT NULL, sex INTEGER NOT NULL, captured_on INTEGER NOT NULL, provenance INTEGER NOT NULL,
    terms INTEGER NOT NULL, consent INTEGER NOT NULL, held INTEGER NOT NULL);
CREATE INDEX recent_subject ON recent (subject);
CREATE TABLE blobs (photo INTEGER PRIMARY KEY, subject INTEGER NOT NULL, pack INTEGER NOT NULL, start INTEGER NOT NULL,
    length INTEGER NOT NULL, consent BLOB NOT NULL, pixels BLOB NOT NULL UNIQUE, octets BLOB NOT NULL UNIQUE);
CREATE INDEX blobs_subject ON blobs (subject);
CREATE TABLE holes (pack INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (pack, start))
    WITHOUT ROWID;
CREATE TABLE parts (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    octets INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE withdrawn (number INTEGER PRIMARY KEY, subject INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL,
    officer INTEGER NOT NULL, commitment BLOB NOT NULL UNIQUE, entry INTEGER NOT NULL);
CREATE TABLE lists (number INTEGER PRIMARY KEY, subjects BLOB NOT NULL, at INTEGER NOT NULL, officer INTEGER NOT NULL,
    commitment BLOB NOT NULL UNIQUE, entry INTEGER NOT NULL);
CREATE TABLE unplaced (commitment BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE erasures (subject INTEGER PRIMARY KEY, at INTEGER NOT NULL, done INTEGER NOT NULL,
    commitment BLOB NOT NULL, certificate TEXT NOT NULL, entry INTEGER NOT NULL);
CREATE TABLE manifests (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, purpose TEXT NOT NULL, processor TEXT NOT NULL,
    predicate TEXT NOT NULL, root BLOB NOT NULL, photos INTEGER NOT NULL, subjects INTEGER NOT NULL,
    members BLOB NOT NULL, key BLOB NOT NULL, entry INTEGER NOT NULL);
CREATE TABLE releases (number INTEGER PRIMARY KEY, manifest INTEGER NOT NULL, at INTEGER NOT NULL,
    photos INTEGER NOT NULL, withheld INTEGER NOT NULL, members BLOB NOT NULL, key BLOB NOT NULL,
    entry INTEGER NOT NULL);
CREATE TABLE models (number INTEGER PRIMARY KEY, manifest INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL,
    sha256 TEXT NOT NULL, key BLOB NOT NULL, entry INTEGER NOT NULL);
CREATE TABLE lost (entry INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL,
    photos INTEGER NOT NULL);
CREATE TABLE taken_back (commitment BLOB PRIMARY KEY, at INTEGER NOT NULL, officer INTEGER NOT NULL,
    done INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX taken_back_due ON taken_back (done) WHERE done = 0;
CREATE TABLE owed (entry BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE begun (commitment BLOB PRIMARY KEY, subject INTEGER NOT NULL) WITHOUT ROWID;
"""
_SCHEMA = "SELECT type, name, coalesce(sql, '') FROM main.sqlite_schema ORDER BY type, name"
_SEAL = "CREATE TABLE seal (one INTEGER PRIMARY KEY CHECK (one = 1), sum BLOB NOT NULL, mac BLOB NOT NULL);"


class State:
    """The database of one corpus, sealed under `key`. Raises `Unwritable`, `Unreadable` where SQLite cannot go on."""

    def __init__(self, path: Path, key: bytes) -> None:
        if not path.exists():
            raise Unreadable(f"{path}: is missing; nothing was read. Restore the corpus's folder from a backup")
        self.path, self._key = path, key
        self._turn = threading.RLock()
        self._open = _opened(path)
        self._refuse_other_schema()
        self._sum, self._within = 0, False
        self._sealed(self._open)

    @classmethod
    def create(cls, path: Path, key: bytes, facts: dict[str, int | bytes | str]) -> None:
        """A new database that holds `facts`."""
        with contextlib.closing(_opened(path)) as new, said(path):
            path.chmod(0o600)
            new.executescript(f"BEGIN; {_TABLES} {_SEAL}")
            new.execute("INSERT INTO seal VALUES (1, ?, ?)", (bytes(32), _mac(key, bytes(32))))
            new.execute("COMMIT")
        state = cls(path, key)
        with contextlib.closing(state), state.at_once() as db:
            db.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())

    @contextlib.contextmanager
    def at_once(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: all of it, with its seal, or nothing."""
        with self._turn, self._explained():
            self._open.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            with self._open:
                self._open.execute("BEGIN IMMEDIATE")
                before = self._begin_sum()
                self._within = True
                try:
                    yield self._open
                finally:
                    self._within = False
                if self._sum != before:
                    octets = self._sum.to_bytes(32, "big")
                    self._open.execute("UPDATE seal SET sum = ?, mac = ?", (octets, _mac(self._key, octets)))

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent look."""
        with self._turn:
            if self._within:
                yield self._open
                return
            with self._explained():
                self._open.execute("BEGIN")
                self._within = True
                try:
                    yield self._open
                finally:
                    self._within = False
                    self._open.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors as ours; whatever else fails where the record was altered, fails for that."""
        with said(self.path):
            try:
                yield
            except _ODD:
                self.refuse_altered()
                raise

    def refuse_altered(self) -> None:
        """Raise `Disproved` where the database is not what was written into it, to the row. Reads all of it."""
        changed = Disproved(f"{self.path}: is not what was written: a row was changed, added or taken away. Restore it")
        with self._turn, said(self.path):
            try:
                self._begin_sum()
                (found,) = self._open.execute("PRAGMA integrity_check(1)").fetchone()
                names, read = _names(self._open), self._open.execute
                total = sum(self._hashed(table, row) for table in names for row in read(_all(self._open, table)))
                kept, _ = read("SELECT sum, mac FROM seal").fetchone()
            except _ODD:
                raise changed from None
            if found != "ok" or (total % _MODULUS).to_bytes(32, "big") != kept:
                raise changed

    def forget(self) -> None:
        """Write the log into the database and empty it: what was deleted is on no page of either."""
        with self._turn, said(self.path):
            busy, _, _ = self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Unwritable(f"{self.path}: somebody reads it, so that old pages cannot be overwritten. Try again")

    def close(self) -> None:
        """Let go of the database."""
        self._open.close()

    def _refuse_other_schema(self) -> None:
        """A trigger that somebody slipped in would do their will in our transactions."""
        with said(self.path):
            found = self._open.execute(_SCHEMA).fetchall()
        if found != _wanted():
            self._open.close()
            raise Disproved(f"{self.path}: its tables are not those of a corpus; nothing was read. Restore it")

    def _begin_sum(self) -> int:
        kept, mac = self._open.execute("SELECT sum, mac FROM seal").fetchone() or (b"", b"")
        if not (type(kept) is type(mac) is bytes and hmac.compare_digest(mac, _mac(self._key, kept))):
            raise Disproved(f"{self.path}: its seal was not made with this master key; nothing was done. Restore it")
        self._sum = int.from_bytes(kept, "big")
        return self._sum

    def _sealed(self, db: sqlite3.Connection) -> None:
        db.create_function("fold", -1, self._fold)
        with said(self.path):
            for table in _names(db):
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                new, old = (", ".join(f"{which}.{column}" for column in columns) for which in ("NEW", "OLD"))
                for when, does in {
                    "INSERT": f"SELECT fold(1, '{table}', {new});",
                    "DELETE": f"SELECT fold(-1, '{table}', {old});",
                    "UPDATE": f"SELECT fold(-1, '{table}', {old}); SELECT fold(1, '{table}', {new});",
                }.items():
                    db.execute(f"CREATE TEMP TRIGGER {table}_{when} AFTER {when} ON main.{table} BEGIN {does} END")

    def _fold(self, sign: int, table: str, *row: object) -> None:
        self._sum = (self._sum + sign * self._hashed(table, row)) % _MODULUS

    def _hashed(self, table: str, row: tuple[object, ...]) -> int:
        return int.from_bytes(hmac.digest(self._key, f"{table}{row!r}".encode(), "sha256"), "big")


@contextlib.contextmanager
def said(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:  # no room, no permission, locked
        if "decode" in str(error):  # text that is none
            raise Disproved(f"{path}: is not what was written; nothing was changed. Restore it from a backup") from None
        raise Unwritable(f"{path}: {error}; nothing was changed. Free some room, or wait, and try again") from None
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite quotes what it cannot read
        raise Unreadable(f"{path}: is damaged: {error}; nothing was changed. Restore it from a backup") from None


def _opened(path: Path) -> sqlite3.Connection:
    with said(path):
        # several threads take turns in `State`
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA temp_store = MEMORY")  # no row ever lies in a temporary file
        return connection


@lru_cache
def _wanted() -> list[tuple[str, str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(f"{_TABLES} {_SEAL}")
        return db.execute(_SCHEMA).fetchall()


def _names(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name != 'seal' ORDER BY name")
    return [row[0] for row in rows]


def _all(db: sqlite3.Connection, table: str) -> str:
    return f"SELECT * FROM main.{table}"  # noqa: S608 - a name of our own schema


def _mac(key: bytes, octets: bytes) -> bytes:
    return hmac.digest(key, b"seal" + octets, "sha256")
