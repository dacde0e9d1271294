"""What is left of a face under mosaic and blur: so many numbers, whatever its size, and nothing outside changed."""

from __future__ import annotations

import numpy as np
import pytest

from garim.core.image import Planes
from garim.cover import Style, blur, destroy, mosaic
from garim.cover.coarse import ACROSS, slopes, steps

BOX = np.array([[20, 10, 120, 90]], np.float32)


def planes(seed: int, top: int = 255, *, alpha: bool = False) -> Planes:
    random = np.random.default_rng(seed)
    kind = np.uint8 if top == 255 else np.uint16
    luma = random.integers(0, top + 1, (120, 160)).astype(kind)
    chroma = random.integers(0, top + 1, (60, 80)).astype(kind)
    if alpha:
        return Planes((luma, random.integers(0, 256, (120, 160)).astype(kind)), ((0, 0), (0, 0)), (0, 255), alpha=1)
    return Planes((luma, chroma), ((0, 0), (1, 1)), (16, 128), top=top)


@pytest.mark.parametrize("top", [255, 1023])
@pytest.mark.parametrize("style", [mosaic, blur])
def test_no_more_than_its_cells_is_left(style: object, top: int) -> None:
    share = steps if style is mosaic else slopes
    shown = planes(1, top)
    style(shown, BOX, np.random.default_rng(2))  # type: ignore[operator]  # both take the same three
    for plane, (sx, sy) in zip(shown.arrays, shown.shifts, strict=True):
        part = plane[10 >> sy : 90 >> sy, 20 >> sx : 120 >> sx].astype(float)
        rows, columns = share(part.shape[0]), share(part.shape[1])
        cells = np.linalg.pinv(rows) @ part @ np.linalg.pinv(columns).T
        # rounding to samples, and cells that noise pushed over the end, are all that the cells do not say
        assert np.abs(np.clip(rows @ cells @ columns.T, 0, top) - part).max() <= 2.0


@pytest.mark.parametrize("style", list(Style))
def test_what_lies_outside_is_untouched(style: Style) -> None:
    before, after = planes(3), planes(3)
    destroy(after, BOX, style, np.random.default_rng(4))
    for a, b, (sx, sy) in zip(before.arrays, after.arrays, before.shifts, strict=True):
        inside = np.zeros(a.shape, bool)
        inside[10 >> sy : 90 >> sy, 20 >> sx : 120 >> sx] = True
        assert (a[~inside] == b[~inside]).all()
        assert (a[inside] != b[inside]).mean() > 0.9


@pytest.mark.parametrize("style", [Style.MOSAIC, Style.BLUR])
def test_noise_differs_from_run_to_run(style: Style) -> None:
    one, two = planes(5), planes(5)
    destroy(one, BOX, style, np.random.default_rng(6))
    destroy(two, BOX, style, np.random.default_rng(7))
    assert (one.arrays[0] != two.arrays[0]).any()


@pytest.mark.parametrize("style", list(Style))
def test_what_was_transparent_is_opaque(style: Style) -> None:
    shown = planes(8, alpha=True)
    destroy(shown, BOX, style, np.random.default_rng(9))
    assert (shown.arrays[1][10:90, 20:120] == 255).all()


@pytest.mark.parametrize("size", [1, 2, 3, ACROSS, ACROSS + 1])
def test_tiny_regions_at_the_last_row_and_column(size: int) -> None:
    shown = planes(10)
    box = np.array([[160 - size, 120 - size, 170, 130]], np.float32)
    for style in (mosaic, blur):
        style(shown, box, np.random.default_rng(11))
    assert shown.arrays[0].dtype == np.uint8


def test_every_share_adds_up() -> None:
    for length in (1, 4, 5, 7, 100):
        assert np.allclose(steps(length).sum(axis=1), 1)
        assert np.allclose(slopes(length).sum(axis=1), 1)


def test_only_fill_has_no_warning() -> None:
    assert not Style.FILL.warning
    assert all("57 %" in s.warning and "95.9 %" in s.warning for s in Style if s is not Style.FILL)
