"""WHICH PHOTOS, of those that may be used: a closed grammar over what a row says. Pure.

    nationality=KOR,JPN   sex=female,male   age=18-30   birth_year=1980-1999   captured=2020-01-01..2024-12-31
    provenance=subject-upload

Laws: one column a clause and each at most once, all of them hold at once; a text that is not of this form is refused;
the same question has one text, whatever order it was asked in, so that a commitment to it means one thing. There is no
clause that names one person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from garim.core.errors import Misuse
from garim.corpus.index import NO_AGE, Groups, ages
from garim.corpus.provenance import Provenance, provenance
from garim.corpus.values import Bools, Records, Sex, day, days, packed, unpacked

_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})")
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_OF_GROUP = ("nationality", "sex", "age")
_OF_ROW = ("birth_year", "captured", "provenance")
Span = tuple[int, int]
"""The least and the most, both included."""


class _Backwards(ValueError):
    """The most before the least."""


@dataclass(frozen=True, slots=True)
class Where:
    """All clauses hold; what is None (or empty) is not asked."""

    nationality: tuple[int, ...] = ()
    sex: tuple[int, ...] = ()
    age: Span | None = None
    birth_year: Span | None = None
    captured: Span | None = None
    provenance: tuple[int, ...] = ()

    @classmethod
    def parse(cls, clauses: Iterable[str]) -> Self:
        """Of `clauses` as COLUMN=VALUES. Raises `Misuse`."""
        asked: dict[str, tuple[int, ...]] = {}
        for clause in clauses:
            name, _, text = clause.partition("=")
            if name not in _READ or not text:
                raise Misuse(f"--where: is COLUMN=VALUES of {', '.join(_READ)}; nothing was done")
            if name in asked:
                raise Misuse(f"--where: {name} is asked twice; nothing was done. Put all its values into one")
            try:
                asked[name] = _READ[name](text)
            except _Backwards:
                raise Misuse(f"--where: {name} is backwards; nothing was done. The least comes first") from None
            except (ValueError, KeyError):
                raise Misuse(f"--where: {_EXAMPLES[name]} is how {name} is asked; nothing was done") from None
        return cls(**asked)  # type: ignore[arg-type] # spans are tuples of two

    def __str__(self) -> str:
        """The clauses in one order; empty where all photos are asked for."""
        told = [f"nationality={','.join(map(unpacked, self.nationality))}"] if self.nationality else []
        told += [f"sex={','.join(Sex(each).name.lower() for each in self.sex)}"] if self.sex else []
        told += [f"{name}={low}-{high}" for name, (low, high) in self._spans().items()]
        if self.captured:
            told.append("captured={}..{}".format(*map(day, self.captured)))
        told += [f"provenance={','.join(map(_origin, self.provenance))}"] if self.provenance else []
        return " ".join(told)

    def _spans(self) -> dict[str, Span]:
        spans = {"age": self.age, "birth_year": self.birth_year}
        return {name: span for name, span in spans.items() if span is not None}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of rows that must be read to tell; none where groups tell."""
        asked = {"birth_year": self.birth_year, "captured_on": self.captured, "provenance": self.provenance}
        return tuple(name for name, values in asked.items() if values)

    @property
    def of_groups(self) -> bool:
        """Whether anything is asked of groups."""
        return bool(self.nationality or self.sex or self.age)

    def groups(self, groups: Groups) -> Bools:
        """Which groups are asked for."""
        right = np.ones(len(groups.sex), np.bool_)
        if self.nationality:
            right &= np.isin(groups.nationality, self.nationality)
        if self.sex:
            right &= np.isin(groups.sex, self.sex)
        if self.age:
            right &= (groups.age >= self.age[0]) & (groups.age <= min(self.age[1], NO_AGE - 1))
        return right

    def rows(self, records: Records) -> Bools:
        """Which rows are asked for, by the `columns` alone."""
        right = np.ones(len(records), np.bool_)
        if self.birth_year:  # 0 is not stated, and lies in no span
            low, high = self.birth_year
            right &= (records.birth_year >= max(low, 1)) & (records.birth_year <= high)
        if self.captured:
            right &= (records.captured_on >= self.captured[0]) & (records.captured_on <= self.captured[1])
        if self.provenance:
            right &= np.isin(records.provenance, self.provenance)
        return right

    def holds(self, records: Records) -> Bools:
        """Which rows are asked for, by all their columns: what the two others together must say."""
        return self.rows(records) & self.groups(Groups(records.nationality, ages(records), records.sex))


def _origin(number: int) -> str:
    return Provenance(number).name.lower().replace("_", "-")


def _several(read: Callable[[str], int]) -> Callable[[str], tuple[int, ...]]:
    return lambda text: tuple(sorted({read(each) for each in text.split(",")}))


def _span(text: str) -> Span:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return _forwards(int(match[1]), int(match[2]))


def _dates(text: str) -> Span:
    match = _DATES.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return _forwards(days(date.fromisoformat(match[1])), days(date.fromisoformat(match[2])))


def _forwards(least: int, most: int) -> Span:
    if least > most:
        raise _Backwards
    return least, most


_READ: dict[str, Callable[[str], tuple[int, ...]]] = {
    "nationality": _several(packed),
    "sex": _several(lambda word: int(Sex[word.upper()])),
    "age": _span,
    "birth_year": _span,
    "captured": _dates,
    "provenance": _several(lambda word: int(provenance(word))),
}
_EXAMPLES = {
    "nationality": "nationality=KOR,JPN",
    "sex": "sex=female,male",
    "age": "age=18-30",
    "birth_year": "birth_year=1980-1999",
    "captured": "captured=2020-01-01..2024-12-31",
    "provenance": "provenance=subject-upload",
}
