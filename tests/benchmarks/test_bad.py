"""What was lost on the way is told, on planted facts and on a file that has two sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks._bad import difference
from benchmarks._clips import Facts, facts
from PIL import Image

WHOLE = Facts(90, 3.0, 2, "yuv420p10le", (630, 350))


def test_nothing_lost_is_nothing_said() -> None:
    assert difference(WHOLE, replace(WHOLE, seconds=3.05)) == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(WHOLE, frames=45), "45 of 90 frames"),
        (replace(WHOLE, seconds=3.84), "3.84 s for 3.00"),
        (replace(WHOLE, sound=1), "1 of 2 sound tracks"),
        (replace(WHOLE, pixels="yuv420p"), "yuv420p for yuv420p10le"),
        (replace(WHOLE, size=(640, 352)), "640x352 for 630x350"),
    ],
)
def test_each_loss_has_its_word(found: Facts, word: str) -> None:
    assert difference(WHOLE, found) == [word]


def test_a_stills_size_is_that_of_the_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert facts(tmp_path / "turned.jpg").size == (20, 40)
