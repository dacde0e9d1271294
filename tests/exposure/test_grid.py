"""The picture: its lines lie where the ground has them, it is one file, and numbers and fixed words are all it says."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.exposure.cameras import SIZE, Camera

from garim.core.image import Image
from garim.exposure.fit import Fit, fit
from garim.exposure.grid import MOST_SD, WIDTH, picture, reach
from garim.exposure.ground import Verdict
from garim.exposure.heights import Heights
from garim.exposure.points import Points

VIEW = Image(np.full((360, 640, 3), 90, np.uint8), 0.5)
GOOD = Heights(Verdict.AGREE, 120, 1.72, 0.09, 1.73, 1.71, "")
NONE = Heights(Verdict.UNKNOWN, 0, None, None, None, None, "nobody was seen walking")


def fitted(camera: Camera) -> Fit:
    random = np.random.default_rng(1)
    spots = camera.spots(10, random)
    return fit(Points(camera.px(spots) + random.normal(0, 1.5, spots.shape), spots), SIZE)


def of(tree: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [each for each in tree.iter() if each.get("class") == kind]


def places(path: ElementTree.Element) -> np.ndarray:
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d") or ""), float)


@pytest.mark.parametrize("camera", [Camera(), Camera(k1=0.15, roll=0.1, mirrored=True)])
def test_lines_lie_on_whole_steps(camera: Camera) -> None:
    made = fitted(camera)
    tree = ElementTree.fromstring(picture(VIEW, made.ground, made, GOOD))
    for axis, name in enumerate("xy"):
        (line,) = of(tree, f"line {name}")[:1]
        metres, sd = made.ground.metres(places(line) * SIZE[0] / WIDTH)
        near = sd < MOST_SD / 3
        off = np.abs(metres[near, axis] / 5 - np.rint(metres[near, axis] / 5)) * 5
        assert near.sum() > 100
        assert off.max() < 0.05
        numbers = [float(each.text.split()[1].replace("\N{MINUS SIGN}", "-")) for each in of(tree, f"number {name}")]  # type: ignore[union-attr]
        assert len(numbers) >= 3 and all(number % 5 == 0 for number in numbers)


def test_points_errors_levels_and_figures_are_drawn() -> None:
    made = fitted(Camera())
    tree = ElementTree.fromstring(picture(VIEW, made.ground, made, GOOD))
    points = of(tree, "point")[:-1]  # the last is the legend's
    drawn = np.array([[float(each.get("cx") or 0), float(each.get("cy") or 0)] for each in points])
    assert drawn * SIZE[0] / WIDTH == pytest.approx(made.points.px, abs=0.1)
    assert len(of(tree, "error")) > 5
    assert len(of(tree, "person")) > 6
    assert {each.text for each in of(tree, "number level-name")} >= {"\N{PLUS-MINUS SIGN} 0.1 m"}


def test_it_is_one_file_that_says_what_is_known() -> None:
    made = fitted(Camera())
    text = picture(VIEW, made.ground, made, GOOD)
    assert set(re.findall(r"(?:href|src|url\()=?\"?(.{5})", text)) == {"data:"}
    assert "<script" not in text
    assert "people agree" in text and "10 points" in text and "1.72 m tall" in text
    assert "camera hangs" in text
    wrong = picture(VIEW, made.ground, made, replace(GOOD, verdict=Verdict.DISAGREE))
    assert "PEOPLE DO NOT AGREE" in wrong


def test_without_points_or_focal_length() -> None:
    ground = fitted(Camera()).ground
    bare = picture(VIEW, replace(ground, focal_px=None, error_px=None), None, NONE)
    tree = ElementTree.fromstring(bare)
    assert not of(tree, "point") and not of(tree, "person") and of(tree, "line x")
    assert "not checked by people" in bare and "camera hangs" not in bare


def test_reach_grows_and_ends_where_it_is_unsure() -> None:
    ground = fitted(Camera(down=0.3)).ground
    (near, near_sd), (midway, midway_sd), (far, far_sd) = reach(ground)
    assert near < midway < far
    assert near_sd < midway_sd < far_sd <= MOST_SD
    assert reach(replace(ground, focal_px=None))[0][0] == 0
    nowhere = replace(ground, homography=np.diag([100.0, 100.0, 1]) @ ground.homography, covariance=None)
    assert reach(nowhere) == ()
    ElementTree.fromstring(picture(VIEW, nowhere, None, NONE))
