"""Noise that hides whether one track was there: discrete Laplace, drawn by OpenDP, and what may be claimed of it.

Laws: the noise comes from the operating system's randomness and has no seed; what is claimed is computed from the
mechanism that drew it. One track in one hour of one camera moves one count by one: that, and no more, is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import opendp.prelude as dp

LEAST, MOST = 0.01, 2.0  # epsilon: below, noise of hundreds; above, most counts are the true ones

dp.enable_features("contrib")  # discrete noise stands there, its proof published with it


@dataclass(frozen=True, slots=True)
class Claim:
    """What holds of counts that were noised with `epsilon`. Raises `ValueError` outside 0.01 to 2."""

    epsilon: float

    def __post_init__(self) -> None:
        if not LEAST <= self.epsilon <= MOST:
            raise ValueError(f"epsilon is between {LEAST} and {MOST:g}: 1 is usual, and smaller hides more")

    @property
    def error(self) -> float:
        """The expected absolute error: 2p / (1 - p²), p = exp(-epsilon)."""
        p = math.exp(-self.epsilon)
        return 2 * p / (1 - p * p)

    @property
    def band(self) -> int:
        """By how much 95 of 100 counts are off at most: the least k with P(|noise| > k) = 2pᵏ⁺¹ / (1 + p) <= 0.05."""
        p = math.exp(-self.epsilon)
        return max(0, math.ceil(math.log(0.05 * (1 + p) / 2, p)) - 1)

    def lines(self) -> tuple[str, ...]:
        """The claim in words, a sentence a line."""
        return (
            "How many unnamed tracks a camera saw in an hour (UTC), with noise. Unnamed is not anonymous.",
            f"Noise: discrete Laplace by OpenDP, epsilon {self.epsilon:g} for one track in one hour (event-level).",
            f"Expected absolute error {self.error:.2f}; 95 of 100 counts are off by {self.band} at most.",
            "Not bounded: somebody who comes back, whose track breaks, or who passes another camera is counted again.",
            "Counts below zero are noise and stand as drawn: lifted to zero, sums over hours would come out too high.",
            "An hour without footage has no count: that is not zero people. watched_s is how much of it was watched.",
        )


def noised(counts: Sequence[int], claim: Claim) -> list[int]:
    """`counts` with noise of its own on each, for an L1 distance of 1 between neighbouring `counts`."""
    drawn: list[int] = mechanism(claim)([int(count) for count in counts])
    return drawn


def mechanism(claim: Claim) -> dp.Measurement:
    """OpenDP's mechanism of which it proves no larger loss than is claimed."""
    space = dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l1_distance(T=dp.i64)
    scale = 1 / claim.epsilon
    made = dp.m.make_laplace(*space, scale=scale)
    while _loss(made) > claim.epsilon:  # 1 / (1 / 0.7) is more than 0.7
        scale = math.nextafter(scale, math.inf)
        made = dp.m.make_laplace(*space, scale=scale)
    return made


def _loss(mechanism: dp.Measurement) -> float:
    """The epsilon that OpenDP proves of `mechanism` for neighbours at a distance of 1."""
    loss: float = mechanism.map(1)  # type: ignore[no-untyped-call]  # as OpenDP ships it
    return loss
