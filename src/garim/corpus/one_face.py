"""ONE FACE, THE CONSENTING PERSON'S: a photo that shows nobody, or anybody else, is not taken.

Law: whoever stands in the background has agreed to nothing; a second face refuses the photo. It is looked at whole,
and again larger, up to 2560 px, as far as the photo has them.

How small a second face may be, and still be found, is measured (tests/corpus/test_one_face.py): 32 px wide in photos of
up to 5120 px on their longer side, beyond that a 160th of it; four times that where it lies on its side. One that is
smaller, turned away or mostly covered can pass: so can any face past a detector.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.corpus.errors import NotAdmitted, Why
from garim.pictures import Still
from garim.vision.faces import Faces

F32 = NDArray[np.float32]

LOOKS = (640, 1280, 2560)  # px of a side of what the detector sees: few sizes, for each is compiled once
FLOOR = 0.6
FLOOR_OF_OTHERS = 0.5  # outside the first face, where the London set has 0.12 at most
LARGEST = (
    160  # px, in a larger look: what is larger was seen in the look before; parts of one face may be taken for one
)


class OneFace:
    """The detector, loaded once. Raises `NoWeights` at birth where it is missing."""

    def __init__(self, *, threads: int = 1) -> None:
        self._faces = Faces(threads=threads)

    def __call__(self, still: Still) -> None:
        """Raise `NotAdmitted` unless `still` shows one face."""
        found = self._seen(still, LOOKS[0])
        sure = int((found.score >= FLOOR).sum())
        if sure == 0:
            raise NotAdmitted(Why.NO_FACE, "no face was found in the photo; it was not admitted. Take another")
        first = found.xyxy[found.score.argmax()]
        if sure > 1 or any(len(each) for each in self._others(still, found, first)):
            raise NotAdmitted(
                Why.SEVERAL_FACES,
                "more than one face was found in the photo; it was not admitted: one person agreed. Take another",
            )

    def _others(self, still: Still, found: Boxes, first: F32) -> Iterator[Boxes]:
        """Faces beside the `first`, look by look."""
        yield _outside(found, first)
        for side in LOOKS[1:]:
            if side <= max(still.size):  # enlarged there is nothing more in it
                again = self._seen(still, side)
                width = (again.xyxy[:, 2] - again.xyxy[:, 0]) * np.float32(side / max(still.size))
                yield _outside(again[width < LARGEST], first)

    def _seen(self, still: Still, side: int) -> Boxes:
        image = still.image(side)
        square = np.zeros((side, side, 3), np.uint8)
        square[: image.bgr.shape[0], : image.bgr.shape[1]] = image.bgr[:side, :side]
        return self._faces(Image(square, image.scale), FLOOR_OF_OTHERS)


def _outside(found: Boxes, first: F32) -> Boxes:
    """Those whose middle is not in `first`, f32[4]: in there are its own eyes, and its box a second time."""
    middle = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
    within = np.all((middle > first[:2]) & (middle < first[2:]), axis=1)
    return found[np.flatnonzero(~within)]
