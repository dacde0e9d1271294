"""The look: where faces are, through a whole film, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from fractions import Fraction

import numpy as np

from garim.core.boxes import Boxes, iou
from garim.core.sightings import CUT, Sightings, change
from garim.media import Frame, Reader
from garim.media.ahead import ahead
from garim.redact.again import SURE
from garim.redact.eyes import Eyes
from garim.redact.result import Progress


def look(reader: Reader, eyes: Eyes, longest: Fraction, progress: Progress) -> Sightings:
    """Faces on frames as close together as their motion asks for, `longest` seconds at most."""
    pace = Pace(steps(reader.film.rate, longest))
    told = telling(progress, "look", reader.film.frames)
    return _seen(reader.frames(), lambda frame, cut: pace.due(frame.index, cut=cut), eyes, pace.told, told)


def look_at(
    frames: Iterable[Frame], eyes: Eyes, wanted: Callable[[Frame], bool], done: Callable[[int], None]
) -> Sightings:
    """What `eyes` see on those of `frames` that are `wanted`; `done` is told how many are through.

    Where frames are left out, what comes after is a scene of its own.
    """
    return _seen(frames, lambda frame, _: wanted(frame), eyes, lambda *_: None, done)


def telling(progress: Progress, step: str, total: int | None) -> Callable[[int], None]:
    """`progress` of one step: it is told how many frames are done."""
    return lambda done: progress(step, done, total)


def steps(rate: Fraction, longest: Fraction) -> int:
    """Frames between two looks, at most, in a film of `rate` frames a second."""
    return max(1, int(rate * longest))


def _seen(
    frames: Iterable[Frame],
    due: Callable[[Frame, bool], bool],
    eyes: Eyes,
    told: Callable[[int, Boxes], None],
    done: Callable[[int], None],
) -> Sightings:
    pts: list[int] = []
    changes: list[float] = []
    index: list[int] = []
    last, number, cut = None, -1, False
    # closed before the reader is: a thread that decodes from a closed file ends the process
    with closing(ahead(frames)) as coming:
        for frame in coming:
            glance = frame.glance()
            moved = change(last, glance) if last is not None else 0.0
            cut = cut or frame.index != number + 1
            last, number = glance, frame.index
            pts.append(frame.pts)
            changes.append(moved)
            cut = cut or moved > CUT
            if due(frame, moved > CUT):
                index.append(frame.index)
                told(frame.index, eyes(frame, cut=cut))
                cut = False
            done(frame.index + 1)
    return Sightings(np.array(pts), np.array(changes, np.float32), np.array(index, np.int64), tuple(eyes.looks))


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
