"""Pixels are checked once, at birth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from garim.core.image import Image, Planes


@pytest.mark.parametrize(
    ("bgr", "scale"),
    [
        (np.zeros((4, 4), np.uint8), 1.0),
        (np.zeros((4, 4, 4), np.uint8), 1.0),
        (np.zeros((4, 4, 3), np.float32), 1.0),
        (np.zeros((4, 4, 3), np.uint8), 0.0),
        (np.zeros((4, 4, 3), np.uint8), -1.0),
        (np.zeros((4, 4, 3), np.uint8), float("nan")),
    ],
)
def test_what_is_no_image_is_not_born(bgr: NDArray[Any], scale: float) -> None:
    with pytest.raises(ValueError, match="image:"):
        Image(bgr, scale)


def test_mirrored_exchanges_left_and_right_only() -> None:
    image = Image(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), 0.5)
    mirror = image.mirrored()
    assert mirror.scale == 0.5
    assert mirror.bgr[:, 0].tolist() == image.bgr[:, 3].tolist()
    assert mirror.bgr.flags.c_contiguous
    assert np.array_equal(mirror.mirrored().bgr, image.bgr)


def test_planes_want_a_shift_and_a_black_each() -> None:
    luma, chroma = np.zeros((5, 7), np.uint8), np.zeros((3, 4), np.uint8)
    assert Planes((luma, chroma), ((0, 0), (1, 1)), (16, 128)).size == (7, 5)
    with pytest.raises(ValueError, match="planes:"):
        Planes((luma, chroma), ((0, 0),), (16, 128))
    with pytest.raises(ValueError, match="planes:"):
        Planes((luma, chroma), ((0, 0), (1, 1)), (16,))
    with pytest.raises(ValueError, match="planes:"):
        Planes((), (), ())
