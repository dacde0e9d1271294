"""Portrait: one face in one upright still, and whose consent brought it here. The only thing a matcher takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, SupportsIndex

import numpy as np
from numpy.typing import NDArray


class Origin(Enum):
    """Where a portrait is from. There is no other place."""

    DOCUMENT = "document"  # the passport that its owner handed over
    LIVE = "live"  # the capture of the traveller who stands there
    CONSENTED = "consented"  # a set whose subjects agreed to its evaluation


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Portrait:
    """`rgb` u8[h,w,3], upright; `points` f32[5,2] px, as `Landmarks` orders them; `session` is what it belongs to.

    The session is a capture's, or an evaluation's: portraits of two sessions are never compared.
    """

    rgb: NDArray[np.uint8]
    points: NDArray[np.float32]
    origin: Origin
    session: str

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8 or 0 in self.rgb.shape:
            raise ValueError(f"portrait: u8[h,w,3], not {self.rgb.dtype}{list(self.rgb.shape)}")
        if self.points.shape != (5, 2) or self.points.dtype != np.float32 or not np.isfinite(self.points).all():
            raise ValueError("portrait: points f32[5,2], all finite")
        size = np.array(self.rgb.shape[1::-1])
        if (self.points < -size).any() or (self.points > 2 * size).any():
            raise ValueError("portrait: points in the picture, or not far beside it")
        right_eye, left_eye, _, right_mouth, left_mouth = self.points
        # a head may be tilted by most of a right angle; a picture that lies on its side or is mirrored may not come in
        if not (right_eye[0] < left_eye[0] and (right_eye + left_eye)[1] < (right_mouth + left_mouth)[1]):
            raise ValueError("portrait: upright, right eye left of the left one and the eyes above the mouth")
        if not self.session:
            raise ValueError("portrait: of a session")

    def __repr__(self) -> str:
        return f"Portrait({self.origin.name})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a portrait has no file and no copy")

    def __setstate__(self, state: Any) -> NoReturn:
        raise TypeError("a portrait has no file and no copy")
