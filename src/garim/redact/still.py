"""A still on its way, page by page: what many looks at it agree on is destroyed, since time does not help.

A page's number, from 0, is its time in the plan; most stills have the one page 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, clipped, covered, grown, iou
from garim.core.errors import Misuse, Unsupported
from garim.core.plan import Lane, Plan
from garim.cover import destroy
from garim.pictures import SUFFIXES, Still, pages, save_pages
from garim.redact.agreed import A_FACE, Voices
from garim.redact.check import HIDDEN
from garim.redact.cover import Cover
from garim.redact.drawn import TOUCHED
from garim.redact.eyes import IN_PLACE
from garim.redact.models import Models
from garim.redact.people import A_PERSON, on_still
from garim.redact.people import SUSPECTED as SUSPECTED_PERSON
from garim.redact.result import Ask, Made, Progress, Residual

F32 = NDArray[np.float32]

SURE, SUSPECTED = 1.0, 0.95  # of what is a face, in the look and in the check
SHOWN = 0.2  # a score from which a single look at the source shows something

MARGIN = (0.10, 2.0)  # what is destroyed round a hull: a share of its size, and px


class StillSubject:
    """One still; see `garim.redact.run.Subject`. Raises `Unreadable`, `Unsupported` at birth."""

    def __init__(self, ask: Ask, models: Models, progress: Progress) -> None:
        self._ask, self._models, self._progress = ask, models, progress
        self._voices = Voices(models.first, models.second, ask.effort)
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
            lanes += self._lanes(self._covered(still), number)
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
            left = self._left(source, written, np.concatenate([plan.at(number), plan.kept(number)]))
            residuals = [residual(number, box, score) for box, score in zip(left.xyxy, left.score, strict=True)]
            found += zip(self._lanes(left, number), residuals, strict=True)
            self._progress("check", number + 1, len(self._sizes))
        return found

    def _covered(self, still: Still) -> Boxes:
        """What is covered of the faces on `still`, and of people where it is not about faces alone."""
        cover, faces = self._ask.cover, self._faces(still, SURE)
        found = Boxes(cover.of_faces(faces.xyxy), faces.score)
        if cover is Cover.FACES:
            return found
        return Boxes.joined([found, cover.of_people(self._people(still, A_PERSON))])

    def _left(self, source: Still, written: Still, hiding: F32) -> Boxes:
        """What is to be covered of faces that `hiding` f32[n,4] leaves; of people only where all of them is hidden."""
        cover = self._ask.cover
        faces = _seen(self._faces(written, SUSPECTED), hiding, lambda: self._shown(source))
        left = Boxes(cover.of_faces(faces.xyxy), faces.score)
        if cover is not Cover.PEOPLE:
            return left
        people = _seen(self._people(written, SUSPECTED_PERSON), hiding, lambda: self._people(source, 0))
        return Boxes.joined([left, people])

    def _shown(self, source: Still) -> Boxes:
        """All that any single look takes for a face."""
        there = Boxes.joined([look for voice in self._voices(source) for look in voice])
        return there[there.score >= SHOWN]

    def _people(self, still: Still, least: float) -> Boxes:
        found = on_still(self._models, still, self._ask.effort)
        return found[found.score >= least]

    def _faces(self, still: Still, sure: float) -> Boxes:
        found = self._voices.agreed(still)
        return found[found.score >= sure * A_FACE]

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


def _seen(boxes: Boxes, hiding: F32, there: Callable[[], Boxes]) -> Boxes:
    """Those of `boxes` that `hiding` leaves to be seen, but for a "head" that only the black on a body made.

    `there` says what the source shows.
    """
    hidden = covered(boxes.xyxy, hiding)
    left, drawn = boxes[hidden < HIDDEN], hidden[hidden < HIDDEN] > TOUCHED
    if not drawn.any():
        return left
    real = (iou(left.xyxy, there().xyxy) >= IN_PLACE).any(axis=1)
    return left[real | ~drawn]


def refuse_suffix(ask: Ask, kind: str) -> None:
    """Raise `Unsupported` where the output's name does not say what it will be."""
    if ask.output.suffix.lower() not in SUFFIXES[kind]:
        raise Unsupported(
            f"{ask.output}: a {kind} picture is written as {SUFFIXES[kind][0]}; nothing was written. Name it so with -o"
        )


def residual(at: float, box: NDArray[np.float32], score: float) -> Residual:
    """What is left at `at` seconds (of a still: on that page)."""
    x1, y1, x2, y2 = box.tolist()
    return Residual(at, (x1, y1, x2, y2), float(score))
