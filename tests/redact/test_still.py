"""Faces in stills: gone from the samples, whatever the kind of picture and wherever they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from demo.clip import Truth
from PIL import Image
from tests.films import BLACK, RGB, crowd, destroyed, gone, shot, stands

from garim.core.errors import NoWeights, StillShowing, Unsupported
from garim.inference.weights import read
from garim.redact import Check, redact, run
from garim.redact import still as still_room
from garim.redact.effort import Effort
from garim.vision.weights import YUNET

pytestmark = pytest.mark.weights
PLACES = {
    "in the middle": (160, 120, 70),
    "small": (160, 120, 24),
    "filling the picture": (160, 120, 230),
    "over the last row": (160, 215, 80),
    "over the first row": (160, 20, 80),
    "over the last column": (300, 120, 80),
    "over the first column": (18, 120, 80),
    "in the last corner": (302, 218, 80),
    "in the first corner": (24, 30, 90),
}


@dataclass(frozen=True)
class Photo:
    """A still with what is known of it."""

    source: Path
    samples: RGB
    truth: Truth


def photo(path: Path, place: str = "in the middle", size: tuple[int, int] = (320, 240), **options: object) -> Photo:
    """One person in a street."""
    x, y, height = PLACES[place]
    rows, truths = crowd(shot(1, stands(x, y, height)), size=size)
    Image.fromarray(rows[0]).save(path, **options)  # type: ignore[arg-type]  # passed on as it is
    return Photo(path, rows[0], truths[0])


def samples(path: Path) -> RGB:
    """A picture's pixels, as Pillow reads them."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def covered(made: Photo, output: Path) -> float:
    """The share of the face that is destroyed, where there is to be one."""
    return destroyed(made.samples, samples(output), made.truth.xyxy[0])


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("place", list(PLACES))
def test_no_face_leaks(place: str, suffix: str, tmp_path: Path) -> None:
    made = photo(tmp_path / f"a.{suffix}", place)
    done = redact(made.source)
    assert covered(made, done.output) > 0.5
    assert (done.frames, done.seconds, done.residual, done.sound) == (1, None, (), ())


LINES: dict[str, tuple[slice | int, ...]] = {
    "over the last row": (-1, slice(145, 175)),
    "over the first row": (0, slice(145, 175)),
    "over the last column": (slice(105, 135), -1),
    "over the first column": (slice(105, 135), 0),
}


@pytest.mark.parametrize("place", list(LINES))
def test_the_last_line_of_the_picture_keeps_nothing(place: str, tmp_path: Path) -> None:
    made = photo(tmp_path / "a.png", place, size=(321, 241) if "last" not in place else (320, 240))
    assert samples(redact(made.source).output)[LINES[place]].max() == 0


def test_outside_nothing_changes(tmp_path: Path) -> None:
    made = photo(tmp_path / "a.png")
    after = samples(redact(made.source).output)
    changed = (after != made.samples).any(axis=2)
    assert (after[changed] == 0).all()
    assert changed.mean() < 0.25


UNDONE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held so does to an upright picture: the other way of what TIFF 6.0, p. 36, asks of a reader."""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_in_any_way(orientation: int, tmp_path: Path) -> None:
    """The picture is looked at as it is shown, and leaves upright, without the note."""
    made = photo(tmp_path / "plain.png", "over the last row")
    stored = Image.fromarray(made.samples)
    if orientation in UNDONE:
        stored = stored.transpose(UNDONE[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = tmp_path / "a.jpg"
    stored.save(source, exif=exif, quality=95)
    output = redact(source).output
    after = samples(output)
    assert after.shape == (240, 320, 3)
    assert covered(made, output) > 0.5
    assert after[-1, 145:175].max() <= BLACK
    assert b"Exif" not in output.read_bytes()


def test_nobody_there(tmp_path: Path) -> None:
    rows, _ = crowd(shot(1))
    Image.fromarray(rows[0]).save(tmp_path / "a.png")
    done = redact(tmp_path / "a.png")
    assert done.rounds == 1 and done.masked < 0.01  # a lamp or a wheel may look like a face to two families
    after = samples(done.output)
    assert ((after == rows[0]) | (after == 0)).all()


def test_nothing_there(tmp_path: Path) -> None:
    wall = np.linspace(90, 220, 320 * 240 * 3).reshape(240, 320, 3).astype(np.uint8)
    Image.fromarray(wall).save(tmp_path / "a.png")
    done = redact(tmp_path / "a.png")
    assert (done.tracks, done.masked, done.rounds) == (0, 0.0, 1)
    assert (samples(done.output) == wall).all()


def test_faces_of_a_large_picture_may_be_small(tmp_path: Path) -> None:
    rows, truths = crowd(shot(1, stands(700, 300, 34), stands(1500, 700, 30, who=1, number=2)), size=(2000, 1000))
    Image.fromarray(rows[0]).save(tmp_path / "a.png")
    after = samples(redact(tmp_path / "a.png").output)
    assert all(destroyed(rows[0], after, box) > 0.5 for box in truths[0].xyxy)


def test_a_dark_picture(tmp_path: Path) -> None:
    made = photo(tmp_path / "a.png")
    night = (made.samples * 0.06).astype(np.uint8)
    Image.fromarray(night).save(tmp_path / "b.png")
    after = samples(redact(tmp_path / "b.png").output)
    x1, y1, x2, y2 = made.truth.xyxy[0].astype(int)
    assert (after[y1:y2, x1:x2] == 0).all(axis=2).mean() > 0.95


@pytest.mark.parametrize("effort", Effort)
def test_every_effort_finds_a_plain_face(effort: Effort, tmp_path: Path) -> None:
    made = photo(tmp_path / "a.jpg")
    assert covered(made, redact(made.source, effort=effort).output) > 0.5


def test_without_the_second_family_only_a_fast_look_is_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, folder = photo(tmp_path / "a.jpg"), tmp_path / "weights"
    folder.mkdir()
    (folder / YUNET.files[0].file).write_bytes(read(YUNET)[0])
    monkeypatch.setenv("GARIM_WEIGHTS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    run._second.cache_clear()
    with pytest.raises(NoWeights, match="garim weights pull centerface"):
        redact(made.source)
    assert covered(made, redact(made.source, effort=Effort.FAST).output) > 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (7, 5)])
def test_pictures_of_hardly_any_size(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, (90, 90, 90)).save(tmp_path / "a.png")
    assert samples(redact(tmp_path / "a.png").output).shape == (size[1], size[0], 3)


def test_what_was_done_is_said(tmp_path: Path) -> None:
    made = photo(tmp_path / "a.jpg", comment=b"Sosa 119")
    steps: list[str] = []
    done = redact(made.source, progress=lambda step, count, total: steps.append(step))
    assert done.output == tmp_path / "a.redacted.jpg"
    assert done.input_sha256 == hashlib.sha256(made.source.read_bytes()).hexdigest()
    assert done.output_sha256 == hashlib.sha256(done.output.read_bytes()).hexdigest()
    assert done.tracks == 1
    assert done.masked == pytest.approx(gone(made.samples, samples(done.output)).mean(), abs=0.03)
    assert done.left_out == ("comment",)
    assert b"Sosa" not in done.output.read_bytes()
    assert steps


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_what_was_not_checked_says_so_itself(suffix: str, tmp_path: Path) -> None:
    done = redact(photo(tmp_path / f"a.{suffix}").source, check=Check.OFF)
    assert done.output.name == f"a.redacted.UNCHECKED.{suffix}"
    assert b"UNCHECKED" in done.output.read_bytes()


def test_another_kind_of_output_is_refused(tmp_path: Path) -> None:
    made = photo(tmp_path / "a.png")
    with pytest.raises(Unsupported, match=r"b\.jpg"):
        redact(made.source, tmp_path / "b.jpg")


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look takes nothing for a face; the check still does."""
    monkeypatch.setattr(still_room, "SURE", 9.0)


@pytest.mark.usefixtures("blind")
def test_what_only_the_check_sees_is_destroyed_in_the_next_round(tmp_path: Path) -> None:
    made = photo(tmp_path / "a.png")
    done = redact(made.source)
    assert done.rounds > 1
    assert covered(made, done.output) > 0.5


@pytest.mark.usefixtures("blind")
def test_what_still_shows_is_not_published_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROUNDS", 1)
    made = photo(tmp_path / "a.png")
    with pytest.raises(StillShowing, match="--accept-residual"):
        redact(made.source)
    assert sorted(tmp_path.iterdir()) == [made.source]
    done = redact(made.source, accept_residual=True)
    assert len(done.residual) == 1
    assert done.residual[0].at == 0.0
