"""Photos -> templates, as the gate takes them; or that one cannot be compared: a failure to acquire.

Laws: of a photo nothing is kept but its template and a sketch of 32 by 32, in this process alone, until the call ends.
A probe is taken as the gate takes a still of the traveller: one face, its pose, its quality (`gate.quality.fit`). A
reference is taken as the gate takes a passport's portrait: one face, upright, whatever its quality.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.gate.evaluate.again import Sketch, sketched
from garim.gate.one_face import LOOK, Face, one_face, shown
from garim.gate.pose import HeadPose
from garim.gate.quality import fit, measured
from garim.pictures import opened
from garim.recognise.matcher import Matcher
from garim.recognise.portrait import Origin, Portrait
from garim.recognise.template import Template
from garim.vision.faces import Faces

U8 = NDArray[np.uint8]

CLOSE = 640  # px of the longer side, as the gate compares
_AHEAD = 4  # photos that are read while another is looked at

Progress = Callable[[str, int, int | None], object]


@dataclass(frozen=True, slots=True)
class Photo:
    """Where it is, and whether it is somebody's reference; otherwise it is a probe."""

    path: Path
    reference: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Taken:
    """What became of a photo: `template` is None where the gate could not compare it."""

    template: Template | None
    sketch: Sketch


def taken(photos: Sequence[Photo], matcher: Matcher, session: str, progress: Progress) -> Iterator[Taken]:
    """Each photo as the gate would take it. Raises `Unreadable`, `NoWeights`."""
    faces, pose = Faces(), HeadPose()
    for number, (photo, (small, close)) in enumerate(zip(photos, _read(photos), strict=True), 1):
        face = _acquired(small, close, faces, None if photo.reference else pose)
        yield Taken(None if face is None else _template(close, face, matcher, session), sketched(small))
        progress("photos", number, len(photos))


def _read(photos: Sequence[Photo]) -> Iterator[tuple[U8, Image]]:
    """Each photo as it is looked at, RGB, and as it is compared."""
    with ThreadPoolExecutor(1) as reader:
        reading = deque[Future[tuple[U8, Image]]]()
        for photo in photos:
            reading.append(reader.submit(_pixels, photo.path))
            if len(reading) > _AHEAD:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()


def _pixels(path: Path) -> tuple[U8, Image]:
    still = opened(path)
    return np.ascontiguousarray(still.image(LOOK).bgr[:, :, ::-1]), still.image(CLOSE)


def _acquired(small: U8, close: Image, faces: Faces, pose: HeadPose | None) -> Face | None:
    """The one face, in px of `close`; where its `pose` is asked for, only if it is fit to be compared."""
    found = one_face(faces, small)
    if not isinstance(found, Face):
        return None
    face = found.scaled(close.bgr.shape[1] / small.shape[1])
    if pose is None:
        return face
    original = face.scaled(1 / close.scale)
    components = measured(close, original.box, original.points, pose(shown(small), found.box), faces=1)
    return face if fit(components) else None


def _template(close: Image, face: Face, matcher: Matcher, session: str) -> Template | None:
    rgb = np.ascontiguousarray(close.bgr[:, :, ::-1])
    try:
        return matcher.template(Portrait(rgb, face.points, Origin.CONSENTED, session))
    except ValueError:  # lies on its side, or upside down
        return None
