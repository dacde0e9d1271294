"""Films for attacks, made once; each attack takes a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.films import film, pictures, tone


@pytest.fixture(scope="session")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ("-g", "10", "-bf", "2", "-map", "0", "-map", "1", "-c:a", "aac")
    codec = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
    path = tmp_path_factory.mktemp("films") / "plain.mp4"
    return film(path, pictures(40, (160, 120)), *words, codec=codec, inputs=tone(440, 1.6))


@pytest.fixture
def plain(_plain: Path, tmp_path: Path) -> Path:
    """A small film in order: 40 pictures, b-frames, sound."""
    return Path(shutil.copy(_plain, tmp_path / "plain.mp4"))


@pytest.fixture(scope="session")
def _long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "long.mp4"
    return film(path, pictures(50), rate=25)


@pytest.fixture
def long(_long: Path, tmp_path: Path) -> Path:
    """A film that takes a second."""
    return Path(shutil.copy(_long, tmp_path / "long.mp4"))
