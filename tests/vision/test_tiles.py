"""A large image in parts: each face once, wherever the cuts are, and no part larger than said."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.vision.tiles import MOST, OVERLAP, _spans, tiled


class Squares:
    """Sees whatever is white, as one box, and remembers the sizes that it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int]] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        self.shown.append(image.bgr.shape[:2])
        y, x = np.nonzero(image.bgr[:, :, 0])
        if not len(x):
            return Boxes.none()
        box = np.array([[x.min(), y.min(), x.max() + 1, y.max() + 1]], np.float32)
        return Boxes(box / np.float32(image.scale), np.array([0.9], np.float32))


@settings(deadline=None)
@given(st.integers(1, 20000))
def test_parts_cover_all_and_overlap(length: int) -> None:
    parts = list(_spans(length))
    assert parts[0][0] == 0 and parts[-1][1] == length
    assert len({end - begin for begin, end in parts}) == 1 and parts[0][1] <= MOST
    assert all(before[1] - after[0] >= OVERLAP - 1 for before, after in pairwise(parts))


@pytest.mark.parametrize("x", [0, 700, 1270, 1300, 1376, 1439, 2500, 2559])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_face_is_found_once_and_whole(x: int, scale: float) -> None:
    bgr = np.zeros((300, 2560, 3), np.uint8)
    bgr[120:180, max(0, x - 40) : x + 40] = 255
    found = tiled(Squares(), Image(bgr, scale), 0.1)
    assert (found.xyxy * scale).tolist() == [[max(0, x - 40), 120, min(2560, x + 40), 180]]


def test_parts_are_of_one_size() -> None:
    ask = Squares()
    tiled(ask, Image(np.zeros((3000, 4001, 3), np.uint8), 1.0), 0.1)
    assert len(set(ask.shown)) == 1 and max(ask.shown[0]) <= MOST


def test_a_small_image_is_asked_about_whole() -> None:
    ask = Squares()
    tiled(ask, Image(np.zeros((900, MOST, 3), np.uint8), 1.0), 0.1)
    assert ask.shown == [(900, MOST)]
