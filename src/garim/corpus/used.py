"""WAS I USED? The answer to the one person who may ask, and its proof. Pure: what it rests on comes in.

    their photos -> manifests that list them -> processors, releases, models; each on the ledger, each with its proof

Laws: each manifest, release and model that is named carries the receipt of its ledger entry, and says nothing that the
entry and the receipt do not bear out; of each photo in a manifest or a release there is a path to the root that was
logged before the list was given out. Whoever has the answer and the ledger's public key needs nothing else.

Not proved, and said: that there were no other uses. Who wants that compares the ledger's manifests with answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from garim.core.errors import Disproved, Malformed
from garim.ledger import Trust, merkle
from garim.ledger.entry import read as read_entry
from garim.ledger.receipt import Receipt
from garim.ledger.verify import verify_receipt

T = TypeVar("T")

SCHEMA = "garim-used-1"
_MOST = 1_000_000  # of anything that is listed
_SERIAL = slice(16, 24)  # of a leaf: garim.corpus.rows_tree has its form
_LEAF = 24
UNPROVED = (
    "that there was no other use: the ledger shows how many manifests there were, and not whose photos are on them",
    "what a processor did with photos after they were released",
    "that a model which was made of a manifest is among those that are named: its maker says so, or does not",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One photo's place in a list: its leaf (24 bytes), where that stands, and the path to the list's root."""

    photo: int
    index: int
    leaf: bytes
    path: tuple[bytes, ...]

    def refuse_false(self, size: int, root: bytes) -> None:
        """Raise `Disproved` unless this photo stands in the list of `size` photos under `root`."""
        if len(self.leaf) != _LEAF or int.from_bytes(self.leaf[_SERIAL], "big") != self.photo:
            raise Disproved(f"photo {self.photo}: the row is another photo's")
        merkle.check_inclusion(merkle.leaf(self.leaf), self.index, size, self.path, root)


@dataclass(frozen=True, slots=True)
class Photo:
    """One of the person's own photos."""

    photo: int
    captured_on: str
    origin: str
    held: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A manifest on which the person's photos are."""

    manifest: int
    at: str
    purpose: str
    processor: str
    predicate: str
    photos: int
    root: bytes
    rows: tuple[Row, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Released:
    """A release in which bytes of theirs left."""

    manifest: int
    release: int
    at: str
    photos: int
    root: bytes
    rows: tuple[Row, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Modelled:
    """A model that was made of, or tested on, a manifest."""

    manifest: int
    at: str
    name: str
    sha256: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Ended:
    """The withdrawal, or the erasure: `what` is corpus.withdrawn or corpus.erased."""

    what: str
    at: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All of it. `standing`: agrees, withdrawn or erased."""

    corpus: str
    controller: str
    pseudonym: str
    at: datetime
    test: bool
    standing: str
    photos: tuple[Photo, ...]
    listed: tuple[Listed, ...]
    released: tuple[Released, ...]
    models: tuple[Modelled, ...]
    ended: tuple[Ended, ...]

    @property
    def processors(self) -> tuple[str, ...]:
        """Everybody who got a manifest with a photo of theirs."""
        return tuple(dict.fromkeys(each.processor for each in self.listed))


def named(text: str) -> str:
    """What an entry's processor or predicate opens to: SHA-256 of the words, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def said_of(predicate: str) -> str:
    """A predicate in words: "test" in it means that consents made for tests count."""
    return ", ".join("TEST consents count" if word == "test" else word for word in predicate.split())


def plain(answer: Answer) -> dict[str, Any]:
    """The answer for JSON."""
    return {
        "schema": SCHEMA,
        "corpus": answer.corpus,
        "controller": answer.controller,
        "subject": answer.pseudonym,
        "at": f"{answer.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "test": answer.test,
        "standing": answer.standing,
        "photos": [
            {"photo": each.photo, "captured_on": each.captured_on, "origin": each.origin, "held": each.held}
            for each in answer.photos
        ],
        "manifests": [
            {
                "manifest": each.manifest,
                "at": each.at,
                "purpose": each.purpose,
                "processor": each.processor,
                "predicate": each.predicate,
                **_rows(each),
            }
            for each in answer.listed
        ],
        "releases": [
            {"manifest": each.manifest, "release": each.release, "at": each.at, **_rows(each)}
            for each in answer.released
        ],
        "models": [
            {
                "manifest": each.manifest,
                "at": each.at,
                "name": each.name,
                "sha256": each.sha256,
                "receipt": each.receipt.plain(),
            }
            for each in answer.models
        ],
        "ended": [{"what": each.what, "at": each.at, "receipt": each.receipt.plain()} for each in answer.ended],
    }


def written(answer: Answer) -> str:
    """The same as a file has it."""
    return json.dumps(plain(answer), indent=1, ensure_ascii=False) + "\n"


def read(text: str) -> Answer:
    """The answer that `text` is; nothing of it is proved. Raises `Malformed`."""
    try:
        tree = json.loads(text)
        if tree["schema"] != SCHEMA:
            raise ValueError
        answer = Answer(
            corpus=_word(tree["corpus"]),
            controller=_word(tree["controller"]),
            pseudonym=_word(tree["subject"]),
            at=datetime.strptime(tree["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            test=tree["test"],
            standing=_word(tree["standing"]),
            photos=_each(tree["photos"], lambda row: Photo(**row)),
            listed=_each(tree["manifests"], _listed),
            released=_each(tree["releases"], _released),
            models=_each(tree["models"], lambda row: Modelled(**row | {"receipt": Receipt.read(row["receipt"])})),
            ended=_each(tree["ended"], lambda row: Ended(**row | {"receipt": Receipt.read(row["receipt"])})),
        )
        if plain(answer) != tree:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Malformed(f"is no answer of garim corpus was-i-used ({SCHEMA})") from None
    return answer


def prove(answer: Answer, trust: Trust, *, said: Callable[[str], None]) -> tuple[str, ...]:
    """Prove all that `answer` says of uses by the ledger whose keys `trust` has; what it cannot prove.

    Raises `Disproved` at the first thing that does not hold.
    """
    unproved: dict[str, None] = {}
    roots: dict[int, str] = {}
    for listed in answer.listed:
        facts = _entry(listed.receipt, "corpus.manifest", trust, unproved)
        _same(facts, listed.receipt, {"photos": listed.photos, "purpose": listed.purpose}, _opened(listed))
        _prove_rows(listed)
        roots[listed.manifest] = str(facts["manifest"])
        where = f", where {said_of(listed.predicate)}" if listed.predicate else ""
        said(
            f"Manifest {listed.manifest}, entry {listed.receipt.proof.index} of the ledger: {listed.purpose} by "
            f"{listed.processor}{where}; {len(listed.rows)} of its {listed.photos:,} photos: {_serials(listed.rows)}."
        )
    for released in answer.released:
        facts = _entry(released.receipt, "corpus.released", trust, unproved)
        _same(facts, released.receipt, {"photos": released.photos}, {"release": released.root.hex()})
        _of_manifest(facts, roots, released.manifest)
        _prove_rows(released)
        said(
            f"Release {released.release} of manifest {released.manifest}, entry {released.receipt.proof.index}: "
            f"the bytes of {len(released.rows)} of its {released.photos:,} photos left: {_serials(released.rows)}."
        )
    for model in answer.models:
        facts = _entry(model.receipt, "corpus.model", trust, unproved)
        _same(facts, model.receipt, {}, {"model": model.sha256, "name": named(model.name)})
        _of_manifest(facts, roots, model.manifest)
        said(
            f"Model {model.name} (SHA-256 {model.sha256[:16]}...), entry {model.receipt.proof.index}: its maker says "
            f"that it is of manifest {model.manifest}."
        )
    for ended in answer.ended:
        _entry(ended.receipt, ended.what, trust, unproved)
        said(f"{_ENDED[ended.what]}, entry {ended.receipt.proof.index}, on {ended.at}.")
    return (*unproved, *UNPROVED)


_ENDED = {"corpus.withdrawn": "The withdrawal is on the ledger", "corpus.erased": "The erasure is on the ledger"}


def _entry(receipt: Receipt, kind: str, trust: Trust, unproved: dict[str, None]) -> Mapping[str, str | int]:
    """The facts of the entry, once it is proved to stand on the ledger and to be of this kind."""
    for step in verify_receipt(receipt, trust, said=lambda step: None):
        if not step.startswith("the other "):  # of each entry it would be said anew
            unproved[step] = None
    entry = read_entry(receipt.proof.entry)
    if entry.kind != kind or kind not in ("corpus.manifest", "corpus.released", "corpus.model", *_ENDED):
        raise Disproved(f"entry {receipt.proof.index} is of another kind than the answer says: {entry.kind}")
    return entry.facts


def _same(facts: Mapping[str, Any], receipt: Receipt, told: Mapping[str, Any], opened: Mapping[str, str]) -> None:
    for name, value in told.items():
        if facts[name] != value:
            raise Disproved(f"entry {receipt.proof.index} says {facts[name]!r} of {name}, the answer {value!r}")
    for name, value in opened.items():
        if receipt.opened.get(name) != value:
            raise Disproved(f"entry {receipt.proof.index} is about another {name} than the answer says")


def _opened(listed: Listed) -> dict[str, str]:
    return {
        "manifest": listed.root.hex(),
        "predicate": named(listed.predicate),
        "processor": named(listed.processor),
    }


def _of_manifest(facts: Mapping[str, Any], roots: Mapping[int, str], manifest: int) -> None:
    if roots.get(manifest) != facts["manifest"]:
        raise Disproved(f"an entry is of another manifest than manifest {manifest}")


def _prove_rows(of: Listed | Released) -> None:
    if not of.rows:
        raise Disproved("a list is named, and no photo on it")
    for row in of.rows:
        row.refuse_false(of.photos, of.root)


def _serials(rows: Sequence[Row], most: int = 10) -> str:
    names = ", ".join(str(row.photo) for row in rows[:most])
    return names + (f" and {len(rows) - most} more" if len(rows) > most else "")


def _rows(of: Listed | Released) -> dict[str, Any]:
    return {
        "photos": of.photos,
        "root": of.root.hex(),
        "rows": [
            {"photo": row.photo, "index": row.index, "leaf": row.leaf.hex(), "path": [step.hex() for step in row.path]}
            for row in of.rows
        ],
        "receipt": of.receipt.plain(),
    }


def _listed(row: Mapping[str, Any]) -> Listed:
    return Listed(**_with_rows(row))


def _released(row: Mapping[str, Any]) -> Released:
    return Released(**_with_rows(row))


def _with_rows(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "photos": _count(row["photos"]),
        "root": bytes.fromhex(row["root"]),
        "rows": _each(row["rows"], _row),
        "receipt": Receipt.read(row["receipt"]),
    }


def _row(row: Mapping[str, Any]) -> Row:
    path = tuple(map(bytes.fromhex, row["path"]))
    return Row(_count(row["photo"]), _count(row["index"]), bytes.fromhex(row["leaf"]), path)


def _each(rows: Any, made: Callable[[Any], T]) -> tuple[T, ...]:
    if type(rows) is not list or len(rows) > _MOST:
        raise ValueError
    return tuple(map(made, rows))


def _word(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value
