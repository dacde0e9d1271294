"""What may be a portrait, and that it cannot be stored or copied."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from tests.recognise.faces import POINTS, drawn

from garim.core.image import Image
from garim.recognise.portrait import Origin, Portrait

RGB = np.zeros((120, 100, 3), np.uint8)


@pytest.mark.parametrize(
    "rgb",
    [
        RGB[:, :, 0],
        RGB[None],
        RGB[:, :, :2],
        RGB.astype(np.float32),
        RGB.astype(np.uint16),
        RGB[:0],
        np.dstack([RGB, RGB]),
    ],
)
def test_another_array_is_no_portrait(rgb: Any) -> None:
    with pytest.raises(ValueError, match=r"portrait: u8\[h,w,3\]"):
        Portrait(rgb, POINTS, Origin.LIVE, "session")


def test_an_image_is_no_portrait() -> None:
    with pytest.raises(AttributeError):
        Portrait(Image(RGB, 1.0), POINTS, Origin.LIVE, "session")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "points",
    [POINTS[:4], POINTS[None], POINTS.astype(np.float64), np.full((5, 2), np.nan, np.float32)],
)
def test_five_points_that_are_somewhere(points: Any) -> None:
    with pytest.raises(ValueError, match=r"portrait: points f32\[5,2\]"):
        Portrait(RGB, points, Origin.LIVE, "session")


@pytest.mark.parametrize("by", [(101, 0), (0, 500), (-200, 0), (1e30, 0)])
def test_points_far_beside_the_picture(by: tuple[float, float]) -> None:
    points = POINTS + np.array(by, np.float32)
    points[0] = POINTS[0] + np.array(by, np.float32) * np.float32(2)
    with pytest.raises(ValueError, match="points in the picture"):
        Portrait(RGB, points, Origin.LIVE, "session")


@pytest.mark.parametrize(
    "points",
    [
        POINTS * np.array([1, -1], np.float32) + np.array([0, 119], np.float32),  # upside down
        POINTS * np.array([-1, 1], np.float32) + np.array([99, 0], np.float32),  # a mirror image's points
        POINTS[:, ::-1],  # on its side
        np.full((5, 2), 50, np.float32),
    ],
)
def test_a_picture_that_is_not_upright(points: Any) -> None:
    with pytest.raises(ValueError, match="portrait: upright"):
        Portrait(RGB, points, Origin.LIVE, "session")


def test_it_belongs_to_a_session() -> None:
    with pytest.raises(ValueError, match="session"):
        Portrait(RGB, POINTS, Origin.LIVE, "")


def test_it_shows_nothing() -> None:
    assert repr(drawn(Origin.LIVE, session="secret")) == "Portrait(LIVE)"


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_has_no_file_and_no_copy(way: Any) -> None:
    with pytest.raises(TypeError, match="no file and no copy"):
        way(drawn())


def test_it_does_not_change() -> None:
    with pytest.raises(AttributeError):
        drawn().origin = Origin.LIVE  # type: ignore[misc]
