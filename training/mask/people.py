"""VOLUNTEERS' PHOTOS -> HEADS TO DRESS: cut out, small, with where eyes, nose, mouth and chin are.

The London set (102 people, two photos each, CC BY 4.0), and two people of the CC0 sets, whose photos have a room behind
them. What these people agreed to stands in the model card.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks._leaks_people import LONDON, cutout, volunteers
from numpy.typing import NDArray
from PIL import Image

from garim.core import image as core
from garim.vision.faces import Faces

F32 = NDArray[np.float32]

DATA = LONDON.parent
FACE = 64.0  # px: sqrt(w h) of each head's face
CANVAS = 176  # px
ROOMS = {"lisa": ("lisa1", "lisa2", "lisa4"), "zoom": ("30cm", "45cm", "60cm")}


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """`rgba` f32[CANVAS,CANVAS,4], colours 0..255, matte 0..1; `points` f32[5,2] and the face's `box` f32[4] in it."""

    who: str
    rgba: F32
    points: F32
    box: F32


@dataclass(frozen=True, slots=True)
class Told:
    """What a volunteer said of themselves."""

    age: str
    sex: str
    group: str


def told() -> dict[str, Told]:
    """By number; those of the CC0 sets said nothing."""
    with (LONDON / "london_info.csv").open() as file:
        rows = {row["face_id"]: row for row in csv.DictReader(file)}
    return {who: Told(row["face_age"], row["face_gender"], row["face_eth"]) for who, row in rows.items()}


def split(seed: int) -> dict[str, list[str]]:
    """Whose photos are for what: nobody is in two parts."""
    order = np.random.default_rng(seed).permutation(volunteers()).tolist()
    return {"test": order[:26], "calibrate": order[26:38], "train": [*order[38:], *ROOMS]}


@lru_cache(maxsize=256)
def heads(who: str) -> list[Head]:
    """All heads of one person."""
    if who in ROOMS:
        folder = DATA / f"faces_{who}_cc0"
        return [_room(who, folder / f"{name}.jpg") for name in ROOMS[who]]
    return [_london(who, smiles) for smiles in (False, True)]


def _london(who: str, smiles: bool) -> Head:
    cut = cutout(who, smiles)
    with Image.open(LONDON / f"{who}_{'smiling' if smiles else 'neutral'}.jpg") as opened:
        photo = np.asarray(opened.convert("RGB").reduce(2))
    points, box = _found(photo)
    return _head(who, np.dstack([cut.rgb, cut.matte * 255]), points, box)


def _room(who: str, path: Path) -> Head:
    with Image.open(path) as opened:
        shown = opened.convert("RGB")
        shown.thumbnail((640, 640))
        photo = np.asarray(shown)
    points, box = _found(photo)
    return _head(who, np.dstack([photo, np.full(photo.shape[:2], 255)]).astype(np.float32), points, box)


@lru_cache(maxsize=1)
def _detector() -> Faces:
    return Faces()


def _found(photo: NDArray[np.uint8]) -> tuple[F32, F32]:
    boxes, points = _detector().pointed(core.Image(np.ascontiguousarray(photo[..., ::-1]), 1.0), 0.5)
    return np.asarray(points.xy[0], np.float32), np.asarray(boxes.xyxy[0], np.float32)


def _head(who: str, rgba: F32, points: F32, box: F32) -> Head:
    """The square round the face, the face `FACE` px in it; beyond the photo there is nothing."""
    scale = FACE / float(np.sqrt((box[2:] - box[:2]).prod()))
    middle = (box[:2] + box[2:]) / 2
    half = CANVAS / 2 / scale
    corner = middle - half
    place = tuple(corner.tolist() + (corner + 2 * half).tolist())
    layers = []
    for channel in range(4):
        flat = Image.fromarray(rgba[..., channel])
        pad = round(2 * half)
        wide = Image.new("F", (flat.width + 2 * pad, flat.height + 2 * pad))
        wide.paste(flat, (pad, pad))
        shifted = tuple(side + pad for side in place)
        layers.append(np.asarray(wide.resize((CANVAS, CANVAS), Image.Resampling.BOX, box=shifted)))
    small = np.dstack(layers).astype(np.float32)
    small[..., 3] = np.clip(small[..., 3] / 255, 0, 1)
    within = np.asarray((box - np.tile(corner, 2)) * scale, np.float32)
    return Head(who, small, np.asarray((points - corner) * scale, np.float32), within)
