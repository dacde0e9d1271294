"""WHAT A KILLED PROCESS LEFT BESIDE THE RECORD, and how it goes.

    keys and packs beyond their end; runs, lists and members that nobody put down; generations that are not the current

Law: nothing is taken away but what the record never had and the ledger does not know: settle has compared the two
before; a record that is older than what lies beside it is refused.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from garim.corpus import build, lost, parts, record
from garim.corpus.corpus import Corpus
from garim.corpus.errors import OldRecord
from garim.corpus.keys import SLOTS
from garim.corpus.keywrap import SLOT
from garim.corpus.members import FOLDER
from garim.files import unwritable

_MEMBERS = re.compile(r"([0-9]{4,})(?:-([0-9]{4,}))?\.members")
_LIST = re.compile(r"[0-9a-f]{64}\.ids")


def refuse_admitted(corpus: Corpus, entries: list[int], photos: int) -> None:
    """Raise `OldRecord` where photos lie here that the ledger has as admitted (`entries`) and the record does not."""
    if next(_beyond(corpus), None) is not None:
        raise OldRecord(
            f"{corpus.folder}: the record is older than what lies beside it: the ledger has {photos:,} photos as "
            f"admitted since (entry {', '.join(map(str, entries[:10]))}), and keys, photos or rows of them are here. "
            "Nothing was read or changed. Put the record there that belongs to them, or restore the whole folder from "
            "one backup"
        )


def cut(corpus: Corpus) -> None:
    """Take away what is unfinished. Wants the turn, and that ledger and record agree. Raises `OldRecord`."""
    with corpus.state.reading() as db:
        subjects, end, generation = record.count(db, "subjects"), record.vault_end(db), record.generation(db)
        known = files(db)
    if any(path.name != str(generation) for path in (corpus.folder / parts.FOLDER).iterdir()):
        _refuse_missing(corpus)
        build.current_only(corpus.folder, generation)
    corpus.keys.cut(subjects)
    corpus.vault.cut(end)
    for path in _unknown(corpus, known):
        try:
            path.unlink()
        except OSError as error:
            raise unwritable(path, error) from None


def files(db: sqlite3.Connection) -> set[str]:
    """The names of runs, lists and members that the record knows; members of what was lost stay, too."""
    runs = {run.name for run in (*record.runs(db), *record.consent_runs(db))}
    lists = {f"{name.hex()}.ids" for (name,) in db.execute("SELECT commitment FROM lists")}
    return runs | lists | set(members(db))


def members(db: sqlite3.Connection) -> Iterator[str]:
    """The files of all manifests and releases."""
    for (number,) in db.execute("SELECT number FROM manifests"):
        yield f"{number:04d}.members"
    for manifest, number in db.execute("SELECT manifest, number FROM releases"):
        yield f"{manifest:04d}-{number:04d}.members"


def _beyond(corpus: Corpus) -> Iterator[Path]:
    """What lies beyond the record's end."""
    with corpus.state.reading() as db:
        subjects, (pack, end), generation = record.count(db, "subjects"), record.vault_end(db), record.generation(db)
        known = files(db)
    for path in (corpus.folder / "keys").iterdir():
        room = SLOT * min(SLOTS, max(0, subjects - int(path.name) * SLOTS)) if path.name.isdecimal() else 0
        if path.stat().st_size > room:
            yield path
    for number in corpus.vault.packs():
        path = corpus.vault.path(number)
        if number > pack or (number == pack and path.stat().st_size > end):
            yield path
    newer = (corpus.folder / parts.FOLDER).iterdir()
    yield from (path for path in newer if path.name.isdecimal() and int(path.name) > generation)
    yield from (path for path in _unknown(corpus, known) if path.parent.name == "subjects")


def _unknown(corpus: Corpus, known: set[str]) -> Iterator[Path]:
    for path in (corpus.folder / "subjects").iterdir():
        if path.suffix in (".idx", ".consents") and path.name not in known:
            yield path
    for path in (corpus.folder / "lists").iterdir():
        if _LIST.fullmatch(path.name) and path.name not in known:
            yield path
    for path in (corpus.folder / FOLDER).iterdir():
        if path.name not in known and (found := _MEMBERS.fullmatch(path.name)) and _new(corpus, *found.groups()):
            yield path


def _new(corpus: Corpus, manifest: str, release: str | None) -> bool:
    """Whether nothing on the ledger ever had this number."""
    table, number = ("manifests", manifest) if release is None else ("releases", release)
    with corpus.state.reading() as db:
        return int(number) >= lost.following(db, table)


def _refuse_missing(corpus: Corpus) -> None:
    """A generation of parts is written before the record knows it: one whose own parts are gone is the older."""
    for part in corpus.parts()[1]:
        path = parts.path_of(corpus.folder, part)
        if not path.exists():
            raise OldRecord(
                f"{path}: is missing, and other parts lie there: the record is older than they are. Nothing was read "
                "or changed. Put the record there that belongs to them, or restore the whole folder from one backup"
            )
