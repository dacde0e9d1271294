"""Metres and back, how surely, and how it is written: against pinholes of their own, and PETS' people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exposure.cameras import SIZE, Camera, cameras, parameters, tracks

from garim.core.errors import Misuse
from garim.exposure import tsai
from garim.exposure.fit import fit
from garim.exposure.ground import Ground, Verdict, focal, read, written
from garim.exposure.lens import plain
from garim.exposure.points import Points

laws = settings(deadline=None, max_examples=40)


def exact(camera: Camera) -> Ground:
    """The ground of a camera, as its own lens has it."""
    spots = np.array([[-4, 8], [4, 8], [4, 16], [-4, 16]], float)
    flat = replace(camera, k1=0.0)
    here, there = np.column_stack([flat.px(spots), np.ones(4)]), np.column_stack([spots, np.ones(4)])
    bases = []
    for corners in (here, there):
        basis = corners[:3].T
        bases.append(basis * np.linalg.solve(basis, corners[3]))
    homography = bases[1] @ np.linalg.inv(bases[0])
    homography *= np.sign((homography @ here[0])[2])
    lens = plain(SIZE, k1=camera.k1)
    return Ground(homography, lens, None, SIZE, None, focal(homography, lens), "points")


@laws
@given(cameras, st.integers(0, 1 << 20))
def test_metres_and_back(camera: Camera, seed: int) -> None:
    ground, spots = exact(camera), camera.spots(6, np.random.default_rng(seed))
    px = camera.px(spots)
    metres, sd = ground.metres(px)
    assert metres == pytest.approx(spots, abs=1e-6)
    assert ground.pixels(metres) == pytest.approx(px, abs=1e-5)
    assert (sd > 0).all() and np.isfinite(sd).all()


@laws
@given(cameras, st.floats(0.3, 2.2))
def test_heads_are_where_a_pinhole_sees_them(camera: Camera, high: float) -> None:
    ground, spots = exact(camera), camera.spots(5, np.random.default_rng(1))
    assert ground.focal_px == pytest.approx(camera.focal, rel=1e-6)
    assert ground.camera_height_m == pytest.approx(camera.height, rel=1e-6)
    assert ground.camera_m[:2] == pytest.approx([0, 0], abs=1e-5)
    seen = ground.pixels(spots, high)
    wanted = camera.px(spots, high)
    near = (np.abs(wanted - np.array(SIZE) / 2) < SIZE).all(axis=1)  # a lens says nothing of what is far outside
    assert seen[near] == pytest.approx(wanted[near], abs=1e-4)
    each = ground.pixels(spots, np.linspace(0, 2, 5))
    assert each == pytest.approx(camera.px(spots, np.linspace(0, 2, 5)), abs=1e-4)


def test_nothing_is_seen_at_the_horizon_and_above() -> None:
    camera = Camera(down=0.2)
    ground = exact(camera)
    horizon = SIZE[1] / 2 - camera.focal * np.tan(camera.down)
    metres, sd = ground.metres(np.array([[640, horizon + 1], [640, horizon - 1], [0, 0], [640, horizon + 60]]))
    assert np.isfinite(metres).all(axis=1).tolist() == [True, False, False, True]
    assert np.isinf(sd).tolist() == [False, True, True, False]
    assert sd[0] > sd[3] > 0.1
    assert np.isnan(ground.pixels(np.array([[0.0, -50.0]]))).all()  # behind the camera


def test_a_foot_that_wavers_is_as_unsure_as_it_says() -> None:
    camera, random = Camera(k1=0.1), np.random.default_rng(5)
    ground, spots = exact(camera), camera.spots(8, random)
    px = camera.px(spots)
    _, sd = ground.metres(px, 2.0)
    moved = [ground.metres(px + random.normal(0, 2.0, px.shape))[0] - spots for _ in range(3000)]
    measured = np.sqrt((np.array(moved) ** 2).mean(axis=(0, 2)))
    assert measured == pytest.approx(sd, rel=0.1)
    assert ground.metres(px, np.linspace(1, 8, 8))[1] == pytest.approx(sd * np.linspace(1, 8, 8) / 2)


def test_farther_is_less_sure() -> None:
    ground = exact(Camera())
    _, sd = ground.metres(ground.pixels(np.column_stack([np.zeros(6), np.arange(5, 35, 5)])))
    assert (np.diff(sd) > 0).all()


def test_pets_people_are_where_the_truth_has_them() -> None:
    ground = tsai.ground(parameters())
    px, metres, _ = tracks()
    found, _ = ground.metres(px)
    assert len(px) == 4650
    assert np.abs(found - metres).max() < 0.001
    assert ground.camera_height_m == pytest.approx(7.07, abs=0.01)


@settings(deadline=None, max_examples=10)
@given(cameras, st.booleans())
def test_written_and_read_is_the_same(camera: Camera, with_points: bool) -> None:
    ground = exact(camera)
    if with_points:
        spots = camera.spots(9, np.random.default_rng(2))
        ground = fit(Points(camera.px(spots), spots), SIZE).ground
    text = written(ground)
    again = read(text)
    assert written(again) == text
    for verdict in Verdict:
        assert read(written(replace(ground, people=verdict))).people is verdict
    px = camera.px(camera.spots(4, np.random.default_rng(3)))
    for one, other in zip(ground.metres(px), again.metres(px), strict=True):
        assert np.array_equal(one, other)


def tree() -> dict[str, Any]:
    spots = Camera().spots(9, np.random.default_rng(2))
    made: dict[str, Any] = json.loads(written(fit(Points(Camera().px(spots), spots), SIZE).ground))
    return made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"garim_ground": 1}, "version 2; calibrate again"),
        ({"garim_ground": True}, "garim_ground"),
        ({"more": 1}, "too many"),
        ({"lens": {}}, "too many or too few"),
        ({"origin": "guess"}, "origin"),
        ({"size": [1280]}, "size"),
        ({"size": [1280.0, 720]}, "size"),
        ({"size": [0, 720]}, "in px"),
        ({"homography": [[1, 0, 0], [0, 1, 0]]}, "length"),
        ({"homography": [[1, 0, 0], [0, 1, 0], [0, 0, "1"]]}, "number"),
        ({"homography": [[1, 0, 0], [0, 1, 0], [0, 0, 1e999]]}, "number"),
        ({"homography": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}, "inverted"),
        ({"homography": [[1, 0, 0], [0, 0, 0], [0, 0, 1]]}, "inverted"),
        ({"error_px": -1}, "error"),
        ({"focal_px": 0}, "focal"),
        ({"people": "maybe"}, "maybe"),
        ({"people": None}, "people is missing"),
        ({"covariance": [[1]]}, "length"),
        ({"covariance": (-np.eye(10)).tolist()}, "negative"),
        ({"covariance": np.triu(np.ones((10, 10))).tolist()}, "symmetric"),
    ],
)
def test_what_is_no_ground_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Misuse, match=said):
        read(json.dumps(tree() | change))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "3", '{"garim_ground": 1}', "[" * 100_000])
def test_what_is_not_even_an_object(text: str) -> None:
    with pytest.raises(Misuse, match="ground"):
        read(text)


def test_a_substream_shows_the_same_ground() -> None:
    camera = Camera(k1=0.1, roll=0.05)
    spots = camera.spots(12, np.random.default_rng(4))
    whole = fit(Points(camera.px(spots), spots), SIZE).ground
    small = whole.resized((640, 360))
    px = camera.px(spots)
    for one, other in zip(whole.metres(px, 3.0), small.metres(px / 2, 1.5), strict=True):
        assert other == pytest.approx(one, rel=1e-6)
    assert small.pixels(spots, 1.7) == pytest.approx(whole.pixels(spots, 1.7) / 2, abs=1e-6)
    assert small.camera_height_m == pytest.approx(whole.camera_height_m)
    assert whole.error_px is not None
    assert small.error_px == pytest.approx(whole.error_px / 2)
    assert whole.resized(SIZE) is whole
    with pytest.raises(Misuse, match="another view"):
        whole.resized((640, 480))


def test_from_straight_above_no_height_is_told() -> None:
    homography = np.array([[0.01, 0, -6.4], [0, 0.01, -3.6], [0, 0, 1]])
    assert focal(homography, plain(SIZE)) is None
    ground = Ground(homography, plain(SIZE), None, SIZE, None, None, "points")
    assert ground.metres(np.array([[640.0, 360.0]]))[0] == pytest.approx(np.zeros((1, 2)))
    with pytest.raises(Misuse, match="focal"):
        ground.pixels(np.zeros((1, 2)), 1.7)
    with pytest.raises(Misuse, match="focal"):
        _ = ground.camera_height_m
