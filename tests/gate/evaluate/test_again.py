"""One photo twice, coded anew, and two photos of one sitting."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.gate.evaluate.sets import london

from garim.core.errors import Misuse
from garim.gate.evaluate.again import SIDE, refuse_again, sketched


def pixels(path: Path, **coded: int) -> np.ndarray:
    with Image.open(path) as picture:
        rgb = picture.convert("RGB").resize((320, 320), Image.Resampling.BOX)
    if coded:
        octets = BytesIO()
        rgb.save(octets, "JPEG", **coded)
        rgb = Image.open(octets)
    return np.asarray(rgb)


@pytest.mark.parametrize("quality", [95, 60, 20])
def test_one_photo_coded_anew_is_no_pair(quality: int) -> None:
    for person in london(6):
        one = person.photos[0]
        with pytest.raises(Misuse, match="1 pairs of photos of one person are one photo, coded anew"):
            refuse_again([[sketched(pixels(one)), sketched(pixels(one, quality=quality))]])


def test_two_photos_of_one_sitting_are_a_pair() -> None:
    refuse_again([[sketched(pixels(photo)) for photo in person.photos] for person in london(20)])


def test_two_people_are_not_held_against_one_another() -> None:
    grey = sketched(np.full((40, 40, 3), 90, np.uint8))
    refuse_again([[grey], [grey]])


@given(st.integers(1, 100), st.integers(1, 100), st.integers(0, 255))
def test_a_sketch_of_any_size(height: int, width: int, light: int) -> None:
    found = sketched(np.full((height, width, 3), light, np.uint8))
    assert found.shape == (SIDE, SIDE)
    assert np.allclose(found, light, atol=0.01)
