"""WHO WALKS WHERE IN WHICH COMPOSITE: scenes drawn from a seed; each half has its own people, places and paths.

Six kinds, each with what makes a detector err: far walkers behind one another and behind posts; heads that turn, away
altogether too; dusk and a sensor's noise; a crowd of small faces; people who hurry past the camera, coded hard; a room
in low contrast. Objects have numbers from `OBJECTS` on: they have no face, so no truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from benchmarks._leaks_people import Actor, actor
from benchmarks._leaks_places import Footage
from demo.backdrop import Backdrop
from demo.clip import Key, Person, Place, Scene, Shot, Sprite
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

OBJECTS = 1000
RATE = Fraction(25)
ROOM = Footage("video/intel_one-by-one-person-detection.mp4", 0, 50)
LAWN = Footage("pets_s2l1/vtest.avi", 0, 795)
HALL = Footage("video/intel_people-detection.mp4", 16, 23)


@dataclass(frozen=True, slots=True)
class Look:
    """What the camera makes of the scene: `gain` and `lift` of its values, `soft` px of blur, `noise`, x264's `crf`."""

    gain: float = 1.0
    lift: float = 0.0
    soft: float = 0.0
    noise: float = 0.0
    crf: int = 23


@dataclass(frozen=True, slots=True)
class Composite:
    """A clip to be made."""

    name: str
    scene: Scene
    look: Look


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """The people of one half, and the seed that all is drawn from."""

    people: Sequence[str]
    random: Generator

    def actor(self, fine: int) -> Actor:
        """Somebody, dressed anew."""
        who = self.people[int(self.random.integers(len(self.people)))]
        return actor(who, bool(self.random.random() < 0.4), int(self.random.integers(1 << 16)), fine)


Path_ = Callable[[float], tuple[float, float, float, float, float]]  # share of the way -> x, y, size, tilt, turn


def films(half: str, people: Sequence[str], frames: int) -> list[Composite]:
    """The composites of a half, `frames` long each."""
    made = []
    for number, (name, draw) in enumerate(_KINDS.items()):
        seed = (11 if half == "tune" else 23, number)
        cast = Cast(people, np.random.default_rng(seed))
        scene, look = draw(cast, half == "tune", frames)
        made.append(Composite(f"{half}-{name}", replace(scene, seed=seed[0] * 100 + number), look))
    return made


def stills(half: str, people: Sequence[str], count: int = 36) -> list[Composite]:
    """Scenes of one picture each: of every kind, each time drawn anew."""
    made = []
    kinds = list(_KINDS.items())
    for number in range(count):
        name, draw = kinds[number % len(kinds)]
        seed = (31 if half == "tune" else 47, number)
        cast = Cast(people, np.random.default_rng(seed))
        scene, look = draw(cast, half == "tune", 60)
        made.append(Composite(f"{half}-{number:02d}-{name}", replace(scene, seed=seed[0] * 100 + number), look))
    return made


def _street(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """Walkers at 12 to 44 px, each other's and two posts' ways; the camera pans."""
    people = [p for number in range(14) for p in _walker(cast, number, frames, (640, 360), (10, 40), 225, 40)]
    things = [_thing(cast, 0, 150, 30, frames, _post), _thing(cast, 1, 460, 24, frames, _post)]
    place = Backdrop(seed=int(cast.random.integers(1 << 16)), pan_px_s=30)
    return _scene(place, [*_by_size(people), *things], frames, 3), Look(crf=24)


def _room(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """Four who stand and look about, turn away and back; hands and boards come between."""
    people = [p for number in range(4) for p in _looker(cast, number, frames, 80 + 160 * number, (34, 80))]
    things = [_thing(cast, 0, 250, 70, frames, _board, dx=140), _thing(cast, 1, 500, 46, frames, _board, dx=-90)]
    return _scene(ROOM if tune else HALL, [*_by_size(people), *things], frames, 3), Look(crf=24)


def _dusk(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """A street late in the day: dark, flat, and noisy."""
    people = [p for number in range(8) for p in _walker(cast, number, frames, (640, 360), (14, 50), 220, 40)]
    place = Backdrop(seed=int(cast.random.integers(1 << 16)), pan_px_s=20)
    dim = float(cast.random.uniform(0.15, 0.28))
    return _scene(place, _by_size(people), frames, 3), Look(gain=dim, lift=18, noise=4, crf=25)


def _crowd(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """Many small faces in rows, a third of them turned away; 960 by 540."""
    people: list[Person] = []
    for number in range(26):
        size = 9 + 15 * (number / 26) ** 1.5 + cast.random.uniform(-1, 1)
        far, near = (290, 330) if tune else (120, 420)  # from a man's height, or from a mast
        x, y = cast.random.uniform(20, 940), far + (near - far) * number / 26 + cast.random.uniform(-8, 8)
        away = cast.random.random() < 0.33
        turn = cast.random.uniform(110, 250) if away else cast.random.uniform(-50, 50)
        way = cast.random.uniform(-30, 30)
        person = cast.actor(64)
        people += _cast(number, person, frames, _straight((x, y, size), (x + way, y + 4, size * 1.05), turn))
    place = LAWN if not tune else Backdrop(seed=int(cast.random.integers(1 << 16)), pan_px_s=10)
    return _scene(place, people, min(frames, 60), 3, (960, 540)), Look(crf=24)


def _hurry(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """Past the camera in a second or two, in and out at every side, smeared and coded hard."""
    people: list[Person] = []
    for number in range(8):
        begins = cast.random.uniform(-0.2, 0.7)
        size = cast.random.uniform(26, 84)
        right = cast.random.random() < 0.5
        y = cast.random.uniform(60, 230)
        start, end = (-90.0, 730.0) if right else (730.0, -90.0)
        turn = cast.random.uniform(10, 65) * (1 if right else -1)
        path = _straight((start, y, size), (end, y + cast.random.uniform(-40, 60), size * 1.15), turn)
        people += _cast(number, cast.actor(64), frames, path, begins, begins + cast.random.uniform(0.35, 0.7))
    place: Place = LAWN if not tune else ROOM
    return _scene(place, _by_size(people), frames, 3), Look(crf=31)


def _haze(cast: Cast, tune: bool, frames: int) -> tuple[Scene, Look]:
    """Little contrast and a soft lens; two groups come towards the camera, bowed and tilted."""
    people: list[Person] = []
    for number in range(6):
        x = 70 + 95 * number + cast.random.uniform(-25, 25)
        size = cast.random.uniform(14, 34)
        tilt, turn = cast.random.uniform(-28, 28), cast.random.uniform(-45, 45)
        path = _straight((x, 150, size), (x + cast.random.uniform(-60, 60), 165, size * 1.6), turn, tilt)
        people += _cast(number, cast.actor(64), frames, path)
    place = HALL if not tune else ROOM
    return _scene(place, _by_size(people), frames, 4), Look(gain=0.4, lift=80, soft=1.2, noise=2, crf=27)


_KINDS: dict[str, Callable[[Cast, bool, int], tuple[Scene, Look]]] = {
    "street": _street,
    "room": _room,
    "dusk": _dusk,
    "crowd": _crowd,
    "hurry": _hurry,
    "haze": _haze,
}


def _scene(
    place: Place, people: Sequence[Person], frames: int, noise: float, size: tuple[int, int] = (640, 360)
) -> Scene:
    return Scene(*size, RATE, (Shot(frames, place, tuple(people)),), noise=noise)


def _by_size(people: Sequence[Person]) -> list[Person]:
    """The smaller are farther off, so behind; a head stays after its body."""
    pairs = [people[index : index + 2] for index in range(0, len(people), 2)]
    return [person for pair in sorted(pairs, key=lambda pair: pair[0].keys[0].size) for person in pair]


def _walker(
    cast: Cast, number: int, frames: int, picture: tuple[int, int], sizes: tuple[float, float], eye: float, bow: float
) -> list[Person]:
    """Across the picture at a walk, nearer or farther, looking ahead or about."""
    random, (width, _) = cast.random, picture
    size = float(np.exp(random.uniform(np.log(sizes[0]), np.log(sizes[1]))))
    y = eye - (size - sizes[0]) * random.uniform(0.2, 1.6)
    pace = size * random.uniform(0.8, 3.2) * frames / float(RATE)  # a face height is some 20 cm
    start = random.uniform(-0.05, 1.05) * width
    end = start + (pace if start < width / 2 else -pace)
    aside = random.uniform(0, 75) * (1 if end > start else -1)
    turn = aside + random.uniform(-20, 20)
    path = _straight((start, y, size), (end, y + random.uniform(-4, 8), size * random.uniform(0.85, 1.3)), turn)
    lean = random.uniform(-1, 1) * bow / 3
    return _cast(number, cast.actor(64), frames, lambda share: (*path(share)[:3], lean, path(share)[4]))


def _looker(cast: Cast, number: int, frames: int, x: float, sizes: tuple[float, float]) -> list[Person]:
    """Stands, sways, and turns the head: to the sides, sometimes away and back."""
    random = cast.random
    size, y = random.uniform(*sizes), random.uniform(120, 190)
    swing, rounds, phase = random.uniform(50, 130), random.uniform(0.5, 1.5), random.uniform(0, 6.28)
    nods = random.uniform(4, 22)

    def path(share: float) -> tuple[float, float, float, float, float]:
        wave = float(np.sin(2 * np.pi * rounds * share + phase))
        return x + 18 * wave, y + 4 * wave, size * (1 + 0.15 * share), nods * wave, swing * wave

    return _cast(number, cast.actor(88), frames, path)


def _straight(
    start: tuple[float, float, float], end: tuple[float, float, float], turn: float, tilt: float = 0.0
) -> Path_:
    """Straight on, up and down a little with each step."""
    (x1, y1, size1), (x2, y2, size2) = start, end

    def path(share: float) -> tuple[float, float, float, float, float]:
        size = size1 * (size2 / size1) ** share
        bob = 0.06 * size * float(np.sin(2 * np.pi * 1.9 * share * 3.6))
        return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + bob, size, tilt, turn

    return path


def _cast(number: int, who: Actor, frames: int, path: Path_, first: float = 0.0, last: float = 1.0) -> list[Person]:
    """Body and head on one path; `first` and `last` are when it begins and ends, as shares of the clip."""
    long_s = frames / float(RATE)
    steps = np.linspace(0, 1, 13)
    times = (first + (last - first) * steps) * long_s
    here = [(at, path(share)) for at, share in zip(times.tolist(), steps.tolist(), strict=True)]
    keys = tuple(Key(at, x, y, size, tilt, turn=turn) for at, (x, y, size, tilt, turn) in here)
    return [Person(OBJECTS + number, who.body, keys), Person(number, who.head, keys, who.turned)]


def _thing(
    cast: Cast, number: int, x: float, size: float, frames: int, drawn: Callable[[Generator], Sprite], dx: float = 0.0
) -> Person:
    """Something in front of all, still or carried by."""
    sprite = drawn(cast.random)
    end = frames / float(RATE)
    return Person(2 * OBJECTS + number, sprite, (Key(0, x - dx, 180, size), Key(end, x + dx, 186, size)))


def _post(random: Generator) -> Sprite:
    """A lamp post: from above the picture to below it."""
    return _painted((10, 620), random, (0, 0, 10, 30))


def _board(random: Generator) -> Sprite:
    """Something flat that is carried at the height of faces: a folder, a bag, a sign."""
    return _painted((60, 84), random, (0, 0, 60, 84))


def _painted(size: tuple[int, int], random: Generator, face: tuple[int, int, int, int]) -> Sprite:
    width, height = size
    colour = random.uniform(40, 170, 3)
    shade = 1.1 - 0.5 * np.abs(np.linspace(-0.7, 1, width)) ** 2
    grain = 1 + 0.05 * random.normal(size=(height, width))
    rgb = np.clip(colour * (shade * grain)[..., None], 0, 255).astype(np.uint8)
    frame = Image.new("L", (width, height))
    ImageDraw.Draw(frame).rounded_rectangle((1, 1, width - 2, height - 2), radius=min(width, height) // 8, fill=255)
    matte = np.asarray(frame.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / np.float32(255)
    return Sprite(rgb, matte, face, 0.0)
