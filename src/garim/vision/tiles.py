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
EDGE = 2  # px from a cut within which a box may be of half a face


def tiled(detector: Detector, image: Image, floor: float) -> Boxes:
    """What `detector` finds in `image`, asked about parts of it where it is large."""
    height, width = image.bgr.shape[:2]
    if max(height, width) <= MOST:
        return detector(image, floor)
    found = [_seen(detector, image, floor, x, y) for y in _spans(height) for x in _spans(width)]
    return best(Boxes.joined(found), SAME_FACE)


def _seen(detector: Detector, image: Image, floor: float, x: tuple[int, int], y: tuple[int, int]) -> Boxes:
    part = Image(np.ascontiguousarray(image.bgr[slice(*y), slice(*x)]), image.scale)
    found = detector(part, floor)
    height, width = image.bgr.shape[:2]
    cut = np.array([x[0] > 0, y[0] > 0, x[1] < width, y[1] < height])
    inside = found.xyxy * np.float32(image.scale) + np.array([0, 0, -(x[1] - x[0]), -(y[1] - y[0])], np.float32)
    whole = ~(cut & (inside * np.array([1, 1, -1, -1]) < EDGE)).any(axis=1)
    corner = np.array([x[0], y[0], x[0], y[0]], np.float32) / np.float32(image.scale)
    return Boxes(found.xyxy[whole] + corner, found.score[whole])


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Where parts begin and end, all as long, that cover `length` px."""
    count = max(1, ceil((length - OVERLAP) / (MOST - OVERLAP)))
    size = ceil((length + (count - 1) * OVERLAP) / count)
    for number in range(count):
        begin = round(number * (length - size) / max(1, count - 1))
        yield begin, begin + size
