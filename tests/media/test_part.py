"""A part of a picture shows what the whole picture shows there, and says where that is.

Films of every layout by ffmpeg. What a part should show is cut out of `Frame.image`; where it is, is known of a square
that was drawn there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.films import RGB, film
from tests.media.sources import made, recut

from garim.core.boxes import Boxes
from garim.media import Film, Frame, Reader
from garim.media.part import Part

SHARP = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "1", "-pix_fmt", "yuv444p")
BT709 = ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc")


def first(path: Path) -> tuple[Film, Frame]:
    with Reader(path) as reader:
        return reader.film, next(iter(reader.frames()))


def shown(part: Part, frame: Frame, rotation: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """What a part of the scale 1 shows of the picture, and what is there in the whole picture; black besides."""
    whole = frame.image(max(frame.coded.width, frame.coded.height), rotation)
    assert whole.scale == part.image.scale == 1
    inside = part.image.bgr.max(axis=2) > 0  # nothing in these pictures is black
    height, width = inside.any(axis=1).sum(), inside.any(axis=0).sum()
    assert inside[:height, :width].all() and inside.sum() == height * width
    x, y = part.corner.astype(int)
    there = whole.bgr[y : y + height, x : x + width]
    return part.image.bgr[:height, :width].astype(np.int16), there.astype(np.int16)


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "4:2:0": lambda folder: made(folder, "h264", ".mp4"),
    "4:2:2": lambda folder: made(folder, "h264", ".mkv", pixels="yuv422p"),
    "4:4:4": lambda folder: made(folder, "h264", ".mkv", pixels="yuv444p"),
    "odd size": lambda folder: made(folder, "h264", ".mkv", pixels="yuv444p", size=(161, 123)),
    "odd size, 4:2:0": lambda folder: made(folder, "av1", ".mkv", size=(161, 123)),
    "10 bit": lambda folder: made(folder, "hevc", ".mp4", pixels="yuv420p10le"),
    "12 bit, 4:4:4": lambda folder: made(folder, "hevc", ".mp4", pixels="yuv444p12le"),
    "red green blue": lambda folder: made(folder, "hevc", ".mp4", pixels="gbrp"),
    "grey": lambda folder: made(folder, "hevc", ".mp4", pixels="gray"),
    "full range": lambda folder: made(folder, "mjpeg", ".avi", pixels="yuvj420p"),
    "full range by its word": lambda folder: made(
        folder, "hevc", ".mov", "-vf", "scale=out_range=full", "-color_range", "pc"
    ),
    "bt709": lambda folder: made(folder, "h264", ".mp4", *BT709, "bt709"),
    "pq": lambda folder: made(
        folder,
        "hevc",
        ".mp4",
        *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"),
        pixels="yuv420p10le",
    ),
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_it_shows_what_the_whole_picture_shows_there(layout: str, tmp_path: Path) -> None:
    film, frame = first(LAYOUTS[layout](tmp_path))
    width, height = film.upright
    for middle in ((width / 2, height / 2), (0, 0), (width - 1, height - 1), (33.3, 71.8), (width - 20, 9)):
        part = Part(frame, middle, 40, 40, film.rotation)
        seen, there = shown(part, frame, film.rotation)
        off = np.abs(seen - there)
        # beside an edge of two colours a sample of colour more or less is seen
        assert off.mean() < 2.5
        assert np.quantile(off, 0.9) <= 4
        for corner, end, at, side in zip(part.corner, seen.shape[1::-1], middle, (width, height), strict=True):
            assert abs(corner - max(0, at - 20)) <= 1.5
            assert abs(corner + end - min(side, at + 20)) <= 1.5


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(160, 128), (161, 123)])
def test_it_is_upright(degrees: int, size: tuple[int, int], tmp_path: Path) -> None:
    coded = made(tmp_path, "h264", ".mkv", pixels="yuv444p", size=size)
    source = recut(coded, "turned.mkv", before=("-display_rotation", str(degrees))) if degrees else coded
    film, frame = first(source)
    assert film.rotation == degrees
    width, height = film.upright
    for middle in ((width / 2, height / 2), (3, 5), (width - 2, height - 3), (width - 1, 1), (20, height - 10)):
        seen, there = shown(Part(frame, middle, 36, 36, film.rotation), frame, film.rotation)
        assert min(seen.shape[:2]) >= 18
        assert np.abs(seen - there).mean() < 1


GROUND, MARK = 40, 240
SIZE = (200, 150)


@cache
def marked(folder: Path, x: int, y: int, side: int, degrees: int) -> tuple[Film, Frame]:
    """A picture with one white square, where it is shown upright."""
    width, height = SIZE
    picture: RGB = np.full((height, width, 3), GROUND, np.uint8)
    picture[y : y + side, x : x + side] = MARK
    coded = film(folder / f"{x}-{y}.mp4", [np.ascontiguousarray(np.rot90(picture, -degrees // 90))], codec=SHARP)
    turned = recut(coded, f"{x}-{y}.t.mp4", before=("-display_rotation", str(degrees))) if degrees else coded
    return first(turned)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(20, 90), st.sampled_from([40, 160]), st.integers(0, 2))
def test_boxes_are_placed_where_they_are(
    tmp_path_factory: pytest.TempPathFactory, degrees: int, dx: float, dy: float, side: float, shown: int, which: int
) -> None:
    """However small the part is and however much it is enlarged."""
    x, y = ((101, 77), (2, 3), (SIZE[0] - 9, SIZE[1] - 8))[which]
    film, frame = marked(tmp_path_factory.getbasetemp(), x, y, 6, degrees)
    part = Part(frame, (x + 3 + dx, y + 3 + dy), side, shown, film.rotation)
    assert part.image.bgr.shape == (shown, shown, 3)
    rows, columns = np.nonzero(part.image.bgr.min(axis=2) > (GROUND + MARK) / 2)
    seen = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    scale = np.float32(part.image.scale)
    placed = part.placed(Boxes(seen / scale, np.ones(1, np.float32)))
    whole = np.array([x, y, x + 6, y + 6])
    assert np.abs(placed.xyxy[0] - whole).max() <= 0.3 + 1 / scale
    assert placed.score == 1


@pytest.mark.parametrize("size", [(2, 2), (2, 64), (64, 2), (1, 1), (1, 33)])
@pytest.mark.parametrize("side", [0.5, 3, 500])
def test_pictures_of_hardly_any_size(size: tuple[int, int], side: float, tmp_path: Path) -> None:
    width, height = size
    picture: RGB = np.full((height, width, 3), 200, np.uint8)
    _, frame = first(film(tmp_path / "a.mkv", [picture], codec=("-c:v", "libaom-av1", "-pix_fmt", "yuv444p")))
    for middle in ((0.0, 0.0), (width - 0.1, height - 0.1), (width / 2, height / 2)):
        part = Part(frame, middle, side, 32, 0)
        assert part.image.bgr.shape == (32, 32, 3)
        assert part.image.bgr[0, 0].min() > 150
        assert (part.corner >= 0).all() and part.corner[0] < width and part.corner[1] < height


@pytest.mark.parametrize("middle", [(-50.0, 20.0), (500.0, 20.0), (20.0, -50.0), (20.0, 500.0)])
def test_what_lies_outside_is_no_crash(middle: tuple[float, float], tmp_path: Path) -> None:
    _, frame = first(made(tmp_path, "h264", ".mp4"))
    part = Part(frame, middle, 40, 40, 0)
    assert (part.image.bgr.max(axis=2) > 0).mean() < 0.1


def test_the_frame_is_left_as_it_was(tmp_path: Path) -> None:
    _, frame = first(made(tmp_path, "h264", ".mp4"))
    before = frame.coded.to_ndarray().copy()
    Part(frame, (80, 60), 40, 160, 0)
    assert (frame.coded.to_ndarray() == before).all()
