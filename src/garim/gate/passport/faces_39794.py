"""Face records of ISO/IEC 39794-5:2019 in the profile that ICAO made of it: read since 2026, issued by 2030.

Laws: the walk follows the standard's module (ID-ICAO-ISO-IEC-39794-5-ed-1-v1; DER, so lengths in their shortest form)
by tags, each of them there once; what the module lets later editions add is passed by; what it demands and is not
there is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from garim.gate.passport.face_image import FaceImage, FeaturePoint, face_image
from garim.gate.passport.image_head import Kind
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.tlv import Tlv, every, inside, one, only

STANDARD = "ISO/IEC 39794-5:2019"
MOST_IMAGES = 9  # ICAO's profile has one, the standard itself any number
_WRAPPER = 0xA1
_RECORD = 0x65  # FaceImageDataBlock ::= [APPLICATION 5] SEQUENCE
_SEQUENCE = 0x30
_GENERATION = 3  # the extensible formats; ISO/IEC 19794 was the second
_KINDS: dict[int, Kind] = {2: "JPEG", 3: "JPEG 2000", 4: "JPEG 2000"}
_TYPES = {0: "MRTD"}
# MPEG-4's groups of feature points, in the order in which the module counts them through: group, and how many
_GROUPS = ((2, 14), (3, 14), (4, 6), (5, 4), (6, 4), (7, 1), (8, 10), (9, 15), (10, 10), (11, 6), (12, 4))
_CODES = [f"{group}.{number}" for group, count in _GROUPS for number in range(1, count + 1)]


def faces(block: bytes) -> list[FaceImage]:
    """The images in a biometric data block. Raises `Refused`."""
    record = one(block)
    if record.tag == _WRAPPER:
        record = one(record.value)
    if record.tag != _RECORD:
        raise _refused(Reason.FACE_RECORD, "is neither of ISO/IEC 19794-5 nor of 39794-5")
    generation = _number(inside(record, 0xA0, 0x80))
    if generation != _GENERATION:
        raise _refused(Reason.FACE_RECORD, f"is of generation {generation} of its format; {_GENERATION} is read")
    images = every(inside(record, 0xA1).value)
    if not 1 <= len(images) <= MOST_IMAGES:
        raise _refused(Reason.FACE_COUNT, f"holds {len(images)} images; 1 to {MOST_IMAGES} are taken")
    return [_face(image) for image in images]


def _face(image: Tlv) -> FaceImage:
    """One RepresentationBlock: [1] imageRepresentation, whose base [0] is an imageRepresentation2DBlock [0]."""
    if image.tag != _SEQUENCE:
        raise _refused(Reason.FACE_RECORD, "holds something else where an image belongs")
    flat = inside(image, 0xA1, 0xA0, 0xA0)
    said = inside(flat, 0xA1)
    code = _coded_as(inside(said, 0xA0))
    kind = _KINDS.get(code)
    if kind is None:
        raise _refused(Reason.IMAGE_FORMAT, f"says that its image is coded as number {code}, which is none taken")
    size = only(every(said.value), 0xA7)
    return face_image(
        inside(flat, 0x80).value,
        said_kind=kind,
        said_size=(_number(inside(size, 0x80)), _number(inside(size, 0x81))) if size else None,
        image_type=_image_type(only(every(said.value), 0xA1)),
        standard=STANDARD,
        feature_points=_points(only(every(image.value), 0xA9)),
    )


def _image_type(kind: Tlv | None) -> str:
    return _TYPES.get(_coded_as(kind), "") if kind else ""


def _points(landmarks: Tlv | None) -> Iterator[FeaturePoint]:
    """Those that say where in the picture they are: [1] coordinates, whose base [0] is flat and Cartesian [0]."""
    for landmark in every(landmarks.value) if landmarks else ():
        coordinates = only(every(landmark.value), 0xA1)
        flat = _step(coordinates, 0xA0, 0xA0)
        if flat is not None:
            x, y = (_number(inside(flat, tag)) for tag in (0x80, 0x81))
            yield FeaturePoint(_point_code(inside(landmark, 0xA0)), x, y)


def _point_code(kind: Tlv) -> str:
    """As MPEG-4 has it, "12.1"; "" for points that are named otherwise."""
    code = _step(kind, 0xA0, 0xA0)
    if code is None:
        return ""
    number = _coded_as(code)
    return _CODES[number] if 0 <= number < len(_CODES) else ""


def _step(outer: Tlv | None, *tags: int) -> Tlv | None:
    """As `inside`, None where a step is not there."""
    for tag in tags:
        outer = only(every(outer.value), tag) if outer else None
    return outer


def _coded_as(choice: Tlv) -> int:
    """A code, or that which an extension of it says to fall back to; -1 where it says neither."""
    code = _step(choice, 0x80) or _step(choice, 0xA1, 0x80)
    return _number(code) if code else -1


def _number(value: Tlv) -> int:
    """An INTEGER or ENUMERATED from 0 on."""
    if not 1 <= len(value.value) <= 4:
        raise _refused(Reason.FACE_RECORD, "holds a number of a wrong length")
    number = int.from_bytes(value.value, signed=True)
    if number < 0:
        raise _refused(Reason.FACE_RECORD, "holds a number below 0")
    return number


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"the face record {what}; nothing of it was taken. Read the chip again")
