"""The second family: its answer decoded by its formula, and the model asked about a face that is known."""

from __future__ import annotations

import numpy as np
import pytest
from demo.faces import ASTRONAUT, cached
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import clipped, iou
from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.inference.weights import find
from garim.pictures import opened
from garim.vision.centerface import HEAT, MOST, OFFSET, OUTPUTS, SIZE, STRIDE, CenterFace, decoded
from garim.vision.detector import mirrored
from garim.vision.weights import CENTERFACE

F32 = NDArray[np.float32]
HEIGHT, WIDTH = 96, 160
laws = settings(deadline=None)


def nothing() -> dict[str, F32]:
    """What the network answers where there is no face: f32[1,numbers,rows,columns] for each output."""
    shape = HEIGHT // STRIDE, WIDTH // STRIDE
    return {name: np.zeros((1, numbers[0] or 0, *shape), np.float32) for name, numbers in OUTPUTS.items()}


def plant(answer: dict[str, F32], box: tuple[float, float, float, float], heat: float) -> None:
    """Write `box` into the cell of its centre, by the inverse of the formula."""
    x, y, w, h = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]
    column, row = int(x // STRIDE), int(y // STRIDE)
    answer[HEAT][0, 0, row, column] = heat
    answer[OFFSET][0, :, row, column] = y / STRIDE - row - 0.5, x / STRIDE - column - 0.5
    answer[SIZE][0, :, row, column] = np.log(h / STRIDE), np.log(w / STRIDE)


@laws
@given(st.floats(1, WIDTH - 1), st.floats(1, HEIGHT - 1), st.floats(2, 120), st.floats(2, 120))
def test_a_planted_answer_is_the_box_it_says(x: float, y: float, w: float, h: float) -> None:
    answer, box = nothing(), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    plant(answer, box, 0.6)
    found = decoded(answer, 0.5)
    assert found.xyxy == pytest.approx(np.array([box]), abs=1e-3)
    assert found.score == pytest.approx([0.6])


@pytest.mark.parametrize("at", [(2, 2), (WIDTH - 2, HEIGHT - 2), (2, HEIGHT - 2), (WIDTH - 2, 2)])
def test_a_face_in_a_corner_has_no_neighbours_to_beat(at: tuple[int, int]) -> None:
    answer, (x, y) = nothing(), at
    plant(answer, (x - 4, y - 4, x + 4, y + 4), 0.9)
    assert decoded(answer, 0.5).xyxy == pytest.approx(np.array([[x - 4, y - 4, x + 4, y + 4]]), abs=1e-3)


def test_a_score_under_the_floor_is_no_box() -> None:
    answer = nothing()
    plant(answer, (20, 20, 40, 40), 0.5)
    assert len(decoded(answer, 0.5)) == 1
    assert len(decoded(answer, 0.51)) == 0


def test_beside_a_higher_cell_a_lower_one_is_the_same_face() -> None:
    """Also where its box is another: the heat round a face's middle says nothing of a second."""
    answer = nothing()
    plant(answer, (20, 20, 60, 70), 0.9)
    plant(answer, (40, 44, 48, 52), 0.5)  # the next cell to the right and below, and a tenth of the size
    assert decoded(answer, 0.3).score == pytest.approx([0.9])
    plant(answer, (44, 48, 52, 56), 0.5)  # one farther
    assert decoded(answer, 0.3).score == pytest.approx([0.9, 0.5])


def test_one_face_with_two_middles_is_the_better() -> None:
    answer = nothing()
    plant(answer, (20, 20, 100, 90), 0.7)
    plant(answer, (30, 20, 110, 90), 0.8)
    assert decoded(answer, 0.3).xyxy == pytest.approx(np.array([[30, 20, 110, 90]]), abs=1e-3)


def test_odd_numbers_are_no_crash() -> None:
    answer = nothing()
    answer[HEAT][:] = 3  # more than a score can be, and nowhere a highest
    answer[SIZE][:] = 1e4  # a size past floats
    found = decoded(answer, 0.5)
    assert 0 < len(found) <= MOST and (found.score == 1).all()


# --- the model itself -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second() -> CenterFace:
    try:
        find(CENTERFACE)
    except NoWeights as missing:
        pytest.skip(f"{CENTERFACE.name}: {missing}")
    return CenterFace()


def portrait(long_side: int) -> Image:
    path = cached(ASTRONAUT)
    if not path.exists():
        pytest.skip(f"{path.name}: not in the cache; run: python -m demo.faces")
    return opened(path).image(long_side)


TRUTH = np.array([ASTRONAUT.face], np.float32)


@pytest.mark.weights
@pytest.mark.parametrize("long_side", [512, 480, 333, 201, 100])
def test_one_face_is_found_where_it_is(second: CenterFace, long_side: int) -> None:
    found = second(portrait(long_side), 0.5)
    assert len(found) == 1
    assert iou(found.xyxy, TRUTH)[0, 0] > 0.6


@pytest.mark.weights
def test_the_mirror_shows_the_same_face_at_the_same_place(second: CenterFace) -> None:
    straight, mirror = second(portrait(333), 0.5), mirrored(second, portrait(333), 0.5)
    assert len(mirror) == 1
    assert np.abs(straight.xyxy - mirror.xyxy).max() < 8


@pytest.mark.weights
def test_red_and_blue_are_not_taken_for_one_another(second: CenterFace) -> None:
    image = portrait(512)
    swapped = Image(np.ascontiguousarray(image.bgr[:, :, ::-1]), image.scale)
    assert second(image, 0.1).score.max() > second(swapped, 0.1).score.max()


@pytest.mark.weights
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1500, 20), (20, 1500), (32, 32), (33, 31)])
def test_any_size_is_looked_at(second: CenterFace, width: int, height: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    for image in (Image(noise, 0.5), Image(noise * 0, 1.0)):
        assert len(second(image, 0.9)) == 0
        assert np.isfinite(clipped(second(image, 0.0).xyxy, 6000, 6000)).all()
