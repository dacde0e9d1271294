"""WALKS AGAINST THE TRUTH: who met whom for how long. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from garim.exposure.encounters import WITHIN_M, within
from garim.exposure.smooth import Walk

F64 = NDArray[np.float64]
Pair = tuple[int, int]

CONTACT_S = 3.0  # from which two people met
SAME_M = 1.0  # a walk is of the person whom it is as near as this, most of the time
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where each of n people was: `xy` f64[t,n,2] m at `at` f64[t] s, evenly apart; NaN where they were not there."""

    at: F64
    xy: F64


@dataclass(frozen=True, slots=True)
class Score:
    """Of `pairs` that met, `found`; `false` ones that did not, of which `ghosts` are with nobody or with oneself.

    `seconds` of all true pairs, as found, where there are `true_seconds`. `error_m`: median and p90. `squared`: the
    mean squared error over what the deviation says, 1 where it is honest and nobody was taken for another; `beyond`:
    the share outside the ellipse that is to hold 90 %, .1 where it is honest.
    """

    people: int
    tracks: int
    pairs: int
    found: int
    false: int
    ghosts: int
    true_seconds: float
    seconds: float
    error_m: tuple[float, float]
    squared: float
    beyond: float
    switches: int


def scored(walks: Sequence[Walk], truth: Truth, *, expected: bool = False) -> Score:
    """How right `walks` are; `expected`: seconds by the probability of being within 2 m, as a case counts them."""
    real = met(truth.xy, truth.at)
    owners, errors, sds, switches = [], [], [], 0
    for walk in walks:
        owner, off, changes = _owner(walk, truth)
        owners.append(owner)
        switches += changes
        if owner != NOBODY:
            there = np.isfinite(off)
            errors.append(off[there])
            sds.append(walk.sd[there])
    seconds = _seconds(walks, truth.at, expected=expected)
    by_person: dict[Pair, float] = {}
    ghosts = 0
    for (a, b), lasted in seconds.items():
        pair = (min(owners[a], owners[b]), max(owners[a], owners[b]))
        if pair[0] == NOBODY or pair[0] == pair[1]:
            ghosts += lasted >= CONTACT_S
        else:
            by_person[pair] = by_person.get(pair, 0.0) + lasted
    contacts = {pair for pair, lasted in by_person.items() if lasted >= CONTACT_S}
    error, sd = (np.concatenate(part) if part else np.array([np.nan]) for part in (errors, sds))
    return Score(
        people=truth.xy.shape[1],
        tracks=len(walks),
        pairs=len(real),
        found=len(contacts & set(real)),
        false=len(contacts - set(real)) + ghosts,
        ghosts=ghosts,
        true_seconds=sum(real.values()),
        seconds=sum(by_person.get(pair, 0.0) for pair in real),
        error_m=(float(np.median(error)), float(np.quantile(error, 0.9))),
        squared=float(np.mean(error**2 / 2 / sd**2)),
        beyond=float(np.mean(error**2 / 2 / sd**2 > np.log(10))),
        switches=switches,
    )


def met(xy: F64, at: F64, least_s: float = CONTACT_S) -> dict[Pair, float]:
    """Seconds within 2 m of each pair of people who met, from f64[t,n,2] at `at`."""
    step = float(at[1] - at[0])
    lasted = {(a, b): within_2m(xy[:, a], xy[:, b]) * step for a, b in combinations(range(xy.shape[1]), 2)}
    return {pair: seconds for pair, seconds in lasted.items() if seconds >= least_s - 1e-9}


def within_2m(one: F64, other: F64) -> int:
    """At how many moments."""
    return int((np.hypot(*(one - other).T) < WITHIN_M).sum())


def _seconds(walks: Sequence[Walk], at: F64, *, expected: bool) -> dict[Pair, float]:
    """Of each pair of walks, at the truth's own moments."""
    step = float(at[1] - at[0])
    places = [np.stack([_at(walk, side, at) for side in walk.xy.T], axis=1) for walk in walks]
    sds = [_at(walk, walk.sd, at) for walk in walks]
    answer = {}
    for a, b in combinations(range(len(walks)), 2):
        apart = np.hypot(*(places[a] - places[b]).T)
        both = np.isfinite(apart)
        if both.any():
            sd = np.hypot(sds[a], sds[b])[both] if expected else np.zeros(int(both.sum()))
            answer[a, b] = float(within(apart[both], sd).sum()) * step
    return answer


def _at(walk: Walk, values: F64, at: F64) -> F64:
    return np.asarray(np.interp(at, walk.at, values, left=np.nan, right=np.nan))


def _owner(walk: Walk, truth: Truth) -> tuple[int, F64, int]:
    """Who it is, how far off at each moment f64[k] m, and how often it goes over to somebody else."""
    there = np.stack(
        [
            np.stack([np.interp(walk.at, truth.at, person[:, side]) for side in (0, 1)], axis=1)
            for person in np.moveaxis(truth.xy, 1, 0)
        ]
    )
    off = np.hypot(*np.moveaxis(there - walk.xy, 2, 0))
    filled = np.where(np.isfinite(off), off, np.inf)
    nearest, near = filled.argmin(axis=0), filled.min(axis=0) < SAME_M
    if not near.any():
        return NOBODY, off[0], 0
    owner = int(np.bincount(nearest[near]).argmax())
    if (near & (nearest == owner)).sum() < len(near) / 2:
        return NOBODY, off[0], 0
    # two who stand together are not told apart by who is nearer
    left = near & (filled[owner] >= SAME_M)
    return owner, off[owner], int((np.diff(left.astype(int)) == 1).sum())
