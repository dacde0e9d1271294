"""ANSWERS -> TABLES. Pure; Markdown, fit to stand in README.

An answer is a reader's word on a case: "accepted", or why not. Accepting what is forged, and refusing what is genuine,
stand out in bold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks._tables import table

ACCEPTED, NONE = "accepted", "-"
T = TypeVar("T")
MOST_WORDS = 60  # characters of a peer's answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What `reader` said of one case; `accepted` without a word that a person would have to weigh."""

    group: str
    case: str
    genuine: bool
    reader: str
    accepted: bool
    said: str

    @property
    def right(self) -> bool:
        return self.accepted is self.genuine


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, and what it may be at most."""

    what: str
    value: float
    unit: str
    most: float | None = None

    @property
    def bound(self) -> str:
        return NONE if self.most is None else f"{self.most:,g} {self.unit}"

    @property
    def met(self) -> str:
        if self.most is None:
            return NONE
        return "met" if self.value <= self.most else "**not met**"


def summary(answers: Sequence[Answer]) -> str:
    """Of each group of cases: how many each reader accepted."""
    readers = _unique(each.reader for each in answers)
    lines = []
    for group in _unique(each.group for each in answers):
        of = [each for each in answers if each.group == group]
        count = len({each.case for each in of})
        accepted = [str(sum(each.accepted for each in of if each.reader == reader)) for reader in readers]
        wanted = str(count) if of[0].genuine else "0"
        lines.append((group, str(count), wanted, *accepted))
    return table(("documents", "number", "to be accepted", *readers), lines, right=1)


def cases(answers: Sequence[Answer]) -> str:
    """Case by case, what each reader said."""
    readers = _unique(each.reader for each in answers)
    said = {(each.group, each.case, each.reader): each for each in answers}
    lines = []
    for group, case in _unique((each.group, each.case) for each in answers):
        row = [said.get((group, case, reader)) for reader in readers]
        lines.append((group, case, *(_cell(each) for each in row)))
    return table(("documents", "case", *readers), lines)


def _cell(answer: Answer | None) -> str:
    if answer is None:
        return NONE
    words = " ".join(answer.said.split()).replace("|", "/")
    words = words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"
    return words if answer.right else f"**{words}**"


def figures(measured: Iterable[Figure]) -> str:
    lines = [(each.what, f"{each.value:,.1f} {each.unit}", each.bound, each.met) for each in measured]
    return table(("figure", "here", "at most", "met"), lines, right=1)


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
