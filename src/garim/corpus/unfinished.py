"""WHAT A KILLED PROCESS LEFT BESIDE THE RECORD, and how it goes.

    keys and packs beyond their end; runs, lists and members that nobody put down; generations that are not the current

Law: nothing is taken away but what the record never had and the ledger does not know: settle has compared the two
before; a record that is older than what lies beside it is refused, and one that was altered takes nothing away.
"""

from __future__ import annotations

import itertools
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
_FORMS = {
    "subjects": re.compile(r"[0-9]{10}\.(?:idx|consents)"),
    "lists": re.compile(r"[0-9a-f]{64}\.ids"),
    FOLDER: _MEMBERS,
}


def refuse_admitted(corpus: Corpus, entries: list[int], photos: int) -> None:
    """Raise `OldRecord` where photos lie here that the ledger has as admitted (`entries`) and the record does not."""
    unknown = (path for path in _unknown(corpus) if path.parent.name == "subjects")
    generation = corpus.parts()[0]
    newer = (path for path in _generations(corpus) if path.name.isdecimal() and int(path.name) > generation)
    if next(itertools.chain(_ends(corpus), unknown, newer), None) is not None:
        raise OldRecord(
            f"{corpus.folder}: the record is older than what lies beside it: the ledger has {photos:,} photos as "
            f"admitted since (entry {', '.join(map(str, entries[:10]))}), and keys, photos or rows of them are here. "
            "Nothing was read or changed. Put the record there that belongs to them, or restore the whole folder from "
            "one backup"
        )


def refuse_missing(corpus: Corpus) -> None:
    """Raise `OldRecord` where the record's parts are gone and others lie there, which are then the newer."""
    if next(_generations(corpus), None) is None:
        return
    for part in corpus.parts()[1]:
        path = parts.path_of(corpus.folder, part)
        if not path.exists():
            raise OldRecord(
                f"{path}: is missing, and other parts lie there: the record is older than they are. Nothing was read "
                "or changed. Put the record there that belongs to them, or restore the whole folder from one backup"
            )


def cut(corpus: Corpus) -> None:
    """Take away what is unfinished. Wants the turn, and that ledger and record agree.

    Raises `Disproved` where the record was altered and there is something to take away, `Unwritable`.
    """
    files, others = list(_unknown(corpus)), list(_generations(corpus))
    if files or others:
        corpus.state.refuse_altered()  # what it says ends here may have been made to say so
    if others:
        build.current_only(corpus.folder, corpus.parts()[0])
    for path in files:
        try:
            path.unlink()
        except OSError as error:
            raise unwritable(path, error) from None
    cut_ends(corpus)


def cut_ends(corpus: Corpus) -> None:
    """The same of keys and packs alone, which every turn looks at."""
    if next(_ends(corpus), None) is None:
        return
    corpus.state.refuse_altered()
    with corpus.state.reading() as db:
        subjects, end = record.count(db, "subjects"), record.vault_end(db)
    corpus.keys.cut(subjects)
    corpus.vault.cut(end)


def wanted(db: sqlite3.Connection) -> Iterator[str]:
    """What lies in the corpus's folders by the record, as paths from there on."""
    subjects, (pack, _), generation = record.count(db, "subjects"), record.vault_end(db), record.generation(db)
    yield from (f"keys/{number:04d}" for number in range(subjects // SLOTS + 1))
    yield from (f"vault/{number:04d}.pack" for number in range(pack + 1))
    yield from (f"subjects/{run.name}" for run in (*record.runs(db), *record.consent_runs(db)))
    yield from (f"lists/{name.hex()}.ids" for (name,) in db.execute("SELECT commitment FROM lists"))
    yield from (f"{FOLDER}/{number:04d}.members" for (number,) in db.execute("SELECT number FROM manifests"))
    for manifest, number in db.execute("SELECT manifest, number FROM releases"):
        yield f"{FOLDER}/{manifest:04d}-{number:04d}.members"
    yield f"{parts.FOLDER}/{generation}"
    for part in record.parts(db):
        yield from (f"{parts.FOLDER}/{part.name}", f"{parts.FOLDER}/{part.name.removesuffix('.parquet')}.index")


def of_what_was_lost(db: sqlite3.Connection, path: Path) -> bool:
    """Whether these are the members of a manifest or a release that the record does not know any more."""
    found = _MEMBERS.fullmatch(path.name) if path.parent.name == FOLDER else None
    if found is None:
        return False
    kind, number = ("corpus.manifest", found[1]) if found[2] is None else ("corpus.released", found[2])
    return lost.had(db, kind, int(number))


def _ends(corpus: Corpus) -> Iterator[Path]:
    """Keys and packs that lie beyond the record's end."""
    with corpus.state.reading() as db:
        subjects, (pack, end) = record.count(db, "subjects"), record.vault_end(db)
    for number, path in corpus.keys.files():
        if path.stat().st_size > SLOT * min(SLOTS, max(0, subjects - number * SLOTS)):
            yield path
    for number in corpus.vault.packs():
        path = corpus.vault.path(number)
        if number > pack or (number == pack and path.stat().st_size > end):
            yield path


def _generations(corpus: Corpus) -> Iterator[Path]:
    """Whatever is not the current one."""
    generation = str(corpus.parts()[0])
    return (path for path in (corpus.folder / parts.FOLDER).iterdir() if path.name != generation)


def _unknown(corpus: Corpus) -> Iterator[Path]:
    """Runs, lists and members that the record does not have, and that were not lost."""
    with corpus.state.reading() as db:
        known = set(wanted(db))
        for folder, form in _FORMS.items():
            there = (path for path in (corpus.folder / folder).iterdir() if form.fullmatch(path.name))
            new = (path for path in there if f"{folder}/{path.name}" not in known)
            yield from (path for path in new if not of_what_was_lost(db, path))
