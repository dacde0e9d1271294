"""What a camera handed over: a folder of stills in the order of their names, as bytes, of which none is decoded here.

Laws: nothing is written; no link is followed and no special file opened; what is read is bounded in number, in size
each and in all; what is neither a still nor the list of times is refused, not skipped; a still is what its own first
bytes say, and of a size that they say. No repr shows a byte of it.

`capture.csv` says when each still was taken, by the clock of whoever took it: a line `file,at`, then one a still. Times
of files are not looked at: copying changes them, and anybody can.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import re
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from garim.core.errors import Malformed, Unreadable, Unsupported
from garim.gate.passport.image_head import MOST_SIDE
from garim.gate.passport.image_head import head as jpeg_head
from garim.gate.passport.outcomes import Refused

FEWEST, MOST = 3, 200
LARGEST = 8 << 20  # bytes of one still
MOST_PX = 4 << 20  # a still; more than a chip's portrait would be, and decoded it stays within the budget of memory
LARGEST_ALL = 64 << 20
TIMES = "capture.csv"
_LARGEST_TIMES = 64 << 10
_LARGEST_HEAD = 1 << 20
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_NOTHING = "nobody was verified"


class Kind(StrEnum):
    """What a still is coded as."""

    JPEG = "JPEG"
    PNG = "PNG"


@dataclass(frozen=True, slots=True)
class Still:
    """One still, coded: its place in the capture from 0 on, kind, size in px as its head says; when it was taken."""

    number: int
    kind: Kind
    width: int
    height: int
    data: bytes = field(repr=False)
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """The stills of a folder by name, in natural order (2 before 10), and when each was taken, where that was noted."""

    folder: Path
    names: tuple[str, ...]
    times: tuple[datetime, ...] | None

    def within(self, begin: datetime, end: datetime) -> bool:
        """Whether every still says that it was taken from `begin` to `end`. Without times, none does."""
        return self.times is not None and all(begin <= at <= end for at in self.times)


def read(found: Listed) -> Iterator[Still]:
    """The stills that were listed, one after the other, of which none is held. Raises for a still that is none."""
    room = LARGEST_ALL
    for number in range(len(found.names)):
        still = _still(found, number)
        room -= len(still.data)
        if room < 0:
            raise Unsupported(f"{found.folder}: holds more than {LARGEST_ALL >> 20} MiB; {_NOTHING}. Take fewer stills")
        yield still


def again(found: Listed, number: int, sha256: bytes) -> Still:
    """One still a second time: the same bytes, by their hash. Raises `Unreadable` where it is another by now."""
    still = _still(found, number)
    if hashlib.sha256(still.data).digest() != sha256:
        raise Unreadable(f"{found.folder / found.names[number]}: was changed meanwhile; {_NOTHING}. Capture again")
    return still


def _still(found: Listed, number: int) -> Still:
    path = found.folder / found.names[number]
    data = _read(path, LARGEST)
    kind, width, height = _head(path, data)
    return Still(number, kind, width, height, data, found.times[number] if found.times else None)


def listed(folder: Path) -> Listed:
    """What is in `folder`, without opening a still.

    Raises `Unreadable`, `Unsupported` where it holds too few, too many or other things, `Malformed` where its list of
    times is none, or does not name each still once and in order.
    """
    try:
        with os.scandir(folder) as scan:
            found = [entry for _, entry in zip(range(MOST + 3), scan, strict=False)]
    except OSError as error:
        raise Unreadable(f"{folder}: cannot be read: {error.strerror}; {_NOTHING}. Name the capture's folder") from None
    entries = [entry for entry in found if not entry.name.startswith(".")]  # what desktops leave behind
    names = tuple(sorted((entry.name for entry in entries if entry.name != TIMES), key=_natural))
    if len(found) > MOST + 2 or not FEWEST <= len(names) <= MOST:
        many = f"over {MOST}" if len(names) > MOST else str(len(names))
        raise Unsupported(f"{folder}: {many} stills; a capture has {FEWEST} to {MOST}; {_NOTHING}. Capture again")
    if any(not entry.is_file(follow_symlinks=False) for entry in entries):
        raise Unsupported(f"{folder}: holds a folder, a link or a special file; {_NOTHING}. Leave plain stills")
    timed = len(names) < len(entries)
    return Listed(folder, names, _times(folder / TIMES, names) if timed else None)


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Digits by their number: frame2 before frame10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)], name


def _times(path: Path, names: tuple[str, ...]) -> tuple[datetime, ...]:
    try:
        text = _read(path, _LARGEST_TIMES).decode("utf-8")
        heading, *rows = csv.reader(io.StringIO(text), strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error):
        raise _bad_times(path, "is no list of times") from None
    if heading != ["file", "at"] or any(len(row) != 2 for row in rows):
        raise _bad_times(path, "does not have a line file,at and one a still")
    if [row[0] for row in rows] != list(names):
        raise _bad_times(path, "does not name each still once, in the order of their names")
    return tuple(_time(path, row[1]) for row in rows)


def _time(path: Path, text: str) -> datetime:
    try:
        if not _AT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise _bad_times(path, "has a time in another form than 2026-11-22T12:00:00.250Z") from None


def _bad_times(path: Path, what: str) -> Malformed:
    return Malformed(f"{path}: {what}; {_NOTHING}. Correct or remove it")


def _read(path: Path, most: int) -> bytes:
    try:
        # the name may have become a link or a pipe since it was listed
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "is no plain file any more")
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; {_NOTHING}") from None
    if len(data) > most:
        raise Unsupported(f"{path}: has more than {most >> 10} KiB; {_NOTHING}. Make it smaller")
    return data


def _head(path: Path, data: bytes) -> tuple[Kind, int, int]:
    """By the still's own first bytes; a JPEG as passports have them: 8 bits, Huffman, grey or three colours."""
    try:
        if data.startswith(_JPEG):
            kind, (_, width, height) = Kind.JPEG, jpeg_head(data[:_LARGEST_HEAD])
        elif data.startswith(_PNG):
            kind, (length, chunk, width, height) = Kind.PNG, struct.unpack_from(">I4sII", data, len(_PNG))
            if (length, chunk) != (13, b"IHDR"):
                raise struct.error
        else:
            raise Unsupported(f"{path}: neither JPEG nor PNG; {_NOTHING}. Leave nothing but stills and {TIMES}")
    except (Refused, struct.error):
        raise Unreadable(
            f"{path}: is damaged, or coded in a way that is not taken; {_NOTHING}. Capture again"
        ) from None
    if not width or not height or max(width, height) > MOST_SIDE or width * height > MOST_PX:
        raise Unsupported(f"{path}: {width} x {height} px; up to {MOST_PX >> 20} million are taken; {_NOTHING}")
    return kind, width, height
