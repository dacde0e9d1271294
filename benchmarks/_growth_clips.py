"""THE FILMS OF GROWTH: the demo's people in a larger picture, in greater number, and again and again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmarks import _clips
from demo import clip, faces, film, scene

LASTS_S = 5.0  # what is repeated, and what everybody's path takes
SHOWS = 0.25  # of a face: less is not counted
CAME = (6, 2, 12, 1, 11, 5, 3, 10, 4, 14, 13, 7, 8, 9)  # who is there first: each size early, the largest late
_X264 = ("-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-g", "60")


@dataclass(frozen=True, slots=True)
class Film:
    """A film, and how many faces a frame of it shows on average, by the truth."""

    path: Path
    faces: float


def sized(width: int, height: int, seconds: float) -> Film:
    """The demo's middle `seconds`, scaled with everybody in it."""
    source = _clips.made("720p", seconds)
    scaled = ("-i", source, "-vf", f"scale={width}:{height}:flags=lanczos", *_X264, "-c:a", "copy")
    path = _kept(f"{width}x{height}, {seconds:g} s", partial(_converted, *scaled))
    return Film(path, _in_demo(seconds))


def peopled(count: int, seconds: float) -> Film:
    """The first `count` of `CAME` in one street, 1280 by 720."""
    name = f"{count} people, {seconds:g} s"
    path = _kept(name, partial(_filmed, count, seconds))
    return Film(path, json.loads(path.with_suffix(".json").read_text()))


def repeated(seconds: float, once_s: float, *, nobody: bool) -> Film:
    """The demo's middle `once_s` again and again, `seconds` in all; or its streets with nobody in them."""
    kind = "720p, nobody" if nobody else "720p"
    source = _clips.made(kind, once_s)
    again = ("-stream_loop", f"{round(seconds / once_s) - 1}", "-i", source, "-c", "copy")
    path = _kept(f"{kind}, {seconds:g} s of {once_s:g}", partial(_converted, *again))
    return Film(path, 0.0 if nobody else _in_demo(once_s))


def gathered(shown: clip.Scene, count: int, seconds: float) -> clip.Scene:
    """The first `count` of `CAME` in the first street of `shown`, all at once, from the farthest to the nearest."""
    people = {person.number: person for shot in shown.shots for person in shot.people}
    there = sorted((_all_along(people[number]) for number in CAME[:count]), key=_largest)
    street = replace(shown.shots[0], frames=round(seconds * shown.rate), people=tuple(there))
    return replace(shown, shots=(street,))


def faces_a_frame(truths: Iterable[clip.Truth]) -> float:
    """Faces of which at least `SHOWS` shows, on average."""
    return float(np.mean([(truth.visible >= SHOWS).sum() for truth in truths]))


def _all_along(person: clip.Person) -> clip.Person:
    """The same way, drawn out over the whole film."""
    first, last = person.keys[0].at_s, person.keys[-1].at_s
    keys = (replace(key, at_s=(key.at_s - first) / (last - first) * LASTS_S) for key in person.keys)
    return replace(person, keys=tuple(keys))


def _largest(person: clip.Person) -> float:
    return max(key.size for key in person.keys)


@lru_cache
def _in_demo(seconds: float) -> float:
    path = _kept("the demo's truth", _truth, ".json")
    visible = json.loads(path.read_text())
    beside = round((len(visible) - seconds * scene.demo(*_actors()).rate) / 2)
    return float(np.mean(visible[beside : len(visible) - beside]))


def _truth(path: Path) -> None:
    path.write_text(json.dumps([faces_a_frame([truth]) for _, truth in clip.frames(scene.demo(*_actors()))]))


def _filmed(count: int, seconds: float, path: Path) -> None:
    shown = gathered(scene.demo(*_actors()), count, seconds)
    rows = list(clip.frames(shown))
    film.write(path, (picture for picture, _ in rows), rate=shown.rate, force=True)
    path.with_suffix(".json").write_text(json.dumps(faces_a_frame(truth for _, truth in rows)))


def _converted(*words: str | Path) -> None:
    _clips.ffmpeg(*words[:-1], "-f", "mp4", words[-1])


def _kept(name: str, make: Callable[[Path], None], suffix: str = ".mp4") -> Path:
    """The file of that `name` from the cache, made where it is not there."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    folder = _clips.made("720p", 10).parent / f"growth-{recipe}"
    path = folder / f"{name}{suffix}"
    if not path.is_file():
        unfinished = folder / f"{os.getpid()}"
        unfinished.mkdir(parents=True)
        make(unfinished / path.name)
        for part in sorted(unfinished.iterdir()):  # the truth before the film
            part.replace(folder / part.name)
        unfinished.rmdir()
    return path


@lru_cache
def _actors() -> tuple[clip.Sprite, clip.Sprite]:
    faces.pull()
    return faces.sprites()
