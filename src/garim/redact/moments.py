"""Pictures of an output, small, from its fullest moments: what somebody who has it would see there anyway."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Unreadable, Unsupported
from garim.core.image import Image
from garim.core.plan import Plan
from garim.media import Film, Reader
from garim.pictures import HEAD, animation, frames, kind_of, moves, pages
from garim.pictures.jpeg import jpeg
from garim.redact.animation import NO_LENGTH, TICK, starts
from garim.redact.timeline import SLACK, densest, live, spans

MOST = 6
THUMBNAIL = 480  # px of the long side: enough to see what is covered, on paper too


class Kind(StrEnum):
    """What an output is."""

    FILM = "film"
    ANIMATION = "animation"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Moment:
    """A picture of the output, and how many regions are destroyed in it.

    `seconds` count from the output's first picture; a still has a `page` instead, from 1.
    """

    seconds: float | None
    page: int | None
    regions: int
    jpeg: bytes


def kind(path: Path) -> Kind:
    """What the output at `path` is, by its first bytes. Raises `Unreadable`."""
    try:
        with path.open("rb") as file:
            picture = kind_of(file.read(HEAD))
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; no report was written") from None
    if picture is None:
        return Kind.FILM
    return Kind.ANIMATION if moves(path) else Kind.STILL


def in_film(path: Path, plan: Plan, start: Fraction, seconds: float) -> Iterator[Moment]:
    """The fullest moments of the film at `path`, which `plan` covers; `start` is its first picture's own time."""
    when = spans(plan, start)
    for wanted in densest(when, seconds, MOST):
        time, image = picture_at(path, start + Fraction(wanted))
        at = float(time - start)
        yield Moment(at, None, int(live(when, np.array([at]))[0]), jpeg(image))


def in_animation(path: Path, plan: Plan, seconds: float) -> Iterator[Moment]:
    """As `in_film`, of an animation."""
    shown = animation(path)
    times = starts([lasts or NO_LENGTH for lasts in shown.durations]).astype(np.float64) * float(TICK)
    when = spans(plan, Fraction(0))
    wanted = np.searchsorted(times, np.array(densest(when, seconds, MOST)) + SLACK, side="right") - 1
    for number, still in enumerate(frames(shown)):
        if number in wanted:
            regions = int(live(when, times[[number]])[0])
            yield Moment(float(times[number]), None, regions, jpeg(still.image(min(THUMBNAIL, max(still.size)))))


def in_still(path: Path, plan: Plan) -> Iterator[Moment]:
    """The fullest pages of the still at `path`; the first where there is nothing to cover."""
    counts = [len(plan.at(number)) for number, _ in enumerate(pages(path))]
    fullest = sorted(range(len(counts)), key=lambda number: -counts[number])[:MOST]
    for number, still in enumerate(pages(path)):
        if number == fullest[0] or (number in fullest and counts[number]):
            yield Moment(None, number + 1, counts[number], jpeg(still.image(min(THUMBNAIL, max(still.size)))))


def picture_at(path: Path, at: Fraction) -> tuple[Fraction, Image]:
    """What the film at `path` shows at the time `at`, in seconds: when that picture began, and itself, small."""
    try:
        found = _read(path, at, enter=True)
    except (Unreadable, Unsupported, OSError, ValueError):
        # some containers cannot be entered in their middle, and one that was holds too few frames at its end
        found = None
    found = found or _read(path, at, enter=False)
    if found is None:
        raise Unreadable(f"{path}: shows no picture at {float(at):.3f} s; no report was written. Please report it")
    return found


def _read(path: Path, at: Fraction, *, enter: bool) -> tuple[Fraction, Image] | None:
    """As `picture_at`, from the middle of the film or from its start; None where no picture so early was met."""
    last = None
    with Reader(path) as reader:
        film = reader.film
        if enter:
            reader.container.seek(math.floor(at / film.time_base) + film.start, stream=reader.video)
        for frame in reader.frames():
            if frame.pts * film.time_base > at + Fraction(SLACK):
                break
            last = frame
        if last is None:
            return None
        image = last.image(min(THUMBNAIL, max(film.size)), film.rotation)
        return last.pts * film.time_base, _as_shown(image, film)


def _as_shown(image: Image, film: Film) -> Image:
    """With square samples: films of old cameras are stored narrower than they are shown."""
    if film.shape in (None, 0, 1):
        return image
    assert film.shape is not None
    wide = image.bgr.swapaxes(0, 1) if film.rotation % 180 else image.bgr
    wide = _stretched(wide, float(film.shape))
    return Image(np.ascontiguousarray(wide.swapaxes(0, 1) if film.rotation % 180 else wide), image.scale)


def _stretched(picture: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    """u8[h,w,3] made wider, linear between its columns."""
    width = picture.shape[1]
    place = np.clip((np.arange(max(1, round(width * by))) + 0.5) / by - 0.5, 0, width - 1)
    left = place.astype(np.intp)
    right = np.minimum(left + 1, width - 1)
    share = (place - left)[None, :, None]
    return np.asarray(np.rint(picture[:, left] * (1 - share) + picture[:, right] * share), np.uint8)
