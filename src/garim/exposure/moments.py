"""Moments of a film, for looking at its ground: pictures far enough apart that people have moved, and who is in them.

The film is only read, from its start and for minutes at most; what is seen lives until the caller lets go of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.empty import FLOOR, Look
from garim.media import Film, Reader
from garim.media.codecs import WATCHED

MOST = 40
LONGEST = Fraction(180)  # seconds that are looked at
LONG_SIDE = 960  # px: smaller people are too small to be measured
UNSAID = Fraction(2)  # seconds between moments of a film that does not say how long it is

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """`images` of one view, alike in size, and the `people` in each: boxes in px of the film, from `FLOOR` on."""

    images: tuple[Image, ...]
    people: tuple[Boxes, ...]


def moments(path: Path, people: Look, progress: Progress) -> Moments:
    """At most `MOST` moments of the film at `path`, evenly through its first minutes. Raises `Unreadable`."""
    images: list[Image] = []
    found: list[Boxes] = []
    with Reader(path, WATCHED) as reader:
        film, step = reader.film, _step(reader.film)
        for frame in reader.frames():
            at = frame.pts * film.time_base
            if at > LONGEST or len(images) == MOST:
                break
            if at >= len(images) * step:
                images.append(frame.image(min(LONG_SIDE, max(film.size)), film.rotation))
                found.append(people(images[-1], FLOOR))
            progress("look", len(images), MOST)
    return Moments(tuple(images), tuple(found))


def _step(film: Film) -> Fraction:
    if film.seconds is None:
        return UNSAID
    return min(Fraction(film.seconds), LONGEST) / MOST
