"""IS EVERYTHING WHAT WAS PUT THERE? Each byte of the corpus, or all its books and a sample of its photos.

Laws: what is found is a value, in full; a changed byte, anywhere that means anything, is found by a whole check; who
withdraws meanwhile does not wait, and is no fault: what seems wrong is looked at again while nobody writes.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from garim.core.errors import Disproved, GarimError, Unreadable
from garim.corpus import erase, kept, lost, parts, record, unfinished, withdrawals
from garim.corpus.corpus import Corpus
from garim.corpus.made import FILE, FOLDERS
from garim.corpus.manifest import opens
from garim.corpus.rows_tree import RowsTree
from garim.corpus.settle import turn
from garim.corpus.state import NAME
from garim.corpus.vault import Bound, Place, unsealed
from garim.files import sha256
from garim.ledger import commitment
from garim.ledger.entry import read as read_entry

_KNOWN = {FILE, NAME, f"{NAME}-wal", f"{NAME}-shm", "lock", *FOLDERS}
_AT_ONCE = 1 << 20

Look = Callable[[Corpus], Iterator[str]]
"""What is wrong with one kind of thing, a line each."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, what was `found` wrong, and what the ledger has and an older backup `lost`, a line each."""

    photos: int
    of_photos: int
    keys: int
    parts: int
    found: tuple[str, ...]
    lost: tuple[str, ...] = ()

    def refuse_any(self) -> None:
        """Raise `Disproved` where anything was found."""
        if self.found:
            raise Disproved(
                f"{len(self.found)} things are not what was put there; nothing was changed: {self.found[0]}"
            )


def check(corpus: Corpus, *, sample: int | None = None, seed: int | None = None) -> Checked:
    """Look at all of `corpus`, or at `sample` photos of it and everything else. Nobody waits but for the record."""
    with turn(corpus):
        if altered := tuple(_asked(corpus.state.refuse_altered)):
            return Checked(0, 0, 0, 0, altered)  # against what should the rest be held?
        with corpus.state.reading() as db:
            serials = [int(row[0]) for row in db.execute("SELECT photo FROM blobs ORDER BY photo")]
            subjects = record.count(db, "subjects")
            gone = tuple(_lost(db))
            _, now = corpus.parts()
    chosen = serials if sample is None else sorted(_drawn(serials, sample, seed))
    looks: tuple[Look, ...] = (_strangers, _runs, _lists, _parts, partial(_keys, subjects), _packs, _members)
    found = [*chain.from_iterable(_still(corpus, look) for look in looks), *_photos(corpus, chosen)]
    return Checked(len(chosen), len(serials), subjects, len(now), tuple(found), gone)


def _still(corpus: Corpus, look: Look) -> list[str]:
    """What `look` finds; where it finds anything it looks again while nobody writes: it may have been in the making."""
    try:
        found = list(look(corpus))
    except OSError:  # a file that went meanwhile
        found = ["again"]
    if found:
        with turn(corpus):
            found = list(look(corpus))
    return found


def _lost(db: sqlite3.Connection) -> Iterator[str]:
    """What the ledger has of this corpus, and the corpus has no more."""
    for each in lost.admissions(db):
        yield f"entry {each.entry} of the ledger: {each.photos:,} photos that an older backup does not have"
    for each in lost.uses(db):
        yield f"entry {each.entry} of the ledger: a {each.kind} that nobody knows here any more"


def _drawn(serials: Sequence[int], sample: int, seed: int | None) -> list[int]:
    draw = random.Random(seed) if seed is not None else random.SystemRandom()  # noqa: S311 - a seed is for repeating it
    return draw.sample(serials, min(sample, len(serials)))


def _asked(question: Callable[[], object]) -> Iterator[str]:
    try:
        question()
    except GarimError as error:
        yield str(error)


def _strangers(corpus: Corpus) -> Iterator[str]:
    with corpus.state.reading() as db:
        wanted = _KNOWN.union(unfinished.wanted(db))
        for path in sorted(corpus.folder.rglob("*")):
            name = path.relative_to(corpus.folder).as_posix()
            if name not in wanted and not unfinished.of_what_was_lost(db, path):
                yield f"{path}: is not of the corpus"


def _lists(corpus: Corpus) -> Iterator[str]:
    """The people who were withdrawn together, as the ledger's entry of them commits to."""
    with corpus.state.reading() as db:
        names = [bytes(row[0]) for row in db.execute("SELECT commitment FROM lists")]
    for name in names:
        path = withdrawals.list_path(corpus, name)
        try:
            octets = path.read_bytes()
        except OSError:
            yield f"{path}: is missing"
            continue
        if withdrawals.named(corpus.claims.subject(hashlib.sha256(octets).digest())) != name:
            yield f"{path}: is not what was written"


def _runs(corpus: Corpus) -> Iterator[str]:
    with corpus.state.reading() as db:
        runs = [*record.runs(db), *record.consent_runs(db)]
    for run in runs:
        path = corpus.folder / "subjects" / run.name
        yield from _same(path, run.sha256)


def _same(path: Path, wanted: str) -> Iterator[str]:
    try:
        if sha256(path) != wanted:
            yield f"{path}: is not what was written"
    except Unreadable as error:
        yield str(error)


def _parts(corpus: Corpus) -> Iterator[str]:
    for part in corpus.parts()[1]:
        path = parts.path_of(corpus.folder, part)
        yield from _same(path, part.sha256)
        yield from _asked(partial(parts.refuse_changed_index, corpus.folder, part))


def _keys(subjects: int, corpus: Corpus) -> Iterator[str]:
    erased = erase.numbers_erased(corpus)
    for first in range(0, subjects, _AT_ONCE):
        count = min(_AT_ONCE, subjects - first)
        try:
            wrong, destroyed = corpus.keys.wrong(first, count)
        except Unreadable as error:
            yield str(error)
            continue
        wanted = np.zeros(count, np.bool_)
        wanted[erased[(erased >= first) & (erased < first + count)] - first] = True
        for number in (np.flatnonzero(wrong) + first).tolist():
            yield f"keys: the key of subject {number} is not what was put there"
        for number in (np.flatnonzero(destroyed & ~wanted) + first).tolist():
            yield f"keys: the key of subject {number} is gone, and nobody erased them"
        for number in (np.flatnonzero(wanted & ~destroyed) + first).tolist():
            yield f"keys: the key of subject {number} is there, and they were erased"


def _packs(corpus: Corpus) -> Iterator[str]:
    """Each pack holds what the record says, end to end, and zeros where somebody was erased."""
    with corpus.state.reading() as db:
        places = [Place(*row) for row in db.execute("SELECT pack, start, length FROM blobs")]
        holes = [Place(*row) for row in db.execute("SELECT pack, start, length FROM holes")]
    by_pack: dict[int, list[Place]] = {}
    for place in (*places, *holes):
        by_pack.setdefault(place.pack, []).append(place)
    for pack in corpus.vault.packs():
        mine = sorted(by_pack.pop(pack, []), key=lambda place: place.offset)
        ends = [0, *(place.offset + place.length for place in mine)]
        size = corpus.vault.path(pack).stat().st_size
        if [place.offset for place in mine] != ends[:-1] or size != ends[-1]:
            yield f"{corpus.vault.path(pack)}: does not hold what the record says"
    for pack in by_pack:
        yield f"{corpus.vault.path(pack)}: is missing"
    for place in holes:
        try:
            if any(corpus.vault.read(place)):
                yield f"{corpus.vault.path(place.pack)}: holds something where a photo was erased"
        except Unreadable as error:
            yield str(error)


def _members(corpus: Corpus) -> Iterator[str]:
    """What each manifest and each release lists is what its root on the ledger says."""
    for each in kept.all_kept(corpus):
        yield from _asked(partial(_refuse_other, corpus, each))
    for out in kept.all_releases(corpus):
        yield from _asked(partial(_refuse_other_release, corpus, out))


def _refuse_other(corpus: Corpus, of: kept.Kept) -> None:
    kept.members(corpus, of.number).refuse_other(of.key, of.root)


def _refuse_other_release(corpus: Corpus, of: kept.KeptRelease) -> None:
    members = kept.members(corpus, of.manifest, of.number)
    root = RowsTree.read(members.tree).root
    facts = read_entry(corpus.log.tree.entry(of.entry)).facts
    if facts.get("release") != commitment(opens(of.key), "release", root.hex().encode()):
        raise Disproved(f"release {of.number}: what it lists is not what the ledger says; restore it from a backup")
    members.refuse_other(of.key, root)


def _photos(corpus: Corpus, serials: Sequence[int]) -> list[str]:
    """Each decrypts, under its subject's key, to what it is bound to; those who withdrew are held, and checked too."""
    wrong = _wrong(corpus, serials)
    if wrong:  # or erased meanwhile
        with turn(corpus):
            wrong = _wrong(corpus, sorted(wrong))
    return list(wrong.values())


def _wrong(corpus: Corpus, serials: Sequence[int]) -> dict[int, str]:
    with corpus.state.reading() as db:
        rows = record.blobs(db, serials)
    found = {}
    for place, bound in rows:
        for line in _asked(partial(_proven, corpus, place, bound)):
            found[bound.photo] = line
    return found


def _proven(corpus: Corpus, place: Place, bound: Bound) -> None:
    key = corpus.keys.photo_key(bound.subject)
    if key is None:
        raise Disproved(f"photo {bound.photo}: its key is destroyed, and it was not erased")
    unsealed(key, corpus.made.octets, bound, corpus.vault.read(place))
