"""ONE FACE, THE CONSENTING PERSON'S: a photo that shows nobody, or anybody else, is not taken.

Law: whoever stands in the background has agreed to nothing; a second face, however small, refuses the photo.
"""

from __future__ import annotations

import numpy as np

from garim.core.image import Image
from garim.corpus.errors import NotAdmitted, Why
from garim.pictures import Still
from garim.vision.faces import Faces

LOOK = 640  # px of a side of what the detector sees: one size, so that it is compiled once
FLOOR = 0.6


class OneFace:
    """The detector, loaded once. Raises `NoWeights` at birth where it is missing."""

    def __init__(self, *, threads: int = 1) -> None:
        self._faces = Faces(threads=threads)

    def __call__(self, still: Still) -> None:
        """Raise `NotAdmitted` unless `still` shows one face."""
        image = still.image(LOOK)
        square = np.zeros((LOOK, LOOK, 3), np.uint8)
        square[: image.bgr.shape[0], : image.bgr.shape[1]] = image.bgr[:LOOK, :LOOK]
        found = len(self._faces(Image(square, image.scale), FLOOR))
        if found == 0:
            raise NotAdmitted(Why.NO_FACE, "no face was found in the photo; it was not admitted. Take another")
        if found > 1:
            raise NotAdmitted(
                Why.SEVERAL_FACES,
                f"{found} faces were found in the photo; it was not admitted: one person agreed. Take another",
            )
