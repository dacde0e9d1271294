"""PLACES WHERE A "PERSON" NEVER MOVES: a sign, a cone, a poster; found in a film's boxes and taken out. Pure.

Laws: what was dropped is a value; a person who stands is kept wherever there is doubt: all three of duration, drift
and score must speak for a thing.

- Duration: LONG_S seconds in which something was seen just there; VERY_LONG_S where the detector is sure of it.
- Drift: how far the four sides move from one BLOCK_S to the next, in heights of the box. A detector's noise averages
  away within a block, what somebody does with their body does not: who stands freely shifts weight, turns, lifts an
  arm, several centimetres each half minute (Duarte and Zatsiorsky 1999, "Patterns of center of pressure migration
  during prolonged unconstrained standing"). The largest of the four sides counts.
- Score: signs are mostly doubtful people; a person in full view is seldom one. What the detector is sure of must be
  stiller than anybody alive, for longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SAME = 0.65  # IoU with the place's middle box from which a box is of it
CELL = 0.15  # of a height: where boxes are counted to find places
SURE = 0.6  # the middle score from which a place is no doubtful person
LONG_S, STILL = 30.0, 0.02
VERY_LONG_S, DEAD_STILL = 120.0, 0.007
BLOCK_S = 5.0
FEWEST = 5  # blocks that tell a drift


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """`xyxy` f32[p,4] px: where a thing stands; `count` i64[p]: its boxes; `seconds` f64[p] in which it was seen."""

    xyxy: F32
    count: NDArray[np.int64]
    seconds: F64

    def without(self, boxes: Boxes) -> Boxes:
        """Those of `boxes` that are of no such place."""
        if not len(self.xyxy):
            return boxes
        return boxes[np.asarray((iou(boxes.xyxy, self.xyxy) < SAME).all(axis=1))]


def fixed(seen: Sequence[tuple[float, Boxes]]) -> Fixed:
    """The places in `seen`, boxes at seconds, where a thing is taken for a person."""
    boxes = Boxes.joined([each for _, each in seen])
    order = np.argsort(boxes.xyxy[:, 0], kind="stable")  # so that `_near` need not look at all
    boxes = boxes[order]
    at = np.repeat([when for when, _ in seen], [len(each) for _, each in seen])[order]
    left = np.ones(len(boxes), bool)
    found: list[tuple[F32, int, float]] = []
    for place in _crowded(boxes, at):
        near = _near(boxes.xyxy, place, left)
        if len(near):
            place = np.median(boxes.xyxy[near], axis=0)
            near = _near(boxes.xyxy, place, left)
        if _thing(boxes[near], at[near], place):
            left[near] = False
            found.append((place, len(near), _seconds(at[near])))
    return Fixed(
        np.array([place for place, _, _ in found], np.float32).reshape(-1, 4),
        np.array([count for _, count, _ in found], np.int64),
        np.array([seconds for _, _, seconds in found], np.float64),
    )


def _near(xyxy: F32, place: F32, left: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the boxes that are of this place and `left`; `xyxy` is sorted by its first side."""
    # an IoU of SAME leaves no side farther off than this
    reach = (place[2] - place[0]) * (1 / SAME - 1)
    low, high = np.searchsorted(xyxy[:, 0], [place[0] - reach, place[0] + reach])
    rows = low + np.flatnonzero(left[low:high])
    return np.asarray(rows[iou(xyxy[rows], place[None])[:, 0] >= SAME])


def _seconds(at: F64) -> float:
    """In how many different seconds."""
    return float(len(np.unique(np.floor(at))))


def _crowded(boxes: Boxes, at: F64) -> list[F32]:
    """The middle boxes of cells of place and size around which boxes are for long enough, the longest first."""
    if not len(boxes):
        return []
    x1, y1, x2, y2 = boxes.xyxy.astype(float).T
    level = np.round(np.log(np.maximum(y2 - y1, 1)) / CELL)
    size = CELL * np.exp(level * CELL)
    keys = np.stack([level, np.floor((x1 + x2) / 2 / size), np.floor((y1 + y2) / 2 / size)], axis=1)
    cells, cell = np.unique(keys, axis=0, return_inverse=True)
    # one box a cell and second
    once = np.unique(np.stack([cell, np.floor(at).astype(np.int64)], axis=1), axis=0)[:, 0]
    seconds = np.bincount(once, minlength=len(cells))
    members = np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell))[:-1])
    places = []
    for number in np.argsort(-seconds, kind="stable").tolist():
        # noise spreads a thing over as many as eight cells that meet in a corner, and seconds over those
        if seconds[number] < LONG_S / 8:
            break
        if seconds[(np.abs(cells - cells[number]) <= 1).all(axis=1)].sum() >= LONG_S:
            places.append(np.median(boxes.xyxy[members[number]], axis=0))
    return places


def _thing(boxes: Boxes, at: F64, place: F32) -> bool:
    """Whether what is seen at `place` is no person."""
    seconds = _seconds(at)
    if seconds < LONG_S:
        return False
    sure = float(np.median(boxes.score)) >= SURE
    if sure and seconds < VERY_LONG_S:
        return False
    return _drift(boxes.xyxy, at, float(place[3] - place[1])) < (DEAD_STILL if sure else STILL)


def _drift(xyxy: F32, at: F64, high: float) -> float:
    """1 sd of the block means of the side that moves most, in heights; without what noise leaves in a mean."""
    _, block, count = np.unique(np.floor(at / BLOCK_S), return_inverse=True, return_counts=True)
    if len(count) < FEWEST:
        return np.inf
    mean = np.stack([np.bincount(block, side) / count for side in xyxy.T], axis=1)
    noise = ((xyxy - mean[block]) ** 2).sum(axis=0) / max(len(at) - len(count), 1)
    moved = mean.var(axis=0, ddof=1) - noise * (1 / count).mean()
    return float(np.sqrt(np.maximum(moved, 0).max()) / max(high, 1))
