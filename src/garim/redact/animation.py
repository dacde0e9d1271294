"""An animation on its way: every picture is looked at as a still is, and what is found is followed in time.

Its ticks are thousandths of a second. A picture of no length is taken to be shown for a tenth of a second, as
browsers do; what is written keeps its length of none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, covered, iou
from garim.core.errors import Misuse, Unfinished
from garim.core.plan import Lane, Plan
from garim.core.sightings import Sightings, change
from garim.core.tracks import Track
from garim.cover import destroy
from garim.pictures import Animation, Still, animation, exact, frames, save_animation
from garim.redact.agreed import Voices
from garim.redact.check import HIDDEN, SUSPECTED
from garim.redact.cover import Cover
from garim.redact.drawn import TOUCHED
from garim.redact.eyes import IN_PLACE
from garim.redact.film import LOOKED
from garim.redact.models import Models
from garim.redact.people import FOLLOWED, on_still
from garim.redact.plan import lanes
from garim.redact.result import Ask, Made, Progress, Residual
from garim.redact.still import refuse_suffix, residual
from garim.vision.tracker import Linking, tracks

FLOOR = 0.2  # of a still's score: what is under this says nothing, linked or not
TICK = Fraction(1, 1000)
NO_LENGTH = Fraction(1, 10)  # seconds
SLOWEST, FASTEST = 10, 60  # pictures a second, as the tracker takes it: slow ones are few, and patience costs little


@dataclass(frozen=True, slots=True)
class Moving:
    """What `lanes` wants to know: pictures a second, the size of one in px, and seconds a tick."""

    rate: Fraction
    upright: tuple[int, int]
    time_base: Fraction = TICK


class AnimationSubject:
    """One animation; see `garim.redact.run.Subject`. Raises `Unreadable`, `Unsupported` at birth."""

    def __init__(self, ask: Ask, models: Models, progress: Progress) -> None:
        self._ask, self._models, self._progress = ask, models, progress
        self._voices = Voices(models.first, models.second, ask.effort)
        self._made = animation(ask.source)
        refuse_suffix(ask, self._made.kind)
        shown = [seconds or NO_LENGTH for seconds in self._made.durations]
        self._pts = starts(shown)
        rate = len(shown) / sum(shown, Fraction(0))
        self._moving = Moving(min(Fraction(FASTEST), rate), self._made.size)
        self._seen: Sightings
        self._people: Sightings  # who is there, where all of them or their heads are covered; else nobody
        self._inexact: set[int] = set()

    @property
    def made(self) -> Made:
        """What the source is; what its pictures lose is known once they were written."""
        source = self._made
        lost = (f"colours beyond 256 in {len(self._inexact)} pictures",) if self._inexact else ()
        return Made(len(source.durations), float(sum(source.durations)), (), source.left_out + lost)

    def look(self, sha256: str) -> Plan:
        cover = self._ask.cover
        self._seen, self._people = self._look(self._made, "look")
        faces = tracks(self._seen, self._linking(LOOKED))
        people = tracks(self._people, self._linking(FOLLOWED))
        found = lanes([*map(cover.of_face, faces), *map(cover.of_person, people)], self._seen, self._moving)
        return Plan(sha256, self._made.size, TICK, ()).with_lanes(found)

    def take(self, plan: Plan) -> None:
        if (plan.size, plan.time_base) != (self._made.size, TICK):
            raise Misuse(f"{self._ask.source}: the plan has another size or time base; nothing was written")
        self._seen, self._people = self._look(self._made, "look")  # the check asks what was there

    def write(self, plan: Plan, path: Path) -> float:
        save_animation(self._made, self._destroyed(plan), path, self._ask.output, self._ask.remark)
        whole = np.array([(0, 0, *self._made.size)], np.float32)
        return float(np.mean([covered(whole, plan.at(pts))[0] for pts in self._pts.tolist()]))

    def check(self, plan: Plan, path: Path) -> list[tuple[Lane, Residual]]:
        written = animation(path)
        if written.durations != self._made.durations or written.loop != self._made.loop:
            raise Unfinished(
                "the written animation has not the times of its source; nothing was published. Please report it"
            )
        faces, people = self._look(written, "check")
        suspects = [self._ask.cover.of_face(track) for track in self._suspects(faces, self._seen, plan)]
        if self._ask.cover is Cover.PEOPLE:
            suspects += self._suspects(people, self._people, plan)
        return list(zip(lanes(suspects, self._seen, self._moving), map(self._residual, suspects), strict=True))

    def _suspects(self, again: Sightings, before: Sightings, plan: Plan) -> list[Track]:
        pairs = zip(again.boxes, before.boxes, strict=True)
        left = tuple(self._left(number, boxes, there, plan) for number, (boxes, there) in enumerate(pairs))
        return tracks(Sightings(before.pts, before.change, again.index, left), self._linking(SUSPECTED))

    def _look(self, shown: Animation, step: str) -> tuple[Sightings, Sightings]:
        """Faces, and people where these are asked for, on every picture."""
        boxes: list[Boxes] = []
        people: list[Boxes] = []
        changes: list[float] = []
        last: NDArray[np.int16] | None = None
        for number, still in enumerate(frames(shown)):
            glance = still.glance()
            changes.append(change(last, glance) if last is not None else 0.0)
            last = glance
            found = self._voices.agreed(still)
            boxes.append(found[found.score >= FLOOR])
            nobody = self._ask.cover is Cover.FACES
            people.append(Boxes.none() if nobody else on_still(self._models, still, self._ask.effort))
            self._progress(step, number + 1, len(self._pts))
        seen = Sightings(self._pts, np.array(changes, np.float32), np.arange(len(boxes)), tuple(boxes))
        return seen, replace(seen, boxes=tuple(people))

    def _destroyed(self, plan: Plan) -> Iterator[Still]:
        for number, still in enumerate(frames(self._made)):
            destroy(still.planes(), plan.at(int(self._pts[number])), self._ask.style, np.random.default_rng())
            if not exact(still):
                self._inexact.add(number)
            yield still
            self._progress("write", number + 1, len(self._pts))

    def _left(self, number: int, boxes: Boxes, there: Boxes, plan: Plan) -> Boxes:
        """What is neither hidden nor kept on purpose, nor a "head" that only the black on a body made."""
        pts = int(self._pts[number])
        hidden = covered(boxes.xyxy, np.concatenate([plan.at(pts), plan.kept(pts)]))
        real = (iou(boxes.xyxy, there.xyxy) >= IN_PLACE).any(axis=1)
        return boxes[(hidden < HIDDEN) & (real | (hidden <= TOUCHED))]

    def _linking(self, linking: Linking) -> Linking:
        return linking.at(max(Fraction(SLOWEST), self._moving.rate))

    def _residual(self, track: Track) -> Residual:
        where = int(track.score.argmax())
        at = float(int(self._pts[track.index[where]]) * TICK)
        return residual(at, track.xyxy[where], float(track.score[where]))


def starts(shown: list[Fraction]) -> NDArray[np.int64]:
    """When each picture begins, in ticks, for how long each is `shown` in seconds: i64[n], rising."""
    at, last = Fraction(0), -1
    found = []
    for seconds in shown:
        last = max(last + 1, round(at / TICK))
        found.append(last)
        at += seconds
    return np.array(found, np.int64)
