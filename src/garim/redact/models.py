"""The models that a look may ask."""

from __future__ import annotations

from dataclasses import dataclass

from garim.inference.weights import Weight
from garim.vision.detector import Detector, Rests
from garim.vision.weights import CENTERFACE, YOLOX_NANO, YUNET


@dataclass(frozen=True, slots=True)
class Models:
    """The models at hand: `second` for every effort but fast, `people` where they are to be covered."""

    first: Detector
    second: Detector | None = None
    people: Detector | None = None

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The files that they are."""
        here = ((self.first, YUNET), (self.second, CENTERFACE), (self.people, YOLOX_NANO))
        return tuple(weight for model, weight in here if model is not None)

    def rest(self) -> None:
        """Have them let go of the memory that they look with."""
        every: tuple[object, ...] = (self.first, self.second, self.people)
        for model in every:
            if isinstance(model, Rests):
                model.rest()
