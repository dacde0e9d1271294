"""Faces where they are: the answer decoded by its formula, and the model asked about a face that is known."""

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
from garim.vision.detector import mirrored
from garim.vision.faces import OUTPUTS, STRIDES, Faces, decoded, pointed
from garim.vision.weights import YUNET

F32 = NDArray[np.float32]
HEIGHT, WIDTH = 96, 160
laws = settings(deadline=None)


def nothing() -> dict[str, F32]:
    """What the network answers where there is no face: f32[1,places,numbers] for each output."""
    return {
        name: np.zeros((1, (HEIGHT // stride) * (WIDTH // stride), numbers), np.float32)
        for name, numbers in OUTPUTS.items()
        for stride in STRIDES
        if name.endswith(f"_{stride}")
    }


def plant(
    answer: dict[str, F32],
    stride: int,
    box: tuple[float, float, float, float],
    cls: float,
    obj: float,
    cell: tuple[int, int] | None = None,
) -> None:
    """Write `box` into the place of its centre (or of `cell`, column and row), by the inverse of the formula."""
    x, y, w, h = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]
    column, row = cell or (int(x // stride), int(y // stride))
    place = row * (WIDTH // stride) + column
    answer[f"cls_{stride}"][0, place] = cls
    answer[f"obj_{stride}"][0, place] = obj
    answer[f"bbox_{stride}"][0, place] = x / stride - column, y / stride - row, np.log(w / stride), np.log(h / stride)


@laws
@given(
    st.sampled_from(STRIDES),
    st.floats(1, WIDTH - 1),
    st.floats(1, HEIGHT - 1),
    st.floats(2, 120),
    st.floats(2, 120),
)
def test_a_planted_answer_is_the_box_it_says(stride: int, x: float, y: float, w: float, h: float) -> None:
    answer, box = nothing(), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    plant(answer, stride, box, cls=0.9, obj=0.4)
    found = decoded(answer, HEIGHT, WIDTH, 0.5)
    assert found.xyxy == pytest.approx(np.array([box]), abs=1e-3)
    assert found.score == pytest.approx([0.6])


@pytest.mark.parametrize("stride", STRIDES)
def test_the_first_and_the_last_place(stride: int) -> None:
    answer = nothing()
    plant(answer, stride, (0, 0, 6, 6), 1, 1)
    plant(answer, stride, (WIDTH - 6, HEIGHT - 6, WIDTH, HEIGHT), 1, 0.9)
    found = decoded(answer, HEIGHT, WIDTH, 0.5)
    assert found.xyxy == pytest.approx(np.array([[0, 0, 6, 6], [WIDTH - 6, HEIGHT - 6, WIDTH, HEIGHT]]), abs=1e-3)


def test_a_score_under_the_floor_is_no_box() -> None:
    answer = nothing()
    plant(answer, 8, (20, 20, 40, 40), cls=0.5, obj=0.5)
    assert len(decoded(answer, HEIGHT, WIDTH, 0.5)) == 1
    assert len(decoded(answer, HEIGHT, WIDTH, 0.51)) == 0
    assert len(decoded(nothing(), HEIGHT, WIDTH, 0.1)) == 0


def test_one_face_that_several_strides_see_is_the_best_of_them() -> None:
    answer = nothing()
    plant(answer, 8, (20, 20, 60, 70), cls=0.7, obj=0.7)
    plant(answer, 16, (21, 20, 61, 70), cls=0.9, obj=0.9)
    plant(answer, 32, (20, 22, 60, 72), cls=0.8, obj=0.8)
    plant(answer, 16, (100, 20, 140, 70), cls=0.6, obj=0.6)
    found = decoded(answer, HEIGHT, WIDTH, 0.3)
    assert found.xyxy == pytest.approx(np.array([[21, 20, 61, 70], [100, 20, 140, 70]]), abs=1e-3)
    assert found.score == pytest.approx([0.9, 0.6])


def test_odd_numbers_are_no_crash() -> None:
    answer = nothing()
    answer["cls_8"][:], answer["obj_8"][:] = 3, 2  # more than a score can be
    answer["cls_16"][:], answer["obj_16"][:] = -1, 2  # less, of which there is no root
    answer["bbox_8"][:] = 1e4  # a size past floats
    found = decoded(answer, HEIGHT, WIDTH, 0.5)
    assert len(found) and (found.score == 1).all()


@laws
@given(st.sampled_from(STRIDES), st.lists(st.floats(-40, 200, width=32), min_size=10, max_size=10))
def test_planted_points_are_the_points_they_say(stride: int, places: list[float]) -> None:
    answer, points = nothing(), np.array(places, np.float32).reshape(5, 2)
    plant(answer, stride, (40, 30, 60, 60), cls=1, obj=0.81, cell=(48 // stride, 40 // stride))
    cell = np.array([48 // stride, 40 // stride], np.float32)
    place = int(cell[1]) * (WIDTH // stride) + int(cell[0])
    answer[f"kps_{stride}"][0, place] = (points / stride - cell).reshape(-1)
    boxes, found = pointed(answer, HEIGHT, WIDTH, 0.5)
    assert found.xy == pytest.approx(points[None], abs=1e-3)
    assert boxes.xyxy.tobytes() == decoded(answer, HEIGHT, WIDTH, 0.5).xyxy.tobytes()


def test_points_stay_with_their_boxes() -> None:
    answer = nothing()
    for stride, x, score in ((8, 20, 0.7), (16, 21, 0.9), (32, 100, 0.8)):
        plant(answer, stride, (x, 20, x + 40, 70), cls=score, obj=score)
        place = (45 // stride) * (WIDTH // stride) + (x + 20) // stride
        answer[f"kps_{stride}"][0, place] = score
    boxes, found = pointed(answer, HEIGHT, WIDTH, 0.3)
    assert boxes.score == pytest.approx([0.9, 0.8])
    cells = np.array([[41 // 16, 45 // 16], [120 // 32, 45 // 32]]) + np.array([[0.9], [0.8]])
    assert found.xy[:, 2] == pytest.approx(cells * np.array([[16], [32]]))


def test_no_face_has_no_points() -> None:
    boxes, found = pointed(nothing(), HEIGHT, WIDTH, 0.5)
    assert len(boxes) == len(found) == 0


# --- the model itself -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faces() -> Faces:
    try:
        find(YUNET)
    except NoWeights as missing:
        pytest.skip(f"{YUNET.name}: {missing}")
    return Faces()


def portrait(long_side: int) -> Image:
    path = cached(ASTRONAUT)
    if not path.exists():
        pytest.skip(f"{path.name}: not in the cache; run: python -m demo.faces")
    return opened(path).image(long_side)


TRUTH = np.array([ASTRONAUT.face], np.float32)


@pytest.mark.weights
@pytest.mark.parametrize("long_side", [512, 480, 333, 201, 100])
def test_one_face_is_found_where_it_is(faces: Faces, long_side: int) -> None:
    found = faces(portrait(long_side), 0.5)
    assert len(found) == 1
    assert iou(found.xyxy, TRUTH)[0, 0] > 0.7
    assert (found.score <= 1).all()


@pytest.mark.weights
@pytest.mark.parametrize("long_side", [512, 333, 100])
def test_the_five_points_are_where_they_are_in_a_face(faces: Faces, long_side: int) -> None:
    boxes, found = faces.pointed(portrait(long_side), 0.5)
    assert boxes.xyxy.tobytes() == faces(portrait(long_side), 0.5).xyxy.tobytes()
    right_eye, left_eye, nose, right_mouth, left_mouth = found.xy[0]
    assert right_eye[0] < nose[0] < left_eye[0] and right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])
    assert (TRUTH[0, :2] < found.xy[0]).all() and (found.xy[0] < TRUTH[0, 2:]).all()


@pytest.mark.weights
@pytest.mark.parametrize("long_side", [512, 333])
def test_the_mirror_shows_the_same_face_at_the_same_place(faces: Faces, long_side: int) -> None:
    straight, mirror = faces(portrait(long_side), 0.5), mirrored(faces, portrait(long_side), 0.5)
    assert len(mirror) == 1
    assert np.abs(straight.xyxy - mirror.xyxy).max() < 6


@pytest.mark.weights
def test_a_cut_out_that_is_no_multiple_of_anything(faces: Faces) -> None:
    whole = portrait(512)
    left, top, right, bottom = 97, 21, 350, 290
    found = faces(Image(np.ascontiguousarray(whole.bgr[top:bottom, left:right]), 1.0), 0.5)
    assert len(found) == 1
    assert iou(found.xyxy + np.array([left, top, left, top], np.float32), TRUTH)[0, 0] > 0.7


@pytest.mark.weights
def test_two_faces_are_two(faces: Faces) -> None:
    one = portrait(512)
    both = faces(Image(np.concatenate([one.bgr, one.bgr[:, ::-1]], axis=1), 1.0), 0.5)
    mirror = np.array([[1024 - TRUTH[0, 2], TRUTH[0, 1], 1024 - TRUTH[0, 0], TRUTH[0, 3]]], np.float32)
    assert len(both) == 2
    assert (iou(both.xyxy, np.concatenate([TRUTH, mirror])).max(axis=0) > 0.7).all()


@pytest.mark.weights
def test_red_and_blue_are_not_taken_for_one_another(faces: Faces) -> None:
    image = portrait(512)
    swapped = Image(np.ascontiguousarray(image.bgr[:, :, ::-1]), image.scale)
    assert faces(image, 0.1).score.max() > faces(swapped, 0.1).score.max()


@pytest.mark.weights
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3000, 20), (20, 3000), (32, 32), (33, 31)])
def test_any_size_is_looked_at(faces: Faces, width: int, height: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    for image in (Image(noise, 0.5), Image(noise * 0, 1.0)):
        for found in (faces(image, 0.9), mirrored(faces, image, 0.9)):
            assert len(found) == 0
        assert np.isfinite(clipped(faces(image, 0.0).xyxy, 6000, 6000)).all()
