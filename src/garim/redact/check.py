"""The check: the written film is opened again and looked at with more suspicion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, covered
from garim.core.errors import Unfinished
from garim.core.plan import Plan
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.media import Film, Frame, Reader
from garim.media.groups import Group
from garim.media.splice import Spliced, changed
from garim.redact.cover import Cover
from garim.redact.drawn import believed
from garim.redact.eyes import PAINS, Eyes, Placed, Plain
from garim.redact.look import look_at, telling
from garim.redact.models import Models
from garim.redact.pace import steps
from garim.redact.people import Watched
from garim.redact.result import Ask, Check, Progress
from garim.vision.detector import twice
from garim.vision.tracker import Linking

F32 = NDArray[np.float32]

HIDDEN = 0.5  # a box of which this share is destroyed shows no face
SUSPECTED = Linking(strong=0.5, weak=0.3, patience=0.4, doubt=0.4)


def check(
    ask: Ask,
    film: Film,
    path: Path,
    plan: Plan,
    before: Sightings,
    spliced: Spliced | None,
    models: Models,
    progress: Progress,
) -> list[Track]:
    """What still looks like a face in the film at `path`, written from `ask.source`, which `before` saw; of it, what
    is to be covered. People count where all of them is hidden: where heads are, a body says nothing of its head.

    What was copied is compared bit for bit; it is looked at again only where the look saw anything at all, or
    where more than faces are to be covered.
    Raises `Unfinished` where its frames are not those of its source.
    """
    rate = film.rate
    wanted = _wanted(ask.check, plan, before.pts, steps(rate, PAINS[ask.effort].longest))

    def hidden(index: int, boxes: Boxes) -> F32:
        """The share of each box that the plan destroys, or keeps visible on purpose: f32[n]."""
        pts = int(before.pts[index])
        return covered(boxes.xyxy, np.concatenate([plan.at(pts), plan.kept(pts)]))

    def showing(index: int, boxes: Boxes) -> Boxes:
        return boxes[hidden(index, boxes) < HIDDEN]

    watched = Watched(models, film, ask.effort, people=ask.cover is Cover.PEOPLE, counts=showing, wanted=wanted)
    done = telling(progress, "check", film.frames)
    if spliced is None:
        seen = _looked_through(path, plan, before, watched, wanted, done)
    else:
        also = partial(_doubtful, before) if ask.cover is Cover.FACES else lambda _: True
        seen = look_at(changed(film, path, spliced, also), watched, wanted, done)
        done(len(before.pts))
    suspects: list[Track] = []
    # a fancy of one family is told from a face by what either sees in the source
    families = tuple(family for family in (models.first, models.second) if family is not None)
    faces = partial(Placed, families, rotation=film.rotation)
    people = partial(_persons, models, film)
    for asked, found in ((faces, seen), (people, watched.people(seen))):
        suspects += believed(film, _each(before, found, showing), SUSPECTED.at(rate), hidden, asked, done)
    return [ask.cover.of_face(track) for track in suspects]


def _looked_through(
    path: Path,
    plan: Plan,
    before: Sightings,
    eyes: Eyes,
    wanted: Callable[[Frame], bool],
    done: Callable[[int], None],
) -> Sightings:
    with Reader(path) as reader:
        seen = look_at(reader.frames(), eyes, wanted, done)
        same = moments(seen.pts, reader.film.time_base) == moments(before.pts, plan.time_base)
    if not same:
        raise Unfinished("the written film has not the times of its source; nothing was published. Please report it")
    return seen


def moments(pts: NDArray[np.int64], time_base: Fraction) -> list[Fraction]:
    """Ticks as seconds, exact."""
    return [tick * time_base for tick in pts.tolist()]


def _persons(models: Models, film: Film, _: Mapping[int, F32]) -> Eyes:
    """People are as large as the picture: all of it is asked about."""
    assert models.people is not None
    return Plain(partial(twice, models.people), film.rotation)


def _doubtful(before: Sightings, group: Group) -> bool:
    """Whether the look saw anything in a group of pictures, however weak; or did not look there at all."""
    first, end = np.searchsorted(before.index, (group.first, group.first + group.count))
    return bool(first == end) or any(len(boxes) for boxes in before.boxes[first:end])


def _each(before: Sightings, seen: Sightings, kept: Callable[[int, Boxes], Boxes]) -> Sightings:
    boxes = tuple(kept(index, boxes) for index, boxes in zip(seen.index.tolist(), seen.boxes, strict=True))
    return Sightings(before.pts, before.change, seen.index, boxes)


def _wanted(mode: Check, plan: Plan, pts: NDArray[np.int64], apart: int) -> Callable[[Frame], bool]:
    if mode is Check.ALL:
        # half a step beside the frames that the look begins with: what fell between its looks lies here
        return lambda frame: frame.index % apart == apart // 2
    # just before a region is there, and just after
    starts = np.searchsorted(pts, np.array([lane.pts[0] for lane in plan.lanes], np.int64)) - 1
    ends = np.searchsorted(pts, np.array([lane.pts[-1] for lane in plan.lanes], np.int64)) + 1
    beside = {*starts.tolist(), *ends.tolist()}
    return lambda frame: frame.coded.key_frame or frame.index in beside
