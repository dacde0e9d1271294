"""Points become the ground that they were taken from, as surely as it says, or are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.exposure.cameras import SIZE, Camera, cameras

from garim.core.errors import Misuse
from garim.exposure.fit import MOST_ERROR, Fit, fit
from garim.exposure.points import Points, read

F64 = NDArray[np.float64]


def clicked(camera: Camera, count: int, seed: int, noise: float = 0.0) -> Points:
    random = np.random.default_rng(seed)
    spots = camera.spots(count, random)
    return Points(camera.px(spots) + random.normal(0, noise, (count, 2)), spots)


def fitted(camera: Camera, count: int, seed: int, noise: float) -> Fit | None:
    try:
        return fit(clicked(camera, count, seed, noise), SIZE)
    except Misuse:
        return None  # badly placed by chance


def misses(made: Fit, camera: Camera) -> tuple[F64, F64]:
    """How far places between the points are from where they should be, in metres, and the deviation that is told."""
    hull = made.points.metres
    random = np.random.default_rng(9)
    spots = random.dirichlet(np.ones(len(hull)), 40) @ hull
    found, sd = made.ground.metres(camera.px(spots), 0.0)
    return np.linalg.norm(found - spots, axis=1), sd


@settings(deadline=None, max_examples=15)
@given(cameras, st.integers(0, 1 << 20), st.integers(9, 14))
def test_without_noise_the_ground_is_found(camera: Camera, seed: int, count: int) -> None:
    made = fit(clicked(camera, count, seed), SIZE)
    assert made.ground.distortion == pytest.approx(camera.k1, abs=1e-4)
    assert misses(made, camera)[0].max() < 1e-3
    assert made.ground.camera_height_m == pytest.approx(camera.height, rel=1e-3)
    assert made.off_m.max() < 1e-3 and np.abs(made.off_px).max() < 1e-2


@pytest.mark.parametrize(("count", "noise"), [(8, 2.0), (12, 2.0), (24, 2.0)])
def test_the_error_is_within_the_deviation_that_is_told(count: int, noise: float) -> None:
    camera = Camera(roll=0.03)
    made = [m for m in (fitted(camera, count, seed, noise) for seed in range(16)) if m]
    assert len(made) >= 14
    far, sd = map(np.array, zip(*(misses(m, camera) for m in made), strict=True))
    # the two numbers' squares, in variances: 2 where the told deviation is right
    assert 0.5 < float((far**2 / sd**2).mean()) < 3.2
    assert float((far < 2.5 * sd).mean()) > 0.9
    heights = np.array([(m.ground.camera_height_m - camera.height) / (m.height_sd_m or np.nan) for m in made])
    assert 0.5 < float(np.sqrt((heights**2).mean())) < 1.6


def test_more_points_less_error() -> None:
    camera, medians = Camera(), []
    for count in (6, 14, 40):
        made = [m for m in (fitted(camera, count, seed, 2.0) for seed in range(8)) if m]
        medians.append(float(np.median([misses(m, camera)[0] for m in made])))
    assert medians == sorted(medians, reverse=True)
    assert medians[0] > 2 * medians[-1]


def test_a_distortion_is_found_where_it_is_and_not_where_it_is_not() -> None:
    bent = [m for m in (fitted(Camera(k1=0.15), 16, seed, 1.0) for seed in range(6)) if m]
    assert sum(m.ground.distortion != 0 for m in bent) >= 5
    assert np.median([m.ground.distortion for m in bent]) == pytest.approx(0.15, abs=0.02)
    straight = [m for m in (fitted(Camera(), 16, seed, 1.0) for seed in range(6)) if m]
    assert sum(m.ground.distortion != 0 for m in straight) <= 1


def test_seven_points_tell_no_distortion() -> None:
    assert fit(clicked(Camera(k1=0.02), 7, 1), SIZE).ground.distortion == 0


def test_a_lens_that_looks_straight_still_makes_corners_less_sure() -> None:
    made = fit(clicked(Camera(), 12, 2, 1.0), SIZE)
    assert made.ground.covariance is not None and made.ground.distortion == 0
    assert made.ground.covariance[9, 9] > 0


def test_narrow_px_are_known_by_their_aspect() -> None:
    camera = Camera()
    points = clicked(camera, 10, 3)
    narrow = Points(points.px * [0.5, 1], points.metres)
    made = fit(narrow, (SIZE[0] // 2, SIZE[1]), aspect=2.0)
    assert made.ground.camera_height_m == pytest.approx(camera.height, rel=1e-3)
    assert made.ground.pixels(points.metres, 1.7) == pytest.approx(camera.px(points.metres, 1.7) * [0.5, 1], abs=0.05)


def test_from_straight_above_the_height_is_not_told() -> None:
    # what a drone sees: every scale of ground goes with some height
    px = np.array([[200, 100], [1000, 140], [640, 360], [240, 600], [1100, 650], [700, 80], [150, 350]], float)
    noise = np.random.default_rng(1).normal(0, 1, px.shape)
    made = fit(Points(px + noise, (px - [640, 360]) * 0.02), SIZE)
    assert made.ground.focal_px is None and made.height_sd_m is None
    assert made.off_m.max() < 0.1


# --- refused --------------------------------------------------------------------------------------------------


def good() -> Points:
    return clicked(Camera(), 10, 7, 1.0)


def changed(number: int, *, px: tuple[float, float] | None = None, metres: tuple[float, float] | None = None) -> Points:
    points = good()
    new_px, new_metres = points.px.copy(), points.metres.copy()
    if px:
        new_px[number - 1] = px
    if metres:
        new_metres[number - 1] = metres
    return Points(new_px, new_metres)


def test_five_are_too_few() -> None:
    points = good()
    with pytest.raises(Misuse, match="5 points are too few"):
        fit(Points(points.px[:5], points.metres[:5]), SIZE)
    fit(Points(points.px[:6], points.metres[:6]), SIZE)


@pytest.mark.parametrize("px", [(-1.0, 300.0), (300.0, 721.0), (1281.0, 5.0)])
def test_a_point_outside_the_picture(px: tuple[float, float]) -> None:
    with pytest.raises(Misuse, match="point 4 lies outside the picture, which has 1280 x 720"):
        fit(changed(4, px=px), SIZE)


def test_one_place_twice() -> None:
    points = good()
    x, y = points.px[1]
    with pytest.raises(Misuse, match="points 2 and 5 are one place, by their px"):
        fit(changed(5, px=(x, y + 0.2)), SIZE)
    x, y = points.metres[1]
    with pytest.raises(Misuse, match="points 2 and 5 are one place, by their metres"):
        fit(changed(5, metres=(x, y)), SIZE)


@pytest.mark.parametrize("off", [0, 1])
def test_all_but_one_on_a_line(off: int) -> None:
    metres = np.column_stack([np.linspace(-5, 5, 8), np.linspace(8, 14, 8)])
    metres[:off, 0] += 6
    with pytest.raises(Misuse, match="on a line"):
        fit(Points(Camera().px(metres), metres), SIZE)


@pytest.mark.parametrize("number", range(1, 11))
def test_a_wrong_measure_is_named(number: int) -> None:
    x, y = good().metres[number - 1]
    with pytest.raises(Misuse, match=rf"do not agree: .*Without point {number} the others do") as refused:
        fit(changed(number, metres=(x + 4, y - 3)), SIZE)
    assert "nothing was written" in str(refused.value)


def test_points_of_another_street() -> None:
    random = np.random.default_rng(4)
    with pytest.raises(Misuse, match=r"No single one is to blame|horizon"):
        fit(Points(random.uniform([0, 0], SIZE, (9, 2)), random.uniform(-10, 10, (9, 2))), SIZE)


def test_points_beyond_the_horizon() -> None:
    """Two rows behind the camera fit a homography as well as any; no camera sees them."""
    camera = Camera(down=0.2)
    before = camera.spots(6, np.random.default_rng(3))
    behind = np.array([[-30.0, -60.0], [20.0, -70.0], [-5.0, -90.0]])
    x, y = behind.T
    depth = y * np.cos(0.2) + 6 * np.sin(0.2)
    px = np.stack([640 + 1100 * x / depth, 360 + 1100 * (6 * np.cos(0.2) - y * np.sin(0.2)) / depth], axis=1)
    points = Points(np.concatenate([camera.px(before), px]), np.concatenate([before, behind]))
    assert ((px > 0) & (px < SIZE)).all()
    with pytest.raises(Misuse, match="horizon"):
        fit(points, SIZE)


def test_too_much_noise_is_refused_and_no_more_than_is_said_is_taken() -> None:
    diagonal = float(np.hypot(*SIZE))
    for seed in range(8):
        made = fitted(Camera(), 12, seed, 4.0)
        if made:
            assert made.ground.error_px is not None
            assert made.ground.error_px <= MOST_ERROR * diagonal
        assert fitted(Camera(), 12, seed, 30.0) is None


# --- the file -------------------------------------------------------------------------------------------------

HEADER = "x_px,y_px,x_m,y_m\n"


def test_the_file() -> None:
    points = read("\ufeff# measured on Monday\n" + HEADER + "1,2,3,4\n\n # tree\n 5.5, -6 ,7e0,0\n")
    assert points.px.tolist() == [[1, 2], [5.5, -6]]
    assert points.metres.tolist() == [[3, 4], [7, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begin with the line x_px,y_px,x_m,y_m"),
        ("1,2,3,4\n", "begin with the line"),
        ("x_m,y_m,x_px,y_px\n", "begin with the line"),
        (HEADER + "1,2,3\n", "line 2: four numbers"),
        (HEADER + "\n# no\n1,2,3,4\n1,2,3,4,5\n", "line 5: four numbers"),
        (HEADER + "1,2,3,four\n", "line 2: numbers"),
        (HEADER + '1,2,"3,5",4\n', "line 2: numbers"),
        (HEADER + "1,2,nan,4\n", "line 2: four numbers"),
        (HEADER + "1,2,3,1e9\n", "line 2: 1000 m at most"),
        (HEADER + "1,2,3,4\n" * 501, "501 points"),
    ],
)
def test_a_file_that_is_none(text: str, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        read(text)
