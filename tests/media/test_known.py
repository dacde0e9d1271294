"""What is known of a film is not asked again, and small ones are decoded by one thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.redact.looked import filmed, picture

from garim.media import Reader
from garim.media import reader as room
from garim.media.reader import threads


def test_a_film_that_is_known_is_read_and_not_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, frames = filmed(tmp_path / "a.mp4", [picture()] * 5)
    monkeypatch.delattr(room, "described")
    with Reader(film.path, known=film) as reader:
        assert reader.film is film
        assert [frame.pts for frame in reader.frames()] == [frame.pts for frame in frames]


def test_small_films_are_one_threads_and_large_ones_of_all(tmp_path: Path) -> None:
    film, _ = filmed(tmp_path / "a.mp4", [picture()])
    sizes = {(1920, 1080): "NONE", (1088, 1920): "NONE", (2560, 1440): "AUTO", (3840, 2160): "AUTO"}
    assert {size: threads(replace(film, size=size)) for size in sizes} == sizes
