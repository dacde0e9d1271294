"""A better light: only where it is wanted, with order kept and noise gone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from garim.core.image import Image
from garim.vision.light import dark, evened


def image(grey: NDArray[np.floating] | float, noise: float = 0, size: tuple[int, int] = (120, 160)) -> Image:
    rng = np.random.default_rng(0)
    rows = np.broadcast_to(np.asarray(grey, float), size)[:, :, None] + rng.normal(0, noise, (*size, 3))
    return Image(rows.clip(0, 255).round().astype(np.uint8), 0.5)


RAMP = np.linspace(0, 1, 160)


@pytest.mark.parametrize(
    ("grey", "is_dark"),
    [
        (RAMP * 255, False),
        (60 + RAMP * 120, False),
        (RAMP * 90, True),
        (np.where(RAMP < 0.7, 20, 250), True),  # a lamp in the night
        (150 + RAMP * 40, True),  # fog
    ],
)
def test_what_is_dark_or_flat_is_known(grey: NDArray[np.floating], is_dark: bool) -> None:
    assert dark(image(grey, 2)) is is_dark


def test_the_range_is_used_and_order_kept() -> None:
    shown = evened(image(10 + RAMP * 40))
    row = shown.bgr[60, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert row[0] < 10 and row[-1] > 245 and 60 < row[80] < 160
    assert shown.scale == 0.5


def test_the_noise_of_the_dark_is_not_stretched_with_it() -> None:
    clean, noisy = evened(image(10 + RAMP * 40)), evened(image(10 + RAMP * 40, 6))
    plain = evened(image(10 + RAMP * 40, 6)).bgr.astype(float)
    stretched = image(10 + RAMP * 40, 6).bgr.astype(float) * (245 / 40)
    assert plain[:, 60:100].std(axis=0).mean() < 0.7 * stretched[:, 60:100].std(axis=0).mean()
    assert np.abs(noisy.bgr[:, 80].mean() - clean.bgr[:, 80].mean()) < 40


def test_colours_stay_in_proportion() -> None:
    bgr = np.zeros((40, 40, 3), np.uint8)
    bgr[:, 20:] = (10, 20, 40)
    blue, green, red = evened(Image(bgr, 1.0)).bgr[20, 30].astype(int)
    assert blue < green < red


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 2)])
@pytest.mark.parametrize("grey", [0.0, 255.0, 7.0])
def test_any_picture_is_evened(size: tuple[int, int], grey: float) -> None:
    shown = evened(image(grey, size=size))
    assert shown.bgr.shape == (*size, 3)
    dark(shown)
