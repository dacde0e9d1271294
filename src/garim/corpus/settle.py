"""A TURN AT THE CORPUS: one writer at a time, and before anything else what the ledger says is made so.

    ledger, compared with the record -> refused, or heard -> record, with what is to be done -> done -> appended -> cut

Laws: a ledger that lacks what this corpus acknowledged is refused, and so is a record that lacks photos which are here;
what the ledger says of this corpus and the record does not (a killed process, a power cut, a restored backup) is
applied before anything is read or written, or named in every answer where it cannot be (`lost`); how far the ledger was
heard and what is still to be done for it are put down together; what the record owes the ledger is appended; only then
goes what a killed process left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from garim.consent import Signer
from garim.core.errors import Disproved, Unreadable
from garim.corpus import consents, lost, record, unfinished, withdrawals
from garim.corpus.bitmap import Withdrawn
from garim.corpus.claims import OWN
from garim.corpus.corpus import Corpus
from garim.corpus.errors import OldLedger
from garim.corpus.values import U8, Subject
from garim.files import unwritable
from garim.ledger import Entry, merkle
from garim.ledger.entry import read as read_entry
from garim.ledger.folder import Folder
from garim.ledger.tiles import WIDTH, Name, fetch, unbundled

_PATIENCE_S = 2.0
_LOOK_S = 0.005
_KINDS = tuple(f'"kind":"{kind}"}}'.encode() for kind in (*OWN, "corpus.erased", "consent.withdrawn"))


@dataclass(slots=True)
class _Heard:
    """What the ledger says that the record has not heard."""

    lone: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    lists: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    erased: list[tuple[int, Entry]] = field(default_factory=list)
    taken_back: list[tuple[str, Entry]] = field(default_factory=list)
    owed: list[bytes] = field(default_factory=list)
    admitted: list[tuple[int, Entry]] = field(default_factory=list)
    uses: list[tuple[int, Entry]] = field(default_factory=list)


@contextlib.contextmanager
def turn(corpus: Corpus) -> Iterator[None]:
    """Nobody else writes meanwhile, in this process or another; the lock goes with whoever held it."""
    try:
        handle = os.open(corpus.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(corpus.folder, error) from None
    try:
        _wait(corpus, handle)
        _settle(corpus)
        yield
    finally:
        os.close(handle)


def _wait(corpus: Corpus, handle: int) -> None:
    """Until nobody else has the turn; who waits for long is told."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_LOOK_S)
    corpus.waiting(f"waiting for another process that writes to {corpus.folder}")
    fcntl.flock(handle, fcntl.LOCK_EX)


def _settle(corpus: Corpus) -> None:
    corpus.log.refresh()
    with corpus.state.reading() as db:
        size, root = record.count(db, "ledger_size"), record.fact(db, "ledger_root")
        left = db.execute(_LEFT).fetchone()[0]
    if corpus.seen.note != corpus.log.note or withdrawals.head_of(corpus).size != size or left:
        tree = corpus.log.tree
        if tree.size < size or tree.span(0, size) != root:
            raise OldLedger(
                f"{corpus.folder}: this corpus has acknowledged {size} entries of its ledger, and {corpus.log.path} "
                "does not begin with them: another ledger, or a restored backup. Nothing was read. Name the newer one"
            )
        heard = _heard(corpus, size, tree.size)
        if photos := sum(int(entry.facts["photos"]) for _, entry in heard.admitted):
            unfinished.refuse_admitted(corpus, [index for index, _ in heard.admitted], photos)
        unfinished.refuse_missing(corpus)
        _apply(corpus, heard, tree.size, tree.root)
        corpus.seen.note = corpus.log.note
        _take_back(corpus)
        _pay(corpus)
        unfinished.cut(corpus)
    else:
        unfinished.cut_ends(corpus)


_LEFT = (
    "SELECT (SELECT count(*) FROM owed) + (SELECT count(*) FROM begun) "
    "+ (SELECT count(*) FROM taken_back WHERE done = 0)"
)


def _heard(corpus: Corpus, start: int, stop: int) -> _Heard:
    heard = _Heard()
    with corpus.state.reading() as db:
        owed = {bytes(row[0]) for row in db.execute("SELECT entry FROM owed")}
    for index, octets in _entries(corpus, start, stop):
        if octets in owed:
            heard.owed.append(octets)
        if octets.endswith(_KINDS):
            _hear(corpus, heard, index, read_entry(octets), owed=octets in owed)
    with corpus.state.reading() as db:
        heard.uses = lost.lacking(db, heard.uses)
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


def _hear(corpus: Corpus, heard: _Heard, index: int, entry: Entry, *, owed: bool) -> None:
    subject = str(entry.facts.get("subject"))
    match entry.kind:
        case "consent.withdrawn":
            heard.taken_back.append((str(entry.facts["record"]), entry))
        case "corpus.erased":
            heard.erased.append((index, entry))
        case _ if not corpus.claims.owns(entry):
            pass
        case "corpus.withdrawn":
            (heard.lone if entry.facts["subjects"] == 1 else heard.lists)[subject] = index, entry
        case lost.ADMITTED:
            if not owed and entry.facts["photos"]:  # the record has what it owes an entry for
                heard.admitted.append((index, entry))
        case _:
            heard.uses.append((index, entry))


def _apply(corpus: Corpus, heard: _Heard, size: int, root: bytes) -> None:
    again = _to_erase(corpus, heard)
    placed = _placed(corpus, set(heard.lone) | again)
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
        db.execute("DELETE FROM begun")
        db.executemany("DELETE FROM owed WHERE entry = ?", [(octets,) for octets in heard.owed])
        _note(db, heard)
        for name in again & set(placed):  # their keys, which a restored backup brought back, go: `erase.finish`
            row = (placed[name], 0, 0, withdrawals.named(name), "", -1)
            db.execute("INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        record.put(db, ledger_size=size, ledger_root=root)
    corpus.keys.destroy(np.array(sorted(placed[name] for name in again & set(placed)), np.uint32))


def _note(db: sqlite3.Connection, heard: _Heard) -> None:
    """What needs nobody's number."""
    back = [
        (withdrawals.named(name), int(entry.at.timestamp()), _by(entry) is Signer.OFFICER)
        for name, entry in heard.taken_back
    ]
    db.executemany("INSERT INTO taken_back VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING", back)
    for index, entry in heard.erased:
        _note_erasure(db, index, entry)
    for index, entry in sorted((*heard.admitted, *heard.uses)):
        lost.put(db, index, entry)
    serials = sum(lost.serials(entry) for _, entry in heard.admitted)
    record.put(db, photos=record.count(db, "photos") + serials)  # no photo gets the number of one that was lost


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


def _to_erase(corpus: Corpus, heard: _Heard) -> set[str]:
    """The commitments of those who were erased, and of whom the record does not know it."""
    if not heard.erased:
        return set()
    with corpus.state.reading() as db:
        done = {bytes(row[0]) for row in db.execute("SELECT commitment FROM erasures")}
    names = {str(entry.facts["subject"]) for _, entry in heard.erased}
    return {name for name in names if withdrawals.named(name) not in done}


def _take_back(corpus: Corpus) -> None:
    """Who took a consent back elsewhere (`garim consent withdraw`) is withdrawn here, too."""
    with corpus.state.reading() as db:
        due = db.execute("SELECT commitment, at, officer FROM taken_back WHERE done = 0").fetchall()
    if not due:
        return
    names = np.frombuffer(b"".join(row[0] for row in due), np.uint8).reshape(-1, consents.BYTES)
    gone = corpus.gone()
    for by in Signer:
        when = {
            number: at
            for number, (_, at, officer) in zip(consents.holders(corpus, names).tolist(), due, strict=True)
            if number >= 0 and number not in gone and bool(officer) == (by is Signer.OFFICER)
        }
        if when:
            who = [_subject(corpus, of) for of in corpus.ids_among(np.array(sorted(when), np.uint32))]
            withdrawals.put(corpus, who, by=by, at=datetime.fromtimestamp(max(when.values()), UTC))
            gone = corpus.gone()
    with corpus.state.at_once(durable=False) as db:
        db.executemany("UPDATE taken_back SET done = 1 WHERE commitment = ?", [(row[0],) for row in due])


def _subject(corpus: Corpus, of: U8) -> Subject:
    number = corpus.number(of.tobytes())
    assert number is not None  # its id was read from the same lists
    return Subject(number, of.tobytes())


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
        # where others appended in between, the next turn meets them, and must know them as its own
        if withdrawals.follow(corpus, db, indexes):
            db.executemany("DELETE FROM owed WHERE entry = ?", [(octets,) for octets in owed])
    return indexes


def _note_erasure(db: sqlite3.Connection, index: int, entry: Entry) -> None:
    if entry.kind == "corpus.erased":
        name = withdrawals.named(str(entry.facts["subject"]))
        db.execute("UPDATE erasures SET entry = ? WHERE commitment = ? AND done = 2", (index, name))


def _by(entry: Entry) -> Signer:
    return Signer(str(entry.facts["by"]))
