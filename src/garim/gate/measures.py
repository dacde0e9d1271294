"""A face's picture -> numbers about it, each pure and of the pixels alone. What is enough of each is in `quality`.

Laws: a face is measured at one size, whatever the camera's, where `UNIT` px are what lies between the eyes or between
eyes and mouth; colour is measured against the same face's own skin, never against a colour that skin should have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.gate.crop import resampled

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

SIDE, UNIT = 128, 40
FEWEST_PX = 200  # beside a head, to say anything about what is behind it
_BLUR = 9  # px of `SIDE` over which steps are averaged away; the limit of sharpness was found with it


def face(bgr: U8, points: F32) -> U8:
    """The face at its one size: u8[SIDE,SIDE,3], its middle (between eyes and mouth) in the middle."""
    middle, unit = _middle(points)
    half = unit * SIDE / UNIT / 2
    return resampled(bgr, np.concatenate([middle - half, middle + half]).astype(np.float32), (SIDE, SIDE))


def placed(points: F32) -> F32:
    """`points` f32[5,2] from the face's middle, in its units."""
    middle, unit = _middle(points)
    return ((points - middle) / np.float32(unit)).astype(np.float32)


def _middle(points: F32) -> tuple[F32, float]:
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    unit = max(float(np.hypot(*(points[1] - points[0]))), float(np.hypot(*(mouth - eyes))), 1.0)
    return (eyes + mouth) / 2, unit


def luma(bgr: U8) -> F32:
    """ITU-R BT.601: f32[h,w], 0 to 255."""
    weighed: F32 = bgr.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32)
    return weighed


def sharpness(grey: F32) -> float:
    """From 0 to 1: how much of the steps between neighbours a blur takes away, in the direction where it is less.

    After Crete, Dolmiere, Ladret, Nicolas 2007, "The blur effect": what is blurred already loses little.
    """
    return min(_lost(grey), _lost(grey.T))


def _lost(grey: F32) -> float:
    width = _BLUR
    summed = np.cumsum(np.pad(grey, ((0, 0), (width // 2 + 1, width // 2)), mode="edge"), axis=1, dtype=np.float64)
    blurred = (summed[:, width:] - summed[:, :-width]) / width
    before, after = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(blurred, axis=1))
    return float(np.maximum(before - after, 0).sum() / max(float(before.sum()), 1e-6))


def entropy(grey: F32) -> float:
    """Bits that a pixel carries, of 8: ISO/IEC 29794-5's dynamic range."""
    share = np.bincount(np.clip(grey, 0, 255).astype(np.intp).ravel(), minlength=256) / grey.size
    held = share[share > 0]
    return float(-(held * np.log2(held)).sum())


def background(bgr: U8, xyxy: F32) -> float | None:
    """How much brightness varies beside and above the head in the box `xyxy` f32[4]; None where little else is seen."""
    grey = luma(bgr)
    wide, lowest = xyxy[2] - xyxy[0], max(int((xyxy[1] + xyxy[3]) / 2), 0)
    left, right = max(int(xyxy[0] - 0.6 * wide), 0), max(int(xyxy[2] + 0.6 * wide), 0)
    behind = np.concatenate([grey[:lowest, :left].ravel(), grey[:lowest, right:].ravel()])
    return float(behind.std()) if behind.size >= FEWEST_PX else None
