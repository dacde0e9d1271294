"""Face records of ISO/IEC 19794-5: of 2005 (FAC 010), which ICAO Doc 9303-10 names, and of 2011 (FAC 030).

Laws: a record is its header and its images, end to end; a length that reaches beyond the bytes is refused; bytes left
over are refused, but for the few that real passports leave (New Zealand's: 8, the United Kingdom's: 1, as gmrtd
found), which are a deviation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from garim.gate.passport.face_image import FaceImage, FeaturePoint, face_image
from garim.gate.passport.image_head import Kind
from garim.gate.passport.outcomes import Reason, Refused

MOST_IMAGES = 9  # in one record; passports hold one
_MOST_LEFT_OVER = 8
_MAGIC = b"FAC\0"
_POINT = 8  # bytes
_MOST_POINTS = 256
_TYPES = {0: "basic", 1: "full frontal", 2: "token frontal"}


@dataclass(frozen=True, slots=True)
class _Form:
    """A version of the format: how long its parts are, in bytes, and what it calls codings."""

    standard: str
    header: int
    before: int  # of an image's header, up to the count of quality records or, where there are none, of points
    qualities: bool
    facial: int  # from the count of points on
    image: int
    kinds: dict[int, Kind]
    sized: bool  # the coded image has a length of its own before it


_FORMS = {
    b"010\0": _Form("ISO/IEC 19794-5:2005", 14, 4, False, 16, 12, {0: "JPEG", 1: "JPEG 2000"}, False),
    b"030\0": _Form(
        "ISO/IEC 19794-5:2011", 17, 18, True, 17, 11, {0: "JPEG", 1: "JPEG 2000", 2: "JPEG 2000"}, True
    ),
}  # fmt: skip


class _Parts(NamedTuple):
    """One image's block, taken apart."""

    points: tuple[FeaturePoint, ...]
    image_type: int
    data_type: int
    size: tuple[int, int]
    coded: bytes


def is_record(data: bytes) -> bool:
    """Whether `data` begins as a face record of this standard does."""
    return data.startswith(_MAGIC)


def faces(record: bytes) -> list[FaceImage]:
    """The images in `record`. Raises `Refused`."""
    try:
        return _faces(record)
    except struct.error:
        raise _refused(Reason.TRUNCATED, "ends before it is complete") from None


def _faces(record: bytes) -> list[FaceImage]:
    form = _FORMS.get(record[4:8])
    if not is_record(record) or form is None:
        raise _refused(Reason.FACE_RECORD, "is of no version of ISO/IEC 19794-5 that passports use")
    length, count = struct.unpack_from(">IH", record, 8)
    if not 1 <= count <= MOST_IMAGES:
        raise _refused(Reason.FACE_COUNT, f"says that it holds {count} images; 1 to {MOST_IMAGES} are taken")
    if not 0 <= len(record) - length <= _MOST_LEFT_OVER:
        raise _refused(Reason.RECORD_LENGTH, f"has {len(record)} bytes and says {length}")
    if form.qualities and record[14] != 0:  # the byte says whether each image has certifications: faces have none
        raise _refused(Reason.FACE_RECORD, "has certifications, which faces do not have")
    blocks, end = _blocks(record, form, count)
    left_over = len(record) - end
    if left_over > _MOST_LEFT_OVER:
        raise _refused(Reason.RECORD_LENGTH, f"holds {left_over} bytes behind its last image")
    odd = (Reason.RECORD_LENGTH,) if left_over or length != len(record) else ()
    return [_image(parts, form, odd) for parts in blocks]


def _blocks(record: bytes, form: _Form, count: int) -> tuple[list[_Parts], int]:
    found: list[_Parts] = []
    at = form.header
    for _ in range(count):
        (length,) = struct.unpack_from(">I", record, at)
        if at + length > len(record):
            raise _refused(Reason.RECORD_LENGTH, "holds an image that says it reaches beyond the end")
        found.append(_parts(record[at : at + length], form))
        at += length
    return found, at


def _parts(block: bytes, form: _Form) -> _Parts:
    at = form.before
    if form.qualities:
        at += 1 + 5 * struct.unpack_from("B", block, at)[0]
    (count,) = struct.unpack_from(">H", block, at)
    if count > _MOST_POINTS:
        raise _refused(Reason.FACE_RECORD, f"says that it holds {count} points of a face")
    at += form.facial
    behind = at + count * _POINT
    points = tuple(_points(block, at, count))
    image_type, data_type, width, height = struct.unpack_from(">BBHH", block, behind)
    coded = block[behind + form.image :]
    if form.sized:
        (length,) = struct.unpack_from(">I", coded)
        if length > len(coded) - 4:
            raise _refused(Reason.RECORD_LENGTH, "holds an image that says it reaches beyond the end")
        coded = coded[4 : 4 + length]  # what follows describes depth
    return _Parts(points, image_type, data_type, (width, height), coded)


def _points(block: bytes, at: int, count: int) -> Iterator[FeaturePoint]:
    for number in range(count):
        kind, code, x, y = struct.unpack_from(">BBHH", block, at + number * _POINT)
        yield FeaturePoint(f"{code >> 4}.{code & 15}" if kind == 1 else "", x, y)


def _image(parts: _Parts, form: _Form, odd: tuple[Reason, ...]) -> FaceImage:
    kind = form.kinds.get(parts.data_type)
    if kind is None:
        raise _refused(
            Reason.IMAGE_FORMAT, f"says that its image is coded as number {parts.data_type}, which is none taken"
        )
    return face_image(
        parts.coded,
        said_kind=kind,
        said_size=parts.size,
        image_type=_TYPES.get(parts.image_type, ""),
        standard=form.standard,
        feature_points=parts.points,
        deviations=odd,
    )


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"the face record {what}; nothing of it was taken. Read the chip again")
