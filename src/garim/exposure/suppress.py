"""What may be said of encounters: counts above a floor, from which no smaller one follows. Pure.

Laws: a count is told in fives, rounded down: 10 stands for 10 to 14, 0 for fewer than five, nobody included; the sum
over mask states is told as a lower bound, never so high that one of its "fewer than 5" could not be 0 by that sum; of
each cell at least three counts stay possible to whoever knows the whole table, how it is made, and that a longer time
is within a shorter one (tests/exposure/test_suppress.py tries all tables). One table is told of a case, and none of
its parts, since two tables could be subtracted.

Not promised: whoever knows who most of the people near were can tell that there was one more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.exposure.encounters import Encounter, Nearness
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


def counted(met: Sequence[Encounter]) -> NDArray[np.int64]:
    """The true table, i64[masks, thresholds], which goes nowhere but to `told`."""
    rows = [[(e.mask is mask) & (e.seconds >= least) for e in met] for mask in MASKS for least in THRESHOLDS_S]
    return np.array([sum(row) for row in rows], np.int64).reshape(len(MASKS), len(THRESHOLDS_S))


def told(true: NDArray[np.int64]) -> Table:
    """What of the true table may be said."""
    by_mask, everybody = rounded(true)
    return Table(tuple(map(tuple, by_mask.tolist())), tuple(everybody.tolist()))


def rounded(true: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The table i64[..., masks, thresholds] in fives, and the sum over masks, told no higher than the laws allow."""
    by_mask = true // FLOOR * FLOOR
    # if all but one were four over their five, the last could still be none
    most = (FLOOR - 1) * (true.shape[-2] - 1) // FLOOR * FLOOR
    everybody = np.minimum(true.sum(-2) // FLOOR * FLOOR, by_mask.sum(-2) + most)
    return by_mask, everybody


def words(count: int) -> str:
    """A cell for people."""
    return f"{count} to {count + FLOOR - 1}" if count else f"fewer than {FLOOR}"


def words_of_sum(count: int) -> str:
    """A sum for people, which is a lower bound."""
    return f"{count} or more" if count else f"fewer than {FLOOR}"


def crowd(near: Nearness, start: int, stop: int) -> tuple[int | None, ...]:
    """In each 5 minutes from tick `start` to `stop`, the smallest ring that `FLOOR` people came into: m.

    None where there is no such ring: fewer came near, or the patient was not there. What counts of a distance d with
    the deviation s is its expected square, d^2 + 2 s^2.
    """
    smallest: list[int | None] = [None] * -((start - stop) // (BIN_S * HZ))
    if not len(near.rows):
        return tuple(smallest)
    bin_of = (near.rows.at - start) // (BIN_S * HZ)
    # rows are by person and time, so that each person's five minutes are one stretch
    first = np.flatnonzero(np.diff(near.rows.person * len(smallest) + bin_of, prepend=-1))
    nearest = np.sqrt(np.minimum.reduceat(near.distance_m**2 + 2 * near.sd_m**2, first))
    for number in range(len(smallest)):
        came = np.sort(nearest[bin_of[first] == number])
        if len(came) >= FLOOR:
            smallest[number] = next((ring for ring in RINGS_M if came[FLOOR - 1] <= ring), None)
    return tuple(smallest)
