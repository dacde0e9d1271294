"""A second face refuses a photo, as small as the room says that it finds one; one face alone is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.conftest import SHARED

from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.one_face import OneFace
from garim.pictures import Still

LONDON = SHARED / "data" / "faces_london"
_OF_PICTURE = 0.335  # how wide a face is in a photo of the London set: 640 px
pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(not LONDON.is_dir(), reason="the London set is not beside the checkout"),
]


@pytest.fixture(scope="module")
def look() -> OneFace:
    return OneFace()


def face(number: int) -> Image.Image:
    return Image.open(sorted(LONDON.glob("*_neutral.jpg"))[number]).convert("RGB")


def still(picture: Image.Image) -> Still:
    return Still(np.array(picture), "RGB", "JPEG", {}, ())


def pair(size: tuple[int, int], px: float, second: int, turn: int = 0) -> Image.Image:
    """A large first face, and another `px` wide, far from it."""
    both = Image.new("RGB", size, (180, 180, 180))
    side = int(min(size) * 0.6)
    both.paste(face(9).resize((side, side)), (0, size[1] - side))
    small = face(second).crop((120, 40, 520, 600)).rotate(turn, expand=True)
    scale = px / (640 * _OF_PICTURE)
    small = small.resize((round(small.width * scale), round(small.height * scale)), Image.Resampling.LANCZOS)
    both.paste(small, (int(size[0] * 0.8), int(size[1] * 0.3)))
    return both


@pytest.mark.parametrize(
    ("size", "px"),
    [
        ((4000, 3000), 32),
        ((4000, 3000), 60),
        ((4000, 3000), 180),
        ((2500, 1800), 32),
        ((1250, 1000), 32),
        ((960, 1279), 32),
    ],
)
@pytest.mark.parametrize("second", [20, 40, 70])
def test_a_small_second_face_is_seen(look: OneFace, size: tuple[int, int], px: int, second: int) -> None:
    with pytest.raises(NotAdmitted) as refused:
        look(still(pair(size, px, second)))
    assert refused.value.why is Why.SEVERAL_FACES


@pytest.mark.parametrize(("turn", "px"), [(90, 128), (180, 48), (270, 128)])
def test_a_turned_second_face_is_seen(look: OneFace, turn: int, px: int) -> None:
    with pytest.raises(NotAdmitted):
        look(still(pair((4000, 3000), px, 33, turn)))


@pytest.mark.parametrize("side", [640, 1500, 3000])
def test_one_face_alone_is_taken_however_large_the_photo(look: OneFace, side: int) -> None:
    for number in (0, 14, 31, 82, 95):
        look(still(face(number).resize((side, side), Image.Resampling.BICUBIC)))
    for path in sorted(Path(SHARED / "data").glob("faces_*_cc0/*.jpg"))[:6]:
        look(still(Image.open(path).convert("RGB")))
