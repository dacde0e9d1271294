"""Does the ground agree with the people who walk on it? A cross-check that needs no tape measure. Pure.

Laws: nobody's height is kept or told, only the middle of all; what never moves is no walking person; where there are
too few people it says that it could not check, and not that all is well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou
from garim.exposure.ground import Ground, Verdict

F64 = NDArray[np.float64]

PEOPLE_M = (1.50, 1.95)  # where the middle of any crowd's heights lies, shoes and hats and children included
MOST_LEAN = 1.12  # near people's middle height to far people's, or the reverse
FEWEST = 20  # boxes
SURE = 0.5  # a box's score
LEAST_PX = 25  # a box's height, below which its own error says more than the person's
MOST_WIDE = 0.7  # of its height: wider ones are two people, or sit, or ride
SAME_PLACE = 0.7  # IoU of one thing at two moments
MOST_STILL = 0.15  # share of the moments in which a walking person is at one place
EDGE = 0.01  # of the picture's sides: boxes that touch it are cut
FOOT_TO_METRE = 3.28


@dataclass(frozen=True, slots=True)
class Heights:
    """The middle height of the `people` boxes that were fit to be measured, m: of all, of the nearer and farther half.

    None where there are too few, or the camera's focal length is not known. `spread_m` is half of what the middle
    two thirds span.
    """

    verdict: Verdict
    people: int
    median_m: float | None
    spread_m: float | None
    near_m: float | None
    far_m: float | None
    why: str


def heights(ground: Ground, moments: Sequence[Boxes]) -> Heights:
    """Whether people are as high as people are: boxes of a film's `moments`, seconds apart, in px of `ground.size`."""
    if ground.focal_px is None:
        return _unknown(0, "the points do not tell the camera's focal length, and without it nothing has a height")
    xyxy = _walking(moments, ground.size).astype(np.float64)
    foot = np.column_stack([(xyxy[:, 0] + xyxy[:, 2]) / 2, xyxy[:, 3]])
    head = np.column_stack([foot[:, 0], xyxy[:, 1]])
    high = risen(ground, foot, head)
    where, _ = ground.metres(foot)
    told = np.isfinite(high)
    high, far = high[told], np.linalg.norm(where[told] - ground.camera_m[:2], axis=1)
    if len(high) < FEWEST:
        seen = "nobody was seen walking" if not len(high) else f"only {len(high)} boxes of walking people"
        return _unknown(len(high), f"{seen}, and {FEWEST} are needed; use a film in which people walk by")
    near = far <= np.median(far)
    low, middle, top = np.percentile(high, [16.7, 50, 83.3]).tolist()
    halves = float(np.median(high[near])), float(np.median(high[~near] if (~near).any() else high))
    verdict, why = _judged(middle, *halves)
    return Heights(verdict, len(high), middle, (top - low) / 2, *halves, why)


def risen(ground: Ground, foot: F64, head: F64) -> F64:
    """How high above the ground at `foot` f64[n,2] px that is which is seen at `head` f64[n,2] px: f64[n] m.

    Least squares: of the upright through the foot, q + h u in homogeneous px, the h whose px are nearest to the head.
    """
    where, _ = ground.metres(foot)
    inverse = np.linalg.inv(ground.homography)
    base = where @ inverse[:, :2].T + inverse[:, 2]
    at = ground.lens.straight(head)
    off = base[:, :2] - at * base[:, 2:]
    rise = ground.up[:2] - at * ground.up[2]
    # along a ray that meets the upright nowhere the numbers are negative or huge: no height
    high = -(off * rise).sum(axis=1) / np.maximum((rise**2).sum(axis=1), np.finfo(float).tiny)
    return np.asarray(np.where((high > 0) & (high < 100), high, np.nan))


def still(moments: Sequence[Boxes]) -> list[NDArray[np.bool_]]:
    """Which boxes of each moment are of things that never move: seen at one place in too many of them."""
    most = max(2, MOST_STILL * len(moments))
    return [
        np.sum([_met(boxes, other) for other in moments], axis=0) > most if len(boxes) else np.zeros(0, bool)
        for boxes in moments
    ]


def _met(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    return np.asarray((iou(boxes.xyxy, others.xyxy) > SAME_PLACE).any(axis=1))


def _walking(moments: Sequence[Boxes], size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes of whole, upright people who walk: f32[n,4]."""
    joined = Boxes.joined([boxes[~fixed] for boxes, fixed in zip(moments, still(moments), strict=True)])
    x1, y1, x2, y2 = joined.xyxy.T
    wide, high = x2 - x1, y2 - y1
    inside = (x1 > EDGE * size[0]) & (x2 < (1 - EDGE) * size[0]) & (y1 > EDGE * size[1]) & (y2 < (1 - EDGE) * size[1])
    return joined[inside & (joined.score >= SURE) & (high >= LEAST_PX) & (wide <= MOST_WIDE * high)].xyxy


def _judged(middle: float, near: float, far: float) -> tuple[Verdict, str]:
    low, high = PEOPLE_M
    if not low <= middle <= high:
        feet = low <= middle / FOOT_TO_METRE <= high
        hint = "Were the points measured in feet?" if feet else "Measure one of the distances again"
        return Verdict.DISAGREE, f"people would be {middle:.2f} m tall. {hint}"
    if max(near, far) > MOST_LEAN * min(near, far):
        return Verdict.DISAGREE, (
            f"people would be {near:.2f} m tall near the camera and {far:.2f} m far from it. Points are wrong on one "
            "side, or the street is not flat"
        )
    return Verdict.AGREE, ""


def _unknown(people: int, why: str) -> Heights:
    return Heights(Verdict.UNKNOWN, people, None, None, None, None, why)
