"""A still on its way, page by page: looked at in two sizes and in the mirror, since time does not help.

A page's number, from 0, is its time in the plan; most stills have the one page 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, clipped, covered, grown, iou
from garim.core.errors import Misuse, Unsupported
from garim.core.plan import Lane, Plan
from garim.cover import destroy
from garim.pictures import SUFFIXES, Still, pages, save_pages
from garim.pictures.still import MOST_ENLARGED
from garim.redact.check import HIDDEN, SAME, TOUCHED
from garim.redact.eyes import FLOOR as SHOWN
from garim.redact.result import Ask, Made, Progress, Residual
from garim.vision.centerface import CenterFace
from garim.vision.detector import mirrored
from garim.vision.faces import Faces

F32 = NDArray[np.float32]

LOOKS = (640, 1280)  # px of the long side; large faces show in the first, small ones in the second
FLOOR = 0.05  # a score under this says nothing, however many looks agree
SAME_PLACE = 0.35  # IoU from which boxes of several looks are of one thing
SMALL, LARGE = 0.05, 0.6  # of the picture's long side
LEAST = (0.075, 0.15)  # the mean of the looks' best scores from which something SMALL, something LARGE is a face
SURE, SUSPECTED = 1.0, 0.95  # times that, in the look and in the check

MARGIN = (0.10, 2.0)  # what is destroyed round a hull: a share of its size, and px


class StillSubject:
    """One still; see `garim.redact.run.Subject`. Raises `Unreadable`, `Unsupported` at birth."""

    def __init__(self, ask: Ask, faces: Faces, second: CenterFace | None, progress: Progress) -> None:
        self._ask, self._faces, self._second, self._progress = ask, faces, second, progress
        self._sizes: list[tuple[int, int]] = []
        left_out: dict[str, None] = {}
        for still in pages(ask.source):
            refuse_suffix(ask, still.kind)
            self._sizes.append(still.size)
            left_out |= dict.fromkeys(still.left_out)
        self.made = Made(len(self._sizes), None, (), tuple(left_out))

    @property
    def _size(self) -> tuple[int, int]:
        """Of the smallest picture that holds every page."""
        return max(width for width, _ in self._sizes), max(height for _, height in self._sizes)

    def look(self, sha256: str) -> Plan:
        lanes: list[Lane] = []
        for number, still in enumerate(pages(self._ask.source)):
            lanes += self._lanes(agreed(looks(still, self._faces), max(still.size), SURE), number)
            self._progress("look", number + 1, len(self._sizes))
        return Plan(sha256, self._size, Fraction(1), ()).with_lanes(lanes)

    def take(self, plan: Plan) -> None:
        if (plan.size, plan.time_base) != (self._size, Fraction(1)):
            raise Misuse(f"{self._ask.source}: the plan has another size or time base; nothing was written")

    def write(self, plan: Plan, path: Path) -> float:
        save_pages(self._destroyed(plan), path, self._ask.output, self._ask.remark)
        areas = [width * height for width, height in self._sizes]
        return float(np.average([self._share(plan, number) for number in range(len(areas))], weights=areas))

    def check(self, plan: Plan, path: Path) -> list[tuple[Lane, Residual]]:
        found: list[tuple[Lane, Residual]] = []
        for number, (source, written) in enumerate(zip(pages(self._ask.source), pages(path), strict=True)):
            left = self._left(source, written, plan.at(number), plan.kept(number))
            residuals = [residual(number, box, score) for box, score in zip(left.xyxy, left.score, strict=True)]
            found += zip(self._lanes(left, number), residuals, strict=True)
            self._progress("check", number + 1, len(self._sizes))
        return found

    def _left(self, source: Still, written: Still, destroyed: F32, kept: F32) -> Boxes:
        """What is neither hidden nor kept on purpose, nor a "head" that only the black on a body made."""
        boxes = agreed(looks(written, self._faces), max(written.size), SUSPECTED)
        hidden = covered(boxes.xyxy, np.concatenate([destroyed, kept]))
        left, drawn = boxes[hidden < HIDDEN], hidden[hidden < HIDDEN] > TOUCHED
        if not drawn.any():
            return left
        there = Boxes.joined(looks(source, self._faces))
        real = (iou(left.xyxy, there.xyxy[there.score >= SHOWN]) >= SAME).any(axis=1)
        return left[real | ~drawn]

    def _destroyed(self, plan: Plan) -> Iterator[Still]:
        for number, still in enumerate(pages(self._ask.source)):
            destroy(still.planes(), plan.at(number), self._ask.style, np.random.default_rng())
            yield still
            self._progress("write", number + 1, len(self._sizes))

    def _share(self, plan: Plan, number: int) -> float:
        width, height = self._sizes[number]
        return float(covered(np.array([(0, 0, width, height)], np.float32), plan.at(number))[0])

    def _lanes(self, found: Boxes, number: int) -> list[Lane]:
        regions = clipped(grown(found.xyxy, *MARGIN), *self._sizes[number])
        return [Lane(track, np.array([number]), box[None]) for track, box in enumerate(regions, 1)]


def refuse_suffix(ask: Ask, kind: str) -> None:
    """Raise `Unsupported` where the output's name does not say what it will be."""
    if ask.output.suffix.lower() not in SUFFIXES[kind]:
        raise Unsupported(
            f"{ask.output}: a {kind} picture is written as {SUFFIXES[kind][0]}; nothing was written. Name it so with -o"
        )


def looks(still: Still, faces: Faces) -> list[Boxes]:
    """What each look at `still` finds with a score from `FLOOR` on: in several sizes, straight and mirrored."""
    images = [still.image(side) for side in LOOKS if side == LOOKS[0] or max(still.size) > LOOKS[0] / MOST_ENLARGED]
    return [look(image, FLOOR) for image in images for look in (faces, partial(mirrored, faces))]


def agreed(found: Sequence[Boxes], long_side: int, sure: float) -> Boxes:
    """What the looks `found` take for a face together: hulls of boxes in one place, each with its mean score.

    A face has a mean of `sure` times LEAST[0] where it is SMALL, LEAST[1] where it is LARGE, log-linear between: small
    faces are seen by few of the looks, and a large mistake hides much of the picture.
    """
    boxes = Boxes.joined(found)
    look = np.repeat(np.arange(len(found)), [len(one) for one in found])
    near = iou(boxes.xyxy, boxes.xyxy) >= SAME_PLACE
    free = np.ones(len(boxes), bool)
    hulls, means = [], []
    for best in np.argsort(-boxes.score, kind="stable"):
        if not free[best]:
            continue
        members = free & near[best]
        free &= ~members
        xyxy, score = boxes.xyxy[members], boxes.score[members]
        hull = np.concatenate([xyxy[:, :2].min(axis=0), xyxy[:, 2:].max(axis=0)])
        mean = sum(score[look[members] == one].max(initial=0) for one in range(len(found))) / len(found)
        if mean >= sure * _least(hull, long_side):
            hulls.append(hull)
            means.append(mean)
    return Boxes(np.array(hulls, np.float32).reshape(-1, 4), np.array(means, np.float32))


def _least(box: NDArray[np.float32], long_side: int) -> float:
    size = max(box[2] - box[0], box[3] - box[1]) / long_side
    return float(np.exp(np.interp(np.log(max(size, 1e-6)), np.log([SMALL, LARGE]), np.log(LEAST))))


def residual(at: float, box: NDArray[np.float32], score: float) -> Residual:
    """What is left at `at` seconds (of a still: on that page)."""
    x1, y1, x2, y2 = box.tolist()
    return Residual(at, (x1, y1, x2, y2), float(score))
