"""A still's samples from its bytes, for who looks at many and keeps none: as large as it is looked at, and no larger.

Laws: read whole or not at all; of the size that its head was said to have; its orientation is applied; nothing of it
but its samples comes out. Colour profiles are not applied: cameras at gates write sRGB.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import JpegImagePlugin, PngImagePlugin

from garim.pictures.limits import reading
from garim.pictures.plain import turned

_READERS = {"JPEG": JpegImagePlugin.JpegImageFile, "PNG": PngImagePlugin.PngImageFile}


def rgb(data: bytes, kind: str, size: tuple[int, int], *, name: str, long_side: int) -> NDArray[np.uint8]:
    """u8[h,w,3], upright, `long_side` px at most on its longer side; `size` is the (width, height) that is expected.

    A JPEG is decoded at a half, a quarter or an eighth where that leaves three quarters of `long_side`. Raises
    `Unreadable`, which says `name`.
    """
    with reading(Path(name)):
        picture: Pillow.Image = _READERS[kind](io.BytesIO(data))
        if picture.size != size:
            raise ValueError("it is not of the size that its head says")
        scale = min(1.0, long_side / max(size))
        shown = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        picture.draft("RGB", (shown[0] * 3 // 4, shown[1] * 3 // 4))  # a little small is not enlarged again
        picture.load()
        upright = turned(picture)
        if upright.mode == "I;16":  # convert() would clip it; the upper byte of each pair is the second
            upright = Pillow.frombytes("L", upright.size, upright.tobytes()[1::2])
        small = upright.convert("RGB")
        if max(small.size) > long_side:
            wide, high = shown if (small.width > small.height) == (shown[0] > shown[1]) else shown[::-1]
            small = small.resize((wide, high), Pillow.Resampling.BOX)
        return np.array(small, np.uint8)
