"""PIXELS -> NOTHING LEFT (pure): what is inside a region is gone, from every plane.

Laws: a region is rounded outwards to whole samples of the coarsest plane, so that no plane keeps an edge that
another has lost; what `fill` writes depends on no pixel that was there. The other styles are for looks, and say so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Planes
from garim.cover.coarse import ACROSS, blur, mosaic
from garim.cover.fill import fill


class Style(StrEnum):
    """How a face is destroyed."""

    FILL = "fill"
    MOSAIC = "mosaic"
    BLUR = "blur"

    @property
    def warning(self) -> str:
        """What an attacker achieves against it, with the source; nothing for `FILL`."""
        if self is Style.FILL:
            return ""
        return (
            f"{self} can be partly reversed: a network named 57 % of faces at the first guess through a video site's "
            "blur (McPherson et al. 2016, arXiv 1609.00408), another matched 95.9 % of Gaussian-blurred faces again "
            f"(Revelio 2025, arXiv 2506.12344). Here {ACROSS} x {ACROSS} noisy cells are left of each face. Only "
            "fill leaves nothing"
        )


def destroy(planes: Planes, xyxy: NDArray[np.float32], style: Style, random: np.random.Generator) -> None:
    """Destroy what `planes` show inside each of `xyxy` f32[n,4] px, in place; `random` is for a style with noise."""
    match style:
        case Style.FILL:
            fill(planes, xyxy)
        case Style.MOSAIC:
            mosaic(planes, xyxy, random)
        case Style.BLUR:
            blur(planes, xyxy, random)
        case _:
            assert_never(style)


__all__ = ["Style", "blur", "destroy", "fill", "mosaic"]
