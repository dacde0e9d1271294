"""FILMS TO LOOK AT WITH EYES THAT ARE MADE UP: yellow squares are faces here, as sure as a test says.

The frames are real, decoded from real films; what finds a square looks at the pixels that it is given, and so sees it
where the code under test has put it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tests.films import RGB, film

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.media import Film, Frame, Reader

SIZE = (320, 240)
YELLOW = (240, 240, 60)
SHARP = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "4", "-pix_fmt", "yuv444p")

Square = tuple[float, float, float]
"""Left, top and side, px."""


def picture(*squares: Square, size: tuple[int, int] = SIZE) -> RGB:
    """A blue room, its floor in the sun, with some yellow squares."""
    width, height = size
    drawn: RGB = np.full((height, width, 3), (70, 90, 120), np.uint8)
    drawn[height * 9 // 10 :] = (200, 215, 230)
    for left, top, side in squares:
        x, y = max(0, int(left)), max(0, int(top))
        drawn[y : max(0, int(top + side)), x : max(0, int(left + side))] = YELLOW
    return drawn


def filmed(path: Path, pictures: Iterable[RGB]) -> tuple[Film, list[Frame]]:
    """The film at `path`, and all its frames."""
    with Reader(film(path, pictures, codec=SHARP)) as reader:
        return reader.film, list(reader.frames())


def boxed(*squares: Square, score: float | Sequence[float] = 0.9) -> Boxes:
    """Squares as somebody might have found them."""
    xyxy = np.array([(x, y, x + side, y + side) for x, y, side in squares], np.float32).reshape(-1, 4)
    return Boxes(xyxy, np.array([score] * len(squares) if isinstance(score, float) else score, np.float32))


class Sees:
    """Finds yellow squares, each with `score`; remembers the size of each image that it was asked about."""

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.asked: list[tuple[int, int]] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        self.asked.append((image.bgr.shape[1], image.bgr.shape[0]))
        blue, green, red = (image.bgr[:, :, channel].astype(np.int16) for channel in range(3))
        found = ndimage.find_objects(ndimage.label((red > 160) & (green > 160) & (blue < 130))[0])
        xyxy = np.array([_box((place[0], place[1])) for place in found], np.float32).reshape(-1, 4)
        boxes = Boxes(xyxy / np.float32(image.scale), np.full(len(xyxy), self.score, np.float32))
        return boxes[boxes.score >= floor]


def _box(place: tuple[slice, slice]) -> NDArray[np.float32]:
    y, x = place
    return np.array([x.start, y.start, x.stop, y.stop], np.float32)
