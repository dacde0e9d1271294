"""What may be said of encounters: counts of people above a floor, from which no smaller one follows. Pure.

What a tracker calls a person may be a piece of one: who is lost from view and comes back is two, and so is who came to
two visits. Only who is there at the same moment is surely somebody else. So a count is the most that were there at
once, and over visits the largest of theirs: at least so many people, however few the pieces are of.

Laws: a count is told in fives, rounded down: 10 stands for 10 at least, 0 for fewer than five at once, nobody
included; that of everybody is never told so high that one of its "fewer than 5" could not be 0 by it; of each cell at
least three counts stay possible to whoever knows the whole table, how it is made, and that a longer time is within a
shorter one (tests/exposure/test_suppress.py tries all tables). One table is told of a case, and none of its parts,
since two tables could be subtracted.

Not promised: whoever knows who most of the people near were can tell that there was one more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.exposure.coarse import MINUTE
from garim.exposure.encounters import Nearness, summed
from garim.exposure.persons import Persons
from garim.exposure.positions import HZ, Mask

FLOOR = 5
THRESHOLDS_S = (60, 300, 900)
RINGS_M = (2, 4, 8, 16)
BIN_S = 300
MASKS = tuple(Mask)


@dataclass(frozen=True, slots=True)
class Table:
    """How many people at least, in fives: `by_mask` a row a state of `MASKS`, a column a threshold; `everybody`."""

    by_mask: tuple[tuple[int, ...], ...]
    everybody: tuple[int, ...]

    def __post_init__(self) -> None:
        rows = (*self.by_mask, self.everybody)
        if len(self.by_mask) != len(MASKS) or any(len(row) != len(THRESHOLDS_S) for row in rows):
            raise ValueError("table: a row a mask state, and a column a threshold")
        if any(count < 0 or count % FLOOR for row in rows for count in row):
            raise ValueError(f"table: counts in {FLOOR}s")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The true counts, which go nowhere but to `told`: `by_mask` i64[masks, thresholds], `everybody` i64[thresholds].

    Those of everybody are no sums: five with a mask and five without may be the same five, one after the other.
    """

    by_mask: NDArray[np.int64]
    everybody: NDArray[np.int64]


NONE = Counts(np.zeros((len(MASKS), len(THRESHOLDS_S)), np.int64), np.zeros(len(THRESHOLDS_S), np.int64))


def counted(near: Nearness) -> Counts:
    """How many people at least were near for each time, by mask: the most of them who were there at once."""
    each = summed(near)
    reached = (each.seconds[:, None] >= THRESHOLDS_S).sum(1)  # thresholds rise
    lengths = np.diff(each.first, append=len(near.rows))
    of_row = np.repeat(reached, lengths)
    mask = np.repeat(each.mask, lengths)
    sure = throughout(near.rows) & (of_row > 0)
    if not sure.any():
        return NONE
    kinds = len(MASKS) * len(THRESHOLDS_S)
    at = near.rows.at[sure] - near.rows.at[sure].min()
    kind = mask[sure] * len(THRESHOLDS_S) + of_row[sure] - 1
    there = np.bincount(at * kinds + kind, minlength=(at.max() + 1) * kinds)
    # whoever stayed for longer stayed for less as well
    there = there.reshape(-1, len(MASKS), len(THRESHOLDS_S))[..., ::-1].cumsum(-1)[..., ::-1]
    return Counts(there.max(0), there.sum(1).max(0))


def over_visits(each: Iterable[Counts]) -> Counts:
    """At least so many people in all visits together: who came to one may have come to the others."""
    all_of_them = [NONE, *each]
    by_mask = np.max([counts.by_mask for counts in all_of_them], axis=0)
    return Counts(by_mask, np.max([counts.everybody for counts in all_of_them], axis=0))


def throughout(rows: Persons) -> NDArray[np.bool_]:
    """Which rows' persons were surely there for the whole of what the row stands for.

    A row of a coarse minute was there at some time of it: that it has the minutes before and after says that it
    stayed. Two who took turns in one minute could be one.
    """
    same = rows.person[1:] == rows.person[:-1]
    joined = same & (rows.at[1:] - rows.at[:-1] == MINUTE)
    before, after = np.append(False, joined), np.append(joined, False)
    return np.asarray((rows.lasts <= 1) | (before & after)[: len(rows)])


def told(true: Counts) -> Table:
    """What of the true counts may be said."""
    by_mask, everybody = rounded(true.by_mask, true.everybody)
    return Table(tuple(map(tuple, by_mask.tolist())), tuple(everybody.tolist()))


def rounded(by_mask: NDArray[np.int64], everybody: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts i64[..., masks, thresholds] in fives, and those of everybody, told no higher than the laws allow."""
    fives = by_mask // FLOOR * FLOOR
    # if all but one were four over their five, the last could still be none
    most = (FLOOR - 1) * (by_mask.shape[-2] - 1) // FLOOR * FLOOR
    return fives, np.minimum(everybody // FLOOR * FLOOR, fives.sum(-2) + most)


def words(count: int) -> str:
    """A cell for people."""
    return f"{count} or more" if count else f"0 to {FLOOR - 1} at once"


def crowd(near: Nearness, start: int, stop: int) -> tuple[int | None, ...]:
    """In each whole 5 minutes from tick `start` to `stop`, the smallest ring that `FLOOR` people came into: m.

    None where there is no such ring: fewer of them were there at once, or the patient was not there. What counts of a
    distance d with the deviation s is its expected square, d^2 + 2 s^2.
    """
    smallest: list[int | None] = [None] * ((stop - start) // (BIN_S * HZ))
    number = (near.rows.at - start) // (BIN_S * HZ)
    inside = np.flatnonzero((number >= 0) & (number < len(smallest)))
    if not len(inside):
        return tuple(smallest)
    rows, number = near.rows.only(inside), number[inside]
    # rows are by person and time, so that each person's five minutes are one stretch
    first = np.flatnonzero(np.diff(rows.person * len(smallest) + number, prepend=-1))
    square = near.distance_m[inside] ** 2 + 2 * near.sd_m[inside] ** 2
    nearest = np.sqrt(np.minimum.reduceat(square, first))
    ring = np.repeat(np.searchsorted(RINGS_M, nearest), np.diff(first, append=len(rows)))
    sure = throughout(rows) & (ring < len(RINGS_M))
    tick = (rows.at - start)[sure]
    there = np.bincount(tick * len(RINGS_M) + ring[sure], minlength=len(smallest) * BIN_S * HZ * len(RINGS_M))
    at_once = there.reshape(len(smallest), -1, len(RINGS_M)).cumsum(-1).max(1)
    return tuple(next((r for r, n in zip(RINGS_M, row, strict=True) if n >= FLOOR), None) for row in at_once.tolist())
