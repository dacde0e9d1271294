"""The models that a look may ask."""

from __future__ import annotations

from dataclasses import dataclass

from garim.vision.detector import Detector


@dataclass(frozen=True, slots=True)
class Models:
    """The models at hand: `second` for every effort but fast, `people` where the weight is there."""

    first: Detector
    second: Detector | None = None
    people: Detector | None = None
