"""ONE OBJECT OUT OF A FILE that somebody names: DER as it stands, in PEM, or the one master list in a zip.

Laws: only a plain file is read (a pipe would wait for ever), to its limit and no further; of a zip no name is used,
what comes out of it is counted by its bytes and not by what it says, and there is one list in it or none is taken.
Nothing here is trusted: what the bytes are, their own signature says.
"""

from __future__ import annotations

import binascii
import errno
import os
import re
import stat
import struct
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from garim.core.errors import Unreadable
from garim.gate.passport.outcomes import Reason, Refused

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,40}-----([^-]*)-----END [A-Z0-9 ]{1,40}-----")
_HEAD = 4096
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ZIP, _ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_MOST_ENTRIES, _ENCRYPTED = 64, 1
# what the standard library raises on a damaged zip, as found by feeding it mutants
_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError,
    struct.error,
)  # fmt: skip


def plain(path: Path) -> BinaryIO:
    """The file at `path`, open. Raises `OSError`, also where it is a pipe, a device or a folder."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return os.fdopen(handle, "rb")


def head(path: Path) -> bytes:
    """How the file at `path` starts. Raises `Unreadable`."""
    try:
        with plain(path) as file:
            return file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from None


def held_in(path: Path, most: int) -> bytes:
    """The one object of at most `most` bytes in the file at `path`. Raises `Refused`, `Unreadable`."""
    try:
        with plain(path) as file:
            data = file.read(2 * most + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    data = _unzipped(path, data, most) if data.startswith(_ZIP) else _out_of_pem(path, data)
    if len(data) > most:
        raise Refused(Reason.TOO_LARGE, f"{path}: has more than {most >> 20} MiB; nothing was trusted")
    return data


def unreadable(path: Path, error: OSError) -> Unreadable:
    """What to raise where `path` could not be read."""
    return Unreadable(f"{path}: cannot be read: {error.strerror}; what is trusted did not change")


def _out_of_pem(path: Path, data: bytes) -> bytes:
    found = _PEM.findall(data) if data.lstrip().startswith(b"-----BEGIN") else None
    if found is None:
        return data
    if len(found) != 1:
        raise Refused(Reason.NOT_DER, f"{path}: holds {len(found)} objects where one belongs; nothing was trusted")
    try:
        return b64decode(b"".join(found[0].split()), validate=True)
    except binascii.Error:
        raise Refused(Reason.NOT_DER, f"{path}: is damaged: no base64; nothing was trusted") from None


def _unzipped(path: Path, data: bytes, most: int) -> bytes:
    # counted before the library builds an object for each entry: there are no more entries than that
    if len(data) > 2 * most or data.count(_ZIP_ENTRY) > _MOST_ENTRIES:
        raise Refused(Reason.TOO_LARGE, f"{path}: the zip is larger than any that holds one list; nothing was trusted")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            lists = [one for one in _each(path, archive, most) if _SIGNED_DATA in one[:32]]
    except _BROKEN_ZIP:
        raise _bad_zip(path, "is damaged") from None
    if len(lists) != 1:
        raise _bad_zip(path, f"holds {len(lists)} master lists where one belongs")
    return lists[0]


def _each(path: Path, archive: zipfile.ZipFile, most: int) -> Iterator[bytes]:
    room = 2 * most
    for entry in archive.infolist():
        # bzip2 and LZMA are not unpacked piece by piece by the standard library
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _bad_zip(path, "is encrypted, or compressed in a way that is not taken")
        with archive.open(entry) as file:
            one = file.read(room + 1)
        room -= len(one)
        if room < 0:
            raise Refused(
                Reason.TOO_LARGE, f"{path}: more than {2 * most >> 20} MiB come out of it; nothing was trusted"
            )
        yield one


def _bad_zip(path: Path, what: str) -> Refused:
    return Refused(Reason.ARCHIVE, f"{path}: the zip {what}; nothing was trusted. Unpack it and name the file")
