"""Portraits for tests: drawn ones, and real people who agreed to research (the London set, beside the checkout)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from garim.core.image import Image
from garim.pictures import opened
from garim.recognise.portrait import Origin, Portrait
from garim.vision.faces import Faces

LONDON = Path(__file__).parents[3] / "shared" / "data" / "faces_london"
POINTS = np.array([(30, 40), (70, 40), (50, 60), (35, 80), (65, 80)], np.float32)


def drawn(origin: Origin = Origin.LIVE, session: str = "session", seed: int = 1) -> Portrait:
    """Noise with five points in it."""
    noise = np.random.default_rng(seed).integers(0, 256, (120, 100, 3), np.uint8)
    return Portrait(noise, POINTS, origin, session)


def photos() -> list[Path]:
    """The neutral photo of each, then the smiling one of each, in one order. Skips where they are not there."""
    found = [path for kind in ("neutral", "smiling") for path in sorted(LONDON.glob(f"*_{kind}.jpg"))]
    if not found:
        pytest.skip(f"faces_london: not in {LONDON.parent}")
    return found


@lru_cache(maxsize=1)
def _detector() -> Faces:
    return Faces()


def shown(rgb: NDArray[np.uint8], origin: Origin = Origin.LIVE, session: str = "session") -> Portrait:
    """The one face in it."""
    boxes, points = _detector().pointed(Image(np.ascontiguousarray(rgb[:, :, ::-1]), 1.0), 0.6)
    assert len(boxes) >= 1
    return Portrait(rgb, points.xy[0], origin, session)


def portrait(path: Path, origin: Origin = Origin.LIVE, session: str = "session") -> Portrait:
    """The one face in a photo."""
    return shown(opened(path).samples, origin, session)
