"""Which hours were published, with what: beside the store, so that noise is drawn once for an hour and never again.

Laws: a count is on disk here before anybody sees it; an hour that stands here keeps its count, whatever is asked
later: two draws for one hour could be averaged, and each would spend the privacy again. Nothing personal is in it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from garim.core.errors import Unreadable, Unwritable

NAME = "published.sqlite"
_TABLE = """CREATE TABLE IF NOT EXISTS published (
    camera TEXT NOT NULL, hour INTEGER NOT NULL, watched_ticks INTEGER NOT NULL, count INTEGER NOT NULL,
    epsilon REAL NOT NULL, PRIMARY KEY (camera, hour)) STRICT, WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class Published:
    """An hour of a camera as it was published: `watched_ticks` half seconds were watched, `count` has its noise."""

    camera: str
    hour: datetime
    watched_ticks: int
    count: int
    epsilon: float


class Turn:
    """One publication's turn at the register; what it adds is durable once the turn is over."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def known(self, start: datetime, end: datetime) -> tuple[Published, ...]:
        """What was published of the hours from `start` to before `end`, by camera and hour."""
        rows = self._database.execute(
            "SELECT * FROM published WHERE hour >= ? AND hour < ? ORDER BY camera, hour", (_stamp(start), _stamp(end))
        )
        return tuple(Published(camera, datetime.fromtimestamp(hour, UTC), *rest) for camera, hour, *rest in rows)

    def add(self, rows: Sequence[Published]) -> None:
        """Add `rows`. An hour that is there already is an `IntegrityError`: a fault of whoever did not ask."""
        self._database.executemany(
            "INSERT INTO published VALUES (?, ?, ?, ?, ?)",
            [(row.camera, _stamp(row.hour), row.watched_ticks, row.count, row.epsilon) for row in rows],
        )


@contextlib.contextmanager
def turn(store: Path) -> Iterator[Turn]:
    """The register of the store at `store`, for one publication at a time; an exception leaves it as it was.

    Raises `Unreadable` where it is damaged, `Unwritable` where what was added cannot be made durable.
    """
    path = store / NAME
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = EXTRA")  # the journal's folder, too
            database.execute("BEGIN IMMEDIATE")
            database.execute(_TABLE)
            yield Turn(database)
            database.execute("COMMIT")  # closed without one, all is rolled back
    except sqlite3.IntegrityError:  # a fault of ours, and no damage: it says so, and nothing was added
        raise
    except sqlite3.OperationalError as error:
        raise Unwritable(f"{path}: cannot be written: {error}; nothing was published") from None
    except sqlite3.DatabaseError as error:
        raise Unreadable(
            f"{path}: is damaged ({error}); nothing was published, since it says what must not be published again. "
            f"Restore it"
        ) from None


def _stamp(hour: datetime) -> int:
    return int(hour.timestamp())
