"""Promise: of a film that was cut short nothing is published, never a shorter film; the error says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.attacks.harness import garim, here, refused, untouched
from tests.films import ffmpeg, film, pictures, shown, tone

pytestmark = pytest.mark.weights
SHARES = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97]


def index_first(source: Path) -> Path:
    path = source.with_name("first.mp4")
    ffmpeg("-i", source, "-map", "0", "-c", "copy", "-movflags", "faststart", path)
    return path


def cut(source: Path, length: int) -> Path:
    path = source.with_name("cut.mp4")
    path.write_bytes(source.read_bytes()[:length])
    return path


@pytest.mark.parametrize("share", SHARES)
def test_the_index_was_last(share: float, plain: Path, tmp_path: Path) -> None:
    source = cut(plain, int(plain.stat().st_size * share))
    with untouched(tmp_path):
        refused(here("redact", source), 3, str(source))


@pytest.mark.parametrize("share", SHARES)
def test_the_index_was_first(share: float, plain: Path, tmp_path: Path) -> None:
    whole = index_first(plain)
    source = cut(whole, int(whole.stat().st_size * share))
    with untouched(tmp_path):
        refused(here("redact", source), 3, str(source))


@pytest.mark.parametrize("missing", [1, 2, 3, 8, 64])
def test_only_a_few_bytes_are_missing(missing: int, tmp_path: Path) -> None:
    whole = index_first(film(tmp_path / "a.mp4", pictures(12, (160, 120))))
    source = cut(whole, whole.stat().st_size - missing)
    with untouched(tmp_path):
        refused(here("redact", source), 3, str(source))


def test_a_real_process_says_it_in_one_line(plain: Path, tmp_path: Path) -> None:
    source = cut(plain, plain.stat().st_size // 2)
    with untouched(tmp_path):
        refused(garim("redact", source), 3, "cut short", "ffmpeg")


def fragmented(folder: Path) -> Path:
    words = ("-g", "10", "-movflags", "frag_keyframe+empty_moov", "-map", "0", "-map", "1", "-c:a", "aac")
    return film(folder / "fragments.mp4", pictures(40, (160, 120)), *words, inputs=tone(440, 1.6))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.45, 0.6, 0.8, 0.95])
def test_inside_a_fragment(share: float, tmp_path: Path) -> None:
    whole = fragmented(tmp_path)
    source = cut(whole, int(whole.stat().st_size * share))
    with untouched(tmp_path):
        refused(here("redact", source), 3, str(source))


def test_between_two_fragments_nothing_can_tell(tmp_path: Path) -> None:
    """The limit of the promise: each fragment stands alone, and no box says how many there were."""
    whole = fragmented(tmp_path)
    content = whole.read_bytes()
    places = [i - 4 for i in range(len(content)) if content[i : i + 4] == b"moof"]
    assert here("redact", cut(whole, places[2])).code == 0
    assert len(shown(tmp_path / "cut.redacted.mp4")) == 20


def test_sound_that_ends_early_is_no_cut(tmp_path: Path) -> None:
    words = ("-map", "0", "-map", "1", "-c:a", "aac")
    source = film(tmp_path / "a.mp4", pictures(20, (160, 120)), *words, inputs=tone(440, 0.2))
    assert here("redact", source).code == 0
    assert len(shown(tmp_path / "a.redacted.mp4")) == 20
