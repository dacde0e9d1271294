"""FILMS AND STILLS THAT ARE MEASURED, WITH THEIR TRUTH: made once and kept in the cache, or labelled by hand.

case = the file, and for each of its pictures the faces that anybody could see
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks._leaks_labels import LABELLED, Faces, labelled
from benchmarks._leaks_people import volunteers
from benchmarks._leaks_scenes import OBJECTS, RATE, Composite, Look, films, stills
from benchmarks._tools import cache
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from demo import clip, film

F32 = NDArray[np.float32]

ROOT = Path(__file__).resolve().parents[1]
VISIBLE = 0.3  # of a face: what is hidden more has no truth
SMALLEST_PX = 6.0  # below, no face is one to anybody
HALVES = ("tune", "quoted")


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be redacted, with the truth about each of its pictures; `kind` is films, labelled or stills."""

    name: str
    half: str
    kind: str
    path: Path
    truth: tuple[Faces, ...]


def cases(half: str, kind: str, *, quick: bool, named: Sequence[str] = ("",)) -> Iterator[Case]:
    """All of one kind in a half whose names hold one of `named`; the first alone where `quick`, and it shorter."""

    def wanted(name: str) -> bool:
        return any(part in name for part in named)

    if kind == "labelled":
        names = [name for name in LABELLED[half] if wanted(name)]
        yield from (Case(name, half, kind, *labelled(name)) for name in names[: 1 if quick else None])
        return
    people = volunteers()[0 if half == "tune" else 1 :: 2]
    if not people:
        return
    if kind == "films":
        drawn = [each for each in films(half, people, 25 if quick else 75) if wanted(each.name)]
        yield from (_filmed(each, half) for each in drawn[: 1 if quick else None])
    else:
        drawn = [each for each in stills(half, people) if wanted(each.name)]
        yield from (_still(each, half) for each in drawn[: 4 if quick else None])


def _filmed(composite: Composite, half: str) -> Case:
    folder = _folder()
    frames = composite.scene.shots[0].frames
    path = folder / f"{composite.name}-{frames}.mp4"
    told = path.with_suffix(".json")
    if not told.is_file():
        truth: list[Faces] = []
        random = np.random.default_rng(composite.scene.seed)

        def pictures() -> Iterator[clip.RGB]:
            for picture, seen in clip.frames(composite.scene):
                truth.append(counted(seen))
                yield developed(picture, composite.look, random)

        film.write(path, pictures(), rate=RATE, crf=composite.look.crf, force=True)
        _tell(told, truth)
    return Case(composite.name, half, "films", path, _told(told))


def _still(composite: Composite, half: str) -> Case:
    path = _folder() / "stills" / f"{composite.name}.jpg"
    told = path.with_suffix(".json")
    if not told.is_file():
        path.parent.mkdir(exist_ok=True)
        picture, seen = next(clip.frames(moment(composite.scene)))
        taken = developed(picture, composite.look, np.random.default_rng(composite.scene.seed))
        Image.fromarray(taken).save(path, quality=88)
        _tell(told, [counted(seen)])
    return Case(composite.name, half, "stills", path, _told(told))


def moment(scene: clip.Scene) -> clip.Scene:
    """The picture in the middle of a scene of one shot, as a scene: who comes and goes is under way."""
    (shot,) = scene.shots
    middle_s = float(shot.frames // 2 / scene.rate)
    people = tuple(
        replace(person, keys=tuple(replace(key, at_s=key.at_s - middle_s) for key in person.keys))
        for person in shot.people
    )
    return replace(scene, shots=(replace(shot, frames=1, people=people),))


def developed(picture: clip.RGB, look: Look, random: Generator) -> clip.RGB:
    """What the camera makes of it; its noise is that of its sensor, so it does not fade with the light."""
    if look == Look(crf=look.crf):
        return picture
    soft = gaussian_filter(picture.astype(np.float32), (look.soft, look.soft, 0)) if look.soft else picture
    noise = random.normal(0, look.noise, (*picture.shape[:2], 1)).astype(np.float32) if look.noise else 0
    return np.asarray(np.clip(soft * np.float32(look.gain) + look.lift + noise, 0, 255), np.uint8)


def counted(seen: clip.Truth) -> Faces:
    """What of a scene's truth is a face that anybody could see."""
    sides = seen.xyxy[:, 2:] - seen.xyxy[:, :2]
    counts = (seen.person < OBJECTS) & (seen.visible >= VISIBLE) & (sides.min(axis=1, initial=1e9) > 0)
    counts &= np.sqrt(np.maximum(sides.prod(axis=1), 0)) >= SMALLEST_PX
    return Faces(seen.xyxy[counts], seen.person[counts])


def _tell(path: Path, truth: list[Faces]) -> None:
    path.write_text(json.dumps([[each.person.tolist(), each.xyxy.tolist()] for each in truth]))


def _told(path: Path) -> tuple[Faces, ...]:
    return tuple(
        Faces(np.array(xyxy, np.float32).reshape(-1, 4), np.array(person, np.int64))
        for person, xyxy in json.loads(path.read_text())
    )


def _folder() -> Path:
    folder = cache() / "leaks" / _recipe()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@lru_cache(maxsize=1)  # of the code that runs, whatever is written meanwhile
def _recipe() -> str:
    """Changes with whatever changes the clips."""
    parts = [ROOT / "demo" / f"{name}.py" for name in ("backdrop", "clip", "film")]
    parts += [ROOT / "benchmarks" / f"_leaks_{name}.py" for name in ("clips", "people", "places", "scenes", "worn")]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
