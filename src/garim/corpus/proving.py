"""WHAT OF AN ANSWER IS PROVED, by the ledger and by nothing else; and what is not, in words.

Law: what a proof says is what the entry and its receipt bear out, and nothing that somebody could have written beside
them: entries are called by their index and their own time. The rest is the corpus's word, and said to be.

Not proved either: that there were no other uses. Who wants that compares the ledger's manifests with answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from garim.consent import time_text
from garim.core.errors import Disproved
from garim.corpus.used import Answer, Ended, Listed, Modelled, Released, Row, Unknown, named
from garim.ledger import Trust
from garim.ledger.entry import read as read_entry
from garim.ledger.receipt import Receipt
from garim.ledger.verify import verify_receipt

UNPROVED = (
    "the numbers that the corpus calls its manifests and releases by, and when it says that photos were taken",
    "that there was no other use: the ledger shows how many manifests there were, and not whose photos are on them",
    "what a processor did with photos after they were released",
    "that a model which was made of a manifest is among those that are named: its maker says so, or does not",
)


def prove(answer: Answer, trust: Trust, *, said: Callable[[str], None]) -> tuple[str, ...]:
    """Prove all that `answer` says of uses by the ledger whose keys `trust` has; what it cannot prove.

    Raises `Disproved` at the first thing that does not hold.
    """
    unproved: dict[str, None] = {}
    manifests: dict[int, _Proved] = {}
    for listed in answer.listed:
        it = _entry(listed, "corpus.manifest", trust, unproved)
        said(_manifest(it, listed))
        if manifests.setdefault(listed.manifest, it) is not it:
            raise Disproved(f"two manifests are called {listed.manifest}")
    for released in answer.released:
        it = _entry(released, "corpus.released", trust, unproved)
        said(_release(it, released, _of_manifest(it, manifests, released.manifest)))
    for model in answer.models:
        it = _entry(model, "corpus.model", trust, unproved)
        said(_model(it, model, _of_manifest(it, manifests, model.manifest)))
    first: _Proved | None = None
    for ended in answer.ended:
        it = _entry(ended, ended.what, trust, unproved)
        said(_end(it, first))
        first = first or it
    return (*_whose(answer), *unproved, *_not_known(answer.unknown), *UNPROVED)


def _manifest(it: _Proved, listed: Listed) -> str:
    _same(it.facts, listed.receipt, {"photos": listed.photos, "purpose": listed.purpose}, _opened(listed))
    _prove_rows(listed)
    where = f", where {said_of(listed.predicate)}" if listed.predicate else ""
    return (
        f"Entry {it.index} of the ledger, {it.at}: a manifest, {listed.purpose} by {listed.processor}{where}; "
        f"{len(listed.rows)} of its {listed.photos:,} photos: {_serials(listed.rows)}."
    )


def _release(it: _Proved, released: Released, of: _Proved) -> str:
    _same(it.facts, released.receipt, {"photos": released.photos}, {"release": released.root.hex()})
    _prove_rows(released)
    return (
        f"Entry {it.index}, {it.at}: a release of the manifest of entry {of.index}; the bytes of {len(released.rows)} "
        f"of its {released.photos:,} photos left: {_serials(released.rows)}."
    )


def _model(it: _Proved, model: Modelled, of: _Proved) -> str:
    _same(it.facts, model.receipt, {}, {"model": model.sha256, "name": named(model.name)})
    return (
        f"Entry {it.index}, {it.at}: its maker says that the model {model.name} (SHA-256 {model.sha256[:16]}...) is of "
        f"the manifest of entry {of.index}."
    )


def _end(it: _Proved, first: _Proved | None) -> str:
    if it.facts.get("subjects", 1) != 1:
        raise Disproved(f"entry {it.index} is of a list of people, and not of one")
    if first is None:
        return f"Entry {it.index}, {it.at}: {_ENDED[it.kind]}."
    if it.facts["subject"] != first.facts["subject"]:
        raise Disproved(f"entry {it.index} is of somebody else than entry {first.index}")
    return f"Entry {it.index}, {it.at}: {_ENDED[it.kind]}, of the same person as entry {first.index}."


_ENDED = {"corpus.withdrawn": "a withdrawal", "corpus.erased": "an erasure"}
_UNKNOWN = {"corpus.manifest": "a manifest", "corpus.released": "a release", "corpus.model": "a model"}


@dataclass(frozen=True, slots=True)
class _Proved:
    """An entry that stands on the ledger."""

    index: int
    kind: str
    at: str
    facts: Mapping[str, str | int]


def _whose(answer: Answer) -> tuple[str, ...]:
    """What stands in the file, and on no ledger."""
    standing = {"agrees": "agrees still", "withdrawn": "withdrew", "erased": "was erased"}[answer.standing]
    ends = " and what ended" if answer.ended else ""
    return (
        f"that these photos{ends} are of {answer.pseudonym}, and that {answer.pseudonym} {standing}: the corpus of "
        f"{answer.controller} says so",
    )


def _not_known(unknown: Sequence[Unknown]) -> tuple[str, ...]:
    if not unknown:
        return ()
    named = ", ".join(f"{_UNKNOWN[each.what]} in entry {each.entry}" for each in unknown)
    return (f"whose photos were in what this corpus logged and does not know any more, yours perhaps: {named}",)


def _entry(told: Listed | Released | Modelled | Ended, kind: str, trust: Trust, unproved: dict[str, None]) -> _Proved:
    """The entry, once it is proved to stand on the ledger, to be of this kind and of the time that the answer says."""
    receipt = told.receipt
    for step in verify_receipt(receipt, trust, said=lambda step: None):
        if not step.startswith("the other "):  # of each entry it would be said anew
            unproved[step] = None
    entry = read_entry(receipt.proof.entry)
    if entry.kind != kind or kind not in ("corpus.manifest", "corpus.released", "corpus.model", *_ENDED):
        raise Disproved(f"entry {receipt.proof.index} is of another kind than the answer says: {entry.kind}")
    at = time_text(entry.at)
    if told.at != at:
        raise Disproved(f"entry {receipt.proof.index} is of another time than the answer says: {at}")
    return _Proved(receipt.proof.index, entry.kind, at, entry.facts)


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


def _of_manifest(it: _Proved, manifests: Mapping[int, _Proved], manifest: int) -> _Proved:
    of = manifests.get(manifest)
    if of is None or of.facts["manifest"] != it.facts["manifest"]:
        raise Disproved(f"entry {it.index} is of another manifest than the answer says")
    return of


def _prove_rows(of: Listed | Released) -> None:
    if not of.rows:
        raise Disproved("a list is named, and no photo on it")
    if len({row.photo for row in of.rows}) != len(of.rows):
        raise Disproved("a photo is named twice on one list")
    for row in of.rows:
        row.refuse_false(of.photos, of.root)


def _serials(rows: Sequence[Row], most: int = 10) -> str:
    names = ", ".join(str(row.photo) for row in rows[:most])
    return names + (f" and {len(rows) - most} more" if len(rows) > most else "")


def said_of(predicate: str) -> str:
    """A predicate in words: "test" in it means that consents made for tests count."""
    return ", ".join("TEST consents count" if word == "test" else word for word in predicate.split())
