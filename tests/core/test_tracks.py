"""A track knows where its thing was on every frame: linear between sights, still outside."""

from __future__ import annotations

import numpy as np
import pytest

from garim.core.tracks import Track


def track(index: list[int], xyxy: list[list[float]], score: list[float] | None = None) -> Track:
    scores = np.ones(len(index)) if score is None else np.array(score)
    return Track(1, np.array(index, np.int64), np.array(xyxy, np.float32), scores.astype(np.float32))


def test_linear_between_and_still_outside() -> None:
    seen = track([10, 14, 15], [[0, 0, 10, 20], [40, 8, 54, 32], [50, 8, 64, 32]])
    at = seen.at(np.array([0, 10, 11, 12, 14, 15, 99]))
    assert at.dtype == np.float32
    assert at.tolist() == [
        [0, 0, 10, 20],
        [0, 0, 10, 20],
        [10, 2, 21, 23],
        [20, 4, 32, 26],
        [40, 8, 54, 32],
        [50, 8, 64, 32],
        [50, 8, 64, 32],
    ]


@pytest.mark.parametrize(
    ("index", "xyxy", "score"),
    [
        ([], [], []),
        ([1], [[0, 0, 1, 1], [0, 0, 1, 1]], [1]),
        ([1], [[0, 0, 1]], [1]),
        ([1], [[0, 0, 1, 1]], [1, 1]),
        ([1, 1], [[0, 0, 1, 1]] * 2, [1, 1]),
        ([2, 1], [[0, 0, 1, 1]] * 2, [1, 1]),
    ],
)
def test_what_is_no_track_is_not_born(index: list[int], xyxy: list[list[float]], score: list[float]) -> None:
    with pytest.raises(ValueError, match="track:"):
        track(index, xyxy, score)
