"""PORTRAITS AS DG2 HOLDS THEM: ISO/IEC 19794-5 of 2005 and 2011, ISO/IEC 39794-5, around JPEG and JPEG 2000.

Written from the standards' tables; each length, count and size can be a lie.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image
from tests.gate.passport.asn import tlv

FACES = Path(__file__).resolve().parents[4] / "shared" / "data" / "faces_london"
SIZE = (413, 531)  # 35 x 45 mm at 300 dpi
JPEG, JPEG_2000 = 0, 1  # the record's image data type


@cache
def portrait(number: int = 1) -> bytes:
    """A JPEG of a passport's size: a face of the London set (of its TEST), or a drawn one where that is not here."""
    found = sorted(FACES.glob("*.jpg"))
    picture = _cropped(found[number % len(found)]) if found else _drawn(number)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target.getvalue()


def _cropped(path: Path) -> Image.Image:
    with Image.open(path) as whole:
        square = min(whole.size)
        wide = square * SIZE[0] // SIZE[1]
        left, top = (whole.width - wide) // 2, (whole.height - square) // 2
        return whole.convert("RGB").crop((left, top, left + wide, top + square)).resize(SIZE)


def _drawn(number: int) -> Image.Image:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    oval = ((x - 206) / 130) ** 2 + ((y - 260) / 180) ** 2 < 1
    rgb = np.stack([200 - 60 * oval, 205 - 80 * oval + 9 * (number % 7), 210 - 110 * oval], axis=-1)
    return Image.fromarray(rgb.astype(np.uint8))


@cache
def jpeg_2000(jpeg: bytes, *, codestream: bool = False, rate: float = 20) -> bytes:
    """The same picture as a JP2 file, or as the bare codestream."""
    target = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        options = {"quality_mode": "rates", "quality_layers": [rate], "no_jp2": codestream}
        picture.save(target, "JPEG2000", irreversible=True, **options)
    return target.getvalue()


def png(jpeg: bytes) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.save(target, "PNG")
    return target.getvalue()


def size_of(image: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(image)) as picture:
        return picture.size


@dataclass(frozen=True, slots=True)
class Face:
    """One face image and what its record says of it; None is the truth."""

    image: bytes
    data_type: int | None = None
    size: tuple[int, int] | None = None
    face_type: int = 1  # full frontal
    points: int = 0  # feature points
    points_said: int | None = None
    length: int | None = None

    @property
    def kind(self) -> int:
        return (JPEG if self.image[:2] == b"\xff\xd8" else JPEG_2000) if self.data_type is None else self.data_type

    @property
    def shape(self) -> tuple[int, int]:
        return size_of(self.image) if self.size is None else self.size

    def of_2005(self) -> bytes:
        """Facial Record Data of ISO/IEC 19794-5:2005, 5.5 to 5.8."""
        points = b"".join(
            struct.pack(">BBHHH", 1, 16 * (at % 16) + 1, 100 + at, 120 + at, 0) for at in range(self.points)
        )
        said = self.points if self.points_said is None else self.points_said
        about = struct.pack(">HBBB3sH3s3s", said, 2, 1, 1, bytes(3), 1, bytes(3), bytes(3))
        image = struct.pack(">BBHHBBHH", self.face_type, self.kind, *self.shape, 1, 2, 0, 0)
        body = about + points + image + self.image
        return struct.pack(">I", len(body) + 4 if self.length is None else self.length) + body

    def of_2011(self) -> bytes:
        """A representation of ISO/IEC 19794-5:2011: no quality block, the image behind its length."""
        head = struct.pack(">HBBBBBHBHHB", 2026, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0)
        about = struct.pack(">HBBBB3sH3s3s", 0, 2, 1, 1, 0, bytes(3), 0, bytes(3), bytes(3))
        image = struct.pack(">BBHHBHBB", self.face_type, self.kind, *self.shape, 0, 0, 0, 1)
        body = head + about + image + struct.pack(">I", len(self.image)) + self.image
        return struct.pack(">I", len(body) + 4 if self.length is None else self.length) + body


def record(
    faces: Sequence[Face], *, version: str = "010", count: int | None = None, length: int | None = None
) -> bytes:
    """A whole FAC record of 2005 ("010") or 2011 ("030")."""
    count = len(faces) if count is None else count
    if version == "030":
        body, middle = b"".join(face.of_2011() for face in faces), struct.pack(">HBH", count, 0, 0)
    else:
        body, middle = b"".join(face.of_2005() for face in faces), struct.pack(">H", count)
    total = 12 + len(middle) + len(body) if length is None else length
    return b"FAC\x00" + version.encode() + b"\x00" + struct.pack(">I", total) + middle + body


def extensible(face: Face) -> bytes:
    """The same face in ISO/IEC 39794-5: what is mandatory there, and the image's size."""
    code = {JPEG: 2, JPEG_2000: 3}.get(face.kind, face.kind)
    sizes = tlv(0xA7, *(tlv(0x80 + at, _number(each)) for at, each in enumerate(face.shape)))
    about = tlv(0xA1, tlv(0xA0, tlv(0x80, _number(code))), sizes)
    pictured = tlv(0xA1, tlv(0xA0, tlv(0xA0, tlv(0x80, face.image), about)))
    blocks = tlv(0xA1, tlv(0x30, tlv(0x80, b"\0"), pictured))
    return tlv(0x65, tlv(0xA0, tlv(0x80, b"\x03"), tlv(0x81, b"\x07\xe3")), blocks)


def _number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def templates(*records: bytes, kind: int = 0x5F2E, format_type: int = 0x0008, said: int | None = None) -> bytes:
    """DG2 around biometric data blocks, one template each; `kind` is 5F2E or 7F2E."""
    about = tlv(
        0xA1,
        tlv(0x80, b"\x01\x01"),
        tlv(0x81, b"\x02"),
        tlv(0x87, b"\x01\x01"),
        tlv(0x88, format_type.to_bytes(2, "big")),
    )
    listed = [tlv(0x7F60, about, tlv(kind, each)) for each in records]
    return tlv(0x75, tlv(0x7F61, tlv(0x02, bytes([len(records) if said is None else said])), *listed))


def dg2(*images: bytes, standard: str = "19794-5:2005") -> bytes:
    """DG2 as countries write it: `images` as the faces of one record, or of one template each in 39794-5."""
    faces = [Face(image) for image in images]
    if standard == "39794-5:2019":
        return templates(*(tlv(0xA1, extensible(face)) for face in faces), kind=0x7F2E, format_type=0x002A)
    return templates(record(faces, version={"19794-5:2005": "010", "19794-5:2011": "030"}[standard]))
