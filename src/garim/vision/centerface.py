"""Faces in an image, by CenterFace (Xu, Yan, Yang, Luo, Li, He 2020: "CenterFace: Joint Face Detection and Alignment
Using Face as Point"): a second family, which misses other faces than YuNet does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best
from garim.core.image import Image
from garim.inference.network import Network, load
from garim.vision.detector import SAME_FACE
from garim.vision.weights import CENTERFACE

F32 = NDArray[np.float32]

STRIDE = 4
HEAT, SIZE, OFFSET, POINTS = "537", "538", "539", "540"
OUTPUTS = {HEAT: (1, None, None), SIZE: (2, None, None), OFFSET: (2, None, None), POINTS: (10, None, None)}
MOST = 1000  # answers that are looked at, the best first: several for each face


class CenterFace:
    """CenterFace, loaded once; `second(image, floor)` gives `Boxes` in px of the original with a score from `floor` on.

    Raises `NoWeights` at birth where the model is missing or is not the pinned one.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._network: Network = load(CENTERFACE, OUTPUTS, threads=threads)
        self.rest = self._network.rest

    def __call__(self, image: Image, floor: float) -> Boxes:
        height, width = image.bgr.shape[:2]
        rgb = np.zeros((-(-height // 32) * 32, -(-width // 32) * 32, 3), np.uint8)
        for channel in range(3):  # one by one: numpy reverses the last axis ten times slower
            rgb[:height, :width, channel] = image.bgr[:, :, 2 - channel]
        found = decoded(self._network(rgb), floor)
        return Boxes(found.xyxy / np.float32(image.scale), found.score)


def decoded(answer: Mapping[str, F32], floor: float) -> Boxes:
    """CenterFace's answer, f32[1,n,rows,columns] each, as boxes in pixels of its input.

    score = heat, where no neighbour has more; centre = (cell + offset + 1/2) * 4; size = exp(scale) * 4; y before x.
    """
    heat = answer[HEAT][0, 0]
    score = np.clip(heat, 0, 1)
    rows, columns = np.nonzero((score >= floor) & (heat >= _highest_near(heat)))
    order = np.argsort(-score[rows, columns], kind="stable")[:MOST]
    rows, columns = rows[order], columns[order]
    cell = np.stack([columns, rows], axis=1).astype(np.float32)
    centre = (cell + answer[OFFSET][0, ::-1, rows, columns] + np.float32(0.5)) * STRIDE
    half = np.exp(np.minimum(answer[SIZE][0, ::-1, rows, columns], 8)) * (STRIDE / 2)
    return best(Boxes(np.concatenate([centre - half, centre + half], axis=1), score[rows, columns]), SAME_FACE)


def _highest_near(heat: F32) -> F32:
    """The highest of each cell's three by three neighbours, itself among them."""
    wide = np.pad(heat, ((0, 0), (1, 1)), constant_values=-np.inf)
    across = np.maximum(np.maximum(wide[:, :-2], wide[:, 2:]), heat)
    high = np.pad(across, ((1, 1), (0, 0)), constant_values=-np.inf)
    return np.asarray(np.maximum(np.maximum(high[:-2], high[2:]), across))
