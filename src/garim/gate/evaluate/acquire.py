"""Photos -> templates, one after the other, as the gate takes the picture of a traveller; or that there is no one face.

Law: of a photo nothing is kept but its template, in this process alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.gate.one_face import LOOK, Face, one_face
from garim.pictures import opened
from garim.recognise.matcher import Matcher
from garim.recognise.portrait import Origin, Portrait
from garim.recognise.template import Template
from garim.vision.faces import Faces

U8 = NDArray[np.uint8]

CLOSE = 640  # px of the longer side, as the gate compares
_AHEAD = 4  # photos that are read while another is looked at

Progress = Callable[[str, int, int | None], object]


def templates(photos: Sequence[Path], matcher: Matcher, session: str, progress: Progress) -> Iterator[Template | None]:
    """A template for each photo; None where no one face was found: a failure to acquire. Raises `Unreadable`."""
    faces = Faces()
    for number, (small, close) in enumerate(_read(photos), 1):
        yield _template(small, close, faces, matcher, session)
        progress("photos", number, len(photos))


def _read(photos: Sequence[Path]) -> Iterator[tuple[U8, U8]]:
    """Each photo as it is looked at and as it is compared."""
    with ThreadPoolExecutor(1) as reader:
        reading = deque[Future[tuple[U8, U8]]]()
        for path in photos:
            reading.append(reader.submit(_pixels, path))
            if len(reading) > _AHEAD:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()


def _pixels(path: Path) -> tuple[U8, U8]:
    still = opened(path)
    small, close = (np.ascontiguousarray(still.image(side).bgr[:, :, ::-1]) for side in (LOOK, CLOSE))
    return small, close


def _template(small: U8, close: U8, faces: Faces, matcher: Matcher, session: str) -> Template | None:
    found = one_face(faces, small)
    if not isinstance(found, Face):
        return None
    points = found.scaled(close.shape[1] / small.shape[1]).points
    try:
        return matcher.template(Portrait(close, points, Origin.CONSENTED, session))
    except ValueError:  # lies on its side, or upside down
        return None
