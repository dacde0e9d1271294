"""What finds faces: a question and an answer, whichever family of model answers; and the same question mirrored.

Law: boxes are in px of the original, upright and unmirrored, however the image was turned to be asked about.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from garim.core.boxes import Boxes, best
from garim.core.image import Image

SAME_FACE = 0.4  # IoU over which two answers are one face


class Detector(Protocol):
    """Finds boxes with a score from a floor on, in px of the original."""

    def __call__(self, image: Image, floor: float, /) -> Boxes: ...


@runtime_checkable
class Rests(Protocol):
    """What holds memory to look with, and lets go of it until it is asked again."""

    def rest(self) -> None: ...


def mirrored(detector: Detector, image: Image, floor: float) -> Boxes:
    """What `detector` finds in the mirror image: what one misses the other may see. Boxes as if unmirrored."""
    found = detector(image.mirrored(), floor)
    width = np.float32(image.bgr.shape[1] / image.scale)
    x1, y1, x2, y2 = found.xyxy.T
    return Boxes(np.stack([width - x2, y1, width - x1, y2], axis=1), found.score)


def twice(detector: Detector, image: Image, floor: float) -> Boxes:
    """What `detector` finds, asked straight or in the mirror."""
    return best(Boxes.joined([detector(image, floor), mirrored(detector, image, floor)]), SAME_FACE)
