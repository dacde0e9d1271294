"""Wider looks, now and then: what a glance at the whole picture with one model has missed altogether.

Each is dear, so they take turns: the second family over the whole picture, the first at a larger size, and people, of
whom each has a head, whether a face was found on it or not. What they see are candidates, to be looked at closer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.media import Frame
from garim.vision.detector import Detector
from garim.vision.heads import heads

F32 = NDArray[np.float32]
Glance = Callable[[Frame, Boxes], Boxes]
"""What may be a face on a frame on which some boxes were found."""

SECOND = 640  # px of the long side, for the second family
LARGER = 1440  # px, for the first
PEOPLE = 640  # px, for people
LEAST = 0.15  # scores from which it is a candidate
PERSON = 0.4
FACE_OF_HEAD = 0.6  # of a head's sides


class Wide:
    """`wide(frame, found)` gives candidates each `apart` frames, else none: of each model in its turn, or `together`.

    After a cut all are asked.
    """

    def __init__(
        self,
        first: Detector,
        second: Detector,
        people: Detector | None,
        apart: int,
        rotation: int,
        *,
        together: bool,
    ) -> None:
        self._first, self._second, self._people = first, second, people
        self._apart, self._rotation, self._together = apart, rotation, together
        self._due = 0
        self._turns = cycle(self._glances())

    def __call__(self, frame: Frame, found: Boxes, *, cut: bool) -> Boxes:
        """Candidates on `frame`, where `found` was seen already."""
        if frame.index < self._due and not cut:
            return Boxes.none()
        self._due = frame.index + self._apart
        glances = list(self._glances()) if self._together or cut or not frame.index else [next(self._turns)]
        return Boxes.joined([glance(frame, found) for glance in glances])

    def _glances(self) -> Iterator[Glance]:
        yield self._by_second
        yield self._larger
        if self._people is not None:
            yield self._faceless

    def _by_second(self, frame: Frame, found: Boxes) -> Boxes:
        return self._second(frame.image(SECOND, self._rotation), LEAST)

    def _larger(self, frame: Frame, found: Boxes) -> Boxes:
        return self._first(frame.image(LARGER, self._rotation), LEAST)

    def _faceless(self, frame: Frame, found: Boxes) -> Boxes:
        """Where the faces of people would be on whom none was found."""
        assert self._people is not None
        there = heads(self._people(frame.image(PEOPLE, self._rotation), PERSON))
        middle = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        inside = (middle[None] > there.xyxy[:, None, :2]) & (middle[None] < there.xyxy[:, None, 2:])
        bare = there[np.flatnonzero(inside.all(axis=2).sum(axis=1) == 0)]
        half = (bare.xyxy[:, 2:] - bare.xyxy[:, :2]) * np.float32(FACE_OF_HEAD / 2)
        centre = (bare.xyxy[:, :2] + bare.xyxy[:, 2:]) / 2
        return Boxes(np.concatenate([centre - half, centre + half], axis=1), bare.score)
