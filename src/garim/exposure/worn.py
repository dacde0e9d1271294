"""PEOPLE IN A PICTURE -> WHAT IS SAID OF THEIR MASKS; AND OF A WALK. Nobody is known by it.

Laws: of a face three probabilities and its size stay, and no pixel, no place and no score; they stand beside the box
of a person, and nobody is followed or joined by them; what is not told, or told both ways, is unknown.

A head costs about 2.5 ms of a core (a face is looked for in SHOWN px), a face that is found 0.3 ms more: whose head is
small is not asked, and nobody more often than `watch` asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from garim.core.boxes import Boxes, iou, size_of
from garim.exposure.follow import Trail
from garim.exposure.positions import Mask
from garim.inference.weights import Weight
from garim.media import Frame
from garim.media.part import Part
from garim.vision.detector import SAME_FACE, Detector
from garim.vision.heads import heads
from garim.vision.masks import SIDE, SPAN, Votes

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LEAST_PX = 16.0  # of a head's height in the picture's own px; below, nothing on it can be told
SHOWN = 160  # px that the finder of faces is given ...
AROUND = 2.2  # ... and sizes of a head that they hold: it may be anywhere there who leans or walks
SURE = 0.5  # score from which it is a face


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """What was said of faces: `at` f64[f] s, rising; `xyxy` f32[f,4] px, the box of each one's person, not its own.

    `said` f32[f,4]: probabilities of worn, absent, incorrect, and the face's size in px. Raises `ValueError`.
    """

    at: F64
    xyxy: F32
    said: F32

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.at), 4) or self.said.shape != (len(self.at), 4):
            raise ValueError("signs: a box and four numbers each time")

    @staticmethod
    def none() -> Signs:
        """Nobody was asked about."""
        return Signs(np.empty(0), np.empty((0, 4), np.float32), np.empty((0, 4), np.float32))

    @staticmethod
    def joined(parts: Sequence[Signs]) -> Signs:
        """All of `parts`, in their order, which must be that of time."""
        every = (Signs.none(), *parts)
        return Signs(*(np.concatenate([getattr(part, name) for part in every]) for name in ("at", "xyxy", "said")))

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, which: NDArray[Any] | slice) -> Signs:
        return Signs(self.at[which], self.xyxy[which], self.said[which])


class Asks(Protocol):
    """Says of the people in a picture what it can: `said` on their masks, at `at` seconds."""

    @property
    def models(self) -> tuple[Weight, ...]:
        """Those that answer."""

    def __call__(self, at: float, frame: Frame, people: Boxes, rotation: int, /) -> Signs: ...


class Tells(Protocol):
    """Tells of crops u8[48,48,3] BGR f32[n,3]: how probably a mask is worn, absent, incorrect."""

    def __call__(self, crops: Sequence[NDArray[np.uint8]], /) -> F32: ...


class Worn:
    """Looks for a face on each head that is large enough, and asks about those: `faces` finds, `masks` tells."""

    def __init__(self, faces: Detector, masks: Tells, models: tuple[Weight, ...]) -> None:
        self._faces, self._masks, self._models = faces, masks, models

    @property
    def models(self) -> tuple[Weight, ...]:
        """Those that answer."""
        return self._models

    def __call__(self, at: float, frame: Frame, people: Boxes, rotation: int) -> Signs:
        """What is said of `people` (px, upright) in `frame`, which is shown turned by `rotation`."""
        high = heads(people).xyxy
        large = np.flatnonzero(high[:, 3] - high[:, 1] >= LEAST_PX)
        found = [self._face(frame, head, rotation) for head in high[large]]
        which = _whose(found, _upright(frame, rotation))
        if not len(which):
            return Signs.none()
        faces = np.concatenate([found[number].xyxy for number in which])
        crops = [Part.around(frame, face, SPAN, SIDE, rotation).image.bgr for face in faces]
        sizes = np.array([[size_of(face)] for face in faces], np.float32)
        said = np.concatenate([self._masks(crops), sizes], axis=1, dtype=np.float32)
        return Signs(np.full(len(which), at), people.xyxy[large[which]], said)

    def _face(self, frame: Frame, head: F32, rotation: int) -> Boxes:
        """The best face whose middle is within `head` f32[4], in px of the picture; or none."""
        part = Part.around(frame, head, AROUND, SHOWN, rotation)
        found = part.placed(self._faces(part.image, SURE))
        middle = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        inside = found[np.asarray(((middle >= head[:2]) & (middle <= head[2:])).all(axis=1))]
        return inside[np.argsort(-inside.score, kind="stable")[:1]]


def _upright(frame: Frame, rotation: int) -> tuple[int, int]:
    size = frame.coded.width, frame.coded.height
    return size if rotation % 180 == 0 else size[::-1]


def _whose(found: Sequence[Boxes], size: tuple[int, int]) -> NDArray[np.int64]:
    """Which of `found`, a face or none each, are of one person alone and shown with all that is around them."""
    which = np.flatnonzero([len(face) for face in found])
    xyxy = Boxes.joined(found).xyxy
    # one face in two heads that overlap may be either one's
    alone = (iou(xyxy, xyxy) > SAME_FACE).sum(axis=1) <= 1
    # at the picture's edge a part begins elsewhere than the crops from which the model learned
    half = np.array([[SPAN / 2 * size_of(face)] for face in xyxy]).reshape(-1, 1)
    middle = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    whole = ((middle >= half) & (middle + half <= np.array(size))).all(axis=1)
    return np.asarray(which[alone & whole])


def of(trail: Trail, signs: Signs) -> F32:
    """What was said of the boxes that `trail` is made of: f32[f,4]."""
    near = signs[slice(*np.searchsorted(signs.at, [trail.at[0], np.nextafter(trail.at[-1], np.inf)]).tolist())]
    row = np.searchsorted(trail.at, near.at)
    mine = (trail.at[row] == near.at) & (trail.xyxy[row] == near.xyxy).all(axis=1)
    return np.asarray(near.said[mine])


def state(said: F32) -> Mask:
    """What all of `said` f32[f,4] come to: of several faces the large ones count for more."""
    votes = Votes()
    for row in said:
        votes.add(row[:3], float(row[3]))
    return Mask[votes.said.state.name] if len(said) else Mask.UNKNOWN
