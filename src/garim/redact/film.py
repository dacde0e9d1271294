"""A film on its way from look to publication."""

from __future__ import annotations

from pathlib import Path

from garim.core.errors import Misuse
from garim.core.memory import give_back
from garim.core.plan import Lane, Plan
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.media import Reader, probe, refuse_unfit
from garim.redact.check import check
from garim.redact.cover import Cover
from garim.redact.eyes import Blind
from garim.redact.look import look, look_at, telling
from garim.redact.models import Models
from garim.redact.people import FOLLOWED, Watched
from garim.redact.plan import lanes
from garim.redact.result import Ask, Made, Progress, Residual
from garim.redact.write import Written, write
from garim.vision.tracker import Linking, tracks

LOOKED = Linking(strong=0.5, weak=0.35, patience=2.5, doubt=0.4)


class FilmSubject:
    """One film; see `garim.redact.run.Subject`. Raises `Unreadable`, `Unsupported` at birth."""

    def __init__(self, ask: Ask, models: Models, progress: Progress) -> None:
        self._ask, self._models, self._progress = ask, models, progress
        self._film = probe(ask.source)
        refuse_unfit(self._film, ask.output, ask.encoding, mute=ask.mute)
        self._seen: Sightings
        self._written = Written(0.0, None)

    @property
    def made(self) -> Made:
        film, written = self._film, self._written
        copied = written.spliced.copied if written.spliced else 0
        return Made(len(self._seen.pts), film.seconds, film.sound, film.left_out, copied, written.why)

    def look(self, sha256: str) -> Plan:
        with Reader(self._ask.source, known=self._film) as reader:
            mine = Watched(self._models, self._film, self._ask.effort, people=self._ask.cover is not Cover.FACES)
            self._seen = look(reader, mine, self._progress)
        found = lanes(self._covered(mine), self._seen, self._film)
        return Plan(sha256, self._film.upright, self._film.time_base, ()).with_lanes(found)

    def take(self, plan: Plan) -> None:
        if (plan.size, plan.time_base) != (self._film.upright, self._film.time_base):
            raise Misuse(f"{self._ask.source}: the plan has another size or time base; nothing was written")
        with Reader(self._ask.source, known=self._film) as reader:
            done = telling(self._progress, "read", self._film.frames)
            self._seen = look_at(reader.frames(), Blind(), lambda _: False, done)

    def write(self, plan: Plan, path: Path) -> float:
        # encoding wants as much memory as looking: one after the other
        self._models.rest()
        give_back()
        self._written = write(self._film, plan, path, self._ask, self._progress)
        give_back()
        return self._written.masked

    def check(self, plan: Plan, path: Path) -> list[tuple[Lane, Residual]]:
        ask, seen = self._ask, self._seen
        suspects = check(ask, self._film, path, plan, seen, self._written.spliced, self._models, self._progress)
        return list(zip(lanes(suspects, seen, self._film), map(self._residual, suspects), strict=True))

    def _covered(self, watched: Watched) -> list[Track]:
        cover, rate = self._ask.cover, self._film.rate
        people = tracks(watched.people(self._seen), FOLLOWED.at(rate))
        faces = tracks(self._seen, LOOKED.at(rate))
        return [*map(cover.of_face, faces), *map(cover.of_person, people)]

    def _residual(self, track: Track) -> Residual:
        where = int(track.score.argmax())
        at = float(int(self._seen.pts[track.index[where]]) * self._film.time_base)
        x1, y1, x2, y2 = track.xyxy[where].tolist()
        return Residual(at, (x1, y1, x2, y2), float(track.score[where]))
