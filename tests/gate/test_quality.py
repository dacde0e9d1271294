"""Quality by components: what is good is taken, and each way to spoil a picture shows in its own component."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter
from tests.gate.filmed import MAN, WOMAN, clip, covered, london, looker

from garim.core.image import Image
from garim.gate import measures
from garim.gate.quality import LIMITS, UNMEASURED, Component, Name, fit, measured

U8 = NDArray[np.uint8]
EVERY = 12  # of the 204 photographs


def quality(bgr: U8) -> dict[Name, Component]:
    bgr = np.ascontiguousarray(bgr)
    box, points = looker().face(bgr)
    image = Image(bgr, 1.0)
    return {each.name: each for each in measured(image, box, points, looker().pose(image, box), faces=1)}


def scaled(factor: float) -> Callable[[U8], U8]:
    return lambda bgr: np.clip(bgr * np.float32(factor), 0, 255).astype(np.uint8)


def flat(bgr: U8) -> U8:
    return (bgr * np.float32(0.12) + 105).astype(np.uint8)


def blurred(radius: float) -> Callable[[U8], U8]:
    return lambda bgr: np.asarray(Pillow.fromarray(bgr).filter(ImageFilter.GaussianBlur(radius)))


def shaken(bgr: U8) -> U8:
    summed = np.cumsum(np.pad(bgr.astype(np.float64), ((0, 0), (41, 0), (0, 0)), mode="edge"), axis=1)
    return ((summed[:, 41:] - summed[:, :-41]) / 41).astype(np.uint8)


def far(bgr: U8) -> U8:
    small = np.asarray(Pillow.fromarray(bgr).resize((128, 128), Pillow.Resampling.LANCZOS))
    return np.pad(small, ((0, 700), (0, 500), (0, 0)), mode="edge")


@pytest.mark.weights
def test_photographs_and_filmed_people_are_fit() -> None:
    for bgr in [*london(EVERY), *clip(WOMAN)[8:11], *clip(MAN)[::12]]:
        found = quality(bgr)
        assert fit(found.values()), [each for each in found.values() if each.ok is False]
        assert [each.name for each in found.values()] == list(Name)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (blurred(7), Name.SHARPNESS),
        (shaken, Name.SHARPNESS),
        (scaled(0.12), Name.DYNAMIC_RANGE),
        (flat, Name.DYNAMIC_RANGE),
        (scaled(3), Name.OVER_EXPOSURE),
        (far, Name.EYE_DISTANCE),
        (far, Name.HEAD_SIZE),
    ],
)
def test_each_way_to_spoil_a_picture_shows(spoil: Callable[[U8], U8], name: Name) -> None:
    failed = 0
    pictures = london(34, "neutral")
    for bgr in pictures:
        try:
            found = quality(spoil(bgr))
        except AssertionError:  # no face is found any more
            failed += 1
            continue
        failed += found[name].ok is False and not fit(found.values())
    assert failed >= len(pictures) - 1  # a dark face takes more light before it is white


@pytest.mark.weights
def test_a_dark_face_in_good_light_is_not_under_exposed() -> None:
    values = [quality(bgr)[Name.UNDER_EXPOSURE].value for bgr in london(EVERY)]
    assert max(value for value in values if value is not None) < 0.05


BLACK, BLUE, WHITE, BEIGE = (25, 25, 28), (150, 190, 215), (235, 235, 238), (205, 165, 140)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("what", "rgb", "name", "least"),
    [
        ("mask", BLUE, Name.MOUTH_VISIBLE, 1.0),
        ("mask", WHITE, Name.MOUTH_VISIBLE, 1.0),
        ("mask", BLACK, Name.MOUTH_VISIBLE, 0.9),
        ("mask", BEIGE, Name.MOUTH_VISIBLE, 0.9),
        ("glasses", (15, 15, 18), Name.EYES_VISIBLE, 0.9),
        ("glasses", (150, 170, 190), Name.EYES_VISIBLE, 0.9),
    ],
)
def test_what_is_drawn_over_a_face_is_seen(what: str, rgb: tuple[int, int, int], name: Name, least: float) -> None:
    rng = np.random.default_rng(1)
    found = []
    for bgr in london(EVERY):
        _, points = looker().face(bgr)
        found.append(quality(covered(bgr, points, what, rgb, rng))[name].ok is False)
    assert np.mean(found) >= least


@pytest.mark.weights
def test_of_a_picture_without_colour_nothing_is_said_about_coverings() -> None:
    grey = np.repeat(london(kind="neutral")[0].mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    found = quality(grey)
    assert (found[Name.EYES_VISIBLE].value, found[Name.MOUTH_VISIBLE].ok) == (None, None)
    assert fit(found.values())


@pytest.mark.weights
def test_a_head_that_leaves_the_picture_or_turns_away_is_told() -> None:
    bgr = london(kind="neutral")[0]
    box, points = looker().face(bgr)
    pose = np.array([0, 0, 0], np.float32)
    outside = {c.name: c for c in measured(Image(bgr, 1.0), box - 200, points, pose)}
    assert outside[Name.HEAD_INSIDE].ok is False
    for axis, name in enumerate((Name.YAW, Name.PITCH, Name.ROLL)):
        for sign in (-1, 1):
            turned = pose.copy()
            turned[axis] = sign * (LIMITS[name].limit + 1)
            found = {c.name: c for c in measured(Image(bgr, 1.0), box, points, turned)}
            assert found[name].ok is False and found[name].value == pytest.approx(turned[axis])


@pytest.mark.weights
def test_what_nobody_measured_has_no_number() -> None:
    bgr = london(kind="neutral")[0]
    box, points = looker().face(bgr)
    found = {c.name: c for c in measured(Image(bgr, 1.0), box, points, np.zeros(3, np.float32))}
    assert all((found[name].value, found[name].ok) == (None, None) for name in (*UNMEASURED, Name.SINGLE_FACE))
    two = {c.name: c for c in measured(Image(bgr, 1.0), box, points, np.zeros(3, np.float32), faces=2)}
    assert two[Name.SINGLE_FACE].ok is False


@pytest.mark.weights
def test_a_picture_at_another_scale_measures_the_same_face() -> None:
    bgr = london(kind="neutral")[0]
    box, points = looker().face(bgr)
    pose = np.zeros(3, np.float32)
    half = np.asarray(Pillow.fromarray(bgr).resize((320, 320), Pillow.Resampling.LANCZOS))
    one = {c.name: c.value for c in measured(Image(bgr, 1.0), box, points, pose)}
    other = {c.name: c.value for c in measured(Image(half, 0.5), box, points, pose)}
    assert one[Name.EYE_DISTANCE] == other[Name.EYE_DISTANCE]
    for name in (Name.SHARPNESS, Name.EYES_VISIBLE, Name.MOUTH_VISIBLE, Name.HEAD_SIZE):
        assert one[name] == pytest.approx(other[name], abs=0.12)


def test_a_face_is_needed() -> None:
    image = Image(np.zeros((9, 9, 3), np.uint8), 1.0)
    good = np.zeros(4, np.float32), np.zeros((5, 2), np.float32), np.zeros(3, np.float32)
    measured(image, *good)  # points all in one place are measured, and are not ok
    for i in range(3):
        wrong = [*good]
        wrong[i] = np.zeros(2, np.float32)
        with pytest.raises(ValueError, match="measured"):
            measured(image, *wrong)


@given(st.integers(0, 255), st.integers(1, 60))
def test_one_colour_has_no_bits_and_no_steps(level: int, size: int) -> None:
    grey = np.full((size, size), level, np.float32)
    assert measures.entropy(grey) == 0
    assert measures.sharpness(grey) == 0


@given(st.floats(0.5, 6))
def test_blur_only_lowers_sharpness(radius: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (64, 64)).astype(np.uint8)
    spoiled = np.asarray(Pillow.fromarray(noise).filter(ImageFilter.GaussianBlur(radius)))
    assert measures.sharpness(spoiled.astype(np.float32)) < measures.sharpness(noise.astype(np.float32))
