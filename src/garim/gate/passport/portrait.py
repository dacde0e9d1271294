"""The portraits in DG2: templates in templates (ICAO Doc 9303-10, 4.7.2), of which each holds a face record.

Laws: the count that is said is the count that is there; a record is known by its own first bytes, not by the format
that the template names beside it (old chips name others); lengths inside DG2 that are not in their shortest form,
which real chips write, are taken and are a deviation of each image in it.
"""

from __future__ import annotations

from dataclasses import replace

from garim.gate.passport import faces_19794, faces_39794, lds
from garim.gate.passport.face_image import FaceImage, FeaturePoint
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.tlv import Tlv, every, one, only

__all__ = ["FaceImage", "FeaturePoint", "portraits"]

MOST_TEMPLATES = 9  # Doc 9303-10 counts them with one digit
_GROUP = 0x7F61
_COUNT = 0x02
_TEMPLATE = 0x7F60
_HEADER = 0xA1
_BIOMETRIC_TYPE = 0x81
_FACE = b"\x02"
_BLOCKS = (0x5F2E, 0x7F2E)


def portraits(dg2: bytes) -> tuple[FaceImage, ...]:
    """The images in a DG2 file, one at least, in its order. Raises `Refused`."""
    group = lds.opened("DG2", dg2).value  # of its own length and what stands behind it the check of files speaks
    try:
        return _portraits(group, lenient_length=False)
    except Refused as error:
        if error.reason is not Reason.LENGTH_NOT_SHORTEST:
            raise
    odd = (Reason.LENGTH_NOT_SHORTEST,)
    return tuple(
        replace(image, deviations=odd + image.deviations) for image in _portraits(group, lenient_length=True)
    )  # fmt: skip


def _portraits(group: bytes, *, lenient_length: bool) -> tuple[FaceImage, ...]:
    parts = every(one(group, tag=_GROUP, lenient_length=lenient_length).value, lenient_length=lenient_length)
    templates = [part for part in parts if part.tag == _TEMPLATE]
    said = only(parts, _COUNT)
    if said is None or int.from_bytes(said.value) != len(templates):
        raise _refused(Reason.FACE_COUNT, f"holds {len(templates)} templates, and does not say so")
    if not templates:
        raise _refused(Reason.NO_PORTRAIT, "holds no template")
    if len(templates) > MOST_TEMPLATES:
        raise _refused(Reason.FACE_COUNT, f"holds {len(templates)} templates; {MOST_TEMPLATES} are the most")
    return tuple(
        image for template in templates for image in _template(every(template.value, lenient_length=lenient_length))
    )


def _template(parts: list[Tlv]) -> list[FaceImage]:
    header = only(parts, _HEADER)
    kind = only(every(header.value, lenient_length=True), _BIOMETRIC_TYPE) if header else None
    if kind is not None and kind.value != _FACE:
        raise _refused(Reason.NO_PORTRAIT, "holds something else where a face belongs")
    blocks = [part for part in parts if part.tag in _BLOCKS]
    if len(blocks) != 1:
        raise _refused(Reason.NO_PORTRAIT, f"has a template with {len(blocks)} face records, where one belongs")
    block = blocks[0].value
    return faces_19794.faces(block) if faces_19794.is_record(block) else faces_39794.faces(block)


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"DG2 {what}; nothing of it was taken. Read the chip again")
