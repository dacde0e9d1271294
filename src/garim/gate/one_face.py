"""The one face in a picture: whoever is in front. Others who stand behind are not looked at.

Laws: two faces of about one size are no one's: nobody chooses between them; what is found lies in px of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.vision.faces import Faces

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

LOOK = 320  # px of a side of what the detector sees: one size, so that it is compiled before the first traveller
FLOOR = 0.6
BEHIND = 0.5  # of the size of the face in front: whoever is no larger stands behind


class Others(Enum):
    """Why a picture has no one face."""

    NOBODY = "nobody"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Face:
    """Where it is: `box` f32[4], `points` f32[5,2] as `Landmarks` orders them, px."""

    box: F32
    points: F32

    def scaled(self, by: float) -> Face:
        """Where it is in the same picture of another size."""
        return Face(self.box * np.float32(by), self.points * np.float32(by))


def shown(pixels: U8) -> Image:
    """`pixels` u8[h,w,3], RGB, as a model sees them."""
    return Image(np.ascontiguousarray(pixels[:, :, ::-1]), 1.0)


def one_face(faces: Faces, pixels: U8) -> Face | Others:
    """The face in front in `pixels` u8[h,w,3], RGB."""
    boxes, points = faces.pointed(_framed(pixels), FLOOR)
    if not len(boxes):
        return Others.NOBODY
    sizes = (boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]).max(axis=1)
    front = int(sizes.argmax())
    if (np.delete(sizes, front) > BEHIND * sizes[front]).any():
        return Others.SEVERAL
    return Face(boxes.xyxy[front], points.xy[front])


def _framed(pixels: U8) -> Image:
    """In the upper left of a square of the detector's one size; made smaller by whole blocks where it is larger."""
    block = -(-max(pixels.shape[:2]) // LOOK)
    height, width = (side // block for side in pixels.shape[:2])
    square = np.zeros((LOOK, LOOK, 3), np.uint8)
    if block == 1:
        square[:height, :width] = pixels[:, :, ::-1]
        return Image(square, 1.0)
    sums = np.zeros((height, width, 3), np.uint32)
    for row in range(block):
        for column in range(block):
            sums += pixels[row : height * block : block, column : width * block : block]
    square[:height, :width] = (sums // block**2)[:, :, ::-1]
    return Image(square, 1 / block)
