"""People, looked for wherever faces are: who turns away has no face to be found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from garim.core.boxes import Boxes, best
from garim.core.sightings import Sightings
from garim.media import Film, Frame
from garim.pictures import Still
from garim.redact.effort import Effort
from garim.redact.eyes import Counts, Turns, Wanted, eyes
from garim.redact.models import Models
from garim.vision.detector import Detector, twice
from garim.vision.light import dark, evened
from garim.vision.people import SAME_PERSON
from garim.vision.tiles import tiled
from garim.vision.tracker import Linking

LONG_SIDE = {Effort.FAST: 640, Effort.NORMAL: 640, Effort.THOROUGH: 1280}  # px; the model was shown 416
FLOOR = 0.2  # scores under this say nothing
FIRST = 640  # px of the long side of a still, to which a small one is enlarged
STILL_SIDES = {Effort.FAST: (FIRST,), Effort.NORMAL: (FIRST, 1280), Effort.THOROUGH: (FIRST, 1280, 2560)}
A_PERSON, SUSPECTED = 0.35, 0.3  # scores on a still, in the look and in the check
FOLLOWED = Linking(strong=0.5, weak=0.35, patience=2.5, doubt=0.4)


class Watched:
    """The eyes of an effort, whose every look finds people, too, where these are wanted: see `people`."""

    def __init__(
        self,
        models: Models,
        film: Film,
        effort: Effort,
        *,
        people: bool,
        counts: Counts | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        self._eyes = eyes(models, film, effort, counts, wanted, rests=not people)  # who turns away has no face
        self._rotation, self._long_side = film.rotation, LONG_SIDE[effort]
        self._ask = _asking(models, effort) if people else None
        self._people: list[Boxes] = []

    @property
    def looks(self) -> Sequence[Boxes]:
        """Faces, as the eyes have found them."""
        return self._eyes.looks

    def due(self, index: int, *, cut: bool) -> bool:
        """Whether the eyes want to see frame `index`."""
        return self._eyes.due(index, cut=cut)

    def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
        there = Boxes.none()
        if self._ask is not None:
            there = self._ask(frame.image(self._long_side, self._rotation), FLOOR)
        self._people.append(there)
        return self._eyes(frame, cut=cut)

    def foresee(self, frame: Frame, later: Iterable[Frame], *, cut: bool) -> None:
        """Begin as the eyes do; people are looked for when it is their turn."""
        self._eyes.foresee(frame, later, cut=cut)

    def people(self, seen: Sightings) -> Sightings:
        """The people on each of the looks of which `seen` has the faces."""
        return replace(seen, boxes=tuple(self._people))


def on_still(models: Models, still: Still, effort: Effort) -> Boxes:
    """People on a picture that no other confirms: asked straight and in the mirror, in every size."""
    assert models.people is not None
    ask = partial(twice, models.people)
    images = [still.image(side) for side in STILL_SIDES[effort] if side == FIRST or side <= max(still.size)]
    every = images + [evened(image) for image in images if dark(image)]
    return best(Boxes.joined([tiled(ask, image, FLOOR) for image in every]), SAME_PERSON)


def _asking(models: Models, effort: Effort) -> Detector:
    assert models.people is not None
    return partial(twice, models.people) if effort is Effort.THOROUGH else Turns(models.people)
