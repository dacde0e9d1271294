"""A TURN AT THE CORPUS: one writer at a time, and before anything else what the ledger says is made so.

Laws: a ledger that lacks what this corpus acknowledged is refused; what the ledger says of this corpus and the record
does not (a killed process, a power cut, a restored backup) is applied before anything is read or written; what the
record owes the ledger is appended; what a killed process left in packs and key files beyond the record goes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import numpy as np

from garim.consent import Signer
from garim.core.errors import Disproved, Unreadable
from garim.corpus import record, withdrawals
from garim.corpus.bitmap import Withdrawn
from garim.corpus.corpus import Corpus
from garim.corpus.errors import OldLedger
from garim.corpus.values import Subject
from garim.files import unwritable
from garim.ledger import Entry, merkle
from garim.ledger.entry import read as read_entry
from garim.ledger.folder import Folder
from garim.ledger.tiles import WIDTH, Name, fetch, unbundled

_KINDS = (b'"kind":"corpus.withdrawn"}', b'"kind":"corpus.erased"}', b'"kind":"consent.withdrawn"}')


@dataclass(slots=True)
class _Heard:
    """What the ledger says that the record has not heard."""

    lone: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    lists: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    erased: list[tuple[int, Entry]] = field(default_factory=list)
    taken_back: list[tuple[str, Entry]] = field(default_factory=list)
    owed: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def turn(corpus: Corpus) -> Iterator[None]:
    """Nobody else writes meanwhile, in this process or another; the lock goes with whoever held it."""
    try:
        handle = os.open(corpus.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(corpus.folder, error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _settle(corpus)
        yield
    finally:
        os.close(handle)


def _settle(corpus: Corpus) -> None:
    corpus.log.refresh()
    with corpus.state.reading() as db:
        size, root = record.count(db, "ledger_size"), record.fact(db, "ledger_root")
        left = db.execute("SELECT (SELECT count(*) FROM owed) + (SELECT count(*) FROM begun)").fetchone()[0]
        subjects, end = record.count(db, "subjects"), record.vault_end(db)
    corpus.keys.cut(subjects)
    corpus.vault.cut(end)
    if corpus.seen.note == corpus.log.note and withdrawals.head_of(corpus).size == size and not left:
        return
    tree = corpus.log.tree
    if tree.size < size or tree.span(0, size) != root:
        raise OldLedger(
            f"{corpus.folder}: this corpus has acknowledged {size} entries of its ledger, and {corpus.log.path} does "
            "not begin with them: another ledger, or a restored backup. Nothing was read. Name the newer one"
        )
    heard = _heard(corpus, size, tree.size)
    _apply(corpus, heard, tree.size, tree.root)
    corpus.seen.note = corpus.log.note
    _pay(corpus)


def _heard(corpus: Corpus, start: int, stop: int) -> _Heard:
    heard = _Heard()
    with corpus.state.reading() as db:
        owed = {bytes(row[0]) for row in db.execute("SELECT entry FROM owed")}
    for index, octets in _entries(corpus, start, stop):
        if octets in owed:
            heard.owed.append(octets)
        if octets.endswith(_KINDS):
            _hear(corpus, heard, index, read_entry(octets))
    return heard


def _entries(corpus: Corpus, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """The ledger's entries from `start` to `stop`, a bundle at a time, each as the signed tree has it."""
    tree, folder = corpus.log.tree, Folder(corpus.log.path)
    for number in range(start // WIDTH, -(-stop // WIDTH)):
        width = min(WIDTH, tree.size - number * WIDTH)
        bundle = unbundled(fetch(folder.read, Name(None, number, width)))
        for index, octets in enumerate(bundle, number * WIDTH):
            if start <= index < stop:
                if merkle.leaf(octets) != tree.leaf(index):
                    raise Disproved(
                        f"{corpus.log.path}: entry {index} is not the one that was signed; nothing was read"
                    )
                yield index, octets


def _hear(corpus: Corpus, heard: _Heard, index: int, entry: Entry) -> None:
    subject = str(entry.facts.get("subject"))
    match entry.kind:
        case "consent.withdrawn":
            heard.taken_back.append((str(entry.facts["record"]), entry))
        case "corpus.erased":
            heard.erased.append((index, entry))
        case _ if entry.facts["corpus"] == corpus.claims.corpus(subject):
            (heard.lone if entry.facts["subjects"] == 1 else heard.lists)[subject] = index, entry


def _apply(corpus: Corpus, heard: _Heard, size: int, root: bytes) -> None:
    placed = _placed(corpus, set(heard.lone))
    lists = {name: _list(corpus, name) for name in heard.lists}
    with corpus.state.at_once() as db:
        for name, (index, entry) in heard.lone.items():
            key = withdrawals.named(name)
            if name in placed:
                withdrawals.place(db, placed[name], key, by=_by(entry), at=entry.at, entry=index)
            else:  # of somebody whom a restored backup does not know; nobody is admitted under that pseudonym again
                db.execute("INSERT INTO unplaced VALUES (?, ?) ON CONFLICT DO NOTHING", (key, index))
        for name, (index, entry) in heard.lists.items():
            known, unknown = lists[name]
            key = withdrawals.named(name)
            withdrawals.place_list(db, known, key, by=_by(entry), at=entry.at, entry=index)
            rows = [(withdrawals.named(corpus.claims.subject(of)), index) for of in unknown]
            db.executemany("INSERT INTO unplaced VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
        rows_back = [(withdrawals.named(name),) for name, _ in heard.taken_back]
        db.executemany("INSERT INTO taken_back VALUES (?) ON CONFLICT DO NOTHING", rows_back)
        db.execute("DELETE FROM begun")
        db.executemany("DELETE FROM owed WHERE entry = ?", [(octets,) for octets in heard.owed])
        for index, entry in heard.erased:
            _note_erasure(db, index, entry)
        record.put(db, ledger_size=size, ledger_root=root)
    _erase_again(corpus, heard)
    _take_back(corpus, heard)


def _placed(corpus: Corpus, names: set[str]) -> dict[str, int]:
    """Whom the commitments are of: as was begun, or by a look at everybody."""
    if not names:
        return {}
    keys = {withdrawals.named(name): name for name in names}
    with corpus.state.reading() as db:
        begun = {bytes(row[0]): int(row[1]) for row in db.execute("SELECT commitment, subject FROM begun")}
        known = {bytes(row[0]): int(row[1]) for row in db.execute("SELECT commitment, subject FROM withdrawn")}
    found = {name: (begun | known)[key] for key, name in keys.items() if key in begun or key in known}
    return found | corpus.claims.placed(names - set(found), corpus.ids())


def _list(corpus: Corpus, name: str) -> tuple[Withdrawn, list[bytes]]:
    """The numbers of those on a list, and the ids that nobody has here."""
    path = withdrawals.list_path(corpus, withdrawals.named(name))
    try:
        octets = path.read_bytes()
    except OSError:
        octets = b""
    if corpus.claims.subject(sha256(octets).digest()) != name:
        raise Unreadable(
            f"{path}: the ledger says that this corpus withdrew a list of people, and their list is not here: the "
            "corpus was restored from an older backup. Nothing was read. Put the list there from the newer one"
        )
    numbers, unknown = list[int](), list[bytes]()
    for of in withdrawals.listed(octets):
        number = corpus.number(of)
        if number is None:
            unknown.append(of)
        else:
            numbers.append(number)
    return Withdrawn.of(np.array(numbers, np.uint32)), unknown


def _erase_again(corpus: Corpus, heard: _Heard) -> None:
    """Destroy the keys that a restored backup brought back; the rest of their erasure is done by `erase.finish`."""
    if not heard.erased:
        return
    names = {withdrawals.named(str(entry.facts["subject"])) for _, entry in heard.erased}
    with corpus.state.reading() as db:
        done = {bytes(row[0]) for row in db.execute("SELECT commitment FROM erasures")}
    missing = {f"hmac-sha256:{name.hex()}" for name in names - done}
    if not missing:
        return
    placed = _placed(corpus, missing)
    if not placed:
        return
    with corpus.state.at_once() as db:
        for name, number in placed.items():
            row = (number, 0, 0, withdrawals.named(name), "", -1)
            db.execute("INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
    corpus.keys.destroy(np.array(sorted(placed.values()), np.uint32))


def _take_back(corpus: Corpus, heard: _Heard) -> None:
    """Who took a consent back elsewhere (`garim consent withdraw`) is withdrawn here, too."""
    gone = corpus.gone()
    due: dict[Signer, dict[int, datetime]] = {Signer.SUBJECT: {}, Signer.OFFICER: {}}
    with corpus.state.reading() as db:
        for name, entry in heard.taken_back:
            sql = "SELECT subject FROM consents WHERE commitment = ?"
            row = db.execute(sql, (withdrawals.named(name),)).fetchone()
            if row is not None and row[0] not in gone:
                due[_by(entry)][int(row[0])] = entry.at
    for by, numbers in due.items():
        if not numbers:
            continue
        ids = {number: of for number, of in corpus.ids() if number in numbers}
        who = [Subject(number, ids[number]) for number in numbers]
        withdrawals.put(corpus, who, by=by, at=max(numbers.values()))


def _pay(corpus: Corpus) -> None:
    """Append what the record owes."""
    with corpus.state.reading() as db:
        owed = [bytes(row[0]) for row in db.execute("SELECT entry FROM owed")]
    if owed:
        paid(corpus, owed)


def paid(corpus: Corpus, owed: list[bytes]) -> range:
    """Append entries that the record owes, durably, and take them off; their indexes. Wants the turn."""
    indexes = corpus.log.append(owed)
    with corpus.state.at_once(durable=False) as db:
        for index, octets in zip(indexes, owed, strict=True):
            _note_erasure(db, index, read_entry(octets))
        db.executemany("DELETE FROM owed WHERE entry = ?", [(octets,) for octets in owed])
        withdrawals.follow(corpus, db, indexes)
    return indexes


def _note_erasure(db: sqlite3.Connection, index: int, entry: Entry) -> None:
    if entry.kind == "corpus.erased":
        name = withdrawals.named(str(entry.facts["subject"]))
        db.execute("UPDATE erasures SET entry = ? WHERE commitment = ? AND done = 2", (index, name))


def _by(entry: Entry) -> Signer:
    return Signer(str(entry.facts["by"]))
