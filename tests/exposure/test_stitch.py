"""Walks cut in two are one again, and nobody is joined to anybody else."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._street import SIZE, camera
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.exposure.smooth import Walk
from garim.exposure.stitch import LONGEST_S, stitched

F64 = NDArray[np.float64]
STEP_S = 0.2
GROUND = camera(np.random.default_rng(3))
MIDDLE = GROUND.metres(np.array([[384.0, 320.0]]))[0][0]
laws = settings(deadline=None, max_examples=40)


def walk(start: tuple[float, float], speed: tuple[float, float], count: int = 40, at: float = 0.0) -> Walk:
    """A straight walk from `start`, m from the middle of the picture."""
    seconds = STEP_S * np.arange(count, dtype=np.float64)
    return Walk(at + seconds, MIDDLE + np.array(start) + np.outer(seconds, speed), np.full(count, 0.12), 1.7)


def cut(whole: Walk, last: int, first: int) -> tuple[Walk, Walk]:
    """Its moments up to `last`, and from `first` on."""
    return tuple(
        Walk(whole.at[rows], whole.xy[rows], whole.sd[rows], whole.height_m)
        for rows in (slice(0, last + 1), slice(first, None))
    )  # type: ignore[return-value]


@laws
@given(st.floats(-0.5, 0.5), st.floats(-0.3, 0.3), st.integers(10, 20), st.integers(1, 14))
def test_cut_in_two_it_is_one_again(x: float, y: float, last: int, gap: int) -> None:
    whole = walk((-4 * x, -4 * y), (x, y))
    before, after = cut(whole, last, last + gap)
    (one,) = stitched([after, before], GROUND)
    true = np.stack([np.interp(one.at, whole.at, whole.xy[:, side]) for side in (0, 1)], axis=1)
    assert one.xy == pytest.approx(true, abs=0.05)
    assert one.at[0] == whole.at[0] and one.at[-1] == whole.at[-1]
    assert np.diff(one.at).max() <= 0.5 + 1e-6
    assert one.height_m == pytest.approx(whole.height_m)
    if gap >= 10:
        between = (one.at > before.at[-1] + 1e-6) & (one.at < after.at[0] - 1e-6)
        assert one.sd[between].max() > 0.15


def test_cut_in_three_it_is_one_again() -> None:
    whole = walk((-2.5, 0), (0.6, 0.1))
    first, rest = cut(whole, 12, 18)
    second, third = cut(rest, 8, 12)
    assert len(stitched([third, first, second], GROUND)) == 1


@laws
@given(st.permutations(range(6)))
def test_the_order_changes_nothing(order: list[int]) -> None:
    parts = [
        part for k in range(3) for part in cut(walk((-3, 2.0 * k - 2), (0.7, 0.05 * k), at=0.01 * k), 15 + k, 22 + k)
    ]
    straight, mixed = stitched(parts, GROUND), stitched([parts[number] for number in order], GROUND)
    assert len(straight) == 3
    for a, b in zip(straight, mixed, strict=True):
        assert np.array_equal(a.at, b.at) and a.xy == pytest.approx(b.xy) and a.sd == pytest.approx(b.sd)


def test_longer_gaps_stay() -> None:
    before, after = cut(walk((-2, 0), (0.5, 0)), 10, 10 + int(LONGEST_S / STEP_S) + 1)
    assert len(stitched([before, after], GROUND)) == 2
    assert len(stitched([before, after], GROUND, longest_s=4.0)) == 1


def test_who_would_have_had_to_run_is_somebody_else() -> None:
    before, after = cut(walk((-2, 0), (0.5, 0)), 10, 15)
    assert len(stitched([before, after], GROUND)) == 1
    far = Walk(after.at, after.xy + np.array([4.0, 0]), after.sd, after.height_m)
    assert len(stitched([before, far], GROUND)) == 2


def test_who_would_have_had_to_turn_on_the_spot_is_somebody_else() -> None:
    before = walk((-2, 0), (1.3, 0), 12)
    back = Walk(before.at + before.at[-1] + 0.4, before.xy[::-1], before.sd, before.height_m)
    assert len(stitched([before, back], GROUND)) == 2


def test_two_readings_that_are_alike_join_nobody() -> None:
    before, after = cut(walk((-2, 0), (0.5, 0)), 15, 21)
    beside = Walk(after.at, after.xy + np.array([0, 0.1]), after.sd, after.height_m)
    assert len(stitched([before, after, beside], GROUND)) == 3
    apart = Walk(after.at, after.xy + np.array([0, 3.0]), after.sd, after.height_m)
    assert len(stitched([before, after, apart], GROUND)) == 2


def test_nobody_is_in_two_places() -> None:
    both = [walk((-2, 0), (0.5, 0)), walk((-2, 0.2), (0.5, 0))]
    assert len(stitched(both, GROUND)) == 2
    assert stitched([], GROUND) == ()


@pytest.mark.parametrize("px", [(8.0, 400.0), (SIZE[0] - 8.0, 400.0), (384.0, SIZE[1] - 4.0)])
def test_at_the_border_people_leave(px: tuple[float, float]) -> None:
    edge = GROUND.metres(np.array([px]))[0][0] - MIDDLE
    before = walk((edge[0], edge[1]), (0, 0), 10)
    after = walk((edge[0], edge[1]), (0, 0), 10, at=3.0)
    assert len(stitched([before, after], GROUND)) == 2
    inside = [walk((0, 0), (0, 0), 10), walk((0, 0), (0, 0), 10, at=3.0)]
    assert len(stitched(inside, GROUND)) == 1
