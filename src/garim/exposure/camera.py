"""CAMERA -> STORE: a camera watched as it comes, each clock hour kept when it is over.

Laws: an hour is put as soon as whoever was hidden at its end can be back, and its memory is let go of; the next one is
begun as long before; whatever ends the watching (its time, its user, pictures of another size), what was seen until
then is put, and what ended it is a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from garim.core.errors import Unreadable, Unsupported
from garim.exposure.ground import Ground
from garim.exposure.hours import hours
from garim.exposure.positions import HZ
from garim.exposure.recording import (
    Ask,
    Missed,
    Progress,
    Recorded,
    ground_of,
    kept,
    missed,
    refuse_other_size,
    refuse_unfit,
)
from garim.exposure.stitch import LONGEST_S
from garim.exposure.watch import Detect, Glimpse, Tape, glimpses, paced, stretches, watched
from garim.media import Frame
from garim.media.live import arrivals, shown_as

SETTLED_S = 10.0  # first pictures wait for one another; the one that came soonest tells when all were
BRIDGE_S = LONGEST_S
HOUR = timedelta(hours=1)


def record_camera(
    url: str,
    seconds: float | None,
    ask: Ask,
    people: Detect,
    *,
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = lambda *_: None,
) -> Iterator[Recorded]:
    """Watch the camera at `url` for `seconds` from now, or until `stopped`: each clock hour, once it is kept.

    Where the camera was away is `missed`; where its pictures changed size, the last one says so as its `cut`.
    Raises `Misuse`, `Unsupported`, `Unreadable`, `Unwritable`; hours that were given before are kept.
    """
    over, now = ground_of(ask), ask.store.clock()
    # an hour that is there under other settings is refused before it is watched
    tick = int((now - _hour_of(now)).total_seconds() * HZ)
    refuse_unfit(_hour_of(now), ((tick, tick + 1),), ask)
    shown = _Shown(url, seconds, over, ask.store.clock, stopped, progress)
    tail, any_kept = Tape(), False
    while True:
        part, tail = _part(shown, tail, over, ask, people)
        any_kept |= bool(part.kept)
        if shown.ended and not any_kept:
            why = "no half second of it has pictures less than a second apart"
            raise Unsupported(f"{shown_as(url)}: {why}; nothing was written")
        yield part
        if shown.ended:
            return


def joined(parts: Iterable[Recorded]) -> Recorded:
    """One of all `parts` of one camera; there must be one."""
    first, *others = parts
    for part in others:
        first = Recorded(
            first.camera,
            first.kept + part.kept,
            first.missed + part.missed,
            first.people + part.people,
            max(first.things, part.things),  # the same ones, hour by hour
            first.pictures + part.pictures,
            first.looks + part.looks,
            part.cut,
        )
    return first


class _Shown:
    """What a camera shows, hour by hour; times in seconds since its first picture, and by the clock from `start` on."""

    def __init__(
        self,
        url: str,
        seconds: float | None,
        over: Ground,
        clock: Callable[[], datetime],
        stopped: Callable[[], bool],
        progress: Progress,
    ) -> None:
        self._url, self._seconds, self._over, self._clock = url, seconds, over, clock
        self._stopped, self._progress = stopped, progress
        self._coming = arrivals(url, seconds, stopped)
        self._start: datetime | None = None
        self.at = 0.0
        self.low: datetime | None = None
        self.ended = False
        self.cut = ""

    @property
    def start(self) -> datetime:
        """When the first picture was. Raises `Unreadable` where there was none."""
        if self._start is None:
            raise Unreadable(f"{shown_as(self._url)}: was stopped before its first picture; nothing was written")
        return self._start

    @property
    def high(self) -> datetime:
        """Until when there are clock hours of which nothing more can come."""
        return _hour_of(self.start + timedelta(seconds=self.at - BRIDGE_S))

    def pictures(self) -> Iterator[tuple[float, Frame]]:
        """Those until the clock hour is over, and whoever was hidden at its end can be back."""
        low = self.low
        try:
            for at, frame in self._coming:
                self.at = at
                if frame is not None:
                    self._settle(at, frame)
                    yield at, frame
                if self._start and at >= SETTLED_S and self.high > (low or _hour_of(self._start)):
                    return
        except Unsupported as changed:
            self.cut = f"{changed}; what was seen until then is kept"
        self.ended = True
        if self._seconds is not None and not self.cut and not self._stopped():
            self.at = self._seconds

    def _settle(self, at: float, frame: Frame) -> None:
        if self._start is None:
            refuse_other_size(self._over, (frame.coded.width, frame.coded.height), shown_as(self._url))
        if at < SETTLED_S:
            start = self._clock() - timedelta(seconds=at)
            self._start = min(start, self._start or start)
        self._progress("watch", int(at), None if self._seconds is None else int(self._seconds))

    def left(self) -> Iterator[Missed]:
        """What was asked for and is not to come."""
        if self.ended and self._seconds is not None and self.at < self._seconds:
            start, end = (self.start + timedelta(seconds=each) for each in (self.at, self._seconds))
            yield Missed(start, end, "its pictures changed size" if self.cut else "it was stopped")


def _part(shown: _Shown, tail: Tape, over: Ground, ask: Ask, people: Detect) -> tuple[Recorded, Tape]:
    """The next clock hour, kept, and what of it the one after it begins with."""
    settings, low = ask.settings, shown.low
    seen = glimpses(paced(shown.pictures(), 1 / settings.hz), people, 0, settings.long_side, ask.worn)
    runs = list(stretches(chain(tail, seen)))
    start = shown.start
    end = start + timedelta(seconds=shown.at)
    high = end if shown.ended else shown.high
    found = watched(runs, over)
    of_it = [
        hour
        for hour in hours(found.walks, found.spans, start)
        if (low is None or hour.hour >= low) and (shown.ended or hour.hour < high)
    ]
    known_from = 0.0 if low is None else (low - start).total_seconds() - BRIDGE_S
    gaps = _within(missed(found.spans, start, known_from, shown.at), low or start, high)
    put = kept(of_it, ask) if of_it else ()
    done = Recorded(
        ask.camera,
        put,
        (*gaps, *shown.left()),
        sum(hour.tracks for hour in put),
        len(found.things.xyxy),
        found.pictures,
        found.looks,
        shown.cut,
    )
    shown.low = high
    return done, _since((high - start).total_seconds() - BRIDGE_S, runs)


def _within(gaps: Iterable[Missed], low: datetime, high: datetime) -> Iterator[Missed]:
    for gap in gaps:
        inside = replace(gap, start=max(gap.start, low), end=min(gap.end, high))
        if inside.start < inside.end:
            yield inside


def _since(at: float, runs: Iterable[Iterable[Glimpse]]) -> Tape:
    """The glimpses from `at` on, with nothing that keeps the others."""
    tape = Tape()
    for run in runs:
        for seen in run:
            if seen.at >= at:
                tape.add(seen)
    return tape


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
