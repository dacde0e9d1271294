"""How often a peer errs, on planted templates: the threshold, the errors there, the interval, the cost of one more."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._gate_sums import each, errors, rate


def _angles(*degrees: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1)


def test_nobody_is_mistaken_where_all_are_apart() -> None:
    found = errors(_angles(0, 90, 180), 7 * _angles(5, 95, 185), 0.0)  # how long a template is does not count
    assert (found.fnmr.errors, found.fnmr.comparisons) == (0, 3)
    assert (found.fmr.errors, found.fmr.comparisons) == (0, 6)


def test_a_stranger_who_is_nearer_than_the_owner_costs_a_false_non_match() -> None:
    found = errors(_angles(0, 90), _angles(40, 20), 0.0)  # the second is 70 degrees from their own, 20 from the first's
    assert (found.fnmr.errors, found.fmr.errors) == (2, 0)
    allowed = errors(_angles(0, 90), _angles(40, 20), 0.5)
    assert (allowed.fnmr.errors, allowed.fmr.errors) == (1, 1)


def test_no_more_false_matches_than_are_allowed_where_many_are_alike() -> None:
    same = _angles(0, 0, 0)
    assert errors(same, same, 0.5).fmr.errors == 0  # all six at once, or none
    assert errors(same, same, 1.0).fmr.errors == 6


def test_it_wants_a_probe_a_reference() -> None:
    with pytest.raises(ValueError, match="a reference and a probe"):
        errors(_angles(0, 90), _angles(0), 0.1)


def test_the_interval_is_clopper_and_pearsons() -> None:
    none, some, all_ = rate(0, 102), rate(10, 10302), rate(102, 102)
    assert none.low == 0.0 and none.high == pytest.approx(1 - 0.025 ** (1 / 102))
    assert some.low == pytest.approx(0.000465547, rel=1e-3) and some.high == pytest.approx(0.00178442, rel=1e-3)
    assert all_.low == pytest.approx(0.025 ** (1 / 102)) and all_.high == 1.0


def test_what_one_more_costs_leaves_the_start_out() -> None:
    assert each((10, 3.0 + 10 * 0.2), (30, 3.0 + 30 * 0.2)) == pytest.approx(0.2)
    with pytest.raises(ValueError, match="more than few"):
        each((30, 1.0), (30, 2.0))
