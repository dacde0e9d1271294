"""The check: the written film is opened again and looked at with more suspicion."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, covered
from garim.core.errors import Unfinished
from garim.core.plan import Plan
from garim.core.sightings import Sightings
from garim.media import Frame, Reader
from garim.redact.look import look_at
from garim.redact.result import Check, Progress
from garim.vision.faces import Faces

HIDDEN = 0.5  # a box of which this share is destroyed shows no face


def check(path: Path, plan: Plan, before: Sightings, faces: Faces, mode: Check, progress: Progress) -> Sightings:
    """What can still be seen in the film at `path`, written from the one that `before` saw, outside the plan.

    Raises `Unfinished` where its frames are not those at `pts`.
    """
    pts = before.pts
    with Reader(path) as reader:
        seen = look_at(reader, faces, _wanted(mode, plan, pts), progress)
        same = moments(seen.pts, reader.film.time_base) == moments(pts, plan.time_base)
    if not same:
        raise Unfinished("the written film has not the times of its source; nothing was published. Please report it")
    boxes = tuple(_bare(boxes, plan.at(int(pts[i]))) for i, boxes in zip(seen.index, seen.boxes, strict=True))
    return Sightings(pts, before.change, seen.index, boxes)


def moments(pts: NDArray[np.int64], time_base: Fraction) -> list[Fraction]:
    """Ticks as seconds, exact."""
    return [tick * time_base for tick in pts.tolist()]


def _bare(boxes: Boxes, regions: NDArray[np.float32]) -> Boxes:
    return boxes[covered(boxes.xyxy, regions) < HIDDEN]


def _wanted(mode: Check, plan: Plan, pts: NDArray[np.int64]) -> Callable[[Frame], bool]:
    if mode is Check.ALL:
        return lambda frame: frame.index % 2 == 0
    ends = np.array([end for lane in plan.lanes for end in (lane.pts[0], lane.pts[-1])], np.int64)
    places = np.searchsorted(pts, ends)
    near = {int(p) + step for p in places for step in (-1, 0, 1)}
    return lambda frame: frame.coded.key_frame or frame.index in near
