"""What was handed over: the files of one passport's chip, from a folder or a zip, in memory and nowhere else.

Laws: nothing is written; no link is followed and no special file opened; what is read is bounded in number, in size
each and in all, a zip's by what comes out of it and not by what it says; two files for one name are refused, not chosen
between; a file that is none of the chip's, words about one, and the same once more as text are left out by name, never
in silence.
"""

from __future__ import annotations

import base64
import binascii
import errno
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from garim.core.errors import Unreadable, Unsupported
from garim.gate.passport.lds import FILES, named, told_by, whole, worth_reading
from garim.gate.passport.outcomes import Reason, Refused

LARGEST = 1 << 20  # bytes of one file of a chip; a portrait takes 15 to 100 kB, a set of fingers as much
MOST = 256  # files in a folder or zip; a chip has 18 that are read here
_LARGEST_TEXT = 3 * LARGEST  # the same as hex, two digits and a colon a byte
_LARGEST_ALL = 16 * LARGEST  # what is read of a folder, or comes out of a zip; also a zip's own size
_DEEPEST = 3  # folders that hold one folder and nothing else
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]+")
_WORDS = ".txt"  # an ending of dumps as hex, and of what people note beside them
_HEX = re.compile(rb"(?:0x)?(?:[0-9a-f]{2})+")
_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"  # opens each entry of a zip's directory
_ENCRYPTED = 0x1
# what the standard library raises on a damaged zip, as found by feeding it mutants
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError,
    struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """The files of one chip by name ("COM", "SOD", "DG1" to "DG16"), and the names of those that were `left_out`.

    Raises `Refused` for a file that is larger than any chip's. No repr shows a byte of it.
    """

    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if strange := sorted(set(self.files) - set(FILES)):
            raise ValueError(f"document: {strange[0]} is no file of a chip; they are named COM, SOD, DG1 to DG16")
        for name, data in self.files.items():
            if len(data) > LARGEST:
                raise _too_large(name)
        in_order = {name: bytes(self.files[name]) for name in FILES if name in self.files}
        object.__setattr__(self, "files", MappingProxyType(in_order))

    def __repr__(self) -> str:
        return f"Document({', '.join(self.files)}; {len(self.left_out)} others left out)"


class _Found(NamedTuple):
    """A plain file of a folder or zip: its name, and how to read at most so many bytes of it (None: not to be read)."""

    name: str
    read: Callable[[int], bytes] | None


def read(path: Path) -> Document:
    """The chip's files in the folder or zip `path`, or in the one folder inside it; as bytes, or as hex or base64 text.

    Raises `Refused` for what it holds, `Unreadable` where it cannot be read, `Unsupported` where it is neither.
    """
    try:
        if path.is_dir():
            return _gathered(path, _in_folder(path))
        if path.exists() and not path.is_file():
            raise Unsupported(f"{path}: neither a folder nor a zip; nothing was inspected. Name the folder of the dump")
        with path.open("rb") as file:
            return _from_zip(path, file)
    except OSError as error:
        where = error.filename or path
        raise Unreadable(f"{where}: cannot be read: {error.strerror or error}; nothing was inspected") from None


def _gathered(path: Path, found: Iterator[_Found]) -> Document:
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    spelled: set[str] = set()
    room = _LARGEST_ALL
    for number, each in enumerate(found):
        if number == MOST:
            raise Refused(Reason.TOO_LARGE, f"{path}: more than {MOST} files; nothing was inspected. Name one chip's")
        read = each.read if worth_reading(each.name) else None
        data = read(min(room, _LARGEST_TEXT) + 1) if read else None
        room -= len(data or b"")
        if room < 0:
            raise Refused(Reason.TOO_LARGE, f"{path}: holds more than {_LARGEST_ALL >> 20} MiB; nothing was inspected")
        name = _name(each.name, data)
        if name is None or data is None:
            left_out.append(each.name)
        else:
            plain, is_text = _plain(data), bool(_TEXT.fullmatch(data))
            if name not in files:
                files[name] = plain
            elif files[name] == plain and (is_text or name in spelled):
                left_out.append(each.name)
            else:
                raise Refused(Reason.DUPLICATE_FILE, f"{path}: two files are {name}; neither was taken. Leave one")
            spelled |= {name} if is_text else set()
    if not files:
        raise Refused(Reason.MISSING_FILE, f"{path}: no file of a passport's chip is in it; nothing was inspected")
    return Document(files, tuple(left_out))


def _name(filename: str, data: bytes | None) -> str | None:
    """Which file of the chip this is; None where it is none, or was not to be read."""
    if data is None:
        return None
    if len(data) > _LARGEST_TEXT:
        if told := told_by(filename):
            raise _too_large(told)
        return None
    plain = _plain(data)
    if PurePath(filename).suffix.lower() == _WORDS and _TEXT.fullmatch(data) and not whole(plain):
        return None
    return named(filename, plain)


def _plain(data: bytes) -> bytes:
    """`data`, or what it spells where it is nothing but hex or base64: no file of a chip is text throughout."""
    if not _TEXT.fullmatch(data):
        return data
    letters = re.sub(rb"[\s:]+", b"", data)
    if _HEX.fullmatch(letters.lower()):
        return bytes.fromhex(letters.lower().removeprefix(b"0x").decode("ascii"))
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error:
        return data


def _in_folder(folder: Path) -> Iterator[_Found]:
    for _ in range(_DEEPEST):
        entries = _entries(folder)
        folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        if len(folders) != 1 or len(entries) != 1:
            break
        folder = Path(folders[0].path)
    for entry in entries:
        plain = entry.is_file(follow_symlinks=False)
        yield _Found(entry.name, _reader(Path(entry.path)) if plain else None)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What stands in `folder`, sorted; one more than is taken at most. What a desktop leaves behind is not seen."""
    with os.scandir(folder) as scan:
        listed = [entry for _, entry in zip(range(MOST + 1), scan, strict=False)]
    return sorted((entry for entry in listed if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _reader(path: Path) -> Callable[[int], bytes]:
    def read_at_most(count: int) -> bytes:
        # the name may have become a link or a pipe since it was listed
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "is no plain file any more", str(path))
            return file.read(count)

    return read_at_most


def _from_zip(path: Path, file: BinaryIO) -> Document:
    data = file.read(_LARGEST_ALL + 1)
    if not data.startswith(_ZIP):
        raise Unsupported(f"{path}: neither a folder nor a zip; nothing was inspected. Name the folder of the dump")
    if len(data) > _LARGEST_ALL:
        raise Refused(Reason.TOO_LARGE, f"{path}: larger than {_LARGEST_ALL >> 20} MiB; nothing was inspected")
    # counted before the library builds an object for each entry: there are no more entries than that
    if data.count(_ZIP_ENTRY) > 2 * MOST:
        raise Refused(Reason.TOO_LARGE, f"{path}: more than {MOST} files; nothing was inspected. Name one chip's")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _gathered(path, _in_zip(path, archive))
    except _BROKEN_ZIP:
        raise _bad_zip(path, "is damaged") from None


def _in_zip(path: Path, archive: zipfile.ZipFile) -> Iterator[_Found]:
    entries = [(entry, _inside(path, entry)) for entry in archive.infolist()]
    # not is_dir(): it breaks on an empty name
    files = [(entry, name) for entry, name in entries if not entry.filename.endswith("/") and not _hidden(name)]
    top = _one_folder([name for _, name in files])
    for entry, name in files:
        linked = stat.S_ISLNK(entry.external_attr >> 16)
        taken = name.parent == top and not linked
        yield _Found(name.name, _out_of(archive, entry) if taken else None)


def _inside(path: Path, entry: zipfile.ZipInfo) -> PurePosixPath:
    """The entry's name. Raises `Refused` where it leads out of the zip, or where the entry cannot be read in bounds."""
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts:
        raise _bad_zip(path, "names a file outside itself")
    if entry.flag_bits & _ENCRYPTED:
        raise _bad_zip(path, "is encrypted")
    # bzip2 and LZMA are not unpacked piece by piece by the standard library
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _bad_zip(path, "is compressed in a way that is not taken")
    return name


def _hidden(name: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _one_folder(names: list[PurePosixPath]) -> PurePosixPath:
    """The folder to read: the top, or the one folder that holds everything, three deep at most."""
    top = PurePosixPath()
    for _ in range(_DEEPEST):
        below = {name.relative_to(top).parts[:1] for name in names}
        if len(below) != 1 or any(name.parent == top for name in names):
            break
        top = top / below.pop()[0]
    return top


def _out_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read_at_most(count: int) -> bytes:
        with archive.open(entry) as file:
            return file.read(count)

    return read_at_most


def _bad_zip(path: Path, what: str) -> Refused:
    return Refused(Reason.ARCHIVE, f"{path}: the zip {what}; nothing was inspected. Unpack it and name the folder")


def _too_large(name: str) -> Refused:
    return Refused(Reason.TOO_LARGE, f"{name} is larger than {LARGEST >> 20} MiB, which no chip's is; it was not taken")
