"""DISTANCES -> HOW WELL SOMEBODY TELLS PEOPLE APART. Pure; totals alone come out. Needs numpy, and nothing of Garim's.

Row i, column j of a square of distances is between one photo of person i and another of person j: its diagonal has the
genuine pairs, the rest is of impostors. AUC is the share of (genuine, impostor) in which the genuine pair is nearer, a
tie counting half: 1 names everybody, 0.5 is a coin. Its interval is of people drawn again with replacement, not of
pairs: pairs that share a person are no independent witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
BETWEEN = (2.5, 97.5)  # per cent of the draws
DIGITS = 6  # of a distance; what differs by less differs by the order of a sum

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Told:
    """AUC over so many `people`, and the ends of its interval."""

    auc: float
    low: float
    high: float
    people: int

    @property
    def chance(self) -> bool:
        """Whether a coin is within the interval."""
        return self.low <= 0.5 <= self.high


def told(distance: F64, *, draws: int = DRAWS) -> Told:
    """AUC of distances f64[n,n]. Raises ValueError for fewer than two people."""
    people = len(distance)
    if distance.shape != (people, people) or people < 2:
        raise ValueError("told: a square of two people's distances at least")
    nearer = _nearer(distance)
    auc = _weighted(nearer, np.ones((1, people)))[0]
    random = np.random.default_rng(9)
    drawn = random.multinomial(people, np.full(people, 1 / people), draws).astype(np.float64)
    # a draw that is one person many times has no impostor
    low, high = np.percentile(_weighted(nearer, drawn[(drawn > 0).sum(axis=1) > 1]), BETWEEN)
    return Told(float(auc), float(low), float(high), people)


def _nearer(distance: F64) -> NDArray[np.float32]:
    """How genuine pair g fares beside impostors i, j: 1 where it is nearer, .5 where alike: f32[g,i,j]."""
    exact = np.round(distance, DIGITS)
    own = np.diagonal(exact)[:, None, None]
    won = (own < exact).astype(np.float32) + np.float32(0.5) * (own == exact)
    own_place = np.arange(len(exact))
    won[:, own_place, own_place] = 0
    return np.asarray(won)


def _weighted(nearer: NDArray[np.float32], weights: F64) -> F64:
    """AUC for each row of `weights`, how often each person was drawn: f64[draws]."""
    people = len(nearer)
    won = (weights.astype(np.float32) @ nearer.reshape(people, -1)).reshape(-1, people, people)
    total = np.einsum("dij,di,dj->d", won, weights, weights, optimize=True)
    genuine = weights.sum(axis=1)
    return np.asarray(total / (genuine * (genuine**2 - (weights**2).sum(axis=1))))


def apart(gallery: F64, probes: F64) -> F64:
    """Euclid's distances between rows f64[n,d] and f64[m,d]: f64[n,m]."""
    return np.asarray(np.stack([np.linalg.norm(probes - one, axis=1) for one in gallery]))


def extent(changed: Mask) -> F64:
    """Middle, width and height of the box round what `changed` bool[h,w] says: f64[4] px; zeros where it says none."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        return np.zeros(4)
    x1, x2, y1, y2 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], np.float64)


def scaled(*tables: F64) -> list[F64]:
    """Each column of f64[n,d] in its standard deviations over all `tables`; one that never varies stays as it is."""
    spread = np.concatenate(tables).std(axis=0)
    return [table / np.where(spread > 0, spread, 1) for table in tables]
