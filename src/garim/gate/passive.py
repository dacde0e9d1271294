"""A weak signal of what the camera sees: a person, or a picture of one, by the two MiniFASNet networks together.

Laws: its score may raise a flag for a person to look, and never decides alone: the networks' makers tested them on
their own data, nobody measured here how often they take an attack for a person, and no such rate is claimed
(docs/models/minifasnet.md). Of 204 studio photographs of real people it flags 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.gate.crop import resampled
from garim.gate.weights import MINIFASNET_V1SE, MINIFASNET_V2
from garim.inference.network import load

F32 = NDArray[np.float32]

DOUBTFUL_UNDER = 0.2
SIDE = 80
LIVE = 1  # of the three classes that they answer for
AROUND = ((MINIFASNET_V2, 2.7), (MINIFASNET_V1SE, 4.0))  # how much larger than the face what each is shown


class Passive:
    """Both networks, loaded once. Raises `NoWeights` at birth where one is missing or is not the pinned one."""

    def __init__(self, *, threads: int = 1) -> None:
        self._networks = [(load(weight, {"prob": (3,)}, threads=threads), scale) for weight, scale in AROUND]

    def __call__(self, image: Image, xyxy: F32) -> float:
        """From 0 to 1: how much what is around the box `xyxy` f32[4], in px of the original, looks like a person."""
        height, width = image.bgr.shape[:2]
        face = xyxy * np.float32(image.scale)
        shown = [
            (network, resampled(image.bgr, around(face, scale, (width, height)), (SIDE, SIDE)))
            for network, scale in self._networks
        ]
        return float(np.mean([network(picture)["prob"].reshape(-1)[LIVE] for network, picture in shown]))


def around(xyxy: F32, scale: float, size: tuple[int, int]) -> F32:
    """The box f32[4], `scale` times as large, or as large as the picture of `size` allows, moved into the picture."""
    low, high = xyxy[:2], xyxy[2:]
    room = np.array(size, np.float32) - 1
    box = np.maximum(high - low, 1)
    most = min(scale, float((room / box).min()))
    whole = box * np.float32(most)
    corner = np.clip((low + high - whole) / 2, 0, np.maximum(room - whole, 0))
    return np.concatenate([corner, corner + whole]).astype(np.float32)
