"""Boxes linked into tracks, over a whole film at once.

A weak box counts where a strong one belongs to the same thing, before or after; a track that is lost goes on
where it is found again, unless there was a cut. Matching is by distance from where a thing
was expected, in its own size, the farther the longer it was not seen (after Bewley et al. 2016, "SORT", and the two
passes of Zhang et al. 2022, "ByteTrack"): nothing here knows what anything looks like, so nothing can be known again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, area
from garim.core.sightings import Sightings
from garim.core.tracks import Track

F32 = NDArray[np.float32]

CERTAIN = 0.7  # one box of this score is a face
REACH = 0.4  # how far, in its own size, a thing may be from where it was expected
REACH_A_FRAME = 0.03  # ... and for each frame that it was not seen
REACH_OF_NEW = 0.6  # ... and where it was seen once, so that nobody knows its speed
LONG = 30  # frames after which it is not expected to be any farther
SEVERAL = 4  # so many weak boxes say as much as a strong one


@dataclass(frozen=True, slots=True)
class Linking:
    """How boxes become tracks, by their scores in 0..1.

    A track needs a box of `strong`, or `SEVERAL` of which the best are `weak` in the mean. One that is certain is
    given up after `patience` frames without a box, another after `doubt`.
    """

    strong: float
    weak: float
    patience: float
    doubt: float

    def at(self, rate: Fraction) -> Linking:
        """The same, its times read as seconds of a film of `rate` frames a second."""
        return replace(self, patience=self.patience * float(rate), doubt=self.doubt * float(rate))


@dataclass(slots=True, eq=False)
class _Trail:
    """A track while it grows: what was seen so far, and its speed in px a frame."""

    index: list[int]
    xyxy: list[F32]
    score: list[float]
    speed: F32 = field(default_factory=lambda: np.zeros(2, np.float32))

    def expected(self, index: int) -> F32:
        # a face that was lost long ago has rarely kept its speed
        gap = np.float32(min(index - self.index[-1], 8))
        return np.asarray(self.xyxy[-1] + np.tile(self.speed, 2) * gap)

    def add(self, index: int, xyxy: F32, score: float) -> None:
        gap = index - self.index[-1]
        moved = ((xyxy[:2] + xyxy[2:]) - (self.xyxy[-1][:2] + self.xyxy[-1][2:])) / np.float32(2 * gap)
        self.speed = np.asarray((self.speed + moved) / np.float32(2) if len(self.index) > 1 else moved)
        self.index.append(index)
        self.xyxy.append(xyxy)
        self.score.append(score)


def tracks(seen: Sightings, linking: Linking) -> list[Track]:
    """The things that `seen` shows, each with the boxes that were measured of it, numbered from 1."""
    scenes = seen.scenes()
    trails: list[_Trail] = []
    lost: list[_Trail] = []
    scene = 0
    for index, boxes in zip(seen.index.tolist(), seen.boxes, strict=True):
        gone = [t for t in trails if scenes[index] != scene or index - t.index[-1] > _waits(t, linking)]
        lost += gone
        trails = [t for t in trails if t not in gone] if gone else trails
        scene = scenes[index]
        _see(trails, index, boxes, linking)
    kept = [t for t in lost + trails if _counts(t, linking)]
    kept.sort(key=lambda t: t.index[0])
    return [
        Track(number, np.array(t.index), np.stack(t.xyxy), np.array(t.score, np.float32))
        for number, t in enumerate(kept, 1)
    ]


def _waits(trail: _Trail, linking: Linking) -> float:
    certain = max(trail.score) >= CERTAIN or sum(s >= linking.strong for s in trail.score) >= SEVERAL
    return linking.patience if certain else linking.doubt


def _counts(trail: _Trail, linking: Linking) -> bool:
    best = sorted(trail.score)[-SEVERAL:]
    return best[-1] >= linking.strong or (len(best) == SEVERAL and sum(best) / SEVERAL >= linking.weak)


def _see(trails: list[_Trail], index: int, boxes: Boxes, linking: Linking) -> None:
    """Give each box of one frame to the trail that it belongs to, strong boxes first, or begin a new one."""
    strong = boxes.score >= linking.strong
    free = np.ones(len(boxes), bool)
    open_ = list(trails)
    for chosen, least in ((strong, 0.0), (~strong, 0.2)):
        which = np.flatnonzero(chosen)
        for t, b in _matched(open_, index, boxes.xyxy[which], least):
            row = which[b]
            open_[t].add(index, boxes.xyxy[row], float(boxes.score[row]))
            free[row] = False
        open_ = [t for t in open_ if t.index[-1] != index]
    for row in np.flatnonzero(free):
        trails.append(_Trail([index], [boxes.xyxy[row]], [float(boxes.score[row])]))


def _matched(trails: list[_Trail], index: int, xyxy: F32, least: float) -> list[tuple[int, int]]:
    """Pairs (trail, box), the nearest first, each nearer than 1 - `least` of its reach."""
    if not trails or not len(xyxy):
        return []
    expected = np.stack([t.expected(index) for t in trails])
    gap = np.array([index - t.index[-1] for t in trails], np.float32)
    new = np.array([len(t.index) == 1 for t in trails])
    # what has not been seen for a while, or whose speed nobody knows, may be farther from where it was expected
    reach = REACH + REACH_A_FRAME * np.minimum(gap, LONG) + np.where(new, REACH_OF_NEW, 0)
    value = np.where(_alike(expected, xyxy), 1 - _apart(expected, xyxy) / reach[:, None], 0)
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for place in np.argsort(-value, axis=None, kind="stable").tolist():
        trail, box = divmod(place, len(xyxy))
        if value[trail, box] <= least:
            break
        if trail not in taken[0] and box not in taken[1]:
            pairs.append((trail, box))
            taken[0].add(trail)
            taken[1].add(box)
    return pairs


def _apart(a: F32, b: F32) -> F32:
    """How far the middle of each of `a` is from that of each of `b`, in sizes of `a`: f32[n,m]."""
    size = np.sqrt(np.maximum(area(a), 1))
    middle_a, middle_b = (a[:, :2] + a[:, 2:]) / 2, (b[:, :2] + b[:, 2:]) / 2
    return np.asarray(np.linalg.norm(middle_a[:, None] - middle_b[None, :], axis=2) / size[:, None])


def _alike(a: F32, b: F32) -> NDArray[np.bool_]:
    """Whether heights differ by less than a factor of two: b[n,m]."""
    high_a, high_b = a[:, None, 3] - a[:, None, 1], b[None, :, 3] - b[None, :, 1]
    return np.asarray((high_a < 2 * high_b) & (high_b < 2 * high_a))
