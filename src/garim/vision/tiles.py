"""A large image looked at in parts, so that memory does not grow with it.

Law: parts overlap by more than what is looked for in them, and are all of one size: a network is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np

from garim.core.boxes import Boxes, best
from garim.core.image import Image
from garim.vision.detector import SAME_FACE, Detector

MOST = 1440  # px of a part's side
OVERLAP = 192  # px: a face that is larger shows in a smaller image of the same picture
GRID = 32  # px: the coarsest step of the models, from which they round their inputs up
EDGE = 2  # px from a cut within which a box may be of half a face


def tiled(detector: Detector, image: Image, floor: float, size: tuple[int, int] | None = None) -> Boxes:
    """What `detector` finds in `image`, asked about parts of it where it is large.

    Parts are the least there are, or as large as a picture of `size` (width, height; over `OVERLAP`), for which a
    network is compiled already; then they lie on its grid, so that far from cuts it says what it would say of all.
    """
    if size is None and max(image.bgr.shape) <= MOST:
        return detector(image, floor)
    if size is not None:
        image = _on_grid(image)
    height, width = image.bgr.shape[:2]
    across, down = (-(-side // GRID) * GRID for side in size) if size else (_least(width), _least(height))
    found = [_seen(detector, image, floor, x, y) for y in _spans(height, down) for x in _spans(width, across)]
    return best(Boxes.joined(found), SAME_FACE)


def _on_grid(image: Image) -> Image:
    """`image` with black to the right and below, up to the next places of the grid."""
    height, width = image.bgr.shape[:2]
    return Image(np.pad(image.bgr, ((0, -height % GRID), (0, -width % GRID), (0, 0))), image.scale)


def _seen(detector: Detector, image: Image, floor: float, x: tuple[int, int], y: tuple[int, int]) -> Boxes:
    part = Image(np.ascontiguousarray(image.bgr[slice(*y), slice(*x)]), image.scale)
    found = detector(part, floor)
    height, width = image.bgr.shape[:2]
    cut = np.array([x[0] > 0, y[0] > 0, x[1] < width, y[1] < height])
    inside = found.xyxy * np.float32(image.scale) + np.array([0, 0, -(x[1] - x[0]), -(y[1] - y[0])], np.float32)
    whole = ~(cut & (inside * np.array([1, 1, -1, -1]) < EDGE)).any(axis=1)
    corner = np.array([x[0], y[0], x[0], y[0]], np.float32) / np.float32(image.scale)
    return Boxes(found.xyxy[whole] + corner, found.score[whole])


def _count(length: int, most: int) -> int:
    return max(1, ceil((length - OVERLAP) / (most - OVERLAP)))


def _least(length: int) -> int:
    """The shortest that as few parts as can be may have, all as long, to cover `length` px."""
    count = _count(length, MOST)
    return ceil((length + (count - 1) * OVERLAP) / count)


def _spans(length: int, size: int) -> Iterator[tuple[int, int]]:
    """Where parts of `size` begin and end that cover `length` px."""
    count, size = _count(length, size), min(size, length)
    for number in range(count):
        begin = round(number * (length - size) / max(1, count - 1))
        if length % GRID == size % GRID == 0:
            begin -= begin % GRID
        yield begin, begin + size
