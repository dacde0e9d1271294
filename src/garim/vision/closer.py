"""One place looked at again, enlarged, by both families of detector: is there a face, or was it a fancy of one?

Law: a place is asked about by where it is alone; nothing is kept of how it looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, area, iou
from garim.core.image import Image
from garim.vision.detector import Detector
from garim.vision.light import lit

F32 = NDArray[np.float32]

SHOWN = 160  # px of the picture that the models are given
SPAN = 3.3  # sizes of a face that it holds: a face of 48 px, with what is around it
SAME_PLACE = 0.35  # IoU from which answers of two families are of one face
FLOOR = 0.05  # a score under this says nothing, whoever agrees
NEAR = 1.0  # how far from where it is expected a face may be, in its own size
ALIKE = 2.5  # ... and how much larger or smaller


def agreed(looks: Sequence[Boxes], expected: F32) -> Boxes:
    """What `looks` see together of one face at `expected` f32[4]: its hull, scored by the sum of their best; or none.

    A sum over looks of one family each tells faces from fancies better than either score (shared/anchors/redact.md).
    """
    near = [boxes[_near(boxes.xyxy, expected)] for boxes in looks]
    near = [boxes[area(boxes.xyxy) > 0] for boxes in near]  # one of no area is not even in its own place
    every = Boxes.joined(near)
    if not len(every):
        return every
    seed = every.xyxy[[int(every.score.argmax())]]
    same = [boxes[iou(boxes.xyxy, seed)[:, 0] >= SAME_PLACE] for boxes in near]
    best = [boxes[np.argsort(-boxes.score, kind="stable")[:1]] for boxes in same if len(boxes)]
    xyxy = np.concatenate([boxes.xyxy for boxes in best])
    hull = np.concatenate([xyxy[:, :2].min(axis=0), xyxy[:, 2:].max(axis=0)])[None]
    return Boxes(hull, np.array([min(1.0, sum(float(boxes.score[0]) for boxes in best))], np.float32))


def _near(xyxy: F32, expected: F32) -> NDArray[np.bool_]:
    size = np.sqrt(np.maximum((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1), 1e-6))
    wanted = float(np.sqrt(max((expected[2:] - expected[:2]).prod(), 1e-6)))
    middle = (xyxy[:, :2] + xyxy[:, 2:] - expected[:2] - expected[2:]) / 2
    apart = np.hypot(middle[:, 0], middle[:, 1])
    alike = (size < ALIKE * wanted) & (wanted < ALIKE * size)
    return np.asarray((apart < NEAR * np.maximum(size, wanted)) & alike)


class Closer:
    """Asks `first`, and `second` where that is not certain by itself."""

    def __init__(self, first: Detector, second: Detector) -> None:
        self._first, self._second = first, second

    def __call__(self, image: Image, expected: F32, enough: float) -> Boxes:
        """The face at `expected` f32[4] in `image` (px of what it was cut out of, from its corner), or none.

        The second is not asked where the first alone is `enough`.
        """
        image = lit(image)
        first = self._first(image, FLOOR)
        alone = agreed([first], expected)
        if len(alone) and alone.score[0] >= enough:
            return alone
        return agreed([first, self._second(image, FLOOR)], expected)
