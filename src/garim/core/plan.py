"""What will be destroyed, when and where: few key boxes with exact times, linear between them.

Laws: a plan covers every box that it was made from; it belongs to one input, named by SHA-256; its JSON says
everything and reads back to the same plan. Boxes are px of the upright picture; times are ticks of the film's
time base (a still has the one time 0).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse

I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One track's regions: key times `pts` i64[k] rising, `xyxy` f32[k,4] px; nothing before, nothing after."""

    track: int
    pts: I64
    xyxy: F32

    def __post_init__(self) -> None:
        if len(self.pts) == 0 or self.xyxy.shape != (len(self.pts), 4):
            raise ValueError("lane: a box for each time, and at least one")
        if (np.diff(self.pts) <= 0).any():
            raise ValueError("lane: times rise")
        if not np.isfinite(self.xyxy).all() or (self.xyxy[:, 2:] < self.xyxy[:, :2]).any():
            raise ValueError("lane: x1 <= x2 and y1 <= y2, all finite")

    def at(self, pts: I64) -> F32:
        """The lane's box at each of `pts` i64[n], which lie within it: f32[n,4]."""
        sides = [np.interp(pts, self.pts, self.xyxy[:, side]) for side in range(4)]
        return np.stack(sides, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All regions of one input: `size` is of the upright picture in px, `time_base` seconds a tick."""

    input_sha256: str
    size: tuple[int, int]
    time_base: Fraction
    lanes: tuple[Lane, ...]
    _spans: I64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spans = np.array([(lane.pts[0], lane.pts[-1]) for lane in self.lanes], np.int64).reshape(-1, 2)
        object.__setattr__(self, "_spans", spans)

    def at(self, pts: int) -> F32:
        """What is to be destroyed at the time `pts`: f32[n,4] px, upright."""
        live = np.flatnonzero((self._spans[:, 0] <= pts) & (pts <= self._spans[:, 1]))
        if not len(live):
            return np.empty((0, 4), np.float32)
        now = np.array([pts])
        return np.concatenate([self.lanes[i].at(now) for i in live])

    def with_lanes(self, lanes: Sequence[Lane]) -> Self:
        """The same plan with more lanes, numbered on."""
        last = max((lane.track for lane in self.lanes), default=0)
        more = tuple(replace(lane, track=last + i) for i, lane in enumerate(lanes, 1))
        return replace(self, lanes=self.lanes + more)


def lane(track: int, pts: I64, needed: F32, grown: F32) -> Lane:
    """The fewest keys out of `grown` f32[n,4] at `pts` i64[n] whose lines contain each of `needed` f32[n,4]."""
    keys = [0]
    while keys[-1] < len(pts) - 1:
        keys.append(_farthest(pts, needed, grown, keys[-1]))
    return Lane(track, pts[keys], grown[keys])


def _farthest(pts: I64, needed: F32, grown: F32, start: int) -> int:
    """The last frame to which a straight line from `start` contains all that is needed between."""
    reach, step = start + 1, 2
    while start + step < len(pts) and _contains(pts, needed, grown, start, start + step):
        reach, step = start + step, step * 2
    low, high = reach, min(start + step, len(pts))
    while high - low > 1:
        middle = (low + high) // 2
        if _contains(pts, needed, grown, start, middle):
            low = middle
        else:
            high = middle
    return low


def _contains(pts: I64, needed: F32, grown: F32, start: int, end: int) -> bool:
    line = Lane(0, pts[[start, end]], grown[[start, end]]).at(pts[start : end + 1])
    inner = needed[start : end + 1]
    return bool((line[:, :2] <= inner[:, :2]).all() and (line[:, 2:] >= inner[:, 2:]).all())


def written(plan: Plan) -> str:
    """The plan as JSON, one lane a line, boxes to a tenth of a pixel and never smaller."""
    head = {
        "garim_plan": VERSION,
        "input_sha256": plan.input_sha256,
        "size": list(plan.size),
        "time_base": str(plan.time_base),
    }
    lanes = ",\n  ".join(json.dumps({"track": lane.track, "keys": _keys(lane)}) for lane in plan.lanes)
    return json.dumps(head)[:-1] + f', "lanes": [\n  {lanes}\n]}}\n'


def _keys(lane: Lane) -> list[list[float]]:
    low = np.floor(lane.xyxy[:, :2].astype(np.float64) * 10) / 10
    high = np.ceil(lane.xyxy[:, 2:].astype(np.float64) * 10) / 10
    return [[int(t), *map(float, a), *map(float, b)] for t, a, b in zip(lane.pts, low, high, strict=True)]


def read(text: str) -> Plan:
    """The plan that `text` holds. Raises `Misuse` with the place that is wrong."""
    try:
        return _parsed(json.loads(text))
    except json.JSONDecodeError as error:
        raise Misuse(f"the plan is not JSON: line {error.lineno}: {error.msg}; nothing was written") from None
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Misuse(f"the plan is not one of garim's: {type(error).__name__}: {error}; nothing was written") from None


def _parsed(tree: dict[str, Any]) -> Plan:
    if tree["garim_plan"] != VERSION:
        raise ValueError(f"version {tree['garim_plan']}, this garim reads {VERSION}")
    width, height = map(int, tree["size"])
    lanes = tuple(_lane(row) for row in tree["lanes"])
    return Plan(str(tree["input_sha256"]), (width, height), Fraction(tree["time_base"]), lanes)


def _lane(row: dict[str, Any]) -> Lane:
    keys = row["keys"]
    pts = np.array([key[0] for key in keys], np.int64)
    return Lane(int(row["track"]), pts, np.array([key[1:] for key in keys], np.float32).reshape(-1, 4))
