"""What was asked of each camera-hour, by all cases together, beside the store: so that no difference is ever told.

Laws: what is asked stands here, durably, before anything is looked at; two windows of one camera never overlap, since
their difference would single out a person; an hour of a camera bears `CASES` cases, however many of their windows are
in it, and `MAPS` maps and no more, whoever asks. The very same case again is told the very same answer, kept here, and
costs nothing: a second look could differ by one person from the first. Two processes take turns.

While a case is looked at its windows stand in the way of all others whole; once it is answered only what was counted
of does, and what was not there to be looked at is given back. A window in which the patient was not found has cost
what it cost. Who asked is not here; a case only as a hash of random bits.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from garim.core.errors import Misuse, Unreadable, Unwritable

NAME = "budget.sqlite"
CASES = 3
MAPS = 3
_HOUR_S = 3600
_TABLES = """
CREATE TABLE IF NOT EXISTS windows (
    asked TEXT NOT NULL, camera TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    bars INTEGER NOT NULL, PRIMARY KEY (asked, camera, start)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_camera ON windows (camera, start);
CREATE TABLE IF NOT EXISTS counted (camera TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS maps (camera TEXT NOT NULL, hour INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS answers (asked TEXT PRIMARY KEY, answer TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
"""


class Spent(Misuse):
    """A camera-hour has been asked as often, or in such a way, that one more answer could single out a person."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stay before a camera: whole seconds since 1970, `stop` not included."""

    camera: str
    start: int
    stop: int

    @property
    def hours(self) -> range:
        """The hours since 1970 that it touches."""
        return range(self.start // _HOUR_S, -(-self.stop // _HOUR_S))


class Budget:
    """The register of one store. Close it, or use it in a `with`. Raises `Unwritable`, `Unreadable`."""

    def __init__(self, store: Path) -> None:
        self._path = store / NAME
        with self._said():
            self._open = sqlite3.connect(self._path, isolation_level=None, timeout=30)
            self._path.chmod(0o600)
            self._open.execute("PRAGMA journal_mode = WAL")
            self._open.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
            self._open.execute("PRAGMA synchronous = FULL")  # in WAL: one sync a commit, and the commit is durable
            self._open.executescript(_TABLES)

    def spend(self, asked: str, windows: Sequence[Window]) -> str | None:
        """Put down, durably, that `asked` wants `windows`; or the answer that it had before. Raises `Spent`."""
        with self._at_once():
            row = self._open.execute("SELECT answer FROM answers WHERE asked = ?", (asked,)).fetchone()
            if row is not None:
                return str(row[0])
            if self._open.execute("SELECT 1 FROM windows WHERE asked = ?", (asked,)).fetchone():
                return None  # it was begun and never answered: its process died
            for window in windows:
                self._refuse_overlap(window)
                self._refuse_spent(asked, window)
                row = (asked, window.camera, window.start, window.stop, 1)
                self._open.execute("INSERT INTO windows VALUES (?, ?, ?, ?, ?)", row)
            return None

    def settle(self, asked: str, answer: str, *, looked: Sequence[Window], counted: Iterable[Window]) -> str:
        """Keep the answer, durably; the one that was kept first, where two processes asked the same at once.

        What was `looked` at, of the windows that were put down, has been spent, and the rest is given back; what was
        `counted` of bars every other case. If nothing was looked at nothing is kept: there may be footage tomorrow.
        """
        with self._at_once():
            first = self._open.execute("SELECT answer FROM answers WHERE asked = ?", (asked,)).fetchone()
            if first is not None:
                return str(first[0])
            self._open.execute("DELETE FROM windows WHERE asked = ?", (asked,))
            spent = [(asked, window.camera, window.start, window.stop, 0) for window in looked]
            self._open.executemany("INSERT INTO windows VALUES (?, ?, ?, ?, ?)", spent)
            barred = [(window.camera, window.start, window.stop) for window in counted]
            self._open.executemany("INSERT INTO counted VALUES (?, ?, ?)", barred)
            if looked:
                until = max(window.stop for window in looked)
                self._open.execute("INSERT INTO answers VALUES (?, ?, ?)", (asked, answer, until))
        return answer

    def spend_map(self, camera: str, at: datetime) -> None:
        """Put down, durably, that a map of `camera` is shown. Raises `Spent`."""
        hour = int(at.timestamp()) // _HOUR_S
        with self._at_once():
            (shown,) = self._open.execute(
                "SELECT count(*) FROM maps WHERE camera = ? AND hour = ?", (camera, hour)
            ).fetchone()
            if shown >= MAPS:
                raise Spent(
                    f"camera {camera}: {MAPS} maps of this hour were shown, to whomever, and no more are; "
                    "nothing was shown. Mark a point in another hour"
                )
            self._open.execute("INSERT INTO maps VALUES (?, ?)", (camera, hour))

    def give_back_map(self, camera: str, at: datetime) -> None:
        """Take one map of that hour from what was put down: there was nothing to show."""
        hour = int(at.timestamp()) // _HOUR_S
        with self._at_once():
            self._open.execute(
                "DELETE FROM maps WHERE rowid = (SELECT max(rowid) FROM maps WHERE camera = ? AND hour = ?)",
                (camera, hour),
            )

    def forget(self, before: datetime) -> int:
        """Let go of what was asked of times `before`, whose positions are no more: patients' windows are theirs.

        How many windows, answers and maps that were.
        """
        stamp = int(before.timestamp())
        with self._at_once():
            windows = self._open.execute("DELETE FROM windows WHERE stop <= ?", (stamp,))
            self._open.execute("DELETE FROM counted WHERE stop <= ?", (stamp,))
            answers = self._open.execute("DELETE FROM answers WHERE until <= ?", (stamp,))
            maps = self._open.execute("DELETE FROM maps WHERE hour < ?", (stamp // _HOUR_S,))
            gone = windows.rowcount + answers.rowcount + maps.rowcount
        with self._said():
            self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else the write-ahead log still has them
        return gone

    def close(self) -> None:
        """Let go of the register."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _refuse_overlap(self, window: Window) -> None:
        overlap = self._open.execute(
            "SELECT 1 FROM windows WHERE camera = ?1 AND start < ?2 AND stop > ?3 AND bars = 1 "
            "UNION ALL SELECT 1 FROM counted WHERE camera = ?1 AND start < ?2 AND stop > ?3",
            (window.camera, window.stop, window.start),
        ).fetchone()
        if overlap:
            raise Spent(
                f"camera {window.camera}: a case was answered for a part of the window from "
                f"{_clock(window.start)} to {_clock(window.stop)}. The difference of the two would single out people; "
                "nothing was asked. Ask for the time before or after it, or show the same case again"
            )

    def _refuse_spent(self, asked: str, window: Window) -> None:
        for hour in window.hours:
            (spent,) = self._open.execute(
                "SELECT count(DISTINCT asked) FROM windows WHERE camera = ? AND start < ? AND stop > ? AND asked != ?",
                (window.camera, (hour + 1) * _HOUR_S, hour * _HOUR_S, asked),
            ).fetchone()
            if spent >= CASES:
                raise Spent(
                    f"camera {window.camera}: {CASES} cases asked of the hour from {_clock(hour * _HOUR_S)}, and it is "
                    "asked no more, by whomever; nothing was asked. Leave that hour out"
                )

    @contextlib.contextmanager
    def _at_once(self) -> Iterator[None]:
        with self._said(), self._open:  # commits, or rolls back
            self._open.execute("BEGIN IMMEDIATE")
            yield

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # no room, no permission, locked
            raise Unwritable(f"{self._path}: {error}; nothing was asked and nothing forgotten") from None
        except sqlite3.DatabaseError as error:
            raise Unreadable(
                f"{self._path}: is damaged: {error}; nothing was asked and nothing forgotten. Restore it from a backup"
            ) from None
        except OSError as error:
            raise Unwritable(f"{self._path}: {error.strerror}; nothing was asked and nothing forgotten") from None


def _clock(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
