"""The writing: what the plan names destroyed, and all else left as it was.

Groups of pictures in which nothing is destroyed are copied bit for bit, where the film can be taken apart; else every
frame is decoded again and encoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from garim.core.boxes import covered, turned
from garim.core.plan import Plan
from garim.cover import destroy
from garim.media import Film, Frame, Reader, Writer
from garim.media.groups import Group, Unsplit
from garim.media.splice import Splice, Spliced
from garim.redact.result import Ask, Progress


@dataclass(frozen=True, slots=True)
class Written:
    """How a film was written: the share of all its pixels that was destroyed, and what was copied, or why nothing."""

    masked: float
    spliced: Spliced | None
    why: str = ""


def write(film: Film, plan: Plan, path: Path, ask: Ask, progress: Progress) -> Written:
    """Write to `path` what `plan` leaves of `film`."""
    try:
        return _spliced(film, plan, path, ask, progress)
    except Unsplit as reason:
        masked = _whole(film, plan, path, ask, progress)
        return Written(masked, None, str(reason))


def _spliced(film: Film, plan: Plan, path: Path, ask: Ask, progress: Progress) -> Written:
    splice = Splice(film, ask.output, ask.encoding, lambda group: _touched(plan, group))
    painter = _Painter(film, plan, ask)
    count = sum(group.count for group in splice.made.groups)
    made = splice.write(
        path,
        mute=ask.mute,
        remark=ask.remark,
        paint=painter,
        done=lambda through: progress("write", through, count),
    )
    return Written(painter.masked / count, made)


def _whole(film: Film, plan: Plan, path: Path, ask: Ask, progress: Progress) -> float:
    painter = _Painter(film, plan, ask)
    count = 0
    with (
        Reader(film.path, known=film) as reader,
        Writer(path, reader, ask.output, ask.encoding, mute=ask.mute, remark=ask.remark) as writer,
    ):
        for frame in reader.frames(writer.copy):
            painter(frame)
            writer.write(frame)
            count += 1
            progress("write", count, film.frames)
    return painter.masked / count


def _touched(plan: Plan, group: Group) -> bool:
    first, last = int(group.pts[0]), int(group.pts[-1])
    return any(lane.keep is None and lane.pts[0] <= last and lane.pts[-1] >= first for lane in plan.lanes)


class _Painter:
    """Destroys what the plan names in each frame, and adds up what share of the pictures that is."""

    def __init__(self, film: Film, plan: Plan, ask: Ask) -> None:
        self._plan, self._style, self._quarters = plan, ask.style, film.rotation // 90
        self._picture = np.array([(0, 0, *plan.size)], np.float32)
        self._random = np.random.default_rng()
        self.masked = 0.0

    def __call__(self, frame: Frame) -> None:
        regions = self._plan.at(frame.pts)
        if len(regions):
            # the plan is upright, the planes are as coded
            destroy(frame.planes(), turned(regions, -self._quarters, self._plan.size), self._style, self._random)
            self.masked += float(covered(self._picture, regions)[0])
