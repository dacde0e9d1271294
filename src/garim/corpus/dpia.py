"""AN ASSESSMENT OF WHAT THE CORPUS MEANS FOR ITS PEOPLE, filled from the corpus as it is. Pure.

Laws: what a program can count or look up is here, with where it was looked up; what only people can judge is asked for
by name and stays open until they answer; nothing is of fewer than five people: what is written is rounded down to
fives, each count by itself; the same state gives the same facts, and what changed since the last assessment is listed,
so that nobody has to compare.

It is made for PIPA Article 33 (Decree, Articles 35 and 38) and GDPR Article 35(7). It is no legal advice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from garim.core.errors import Malformed
from garim.corpus.composition import FLOOR, rounded

SCHEMA = "garim-dpia-1"
# what only people can answer, by the name under which --answers has it
QUESTIONS: Mapping[str, str] = {
    "necessity": "Why is each purpose not reached with fewer photos, older ones, or none (synthetic ones, say)?",
    "benefit": "Who gains what from it, and do the people in it?",
    "freedom": "Could the people say no without losing anything? Who asked them, and in what relation to them?",
    "power": "What could a model that was trained or tested on it be used for, against whom, and what stops that?",
    "consulted": "Who was heard: the data protection officer, people in the corpus, their representatives?",
    "incidents": "Who notices a loss or misuse, who is told, and within what time?",
    "remaining": "Which of the risks that remain are accepted, and by whom?",
    "review": "When is this looked at again, and what brings it forward?",
}


class State(StrEnum):
    """Whether a measure is there, as far as a program can see."""

    YES = "in place"
    NO = "not in place"
    UNSEEN = "not seen from here"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `limit` people on the law asks for an assessment."""

    law: str
    what: str
    limit: int


# PIPA Art. 33(1) with Decree Art. 35, for public institutions; see docs/guide/corpus-audit.md for what we rest this on
THRESHOLDS = (
    Threshold("PIPA Decree 35 (1)", "sensitive data or unique identifiers, people", 50_000),
    Threshold("PIPA Decree 35 (2)", "files linked with others, people", 500_000),
    Threshold("PIPA Decree 35 (3)", "any personal data, people", 1_000_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How much is held. `subjects` and `photos` stand; the rest does not, or not any more."""

    subjects: int
    photos: int
    vaulted: int
    test_photos: int
    withdrawn: int
    erased: int
    nationalities: int
    children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one processor may do for one purpose now, and what it was given, where that is of five people or more."""

    purpose: str
    processor: str
    photos: int
    manifests: int
    released: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Ends of consents, and what is past them and still there."""

    first_end: str
    last_end: str
    expired: int
    within_90_days: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure against harm: its name, whether it is there, and how that was seen."""

    name: str
    state: State
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All facts of one assessment, as they were counted: `facts` and the page round them."""

    corpus: str
    controller: str
    at: datetime
    garim: str
    held: Held
    uses: tuple[Use, ...]
    origins: Mapping[str, int]
    retention: Retention
    measures: tuple[Measure, ...]
    answers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None or set(self.answers) - set(QUESTIONS):
            raise ValueError("an assessment: says its zone, and answers what was asked")

    @property
    def open(self) -> tuple[str, ...]:
        """The names of what nobody answered yet."""
        return tuple(name for name in QUESTIONS if not self.answers.get(name, "").strip())


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is another than it was; empty where it was not there."""

    fact: str
    was: str
    now: str


def facts(of: Assessment) -> dict[str, Any]:
    """The stable JSON."""
    return {
        "schema": SCHEMA,
        "garim": of.garim,
        "at": f"{of.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "corpus": of.corpus,
        "controller": of.controller,
        "rounded_down_to": FLOOR,
        "held": {name: count if name == "nationalities" else rounded(count) for name, count in asdict(of.held).items()},
        "thresholds": {
            each.law: {"limit": each.limit, "reached": of.held.subjects >= each.limit} for each in THRESHOLDS
        },
        "uses": {
            f"{use.purpose}, {use.processor}": {
                "photos": rounded(use.photos),
                "manifests": use.manifests,
                "released": rounded(use.released),
            }
            for use in of.uses
        },
        "origins": {name: rounded(count) for name, count in of.origins.items()},
        "retention": {
            name: rounded(value) if isinstance(value, int) else value for name, value in asdict(of.retention).items()
        },
        "measures": {each.name: {"state": each.state.value, "seen": each.seen} for each in of.measures},
        "answers": {name: of.answers.get(name, "") for name in QUESTIONS},
        "open": list(of.open),
    }


def written(of: Assessment) -> str:
    """The facts as a file has them."""
    return json.dumps(facts(of), indent=1, ensure_ascii=False) + "\n"


def read(text: str) -> dict[str, Any]:
    """The facts of an assessment that was written. Raises `Malformed`."""
    try:
        tree = json.loads(text)
        if type(tree) is not dict or tree["schema"] != SCHEMA or type(tree["corpus"]) is not str:
            raise ValueError
        datetime.strptime(tree["at"], "%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Malformed(f"is no assessment that garim wrote ({SCHEMA}); nothing was written") from None
    return tree


def changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What of `now` is another than in `was`, by where it stands; not the two's times and versions."""
    before, after = (dict(_flat(tree)) for tree in (was, now))
    names = dict.fromkeys([*after, *before])
    return [
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name) != after.get(name) and name not in ("at", "garim", "schema", "open", "rounded_down_to")
    ]


def answers(tree: Mapping[str, Any]) -> dict[str, str]:
    """What people answered, out of a TOML file's table. Raises `Malformed` where a name is none of QUESTIONS."""
    for name, said in tree.items():
        if name not in QUESTIONS:
            raise Malformed(f"{name}: nothing of that name is asked. Asked are {', '.join(QUESTIONS)}")
        if type(said) is not str:
            raise Malformed(f"{name}: is answered in words")
    return {name: " ".join(said.split()) for name, said in tree.items()}


def _flat(tree: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        place = f"{under} / {name}" if under else name
        if isinstance(value, Mapping):
            yield from _flat(value, place)
        elif isinstance(value, list):
            yield place, ", ".join(map(str, value)) or "none"
        else:
            yield place, _word(value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
