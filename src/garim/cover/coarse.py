"""Mosaic and blur: for looks. What is left of a face is a small number of cells, the same whatever its size.

A mosaic whose cells are so many px keeps more of a large face than of a small one; here each region keeps
`ACROSS` x `ACROSS` means, and noise on them. A blur is the same means with smooth passages between, so it holds
no more than the mosaic does. Faces were named through both (McPherson et al. 2016, arXiv 1609.00408): neither is
the default.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Planes
from garim.cover.fill import cells

F64 = NDArray[np.float64]

ACROSS = 5  # cells on each side of a region
NOISE = 0.04  # standard deviation of what is added to each cell, as a share of the samples' range


def mosaic(planes: Planes, xyxy: NDArray[np.float32], random: np.random.Generator) -> None:
    """Leave `ACROSS` x `ACROSS` flat, noisy cells inside each of `xyxy` f32[n,4] px, in place."""
    _spread(planes, xyxy, random, steps)


def blur(planes: Planes, xyxy: NDArray[np.float32], random: np.random.Generator) -> None:
    """Leave the same cells, with smooth passages between, inside each of `xyxy` f32[n,4] px, in place."""
    _spread(planes, xyxy, random, slopes)


def steps(length: int) -> F64:
    """Which cell each of `length` samples is in: f64[length,ACROSS] of 0 and 1."""
    return np.asarray(np.eye(ACROSS)[np.arange(length) * ACROSS // length])


def slopes(length: int) -> F64:
    """How much each of `length` samples has of each cell, linear between their middles: f64[length,ACROSS]."""
    place = (np.arange(length) + 0.5) * ACROSS / length - 0.5
    return np.asarray(np.clip(1 - np.abs(np.clip(place, 0, ACROSS - 1)[:, None] - np.arange(ACROSS)), 0, 1))


def _spread(
    planes: Planes, xyxy: NDArray[np.float32], random: np.random.Generator, share: Callable[[int], F64]
) -> None:
    for x1, y1, x2, y2 in cells(planes, xyxy):
        for number, (plane, (sx, sy)) in enumerate(zip(planes.arrays, planes.shifts, strict=True)):
            part = plane[y1 >> sy : -(-y2 >> sy), x1 >> sx : -(-x2 >> sx)]
            if number == planes.alpha:
                part[...] = planes.top
                continue
            left = _means(part) + random.normal(0, NOISE * planes.top, (ACROSS, ACROSS))
            new = share(part.shape[0]) @ left @ share(part.shape[1]).T
            part[...] = np.clip(np.rint(new), 0, planes.top).astype(part.dtype)


def _means(part: NDArray[np.generic]) -> F64:
    """The mean of each cell of a plane's part; of a part with fewer samples than cells, some are empty: 0."""
    rows, columns = steps(part.shape[0]), steps(part.shape[1])
    count = rows.sum(axis=0)[:, None] * columns.sum(axis=0)
    return np.asarray((rows.T @ part.astype(np.float64) @ columns) / np.maximum(count, 1))
