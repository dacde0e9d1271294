"""A better light for looking: what is dark, or of hardly any contrast, is calmed and stretched to the whole range.

Nothing of it is ever written: models alone see it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image

U8 = NDArray[np.uint8]

SAMPLED = 4  # every so many rows and columns tell how bright a picture is
DARK = 110  # of 255: where all but lamps, nineteen pixels of twenty, are darker
FLAT = 64  # ... or nine of ten are within such a range
LIGHTEST, DARKEST = 99.5, 1.0  # percentiles that become white and black
MIDDLE = 0.35  # of the range, where the middle pixel goes
BRIGHTEST = 0.4  # the least exponent: more would make noise of what is black


def dark(image: Image) -> bool:
    """Whether a model should be shown `image` in a better light, too."""
    counts = np.bincount(_brightest(image.bgr).ravel(), minlength=256).cumsum()  # a sixth of what np.percentile takes
    low, high = np.searchsorted(counts, counts[-1] * np.array([0.05, 0.95])).tolist()
    return bool(high < DARK or high - low < FLAT)


def lit(image: Image) -> Image:
    """`image`, in a better light where it is `dark`."""
    return evened(image) if dark(image) else image


def evened(image: Image) -> Image:
    """`image` without the noise of the dark, its range stretched and its middle lifted; every channel alike."""
    calm = _median(image.bgr)
    light = _brightest(calm)
    high = max(float(np.percentile(light, LIGHTEST)), 16.0)
    low = min(float(np.percentile(calm[::SAMPLED, ::SAMPLED].min(axis=2), DARKEST)), high / 2)
    middle = np.clip((float(np.median(light)) - low) / (high - low), 0.05, 1)
    exponent = 1.0 if middle >= MIDDLE else max(BRIGHTEST, float(np.log(MIDDLE) / np.log(middle)))
    curve = 255 * np.clip((np.arange(256) - low) / (high - low), 0, 1) ** exponent
    return Image(np.take(curve.round().astype(np.uint8), calm), image.scale)


def _brightest(bgr: U8) -> U8:
    """The brightest channel of a sample of the pixels."""
    blue, green, red = np.moveaxis(bgr[::SAMPLED, ::SAMPLED], 2, 0)
    return np.asarray(np.maximum(np.maximum(blue, green), red))


def _median(bgr: U8) -> U8:
    """Of three neighbours across, then of three down: takes the noise out and leaves edges."""
    wide = np.pad(bgr, ((0, 0), (1, 1), (0, 0)), mode="edge")
    across = _middle(wide[:, :-2], bgr, wide[:, 2:])
    high = np.pad(across, ((1, 1), (0, 0), (0, 0)), mode="edge")
    return _middle(high[:-2], across, high[2:])


def _middle(a: U8, b: U8, c: U8) -> U8:
    return np.asarray(np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)))
