"""The long way round, by one large inverse, comes to the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.exposure.chain import solved

F64 = NDArray[np.float64]
SIDE = 3


def whole(diagonal: F64, upper: F64) -> F64:
    k = len(diagonal)
    matrix = np.zeros((k * SIDE, k * SIDE))
    for i in range(k):
        own = slice(i * SIDE, (i + 1) * SIDE)
        matrix[own, own] = diagonal[i]
        if i + 1 < k:
            after = slice((i + 1) * SIDE, (i + 2) * SIDE)
            matrix[own, after], matrix[after, own] = upper[i], upper[i].T
    return matrix


def chain(rng: np.random.Generator, k: int) -> tuple[F64, F64]:
    """Any chain of this length that is positive definite: a product of one factor with itself."""
    own, before = rng.normal(size=(k, SIDE, SIDE)), rng.normal(size=(k, SIDE, SIDE))
    before[0] = 0
    diagonal = own @ own.transpose(0, 2, 1) + before @ before.transpose(0, 2, 1) + np.eye(SIDE)
    return diagonal, own[:-1] @ before[1:].transpose(0, 2, 1)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_it_is_the_inverse(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    diagonal, upper = chain(rng, k)
    right = rng.normal(size=(k, SIDE, 2))
    inverse = np.linalg.inv(whole(diagonal, upper))
    x, own = solved(diagonal, upper, right)
    assert x.reshape(-1, 2) == pytest.approx(inverse @ right.reshape(-1, 2), rel=1e-6, abs=1e-6)
    blocks = [inverse[i * SIDE : (i + 1) * SIDE, i * SIDE : (i + 1) * SIDE] for i in range(k)]
    assert own == pytest.approx(np.stack(blocks), rel=1e-6, abs=1e-6)


def test_two_chains_solved_as_one_are_each_as_alone() -> None:
    rng = np.random.default_rng(1)
    (d1, u1), (d2, u2) = chain(rng, 5), chain(rng, 8)
    right = rng.normal(size=(13, SIDE, 1))
    x, own = solved(np.concatenate([d1, d2]), np.concatenate([u1, np.zeros((1, SIDE, SIDE)), u2]), right)
    for diagonal, upper, rows in ((d1, u1, slice(0, 5)), (d2, u2, slice(5, 13))):
        alone, own_alone = solved(diagonal, upper, right[rows])
        assert x[rows] == pytest.approx(alone) and own[rows] == pytest.approx(own_alone)
