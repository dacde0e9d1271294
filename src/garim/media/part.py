"""A square part of a decoded picture at the size that a model wants: nothing else of the picture is converted.

Laws: places are px of the upright picture; the part is always of one size in the model's pixels, black outside the
picture, so that a network is compiled for it once.
"""

from __future__ import annotations

from math import ceil
from typing import Self

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from garim.core.boxes import Boxes, size_of, turned
from garim.core.image import Image
from garim.media.reader import Frame, rows

F32 = NDArray[np.float32]


class Part:
    """The square of `side` px round `middle` (px, upright) of `frame`, shown in `shown` px; `rotation` is the film's.

    `corner` is where it begins; `placed(boxes)` says where boxes of it lie in the whole picture.
    """

    def __init__(self, frame: Frame, middle: tuple[float, float], side: float, shown: int, rotation: int) -> None:
        coded, quarters = frame.coded, rotation // 90
        upright = (coded.width, coded.height) if quarters % 2 == 0 else (coded.height, coded.width)
        x, y = middle
        middle_coded = turned(np.array([[x, y, x, y]], np.float32), -quarters, upright)[0, :2]
        # as many whole px, so that all of it is shown in one scale, and that is the one which is told
        px = 2 * max(1, ceil(side / 2))
        x1, x2 = _span(float(middle_coded[0]), px, coded.width)
        y1, y2 = _span(float(middle_coded[1]), px, coded.height)
        scale = shown / px
        size = min(shown, max(1, round((x2 - x1) * scale))), min(shown, max(1, round((y2 - y1) * scale)))
        small = _cut(coded, x1, y1, x2, y2).reformat(
            *size, "bgr24", interpolation="AREA" if scale < 1 else "BICUBIC", threads=1
        )
        bgr = np.rot90(small.to_ndarray(), quarters)
        full = np.zeros((shown, shown, 3), np.uint8)
        full[: bgr.shape[0], : bgr.shape[1]] = bgr
        self.image = Image(full, scale)
        self.corner = turned(np.array([[x1, y1, x2, y2]], np.float32), quarters, (coded.width, coded.height))[0, :2]

    @classmethod
    def around(cls, frame: Frame, xyxy: F32, span: float, shown: int, rotation: int) -> Self:
        """The part round a box f32[4] of which it holds `span` sizes."""
        x, y = ((xyxy[:2] + xyxy[2:]) / 2).tolist()
        return cls(frame, (x, y), span * size_of(xyxy), shown, rotation)

    def placed(self, boxes: Boxes) -> Boxes:
        """`boxes` of this part, in px of the whole upright picture."""
        return Boxes(boxes.xyxy + np.tile(self.corner, 2), boxes.score)


def _span(middle: float, px: int, length: int) -> tuple[int, int]:
    """Where `px` round `middle` begin and end, in so far as the picture has them, and one at least of its `length`.

    From an even place on: chroma has half as many.
    """
    begin = 2 * round((middle - px / 2) / 2)
    first = max(0, min(begin, (length - 1) & ~1))
    return first, min(length, max(first + 1, begin + px))


def _cut(coded: VideoFrame, x1: int, y1: int, x2: int, y2: int) -> VideoFrame:
    """That part of `coded`, in its own layout and colours."""
    layout = coded.format
    part = VideoFrame(x2 - x1, y2 - y1, layout.name)
    part.colorspace, part.color_range = coded.colorspace, coded.color_range
    depth = layout.components[0].bits
    for whole, own in zip(coded.planes, part.planes, strict=True):
        across, down = (-(-coded.width // whole.width), -(-coded.height // whole.height))
        here = rows(own, depth)
        there = rows(whole, depth)[y1 // down :, x1 // across :]
        here[...] = there[: here.shape[0], : here.shape[1]]
    return part
