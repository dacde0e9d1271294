"""NOTHING IS LEFT BUT THAT THERE WAS SOMETHING: key, photos and rows of a subject go, and a certificate says what went.

    begun -> key overwritten -> photos overwritten -> parts rewritten -> record -> old parts and pages gone -> ledger

Laws: whoever is erased is withdrawn first; killed anywhere, it is finished at the next opening; the certificate is made
when all of it is done, and the ledger has it before anybody else does; it names the exports that the corpus does not
know any more as such. What stays is said in it: the subject's number
and keyed id, so that they can still ask where they were used and are not admitted again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from garim.consent import Signer, time_text
from garim.corpus import build, lost, parts, record, withdrawals
from garim.corpus.bitmap import Withdrawn
from garim.corpus.corpus import Corpus
from garim.corpus.lost import Lost
from garim.corpus.settle import paid, turn
from garim.corpus.values import U32, Part, Subject
from garim.corpus.vault import Place
from garim.ledger import Entry, commitment, now, prove
from garim.ledger.entry import written
from garim.ledger.receipt import Receipt

FORMAT = "garim-erasure-1"
BEGUN, REWRITTEN, DONE = 0, 1, 2
KEPT = (
    "the subject's number and keyed id, so that they are not admitted again and can ask where they were used",
    "the commitments of their consents, which say nothing without the records that the subject holds",
    "the serials of their photos, and on which manifests and releases named here those were, as proof of it",
)
NOT_PROMISED = (
    "what was released before is with its processors: the exports named here must be recalled",
    "an SSD, a file system that copies on write, a snapshot or a backup may keep overwritten blocks; of a backup that "
    "is restored the key is destroyed again when it is opened with its ledger",
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was done for one subject. `text` is JSON; `entry` its index on the ledger; `receipt` shows it there."""

    text: str
    entry: int
    receipt: Receipt

    @property
    def facts(self) -> dict[str, Any]:
        """The certificate, parsed."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


def erase(corpus: Corpus, pseudonym: str, *, by: Signer) -> Certificate:
    """Erase a subject, who is withdrawn first where they are not yet. Raises `Unknown`, `Unwritable`, `Unreadable`.

    Where it was done before, that certificate again.
    """
    subject = corpus.subject(pseudonym)
    with turn(corpus):
        if subject.number not in corpus.gone():
            withdrawals.put(corpus, [subject], by=by, at=now())
        name = withdrawals.named(corpus.claims.subject(subject.id))
        with corpus.state.at_once() as db:
            row = (subject.number, int(now().timestamp()), BEGUN, name, "", -1)
            db.execute("INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        finish(corpus)
        return certificate(corpus, subject)


def certificate(corpus: Corpus, subject: Subject) -> Certificate:
    """The certificate of a subject who was erased, with its receipt. Wants the turn."""
    with corpus.state.reading() as db:
        row = db.execute("SELECT certificate, entry FROM erasures WHERE subject = ?", (subject.number,)).fetchone()
    text, entry = str(row[0]), int(row[1])
    opened = hashlib.sha256(text.encode()).hexdigest()
    proof = prove(corpus.log.tree, entry, corpus.log.note)
    made = Receipt(proof, _key(corpus, row_name(corpus, subject)), {"certificate": opened})
    made.refuse_false()
    return Certificate(text, entry, made)


def row_name(corpus: Corpus, subject: Subject) -> bytes:
    """The commitment that an erasure is kept under."""
    return withdrawals.named(corpus.claims.subject(subject.id))


def finish(corpus: Corpus) -> None:
    """Do what is left of every erasure that was begun. Wants the turn."""
    if begun := _at(corpus, BEGUN):
        _rewrite(corpus, begun)
    if rewritten := _at(corpus, REWRITTEN):
        build.current_only(corpus.folder, corpus.parts()[0])
        corpus.state.forget()
        _certify(corpus, rewritten)


def _at(corpus: Corpus, stage: int) -> list[int]:
    with corpus.state.reading() as db:
        return [
            int(row[0]) for row in db.execute("SELECT subject FROM erasures WHERE done = ? ORDER BY subject", (stage,))
        ]


def _rewrite(corpus: Corpus, numbers: Sequence[int]) -> None:
    drop = np.array(numbers, np.uint32)
    corpus.keys.destroy(drop)
    with corpus.state.reading() as db:
        places = {number: [place for place, _ in record.blobs_of(db, number)] for number in numbers}
    corpus.vault.wipe([place for mine in places.values() for place in mine])
    generation, old = corpus.parts()
    held = corpus.holdings()
    serials = {number: held.rows_of(number).photo.tolist() for number in numbers}
    hit = {
        number: [part for part in old if part.first <= number <= part.last and _rows(corpus, part, number)]
        for number in numbers
    }
    shutil.rmtree(corpus.folder / parts.FOLDER / f"{generation + 1}", ignore_errors=True)  # of one that was killed
    new = build.rewritten(corpus.folder, generation + 1, old, drop=drop) if any(hit.values()) else None
    with corpus.state.at_once() as db:
        for number in numbers:
            text = json.dumps(
                {
                    "photos": serials[number],
                    "photos_overwritten": len(places[number]),
                    "bytes_overwritten": sum(place.length for place in places[number]),
                    "parts_rewritten": [part.name for part in hit[number]],
                }
            )
            _forget(db, number, places[number])
            db.execute("UPDATE erasures SET done = ?, certificate = ? WHERE subject = ?", (REWRITTEN, text, number))
        if new is not None:
            record.drop_parts(db, old)
            record.add_parts(db, new)
            record.put(db, generation=generation + 1)


def _rows(corpus: Corpus, part: Part, number: int) -> int:
    return len(parts.rows_of(corpus.folder, part, number))


def _forget(db: sqlite3.Connection, number: int, places: Sequence[Place]) -> None:
    db.execute("DELETE FROM recent WHERE subject = ?", (number,))
    db.execute("DELETE FROM blobs WHERE subject = ?", (number,))
    db.executemany("INSERT INTO holes VALUES (?, ?, ?)", [(place.pack, place.offset, place.length) for place in places])
    # the commitment alone stays
    sql = "UPDATE consents SET record = '', text_sha256 = '', signer = '', until = 0, terms = 0 WHERE subject = ?"
    db.execute(sql, (number,))


def _certify(corpus: Corpus, numbers: Sequence[int]) -> None:
    for number in numbers:
        with corpus.state.reading() as db:
            sql = "SELECT commitment, certificate FROM erasures WHERE subject = ?"
            name, done = db.execute(sql, (number,)).fetchone()
            exports, unknown = exports_of(db, number), lost.uses(db)
        at = now()
        text, entry = _certified(corpus, bytes(name), json.loads(done), exports, unknown, at)
        with corpus.state.at_once() as db:
            row = (DONE, int(at.timestamp()), text, number)
            db.execute("UPDATE erasures SET done = ?, at = ?, certificate = ? WHERE subject = ?", row)
            db.execute("INSERT INTO owed VALUES (?)", (entry,))
        paid(corpus, [entry])


def _certified(
    corpus: Corpus,
    name: bytes,
    done: dict[str, Any],
    exports: list[dict[str, Any]],
    unknown: Sequence[Lost],
    at: datetime,
) -> tuple[str, bytes]:
    subject = f"hmac-sha256:{name.hex()}"
    plain = {
        "format": FORMAT,
        **({"test": True} if corpus.made.test else {}),
        "corpus": corpus.made.id,
        "controller": corpus.made.controller,
        "subject": subject,
        "erased_at": time_text(at),
        "key": "destroyed",
        **done,
        "exports_to_recall": exports,
        # logged by this corpus, which does not know any more of whom: each may be one that is to be recalled
        "exports_not_known": [
            {"kind": each.kind, "at": time_text(each.at), "ledger_entry": each.entry} for each in unknown
        ],
        "kept": list(KEPT),
        "not_promised": list(NOT_PROMISED),
    }
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    facts = {
        "certificate": commitment(
            _key(corpus, name), "certificate", hashlib.sha256(text.encode()).hexdigest().encode()
        ),
        "exports": len(exports),
        "parts": len(done["parts_rewritten"]),
        "photos": done["photos_overwritten"],
        "subject": subject,
    }
    return text, written(Entry("corpus.erased", at, facts))


def exports_of(db: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    """The releases that a subject was in, and the manifests that were not released."""
    exports: list[dict[str, Any]] = []
    released = set()
    sql = (
        "SELECT m.number, m.purpose, m.processor, m.root, r.number, r.at, r.entry, r.members FROM releases r "
        "JOIN manifests m ON m.number = r.manifest ORDER BY r.number"
    )
    for manifest, purpose, processor, root, release, at, entry, members in db.execute(sql):
        if number in Withdrawn.read(members):
            released.add(manifest)
            exports.append(
                {
                    "processor": processor,
                    "purpose": purpose,
                    "manifest": manifest,
                    "root": bytes(root).hex(),
                    "release": release,
                    "released_at": time_text(datetime.fromtimestamp(at, UTC)),
                    "ledger_entry": entry,
                }
            )
    for manifest, purpose, processor, root, at, entry, members in db.execute(
        "SELECT number, purpose, processor, root, at, entry, members FROM manifests ORDER BY number"
    ):
        if manifest not in released and number in Withdrawn.read(members):
            listed = {"processor": processor, "purpose": purpose, "manifest": manifest, "root": bytes(root).hex()}
            listed_at = {"listed_at": time_text(datetime.fromtimestamp(at, UTC)), "ledger_entry": entry}
            exports.append(listed | listed_at)
    return exports


def _key(corpus: Corpus, name: bytes) -> bytes:
    return hmac.digest(corpus.claims.key, b"certificate key" + name, "sha256")


def numbers_erased(corpus: Corpus) -> U32:
    """Whose keys are destroyed."""
    with corpus.state.reading() as db:
        return record.erased(db)
