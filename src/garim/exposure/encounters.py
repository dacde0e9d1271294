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
    sure = (np.abs(distance_m - limit_m) >= _SURE * sd_m) | (sd_m < _EXACT_M)
    safe = np.where(sure, 1.0, sd_m)
    likely = chndtr((limit_m / safe) ** 2, 2, (np.where(sure, 0.0, distance_m) / safe) ** 2)
    return np.where(sure, distance_m < limit_m, likely)


def encounters(
    patient: Persons, others: Persons, *, within_m: float = WITHIN_M, hz: float = HZ
) -> tuple[Encounter, ...]:
    """What each of `others` had with `patient`, whose rows are of one person; who was never near is left out.

    `hz` is how many ticks make a second. Raises `ValueError` where `patient` is more than one.
    """
    if (np.diff(patient.at) <= 0).any():
        raise ValueError("encounters: of one person")
    rows, own = _together(patient, others)
    near = others.only(rows)
    distance = np.hypot(*(near.xy - patient.xy[own]).T)
    likely = within(distance, np.hypot(near.sd, patient.sd[own]), within_m)
    first = np.flatnonzero(np.diff(near.person, prepend=-1))
    if not len(first):
        return ()
    seconds = np.add.reduceat(likely * near.lasts, first) / hz
    closest = np.minimum.reduceat(distance, first)
    best = np.maximum.reduceat(likely, first)
    masks = _votes(near.mask, likely * near.lasts, first)
    rows_of = zip(seconds.tolist(), closest.tolist(), best.tolist(), masks, strict=True)
    return tuple(Encounter(*row) for row in rows_of if row[0] > 0)


def nearness(patient: Persons, others: Persons) -> tuple[Persons, Metres]:
    """The rows of `others` at moments of `patient`, and how many metres each was away."""
    rows, own = _together(patient, others)
    near = others.only(rows)
    return near, np.hypot(*(near.xy - patient.xy[own]).T)


def _together(patient: Persons, others: Persons) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which rows of `others` fall on moments of `patient`, and on which of its rows each."""
    if not len(patient):
        return np.zeros(len(others), bool), np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(patient.at, others.at), len(patient) - 1)
    rows = patient.at[at] == others.at
    return rows, at[rows]


def _votes(mask: NDArray[np.uint8], weight: Metres, first: NDArray[np.int64]) -> list[Mask]:
    """What each person's moments near say of a mask; undecided is unknown."""
    votes = np.stack([np.add.reduceat(weight * (mask == state), first) for state in _KNOWN], 1)
    total, winner = votes.sum(1), votes.argmax(1)
    decided = (total >= VOTES) & (votes.max(1) >= SHARE * total)
    return [_KNOWN[number] if sure else Mask.UNKNOWN for number, sure in zip(winner, decided, strict=True)]
