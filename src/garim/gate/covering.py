"""Whether eyes and mouth show: how much of what is around them has the colour of the same face's own skin.

Laws: a face is held against itself, never against a colour that skin should have; where a picture has no colour,
nothing is said. What has the skin's own colour is not seen: some masks, and closed eyes; nor are clear glasses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.gate.measures import SIDE, UNIT, luma

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
B1 = NDArray[np.bool_]

_ALIKE = 0.15  # chroma, in parts of brightness: how far skin may be from the skin beside it
_LIPS = 0.15  # more than that, towards red
_NO_LIPS = 0.02  # of a mouth that stands out less than that from around it nothing is seen
_GREY = 0.01  # spread of chroma under which a picture has no colour
_SHIFT = 8.0  # keeps the chroma of what is nearly black from being noise

Box = tuple[float, float, float, float]  # left, right, top, bottom, in units of the face from its middle


@dataclass(frozen=True, slots=True)
class Shown:
    """Shares from 0 to 1 of what is around the `eyes`, and the `mouth`, that is the face's own; None: no colour."""

    eyes: float | None
    mouth: float | None


def shown(face: U8, points: F32) -> Shown:
    """What shows of `face` (`measures.face`), whose `points` f32[5,2] are in units of it, from its middle."""
    light, red, blue = _coloured(face)
    if max(red.std(), blue.std()) < _GREY:
        return Shown(None, None)
    layers = light, red, blue
    right, left, nose = points[:3]
    eyes, mouth = float(points[:2, 1].mean()), float(points[3:, 1].mean())
    below = (eyes + float(nose[1])) / 2
    cheek = _median(layers, (-0.7, 0.7, below, below + 0.2))
    bridge = _median(layers, (nose[0] / 2 - 0.14, nose[0] / 2 + 0.14, eyes - 0.1, eyes + 0.3))
    around_eyes: list[Box] = [(x - 0.36, x + 0.36, eyes - 0.12, eyes + 0.3) for x in (float(right[0]), float(left[0]))]
    around_mouth: Box = (-0.42, 0.42, mouth - 0.25, mouth + 0.5)
    seen = np.concatenate([_own(layers, box, cheek, least=0.6) for box in around_eyes])
    lips = np.quantile(_part(red, (-0.3, 0.3, mouth - 0.12, mouth + 0.15)), 0.95)
    stands_out = float(lips - np.quantile(_part(red, around_mouth), 0.3))
    share = float(_own(layers, around_mouth, bridge, least=0.35, towards_red=_LIPS).mean())  # beards are darker
    return Shown(float(seen.mean()), share if stands_out >= _NO_LIPS else 0.0)


def _coloured(face: U8) -> tuple[F32, F32, F32]:
    """Brightness, and how much red and blue lie over it, in parts of it: what a shadow does not change."""
    light = luma(face)
    blue, _, red = np.moveaxis(face.astype(np.float32), 2, 0)
    return light, (red - light) / (light + _SHIFT), (blue - light) / (light + _SHIFT)


def _own(
    layers: tuple[F32, F32, F32], box: Box, skin: tuple[float, float, float], *, least: float, towards_red: float = 0.0
) -> B1:
    """Which pixels in `box` are as `skin`: not darker than `least` of it, nor much brighter, and of its colour."""
    light, red, blue = (_part(layer, box) for layer in layers)
    bright = (light > least * skin[0]) & (light < 1.6 * skin[0])
    own_red = (red - skin[1] > -_ALIKE) & (red - skin[1] < _ALIKE + towards_red)
    own: B1 = (bright & own_red & (np.abs(blue - skin[2]) < _ALIKE + towards_red)).ravel()
    return own


def _median(layers: tuple[F32, F32, F32], box: Box) -> tuple[float, float, float]:
    light, red, blue = (float(np.median(_part(layer, box))) for layer in layers)
    return light, red, blue


def _part(layer: F32, box: Box) -> F32:
    """What is in `box`; of one that lies outside, the nearest row and column."""
    left, right, top, bottom = (min(max(round(SIDE / 2 + edge * UNIT), 0), SIDE - 1) for edge in box)
    return layer[top : max(bottom, top + 1), left : max(right, left + 1)]
