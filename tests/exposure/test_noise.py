"""The noise is the discrete Laplace that is claimed: by a chi-square test whose false alarm is one in a billion."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from garim.exposure.noise import LEAST, MOST, Claim, _loss, mechanism, noised

DRAWS = 20_000
FALSE_ALARM = 1e-9


def chance(noise: int, epsilon: float) -> float:
    """P(noise) of the discrete Laplace: (1 - p) / (1 + p) p^|noise|, p = exp(-epsilon)."""
    p = math.exp(-epsilon)
    return (1 - p) / (1 + p) * p ** abs(noise)


def misfit(drawn: list[int], epsilon: float) -> float:
    """The chi-square's probability of `drawn` noise, its tails of fewer than 20 expected taken together."""
    edge = max(k for k in range(200) if len(drawn) * chance(k, epsilon) / (1 - math.exp(-epsilon)) >= 20)
    found = Counter(max(-edge, min(edge, noise)) for noise in drawn)
    inner = {k: chance(k, epsilon) for k in range(1 - edge, edge)}
    wanted = inner | dict.fromkeys((-edge, edge), (1 - sum(inner.values())) / 2)
    square = sum((found[k] - len(drawn) * share) ** 2 / (len(drawn) * share) for k, share in wanted.items())
    return float(chi2.sf(square, len(wanted) - 1))


@pytest.mark.parametrize("epsilon", [0.3, 1.0, 2.0])
def test_the_noise_is_the_one_that_is_claimed(epsilon: float) -> None:
    claim = Claim(epsilon)
    drawn = [count - 7 for count in noised([7] * DRAWS, claim)]
    assert misfit(drawn, epsilon) > FALSE_ALARM
    # the same test sees noise of another size: it is not just wide
    assert misfit(drawn, epsilon * 1.25) < FALSE_ALARM
    assert misfit([0] * DRAWS, epsilon) < FALSE_ALARM
    # seven standard errors of a mean of |noise|, whose variance is below E[noise^2] = 2p / (1 - p)^2
    p = math.exp(-epsilon)
    wide = 7 * math.sqrt(2 * p / (1 - p) ** 2 / DRAWS)
    assert abs(sum(map(abs, drawn)) / DRAWS - claim.error) < wide


def test_each_count_has_noise_of_its_own_and_each_time_another() -> None:
    claim = Claim(0.1)
    one, two = noised([50] * 400, claim), noised([50] * 400, claim)
    assert one != two
    assert len(set(one)) > 10
    ups = sum((a > 50) == (b > 50) for a, b in pairwise(one))
    assert 100 < ups < 300  # neighbours agree as often as not


@given(st.floats(LEAST, MOST))
def test_what_is_claimed_follows_from_epsilon(epsilon: float) -> None:
    claim = Claim(epsilon)
    assert claim.error == pytest.approx(sum(abs(k) * chance(k, epsilon) for k in range(-6000, 6001)), rel=1e-6)
    beyond = 1 - sum(chance(k, epsilon) for k in range(-claim.band, claim.band + 1))
    assert beyond <= 0.05 + 1e-9
    if claim.band:
        assert 1 - sum(chance(k, epsilon) for k in range(1 - claim.band, claim.band)) > 0.05 - 1e-9
    assert any(f"epsilon {epsilon:g} for one track in one hour (event-level)" in line for line in claim.lines())


@pytest.mark.parametrize("epsilon", [0.0, -1.0, 0.009, 2.01, 10.0, math.inf, math.nan])
def test_an_epsilon_that_hides_nobody_is_none(epsilon: float) -> None:
    with pytest.raises(ValueError, match="between"):
        Claim(epsilon)


def test_no_count_needs_no_noise_and_a_large_one_does_not_overflow() -> None:
    assert noised([], Claim(1)) == []
    (large,) = noised([2**62], Claim(1))
    assert abs(large - 2**62) < 100


@pytest.mark.parametrize("epsilon", [0.7, 1 / 3, 1.1])
def test_rounding_never_makes_the_loss_larger_than_claimed(epsilon: float) -> None:
    """OpenDP's own proof, of a scale of 1 / 0.7, is of a hair more than 0.7."""
    assert _loss(mechanism(Claim(epsilon))) <= epsilon
    assert _loss(mechanism(Claim(epsilon))) == pytest.approx(epsilon)
