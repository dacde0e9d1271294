"""Faces in an image, by YuNet (Wu, Peng, Yu 2023: "YuNet: A Tiny Millisecond-level Face Detector")."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best
from garim.core.image import Image
from garim.inference.network import Network, load
from garim.vision.weights import YUNET

F32 = NDArray[np.float32]

STRIDES = (8, 16, 32)
OUTPUTS = {
    f"{kind}_{stride}": n for stride in STRIDES for kind, n in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
}
SAME_FACE = 0.4  # IoU over which two answers are one face


class Faces:
    """YuNet, loaded once; `faces(image, floor)` gives `Boxes` in px of the original with a score from `floor` on.

    Raises `NoWeights` at birth where the model is missing or is not the pinned one.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._network: Network = load(YUNET, OUTPUTS, threads=threads)

    def __call__(self, image: Image, floor: float) -> Boxes:
        height, width = image.bgr.shape[:2]
        high, wide = -(-height // 32) * 32, -(-width // 32) * 32
        padded = np.zeros((high, wide, 3), np.uint8)
        padded[:height, :width] = image.bgr
        found = decoded(self._network(padded), high, wide, floor)
        return Boxes(found.xyxy / np.float32(image.scale), found.score)

    def mirrored(self, image: Image, floor: float) -> Boxes:
        """The same question asked of the mirror image: what one misses the other may see. Boxes as if unmirrored."""
        found = self(image.mirrored(), floor)
        width = np.float32(image.bgr.shape[1] / image.scale)
        x1, y1, x2, y2 = found.xyxy.T
        return Boxes(np.stack([width - x2, y1, width - x1, y2], axis=1), found.score)

    def twice(self, image: Image, floor: float) -> Boxes:
        """What either question finds."""
        return best(Boxes.joined([self(image, floor), self.mirrored(image, floor)]), SAME_FACE)


def decoded(answer: Mapping[str, F32], height: int, width: int, floor: float) -> Boxes:
    """YuNet's answer for an input of `height` x `width` as boxes in its pixels.

    score = sqrt(cls * obj); centre = (cell + bbox[:2]) * stride; size = exp(bbox[2:]) * stride.
    """
    parts = []
    for stride in STRIDES:
        score = np.sqrt(np.clip(answer[f"cls_{stride}"] * answer[f"obj_{stride}"], 0, 1)).reshape(-1)
        hit = np.flatnonzero(score >= floor)
        bbox = answer[f"bbox_{stride}"].reshape(-1, 4)[hit]
        centre = (_cells(height // stride, width // stride)[hit] + bbox[:, :2]) * stride
        half = np.exp(np.minimum(bbox[:, 2:], 8)) * (stride / 2)
        parts.append(Boxes(np.concatenate([centre - half, centre + half], axis=1), score[hit]))
    return best(Boxes.joined(parts), SAME_FACE)


@lru_cache(maxsize=16)
def _cells(rows: int, columns: int) -> F32:
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.stack([x, y], axis=1).astype(np.float32)
