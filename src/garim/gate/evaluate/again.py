"""Whether one photo stands in a set twice, coded anew: as another file, smaller, or with more loss. Pure.

Law: it is asked of one person's photos alone, and of a picture as a whole: nothing here knows a face. Two photos of one
sitting in London differ by 6 of 255 in the mean at least, one photo coded anew at a JPEG quality of 20, or halved and
coded anew, by 0.8 at most; so `SAME` lies between. One that was cropped, turned or lit otherwise is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse

SIDE = 32
SAME = 2.0  # steps of 255, in the mean

Sketch = NDArray[np.float32]
"""f32[SIDE,SIDE]: how light each part of a picture is."""


def sketched(rgb: NDArray[np.uint8]) -> Sketch:
    """The sketch of u8[h,w,3]."""
    light = rgb.mean(axis=2, dtype=np.float32)
    for axis in (0, 1):
        size = light.shape[axis]
        starts = np.arange(SIDE) * size // SIDE
        counts = np.maximum(np.diff(np.append(starts, size)), 1).astype(np.float32)
        light = np.add.reduceat(light, starts, axis=axis) / (counts[:, None] if axis == 0 else counts)
    return np.asarray(light, np.float32)


def refuse_again(people: Iterable[Sequence[Sketch]]) -> None:
    """Raise `Misuse` where one of `people` has a photo twice: a mated pair that no matcher could miss."""
    twice = sum(bool(np.abs(a - b).mean() < SAME) for own in people for a, b in combinations(own, 2))
    if twice:
        raise Misuse(
            f"{twice} pairs of photos of one person are one photo, coded anew, which would make a matcher look better; "
            "nothing was logged. Take them out of the set"
        )
