"""THE MACHINE READABLE ZONE, as printed and as DG1 holds it (ICAO Doc 9303-3 to -6): TD1, TD2 and TD3.

Laws: every character has its place and is of the alphabet, or the zone is refused; every check digit is counted again,
and those that are wrong are named, never mended; what it says of its holder is in no repr and in no error.

A visa (V) is no travel document and is refused. Since Doc 9303's document codes of 2026 the second letter of a passport
says its kind (PP, PD, PO, ...) where "P<" or a letter of the issuer's own stood: any is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from garim.gate.passport import lds, tlv
from garim.gate.passport.outcomes import Reason, Refused

_ZONE = 0x5F1F  # in DG1
_LONGEST_TEXT = 400  # characters of a printed zone with all its blanks
_WEIGHTS = (7, 3, 1)  # Doc 9303-3, 4.9
_VALUE = {sign: value for value, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_YEARS_BACK = 50


class Kind(StrEnum):
    """The three sizes of a travel document."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"


class _Layout(NamedTuple):
    """Where each field stands, counted over all lines as one."""

    width: int
    code: slice
    issuer: slice
    names: slice
    number: slice
    nationality: slice
    birth: slice
    sex: slice
    expiry: slice
    optional: tuple[slice, ...]
    composite: tuple[slice, ...]  # what the last digit is counted over
    last: int  # where that digit stands


_LAYOUTS = {
    Kind.TD1: _Layout(  # Doc 9303-5, 4.2.2
        30, slice(0, 2), slice(2, 5), slice(60, 90), slice(5, 14), slice(45, 48), slice(30, 36), slice(37, 38),
        slice(38, 44), (slice(15, 30), slice(48, 59)), (slice(5, 37), slice(38, 45), slice(48, 59)), 59,
    ),
    Kind.TD2: _Layout(  # Doc 9303-6, 4.2.2
        36, slice(0, 2), slice(2, 5), slice(5, 36), slice(36, 45), slice(46, 49), slice(49, 55), slice(56, 57),
        slice(57, 63), (slice(64, 71),), (slice(36, 46), slice(49, 56), slice(57, 71)), 71,
    ),
    Kind.TD3: _Layout(  # Doc 9303-4, 4.2.2
        44, slice(0, 2), slice(2, 5), slice(5, 44), slice(44, 53), slice(54, 57), slice(57, 63), slice(64, 65),
        slice(65, 71), (slice(72, 86),), (slice(44, 54), slice(57, 64), slice(65, 87)), 87,
    ),
}  # fmt: skip
_KIND_OF = {90: Kind.TD1, 72: Kind.TD2, 88: Kind.TD3}

_FORMS = {
    "document code": re.compile(r"[A-UW-Z][A-Z<]"),
    "issuer": re.compile(r"[A-Z]{3}|[A-Z]{2}<|[A-Z]<<"),
    "nationality": re.compile(r"[A-Z]{3}|[A-Z]{2}<|[A-Z]<<|<<<"),
    "date of birth": re.compile(r"[0-9]{6}|[0-9]{4}<<|[0-9]{2}<{4}|<{6}"),  # what is unknown is filled, from its end
    "sex": re.compile(r"[MFX<]"),
    "date of expiry": re.compile(r"[0-9]{6}|<{6}"),
    "name": re.compile(r"[A-Z0-9<]*[A-Z][A-Z0-9<]*"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Mrz:
    """A zone's fields without their fillers, and its lines as they stand. Dates are YYMMDD, "<<" where unknown.

    `sex` is "M", "F", "X" or "" where it is not said; `optional` holds what the issuer added, where there is any.
    """

    kind: Kind
    document_code: str
    issuer: str
    nationality: str
    number: str
    birth: str
    sex: str
    expiry: str
    surname: str
    given: str
    optional: tuple[str, ...]
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Mrz({self.kind}, {self.document_code} of {self.issuer})"


def parse(text: str) -> Mrz:
    """The zone that `text` is: two or three lines as printed, or all in one. Raises `Refused`."""
    if len(text) > _LONGEST_TEXT:
        raise _refused("is longer than any")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    zone = _zone("".join(lines))
    if len(lines) > 1 and tuple(lines) != zone.lines:
        raise _refused("has lines of a length that no document has")
    return zone


def dg1(data: bytes) -> Mrz:
    """The zone in DG1: the one thing in it, in ASCII, without line ends. Raises `Refused`."""
    outer = lds.opened("DG1", data)
    inner = tlv.one(outer.value, tag=_ZONE, lenient_length=True)
    try:
        text = inner.value.decode("ascii")
    except UnicodeDecodeError:
        raise _refused("holds signs that are none of its alphabet") from None
    return _zone(text)


def wrong_digits(mrz: Mrz) -> tuple[str, ...]:
    """The fields whose check digit is wrong: "number", "birth", "expiry", "optional", "composite"; empty where none is.

    The digit of an empty optional field of a TD3 may be a filler (Doc 9303-4, 4.2.2.2).
    """
    text, layout = "".join(mrz.lines), _LAYOUTS[mrz.kind]
    number = _number(mrz.kind, text)
    counted = {"number": (number.signs, number.digit)}
    for field, place in (("birth", layout.birth), ("expiry", layout.expiry)):
        counted[field] = (text[place], text[place.stop])
    if mrz.kind is Kind.TD3:
        (place,) = layout.optional
        empty = not mrz.optional and text[place.stop] == "<"
        counted["optional"] = ("", "0") if empty else (text[place], text[place.stop])
    counted["composite"] = ("".join(text[place] for place in layout.composite), text[layout.last])
    return tuple(field for field, (signs, digit) in counted.items() if check_digit(signs) != digit)


def check_digit(signs: str) -> str:
    """The check digit of `signs`: the sum of their values times 7, 3, 1, 7, ..., modulo 10 (Doc 9303-3, 4.9)."""
    return str(sum(_VALUE[sign] * _WEIGHTS[at % 3] for at, sign in enumerate(signs)) % 10)


def expires(mrz: Mrz, today: date) -> date:
    """The last day of validity. Of the two digits of its year: the year from 50 before to 49 after that of `today`.

    Doc 9303 leaves the century of an expiry open; documents are valid for up to 15 years, some cards for life.
    Raises `Refused` where there is none, or no such day.
    """
    if "<" in mrz.expiry:
        raise Refused(Reason.MRZ_FORM, "the zone says no date of expiry; whether the document is still valid is open")
    year, month, day = (int(mrz.expiry[at : at + 2]) for at in (0, 2, 4))
    first = today.year - _YEARS_BACK
    try:
        return date(first + (year - first) % 100, month, day)
    except ValueError:
        raise _refused("has a date of expiry that no calendar has") from None


class _Number(NamedTuple):
    number: str
    signs: str  # what its check digit is counted over
    digit: str
    behind: str  # what stands behind it in the first optional field


def _number(kind: Kind, text: str) -> _Number:
    """The document number. On a TD1 or TD2 a filler in the place of its digit says that the number has more signs:
    they open the optional field, then come the check digit of all and another filler (Doc 9303-5 and -6, 4.2.2)."""
    layout = _LAYOUTS[kind]
    head, digit, optional = text[layout.number], text[layout.number.stop], text[layout.optional[0]]
    rest, _, behind = optional.partition("<")
    if kind is Kind.TD3 or digit != "<" or "<" in head or len(rest) < 2:
        return _Number(head.rstrip("<"), head, digit, optional)
    return _Number(head + rest[:-1], head + rest[:-1], rest[-1], behind)


def _zone(text: str) -> Mrz:
    kind = _KIND_OF.get(len(text))
    if kind is None:
        raise _refused("has a length that no document has")
    if not set(text) <= _VALUE.keys():
        raise _refused("holds signs that are none of its alphabet")
    layout = _LAYOUTS[kind]
    surname, _, given = text[layout.names].strip("<").partition("<<")
    number = _number(kind, text)
    optional = (number.behind, *(text[place] for place in layout.optional[1:]))
    return Mrz(
        kind=kind,
        document_code=_field("document code", text[layout.code]),
        issuer=_field("issuer", text[layout.issuer]),
        nationality=_field("nationality", text[layout.nationality]),
        number=number.number,
        birth=_in_form("date of birth", text[layout.birth]),
        sex=_field("sex", text[layout.sex]),
        expiry=_in_form("date of expiry", text[layout.expiry]),
        surname=_words(_field("name", surname)),
        given=_words(given),
        optional=tuple(each.strip("<") for each in optional if each.strip("<")),
        lines=tuple(text[at : at + layout.width] for at in range(0, len(text), layout.width)),
    )


def _field(what: str, signs: str) -> str:
    return _in_form(what, signs).rstrip("<")


def _in_form(what: str, signs: str) -> str:
    if not _FORMS[what].fullmatch(signs):
        raise _refused(f"has a {what} in a form that none has")
    return signs


def _words(names: str) -> str:
    return " ".join(names.replace("<", " ").split())


def _refused(what: str) -> Refused:
    return Refused(Reason.MRZ_FORM, f"the machine readable zone {what}; nothing of it was taken. Read it again")
