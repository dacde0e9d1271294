"""An animation: full pictures with exact durations, whatever its format made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from garim.pictures.still import Still

U8 = NDArray[np.uint8]


class Then(IntEnum):
    """What becomes of a part once its time is over, as APNG counts it."""

    KEPT = 0
    CLEARED = 1
    RESTORED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Animation:
    """What an animation is: `size` in px, `durations` in seconds a picture, `loop` times (0: endless, None: unsaid).

    `alpha` says that some of it is transparent; `options` are how its format coded it.
    """

    path: Path
    kind: str
    size: tuple[int, int]
    durations: tuple[Fraction, ...]
    loop: int | None
    alpha: bool
    options: dict[str, Any]
    left_out: tuple[str, ...]

    def picture(self, samples: U8) -> Still:
        """One of its pictures: u8[h,w,3 or 4]."""
        return Still(samples, "RGBA" if samples.shape[2] == 4 else "RGB", self.kind, {}, ())


class Part(Protocol):
    """What a format keeps of one picture: a rectangle of it, how to lay it on, and what becomes of it."""

    @property
    def place(self) -> tuple[int, int]:
        """Left and top, in px."""
        ...

    @property
    def over(self) -> bool:
        """Whether what is below shows through; else it is replaced."""
        ...

    @property
    def then(self) -> Then:
        """What becomes of it when the next one comes."""
        ...


def composed(size: tuple[int, int], parts: Iterable[tuple[Part, U8]]) -> Iterator[U8]:
    """The full pictures that `parts`, each with its own u8[h,w,4], make one on the other: u8[h,w,4] each."""
    width, height = size
    canvas = np.zeros((height, width, 4), np.uint8)
    for part, samples in parts:
        left, top = part.place
        area = slice(top, top + samples.shape[0]), slice(left, left + samples.shape[1])
        below = canvas[area]
        samples = samples[: below.shape[0], : below.shape[1]]  # some reach over the edge
        before = below.copy() if part.then is Then.RESTORED else None
        canvas[area] = _over(samples, below) if part.over else samples
        yield canvas.copy()
        if part.then is Then.CLEARED:
            canvas[area] = 0
        elif before is not None:
            canvas[area] = before


def _over(above: U8, below: U8) -> U8:
    """`above` laid on `below`, u8[h,w,4] both, alpha not multiplied in.

    alpha = a + b (1 - a); colour = (a A + b (1 - a) B) / alpha: PNG's third edition, 13.16.
    """
    plain = (above[..., 3] == 255) | (above[..., 3] == 0) | (below[..., 3] == 0)
    shown = np.where((above[..., 3] > 0)[..., None], above, below)
    if plain.all():
        return shown
    a, b = above[~plain].astype(np.float64) / 255, below[~plain].astype(np.float64) / 255
    rest = b[:, 3] * (1 - a[:, 3])
    alpha = a[:, 3] + rest
    colour = (a[:, :3] * a[:, 3:] + b[:, :3] * rest[:, None]) / alpha[:, None]
    shown[~plain] = np.rint(np.column_stack([colour, alpha]) * 255).astype(np.uint8)
    return shown
