"""Where a person's head is, by the box of the person or of the face alone: nothing of how either looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes

F32 = NDArray[np.float32]

OF_WIDTH = 0.6  # a head's height, by the person's width: who is seen to the waist is as wide as high
LEAST, MOST = 0.15, 0.45  # ... and by their height
AROUND_FACE = (0.35, 0.5, 0.35, 0.15)  # how much wider than its face a head is: left, above, right, below


def heads(people: Boxes) -> Boxes:
    """The heads of people f32[n,4]: the middle of each box's upper end; it may be anywhere in it who leans or walks."""
    x1, y1, x2, y2 = people.xyxy.T
    wide, high = x2 - x1, y2 - y1
    tall = np.clip(OF_WIDTH * wide, LEAST * high, MOST * high)
    half = np.maximum(0.35 * wide, tall / 2)
    middle = (x1 + x2) / 2
    return Boxes(np.stack([middle - half, y1, middle + half, y1 + tall], axis=1), people.score)


def around(faces: F32) -> F32:
    """The heads that faces f32[n,4] belong to: with hair, ears and chin."""
    wide, high = faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1]
    left, above, right, below = (np.float32(part) for part in AROUND_FACE)
    grow = np.stack([-left * wide, -above * high, right * wide, below * high], axis=1)
    return np.asarray(faces + grow)
