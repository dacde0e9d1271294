"""WHO MAY ASK, AND WHAT THEY ARE TOLD: `used` filled from the corpus for one person who proved who they are.

Two things prove a pseudonym: the person's own consent record, whose secret key the corpus's commitment was made under
(of those who came in with a file of records the file has it); or the receipt of their withdrawal, whose key follows
from the corpus's master key and their pseudonym alone.

Laws: an answer goes to nobody else; who withdrew or was erased is answered as before; nothing is told of anybody
else on a list, not by the proofs either; what the corpus does not know any more is named, and nothing is told as if
that were not there.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from garim.consent import Record, refuse_altered, time_text
from garim.core.errors import Disproved
from garim.corpus import consents, kept, lost
from garim.corpus.corpus import Corpus
from garim.corpus.erase import DONE, certificate
from garim.corpus.errors import Unknown
from garim.corpus.kept import Kept, KeptRelease
from garim.corpus.manifest import opens
from garim.corpus.members import Members
from garim.corpus.provenance import Provenance
from garim.corpus.rows_tree import RowsTree
from garim.corpus.settle import turn
from garim.corpus.used import Answer, Ended, Listed, Modelled, Photo, Released, Row, named
from garim.corpus.used import Unknown as NotKnown
from garim.corpus.values import U64, Subject, day
from garim.corpus.withdraw import known as withdrawn
from garim.corpus.withdraw import receipt as withdrawal_receipt
from garim.ledger import prove
from garim.ledger.entry import read as read_entry
from garim.ledger.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who proved that a pseudonym is theirs; `by_consent` and `by_receipt` make one, and nothing else."""

    pseudonym: str = field(repr=False)
    subject: Subject


class Stranger(Disproved):
    """Who asks did not prove that the pseudonym is theirs; nothing was told."""


def by_consent(corpus: Corpus, record: Record) -> Person:
    """The person whose consent `record` is, be it withdrawn or over. Raises `Stranger`, `NoConsent`."""
    refuse_altered(record)
    number = consents.holder(corpus, record.commitment)
    try:
        subject = corpus.subject(record.pseudonym)
    except Unknown:
        subject = None
    if subject is None or number != subject.number:
        raise Stranger(
            "by this consent no photo came into this corpus: either none of yours ever did, or it came with another "
            f"consent. Nothing was told; ask with each record that you have{_forgotten(corpus)}"
        )
    return Person(record.pseudonym, subject)


def by_receipt(corpus: Corpus, pseudonym: str, receipt: Receipt) -> Person:
    """The person who holds the `receipt` of their withdrawal. Raises `Stranger`."""
    of = corpus.id_of(pseudonym)
    number = corpus.number(of)
    if number is None or not hmac.compare_digest(receipt.key, corpus.claims.subject_key(of)):
        raise Stranger("the receipt is not that of this pseudonym's withdrawal from this corpus; nothing was told")
    return Person(pseudonym, Subject(number, of))


def answer(corpus: Corpus, person: Person) -> Answer:
    """All that `garim.corpus.used` tells `person`. Raises `Unreadable`, `Disproved` where the corpus is damaged."""
    with turn(corpus):
        ended = tuple(_ended(corpus, person.subject))
        photos = _photos(corpus, person.subject.number)
        serials = np.array([photo.photo for photo in photos], np.uint64)
        listed = tuple(_listed(corpus, serials))
        numbers = {each.manifest for each in listed}
        with corpus.state.reading() as db:
            unknown = tuple(NotKnown(each.kind, time_text(each.at), each.entry) for each in lost.uses(db))
        return Answer(
            corpus=corpus.made.id,
            controller=corpus.made.controller,
            pseudonym=person.pseudonym,
            at=datetime.now(UTC).replace(microsecond=0),
            test=corpus.made.test,
            standing=_standing(corpus, person.subject, ended),
            photos=photos,
            listed=listed,
            released=tuple(_released(corpus, serials, numbers)),
            models=tuple(_models(corpus, numbers)),
            ended=ended,
            unknown=unknown,
        )


def _forgotten(corpus: Corpus) -> str:
    """What is to be said where nobody is found."""
    with corpus.state.reading() as db:
        gone = lost.admissions(db)
    if not gone:
        return ""
    photos = sum(each.photos for each in gone)
    return f". It was restored from a backup that lacks {photos:,} photos: yours may have been among them"


def _standing(corpus: Corpus, subject: Subject, ended: tuple[Ended, ...]) -> str:
    if any(each.what == "corpus.erased" for each in ended):
        return "erased"
    return "withdrawn" if subject.number in corpus.gone() else "agrees"


def _photos(corpus: Corpus, number: int) -> tuple[Photo, ...]:
    """Those that are there; of somebody who was erased, the serials that the certificate kept."""
    rows = corpus.holdings().rows_of(number)
    if len(rows):
        columns = zip(
            rows.photo.tolist(), rows.captured_on.tolist(), rows.provenance.tolist(), rows.held.tolist(), strict=True
        )
        return tuple(
            Photo(photo, day(taken).isoformat(), Provenance(origin).name.lower(), held)
            for photo, taken, origin, held in columns
        )
    with corpus.state.reading() as db:
        row = db.execute("SELECT certificate FROM erasures WHERE subject = ?", (number,)).fetchone()
    gone: dict[str, Any] = json.loads(row[0]) if row is not None and row[0] else {}
    return tuple(Photo(photo, "", "", False) for photo in gone.get("photos", []))


def _listed(corpus: Corpus, serials: U64) -> Iterator[Listed]:
    for each in kept.all_kept(corpus):
        rows = _rows(kept.members(corpus, each.number), serials, each.key)
        if rows:
            yield Listed(
                manifest=each.number,
                at=_at(receipt := _receipt(corpus, each)),
                purpose=each.purpose,
                processor=each.processor,
                predicate=each.predicate,
                photos=each.photos,
                root=each.root,
                rows=rows,
                receipt=receipt,
            )


def _released(corpus: Corpus, serials: U64, manifests: set[int]) -> Iterator[Released]:
    for each in kept.all_releases(corpus):
        if each.manifest not in manifests:
            continue
        of = kept.members(corpus, each.manifest, each.number)
        if rows := _rows(of, serials, each.key):
            root = RowsTree.read(of.tree).root
            receipt = _of(corpus, each, {"release": root.hex()})
            yield Released(
                manifest=each.manifest,
                release=each.number,
                at=_at(receipt),
                photos=each.photos,
                root=root,
                rows=rows,
                receipt=receipt,
            )


def _models(corpus: Corpus, manifests: set[int]) -> Iterator[Modelled]:
    for each in kept.models(corpus):
        if each.manifest in manifests:
            proof = prove(corpus.log.tree, each.entry, corpus.log.note)
            receipt = Receipt(proof, each.key, {"model": each.sha256, "name": named(each.name)})
            receipt.refuse_false()
            yield Modelled(each.manifest, _at(receipt), each.name, each.sha256, receipt)


def _ended(corpus: Corpus, subject: Subject) -> Iterator[Ended]:
    with corpus.state.reading() as db:
        alone = db.execute("SELECT 1 FROM withdrawn WHERE subject = ?", (subject.number,)).fetchone()
        row = db.execute("SELECT done FROM erasures WHERE subject = ?", (subject.number,)).fetchone()
    if alone is not None:  # of a list that was withdrawn together there is no receipt of one person
        receipt = withdrawal_receipt(corpus, withdrawn(corpus, subject))
        yield Ended("corpus.withdrawn", _at(receipt), receipt)
    if row is not None and row[0] == DONE:
        receipt = certificate(corpus, subject).receipt
        yield Ended("corpus.erased", _at(receipt), receipt)


def _at(receipt: Receipt) -> str:
    """When the entry says that it was."""
    return time_text(read_entry(receipt.proof.entry).at)


def _rows(of: Members, serials: U64, key: bytes) -> tuple[Row, ...]:
    proven = ((int(photo), of.proven(int(photo), key)) for photo in serials)
    return tuple(Row(photo, row.index, row.leaf, row.path) for photo, row in proven if row is not None)


def _receipt(corpus: Corpus, of: Kept) -> Receipt:
    opened = {"manifest": of.root.hex(), "predicate": named(of.predicate), "processor": named(of.processor)}
    return _of(corpus, of, opened)


def _of(corpus: Corpus, of: Kept | KeptRelease, opened: dict[str, str]) -> Receipt:
    """Under the key that opens the entry: the other one would show which photos of others stand beside."""
    receipt = Receipt(prove(corpus.log.tree, of.entry, corpus.log.note), opens(of.key), opened)
    receipt.refuse_false()
    return receipt
