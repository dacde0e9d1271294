"""WHERE COMPOSITES ARE FILMED: rooms and lawns out of footage with nobody left in it, and the demo's streets.

A fixed camera's footage, pixel by pixel in the middle of many frames, is the place without those who passed. It is
seen a little closer than it was filmed and sways, as from a hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_FRAMES = 25  # in the middle of which nobody stands
_CLOSER = 1.12


@dataclass(frozen=True, slots=True)
class Footage:
    """A place in a film of the shared data, between two frames of it; `sway_px` is how far the hand goes."""

    file: str
    first: int
    end: int
    light: float = 1.0
    sway_px: float = 6.0

    def seen(self, width: int, height: int) -> Window:
        """The place in a picture of that size."""
        return Window(self, width, height)


class Window:
    """A place at the size that it is shown, from which each frame takes its part."""

    def __init__(self, place: Footage, width: int, height: int) -> None:
        self.size, self.sway = (width, height), place.sway_px
        empty = Image.fromarray(empty_of(place.file, place.first, place.end))
        by = max(width / empty.width, height / empty.height) * _CLOSER
        large = empty.resize((round(empty.width * by), round(empty.height * by)), Image.Resampling.BICUBIC)
        self.whole = np.clip(np.asarray(large, np.float32) * place.light, 0, 255).astype(np.uint8)

    def at(self, at_s: float) -> RGB:
        """The picture at one time, writable: u8[h,w,3]."""
        width, height = self.size
        free = np.array([self.whole.shape[1] - width, self.whole.shape[0] - height])
        swing = np.array([np.sin(1.3 * at_s), np.sin(1.9 * at_s + 1)]) * self.sway
        left, top = np.clip(np.round(free / 2 + swing), 0, free).astype(int)
        return np.array(self.whole[top : top + height, left : left + width])


@lru_cache(maxsize=8)
def empty_of(file: str, first: int, end: int) -> RGB:
    """The film's place without people: the median of some of its frames."""
    wanted = set(np.linspace(first, end - 1, _FRAMES).round().astype(int).tolist())
    with av.open(str(DATA / file)) as film:
        taken = [
            frame.to_ndarray(format="rgb24")
            for index, frame in zip(range(end), film.decode(video=0), strict=False)
            if index in wanted
        ]
    return np.asarray(np.median(np.stack(taken).astype(np.uint8), axis=0), np.uint8)
