"""One radial term of distortion, there and back, exactly. Pure.

Laws: what is straight in the street is straight in *straight* px; `bent` undoes `straight`; a px that no ray reaches
through this lens is NaN, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_CUBIC = 1.5 * 3**0.5  # of Viete's solution of a cubic


@dataclass(frozen=True, slots=True)
class Lens:
    """straight = centre + (px - centre) * (1 + k1 * r^2), r in `radius_px`; `aspect` is a px's width to its height.

    k1 > 0 where straight lines bulge outwards (barrel). One term, and the centre of the picture where nothing else is
    known, after Tsai 1987, "A versatile camera calibration technique".
    """

    k1: float
    centre: tuple[float, float]
    aspect: float
    radius_px: float

    def __post_init__(self) -> None:
        if not np.isfinite([self.k1, *self.centre, self.aspect, self.radius_px]).all():
            raise ValueError("lens: finite numbers")
        if not (self.aspect > 0 and self.radius_px > 0):
            raise ValueError("lens: an aspect and a radius over 0")

    def straight(self, px: F64) -> F64:
        """Where the px f64[n,2] would be without distortion: f64[n,2]."""
        off = px - np.array(self.centre)
        square = self._square(off)
        seen = 1 + 3 * self.k1 * square > 0  # beyond, the picture would fold back on itself
        return np.asarray(np.where(seen[:, None], px + off * (self.k1 * square)[:, None], np.nan))

    def bent(self, straight: F64) -> F64:
        """Where `straight` f64[n,2] px are in the picture: f64[n,2].

        r + k1 r^3 = s has one solution in reach: 2 / sqrt(3k) sinh(asinh(1.5 sqrt(3k) s) / 3), sin for k1 < 0.
        """
        off = straight - np.array(self.centre)
        reach = np.sqrt(self._square(off))
        if self.k1 == 0:
            return straight.copy()
        root = np.sqrt(abs(self.k1))
        if self.k1 > 0:
            bent = np.sinh(np.arcsinh(_CUBIC * root * reach) / 3)
        else:
            inside = np.where(_CUBIC * root * reach < 1, _CUBIC * root * reach, np.nan)
            bent = np.sin(np.arcsin(inside) / 3)
        share = np.divide(bent * 2 / (3**0.5 * root), reach, out=np.ones_like(reach), where=reach > 0)
        return np.asarray(np.array(self.centre) + off * share[:, None])

    def slopes(self, px: F64) -> tuple[F64, F64]:
        """How `straight` changes at each px: by the px f64[n,2,2], and by k1 f64[n,2]."""
        off = px - np.array(self.centre)
        square = self._square(off)
        rise = 2 * off * np.array([self.aspect**2, 1]) / self.radius_px**2
        by_px = np.eye(2) * (1 + self.k1 * square)[:, None, None] + self.k1 * off[:, :, None] * rise[:, None, :]
        return by_px, off * square[:, None]

    def _square(self, off: F64) -> F64:
        return np.asarray(((off[:, 0] * self.aspect) ** 2 + off[:, 1] ** 2) / self.radius_px**2)


def plain(size: tuple[int, int], aspect: float = 1.0, k1: float = 0.0) -> Lens:
    """The lens of a picture of `size`, centred in it; r is 1 in its corners."""
    width, height = size
    return Lens(k1, (width / 2, height / 2), aspect, float(np.hypot(width * aspect, height) / 2))
