"""THE ATTACKER: a process in an environment of its own, with dlib and without Garim; reads pictures, says only sums.

It has the originals, so it knows to a px where each face is; it lays each on dlib's mean face. Then it compares

  gallery      the face alone, dlib's 128 numbers: redacted against the originals
  parrot       the same against others redacted in the same way, which answers best to a fixed way of redaction
               (McPherson et al. 2016)
  pixels       the same, means of squares of px in place of dlib's numbers
  around       parrot, with what is round the face on dlib's crop: hair, ears, neck, collar
  shape        middle, width and height of the box round all that the tool changed, and not one px of the picture

"The face alone" is an oval from hairline to chin; what is outside of it is grey on each picture alike. It is run as
`python -m benchmarks._attack_embeds` with a job on stdin. No number of a face is printed, and no name is known.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from benchmarks._attack_sums import F64, Mask, apart, extent, scaled, told
from numpy.typing import NDArray

SIDE, PADDING = 150, 0.25  # of the crop, as dlib's model was trained
OVAL = (74.5, 72.0, 56.0, 70.0)  # px on the crop: middle, half its width, half its height; drawn round the mean face
GREY, SQUARE = 127, 15
LEAKED = 0.5  # of the oval: a face of which less was changed is as it was

U8 = NDArray[np.uint8]
Pair = tuple[int, int]  # numbers of photos: one of a person, and another


class Attacker:
    """What it knows before it sees anything redacted: `photos`, and where the one face is on each."""

    def __init__(self, models: Path, photos: list[str]) -> None:
        self._net = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
        points = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._known: dict[bytes, F64] = {}
        self.photos: list[U8] = [dlib.load_rgb_image(photo) for photo in photos]
        looks = _look(models)
        self._faces = [points(photo, looks(photo)) for photo in self.photos]
        self._alone = [alone(crop) for crop in self._crops(dict(enumerate(self.photos))).values()]

    def row(self, redacted: list[str | None], pairs: list[Pair]) -> dict[str, Any]:
        """What it makes of `redacted`, the photos' names in order; None where a tool published none."""
        left = [pair for pair in pairs if all(redacted[number] for number in pair)]
        seen = {number: dlib.load_rgb_image(redacted[number]) for pair in left for number in pair}
        changed = {number: (picture != self.photos[number]).any(axis=2) for number, picture in seen.items()}
        share = [_share(crop) for crop in self._crops({n: _picture(mask) for n, mask in changed.items()}).values()]
        told_apart = {name: asdict(told(square)) for name, square in self._squares(left, seen, changed).items()}
        return {"attacks": told_apart, "leaked": sum(one < LEAKED for one in share), "published": len(seen)}

    def _squares(self, pairs: list[Pair], seen: dict[int, U8], changed: dict[int, Mask]) -> dict[str, F64]:
        """Distances of each attack, f64[people,people]."""
        crops = self._crops(seen)
        faces = {number: alone(crop) for number, crop in crops.items()}
        first, second = (list(column) for column in zip(*pairs, strict=True))
        probes, shapes = self._numbers([faces[n] for n in second]), {n: extent(mask) for n, mask in changed.items()}
        small = [np.array([_squared(faces[n]) for n in column]) for column in (first, second)]
        return {
            "gallery": apart(self._numbers([self._alone[n] for n in first]), probes),
            "parrot": apart(self._numbers([faces[n] for n in first]), probes),
            "pixels": apart(*small),
            "around": apart(*(self._numbers([crops[n] for n in column]) for column in (first, second))),
            "shape": apart(*scaled(*(np.array([shapes[n] for n in column]) for column in (first, second)))),
        }

    def _crops(self, pictures: dict[int, U8]) -> dict[int, U8]:
        faces = self._faces
        return {n: dlib.get_face_chip(one, faces[n], size=SIDE, padding=PADDING) for n, one in pictures.items()}

    def _numbers(self, crops: list[U8]) -> F64:
        """dlib's numbers of each: f64[n,128]. The same crop has the same numbers, and is embedded once."""
        for crop in crops:
            if crop.tobytes() not in self._known:
                self._known[crop.tobytes()] = np.array(self._net.compute_face_descriptor(crop))
        return np.array([self._known[crop.tobytes()] for crop in crops])


def _look(models: Path) -> Any:
    """What finds the one face on an original: dlib's quick detector, its network where that finds none."""
    quick, thorough = dlib.get_frontal_face_detector(), str(models / "mmod_human_face_detector.dat")

    def look(photo: U8) -> Any:
        found = list(quick(photo)) or [one.rect for one in dlib.cnn_face_detection_model_v1(thorough)(photo, 1)]
        if len(found) != 1:
            raise SystemExit(f"an original with {len(found)} faces; each has to have one")
        return found[0]

    return look


def _oval() -> Mask:
    x, y, half_width, half_height = OVAL
    down, along = np.mgrid[:SIDE, :SIDE]
    return np.asarray(((along - x) / half_width) ** 2 + ((down - y) / half_height) ** 2 <= 1)


def alone(crop: U8) -> U8:
    """`crop`, and grey where the face is not."""
    return np.where(_oval()[:, :, None], crop, np.uint8(GREY))


def _picture(mask: Mask) -> U8:
    return np.ascontiguousarray(np.repeat(mask[:, :, None], 3, axis=2)).astype(np.uint8) * np.uint8(255)


def _share(crop: U8) -> float:
    return float((crop[_oval()] > GREY).mean())


def _squared(crop: U8) -> F64:
    across = SIDE // SQUARE
    return np.asarray(crop.reshape(across, SQUARE, across, SQUARE, 3).mean(axis=(1, 3)).ravel())


def main() -> None:
    job = json.load(sys.stdin)
    attacker = Attacker(Path(job["models"]), job["photos"])
    pairs = [(first, second) for first, second in job["pairs"]]
    for redacted in job["rows"]:
        print(json.dumps(attacker.row(redacted, pairs)), flush=True)


if __name__ == "__main__":
    main()
