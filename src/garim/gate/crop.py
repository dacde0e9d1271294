"""A part of a picture at another size, every pixel of it weighed: what a network of a fixed size is shown.

Laws: pure numpy; what lies outside the picture is black, as the networks' own tools have it; shrinking averages (a
triangle as wide as the step), so that nothing of the picture falls between the samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
_LEAST = 0.999  # px: what float32 makes of one, far from the corner of a picture


def resampled(picture: U8, xyxy: F32, size: tuple[int, int]) -> U8:
    """The part `xyxy` f32[4] px (it may reach outside) of `picture` u8[h,w,c], at `size`, which is width and height."""
    x1, y1, x2, y2 = map(float, xyxy)
    if not (min(x2 - x1, y2 - y1) >= _LEAST and np.isfinite(xyxy).all()):
        raise ValueError("resampled: a part of at least one pixel")
    height, width = picture.shape[:2]
    left, right = _span(x1, x2, width, size[0])
    top, bottom = _span(y1, y2, height, size[1])
    if left >= right or top >= bottom:
        return np.zeros((size[1], size[0], picture.shape[2]), np.uint8)
    part = picture[top:bottom, left:right].astype(np.float32)
    rows = _weights(y1, y2, top, bottom, size[1])
    columns = _weights(x1, x2, left, right, size[0])
    lines = (rows @ part.reshape(bottom - top, -1)).reshape(size[1], right - left, -1)
    shown = np.einsum("ywc,xw->yxc", lines, columns, optimize=True)
    sampled: U8 = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    return sampled


def _span(begin: float, end: float, size: int, count: int) -> tuple[int, int]:
    """The pixels that any sample has a weight for."""
    reach = max(1.0, (end - begin) / count)
    return max(0, int(np.floor(begin - reach))), min(size, int(np.ceil(end + reach)))


def _weights(begin: float, end: float, first: int, last: int, count: int) -> F32:
    """f32[count,last-first]: how much of each pixel is in each sample. A row sums to 1 where it is inside."""
    step = (end - begin) / count
    centres = begin + (np.arange(count) + 0.5) * step
    reach = max(1.0, step)
    away = np.abs(np.arange(first, last)[None, :] + 0.5 - centres[:, None]) / reach
    whole = np.maximum(0.0, 1 - away)
    # a row's full sum, as if the picture went on: what is missing at its edges is black
    pixels = np.arange(np.floor(begin - reach), np.ceil(end + reach))
    sums = np.maximum(0.0, 1 - np.abs(pixels[None, :] + 0.5 - centres[:, None]) / reach).sum(axis=1)
    weights: F32 = (whole / sums[:, None]).astype(np.float32)
    return weights
