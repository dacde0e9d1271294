"""ONE SQLITE FILE: opened if it is ours, its changes whole or not at all, its errors in one line.

Laws: what others own or may write to is not opened, nor what a later form of ours, or another program, wrote; a change
is durable when it returns; where the process is killed amid one, the next opening undoes it; two writers take turns,
and so do the threads of one process, of which none sees another's half a change.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from garim.core.errors import Misuse, Unreadable, Unwritable

Value: TypeAlias = "str | int | bytes | None"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_WAIT_S = 30  # for another writer


class Database:
    """The file at `path`, which has `tables` in the form `form`. Use it in a `with`, from any thread.

    Raises `Misuse`, `Unreadable`, `Unwritable`; none of them leaves the file changed.
    """

    def __init__(self, path: Path, tables: str, *, application: int, form: int, new: bool) -> None:
        self._path = path
        self._turn = threading.RLock()
        with self._said():
            if new:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _refuse_others(path.parent)
            if new:
                _touch(path)
            _refuse_others(path)
            # the lock above does what the check of threads would, which is to keep them out
            self._open = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_S, check_same_thread=False)
        try:
            with self._said():
                self._open.execute("PRAGMA foreign_keys = ON")
                self._open.execute("PRAGMA synchronous = EXTRA")  # that the journal has ended is durable, too
            self._make(tables, application, form)
        except BaseException:
            self._open.close()
            raise

    def rows(self, asked: str, values: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        with self._turn, self._said():
            return self._open.execute(asked, values).fetchall()

    def change(self, asked: str, values: Sequence[Value] = ()) -> None:
        """One statement; inside `at_once` together with the others."""
        with self._turn, self._said():
            self._open.execute(asked, values)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """What is changed inside appears as one, durably, or not at all."""
        with self._turn, self._said(), self._open:  # commits, or rolls back
            self._open.execute("BEGIN IMMEDIATE")
            yield

    def damaged(self, what: str) -> Unreadable:
        """The error to raise where the file does not hold what it should."""
        return Unreadable(
            f"{self._path}: is damaged: {what}; nothing was trusted. Move it away, and add the lists again"
        )

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _make(self, tables: str, application: int, form: int) -> None:
        if self._form() == (0, 0) and not self.rows("SELECT 1 FROM sqlite_master"):
            with self.at_once():
                if self._form() == (0, 0):  # nobody else made it meanwhile
                    for statement in filter(str.strip, tables.split(";")):
                        self._open.execute(statement)
                    self._open.execute(f"PRAGMA application_id = {application}")
                    self._open.execute(f"PRAGMA user_version = {form}")
        found, version = self._form()
        if found != application:
            raise Misuse(f"{self._path}: is another program's file; nothing was trusted. Name another folder")
        if version != form:
            raise Misuse(f"{self._path}: is in the form {version!r}, this Garim reads {form}; nothing was trusted")

    def _form(self) -> tuple[Value, Value]:
        return self.rows("PRAGMA application_id")[0][0], self.rows("PRAGMA user_version")[0][0]

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # no room, no permission, locked
            raise Unwritable(f"{self._path}: {error}; what is trusted did not change") from None
        except sqlite3.ProgrammingError:  # no damage: the one thing that is left for it to say
            raise Misuse(f"{self._path}: was closed; what is trusted did not change. Open it again") from None
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from None
        except OSError as error:
            raise Unwritable(f"{self._path}: {error.strerror}; what is trusted did not change") from None


def _touch(path: Path) -> None:
    """Make the file, for its owner to write and anybody to read: what is trusted is no secret."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))


def _refuse_others(place: Path) -> None:
    """Raise `Misuse` where somebody else, but root, owns `place`, or others may write to it or swap a folder above."""
    found = place.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise Misuse(
            f"{place}: belongs to another user (uid {found.st_uid}), who decides what it holds; nothing was trusted. "
            "Name a folder of your own"
        )
    if found.st_mode & _OTHERS_WRITE:
        raise Misuse(f"{place}: others can write there; nothing was trusted. chmod go-w, then look at what it holds")
    for above in place.resolve().parents:
        mode = above.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:  # with that bit, as /tmp has it, only owners rename
            raise Misuse(
                f"{above}: anybody can swap what is in it, so also {place}; nothing was trusted. chmod o-w, or name "
                "another folder"
            )
