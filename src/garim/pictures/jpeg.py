"""An image as the bytes of a JPEG file, for pages that show it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow

from garim.core.image import Image

QUALITY = 82


def jpeg(image: Image) -> bytes:
    """`image` as a JPEG file, without metadata."""
    file = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(image.bgr[:, :, ::-1])).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
