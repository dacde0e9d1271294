"""What looks at frames: the models of an effort, and how they are asked, one film at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, best, grown, iou
from garim.core.image import Image
from garim.media import Film, Frame
from garim.media.part import Part
from garim.redact.again import ASKED_FROM, SURE, Again
from garim.redact.effort import Effort
from garim.redact.models import Models
from garim.redact.pace import Pace, steps
from garim.redact.wide import Wide
from garim.vision.closer import SHOWN, SPAN, Closer
from garim.vision.detector import SAME_FACE, Detector, mirrored, twice
from garim.vision.light import dark, lit

F32 = NDArray[np.float32]

LONG_SIDE = 960  # px; below, small faces are lost; above, the cost grows faster than what is found
FLOOR = 0.2  # scores under this say nothing where nobody asks again
NEAR = 0.5  # sizes by which a face may have moved from one look to the next, and is not missed
QUIET = 10  # looks: a second
IN_PLACE = 0.3  # IoU from which a box in the written film and one in its source are of one thing


Counts = Callable[[int, Boxes], Boxes]
"""Those boxes of a frame, by its number, that are to be followed and asked about."""

Wanted = Callable[[Frame], bool]
"""Whether a frame is to be seen."""


class Eyes(Protocol):
    """Looks at frames in order; a `cut` may be just before one.

    `looks` is what each look has found so far: a later one may add to an earlier.
    """

    @property
    def looks(self) -> Sequence[Boxes]:
        """Boxes in px of the upright picture, a look each."""
        ...

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes: ...

    def foresee(self, frame: Frame, later: Iterable[Frame], *, cut: bool) -> None:
        """Begin to look at `frame`, which is next, and at what of `later` will be due, if all goes on as it is."""
        ...


class Pacing(Eyes, Protocol):
    """Eyes that say themselves which frames of a film they want to see."""

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether frame `index` is to be looked at; a `cut` may be just before it."""
        ...


@dataclass(frozen=True, slots=True)
class Pains:
    """What an effort takes: looks at least each `longest` seconds, in `long_side` px; wider ones each `wide`."""

    long_side: int
    longest: Fraction
    wide: Fraction
    every: bool  # each look in the mirror too, and each wider look by all models


PAINS = {
    Effort.FAST: Pains(LONG_SIDE, Fraction(1, 10), Fraction(0), False),
    Effort.NORMAL: Pains(LONG_SIDE, Fraction(1, 10), Fraction(1, 2), False),
    Effort.THOROUGH: Pains(1280, Fraction(1, 20), Fraction(1, 10), True),
}


def eyes(
    models: Models,
    film: Film,
    effort: Effort,
    counts: Counts | None = None,
    wanted: Wanted | None = None,
    *,
    rests: bool = True,
) -> Pacing:
    """Eyes for one pass through `film`, that pace themselves.

    Or, with `counts`, for a second pass, where somebody else says which frames are `wanted`: each look is a whole
    one, and no trouble is taken about boxes that do not count. An effort but fast wants the second family. Eyes that
    must not `rest` look as often where nobody has a face as elsewhere: others look for people on the same frames.
    """
    pains = PAINS[effort]
    most = 1 if counts else steps(film.rate, pains.longest)
    ask = partial(twice, models.first) if pains.every else Turns(models.first)
    if effort is Effort.FAST:
        return Paced(Plain(ask, film.rotation, pains.long_side), Pace(most))
    assert models.second is not None
    apart = max(1, int(film.rate * pains.wide)) if not counts or pains.every else None
    wide = Wide(models, film, pains.long_side, apart, together=pains.every)
    again = Again(Closer(models.first, models.second), film.upright, film.rotation)
    return Doubting(ask, wide, again, film.rotation, most, counts or _all, wanted, rests=rests)


class Turns:
    """A detector that looks straight and in the mirror by turns: for the price of one, what either would find.

    Both are asked where a face that was sure a look ago is not seen again: a track must not end on one bad angle; and
    where the picture is dark or flat, which has a better light in the mirror.
    """

    def __init__(self, detector: Detector) -> None:
        self._asked: tuple[Detector, Detector] = (detector, lambda image, floor: mirrored(detector, lit(image), floor))
        self._sure = Boxes.none()

    def __call__(self, image: Image, floor: float) -> Boxes:
        now, other = self._asked
        self._asked = other, now
        found = now(image, floor)
        if self._lost(found) or dark(image):
            found = best(Boxes.joined([found, other(image, floor)]), SAME_FACE)
        self._sure = found[found.score >= SURE]
        return found

    def _lost(self, found: Boxes) -> bool:
        """Whether a face that was sure a look ago is not there, nor near."""
        return not (iou(grown(self._sure.xyxy, NEAR), found.xyxy) > 0).any(axis=1).all()


class Unhurried:
    """Eyes that begin to look when a frame is theirs."""

    def foresee(self, frame: Frame, later: Iterable[Frame], *, cut: bool) -> None:
        """Nothing."""


class Plain(Unhurried):
    """One question a look, and its answer as it is."""

    def __init__(self, ask: Detector, rotation: int, long_side: int = LONG_SIDE) -> None:
        self._ask, self._rotation, self._long_side = ask, rotation, long_side
        self.looks: list[Boxes] = []

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        self.looks.append(self._ask(frame.image(self._long_side, self._rotation), FLOOR))
        return self.looks[-1]


class Paced(Unhurried):
    """Eyes whose looks are as close together as the motion of what they see asks for: each a whole one."""

    def __init__(self, eyes: Eyes, pace: Pace) -> None:
        self._eyes, self._pace = eyes, pace

    @property
    def looks(self) -> Sequence[Boxes]:
        """What each look has found."""
        return self._eyes.looks

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether frame `index` is to be looked at."""
        return self._pace.due(index, cut=cut)

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        found = self._eyes(frame, cut=cut)
        self._pace.told(frame.index, found)
        return found


class Placed(Unhurried):
    """Looks only where `places` f32[n,4] of each frame are, enlarged: what any of `asked` sees, straight or mirrored.

    In most places a first answer spares the other questions.
    """

    def __init__(self, asked: Sequence[Detector], places: Mapping[int, F32], rotation: int) -> None:
        straight = [(one, partial(mirrored, one)) for one in asked]
        self._asked: list[Detector] = [question for both in straight for question in both]
        self._places, self._rotation = places, rotation
        self.looks: list[Boxes] = []

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        self.looks.append(Boxes.joined([self._there(frame, xyxy) for xyxy in self._places.get(frame.index, ())]))
        return self.looks[-1]

    def _there(self, frame: Frame, xyxy: F32) -> Boxes:
        part = Part.around(frame, xyxy, SPAN, SHOWN, self._rotation)
        image = lit(part.image)
        for ask in self._asked:
            seen = part.placed(ask(image, FLOOR))
            same = seen[iou(seen.xyxy, xyxy[None])[:, 0] >= IN_PLACE]
            if len(same):
                return same
        return Boxes.none()


class Blind(Unhurried):
    """Sees nothing: for a pass that only reads."""

    looks: Sequence[Boxes] = ()

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        return Boxes.none()


class Doubting:
    """Each look is taken up by `Again`, with what a wider one adds now and then.

    Looks are `most` frames apart; between them only what moves fast is looked for, where it would be. After `QUIET`
    looks on which nobody saw anything at all, however weak, they are twice as far apart until somebody does, if
    they may `rest` at all. While one is taken up, another thread is at the next.
    """

    def __init__(
        self,
        ask: Detector,
        wide: Wide,
        again: Again,
        rotation: int,
        most: int,
        counts: Counts,
        wanted: Wanted | None,
        *,
        rests: bool,
    ) -> None:
        self._ask, self._wide, self._again = ask, wide, again
        self._rotation, self._most, self._counts, self._rests = rotation, most, counts, rests
        self._wanted = wanted
        self._next = self._quiet = 0
        self._hand = ThreadPoolExecutor(1, "garim-look")
        self._begun: dict[int, Future[Boxes]] = {}

    @property
    def looks(self) -> Sequence[Boxes]:
        """What each look knows by now."""
        return self._again.looks

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether frame `index` is to be looked at, wholly or where something fast is."""
        return cut or index >= self._next or self._again.restless(index)

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        if frame.index < self._next and not cut:
            return self._again.between(frame)
        found = self._found(frame)
        candidates = self._wide(frame, found, cut=cut)
        self._quiet = 0 if cut or len(found) or len(candidates) else self._quiet + 1
        self._next = frame.index + (2 * self._most if self._rests and self._quiet >= QUIET else self._most)
        return self._again(frame, self._counts(frame.index, found), self._counts(frame.index, candidates), cut=cut)

    def foresee(self, frame: Frame, later: Iterable[Frame], *, cut: bool) -> None:
        """Begin with `frame`, and with the next of `later`, where that one and its size are sure but for a cut."""
        if frame.index < self._next and not cut:
            return
        self._begin(frame)
        following = self._wanted or (lambda each: each.index == frame.index + self._most)
        if self._quiet < QUIET - 1 and not self._wide.due(frame.index, cut=cut):
            for each in islice(filter(following, later), 1):
                self._begin(each)

    def _begin(self, frame: Frame) -> None:
        if frame.index not in self._begun:
            self._begun[frame.index] = self._hand.submit(self._seen, frame, self._wide.long_side)

    def _seen(self, frame: Frame, long_side: int) -> Boxes:
        return self._ask(frame.image(long_side, self._rotation), ASKED_FROM)

    def _found(self, frame: Frame) -> Boxes:
        self._begin(frame)
        found = self._begun[frame.index].result()
        # what was begun in vain, before a cut, goes too
        self._begun = {index: begun for index, begun in self._begun.items() if index > frame.index}
        return found


def _all(_: int, boxes: Boxes) -> Boxes:
    return boxes
