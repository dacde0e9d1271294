"""WHO IS IN IT: people and photos by nationality, sex and age; and who is missing. Pure.

Laws: nothing is told of fewer than `FLOOR` people, alone or by subtraction: each count is rounded down to a multiple of
it, the whole as its groups; a gap is named where a group is too small for an error rate of `CLAIM` to be shown at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from garim.corpus.values import U8, U16, UNSTATED, Bools, Sex, packed, unpacked

I64 = NDArray[np.int64]

FLOOR = 5
CLAIM = 0.01
# the gate's, so that its error rates stand beside (garim.gate.evaluate.groups: rooms beside this one are not imported)
BANDS = ((0, 17, "under 18"), (18, 24, "18-24"), (25, 34, "25-34"), (35, 44, "35-44"), (45, 54, "45-54"),
         (55, 64, "55-64"), (65, 200, "65 and over"))  # fmt: skip
NOT_STATED = "not stated"
AGES = (*(word for _, _, word in BANDS), NOT_STATED)
SEXES = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.OTHER: "other", Sex.UNSTATED: NOT_STATED}
_LOPSIDED = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """Cells side by side, each at most once: so many `subjects` and `photos` of this nationality, sex and age.

    `nationality` is packed, `age` an index of `AGES`, at the time of the photo.
    """

    nationality: U16
    sex: U8
    age: U8
    subjects: I64
    photos: I64

    def __post_init__(self) -> None:
        columns = (self.nationality, self.sex, self.age, self.subjects, self.photos)
        if any(column.shape != self.subjects.shape or column.ndim != 1 for column in columns):
            raise ValueError("composition: one cell a row")

    def only(self, cells: Bools) -> Composition:
        """These cells."""
        return Composition(
            self.nationality[cells], self.sex[cells], self.age[cells], self.subjects[cells], self.photos[cells]
        )


@dataclass(frozen=True, slots=True)
class Group:
    """One group's people and photos."""

    name: str
    subjects: int
    photos: int


def ages(birth_year: U16, year: U16 | int) -> U8:
    """Index into `AGES` of those born in `birth_year` (0: not stated), in `year`."""
    old = np.asarray(year, np.int64) - birth_year.astype(np.int64)
    lows = np.array([low for low, _, _ in BANDS])
    found = np.searchsorted(lows, np.maximum(old, 0), side="right") - 1
    return np.where((birth_year == 0) | (old < 0), AGES.index(NOT_STATED), found).astype(np.uint8)


def by_nationality(of: Composition) -> list[Group]:
    """The most people first; those who stated none last."""
    groups = _by(of, of.nationality, lambda code: NOT_STATED if code == packed(UNSTATED) else unpacked(code))
    return sorted(groups, key=lambda group: (group.name == NOT_STATED, -group.subjects, group.name))


def by_sex(of: Composition) -> list[Group]:
    """In the order of `SEXES`."""
    groups = {group.name: group for group in _by(of, of.sex, lambda code: SEXES[Sex(code)])}
    return [groups[name] for name in SEXES.values() if name in groups]


def by_age(of: Composition) -> list[Group]:
    """All of `AGES`, the empty ones too."""
    groups = {group.name: group for group in _by(of, of.age, lambda code: AGES[code])}
    return [groups.get(name, Group(name, 0, 0)) for name in AGES]


def _by(of: Composition, codes: U8 | U16, name: Callable[[int], str]) -> list[Group]:
    found, place = np.unique(codes, return_inverse=True)
    subjects, photos = (np.zeros(len(found), np.int64) for _ in range(2))
    np.add.at(subjects, place, of.subjects)
    np.add.at(photos, place, of.photos)
    return [Group(name(int(code)), int(s), int(p)) for code, s, p in zip(found, subjects, photos, strict=True)]


def told(count: int) -> str:
    """A count for people: rounded down to a multiple of `FLOOR`."""
    if count == 0:
        return "0"
    return f"{count // FLOOR * FLOOR:,}" if count >= FLOOR else f"fewer than {FLOOR}"


def rounded(count: int) -> int:
    """The same as a number; of fewer than `FLOOR` it is 0."""
    return count // FLOOR * FLOOR


def percent(share: float) -> str:
    """0.01 as 1%."""
    return f"{100 * share:.2g}%"


def needed(claim: float = CLAIM) -> int:
    """People without an error for whom 95 % confidence gives a rate of at most `claim`: 3 / claim (rule of three)."""
    return ceil(3 / claim)


def gaps(of: Composition, claim: float = CLAIM) -> list[str]:
    """Who is missing, in words, the largest groups' gaps first."""
    if not len(of.subjects):
        return ["Nobody is in it."]
    return [*_few(of, claim), *_lopsided(of), *_unstated(of)]


def _few(of: Composition, claim: float) -> Iterator[str]:
    least = needed(claim)
    for heading, groups in (
        ("sex", [group for group in by_sex(of) if group.name in ("female", "male")]),
        ("age", by_age(of)[:-1]),
        ("nationality", [group for group in by_nationality(of) if group.name != NOT_STATED]),
    ):
        none = [group.name for group in groups if not group.subjects]
        few = [f"{group.name} ({told(group.subjects)})" for group in groups if 0 < group.subjects < least]
        if none:
            yield f"By {heading}, nobody at all: {_named(none)}."
        if few:
            yield (
                f"By {heading}, fewer than {least:,} people, so that an error rate of {percent(claim)} cannot be shown "
                f"for them even where no error is seen: {_named(few)}."
            )


def _lopsided(of: Composition) -> Iterator[str]:
    found: dict[str, list[str]] = {"men": [], "women": []}
    for group in by_nationality(of):
        if group.name != NOT_STATED and (who := _many(of.only(of.nationality == packed(group.name)))):
            found[who].append(group.name)
    if who := _many(of):
        yield f"In all, more than 2 in 3 of those who state female or male are {who}."
    for who, names in found.items():
        if names:
            yield f"More than 2 in 3 of those who state female or male are {who} of {_named(names)}."


def _many(of: Composition) -> str | None:
    """Of which sex there are more than twice as many as of the other."""
    sizes = {each.name: each.subjects for each in by_sex(of)}
    (low, _), (high, who) = sorted([(sizes.get("female", 0), "women"), (sizes.get("male", 0), "men")])
    return who if high >= _LOPSIDED * FLOOR and high > _LOPSIDED * max(low, FLOOR) else None


def _unstated(of: Composition) -> Iterator[str]:
    whole = int(of.subjects.sum())
    for heading, groups in (("nationality", by_nationality(of)), ("sex", by_sex(of)), ("age", by_age(of))):
        missing = sum(group.subjects for group in groups if group.name == NOT_STATED)
        if missing >= FLOOR:
            share = f"{missing / whole:.0%}" if missing >= whole / 100 else "fewer than 1%"
            yield f"Of {share} of the people no {heading} is stated; about these nothing above says anything."


def _named(names: Sequence[str], most: int = 12) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
