"""How far apart looks may be: as the motion of what they find asks for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from garim.core.boxes import Boxes, iou
from garim.redact.again import SURE


def steps(rate: Fraction, longest: Fraction) -> int:
    """Frames between two looks, at most, in a film of `rate` frames a second."""
    return max(1, int(rate * longest))


class Pace:
    """How far apart looks may be: never farther than the fastest face takes for half its width, nor than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._next = 0
        self._last: tuple[int, Boxes] | None = None

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether frame `index` is to be looked at."""
        return cut or index >= self._next

    def told(self, index: int, boxes: Boxes) -> None:
        """Learn what was seen on frame `index`, and set the next look."""
        sure = boxes[boxes.score >= SURE]
        step = self._most
        if self._last is not None:
            before, seen = self._last
            step = min(step, _frames_for_half_a_face(seen, sure, index - before))
        self._last = (index, sure)
        self._next = index + max(1, step)


def _frames_for_half_a_face(before: Boxes, now: Boxes, gap: int) -> int:
    """Frames that the fastest face of `now` needs to move half its width; 1 where one has no match `before`."""
    if not len(now):
        return 1 << 30
    if not len(before):
        return 1
    near = iou(now.xyxy, before.xyxy)
    match = near.argmax(axis=1)
    if (near.max(axis=1) == 0).any():
        return 1
    moved = (now.xyxy - before.xyxy[match]).reshape(-1, 2, 2).mean(axis=1)
    speed = np.hypot(moved[:, 0], moved[:, 1]) / gap
    half = (now.xyxy[:, 2] - now.xyxy[:, 0]) / 2
    return int(np.min(half / np.maximum(speed, 1e-6)).clip(1, 1 << 30))
