"""TRUTH, BEFORE, AFTER -> WHAT LEAKED: measured on the pixels of the film that leaves, not on anybody's plan.

A pixel is destroyed where the output is the fill and the input was not. A face-frame is one face in one frame, with
at least a quarter of it visible; it leaks when less than half of its box was destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from demo.clip import Truth
from garim.core.image import Planes

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

VISIBLE = 0.25  # of a face: below it nobody could be asked to see one
LEAKS_BELOW = 0.5  # of a box
CLASSES_PX = (0, 12, 24, 48, np.inf)
_LUMA, _CHROMA = 8, 6  # how far a codec may carry the fill's samples away, of 255


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Face-frames, side by side: frame number, person, longer side of the box in pixels, share destroyed in 0..1.

    `masked` f32[frames] is the share of each picture that was destroyed.
    """

    index: NDArray[np.int64]
    person: NDArray[np.int64]
    size_px: F32
    share: F32
    masked: F32

    @property
    def leaked(self) -> Mask:
        """Which face-frames leak."""
        return self.share < LEAKS_BELOW

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, which: Mask) -> Coverage:
        """The face-frames that a mask names, of the same pictures."""
        return Coverage(self.index[which], self.person[which], self.size_px[which], self.share[which], self.masked)

    def by_size(self) -> list[tuple[str, Coverage]]:
        """The face-frames of each size class, smallest first, with its name."""
        return [
            (
                f"< {high:.0f} px" if low == 0 else f"≥ {low:.0f} px" if high == np.inf else f"{low:.0f}-{high:.0f} px",
                part,
            )
            for low, high in pairwise(CLASSES_PX)
            if len(part := self[(self.size_px >= low) & (self.size_px < high)])
        ]


def coverage(truth: Iterable[Truth], before: Iterable[Planes], after: Iterable[Planes]) -> Coverage:
    """What was destroyed of each face. Raises `ValueError` where the three are not of the same frames and size."""
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], F32, F32]] = []
    masked: list[float] = []
    for index, (faces, old, new) in enumerate(zip(truth, before, after, strict=True)):
        if old.size != new.size:
            raise ValueError(f"frame {index}: {new.size} where the input has {old.size}")
        was, gone = filled(old), filled(new)
        gone &= ~was
        counts = faces.visible >= VISIBLE
        xyxy = faces.xyxy[counts]
        sizes = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1)
        share = np.array([_share(box, gone, was) for box in xyxy], np.float32)
        parts.append((np.full(len(xyxy), index, np.int64), faces.person[counts], sizes, share))
        masked.append(float(gone.mean()))
    index_, person, size_px, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Coverage(index_, person, size_px, share, np.array(masked, np.float32))


def filled(planes: Planes) -> Mask:
    """Where a picture shows the fill, black without colour, as far as a codec leaves it so: bool[h,w]."""
    luma, *chroma = planes.arrays
    mask = luma <= planes.black[0] + _LUMA
    for plane, (by_x, by_y), black in zip(chroma, planes.shifts[1:], planes.black[1:], strict=True):
        neutral = (plane >= black - _CHROMA) & (plane <= black + _CHROMA)
        for y, x in product(range(1 << by_y), range(1 << by_x)):
            part = mask[y :: 1 << by_y, x :: 1 << by_x]  # the pixels in that corner of each sample
            part &= neutral[: part.shape[0], : part.shape[1]]
    return mask


def _share(box: F32, gone: Mask, was: Mask) -> float:
    """The share destroyed of a box's pixels, but for those that showed nothing before."""
    x1, y1 = np.floor(box[:2]).astype(int)
    x2, y2 = np.ceil(box[2:]).astype(int)
    part = slice(y1, y2), slice(x1, x2)
    return float(gone[part].sum()) / max(int((~was[part]).sum()), 1)
