"""A second, closer look where the first one leaves a doubt: at a weak box, after a lost face, before a new one.

What a look through a whole picture finds is taken up here, look by look:

- a box that is too weak to count is asked about again, enlarged, by both families of detector;
- a face that was there a look ago and is not seen now is looked for where it would be;
- a face that is new is looked for in the looks before, back to where it came from;
- one that moves fast is looked for between two looks.

Law: faces are looked for by place alone, and forgotten at each cut; nothing here knows one face from another.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best, iou, size_of
from garim.media import Frame
from garim.media.part import Part
from garim.vision.closer import SHOWN, SPAN, Closer
from garim.vision.detector import SAME_FACE

F32 = NDArray[np.float32]

ASKED_FROM = 0.1  # a box of this score is asked about again
SURE = 0.5  # a box of this score is a face
CONFIRMED = 0.6  # what two families are to add up to where the first look was not sure
FOLLOWED = 0.4  # ... and where a face is expected
COUNTS = 0.2  # boxes under this are dropped, if nobody confirms them
MOST_ASKED = 4  # weak boxes a look, and as many candidates
MOST_FOLLOWED = 6  # lost faces a look
BEFORE = 8  # looks that are kept to look back into
MISSES = 3  # so often a lost face is looked for in vain
REFUSED_FOR = 10  # looks for which a place that was no face is not asked about again
REACH = 0.8  # sizes of a face within which a box is the one that was expected


@dataclass(slots=True, eq=False)
class _Trail:
    """A face that was sure once: where it was last, how fast it moves (px a frame), how often it was missed since.

    Its speed is `known` once it was seen twice; `asked` is the last frame between two looks on which it was looked for.
    """

    index: int
    xyxy: F32
    speed: F32 = field(default_factory=lambda: np.zeros(4, np.float32))
    misses: int = 0
    known: bool = False
    asked: int = -1

    def at(self, index: int) -> F32:
        return np.asarray(self.xyxy + self.speed * np.float32(index - self.index))

    def seen(self, index: int, xyxy: F32) -> None:
        gap = np.float32(index - self.index)
        middle = (xyxy[:2] + xyxy[2:] - self.xyxy[:2] - self.xyxy[2:]) / 2
        speed = np.tile(middle / gap, 2)
        self.speed = np.asarray(speed if not self.speed.any() else (speed + self.speed) / 2)
        self.index, self.xyxy, self.misses, self.known = index, xyxy, 0, True

    def restless(self, index: int) -> bool:
        """Whether by frame `index` it may have gone half its width since it was looked for."""
        gap = index - max(self.index, self.asked)
        half = float(self.xyxy[2] - self.xyxy[0]) / 2
        return not self.misses and gap > 0 and (not self.known or float(np.hypot(*self.speed[:2])) * gap >= half)


class Again:
    """Takes what each look found, in order, and gives what is there; `looks` has what each knows by now."""

    def __init__(self, closer: Closer, size: tuple[int, int], rotation: int) -> None:
        self._closer, self._size, self._rotation = closer, size, rotation
        self._before: deque[tuple[int, Frame]] = deque(maxlen=BEFORE)  # the number of a look, and its frame
        self._trails: list[_Trail] = []
        self._refused: deque[F32] = deque([np.empty((0, 4), np.float32)], maxlen=REFUSED_FOR)
        self.looks: list[Boxes] = []

    def __call__(self, frame: Frame, found: Boxes, candidates: Boxes, *, cut: bool) -> Boxes:
        """What is there on `frame`: `found`, each weak box and each of `candidates` asked about; lost faces looked for.

        A `cut` before it ends all that was followed.
        """
        if cut:
            self._before.clear()
            self._trails.clear()
            self._refused.clear()
        boxes = self._followed(frame, self._asked(frame, found, candidates))
        self._traced(frame, boxes)
        self._before.append((len(self.looks), frame))
        self.looks.append(boxes)
        return boxes

    def restless(self, index: int) -> bool:
        """Whether a face moves so fast, or so unknown, that frame `index` asks for a look `between`."""
        return any(trail.restless(index) for trail in self._trails)

    def between(self, frame: Frame) -> Boxes:
        """The restless faces of a frame between two looks, each looked for only where it would be."""
        found = []
        for trail in [trail for trail in self._trails if trail.restless(frame.index)][:MOST_FOLLOWED]:
            trail.asked = frame.index
            found.append(self._closely(frame, trail.at(frame.index), FOLLOWED))
            if len(found[-1]):
                trail.seen(frame.index, found[-1].xyxy[0])
        self.looks.append(best(Boxes.joined(found), SAME_FACE))
        return self.looks[-1]

    def _closely(self, frame: Frame, expected: F32, enough: float) -> Boxes:
        """The face at `expected` on `frame`, seen closer, if both families together say at least `enough`."""
        x, y = ((expected[:2] + expected[2:]) / 2).tolist()
        if not (0 <= x < self._size[0] and 0 <= y < self._size[1]):
            return Boxes.none()
        part = Part.around(frame, expected, SPAN, SHOWN, self._rotation)
        seen = part.placed(self._closer(part.image, np.asarray(expected - np.tile(part.corner, 2)), CONFIRMED))
        return seen[seen.score >= enough]

    def _asked(self, frame: Frame, found: Boxes, candidates: Boxes) -> Boxes:
        """The sure boxes, those that a closer look confirms, and the weak ones that say something all the same."""
        every = Boxes.joined([found, candidates])
        sure, weak = best(every[every.score >= SURE], SAME_FACE), found[found.score < SURE]
        wanted = self._free(sure.xyxy, candidates)
        wanted = np.concatenate([wanted, self._free(np.concatenate([sure.xyxy, wanted]), weak)])
        answers = []
        refused = [np.empty((0, 4), np.float32)]
        for xyxy in wanted:
            answers.append(self._closely(frame, xyxy, CONFIRMED))
            if not len(answers[-1]):
                refused.append(xyxy[None])
        self._refused.append(np.concatenate(refused))
        return best(Boxes.joined([sure, *answers, weak[weak.score >= COUNTS]]), SAME_FACE)

    def _free(self, known: F32, boxes: Boxes) -> F32:
        """The best of `boxes` that are neither `known` nor were refused of late, f32[n,4]."""
        known = np.concatenate([known, *self._refused])
        free = np.flatnonzero((iou(boxes.xyxy, known) > SAME_FACE).sum(axis=1) == 0)
        return best(boxes[free], SAME_FACE).xyxy[:MOST_ASKED]

    def _followed(self, frame: Frame, boxes: Boxes) -> Boxes:
        """`boxes`, and the faces that were expected and are only seen closer."""
        added, asked = [], 0
        for trail in self._trails:
            expected = trail.at(frame.index)
            row = _nearest(boxes, expected)
            if row is None and asked < MOST_FOLLOWED:
                asked += 1
                seen = self._closely(frame, expected, FOLLOWED)
                added.append(seen)
                if len(seen):
                    trail.seen(frame.index, seen.xyxy[0])
                else:
                    trail.misses += 1
            elif row is not None:
                trail.seen(frame.index, boxes.xyxy[row])
        # two that are taken for one face, where people cross, are one from there on: else they would pile up
        alone = {trail.xyxy.tobytes() if trail.index == frame.index else id(trail): trail for trail in self._trails}
        self._trails = [trail for trail in alone.values() if trail.misses < MISSES]
        return best(Boxes.joined([boxes, *added]), SAME_FACE)

    def _traced(self, frame: Frame, boxes: Boxes) -> None:
        """Begin a trail for each sure face that has none, and look for it in the looks before."""
        for xyxy in boxes.xyxy[boxes.score >= SURE]:
            if any(_same(trail.xyxy, xyxy) for trail in self._trails if trail.index == frame.index):
                continue
            back = _Trail(frame.index, xyxy)
            for number, before in reversed(self._before):
                self._found_before(number, before, back)
                if back.misses:
                    break
            self._trails.append(_Trail(frame.index, xyxy, back.speed, known=back.known))

    def _found_before(self, number: int, frame: Frame, back: _Trail) -> None:
        expected = back.at(frame.index)
        row = _nearest(self.looks[number], expected)
        if row is not None:
            back.seen(frame.index, self.looks[number].xyxy[row])
            return
        seen = self._closely(frame, expected, FOLLOWED)
        if len(seen):
            back.seen(frame.index, seen.xyxy[0])
            self.looks[number] = best(Boxes.joined([self.looks[number], seen]), SAME_FACE)
        else:
            back.misses += 1


def _nearest(boxes: Boxes, expected: F32) -> int | None:
    """Which of `boxes` is the face that was expected there; None where none is."""
    if not len(boxes):
        return None
    middle = (boxes.xyxy[:, :2] + boxes.xyxy[:, 2:] - expected[:2] - expected[2:]) / 2
    apart = np.hypot(middle[:, 0], middle[:, 1]) / size_of(expected)
    high, wanted = boxes.xyxy[:, 3] - boxes.xyxy[:, 1], float(expected[3] - expected[1])
    apart = np.where((high < 2 * wanted) & (wanted < 2 * high), apart, np.inf)
    row = int(apart.argmin())
    return row if apart[row] < REACH else None


def _same(a: F32, b: F32) -> bool:
    return bool(iou(a[None], b[None])[0, 0] > SAME_FACE)
