"""The default matcher: Open Model Zoo's face-reidentification-retail-0095, by cosine."""

from __future__ import annotations

import numpy as np

from garim.inference.network import load
from garim.recognise.align import aligned
from garim.recognise.matcher import Name
from garim.recognise.portrait import Portrait
from garim.recognise.template import Metric, Template
from garim.recognise.weights import OMZ_0095

SIDE = 128
OUTPUTS = {"658": (256, 1, 1)}
# where the model wants the five points: its README in the Open Model Zoo
REFERENCE = SIDE * np.array(
    [
        (0.31556875, 0.4615741071428571),
        (0.6826229166666667, 0.4615741071428571),
        (0.5002625, 0.6405053571428571),
        (0.34947187500000004, 0.8246919642857142),
        (0.6534364583333333, 0.8246919642857142),
    ]
)
CAUTION = "what it was trained on is not disclosed, nor how it errs by origin, age and sex"


class Omz:
    """Loaded once. Raises `NoWeights` at birth where the model is missing or is not the pinned one."""

    name = Name.OMZ_0095
    metric = Metric.COSINE
    caution = CAUTION

    def __init__(self, *, threads: int = 1) -> None:
        self._network = load(OMZ_0095, OUTPUTS, threads=threads)

    def template(self, portrait: Portrait) -> Template:
        face = aligned(portrait.rgb, portrait.points, REFERENCE, SIDE)
        numbers = self._network(face[:, :, ::-1])["658"].reshape(-1)  # it wants BGR
        return Template(numbers.astype(np.float64), portrait, self.name)

    def similarity(self, a: Template, b: Template) -> float:
        """The cosine of the angle between them, -1 to 1."""
        return Template.compared(a, b, self.name, self.metric)
