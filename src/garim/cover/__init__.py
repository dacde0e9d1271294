"""PIXELS -> NOTHING LEFT (pure): what is inside a region is gone, from every plane.

Laws: a region is rounded outwards to whole samples of the coarsest plane, so that no plane keeps an edge that
another has lost; what is written depends on no pixel that was there.
"""

from garim.cover.fill import fill

__all__ = ["fill"]
