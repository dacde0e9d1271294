"""MANY LOOKS AT ONE PICTURE, AND WHAT THEY AGREE ON: a still has no neighbours in time that could confirm a face.

Two families of detector, each straight and in the mirror, say where faces may be: each of these four voices looks in
several sizes and, where the picture is dark, in a better light. What they say of one place is added up, the best
of each voice: so that a face is found that no voice is sure of, and what one alone fancies is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou
from garim.core.image import Image
from garim.pictures import Still
from garim.pictures.still import MOST_ENLARGED
from garim.redact.effort import Effort
from garim.vision.detector import Detector, mirrored
from garim.vision.light import dark, evened
from garim.vision.tiles import OVERLAP, tiled

F32 = NDArray[np.float32]

FLOOR = 0.05  # a score under this says nothing, however many voices agree
SAME_PLACE = 0.35  # IoU from which boxes are of one thing
TELLING = 0.3  # of the best box in a place, the score from which others say how far it reaches
SMALL, LARGE = 0.05, 0.6  # of the picture's long side
A_FACE = 0.5  # the score of what adds up to just as much as a face must
LARGER = 1.25  # times the size of the look before: less shows nothing new
MOST = OVERLAP  # px that something has in a look but the first: what is larger shows in the one before, and better
EACH = 0.25  # by this part of it the sum must be higher for each look but the first: who looks often errs often

Voice = list[Boxes]
"""What one family says, straight or mirrored: a look each size."""


@dataclass(frozen=True, slots=True)
class Pains:
    """What an effort takes: looks of these long `sides` in px, the first enlarged up to twice where a picture is small,
    the others so where `enlarged`; and the sums of voices from which something SMALL, something LARGE is a face where
    one look is enough.
    """

    sides: tuple[int, ...]
    enlarged: float
    least: tuple[float, float]


PAINS = {
    Effort.FAST: Pains((640, 1280), 1, (0.15, 0.30)),
    Effort.NORMAL: Pains((640, 1280, 2560), 1, (0.27, 0.54)),
    Effort.THOROUGH: Pains((640, 960, 1280, 1920, 2560, 3840), MOST_ENLARGED, (0.20, 0.40)),
}


class Voices:
    """All who are asked about a picture: `voices(still)` gives what each says, `agreed(still)` what they say together.

    `second` is wanted by every effort but fast.
    """

    def __init__(self, first: Detector, second: Detector | None, effort: Effort) -> None:
        families = [first] if second is None else [first, second]
        self._asked: list[Detector] = [ask for one in families for ask in (one, partial(mirrored, one))]
        self._pains = PAINS[effort]

    def __call__(self, still: Still) -> list[Voice]:
        voices: list[Voice] = [[] for _ in self._asked]
        for number, side in enumerate(sides(max(still.size), self._pains)):
            for image in _lights(still.image(side)):
                for voice, ask in zip(voices, self._asked, strict=True):
                    found = tiled(ask, image, FLOOR)
                    voice.append(_small(found, MOST / image.scale) if number else found)
        return voices

    def agreed(self, still: Still) -> Boxes:
        """Faces, and what may be some, with a score: `A_FACE` and more for a face, 1 at most."""
        more = 1 + EACH * (len(sides(max(still.size), self._pains)) - 1)
        small, large = self._pains.least
        return agreed(self(still), max(still.size), (more * small, more * large))


def _lights(image: Image) -> Iterator[Image]:
    yield image
    if dark(image):
        yield evened(image)


def _small(boxes: Boxes, most: float) -> Boxes:
    return boxes[(boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]).max(axis=1) <= most]


def sides(long_side: int, pains: Pains) -> list[int]:
    """The long sides, in px, of the looks at a picture of `long_side` px."""
    first = round(min(pains.sides[0], MOST_ENLARGED * long_side))
    every = [first, *(round(min(side, pains.enlarged * long_side)) for side in pains.sides[1:])]
    return [first, *(side for before, side in pairwise(every) if side >= LARGER * before)]


def agreed(voices: Sequence[Voice], long_side: int, least: tuple[float, float]) -> Boxes:
    """What the `voices` say together: hulls of what is in one place, scored by the sum of each voice's best.

    It is `A_FACE` where that sum is least[0] and it is SMALL in a picture of `long_side` px, least[1] and it is LARGE,
    log-linear between: small faces are seen by few, and a large mistake hides much of the picture.
    """
    boxes = Boxes.joined([look for voice in voices for look in voice])
    whose = np.repeat(np.arange(len(voices)), [sum(map(len, voice)) for voice in voices])
    free = np.ones(len(boxes), bool)
    hulls, scores = [], []
    for best in np.argsort(-boxes.score, kind="stable"):
        if not free[best]:
            continue
        members = np.flatnonzero(free & (iou(boxes.xyxy[[best]], boxes.xyxy)[0] >= SAME_PLACE))
        members = members if len(members) else np.array([best])  # a box of no area is not even near itself
        free[members] = False
        hulls.append(_hull(boxes[members]))
        total = sum(boxes.score[members[whose[members] == one]].max(initial=0) for one in range(len(voices)))
        scores.append(min(1.0, A_FACE * float(total) / _least(hulls[-1], long_side, least)))
    return Boxes(np.array(hulls, np.float32).reshape(-1, 4), np.array(scores, np.float32))


def _hull(boxes: Boxes) -> F32:
    """Of those `boxes` that say enough: a weak one far off would black out what is no face."""
    xyxy = boxes.xyxy[boxes.score >= TELLING * boxes.score.max()]
    return np.concatenate([xyxy[:, :2].min(axis=0), xyxy[:, 2:].max(axis=0)])


def _least(box: F32, long_side: int, least: tuple[float, float]) -> float:
    size = max(box[2] - box[0], box[3] - box[1]) / long_side
    return float(np.exp(np.interp(np.log(max(size, 1e-6)), np.log([SMALL, LARGE]), np.log(least))))
