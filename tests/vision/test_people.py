"""People where they are: the answer decoded by its formula, and the model asked about real footage."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou
from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.inference.weights import find
from garim.vision.people import KINDS, MOST, STRIDES, People, decoded, whole
from garim.vision.weights import YOLOX_NANO

F32 = NDArray[np.float32]
HEIGHT, WIDTH = 96, 160
DATA = Path(__file__).parents[3] / "shared" / "data"
laws = settings(deadline=None)


def nothing() -> F32:
    """What the network answers where there is nobody: f32[1,places,85]."""
    places = sum((HEIGHT // stride) * (WIDTH // stride) for stride in STRIDES)
    return np.zeros((1, places, 5 + KINDS), np.float32)


def plant(
    answer: F32, stride: int, box: tuple[float, float, float, float], obj: float, person: float, kind: int = 0
) -> None:
    """Write `box` into the place of its centre, by the inverse of the formula."""
    x, y, w, h = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]
    before = sum((HEIGHT // finer) * (WIDTH // finer) for finer in STRIDES if finer < stride)
    column, row = int(x // stride), int(y // stride)
    place = answer[0, before + row * (WIDTH // stride) + column]
    place[:5] = x / stride - column, y / stride - row, np.log(w / stride), np.log(h / stride), obj
    place[5 + kind] = person


@laws
@given(
    st.sampled_from(STRIDES),
    st.floats(0, WIDTH - 1),
    st.floats(0, HEIGHT - 1),
    st.floats(2, 120),
    st.floats(2, 120),
)
def test_a_planted_answer_is_the_box_it_says(stride: int, x: float, y: float, w: float, h: float) -> None:
    answer, box = nothing(), (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    plant(answer, stride, box, obj=0.75, person=0.8)
    found = decoded(answer, HEIGHT, WIDTH, 0.5)
    assert found.xyxy == pytest.approx(np.array([box]), abs=1e-3)
    assert found.score == pytest.approx([0.6])


def test_other_things_are_not_people() -> None:
    answer = nothing()
    for kind in range(1, KINDS):
        plant(answer, 8, (kind, 20, kind + 30, 80), obj=1, person=1, kind=kind)
    assert len(decoded(answer, HEIGHT, WIDTH, 0.01)) == 0


def test_a_score_under_the_floor_is_no_box() -> None:
    answer = nothing()
    plant(answer, 8, (20, 20, 40, 40), obj=0.5, person=0.8)
    assert len(decoded(answer, HEIGHT, WIDTH, 0.4)) == 1
    assert len(decoded(answer, HEIGHT, WIDTH, 0.41)) == 0


def test_one_person_whom_several_strides_see_is_the_best_of_them() -> None:
    answer = nothing()
    plant(answer, 8, (20, 20, 60, 70), 0.7, 0.7)
    plant(answer, 16, (21, 20, 61, 70), 0.9, 0.9)
    plant(answer, 32, (100, 20, 140, 70), 0.6, 0.6)
    found = decoded(answer, HEIGHT, WIDTH, 0.3)
    assert found.xyxy == pytest.approx(np.array([[21, 20, 61, 70], [100, 20, 140, 70]]), abs=1e-3)


def test_a_head_is_no_second_person_and_a_neighbour_is() -> None:
    body, head, beside = (20, 0, 60, 90), (30, 0, 50, 20), (50, 0, 90, 90)
    found = whole(Boxes(np.array([body, head, beside], np.float32), np.array([0.9, 0.8, 0.7], np.float32)))
    assert found.xyxy.tolist() == [list(body), list(beside)]


def test_what_holds_a_better_one_stays() -> None:
    # two people taken for one are weaker than either; that the one is within it says nothing against it
    one, pair = (20, 0, 60, 90), (18, 0, 100, 92)
    found = whole(Boxes(np.array([one, pair], np.float32), np.array([0.9, 0.5], np.float32)))
    assert len(found) == 2


def test_odd_numbers_are_no_crash() -> None:
    answer = nothing()
    answer[0, :MOST, 4:6] = 3  # more than a score can be
    answer[0, :MOST, 2:4] = 1e4  # a size past floats
    found = decoded(answer, HEIGHT, WIDTH, 0.5)
    assert len(found) and (found.score == 1).all()


def test_of_too_many_answers_the_best_are_looked_at() -> None:
    answer = np.zeros((1, 5040, 5 + KINDS), np.float32)
    answer[0, :, :2] = 0.5  # no two in one place
    answer[0, :, 2:4] = -6  # so small that none is another, or part of one
    answer[0, :, 4] = np.linspace(0.4, 0.9, 5040)
    answer[0, :, 5] = 1
    found = decoded(answer, 384, 640, 0.1)
    assert len(found) == MOST
    assert found.score[[0, -1]] == pytest.approx([answer[0, -1, 4], answer[0, -MOST, 4]])


# --- the model itself -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> People:
    try:
        find(YOLOX_NANO)
    except NoWeights as missing:
        pytest.skip(f"{YOLOX_NANO.name}: {missing}")
    return People()


def picture(film: str, number: int, long_side: int) -> Image:
    """One picture of a real film."""
    path = DATA / film
    if not path.exists():
        pytest.skip(f"{path}: footage beside the checkout")
    with av.open(str(path)) as container:
        coded = next(frame for index, frame in enumerate(container.decode(video=0)) if index == number)
    scale = long_side / coded.width
    bgr = coded.reformat(long_side, round(coded.height * scale), "bgr24", interpolation="AREA").to_ndarray()
    return Image(np.asarray(bgr, np.uint8), scale)


AISLE = "video/intel_store-aisle-detection.mp4"
AT = 30
# where three people stand in that picture (480 x 270), marked by hand
STANDING = np.array([[332, 151, 440, 268], [267, 79, 325, 231], [343, 79, 392, 197]], np.float32)


@pytest.mark.weights
@pytest.mark.parametrize("long_side", [640, 480, 416])
def test_three_people_are_found_where_they_stand(people: People, long_side: int) -> None:
    found = people(picture(AISLE, AT, long_side), 0.4)
    assert len(found) == 3
    assert (iou(found.xyxy, STANDING).max(axis=0) > 0.7).all()


@pytest.mark.weights
def test_an_empty_room_is_empty(people: People) -> None:
    assert len(people(picture("video/intel_one-by-one-person-detection.mp4", 30, 640), 0.4)) == 0


@pytest.mark.weights
def test_red_and_blue_are_not_taken_for_one_another(people: People) -> None:
    image = picture(AISLE, AT, 640)
    swapped = Image(np.ascontiguousarray(image.bgr[:, :, ::-1]), image.scale)
    assert people(image, 0.1).score[:3].sum() > people(swapped, 0.1).score[:3].sum()


@pytest.mark.weights
@pytest.mark.parametrize(("width", "height"), [(1, 1), (2000, 20), (20, 2000), (32, 32), (33, 31)])
def test_any_size_is_looked_at(people: People, width: int, height: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    for image in (Image(noise, 0.5), Image(noise * 0, 1.0)):
        assert len(people(image, 0.6)) == 0
        assert np.isfinite(people(image, 0.0).xyxy).all()
