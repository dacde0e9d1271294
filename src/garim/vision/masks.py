"""A face -> is a mask worn? Three probabilities come out of it, never a feature of the face.

    crop u8[48,48,3] -> worn, absent, incorrect -> one state, or unknown where that is not sure

Laws: below `CONFIDENT` the state is unknown; looks at one person are no independent witnesses, so that many of them
together say no more than a few would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray

from garim.inference.network import load
from garim.vision.weights import MASKS

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SIDE = 48
"""px of the square that the model is shown."""
SPAN = 1.6
"""Sizes of a face that the square holds."""
CONFIDENT = 0.5
"""The probability from which a state is said: more likely than the others together."""

FULL_PX = SIDE / SPAN  # a larger face shows the model no more of itself
LEAST = 0.02  # ... of a probability: no look says more than 49 to 1 against a state, however sure it is
ALIKE = 0.25  # the correlation of looks at one person: same light, same pose, same mask, same mistake
DISSENT = 0.25  # the share of sure looks that may say something else; people change masks, and tracks change people
_OUTPUTS = {"states": (3,)}


class State(StrEnum):
    """What is said of a mask."""

    WORN = "worn"
    ABSENT = "absent"
    INCORRECT = "incorrect"
    UNKNOWN = "unknown"


_STATES = (State.WORN, State.ABSENT, State.INCORRECT)  # as the model answers


@dataclass(frozen=True, slots=True)
class Said:
    """A state, and the highest of the three probabilities, which an unknown one has too."""

    state: State
    confidence: float


class Masks:
    """The model, loaded once. Raises `NoWeights` at birth where it is missing or is not the pinned one."""

    def __init__(self, *, threads: int = 1) -> None:
        self._network = load(MASKS, _OUTPUTS, threads=threads)

    def __call__(self, crops: Sequence[U8]) -> F32:
        """Of each of n crops u8[48,48,3], BGR, the probabilities of worn, absent, incorrect: f32[n,3]."""
        if not len(crops):
            return np.zeros((0, len(_STATES)), np.float32)
        faces = np.stack(crops)
        if faces.shape[1:] != (SIDE, SIDE, 3) or faces.dtype != np.uint8:
            raise ValueError(f"masks: u8[{SIDE},{SIDE},3] each, not {faces.dtype}{list(faces.shape[1:])}")
        return self._network.many(faces)["states"]


def around(bgr: U8, xyxy: F32) -> U8:
    """What the model is shown of a face at `xyxy` f32[4], px, in a still u8[h,w,3]: u8[48,48,3].

    The square round the box's middle, `SPAN` * sqrt(w * h) wide; areas are averaged where it shrinks, and it is bicubic
    (Catmull and Rom) where it grows; black outside the picture. Raises `ValueError` where the box has no area.
    """
    x1, y1, x2, y2 = (float(each) for each in xyxy)
    if not (x2 > x1 and y2 > y1):
        raise ValueError("around: a box with an area")
    side = SPAN * sqrt((x2 - x1) * (y2 - y1))
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    rows, columns = _reached(top, side, bgr.shape[0]), _reached(left, side, bgr.shape[1])
    part = bgr[rows, columns]
    if not part.size:
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    shown = _averaged if side >= SIDE else _interpolated
    low = shown(part, top - rows.start, side / SIDE)
    small = shown(low.swapaxes(0, 1), left - columns.start, side / SIDE).swapaxes(0, 1)
    return np.ascontiguousarray(np.clip(np.rint(small), 0, 255), np.uint8)


def _reached(begin: float, side: float, length: int) -> slice:
    """The px of a line of `length` that the span from `begin` needs: two more than it has, for the cubic kernel."""
    first = min(length, max(0, floor(begin) - 2))
    return slice(first, max(first, min(length, ceil(begin + side) + 2)))


# No product of matrices: numpy gives those of this size to several threads, which cost forty times what they bring.


def _averaged(lines: U8 | F64, begin: float, step: float) -> F64:
    """The mean of `lines` [n,...] over each of 48 spans of `step` lines, black beyond their ends: f64[48,...]."""
    edges = np.clip(begin + step * np.arange(SIDE + 1), 0, len(lines))
    line = np.minimum(edges.astype(np.intp), len(lines) - 1)
    sums = np.cumsum(lines, axis=0, dtype=np.float64)
    # up to each edge: the lines before it, and that line's own part of which it has 1 - (edge - line) yet to come
    upto = sums[line] - (line + 1 - edges)[:, None, None] * lines[line]
    return np.asarray(np.diff(upto, axis=0) / step)


def _interpolated(lines: U8 | F64, begin: float, step: float) -> F64:
    """`lines` [n,...] at the middles of 48 spans of `step` lines, black beyond their ends: f64[48,...].

    Catmull and Rom's kernel: 1 - 2.5 d^2 + 1.5 d^3 within a line, 2 - 4 d + 2.5 d^2 - 0.5 d^3 within two.
    """
    at = begin + step * (np.arange(SIDE) + 0.5) - 0.5
    line = np.floor(at).astype(np.intp)[:, None] + np.arange(-1, 3)
    away = np.abs(at[:, None] - line)
    near, far = 1 + away**2 * (1.5 * away - 2.5), 2 + away * (-4 + away * (2.5 - 0.5 * away))
    weight = np.where(away < 1, near, far) * ((line >= 0) & (line < len(lines)))
    taken = lines[np.clip(line, 0, len(lines) - 1)]
    return np.asarray(np.einsum("ok,okab->oab", weight, taken))


def said(probabilities: F32) -> Said:
    """What f32[3] say: the most probable state from `CONFIDENT` on, else unknown."""
    best = int(np.argmax(probabilities))
    confidence = float(probabilities[best])
    return Said(_STATES[best] if confidence >= CONFIDENT else State.UNKNOWN, confidence)


class Votes:
    """What all looks at the faces of one track say together.

    Log probabilities are added up, each look weighing w = min(1, size / 30 px): a larger face shows the model no more.
    Looks at one person are alike, so W = sum of w is worth W / (1 + r (W - 1)) independent ones (Kish 1965, "Survey
    Sampling", 8.2, the design effect; r = `ALIKE`), four at most, and the sum is shrunk to that. Nothing is said where
    more than a quarter of the weight of those looks that are sure by themselves says something else than all together.
    """

    def __init__(self) -> None:
        self._sum = np.zeros(len(_STATES))
        self._weight = 0.0
        self._sure = dict.fromkeys(State, 0.0)

    def add(self, probabilities: F32, side_px: float) -> None:
        """One look: f32[3], at a face of `side_px`, sqrt(w * h) of its box in px. Raises `ValueError`."""
        if probabilities.shape != (len(_STATES),) or not np.isfinite(probabilities).all():
            raise ValueError("votes: three probabilities")
        if not 0 < side_px < np.inf:
            raise ValueError("votes: a size over 0")
        weight = min(1.0, side_px / FULL_PX)
        self._sum += weight * np.log(np.maximum(probabilities.astype(np.float64), LEAST))
        self._weight += weight
        self._sure[said(probabilities).state] += weight

    @property
    def said(self) -> Said:
        """The state of the track; unknown where nothing was seen, or where it is undecided."""
        worth = 1 / (1 + ALIKE * max(0.0, self._weight - 1))
        odds = np.exp(worth * (self._sum - self._sum.max()))
        best = said((odds / odds.sum()).astype(np.float32))
        sure = sum(self._sure[state] for state in _STATES)
        dissent = sure - self._sure[best.state]
        return best if dissent <= DISSENT * sure else Said(State.UNKNOWN, best.confidence)
