"""WHAT IS HELD AT ONE MOMENT, for reading: parts, what is not in parts yet, terms, and who does not stand any more.

Laws: nothing is read of a person but through here, where the withdrawn are taken out; what a row's terms are, where
the table does not know them, allows nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from garim.consent import Purpose
from garim.core.errors import Malformed
from garim.corpus import parts
from garim.corpus.bitmap import Withdrawn
from garim.corpus.index import Codes, Groups, Index
from garim.corpus.values import U64, Bools, Part, Records, Terms
from garim.corpus.where import Where

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """May `processor` use it for `purpose` at `at`? Of photos `where`; TEST consents count only with `test`."""

    purpose: Purpose
    processor: str
    at: datetime
    where: Where = field(default_factory=Where)
    test: bool = False

    def allowed(self, terms: Mapping[int, Terms]) -> Bools:
        """By number of terms, whether they say yes. Numbers that there are not say no."""
        yes = np.zeros(max(terms, default=0) + 1, np.bool_)
        for number, each in terms.items():
            yes[number] = each.allows(self.purpose, self.processor, self.at, test=self.test)
        return yes


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """One part, or the rows that are in none: its index, and how its columns are read."""

    index: Index
    read: Callable[[Sequence[str] | None], Records]
    photos: Callable[[], U64]

    def gone(self, withdrawn: Withdrawn) -> NDArray[np.int64]:
        """The rows of those who do not stand."""
        last = self.index.first + len(self.index.section("photos")) - 1
        return self.index.rows_of(withdrawn.numbers(self.index.first, last))

    def codes(self, name: str, *, checked: bool) -> Codes:
        """`term` or `group` of each row."""
        return self.index.section(name, checked=checked)

    def groups(self) -> Groups:
        """The groups that occur, by their place."""
        return Groups.of(self.index.section("groups"))


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """A moment of the corpus at `folder`. `parts` by subject; `recent` rows are in none; `terms` by their number."""

    folder: Path
    parts: tuple[Part, ...]
    recent: Records
    terms: Mapping[int, Terms]
    withdrawn: Withdrawn

    def standing_of(self, subject: int) -> Records:
        """The rows of one subject; none where they have withdrawn. Raises `Unreadable`."""
        return self.rows_of(subject) if subject not in self.withdrawn else Records.empty()

    def rows_of(self, subject: int) -> Records:
        """The rows of one subject whether they stand or not, for that subject's own eyes. Raises `Unreadable`."""
        found = [parts.rows_of(self.folder, each, subject) for each in self.parts if each.first <= subject <= each.last]
        recent = self.recent[self.recent.subject == subject]
        return parts.by_subject(Records.joined([*found, recent]))

    def over(self, job: Callable[[Slab], T]) -> list[T]:
        """What `job` gives of every slab, in the order of subjects; a thread a core. Raises `Unreadable`."""

        def each(part: Part) -> T:
            return self._of_part(part, job)

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            told = list(threads.map(each, self.parts))
        if len(self.recent):
            told.append(job(_in_memory(parts.by_subject(self.recent))))
        return told

    def _of_part(self, part: Part, job: Callable[[Slab], T]) -> T:
        def slab(index: Index) -> Slab:
            return Slab(
                index,
                lambda columns: parts.read(self.folder, part, columns),
                lambda: parts.photos(self.folder, part),
            )

        try:
            return job(slab(parts.index_of(self.folder, part)))
        except Malformed:  # a section of the index is damaged: all of it follows from the Parquet
            return job(slab(parts.derived(self.folder, part)))


def _in_memory(records: Records) -> Slab:
    return Slab(Index.derived(records, ""), lambda _: records, lambda: records.photo)
