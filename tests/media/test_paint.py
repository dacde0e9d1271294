"""What is painted into a picture is in that picture alone, as large as it was painted, in every kind of samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from numpy.typing import NDArray
from tests.films import BLACK, decoded, decodes, ffmpeg, film, gone, pictures
from tests.media.copies import copied

from garim.cover import fill
from garim.media import Frame, Reader

BOX = np.array([(80, 60, 160, 120)], np.float32)
NOISE = np.random.default_rng(7).integers(60, 255, (12, 120, 160, 3), np.uint8)
REFERENCES = ("-c:v", "libx264", "-preset", "slow", "-crf", "6", "-pix_fmt", "yuv420p", "-bf", "3", "-refs", "5")


def at(number: int, box: NDArray[np.float32] = BOX) -> Callable[[Frame], None]:
    """A painter of one picture."""

    def paint(frame: Frame) -> None:
        if frame.index == number:
            fill(frame.planes(), box)

    return paint


@pytest.mark.parametrize("number", [0, 1, 5, 6, 7, 29])
def test_paint_stays_in_its_picture(number: int, tmp_path: Path) -> None:
    """The decoder predicts from pictures that it has given away: what is written into one must not reach the next."""
    source = film(tmp_path / "a.mp4", pictures(30), "-g", "30", codec=REFERENCES)
    output = copied(source, paint=at(number))
    before, after = decoded(source), decoded(output)
    lost = gone(before, after)
    assert lost[number, 62:118, 82:158].all()
    others = np.arange(30) != number
    assert not lost[others].any()
    assert np.abs(after[others].astype(np.int16) - before[others]).mean(axis=(1, 2, 3)).max() < 2.5


KINDS = ["yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "gray"]


@pytest.mark.parametrize("pixels", KINDS)
def test_the_fill_is_black_and_hides_all_in_every_kind_of_samples(pixels: str, tmp_path: Path) -> None:
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-pix_fmt", pixels)
    source = film(tmp_path / "a.mp4", pictures(3), codec=codec)
    output = copied(source, paint=at(1))
    decodes(output)
    before, after = decoded(source), decoded(output)
    inside = after[1, 60:120, 80:160]
    assert inside.max() <= BLACK
    outside = np.ones(before.shape[1:3], bool)
    outside[56:124, 76:164] = False  # but for what a codec lets run over the edge
    assert np.abs(after[1].astype(np.int16) - before[1])[outside].mean() < 2.5


@pytest.mark.parametrize("pixels", KINDS)
def test_planes_are_the_whole_picture_and_nothing_more(pixels: str, tmp_path: Path) -> None:
    size = (322, 242)  # a line is longer in memory than it is wide
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-pix_fmt", pixels)
    source = film(tmp_path / "a.mp4", pictures(1, size), codec=codec)
    with Reader(source) as reader:
        for frame in reader.frames():
            planes = frame.planes()
            assert planes.size == size
            flat = np.concatenate([np.ascontiguousarray(plane).view(np.uint8).ravel() for plane in planes.arrays])
            raw = ffmpeg("-i", source, "-f", "rawvideo", "-pix_fmt", frame.coded.format.name, "-")
            assert flat.tobytes() == raw


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ((0, 0, 320, 240), np.s_[:, :]),
        ((-50, -50, 40, 40), np.s_[:40, :40]),
        ((300, 220, 900, 900), np.s_[220:, 300:]),
        ((319, 239, 320, 240), np.s_[238:, 318:]),
        ((0, 239, 320, 240), np.s_[238:, :]),
        ((319, 0, 320, 240), np.s_[:, 318:]),
    ],
    ids=["all", "first corner", "last corner", "last pixel", "last row", "last column"],
)
def test_the_last_row_and_column_are_painted(box: tuple[float, ...], part: tuple[slice, slice], tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", pictures(2))
    output = copied(source, paint=at(1, np.array([box], np.float32)))
    assert decoded(output)[1][part].max() <= BLACK + 12  # two rows keep some of their neighbours' ringing


def test_the_picture_types_of_the_source_are_not_obeyed(tmp_path: Path) -> None:
    """A source of key frames only would make the output six times as large, and tell where its own cuts were."""
    source = film(tmp_path / "a.mp4", pictures(30), "-g", "1")
    with av.open(str(source)) as container:
        assert {PictureType(frame.pict_type) for frame in container.decode(video=0)} == {PictureType.I}
    output = copied(source)
    with av.open(str(output)) as container:
        kinds = [PictureType(frame.pict_type) for frame in container.decode(video=0)]
    assert kinds.count(PictureType.I) < 3


def test_noise_is_the_same_picture_after_a_glance(tmp_path: Path) -> None:
    """Looking, in any of its ways, leaves a picture as it was."""
    source = film(tmp_path / "a.mp4", list(NOISE), codec=("-c:v", "libx264", "-crf", "1", "-pix_fmt", "yuv420p"))
    with Reader(source) as reader:
        for frame in reader.frames():
            before = [plane.copy() for plane in frame.planes().arrays]
            frame.glance()
            frame.image(64, 90)
            assert all((a == b).all() for a, b in zip(before, frame.planes().arrays, strict=True))
            break


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "gray"])
def test_a_glance_is_small_and_of_256_levels(pixels: str, tmp_path: Path) -> None:
    codec = ("-c:v", "libx264", "-crf", "8", "-pix_fmt", pixels)
    with Reader(film(tmp_path / "a.mp4", pictures(1), codec=codec)) as reader:
        glance = next(iter(reader.frames())).glance()
    assert glance.dtype == np.int16
    assert 30 <= glance.shape[0] <= 60
    assert 50 <= glance.shape[1] <= 110
    assert 150 < glance.max() <= 255
    assert glance.min() >= 0
