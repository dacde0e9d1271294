"""Faces in an image, by YuNet (Wu, Peng, Yu 2023: "YuNet: A Tiny Millisecond-level Face Detector")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best, chosen
from garim.core.image import Image
from garim.core.landmarks import Landmarks
from garim.inference.network import Network, load
from garim.vision.detector import SAME_FACE
from garim.vision.weights import YUNET

F32 = NDArray[np.float32]

STRIDES = (8, 16, 32)
OUTPUTS = {
    f"{kind}_{stride}": n for stride in STRIDES for kind, n in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
}


class Hits(NamedTuple):
    """Places of one stride whose score is high enough."""

    stride: int
    places: NDArray[np.intp]
    score: F32


class Faces:
    """YuNet, loaded once; `faces(image, floor)` gives `Boxes` in px of the original with a score from `floor` on.

    Raises `NoWeights` at birth where the model is missing or is not the pinned one.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._network: Network = load(YUNET, OUTPUTS, threads=threads)
        self.rest = self._network.rest

    def __call__(self, image: Image, floor: float) -> Boxes:
        found = decoded(*self._answered(image), floor)
        return Boxes(found.xyxy / np.float32(image.scale), found.score)

    def pointed(self, image: Image, floor: float) -> tuple[Boxes, Landmarks]:
        """The same boxes, the best first, with the five points of each, in px of the original."""
        found, points = pointed(*self._answered(image), floor)
        scale = np.float32(image.scale)
        return Boxes(found.xyxy / scale, found.score), Landmarks(points.xy / scale)

    def _answered(self, image: Image) -> tuple[dict[str, F32], int, int]:
        height, width = image.bgr.shape[:2]
        high, wide = -(-height // 32) * 32, -(-width // 32) * 32
        padded = np.zeros((high, wide, 3), np.uint8)
        padded[:height, :width] = image.bgr
        return self._network(padded), high, wide


def decoded(answer: Mapping[str, F32], height: int, width: int, floor: float) -> Boxes:
    """YuNet's answer for an input of `height` x `width` as boxes in its pixels.

    score = sqrt(cls * obj); centre = (cell + bbox[:2]) * stride; size = exp(bbox[2:]) * stride.
    """
    return best(Boxes.joined([_boxes(answer, height, width, hit) for hit in _hits(answer, floor)]), SAME_FACE)


def pointed(answer: Mapping[str, F32], height: int, width: int, floor: float) -> tuple[Boxes, Landmarks]:
    """What `decoded` gives, and the five points of each: point = (cell + kps) * stride."""
    hits = list(_hits(answer, floor))
    boxes = Boxes.joined([_boxes(answer, height, width, hit) for hit in hits])
    points = np.concatenate([_points(answer, height, width, hit) for hit in hits])
    kept = chosen(boxes, SAME_FACE)
    return boxes[kept], Landmarks(points[kept])


def _hits(answer: Mapping[str, F32], floor: float) -> Iterator[Hits]:
    for stride in STRIDES:
        score = np.sqrt(np.clip(answer[f"cls_{stride}"] * answer[f"obj_{stride}"], 0, 1)).reshape(-1)
        places = np.flatnonzero(score >= floor)
        yield Hits(stride, places, score[places])


def _boxes(answer: Mapping[str, F32], height: int, width: int, hit: Hits) -> Boxes:
    bbox = answer[f"bbox_{hit.stride}"].reshape(-1, 4)[hit.places]
    centre = (_cells(height // hit.stride, width // hit.stride)[hit.places] + bbox[:, :2]) * hit.stride
    half = np.exp(np.minimum(bbox[:, 2:], 8)) * (hit.stride / 2)
    return Boxes(np.concatenate([centre - half, centre + half], axis=1), hit.score)


def _points(answer: Mapping[str, F32], height: int, width: int, hit: Hits) -> F32:
    kps = answer[f"kps_{hit.stride}"].reshape(-1, 5, 2)[hit.places]
    return (kps + _cells(height // hit.stride, width // hit.stride)[hit.places, None]) * np.float32(hit.stride)


@lru_cache(maxsize=16)
def _cells(rows: int, columns: int) -> F32:
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.stack([x, y], axis=1).astype(np.float32)
