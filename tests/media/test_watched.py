"""What only a watcher asks of a film: old codecs, how bright cells are, when the film says that it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.films import film, pictures

from garim.core.errors import Unsupported
from garim.media import Reader
from garim.media.codecs import WATCHED
from garim.media.probe import made_at

DIVX3 = ("-c:v", "msmpeg4", "-q:v", "2", "-pix_fmt", "yuv420p")


def test_a_codec_of_old_recorders_is_watched_and_not_redacted(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", pictures(30), codec=DIVX3, rate=10)
    with pytest.raises(Unsupported, match="its video is msmpeg4v3"):
        Reader(path)
    with Reader(path, WATCHED) as reader:
        at = [float(frame.pts * reader.film.time_base) for frame in reader.frames()]
    assert at == pytest.approx([number / 10 for number in range(30)])


def shades(tmp_path: Path, picture: np.ndarray, pixels: str = "yuv420p") -> np.ndarray:
    path = film(tmp_path / "a.mkv", [picture], codec=("-c:v", "libx264", "-qp", "0", "-pix_fmt", pixels))
    with Reader(path) as reader:
        return next(reader.frames()).shades()


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "gray"])
@pytest.mark.parametrize("size", [(640, 360), (320, 240), (322, 242), (64, 48)])
def test_shades_are_how_bright_each_cell_is(tmp_path: Path, size: tuple[int, int], pixels: str) -> None:
    width, height = size
    cell = -(-max(size) // 80)
    picture = np.full((height, width, 3), 60, np.uint8)
    picture[: 3 * cell, : 5 * cell] = 200
    found = shades(tmp_path, picture, pixels)
    assert found.shape == (height // cell, width // cell)
    assert found.dtype == np.float32
    bright = found > 120
    assert bright.sum() == 15
    assert bright[:3, :5].all()
    # video's own range is 16 to 235; what is only grey has all of it
    low, scale = (0.0, 1.0) if pixels == "gray" else (16.0, 219 / 255)
    assert found[:3, :5].mean() == pytest.approx(low + 200 * scale, abs=2)
    assert found[5:, 7:].mean() == pytest.approx(low + 60 * scale, abs=2)


def test_a_strip_has_shades_too(tmp_path: Path) -> None:
    assert shades(tmp_path, np.full((4, 640, 3), 90, np.uint8)).size > 0


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T19:00:00+09:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
    ],
)
def test_when_a_film_says_that_it_was_made(tmp_path: Path, said: str, made: datetime | None) -> None:
    path = film(tmp_path / "a.mp4", pictures(3), "-metadata", f"creation_time={said}")
    assert made_at(path) == made


@pytest.mark.parametrize("said", ["last Tuesday", ""])
def test_a_film_that_says_no_time(tmp_path: Path, said: str) -> None:
    path = film(tmp_path / "a.mkv", pictures(3), "-metadata", f"creation_time={said}")
    assert made_at(path) is None
