"""What will be destroyed, when and where: few key boxes with exact times, linear between them.

Laws: a plan covers every box that it was made from; it belongs to one input, named by SHA-256; its JSON says
everything and reads back to the same plan, but for which consents were proven: that no file says, and each run
proves anew. Boxes are px of the upright picture; times are ticks of the film's time base (a still has one time, 0;
of several pages each has its number).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse

I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
T = TypeVar("T", int, str, list[Any], dict[str, Any])
VERSION = 1
MOST_PX = 1 << 16  # on a side; a tenth of a pixel is exact enough up to here
MOST_TICKS = 1 << 53  # beyond, lines between times would be inexact
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Keep:
    """Why a lane is left visible: a person who agreed, by `pseudonym`, or None where it is no face at all.

    `commitment`, 64 hex digits, stands for the person's consent once that was proven; None before.
    """

    pseudonym: str | None
    reason: str
    commitment: str | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip() or (self.pseudonym is not None and not self.pseudonym.strip()):
            raise ValueError("keep: a reason, and for a person a pseudonym")
        if self.commitment is not None and (self.pseudonym is None or not _HASH.fullmatch(self.commitment)):
            raise ValueError("keep: a commitment is 64 hex digits, for a person's consent")


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One track's regions: key times `pts` i64[k] rising, `xyxy` f32[k,4] px; nothing before, nothing after.

    They are destroyed, or left visible where `keep` says why.
    """

    track: int
    pts: I64
    xyxy: F32
    keep: Keep | None = None

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


def _box(lane: Lane, pts: int) -> NDArray[np.float64]:
    """What `lane.at` gives at one time, for a third of the price: f64[4]."""
    row = int(lane.pts.searchsorted(pts))
    after: NDArray[np.float64] = lane.xyxy[row].astype(np.float64)
    left = int(lane.pts[row]) - pts
    if not left:
        return after
    gap = int(lane.pts[row] - lane.pts[row - 1])
    return np.asarray(after + (lane.xyxy[row - 1] - after) * (left / gap))


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
        return self._live(pts, kept=False)

    def kept(self, pts: int) -> F32:
        """What is left visible at the time `pts`, where nothing else destroys it: f32[n,4] px, upright."""
        return self._live(pts, kept=True)

    def _live(self, pts: int, *, kept: bool) -> F32:
        live = np.flatnonzero((self._spans[:, 0] <= pts) & (pts <= self._spans[:, 1]))
        boxes = [_box(self.lanes[i], pts) for i in live if (self.lanes[i].keep is not None) == kept]
        return np.array(boxes, np.float32).reshape(-1, 4)

    def keeping(self, track: int, keep: Keep) -> Self:
        """The same plan, with one track left visible. Raises `Misuse` where there is no such track."""
        if not any(lane.track == track for lane in self.lanes):
            there = ", ".join(sorted({str(lane.track) for lane in self.lanes}, key=int)) or "none"
            raise Misuse(f"the plan has no track {track} (there are: {there}); nothing was written")
        lanes = tuple(replace(lane, keep=keep) if lane.track == track else lane for lane in self.lanes)
        return replace(self, lanes=lanes)

    def agreed(self, pseudonym: str, commitment: str, *, test: bool = False) -> Self:
        """The same plan, once a consent of `pseudonym` to be visible was proven. `commitment` stands for it.

        Where the consent was made for tests, the reason says so. Raises `Misuse` where nobody is kept by that name.
        """
        keeps = {lane.keep for lane in self.lanes if lane.keep is not None and lane.keep.pseudonym == pseudonym}
        if not keeps:
            raise Misuse(f"the plan leaves no {pseudonym} visible; nothing was written. --keep says which track")
        mark = "TEST: " if test else ""
        proven = {keep: replace(keep, reason=f"{mark}{keep.reason}", commitment=commitment) for keep in keeps}
        lanes = (replace(lane, keep=proven[lane.keep]) if lane.keep in proven else lane for lane in self.lanes)
        return replace(self, lanes=tuple(lanes))

    @property
    def unproven(self) -> tuple[str, ...]:
        """Pseudonyms of people whom the plan leaves visible though no consent of theirs was proven."""
        keeps = [lane.keep for lane in self.lanes if lane.keep is not None]
        people = {keep.pseudonym for keep in keeps if keep.pseudonym is not None and keep.commitment is None}
        return tuple(sorted(people))

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
    lanes = ",\n  ".join(json.dumps(_row(lane)) for lane in plan.lanes)
    return json.dumps(head)[:-1] + f', "lanes": [\n  {lanes}\n]}}\n'


def _row(lane: Lane) -> dict[str, Any]:
    row: dict[str, Any] = {"track": lane.track}
    if lane.keep:
        row["keep"] = {"reason": lane.keep.reason}
        if lane.keep.pseudonym is not None:
            row["keep"]["pseudonym"] = lane.keep.pseudonym
    return row | {"keys": _keys(lane)}


def _keys(lane: Lane) -> list[list[float]]:
    low = -_tenths(-lane.xyxy[:, :2])
    high = _tenths(lane.xyxy[:, 2:])
    return [[int(t), *map(float, a), *map(float, b)] for t, a, b in zip(lane.pts, low, high, strict=True)]


def _tenths(high: F32) -> NDArray[np.float64]:
    """The nearest tenths that, read again, are not less; so a box that was written once is not grown again."""
    exact = high.astype(np.float64) * 10
    near = np.rint(exact) / 10
    return np.asarray(np.where(near.astype(np.float32) >= high, near, np.ceil(exact) / 10))


def read(text: str) -> Plan:
    """The plan that `text` holds. Raises `Misuse` with the place that is wrong."""
    try:
        return _parsed(json.loads(text))
    except json.JSONDecodeError as error:
        raise Misuse(f"the plan is not JSON: line {error.lineno}: {error.msg}; nothing was written") from None
    except (ValueError, RecursionError) as error:
        raise Misuse(f"the plan is not one of garim's: {error}; nothing was written") from None


def _parsed(tree: Any) -> Plan:
    if _field(int, tree, "garim_plan") != VERSION:
        raise ValueError(f"this garim reads version {VERSION}")
    size = _field(list, tree, "size")
    if len(size) != 2 or not all(type(side) is int and 0 < side <= MOST_PX for side in size):
        raise ValueError("size is a width and a height in px")
    time_base = _field(str, tree, "time_base")
    # Fraction would also take 1e999999999, and compute it
    if not re.fullmatch(r"[1-9][0-9]{0,9}(/[1-9][0-9]{0,9})?", time_base):
        raise ValueError("time_base is a fraction of a second, as 1/90000")
    lanes = tuple(_lane(row, number) for number, row in enumerate(_field(list, tree, "lanes"), 1))
    return Plan(_field(str, tree, "input_sha256"), (size[0], size[1]), Fraction(time_base), lanes)


def _lane(row: Any, number: int) -> Lane:
    try:
        keys = _field(list, row, "keys")
        if not all(map(_is_key, keys)):
            raise ValueError(f"a key is [time, x1, y1, x2, y2], in ticks and px of at most {MOST_PX}")
        pts = np.array([key[0] for key in keys], np.int64)
        xyxy = np.array([key[1:] for key in keys], np.float32)
        return Lane(_field(int, row, "track"), pts, xyxy, _keep(row))
    except ValueError as error:
        raise ValueError(f"lane {number} of the list: {error}") from None


def _keep(row: Any) -> Keep | None:
    if "keep" not in row:
        return None
    keep: dict[str, Any] = _field(dict, row, "keep")
    return Keep(_field(str, keep, "pseudonym") if "pseudonym" in keep else None, _field(str, keep, "reason"))


def _is_key(key: Any) -> bool:
    if type(key) is not list or len(key) != 5 or type(key[0]) is not int or abs(key[0]) > MOST_TICKS:
        return False
    return all(type(side) in (int, float) and abs(side) <= MOST_PX for side in key[1:])


def _field(kind: type[T], tree: Any, name: str) -> T:
    """What an object holds under `name`, of just this type: JSON's true is no number here, and its "12" is none."""
    value = tree.get(name) if type(tree) is dict else None
    if type(value) is not kind:
        raise ValueError(f"{name} is missing, or no {kind.__name__}")
    return value
