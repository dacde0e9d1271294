"""WAS I USED? The answer to the one person who may ask, and its proof. Pure: what it rests on comes in.

    their photos -> manifests that list them -> processors, releases, models; each on the ledger, each with its proof

Laws: each manifest, release and model that is named carries the receipt of its ledger entry; of each photo in a
manifest or a release there is a path to the root that was logged before the list was given out. Whoever has the answer
and the ledger's public key needs nothing else (`garim.corpus.proving`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from garim.core.errors import Disproved, Malformed
from garim.ledger import merkle
from garim.ledger.receipt import Receipt

T = TypeVar("T")

SCHEMA = "garim-used-1"
_MOST = 1_000_000  # of anything that is listed
_SERIAL = slice(16, 24)  # of a leaf: garim.corpus.rows_tree has its form
_LEAF = 24
USES = ("corpus.manifest", "corpus.released", "corpus.model")
STANDINGS = ("agrees", "withdrawn", "erased")


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


@dataclass(frozen=True, slots=True)
class Unknown:
    """An entry of this corpus's that it does not know any more: `what` is its kind."""

    what: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All of it. `standing`: agrees, withdrawn or erased. `unknown`: uses of which the corpus cannot say whose."""

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
    unknown: tuple[Unknown, ...] = ()

    @property
    def processors(self) -> tuple[str, ...]:
        """Everybody who got a manifest with a photo of theirs."""
        return tuple(dict.fromkeys(each.processor for each in self.listed))


def named(text: str) -> str:
    """What an entry's processor or predicate opens to: SHA-256 of the words, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


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
        "unknown": [{"what": each.what, "at": each.at, "entry": each.entry} for each in answer.unknown],
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
            standing=_one_of(tree["standing"], STANDINGS),
            photos=_each(tree["photos"], lambda row: Photo(**row)),
            listed=_each(tree["manifests"], _listed),
            released=_each(tree["releases"], _released),
            models=_each(tree["models"], lambda row: Modelled(**row | {"receipt": Receipt.read(row["receipt"])})),
            ended=_each(tree["ended"], lambda row: Ended(**row | {"receipt": Receipt.read(row["receipt"])})),
            unknown=_each(tree["unknown"], _unknown),
        )
        if plain(answer) != tree:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Malformed(f"is no answer of garim corpus was-i-used ({SCHEMA})") from None
    return answer


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


def _unknown(row: Mapping[str, Any]) -> Unknown:
    return Unknown(_one_of(row["what"], USES), _word(row["at"]), _count(row["entry"]))


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


def _one_of(value: Any, words: Collection[str]) -> str:
    if _word(value) not in words:
        raise ValueError
    return str(value)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value
