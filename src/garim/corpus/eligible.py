"""HOW MANY MAY BE USED, and of whom: counts over a moment of the corpus.

Laws: a photo counts where its terms say yes to the question and its subject stands; what is counted here is what a
manifest of the same question lists, by the same rows; who may be told a count of few people is the caller's to decide
(`composition` has the floor).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.corpus.holdings import Holdings, Question, Slab
from garim.corpus.index import NO_AGE, Groups
from garim.corpus.values import U8, U16, U32, U64, Bools

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Photos by group, side by side: nationality packed, age at the photo (`NO_AGE`: not known), sex."""

    nationality: U16
    age: U8
    sex: U8
    photos: I64


def count(held: Holdings, question: Question) -> int:
    """How many photos `question` may have. Raises `Unreadable`."""
    yes = question.allowed(held.terms)
    if question.where.columns or question.where.of_groups:
        return sum(held.over(lambda slab: int(chosen(slab, held, question, yes).sum())))

    def of(slab: Slab) -> int:
        right = _of_terms(slab, yes)
        gone = slab.gone(held.withdrawn)
        withdrawn = int(right[slab.codes("term", checked=False)[gone]].sum()) if len(gone) else 0
        return int(slab.index.section("terms_rows")[right].sum()) - withdrawn

    return sum(held.over(of))


def by_group(held: Holdings, question: Question) -> Cells:
    """How many photos by nationality, age and sex; cells that have none are not there. Raises `Unreadable`."""
    yes = question.allowed(held.terms)

    def of(slab: Slab) -> tuple[U32, I64]:
        codes = slab.index.section("groups")
        rows = slab.codes("group", checked=False)[chosen(slab, held, question, yes)]
        return codes, np.bincount(rows, minlength=len(codes))

    return _cells(held.over(of))


def by_group_of_all(held: Holdings) -> Cells:
    """How many photos stand by nationality, age and sex, whatever they may be used for. Raises `Unreadable`."""

    def of(slab: Slab) -> tuple[U32, I64]:
        codes, rows = slab.index.section("groups"), slab.codes("group", checked=False)
        return codes, np.bincount(rows, minlength=len(codes)) - np.bincount(
            rows[slab.gone(held.withdrawn)], minlength=len(codes)
        )

    return _cells(held.over(of))


def people_by_group(held: Holdings, question: Question | None, bands: U8) -> Cells:
    """As `by_group`, but people instead of photos: of each cell, those with a photo in it.

    `bands` gives each of the 256 ages its band, and the cells have bands for ages: a person may be in two. None asks
    for all who stand. Raises `Unreadable`.
    """
    yes = question.allowed(held.terms) if question is not None else None

    # who has rows in a part and newer ones in none must count once: of them the pairs are told, not their number
    twice = np.unique(held.recent.subject)

    def of(slab: Slab) -> tuple[U32, I64, U64]:
        known = slab.groups()
        cells, place = np.unique(
            known.nationality.astype(np.uint32) << 10 | bands[known.age].astype(np.uint32) << 2 | known.sex,
            return_inverse=True,
        )
        rows = np.flatnonzero(chosen(slab, held, question, yes))
        whose = slab.index.people(rows).astype(np.int64)
        pairs = np.unique(whose * len(cells) + place[slab.codes("group", checked=False)[rows]])
        person, cell = pairs // len(cells), pairs % len(cells)
        again = np.isin(person, twice)
        told = person[again].astype(np.uint64) << 32 | cells[cell[again]]
        return cells, np.bincount(cell[~again], minlength=len(cells)), told

    told = held.over(of)
    both = np.unique(np.concatenate([np.zeros(0, np.uint64), *(pairs for _, _, pairs in told)]))
    codes, people = np.unique((both & 0xFFFFFFFF).astype(np.uint32), return_counts=True)
    return _cells([*((each, count) for each, count, _ in told), (codes, people)])


def chosen(slab: Slab, held: Holdings, question: Question | None, yes: Bools | None, *, checked: bool = False) -> Bools:
    """Of each row, whether it stands and `question` may have it. `checked`: the index's bytes are proven first."""
    if question is None or yes is None:
        rows = np.ones(slab.index.rows, np.bool_)
    else:
        rows = _of_terms(slab, yes)[slab.codes("term", checked=checked)]
        if question.where.of_groups:
            rows &= question.where.groups(slab.groups())[slab.codes("group", checked=checked)]
        if question.where.columns:
            rows &= question.where.rows(slab.read(question.where.columns))
    rows[slab.gone(held.withdrawn)] = False
    return rows


def _of_terms(slab: Slab, yes: Bools) -> Bools:
    """Of the terms that occur in a slab, which say yes."""
    terms = slab.index.section("terms")
    known = terms < len(yes)
    return known & yes[np.where(known, terms, 0)]


def _cells(told: Sequence[tuple[U32, I64]]) -> Cells:
    codes, place = np.unique(np.concatenate([np.zeros(0, np.uint32), *(each for each, _ in told)]), return_inverse=True)
    photos = np.zeros(len(codes), np.int64)
    np.add.at(photos, place, np.concatenate([np.zeros(0, np.int64), *(each for _, each in told)]))
    groups = Groups.of(codes[photos > 0])
    return Cells(groups.nationality, groups.age, groups.sex, photos[photos > 0])


__all__ = ["NO_AGE", "Cells", "by_group", "by_group_of_all", "chosen", "count", "people_by_group"]
