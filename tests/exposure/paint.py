"""PAINTED FACES FOR TESTS: a street whose people have faces of one colour a mask state, and who reads it off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.exposure.street import Sees, Walkers, boxes, clock, ground
from tests.films import film

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.ground import Ground
from garim.exposure.positions import Mask
from garim.vision.heads import heads
from garim.vision.masks import SIDE

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

SIZE = (640, 480)
RATE = 10
NEAR = ground(SIZE, focal_px=1500)  # heads of 40 px
FAR = ground(SIZE, focal_px=450)  # ... and of 12
PAINT = {Mask.WORN: (230, 30, 30), Mask.ABSENT: (30, 210, 30), Mask.INCORRECT: (40, 40, 240)}  # RGB
THREE = Walkers([(-1.4, 11), (0, 11.2), (1.4, 11)], [(0.05, 0), (0.05, 0), (0.05, 0)])
STATES = (Mask.WORN, Mask.ABSENT, Mask.INCORRECT)


def painted(
    path: Path, walkers: Walkers, faces: Sequence[Sequence[Mask]], *words: str, seconds: int = 6, over: Ground = NEAR
) -> Path:
    """A film of `walkers`, each with a face in the paint of its states, one second each, again and again."""
    pictures = []
    for number in range(seconds * RATE):
        picture = clock(number, SIZE)
        for head, states in zip(heads(boxes(walkers.feet(number / RATE), over)).xyxy, faces, strict=True):
            x1, y1, x2, y2 = np.rint(face_of(head)).astype(int)
            picture[y1:y2, x1:x2] = PAINT[states[number // RATE % len(states)]]
        pictures.append(picture)
    return film(path, pictures, "-crf", "12", *words, rate=RATE)


def face_of(head: F32) -> F32:
    """The middle of a head f32[4]."""
    middle, half = (head[:2] + head[2:]) / 2, 0.3 * (head[2:] - head[:2])
    return np.concatenate([middle - half, middle + half])


def colour(bgr: U8) -> NDArray[np.int64]:
    """Which paint each pixel is of, by number; -1 where it is of none."""
    wide = bgr.astype(int)
    vivid = wide.max(axis=2) - wide.min(axis=2) > 100
    return np.where(vivid, 2 - wide.argmax(axis=2), -1)


class Finds:
    """Finds paint; `asked` are the pictures that it was shown."""

    def __init__(self, score: float = 0.9) -> None:
        self._score = score
        self.asked: list[Image] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        self.asked.append(image)
        rows, kinds = [], colour(image.bgr)
        for kind in range(3):
            y, x = np.nonzero(kinds == kind)
            if len(x) > 4:
                rows.append([x.min(), y.min(), x.max() + 1, y.max() + 1])
        xyxy = np.array(rows, np.float32).reshape(-1, 4) / np.float32(image.scale)
        found = Boxes(xyxy, np.full(len(rows), self._score, np.float32))
        return found[found.score >= floor]


class Tells:
    """Tells a state by the paint in the middle of a crop, as surely as `sure`; `crops` are those that it was shown."""

    def __init__(self, sure: float = 0.9) -> None:
        self._sure = sure
        self.crops: list[U8] = []

    def __call__(self, crops: Sequence[U8]) -> F32:
        self.crops += crops
        kinds = [int(colour(crop)[SIDE // 2, SIDE // 2]) for crop in crops]
        rest = (1 - self._sure) / 2
        return np.array([[self._sure if one == kind else rest for one in range(3)] for kind in kinds], np.float32)


def people(walkers: Walkers, over: Ground = NEAR) -> Sees:
    """Finds `walkers` by the strip below, where nobody's face is painted."""

    class Below(Sees):
        def __call__(self, image: Image, floor: float) -> Boxes:
            return super().__call__(Image(image.bgr[-8:], image.scale), floor)

    return Below(walkers, over, RATE)
