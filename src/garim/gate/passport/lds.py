"""The files on a passport's chip (ICAO Doc 9303-10, Logical Data Structure): their names, tags and numbers, and EF.COM.

Laws: which file it is, its own first byte says; a file's name may confirm that and never overrules it. EF.COM is not
signed: what it says is compared with the SOD, never believed. A file is one object; zeros behind it (a dump of the size
that the chip keeps for it) and a length that is not in its shortest form have one reading: they are taken, and said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

from garim.gate.passport import tlv
from garim.gate.passport.outcomes import Reason, Refused


class Kind(NamedTuple):
    """One file of the chip: the tag that its bytes open with, its identifier and its short identifier."""

    tag: int
    file_id: int
    short_id: int


FILES: dict[str, Kind] = {  # Doc 9303-10, 4: the files of the LDS1 eMRTD application
    "COM": Kind(0x60, 0x011E, 0x1E),
    "SOD": Kind(0x77, 0x011D, 0x1D),
    "DG1": Kind(0x61, 0x0101, 0x01),
    "DG2": Kind(0x75, 0x0102, 0x02),
    "DG3": Kind(0x63, 0x0103, 0x03),
    "DG4": Kind(0x76, 0x0104, 0x04),
    "DG5": Kind(0x65, 0x0105, 0x05),
    "DG6": Kind(0x66, 0x0106, 0x06),
    "DG7": Kind(0x67, 0x0107, 0x07),
    "DG8": Kind(0x68, 0x0108, 0x08),
    "DG9": Kind(0x69, 0x0109, 0x09),
    "DG10": Kind(0x6A, 0x010A, 0x0A),
    "DG11": Kind(0x6B, 0x010B, 0x0B),
    "DG12": Kind(0x6C, 0x010C, 0x0C),
    "DG13": Kind(0x6D, 0x010D, 0x0D),
    "DG14": Kind(0x6E, 0x010E, 0x0E),
    "DG15": Kind(0x6F, 0x010F, 0x0F),
    "DG16": Kind(0x70, 0x0110, 0x10),
}
_OF_TAG = {kind.tag: name for name, kind in FILES.items()}
_OF_ID = {kind.file_id: name for name, kind in FILES.items()}

_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST = 0x5F01, 0x5F36, 0x5C
_ZONE = 0x5F1F  # in DG1

# "EF_COM", "SOD", "EF.DG1", "dg01", "Datagroup1"; an identifier: "0101", "ef0101"; a tag: "0x61", "0x6101"
_NAMED = re.compile(r"(?:EF)?(?P<word>COM|SOD)|(?:EF)?(?:DG|DATAGROUP)0*(?P<number>[1-9][0-9]?)")
_NUMBERED = re.compile(r"(?:EF|FID|0X)?(?P<id>01[01][0-9A-F])")
_TAGGED = re.compile(r"0X(?P<tag>[67][0-9A-F])(?:01)?")
# what stands on a chip beside these: EF.DIR opens with DG1's tag
_OTHERS = re.compile(
    r"(?:EF)?(?:DIR|ATR(?:/?INFO)?|CVCA|CARDACCESS|CARDSECURITY|CHIPSECURITY)|(?:EF|FID|0X)?(?:2F0[01]|011C)"
)
_ENDINGS = {".bin", ".dat", ".raw", ".tlv", ".der", ".ber", ".lds", ".hex", ".txt", ".b64", ".base64"}


@dataclass(frozen=True, slots=True)
class Com:
    """EF.COM: versions as text ("1.7", "4.0.0"; "" where the second is missing), and the data groups that it lists."""

    lds_version: str
    unicode_version: str
    present: tuple[str, ...]


def com(data: bytes) -> Com:
    """EF.COM as it stands in `data`. Raises `Refused`."""
    objects = tlv.every(opened("COM", data).value, lenient_length=True)
    if strange := [each.tag for each in objects if each.tag not in (_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST)]:
        raise Refused(Reason.UNEXPECTED_TAG, f"EF.COM holds an object {strange[0]:02X}, which it has no place for")
    lds, unicode, tags = (tlv.only(objects, tag) for tag in (_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST))
    if lds is None or tags is None:
        raise Refused(Reason.UNEXPECTED_TAG, "EF.COM lacks its version or its list of data groups; it was not used")
    letters = "" if unicode is None else _version(unicode.value, parts=3)
    return Com(_version(lds.value, parts=2), letters, _groups(tags.value))


def _version(digits: bytes, *, parts: int) -> str:
    if len(digits) != 2 * parts or not re.fullmatch(rb"[0-9]+", digits):
        raise Refused(Reason.LDS_VERSION, f"a version in EF.COM is not {2 * parts} digits; EF.COM was not used")
    return ".".join(str(int(digits[at : at + 2])) for at in range(0, len(digits), 2))


def _groups(tags: bytes) -> tuple[str, ...]:
    """The data groups that a list of their tags, one byte each, names."""
    names = [_OF_TAG.get(tag, "") for tag in tags]
    if not all(name.startswith("DG") for name in names):
        raise Refused(Reason.UNEXPECTED_TAG, "EF.COM lists a tag that no data group has; EF.COM was not used")
    if len(set(names)) != len(names):
        raise Refused(Reason.DUPLICATE_ENTRY, "EF.COM lists a data group twice; EF.COM was not used")
    return tuple(names)


def opened(name: str, data: bytes) -> tlv.Tlv:
    """The one object that the file `name` is: whole, of its own tag, nothing but zeros behind it. Raises `Refused`."""
    return tlv.one(data, tag=FILES[name].tag, lenient_length=True, padded=True)


def deviations(name: str, data: bytes) -> tuple[Reason, ...]:
    """What a person has to weigh in the form of the file `name`. Raises `Refused` as `opened` does."""
    outer = opened(name, data)
    found = {
        Reason.TRAILING_BYTES: tlv.unpadded(data) != data,
        Reason.LENGTH_NOT_SHORTEST: not (outer.shortest and all(each.shortest for each in _within(name, outer))),
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def _within(name: str, outer: tlv.Tlv) -> list[tlv.Tlv]:
    """The objects in EF.COM and DG1; other files' readers look at theirs."""
    try:
        return tlv.every(outer.value, lenient_length=True) if name in ("COM", "DG1") else []
    except Refused:
        return []  # for its reader to say


def named(filename: str, data: bytes) -> str | None:
    """Which file of the chip `data` is; None where it is none.

    A file whose name says nothing is one only where it is whole. Raises `Refused` where the name says another file.
    """
    told = told_by(filename)
    tag = _OF_TAG.get(_outer_tag(data))
    if told is None:
        return tag if whole(data) else None
    if tag != told:
        it_is = tag or "no file of a chip"
        raise Refused(Reason.UNEXPECTED_TAG, f"a file is named as {told} and its bytes are {it_is}; nothing was taken")
    return told


def told_by(filename: str) -> str | None:
    """Which file of the chip a file's name says it is ("EF_DG1.bin" is DG1); None where it says nothing."""
    word = _word(filename)
    if match := _NAMED.fullmatch(word):
        name = match["word"] or f"DG{match['number']}"
        return name if name in FILES else None
    if match := _NUMBERED.fullmatch(word):
        return _OF_ID.get(int(match["id"], 16))
    if match := _TAGGED.fullmatch(word):
        return _OF_TAG.get(int(match["tag"], 16))
    return None


def worth_reading(filename: str) -> bool:
    """False where the name alone says that this is no dump of these: a portrait saved beside it, a page, EF.DIR."""
    if _OTHERS.fullmatch(_word(filename)):
        return False
    return told_by(filename) is not None or PurePath(filename).suffix.lower() in _ENDINGS | {""}


def _word(filename: str) -> str:
    """A file's name without its ending and its signs, in capitals."""
    path = PurePath(filename)
    return re.sub(r"[\s._-]+", "", path.stem if path.suffix.lower() in _ENDINGS else path.name).upper()


def _outer_tag(data: bytes) -> int:
    return data[0] if data else 0  # every tag of a chip's file has one byte


def whole(data: bytes) -> bool:
    """Whether `data` is a file of the chip from its first byte to its last, whatever its name says."""
    name = _OF_TAG.get(_outer_tag(data))
    if name is None:
        return False
    try:
        inside = opened(name, data).value
        return name != "DG1" or tlv.outer_tag(inside) == _ZONE  # EF.DIR has DG1's tag, and other objects in it
    except Refused:
        return False
