"""Boxes: many rectangles are two arrays side by side. Pixels, x1 y1 x2 y2, ends excluded; y grows downwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes of one kind of thing: `xyxy` f32[n,4] in pixels, `score` f32[n] in 0..1."""

    xyxy: F32
    score: F32

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.score), 4):
            raise ValueError(f"boxes: one score a row, not {self.xyxy.shape} and {self.score.shape}")
        if not np.isfinite(self.xyxy).all() or (self.xyxy[:, 2:] < self.xyxy[:, :2]).any():
            raise ValueError("boxes: x1 <= x2 and y1 <= y2, all finite")

    @staticmethod
    def none() -> Boxes:
        """No box at all."""
        return Boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))

    @staticmethod
    def joined(parts: Sequence[Boxes]) -> Boxes:
        """All boxes of `parts`, in their order."""
        if not parts:
            return Boxes.none()
        return Boxes(np.concatenate([p.xyxy for p in parts]), np.concatenate([p.score for p in parts]))

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, which: NDArray[Any] | slice) -> Boxes:
        """The boxes that a mask, a slice or an array of numbers names."""
        return Boxes(self.xyxy[which], self.score[which])


def grown(xyxy: F32, fraction: float, px: float = 0.0) -> F32:
    """Each box of f32[n,4], larger on every side by `fraction` of its own width or height, and by `px`."""
    by = (xyxy[:, 2:] - xyxy[:, :2]) * np.float32(fraction) + np.float32(px)
    return np.concatenate([xyxy[:, :2] - by, xyxy[:, 2:] + by], axis=1)


def clipped(xyxy: F32, width: float, height: float) -> F32:
    """f32[n,4] cut to a picture of `width` x `height` pixels; a box outside becomes one of no area at its edge."""
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(xyxy, np.float32(0), limit)


def area(xyxy: F32) -> F32:
    """Area of each box of f32[n,4], in square pixels: f32[n]."""
    size = xyxy[:, 2:] - xyxy[:, :2]
    return np.asarray(size[:, 0] * size[:, 1])


def size_of(xyxy: F32) -> float:
    """The side of the square that is as large as one box f32[4], in px; 1 at least."""
    return float(np.sqrt(max((xyxy[2:] - xyxy[:2]).prod(), 1)))


def intersection(a: F32, b: F32) -> F32:
    """Area that each of `a` f32[n,4] shares with each of `b` f32[m,4]: f32[n,m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.clip(high - low, 0, None)
    return np.asarray(size[..., 0] * size[..., 1])


def iou(a: F32, b: F32) -> F32:
    """Intersection over union of each of `a` f32[n,4] with each of `b` f32[m,4]: f32[n,m], 0 where both are empty."""
    both = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - both
    return np.asarray(np.divide(both, union, out=np.zeros_like(both), where=union > 0))


def covered(inner: F32, outer: F32) -> F32:
    """Share of each of `inner` f32[n,4] that the union of all `outer` f32[m,4] covers: f32[n], exact."""
    return np.array([_share(box, outer) for box in inner], np.float32)


def _share(box: F32, outer: F32) -> float:
    x1, y1, x2, y2 = (float(edge) for edge in box)
    if x2 <= x1 or y2 <= y1:
        return 1.0
    low = np.maximum(outer[:, :2], box[:2])
    high = np.minimum(outer[:, 2:], box[2:])
    hit = (high > low).all(axis=1)
    low, high = low[hit], high[hit]
    xs = np.unique(np.concatenate([low[:, 0], high[:, 0]]))
    ys = np.unique(np.concatenate([low[:, 1], high[:, 1]]))
    if len(xs) < 2:
        return 0.0
    # cells of the grid that all edges draw are inside a box wholly or not at all
    in_x = (low[:, 0, None] <= xs[:-1]) & (xs[1:] <= high[:, 0, None])
    in_y = (low[:, 1, None] <= ys[:-1]) & (ys[1:] <= high[:, 1, None])
    filled = (in_y[:, :, None] & in_x[:, None, :]).any(axis=0)
    cells = np.diff(ys)[:, None].astype(np.float64) * np.diff(xs)[None, :]
    return float((cells * filled).sum() / ((x2 - x1) * (y2 - y1)))


def best(boxes: Boxes, overlap: float) -> Boxes:
    """Greedy non-maximum suppression: the best score first, those with an IoU over `overlap` to it left out."""
    return boxes[chosen(boxes, overlap)]


def chosen(boxes: Boxes, overlap: float) -> NDArray[np.intp]:
    """Which of `boxes` are the `best`, and in their order: numbers."""
    order = np.argsort(-boxes.score, kind="stable")
    near = iou(boxes.xyxy[order], boxes.xyxy[order]) > overlap
    keep = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if keep[i]:
            keep[i + 1 :] &= ~near[i, i + 1 :]
    return order[keep]


def turned(xyxy: F32, quarters: int, size: tuple[float, float]) -> F32:
    """f32[n,4] in a picture of `size` (width, height), after that is turned counterclockwise by `quarters`."""
    width, height = size
    for _ in range(quarters % 4):
        x1, y1, x2, y2 = xyxy.T
        xyxy = np.stack([y1, width - x2, y2, width - x1], axis=1).astype(np.float32)
        width, height = height, width
    return xyxy
