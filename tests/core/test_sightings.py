"""Scenes: a cut begins one; a slow pan, a flash of light, a change of light do not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from garim.core.boxes import Boxes
from garim.core.sightings import Sightings, change

Glance = NDArray[np.int16]
laws = settings(deadline=None)


def street(seed: int, width: int = 400) -> Glance:
    """A place, 36 px high and wide enough to pan over, in 0..255."""
    soft = gaussian_filter(np.random.default_rng(seed).normal(size=(36, width)), 4)
    return np.asarray((soft - soft.min()) / np.ptp(soft) * 255, np.int16)


def sightings(glances: list[Glance]) -> Sightings:
    changes = [0.0, *(change(a, b) for a, b in pairwise(glances))][: len(glances)]
    return Sightings(np.arange(len(glances)) * 512, np.array(changes, np.float32), np.empty(0, np.int64), ())


@laws
@given(st.integers(1, 18), st.integers(0, 50))
def test_a_planted_cut_begins_a_scene(where: int, seed: int) -> None:
    before, after = street(seed), street(seed + 1000)
    glances = [(before if i < where else after)[:, i : i + 64] for i in range(20)]
    assert sightings(glances).scenes().tolist() == [0] * where + [1] * (20 - where)


def test_two_cuts_make_three_scenes() -> None:
    glances = [street(i // 5)[:, i : i + 64] for i in range(15)]
    assert sightings(glances).scenes().tolist() == [0] * 5 + [1] * 5 + [2] * 5


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(lambda place, i: place[:, :64], id="nothing moves"),
        pytest.param(lambda place, i: place[:, 2 * i : 2 * i + 64], id="slow pan"),
        pytest.param(lambda place, i: place[:, :64] // (2 if i >= 10 else 1), id="the light goes out"),
        pytest.param(lambda place, i: np.minimum(place[:, :64] + 8 * i, 255), id="dawn"),
        pytest.param(lambda place, i: place[:, :64] * 0 + 7 * (i % 2), id="nothing to see"),
    ],
)
def test_what_is_no_cut(shown: Callable[[Glance, int], Glance]) -> None:
    place = street(3)
    assert sightings([np.asarray(shown(place, i), np.int16) for i in range(20)]).scenes().tolist() == [0] * 20


@laws
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.integers(1, 255))
def test_change_is_a_correlation(seed: int, rows: int, columns: int, most: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.integers(0, most + 1, (2, rows, columns)).astype(np.int16)
    assert -1e-6 <= change(a, b) <= 2 + 1e-6
    assert change(a, b) == pytest.approx(change(b, a))
    assert change(a, a) == pytest.approx(0)
    assert change(a, 3 * a + 20) == pytest.approx(0)
    if np.ptp(a):
        assert change(a, 255 - a) == pytest.approx(2)
        assert change(a, np.zeros_like(a)) == 1


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_films_of_hardly_any_frames(frames: int) -> None:
    assert sightings([street(i)[:, :64] for i in range(frames)]).scenes().tolist() == [0] * frames


@pytest.mark.parametrize(
    ("pts", "changes", "index", "looks"),
    [
        ([0, 1], [0], [], 0),
        ([0, 1], [0, 0], [0], 0),
        ([0, 1], [0, 0], [1, 1], 2),
        ([0, 1], [0, 0], [1, 0], 2),
        ([0, 0], [0, 0], [], 0),
        ([1, 0], [0, 0], [], 0),
    ],
)
def test_what_are_no_sightings_are_not_born(pts: list[int], changes: list[float], index: list[int], looks: int) -> None:
    with pytest.raises(ValueError, match="sightings:"):
        Sightings(
            np.array(pts),
            np.array(changes, np.float32),
            np.array(index, np.int64),
            tuple(Boxes.none() for _ in range(looks)),
        )
