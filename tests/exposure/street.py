"""A STREET FOR TESTS: a camera whose ground is known exactly, walkers whose way is known, films that tell their time.

Each picture is its own clock: two grey halves are the digits of its number. `Sees` reads that number off the pixels
and answers with where the walkers were at that moment, so that what is tested is whether each box gets to the time
that its picture was shown at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.films import film

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.ground import Ground
from garim.exposure.lens import Lens

F64 = NDArray[np.float64]
SIZE = (320, 240)
RATE = 25
_LEAST, _STEP, _DIGITS = 32, 12, 16


def ground(size: tuple[int, int] = SIZE, *, high_m: float = 6.0, down: float = 0.5, focal_px: float = 300.0) -> Ground:
    """What a camera `high_m` above the street sees, looking `down` (radians) along y."""
    sin, cos = np.sin(down), np.cos(down)
    turn = np.array([[1, 0, 0], [0, -sin, -cos], [0, cos, -sin]])
    lens = np.array([[focal_px, 0, size[0] / 2], [0, focal_px, size[1] / 2], [0, 0, 1]])
    to_px = lens @ np.column_stack([turn[:, 0], turn[:, 1], turn @ np.array([0, 0, -high_m])])
    return Ground(
        np.linalg.inv(to_px),
        Lens(0.0, (size[0] / 2, size[1] / 2), 1.0, float(np.hypot(*size) / 2)),
        None,
        size,
        None,
        focal_px,
        "tsai",
    )


def boxes(feet: F64, over: Ground) -> Boxes:
    """The boxes of people 1.7 m high who stand at `feet` f64[n,2] m."""
    if not len(feet):
        return Boxes.none()
    foot, head = over.pixels(feet), over.pixels(feet, 1.7)
    wide = (foot[:, 1] - head[:, 1]) * 0.18
    xyxy = np.stack([foot[:, 0] - wide, head[:, 1], foot[:, 0] + wide, foot[:, 1]], axis=1)
    return Boxes(xyxy.astype(np.float32), np.full(len(feet), 0.9, np.float32))


def clock(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """The picture of this number, under 256: RGB."""
    picture = np.empty((size[1], size[0], 3), np.uint8)
    picture[:, : size[0] // 2] = _LEAST + _STEP * (number // _DIGITS)
    picture[:, size[0] // 2 :] = _LEAST + _STEP * (number % _DIGITS)
    return picture


def read(image: Image) -> int:
    """The number that a picture shows."""
    half = image.bgr.shape[1] // 2
    digits = (image.bgr[:, : half - 4].mean(), image.bgr[:, half + 4 :].mean())
    tens, ones = (round((level - _LEAST) / _STEP) for level in digits)
    return int(tens * _DIGITS + ones)


def clocks(path: Path, numbers: Iterable[int], *words: str, size: tuple[int, int] = SIZE, rate: int = RATE) -> Path:
    """A film of the pictures of `numbers`."""
    return film(path, [clock(number, size) for number in numbers], *words, rate=rate)


class Walkers:
    """People who walk straight: `at0` f64[n,2] m where they are at 0 s, `speed` f64[n,2] m/s."""

    def __init__(self, at0: Sequence[Sequence[float]], speed: Sequence[Sequence[float]]) -> None:
        self.at0, self.speed = np.array(at0, float).reshape(-1, 2), np.array(speed, float).reshape(-1, 2)

    def feet(self, seconds: float) -> F64:
        return self.at0 + self.speed * seconds


class Sees:
    """Finds `walkers` in a picture by the time that it tells; `asked` are the numbers that it was shown."""

    def __init__(self, walkers: Walkers, over: Ground, rate: float = RATE) -> None:
        self._walkers, self._ground, self._rate = walkers, over, rate
        self.asked: list[int] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        number = read(image)
        self.asked.append(number)
        found = boxes(self._walkers.feet(number / self._rate), self._ground)
        return found[found.score >= floor]
