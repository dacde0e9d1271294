"""Where a head points: yaw, pitch and roll in degrees, by head-pose-estimation-adas-0001 (docs/models/head-pose.md).

Laws: the network sees a square around the face, 1.2 times as large as its longer side. Shown YuNet's upright boxes as
they are, it takes a smile for a nod and differs from its own mirror image by 3 degrees of yaw; so shown by 1.

Yaw grows to the picture's right, pitch grows downwards, roll grows clockwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.gate.crop import resampled
from garim.gate.weights import HEAD_POSE
from garim.inference.network import load

F32 = NDArray[np.float32]

ANGLES = ("angle_y_fc", "angle_p_fc", "angle_r_fc")
SIDE = 60
AROUND = 1.2


class HeadPose:
    """The network, loaded once. Raises `NoWeights` at birth where it is missing or is not the pinned one."""

    def __init__(self, *, threads: int = 1) -> None:
        self._network = load(HEAD_POSE, dict.fromkeys(ANGLES, (1,)), threads=threads)

    def __call__(self, image: Image, xyxy: F32) -> F32:
        """Yaw, pitch and roll f32[3] of the face in the box `xyxy` f32[4], in px of the original."""
        answer = self._network(resampled(image.bgr, around(xyxy * np.float32(image.scale)), (SIDE, SIDE)))
        return np.array([answer[name].reshape(-1)[0] for name in ANGLES], np.float32)


def around(xyxy: F32) -> F32:
    """The square around a box f32[4] that the network is shown: f32[4]."""
    low, high = xyxy[:2], xyxy[2:]
    half = (high - low).max() * (AROUND / 2)
    centre = (low + high) / 2
    return np.concatenate([centre - half, centre + half])
