"""FILM -> STORE: a camera's minutes watched, and kept by clock hours.

Laws: the same minutes under the same settings change nothing; what was not covered is a value that says from when to
when and why; nothing is stored of a film that is cut, damaged or changes on its way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from garim.core.errors import Misuse, Unsupported
from garim.exposure.due import MOST_DAYS, Due, due
from garim.exposure.ground import Ground, read
from garim.exposure.hours import Hour, hours
from garim.exposure.positions import HZ
from garim.exposure.seal import Covered, ground_named, seconds, without
from garim.exposure.store import Put, Store
from garim.exposure.watch import APART_S, LEAST_HZ, LONG_SIDE, Detect, Span, Watched, watch
from garim.exposure.worn import Asks
from garim.inference.weights import Weight
from garim.media import Frame, Reader
from garim.media.codecs import WATCHED
from garim.vision.weights import YOLOX_NANO

VERSION = 1
"""Of how boxes become rows: one more with each change that gives other rows for the same film."""

AHEAD = timedelta(minutes=1)  # clocks differ

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What rows depend on besides the film. `long_side` px are what the detector is shown."""

    hz: float = LEAST_HZ
    long_side: int = LONG_SIDE

    def __post_init__(self) -> None:
        if not LEAST_HZ <= self.hz <= 60:
            raise Misuse(f"{self.hz:g} pictures a second: 5 to 60; people at fewer are taken for others")
        if not 64 <= self.long_side <= 4096:
            raise Misuse(f"pictures of {self.long_side} px: 64 to 4096")

    def named(self, ground: str, masks: Sequence[Weight] = ()) -> str:
        """A name for these settings over a ground (as text), the same for the same alone.

        `masks` are the models that tell mask states, where there are any.
        """
        of_masks = [file.sha256 for model in masks for file in model.files]
        parts = [VERSION, YOLOX_NANO.files[0].sha256, self.hz, self.long_side, ground, *of_masks]
        return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Missed:
    """A time that nobody watched, from and to by the clock, and why."""

    start: datetime
    end: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one clock hour: how long it was watched, and what was seen in that time.

    `unsure_s` are person-seconds too far from the camera to be placed, which are not among the others. `already_s` of
    what was watched were there and stay as they were; `dropped_s` were there, of a kind that cannot be beside these.
    """

    hour: datetime
    put: Put
    watched_s: float
    tracks: int
    person_s: float
    unsure_s: float
    already_s: float = 0.0
    dropped_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was made of one film, or of a camera's time.

    `things` are places where a "person" never moved, which were left out; `looks` of `pictures` were looked at, the
    rest were still. `cut` says why nothing more was to come from a camera; it is empty where nothing went wrong.
    """

    camera: str
    kept: tuple[Kept, ...]
    missed: tuple[Missed, ...]
    people: int
    things: int
    pictures: int
    looks: int
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for one camera: its id, the text of its ground, and where and how its rows are kept.

    `replace`: minutes that are there are written anew. `worn` tells mask states; without it they are unknown.
    """

    camera: str
    ground: str
    store: Store
    settings: Settings
    replace: bool = False
    worn: Asks | None = None

    @property
    def named(self) -> str:
        """A name for all that the rows depend on besides the film."""
        return self.settings.named(self.ground, self.worn.models if self.worn else ())


def record_film(
    film: Path, start: datetime, ask: Ask, people: Detect, progress: Progress = lambda *_: None
) -> Recorded:
    """Watch `film`, whose first picture is of `start` (UTC), and keep what was seen.

    Raises `Misuse`, `Unsupported`, `Unreadable`, `Unwritable`.
    """
    over = ground_of(ask)
    with Reader(film, WATCHED) as reader:
        made = reader.film
        refuse_other_size(over, made.upright, str(film))
        _refuse_time(film, start, made.seconds or 0, ask)
        arrivals, settings = _timed(reader, progress), ask.settings
        seen = watch(
            arrivals,
            over,
            people,
            rotation=made.rotation,
            hz=settings.hz,
            long_side=settings.long_side,
            worn=ask.worn,
        )
    _refuse_time(film, start, seen.lasted_s, ask)  # what the container claims of its length need not be so
    return _recorded(seen, start, ask)


def _timed(reader: Reader, progress: Progress) -> Iterator[tuple[float, Frame]]:
    """Each frame, and when it is shown in seconds after the first."""
    base, first = reader.film.time_base, None
    for frame in reader.frames():
        first = frame.pts if first is None else first
        progress("watch", frame.index + 1, reader.film.frames)
        yield float((frame.pts - first) * base), frame


def ground_of(ask: Ask) -> Ground:
    """The ground that was given. Raises `Misuse` where it is none, or the camera has another."""
    if not ask.replace and ask.store.ground(ask.camera) not in (None, ask.ground):
        ask.store.put_ground(ask.camera, ask.ground)  # refuses, before hours of work
    return read(ask.ground)


def refuse_other_size(ground: Ground, size: tuple[int, int], source: str) -> None:
    """Raise `Misuse` where `source` shows pictures of another `size` than the ground was measured in."""
    if ground.size != size:
        (wide, high), (w, h) = ground.size, size
        raise Misuse(
            f"{source}: shows {w}x{h} px, and the ground was measured in {wide}x{high}; nothing was written. "
            "Calibrate in pictures of this size"
        )


def _refuse_time(film: Path, start: datetime, seconds: float, ask: Ask) -> None:
    """Raise `Misuse` for a time that the store would not keep, or that has not come."""
    now, end = ask.store.clock(), start + timedelta(seconds=seconds)
    if end > now + AHEAD:
        raise Misuse(f"{film}: would end {end:%Y-%m-%d %H:%M:%S} UTC, which is yet to come; nothing was written")
    if due(start.replace(minute=0, second=0, microsecond=0), now=now, keep_days=MOST_DAYS) is Due.DESTROY:
        raise Misuse(
            f"{film}: began {start:%Y-%m-%d %H:%M:%S} UTC, and nothing is kept longer than {MOST_DAYS} days; "
            "nothing was written"
        )


def _recorded(seen: Watched, start: datetime, ask: Ask) -> Recorded:
    found = hours(seen.walks, seen.spans, start)
    if not found:
        raise Unsupported("no half second of it has pictures less than a second apart; nothing was written")
    put, gaps = kept(found, ask), tuple(missed(seen.spans, start, 0.0, seen.lasted_s))
    return Recorded(ask.camera, put, gaps, len(seen.walks), len(seen.things.xyxy), seen.pictures, seen.looks)


def kept(found: Sequence[Hour], ask: Ask) -> tuple[Kept, ...]:
    """What became of each of the clock hours `found`, once they are in the store."""
    for hour in found:  # all of them first: an hour that is refused leaves none written
        refuse_unfit(hour.hour, hour.covered, ask)
    ask.store.put_ground(ask.camera, ask.ground, replace=ask.replace)
    return tuple(_put(hour, ask) for hour in found)


def refuse_unfit(hour: datetime, covered: Covered, ask: Ask) -> None:
    """Raise `Misuse` where these ticks of `hour` could not be kept beside what is there."""
    ask.store.foreseen(
        ask.camera,
        hour,
        ask.named,
        covered,
        ground=ground_named(ask.ground),
        replace=ask.replace,
    )


def _put(hour: Hour, ask: Ask) -> Kept:
    what = ask.store.put(
        ask.camera,
        hour.hour,
        ask.named,
        hour.positions,
        hour.covered,
        ground=ground_named(ask.ground),
        replace=ask.replace,
    )
    watched = seconds(hour.covered)
    tracks = len(np.unique(hour.positions.track))
    return Kept(
        hour.hour,
        what.put,
        watched,
        tracks,
        len(hour.positions) / HZ,
        hour.unsure / HZ,
        already_s=seconds(without(hour.covered, what.taken)),
        dropped_s=seconds(what.dropped),
    )


def missed(spans: Sequence[Span], start: datetime, known_from: float, known_to: float) -> Iterator[Missed]:
    """The times between (and around) `spans` in which nobody watched; all in seconds since `start`."""
    begins, ends = [*(span[0] for span in spans), known_to], [known_from, *(span[1] for span in spans)]
    for gone, back in zip(ends, begins, strict=True):
        if back - gone > APART_S:
            why = f"no two pictures within a second in {back - gone:.1f} s"
            yield Missed(start + timedelta(seconds=gone), start + timedelta(seconds=back), why)
