"""The look: where faces are, through a whole film, before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from garim.core.boxes import Boxes, best, iou
from garim.core.image import Image
from garim.core.sightings import CUT, Sightings, change
from garim.media import Frame, Reader
from garim.redact.result import Progress
from garim.vision.detector import SAME_FACE, mirrored
from garim.vision.faces import Faces

Detect = Callable[[Image, float], Boxes]
"""Finds boxes with a score from a floor on, in px of the original."""

LONG_SIDE = 960  # px; below, small faces are lost; above, the cost grows faster than what is found
FLOOR = 0.2  # scores under this say nothing, linked or not
LONGEST = Fraction(1, 10)  # seconds between two looks, at most
SURE = 0.5  # a box that counts as a face for telling how fast faces move


def look(reader: Reader, faces: Faces, progress: Progress) -> Sightings:
    """Faces on frames as close together as their motion asks for, each other time in the mirror."""
    pace = Pace(steps(reader.film.rate))
    return _seen(reader, lambda frame, cut: pace.due(frame.index, cut=cut), Turns(faces), pace.told, progress, "look")


def look_at(
    reader: Reader, detect: Detect, wanted: Callable[[Frame], bool], progress: Progress, step: str
) -> Sightings:
    """What `detect` sees on the frames that are `wanted`; `step` is its name for `progress`."""
    return _seen(reader, lambda frame, _: wanted(frame), detect, lambda *_: None, progress, step)


def steps(rate: Fraction) -> int:
    """Frames between two looks, at most, in a film of `rate` frames a second."""
    return max(1, int(rate * LONGEST))


class Turns:
    """A detector that looks straight and in the mirror by turns: for the price of one, what either would find.

    Both are asked where a face that was sure a look ago is not seen again: a track must not end on one bad angle.
    """

    def __init__(self, faces: Faces) -> None:
        self._asked: tuple[Detect, Detect] = (faces, partial(mirrored, faces))
        self._sure = Boxes.none()

    def __call__(self, image: Image, floor: float) -> Boxes:
        now, other = self._asked
        self._asked = other, now
        found = now(image, floor)
        if len(self._sure) and not (iou(self._sure.xyxy, found.xyxy) > 0).any(axis=1).all():
            found = best(Boxes.joined([found, other(image, floor)]), SAME_FACE)
        self._sure = found[found.score >= SURE]
        return found


def _seen(
    reader: Reader,
    due: Callable[[Frame, bool], bool],
    detect: Detect,
    told: Callable[[int, Boxes], None],
    progress: Progress,
    step: str,
) -> Sightings:
    film = reader.film
    pts: list[int] = []
    changes: list[float] = []
    index: list[int] = []
    found: list[Boxes] = []
    last = None
    for frame in reader.frames():
        glance = frame.glance()
        moved = change(last, glance) if last is not None else 0.0
        last = glance
        pts.append(frame.pts)
        changes.append(moved)
        if due(frame, moved > CUT):
            image = frame.image(LONG_SIDE, film.rotation)
            boxes = detect(image, FLOOR)
            index.append(frame.index)
            found.append(boxes)
            told(frame.index, boxes)
        progress(step, frame.index + 1, film.frames)
    return Sightings(np.array(pts), np.array(changes, np.float32), np.array(index, np.int64), tuple(found))


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
