"""Wider looks, now and then: what a glance at the whole picture with one model has missed altogether.

Each is dear, so they take turns: the second family over the whole picture, and the first at a larger size. What they
see are candidates, to be looked at closer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou
from garim.media import Film, Frame
from garim.media.reader import MOST_ENLARGED
from garim.redact.again import SURE
from garim.redact.models import Models
from garim.vision.detector import SAME_FACE
from garim.vision.light import lit

F32 = NDArray[np.float32]
Glance = Callable[[Frame, Boxes], Boxes]
"""What may be a face on a frame on which some boxes were found."""

SECOND = 640  # px of the long side, for the second family
LARGER = 1440  # px, for the first
GAINED = 3  # so many faces that only the larger look finds, and every look is as large, until it finds no more
NEVER = 1 << 30  # frames
LEAST = 0.15  # scores from which it is a candidate; one that is sure by itself is a face


class Wide:
    """`wide(frame, found)` gives candidates each `apart` frames, else none: of each model in its turn, or `together`.

    First and after a cut all are asked; where `apart` is None, only then. `long_side` is the size, in px, that the next
    look is to have.
    """

    def __init__(self, models: Models, film: Film, long_side: int, apart: int | None, *, together: bool) -> None:
        self._models, self._rotation, self._usual, self._apart = models, film.rotation, long_side, apart
        self._together = together
        self._larger = min(LARGER, int(MOST_ENLARGED * max(film.size)))
        self._due = 0
        self._turns = cycle(self._glances())
        self.long_side = long_side

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether a look at frame `index` has a wider one, which may change `long_side`."""
        return cut or index >= self._due

    def __call__(self, frame: Frame, found: Boxes, *, cut: bool) -> Boxes:
        """Candidates on `frame`, where `found` was seen already."""
        if not self.due(frame.index, cut=cut):
            return Boxes.none()
        first = not self._due
        self._due = frame.index + (self._apart or NEVER)
        glances = list(self._glances()) if self._together or cut or first else [next(self._turns)]
        return Boxes.joined([glance(frame, found) for glance in glances])

    def _glances(self) -> Iterator[Glance]:
        yield self._by_second
        if self._larger > self._usual:
            yield self._by_size

    def _by_second(self, frame: Frame, found: Boxes) -> Boxes:
        assert self._models.second is not None
        return self._models.second(lit(frame.image(SECOND, self._rotation)), LEAST)

    def _by_size(self, frame: Frame, found: Boxes) -> Boxes:
        """What the first model sees in the larger size; where that is much more, the next looks have it too."""
        other = self._usual if self.long_side == self._larger else self._larger
        seen = self._models.first(frame.image(other, self._rotation), LEAST)
        large, small = (found, seen) if other == self._usual else (seen, found)
        sure = large.xyxy[large.score >= SURE]
        gained = int((iou(sure, small.xyxy[small.score >= SURE]).max(axis=1, initial=0) < SAME_FACE).sum())
        self.long_side = self._larger if gained >= GAINED else self._usual
        return seen
