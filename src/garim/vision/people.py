"""People in an image, by YOLOX-nano (Ge, Liu, Wang, Li, Sun 2021: "YOLOX: Exceeding YOLO Series in 2021")."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, area, best, intersection
from garim.core.image import Image
from garim.inference.network import Network, load
from garim.vision.weights import YOLOX_NANO

F32 = NDArray[np.float32]

STRIDES = (8, 16, 32)
KINDS = 80  # of things, of which the first is a person; the others are not looked at
OUTPUTS = {"output": 5 + KINDS}
GREY = 114  # what the model was shown outside pictures
SAME_PERSON = 0.5  # IoU over which two answers are one person
PART = 0.9  # share of a box within a better one from which it is a part of that person
MOST = 1000  # answers that are looked at, the best first: several for each person


class People:
    """YOLOX-nano, loaded once; `people(image, floor)` gives `Boxes` in px of the original, scores from `floor` on.

    The image is looked at in the size it has: a longer side of about 640 px. Boxes may reach over its edges.
    Raises `NoWeights` at birth where the model is missing or is not the pinned one.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._network: Network = load(YOLOX_NANO, OUTPUTS, threads=threads)
        self.rest = self._network.rest

    def __call__(self, image: Image, floor: float) -> Boxes:
        height, width = image.bgr.shape[:2]
        high, wide = -(-height // 32) * 32, -(-width // 32) * 32
        padded = np.full((high, wide, 3), GREY, np.uint8)
        padded[:height, :width] = image.bgr
        found = decoded(self._network(padded)["output"], high, wide, floor)
        return Boxes(found.xyxy / np.float32(image.scale), found.score)


def decoded(answer: F32, height: int, width: int, floor: float) -> Boxes:
    """YOLOX's answer f32[1,places,85] for an input of `height` x `width` as people's boxes in its pixels.

    score = objectness * class; centre = (cell + xy) * stride; size = exp(wh) * stride.
    """
    rows = answer[0]
    score = np.clip(rows[:, 4] * rows[:, 5], 0, 1)
    hit = np.flatnonzero(score >= floor)
    if len(hit) > MOST:
        hit = hit[np.argsort(-score[hit], kind="stable")[:MOST]]
    cell, stride = _places(height, width)
    centre = (cell[hit] + rows[hit, :2]) * stride[hit]
    half = np.exp(np.minimum(rows[hit, 2:4], 8)) * (stride[hit] / 2)
    boxes = Boxes(np.concatenate([centre - half, centre + half], axis=1), score[hit])
    return whole(best(boxes, SAME_PERSON))


def whole(boxes: Boxes) -> Boxes:
    """Those of `boxes`, best first, that do not lie within a better one: a head is no second person."""
    within = intersection(boxes.xyxy, boxes.xyxy) > PART * area(boxes.xyxy)[:, None]
    part = np.tril(within, -1).any(axis=1)
    return boxes[np.flatnonzero(~part)]


@lru_cache(maxsize=16)
def _places(height: int, width: int) -> tuple[F32, F32]:
    """Column and row of each place f32[n,2], and its stride f32[n,1]."""
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.divmod(np.arange((height // stride) * (width // stride)), width // stride)
        cells.append(np.stack([x, y], axis=1).astype(np.float32))
        strides.append(np.full((len(x), 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(strides)
