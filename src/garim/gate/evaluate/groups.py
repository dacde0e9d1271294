"""By which groups errors are told, so that no number is of fewer than `FLOOR` people. Pure.

Laws: a group of fewer is told with the next smallest ones, as "others", until those are `FLOOR`: alone it would follow
from the whole and the rest. A way to group whose groups differ from another way's by fewer than `FLOOR` people is not
told at all: who subtracts the two, or sums of their groups, would have them. Who is alike in every way is told of
under the same rule: in clusters of `FLOOR`, and so that each group has nobody besides them, or `FLOOR` others.

Not promised: that nothing follows from three ways together, or from two evaluations of nearly the same set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.recognise.counts import FLOOR

I64 = NDArray[np.int64]

_UNIONS = 12  # groups of which every union is looked at; of more, each overlap is held to the floor: stricter

OTHERS, NOT_STATED = "others", "not stated"
BANDS = ((0, 17, "under 18"), (18, 24, "18-24"), (25, 34, "25-34"), (35, 44, "35-44"), (45, 54, "45-54"),
         (55, 64, "55-64"), (65, 200, "65 and over"))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way to group: its `name`, the groups' `names`, and which each subject is in: `codes` i64[n]."""

    name: str
    names: tuple[str, ...]
    codes: I64

    def sizes(self, among: NDArray[np.bool_]) -> tuple[int, ...]:
        """Subjects by group, of those that `among` bool[n] has."""
        return tuple(np.bincount(self.codes[among], minlength=len(self.names)).tolist())


def band(born: int | None, year: int) -> str:
    """The age in `year`, in bands; empty where it is not stated."""
    if born is None:
        return ""
    return next((word for low, high, word in BANDS if low <= year - born <= high), "")


def way(name: str, labels: Sequence[str], counted: NDArray[np.bool_]) -> Way:
    """Groups of `FLOOR` at least of those whom `counted` bool[n] has, the small ones put together."""
    words = [label or NOT_STATED for label in labels]
    sizes = Counter(dict.fromkeys(words, 0))
    sizes.update(word for word, there in zip(words, counted, strict=True) if there)
    small = {word for word, size in sizes.items() if size < FLOOR}
    rest = sorted((size, word) for word, size in sizes.items() if word not in small)
    while small and rest and sum(sizes[word] for word in small) < FLOOR:
        small.add(rest.pop(0)[1])
    names = [word for _, word in sorted(rest, key=lambda row: (row[1] == NOT_STATED, _place(row[1])))]
    if small:
        names.append(OTHERS)
    number = {word: names.index(OTHERS if word in small else word) for word in sizes}
    return Way(name, tuple(names), np.array([number[word] for word in words], np.int64))


def _place(word: str) -> tuple[int, str]:
    return next((low for low, _, band in BANDS if band == word), 0), word


def told(ways: Iterable[Way], populations: Sequence[NDArray[np.bool_]]) -> tuple[list[Way], list[str]]:
    """The ways that may be told, and the names of those that may not, since one follows from another.

    `populations` are bool[n]: of whom numbers are told.
    """
    kept, withheld = list[Way](), list[str]()
    for new in ways:
        if len(new.names) < 2 or any(_singles_out(new, old, among) for old in kept for among in populations):
            withheld.append(new.name)
        else:
            kept.append(new)
    return kept, withheld


def _singles_out(a: Way, b: Way, among: NDArray[np.bool_]) -> bool:
    table = np.zeros((len(a.names), len(b.names)), np.int64)
    np.add.at(table, (a.codes[among], b.codes[among]), 1)
    return _nearly_covers(table) or _nearly_covers(table.T)


def _nearly_covers(table: I64) -> bool:
    """Whether the groups (columns) that hold all of some groups (rows) hold hardly anybody else: counts add up."""
    if len(table) > _UNIONS:
        return bool(((table > 0) & (table < FLOOR)).any())
    chosen = np.arange(1, 1 << len(table))[:, None] >> np.arange(len(table)) & 1
    held = (chosen @ (table > 0) > 0).astype(np.int64)
    left = held @ table.sum(axis=0) - chosen @ table.sum(axis=1)
    return bool(((left > 0) & (left < FLOOR)).any())


def similar(labels: Sequence[Sequence[str]], ways: I64) -> I64:
    """A number for those who state the same in every one of `labels`, each of n; -1 for who is told of with nobody.

    `ways` i64[w,n] are the ways that are told. Where a group has fewer than `FLOOR` people besides those who are alike,
    they would follow from the two: the smallest cluster in it is not told, and so they are more.
    """
    each = list(zip(*labels, strict=True))
    sizes = Counter(each)
    cluster = sorted(key for key, size in sizes.items() if size >= FLOOR and all(key))
    number = {key: place for place, key in enumerate(cluster)}
    found = np.array([number.get(key, -1) for key in each], np.int64)
    for way in (np.zeros(len(each), np.int64), *ways):
        for group in range(int(way.max(initial=0)) + 1):
            inside = found[way == group]
            if 0 < (inside < 0).sum() < FLOOR and (inside >= 0).any():
                # a cluster lies in one group of each way, so others only become more, and by `FLOOR` at least
                clusters, count = np.unique(inside[inside >= 0], return_counts=True)
                found[found == clusters[count.argmin()]] = -1
    kept = np.unique(found[found >= 0])
    return np.where(found >= 0, np.searchsorted(kept, found), -1)
