"""WHAT IS WRONG WITH A PORTRAIT, in a document that is signed as it stands."""

from __future__ import annotations

import struct

from tests.gate.passport.dg2s import JPEG, Face, jpeg_2000, png, portrait, record, templates
from tests.gate.passport.forgery import Forgery, anchor, genuine, other, told

WIDE = 20_000  # pixels a side, of a picture that is a bomb


def _faced(
    face: Face, *reasons: str, count: int | None = None, length: int | None = None, outcome: str = "failed"
) -> Forgery:
    """Signed as it stands: a country's own mistake, or its key in wrong hands."""
    forged = genuine().resigned(DG2=templates(record([face], count=count, length=length)))
    return told(forged, *reasons, outcome=outcome)


@anchor("the face record lies about its length")
def _length() -> Forgery:
    return _faced(Face(portrait()), "record_length", length=4_000_000_000)


@anchor("65,535 faces")
def _count() -> Forgery:
    return _faced(Face(portrait()), "face_count", count=65_535)


@anchor("the record's size is not the picture's")
def _size() -> Forgery:
    """ICAO's own sample of 39794-5 does."""
    return _faced(Face(portrait(), size=(4130, 5310)), "image_size_differs", outcome="flagged")


@anchor("JPEG 2000 that is called JPEG")
def _type() -> Forgery:
    return _faced(Face(jpeg_2000(portrait()), data_type=JPEG), "image_type_differs", outcome="flagged")


@anchor("PNG")
def _png() -> Forgery:
    return _faced(Face(png(portrait()), data_type=JPEG), "image_format")


def wide_jp2(image: bytes) -> bytes:
    """The head of `image`, a JP2 file, says that it is enormous; its one tile too."""
    head, size = image.index(b"ihdr") + 4, image.index(b"\xff\x51") + 6
    image = image[:head] + struct.pack(">II", WIDE, WIDE) + image[head + 8 :]
    return image[:size] + struct.pack(">IIIIIIII", WIDE, WIDE, 0, 0, WIDE, WIDE, 0, 0) + image[size + 32 :]


def wide_jpeg(image: bytes) -> bytes:
    """The frame header of `image` says that it is enormous."""
    at = image.index(b"\xff\xc0") + 5
    return image[:at] + struct.pack(">HH", WIDE, WIDE) + image[at + 4 :]


@anchor("a JPEG 2000 bomb")
def _jp2_bomb() -> Forgery:
    return _faced(Face(wide_jp2(jpeg_2000(portrait(), rate=200)), size=(WIDE, WIDE)), "image_too_large")


@anchor("a JPEG bomb")
def _jpeg_bomb() -> Forgery:
    return _faced(Face(wide_jpeg(portrait()), size=(WIDE, WIDE)), "image_too_large")


@other("a JPEG 2000 bomb behind a head that is modest")
def _hidden_bomb() -> Forgery:
    whole = jpeg_2000(portrait(), rate=200)
    head = whole.index(b"ihdr") + 4
    wide = wide_jp2(whole)
    hidden = wide[:head] + whole[head : head + 8] + wide[head + 8 :]
    return _faced(Face(hidden, size=(413, 531)), "image_too_large", "image_size_differs")


@anchor("JPEG 2000 that is cut short")
def _cut_jp2() -> Forgery:
    whole = jpeg_2000(portrait())
    return _faced(Face(whole[: len(whole) // 2], size=(413, 531)), "image_damaged")


@other("JPEG that is cut short")
def _cut_jpeg() -> Forgery:
    whole = portrait()
    return _faced(Face(whole[: len(whole) // 2], size=(413, 531)), "image_damaged")


@other("more feature points than bytes")
def _points() -> Forgery:
    return _faced(Face(portrait(), points_said=65_535), "record_length", "face_record")


@other("no face at all")
def _no_face() -> Forgery:
    return told(genuine().resigned(DG2=templates(record([]))), "no_portrait", "face_count")


@other("more templates said than there are")
def _templates() -> Forgery:
    return told(genuine().resigned(DG2=templates(record([Face(portrait())]), said=9)), "face_count")
