"""A traveller made of one still: a head with depth that turns as it is asked, as a folder of stills with their times.

What a capture of a real person would be, and what nobody can hand over in a repository. It is also an attack: a film
rendered to order from a photograph, while the challenge is open, which no camera tells from a person
(tests/attacks/test_presentation.py says so, too). So a MATCH here shows that the parts fit, and not that the traveller
was alive.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from garim.gate.moves import Move

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

# degrees (yaw to the picture's right, pitch downwards, roll clockwise) that the pose model reads as a clear move
FULL: dict[Move, tuple[float, float, float]] = {
    Move.LEFT: (34, 0, 0),
    Move.RIGHT: (-34, 0, 0),
    Move.UP: (0, -26, 0),
    Move.DOWN: (0, 26, 0),
    Move.TILT_LEFT: (0, 0, 30),
    Move.TILT_RIGHT: (0, 0, -30),
}
STEPS = (1 / 3, 2 / 3, 1.0, 2 / 3, 1 / 3)
APART_S = 0.2


class Head:
    """A still u8[h,w,3] with a depth for each pixel, guessed from five points f32[5,2]: an ellipsoid with a nose."""

    def __init__(self, rgb: U8, points: NDArray[np.float32]) -> None:
        self._rgb = rgb
        eyes, mouth, nose = points[:2].mean(axis=0), points[3:].mean(axis=0), points[2]
        self._middle, self._unit = (eyes + mouth) / 2, float(np.hypot(*(mouth - eyes)))
        y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float64)
        x, y = x - self._middle[0], y - self._middle[1]
        unit = self._unit
        round_ = np.sqrt(np.clip(1 - (x / (1.25 * unit)) ** 2 - (y / (1.7 * unit)) ** 2, 0, 1))
        at = nose - self._middle
        tip = np.exp(-(((x - at[0]) / (0.16 * unit)) ** 2 + ((y - at[1]) / (0.3 * unit)) ** 2))
        depth = 1.25 * unit * (round_ - 1) + 0.35 * unit * tip
        self._at = np.stack([x, y, depth + 1.2 * unit], axis=-1)  # it turns about a neck behind the face

    def turned(self, yaw: float, pitch: float, roll: float) -> U8:
        """How it looks turned by so many degrees, from nine units away."""
        turn = _turn(*np.radians([yaw, pitch, roll]))
        at = self._at @ turn.T
        far = 9 * self._unit
        scale = far / (far - at[..., 2] + 1.2 * self._unit)
        column, row = at[..., 0] * scale + self._middle[0], at[..., 1] * scale + self._middle[1]
        shown = np.empty_like(self._rgb)
        shown[:] = np.median(self._rgb[:20].reshape(-1, 3), axis=0).astype(np.uint8)
        order = np.argsort(at[..., 2], axis=None)  # what is nearer is drawn later
        for right, down in ((0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5)):  # no holes where it grows
            columns = _inside(column + right, self._rgb.shape[1])[order]
            rows = _inside(row + down, self._rgb.shape[0])[order]
            shown[rows, columns] = self._rgb.reshape(-1, 3)[order]
        return shown


def _inside(values: F64, size: int) -> NDArray[np.intp]:
    return np.clip(np.rint(values), 0, size - 1).astype(np.intp).ravel()


def _turn(yaw: float, pitch: float, roll: float) -> F64:
    (a, b), (c, d), (e, f) = ((np.cos(angle), np.sin(angle)) for angle in (yaw, pitch, roll))
    about_y = np.array([[a, 0, b], [0, 1, 0], [-b, 0, a]])
    about_x = np.array([[1, 0, 0], [0, c, d], [0, -d, c]])
    about_z = np.array([[e, -f, 0], [f, e, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


def film(head: Head, moves: Sequence[Move]) -> Iterator[U8]:
    """The head looks straight, makes each move and comes back, and looks straight."""
    yield from (head.turned(0, 0, 0), head.turned(1, 0, 0))
    for move in moves:
        yield from (head.turned(*(step * angle for angle in FULL[move])) for step in STEPS)
        yield head.turned(0, 1, 0)
    yield head.turned(0, 0, 1)


def captured(pictures: Iterable[U8], folder: Path, begin: datetime | None, *, apart_s: float = APART_S) -> Path:
    """A capture's folder of `pictures` from `begin` on; without it nobody noted the times."""
    folder.mkdir(parents=True)
    rows = []
    for number, picture in enumerate(pictures):
        name = f"frame{number}.jpg"
        Image.fromarray(picture).save(folder / name, quality=92)
        if begin is not None:
            at = begin + timedelta(seconds=number * apart_s)
            rows.append((name, f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"))
    if begin is not None:
        with (folder / "capture.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("file", "at"), *rows])
    return folder
