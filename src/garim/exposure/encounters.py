"""Who was how near to one person for how long, without saying who. Pure.

The difference of two positions with deviations s and t along either axis is normal about their distance d, with
v = s^2 + t^2; that it is shorter than R has the probability F(R^2/v; 2, d^2/v) of a noncentral chi-square with two
degrees of freedom (the Rice distribution). Summed over time it is the expected number of seconds within R.

Laws: of two people either has the same encounter with the other; nearer or longer is never less; cutting a track
changes nothing; an encounter has no number, clock time, crop or colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtr

from garim.exposure.persons import Metres, Persons
from garim.exposure.positions import HZ, Mask

WITHIN_M = 2.0
_SURE = 7.0  # deviations from the line beyond which nothing is left to compute
_EXACT_M = 0.001  # a deviation below which a position is taken as known
_KNOWN = (Mask.WORN, Mask.ABSENT, Mask.INCORRECT)
VOTES = 6
"""Half seconds near, with a mask state that something saw, below which none is said."""
SHARE = 2 / 3
"""Of those votes, what one state must have."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """One other person: expected `seconds` within the distance, `closest_m` metres, the `mask` while near.

    `probability` is that of having been within the distance at the likeliest moment.
    """

    seconds: float
    closest_m: float
    probability: float
    mask: Mask


def within(distance_m: Metres, sd_m: Metres, limit_m: float = WITHIN_M) -> Metres:
    """The probability that two positions `distance_m` apart, their difference of deviation `sd_m`, are nearer."""
    likely = (distance_m < limit_m).astype(np.float64)
    unsure = (np.abs(distance_m - limit_m) < _SURE * sd_m) & (sd_m >= _EXACT_M)
    sd = sd_m[unsure]
    likely[unsure] = chndtr((limit_m / sd) ** 2, 2, (distance_m[unsure] / sd) ** 2)
    return likely


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """`rows` of others at moments of one person; how many metres away each was, and that difference's deviation."""

    rows: Persons
    distance_m: Metres
    sd_m: Metres


def nearness(patient: Persons, others: Persons) -> Nearness:
    """How near each of `others` was to `patient`, whenever both were there.

    Raises `ValueError` where the rows of `patient` are of more than one.
    """
    if (np.diff(patient.at) <= 0).any():
        raise ValueError("nearness: to one person")
    if not len(patient):
        return Nearness(others.only(np.zeros(len(others), bool)), np.empty(0), np.empty(0))
    start = patient.at[0]
    row_at = np.zeros(patient.at[-1] - start + 1, np.int64)
    row_at[patient.at - start] = np.arange(len(patient))
    own = row_at.take(others.at - start, mode="clip")
    both = patient.at.take(own) == others.at
    rows, own = others.only(both), own[both]
    off = rows.xy - patient.xy.take(own, 0)
    # not hypot, which takes five times as long against overflows that metres do not have
    return Nearness(rows, np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2), np.sqrt(rows.sd**2 + patient.sd.take(own) ** 2))


def encounters(
    patient: Persons, others: Persons, *, within_m: float = WITHIN_M, hz: float = HZ
) -> tuple[Encounter, ...]:
    """What each of `others` had with `patient`, whose rows are of one person; who was never near is left out.

    `hz` is how many ticks make a second. Raises `ValueError` where `patient` is more than one.
    """
    return met(summed(nearness(patient, others), within_m=within_m, hz=hz))


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """Arrays side by side, one person each: where their rows begin in the `Nearness`, and what an `Encounter` has."""

    first: NDArray[np.int64]
    seconds: Metres
    closest_m: Metres
    probability: Metres
    mask: NDArray[np.int64]


def summed(near: Nearness, *, within_m: float = WITHIN_M, hz: float = HZ) -> Summed:
    """What each person had with the one whom they were near to, or were not."""
    first = np.flatnonzero(np.diff(near.rows.person, prepend=-1))
    if not len(first):
        return Summed(first, np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64))
    likely = within(near.distance_m, near.sd_m, within_m)
    lasting = likely * near.rows.lasts
    return Summed(
        first,
        np.add.reduceat(lasting, first) / hz,
        np.minimum.reduceat(near.distance_m, first),
        np.maximum.reduceat(likely, first),
        _votes(near.rows.mask, lasting, first),
    )


def met(each: Summed) -> tuple[Encounter, ...]:
    """The same without those who were never near."""
    came = np.flatnonzero(each.seconds > 0)
    columns = (column[came].tolist() for column in (each.seconds, each.closest_m, each.probability, each.mask))
    return tuple(Encounter(time, away, sure, Mask(mask)) for time, away, sure, mask in zip(*columns, strict=True))


def _votes(mask: NDArray[np.uint8], weight: Metres, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """What each person's moments near say of a mask; undecided is unknown."""
    votes = np.stack([np.add.reduceat(weight * (mask == state), first) for state in _KNOWN], 1)
    total, winner = votes.sum(1), votes.argmax(1)
    decided = (total >= VOTES) & (votes.max(1) >= SHARE * total)
    return np.where(decided, np.array(_KNOWN)[winner], Mask.UNKNOWN)
