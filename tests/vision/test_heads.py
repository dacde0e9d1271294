"""Heads where people's boxes say that they are: at the upper end of who stands, round a face that is seen."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.inference.weights import find
from garim.vision.faces import Faces
from garim.vision.heads import around, heads
from garim.vision.people import People
from garim.vision.weights import YOLOX_NANO, YUNET

DATA = Path(__file__).parents[3] / "shared" / "data"


def person(x1: float, y1: float, x2: float, y2: float, score: float = 0.8) -> Boxes:
    return Boxes(np.array([[x1, y1, x2, y2]], np.float32), np.array([score], np.float32))


boxes = st.builds(
    lambda x, y, wide, high: person(x, y, x + wide, y + high),
    st.floats(-50, 2000, width=32),
    st.floats(-50, 2000, width=32),
    st.floats(1, 800, width=32),
    st.floats(1, 800, width=32),
)


@given(boxes)
def test_a_head_is_the_upper_middle_of_its_person(found: Boxes) -> None:
    (head,), (whole,) = heads(found).xyxy, found.xyxy
    assert heads(found).score == found.score
    assert head[1] == whole[1]
    assert head[3] <= whole[1] + 0.46 * (whole[3] - whole[1]) + 0.01
    assert head[[0, 2]].sum() == pytest.approx(whole[[0, 2]].sum(), abs=0.01)
    assert head[2] - head[0] >= 0.69 * (whole[2] - whole[0])


def test_a_head_is_no_slit_where_only_a_body_is_narrow() -> None:
    walking, seated = heads(person(100, 50, 150, 250)).xyxy[0], heads(person(100, 50, 300, 250)).xyxy[0]
    assert (walking[3] - walking[1]) / (walking[2] - walking[0]) == pytest.approx(30 / 35, abs=0.1)
    assert (seated[3] - seated[1]) / (seated[2] - seated[0]) == pytest.approx(90 / 140, abs=0.1)


def test_nobody_has_no_head() -> None:
    assert len(heads(Boxes.none())) == 0
    assert around(Boxes.none().xyxy).shape == (0, 4)


@given(boxes)
def test_a_head_is_round_its_face_and_not_much_more(face: Boxes) -> None:
    (head,), (inner,) = around(face.xyxy), face.xyxy
    wide, high = inner[2] - inner[0], inner[3] - inner[1]
    assert (head[:2] < inner[:2]).all() and (head[2:] > inner[2:]).all()
    assert inner[1] - head[1] > head[3] - inner[3], "hair is higher than a chin is low"
    assert head[2] - head[0] < 2 * wide and head[3] - head[1] < 2 * high
    assert head.dtype == np.float32


# --- the models themselves ------------------------------------------------------------------------------------


def pictures(film: str, frames: range, long_side: int) -> list[tuple[Image, Image]]:
    """Some pictures of a real film: for faces, and for people."""
    path = DATA / film
    if not path.exists():
        pytest.skip(f"{path}: footage beside the checkout")
    with av.open(str(path)) as container:
        coded = [frame for index, frame in enumerate(container.decode(video=0)) if index in frames]

    def image(frame: av.VideoFrame, side: int) -> Image:
        scale = side / frame.width
        bgr = frame.reformat(side, round(frame.height * scale), "bgr24", interpolation="AREA").to_ndarray()
        return Image(np.asarray(bgr, np.uint8), scale)

    return [(image(frame, long_side), image(frame, 640)) for frame in coded]


@pytest.mark.weights
def test_faces_that_are_seen_lie_on_heads_of_people_that_are() -> None:
    """Of two models that know nothing of one another."""
    try:
        find(YUNET), find(YOLOX_NANO)
    except NoWeights as missing:
        pytest.skip(str(missing))
    faces, people = Faces(), People()
    on = []
    for film in ("face-demographics-walking", "head-pose-face-detection-female-and-male", "classroom"):
        for large, small in pictures(f"video/intel_{film}.mp4", range(0, 121, 30), 960):
            seen, persons = faces(large, 0.8), people(small, 0.4)
            for middle in (seen.xyxy[:, :2] + seen.xyxy[:, 2:]) / 2:
                whose = inside(middle, persons.xyxy)
                if whose.any():
                    on.append(bool(inside(middle, heads(persons).xyxy)[whose].any()))
    assert len(on) >= 10
    assert sum(on) / len(on) > 0.9


def inside(point: NDArray[np.float32], xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray((point > xyxy[:, :2]).all(axis=1) & (point < xyxy[:, 2:]).all(axis=1))
