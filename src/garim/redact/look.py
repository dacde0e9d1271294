"""The look: where faces are, through a whole film, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing

import numpy as np

from garim.core.memory import give_back
from garim.core.sightings import CUT, Sightings, change
from garim.media import Frame, Reader
from garim.media.ahead import Ahead
from garim.redact.eyes import Eyes, Pacing
from garim.redact.result import Progress

GIVEN_BACK = 100  # frames; what several threads free grows else by a megabyte a second of film


def look(reader: Reader, eyes: Pacing, progress: Progress) -> Sightings:
    """What `eyes` see on the frames that they ask for themselves."""
    done = telling(progress, "look", reader.film.frames)
    return _seen(reader.frames(), lambda frame, cut: eyes.due(frame.index, cut=cut), eyes, done)


def look_at(
    frames: Iterable[Frame], eyes: Eyes, wanted: Callable[[Frame], bool], done: Callable[[int], None]
) -> Sightings:
    """What `eyes` see on those of `frames` that are `wanted`; `done` is told how many are through.

    Where frames are left out, what comes after is a scene of its own.
    """
    return _seen(frames, lambda frame, _: wanted(frame), eyes, done)


def telling(progress: Progress, step: str, total: int | None) -> Callable[[int], None]:
    """`progress` of one step: it is told how many frames are done."""
    return lambda done: progress(step, done, total)


def _seen(
    frames: Iterable[Frame],
    due: Callable[[Frame, bool], bool],
    eyes: Eyes,
    done: Callable[[int], None],
) -> Sightings:
    pts: list[int] = []
    changes: list[float] = []
    index: list[int] = []
    last, number, cut = None, -1, False
    # closed before the reader is: a thread that decodes from a closed file ends the process
    with closing(Ahead(frames)) as coming:
        for frame in coming:
            glance = frame.glance()
            moved = change(last, glance) if last is not None else 0.0
            cut = cut or frame.index != number + 1
            last, number = glance, frame.index
            pts.append(frame.pts)
            changes.append(moved)
            cut = cut or moved > CUT
            if due(frame, moved > CUT):
                index.append(frame.index)
                eyes.foresee(frame, coming.later(), cut=cut)
                eyes(frame, cut=cut)
                cut = False
            done(frame.index + 1)
            if frame.index % GIVEN_BACK == 0:
                give_back()
    return Sightings(np.array(pts), np.array(changes, np.float32), np.array(index, np.int64), tuple(eyes.looks))
