"""A view without its people: what is there when nobody stands in the way; where somebody always does, grey. Pure.

Laws: a px is taken only from moments in which no person's box covers it, and from several, so that one person whom
the detector missed is outvoted; what is never free, or looks like a person afterwards, is filled with one grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing

from garim.core.boxes import Boxes, grown
from garim.core.image import Image

U8 = NDArray[np.uint8]

GREY = 128
MARGIN = 0.15  # of a box, on every side
FLOOR = 0.12  # a score from which something may be a person
FEWEST_FREE = 5  # moments that agree on a px
SLIT = 0.015  # of the picture's width: what is seen between two grey places is a person's edge
ROWS = 64  # at once: the median copies what it sorts

Look = Callable[[Image, float], Boxes]


def emptied(images: Sequence[Image], boxes: Sequence[Boxes], look: Look) -> tuple[Image, float]:
    """`images` of one view, alike in size, as one without the people in `boxes` px; and the share that is grey.

    `look` is asked about the result, straight and in the mirror: whom it still sees is filled, too.
    """
    shown = np.stack([image.bgr for image in images])
    scale = images[0].scale
    covered = np.stack([_covered(shown.shape[1:3], found.xyxy * scale) for found in boxes])
    free = (~covered).sum(axis=0)
    merged = np.full(shown.shape[1:], GREY, np.uint8)
    for row in range(0, len(merged), ROWS):
        band = slice(row, row + ROWS)
        merged[band] = _middle(shown[:, band], covered[:, band])
    hidden = _joined(free < FEWEST_FREE)
    merged[hidden] = GREY
    while (left := _covered(merged.shape[:2], _seen(Image(merged, scale), look)) & ~hidden).any():
        hidden = _joined(hidden | left)
        merged[hidden] = GREY
    return Image(merged, scale), float(hidden.mean())


def _middle(shown: U8, covered: NDArray[np.bool_]) -> U8:
    """The median of the moments u8[n,h,w,3] in which a px is not covered."""
    count = (~covered).sum(axis=0)
    # covered ones sort last, so the middle of the free ones is half of their count from the start
    keyed = np.sort(np.where(covered[..., None], np.uint16(256), shown.astype(np.uint16)), axis=0)
    place = np.maximum(count - 1, 0) // 2
    middle = np.take_along_axis(keyed, place[None, :, :, None], axis=0)[0]
    return np.asarray(middle.clip(0, 255), np.uint8)


def _joined(hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the slits between."""
    across = max(1, round(SLIT * hidden.shape[1]))
    return np.asarray(binary_closing(hidden, iterations=across) | hidden)


def _seen(image: Image, look: Look) -> NDArray[np.float32]:
    """Boxes of whoever may be in `image`, in its own px: f32[n,4]."""
    straight, mirrored = look(image, FLOOR).xyxy, look(image.mirrored(), FLOOR).xyxy
    x1, y1, x2, y2 = (mirrored * np.float32(image.scale)).T
    width = np.float32(image.bgr.shape[1])
    back = np.stack([width - x2, y1, width - x1, y2], axis=1)
    return np.concatenate([straight * np.float32(image.scale), back])


def _covered(shape: tuple[int, ...], xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which px boxes f32[n,4], and a margin around them, cover: b[h,w]."""
    mask = np.zeros(shape, bool)
    for x1, y1, x2, y2 in grown(xyxy, MARGIN).tolist():
        mask[max(0, int(y1)) : max(0, int(np.ceil(y2))), max(0, int(x1)) : max(0, int(np.ceil(x2)))] = True
    return mask
