"""THE PKD'S DOWNLOADS (LDIF, RFC 2849): one file, many signed objects of many countries, read as they pass by.

Laws: nothing here is trusted: each object is proved by its own signature, and the file, its order and its country are
a label; no line and no value is longer than its limit, and memory does not grow with the file; an address in place of
a value is never followed. A change record's values are taken whatever the record wants done with them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from garim.gate.passport.outcomes import Reason, Refused

MOST_VALUE = 8 << 20  # bytes of one object in base64; the largest list known has 1.3 MB
_MOST_LINE = MOST_VALUE  # some write a value on one line


class Kind(StrEnum):
    """What an object is."""

    LIST = "master list"
    CRL = "revocation list"
    SIGNER = "signer's certificate"


@dataclass(frozen=True, slots=True)
class Found:
    """One object: what the file calls it, its bytes, and the country of the entry's name ("" where it has none)."""

    kind: Kind
    data: bytes
    country: str


_KINDS = {
    b"pkdmasterlistcontent": Kind.LIST,
    b"cscamasterlistdata": Kind.LIST,  # the attribute's name until 2013
    b"certificaterevocationlist": Kind.CRL,
    b"usercertificate": Kind.SIGNER,
    b"cacertificate": Kind.SIGNER,
}
_COUNTRY = re.compile(rb"(?:^|,)\s*c=([a-z]{2})\s*(?:,|$)", re.IGNORECASE)
_LINE = re.compile(rb"([A-Za-z][A-Za-z0-9-]*|[0-9.]+)((?:;[A-Za-z0-9-]+)*):([:<]?) *(.*)", re.DOTALL)


def is_ldif(head: bytes) -> bool:
    """Whether a file that starts with `head` is one: its first line that is no remark names a version or an entry."""
    for line in head.lstrip(b"\xef\xbb\xbf").splitlines():
        if line.strip() and not line.startswith(b"#"):
            return line.lower().startswith((b"version:", b"dn:"))
    return False


def found(file: BinaryIO) -> Iterator[Found]:
    """The signed objects of an LDIF file, one at a time. Raises `Refused` where it is none."""
    country = ""
    for name, data in _values(file):
        if name == b"dn":
            named = _COUNTRY.search(data)
            country = named[1].decode("ascii").upper() if named else ""
        elif name in _KINDS:
            yield Found(_KINDS[name], data, country)


def _values(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Each attribute's name without options, in small letters, and its value; what is no object stays short."""
    for line in _unfolded(file):
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise Refused(Reason.UNEXPECTED_TAG, "list: a line is no attribute of an LDIF file; nothing was taken")
        name = parts[1].lower()
        if name != b"dn" and name not in _KINDS:
            continue
        match bytes(parts[3]):
            case b":":
                yield name, _decoded(parts[4])
            case b"<":
                raise Refused(Reason.UNEXPECTED_TAG, "list: names an address in place of a value; it is not followed")
            case _:
                yield name, parts[4]


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Reason.UNEXPECTED_TAG, "list: a value is not in base64; the file is damaged") from None


def _unfolded(file: BinaryIO) -> Iterator[bytes]:
    """Logical lines: a line that begins with a space goes on with the one before it; remarks and empty ones are out."""
    whole = bytearray()
    for line in _lines(file):
        if line.startswith(b" "):
            whole += line[1:]
            if len(whole) > MOST_VALUE:
                raise Refused(Reason.TOO_LARGE, f"list: an object has more than {MOST_VALUE >> 20} MiB; not taken")
            continue
        if whole and not whole.startswith(b"#"):
            yield bytes(whole)
        whole = bytearray(line)
    if whole and not whole.startswith(b"#"):
        yield bytes(whole)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    first = True
    while line := file.readline(_MOST_LINE + 1):
        if len(line) > _MOST_LINE:
            raise Refused(Reason.TOO_LARGE, f"list: a line has more than {_MOST_LINE >> 20} MiB; not taken")
        if first:
            line = line.removeprefix(b"\xef\xbb\xbf")
            first = False
        yield line.rstrip(b"\r\n")
