"""A still on its way: looked at in two sizes and in the mirror, since time does not help."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best, clipped, covered, grown
from garim.core.errors import Misuse, Unsupported
from garim.core.plan import Lane, Plan
from garim.cover import destroy
from garim.pictures import MAGIC, Still, opened, save
from garim.pictures.still import SUFFIXES
from garim.redact.check import HIDDEN
from garim.redact.plan import COVERED
from garim.redact.result import Ask, Made, Progress, Residual
from garim.vision.faces import SAME_FACE, Faces

KINDS = tuple(MAGIC)
LOOKS = (640, 1280)  # px of the long side; large faces show in the first, small ones in the second
SURE = 0.35
SUSPECTED = 0.3


class StillSubject:
    """One still; see `garim.redact.run.Subject`. Raises `Unreadable`, `Unsupported` at birth."""

    def __init__(self, ask: Ask, faces: Faces, progress: Progress) -> None:
        self._ask, self._faces, self._progress = ask, faces, progress
        self._still = opened(ask.source)
        self.made = Made(1, None, (), self._still.left_out)
        suffixes = SUFFIXES[self._still.kind]
        if ask.output.suffix.lower() not in suffixes:
            raise Unsupported(
                f"{ask.output}: a {self._still.kind} picture is written as {suffixes[0]}; nothing was written"
            )

    def look(self, sha256: str) -> Plan:
        found = seen(self._still, self._faces, SURE)
        empty = Plan(sha256, self._still.size, Fraction(1), ())
        return empty.with_lanes(self._lanes(found))

    def take(self, plan: Plan) -> None:
        if plan.size != self._still.size:
            raise Misuse(f"{self._ask.source}: the plan has another size; nothing was written")

    def write(self, plan: Plan, path: Path) -> float:
        regions = plan.at(0)
        destroy(self._still.planes(), regions, self._ask.style, np.random.default_rng())
        save(self._still, path, self._ask.output, self._ask.remark)
        self._progress("write", 1, 1)
        whole_picture = np.array([(0, 0, *plan.size)], np.float32)
        return float(covered(whole_picture, regions)[0])

    def check(self, plan: Plan, path: Path) -> list[tuple[Lane, Residual]]:
        boxes = seen(opened(path), self._faces, SUSPECTED)
        left = boxes[covered(boxes.xyxy, np.concatenate([plan.at(0), plan.kept(0)])) < HIDDEN]
        residuals = [_residual(box, score) for box, score in zip(left.xyxy, left.score, strict=True)]
        return list(zip(self._lanes(left), residuals, strict=True))

    def _lanes(self, found: Boxes) -> list[Lane]:
        regions = clipped(grown(found.xyxy, *COVERED), *self._still.size)
        return [Lane(number, np.zeros(1, np.int64), box[None]) for number, box in enumerate(regions, 1)]


def seen(still: Still, faces: Faces, floor: float) -> Boxes:
    """Faces in `still` with a score from `floor` on, in several sizes, straight and mirrored."""
    images = [still.image(side) for side in LOOKS if side == LOOKS[0] or max(still.size) > LOOKS[0]]
    found = Boxes.joined([look(image, floor) for image in images for look in (faces, faces.mirrored)])
    return best(found, SAME_FACE)


def _residual(box: NDArray[np.float32], score: float) -> Residual:
    x1, y1, x2, y2 = box.tolist()
    return Residual(0.0, (x1, y1, x2, y2), float(score))
