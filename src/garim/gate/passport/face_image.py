"""One image of a face, as a passport holds it: still coded, with what its record says of it.

Laws: what the bytes are is taken from the bytes; where the record around them says something else, that is a
deviation to be shown, for real passports have them; no repr shows a pixel or a point of the face.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from garim.gate.passport.image_head import Kind, head
from garim.gate.passport.outcomes import Reason


@dataclass(frozen=True, slots=True)
class FeaturePoint:
    """A point of the face in px; `code` is MPEG-4's, "12.1", or "" where it is named otherwise."""

    code: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class FaceImage:
    """One image: `data` as coded, `width` and `height` in px by its own head.

    `image_type` is the record's word for the pose and cut: "full frontal"; "" where it does not say. `standard` is
    the one that the record follows; `deviations` say in what it does not.
    """

    kind: Kind
    data: bytes = field(repr=False)
    width: int
    height: int
    image_type: str
    standard: str
    feature_points: tuple[FeaturePoint, ...] = field(default=(), repr=False)
    deviations: tuple[Reason, ...] = ()


def face_image(
    data: bytes,
    *,
    said_kind: Kind,
    said_size: tuple[int, int] | None,
    image_type: str,
    standard: str,
    feature_points: Iterable[FeaturePoint] = (),
    deviations: Iterable[Reason] = (),
) -> FaceImage:
    """The image that `data` is, of which its record says `said_kind` and `said_size`. Raises `Refused`."""
    kind, width, height = head(data)
    found = list(deviations)
    if kind != said_kind:
        found.append(Reason.IMAGE_TYPE_DIFFERS)
    if said_size is not None and said_size != (width, height):
        found.append(Reason.IMAGE_SIZE_DIFFERS)
    return FaceImage(kind, data, width, height, image_type, standard, tuple(feature_points), tuple(found))
