"""A face -> the same face where a model expects it: one similarity, one warp. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def similarity(source: F64, target: F64) -> F64:
    """f64[2,3] that takes points `source` f64[n,2] nearest to `target`, turning, scaling and moving, never mirroring.

    The least-squares solution of Umeyama 1991, "Least-squares estimation of transformation parameters between two point
    patterns", eq. 40-42. Raises `ValueError` where all of `source` are one point.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    spread = source.var(axis=0).sum()
    if not spread > 0:
        raise ValueError("align: points that are not all one")
    left, sizes, right = np.linalg.svd((target - target_mean).T @ (source - source_mean) / len(source))
    mirror = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = left @ np.diag(mirror) @ right
    matrix = turn * ((sizes * mirror).sum() / spread)
    return np.column_stack([matrix, target_mean - matrix @ source_mean])


def warped(rgb: NDArray[np.uint8], to: F64, side: int) -> NDArray[np.uint8]:
    """u8[side,side,3]: `rgb` after `to`, bilinear; what lies outside of the picture is black.

    Where the picture is more than twice as large, whole blocks are averaged first, so that no pixel goes unseen.
    """
    back = np.linalg.inv(np.vstack([to, [0, 0, 1]]))[:2]
    rows, columns = np.mgrid[:side, :side]
    x, y = np.tensordot(back[:, :2], np.stack([columns, rows]), axes=1) + back[:, 2, None, None]
    block = max(1, int(np.hypot(back[0, 0], back[1, 0])))
    left, top = (max(0, int(np.floor(place.min())) - block) for place in (x, y))
    right, bottom = (max(0, int(np.ceil(place.max())) + 2 * block) for place in (x, y))
    small = _averaged(rgb[top:bottom, left:right], block)
    # the middle of block i is at block * i + (block - 1) / 2
    middle = (block - 1) / 2
    pixels = _bilinear(small, ((x - left - middle) / block).ravel(), ((y - top - middle) / block).ravel())
    return pixels.reshape(side, side, 3)


def aligned(rgb: NDArray[np.uint8], points: NDArray[np.float32], reference: F64, side: int) -> NDArray[np.uint8]:
    """u8[side,side,3] in which `points` f32[5,2] of `rgb` lie as near to `reference` f64[5,2] px as they can."""
    return warped(rgb, similarity(points.astype(np.float64), reference), side)


def _averaged(rgb: NDArray[np.uint8], block: int) -> NDArray[np.uint8]:
    if block == 1:
        return rgb
    height, width = (side // block * block for side in rgb.shape[:2])
    lines = np.zeros((height // block, width, 3), np.uint32)
    for row in range(block):
        lines += rgb[row:height:block, :width]
    total = np.zeros((height // block, width // block, 3), np.uint32)
    for column in range(block):
        total += lines[:, column::block]
    return np.asarray((total + block * block // 2) // (block * block), np.uint8)


def _bilinear(rgb: NDArray[np.uint8], x: F64, y: F64) -> NDArray[np.uint8]:
    """u8[n,3]: `rgb` at each of `x`, `y` f64[n], black outside."""
    height, width = rgb.shape[:2]
    framed = np.zeros((height + 2, width + 2, 3), np.float32)  # black all around: no corner of a pixel is missing
    framed[1:-1, 1:-1] = rgb
    pixels = framed.reshape(-1, 3)
    # beyond the frame everything is as black as the frame
    x, y = (np.clip(place + 1, 0, size) for place, size in ((x, width + 1), (y, height + 1)))
    left, top = np.minimum(x.astype(np.int64), width), np.minimum(y.astype(np.int64), height)
    across, down = (place.astype(np.float32)[:, None] for place in (x - left, y - top))
    first = top * (width + 2) + left
    upper = pixels[first] * (1 - across) + pixels[first + 1] * across
    lower = pixels[first + width + 2] * (1 - across) + pixels[first + width + 3] * across
    return np.asarray(np.rint(upper * (1 - down) + lower * down), np.uint8)
