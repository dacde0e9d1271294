"""THE FILE OF A RELEASE: a tar of photos by their serials, and a list of them with their SHA-256, RELEASED.txt.

Laws: no name, no time, no owner; of who is left out while it is written not a byte stays, nor the serial: their places
are zeros under `withheld-N`, so that nothing behind them has to be moved while others wait.
"""

from __future__ import annotations

import os
import tarfile
from array import array
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np

from garim.core.errors import Malformed
from garim.corpus.values import U64, Bools

LIST = "RELEASED.txt"
_ENDINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png"}
_BLOCK = tarfile.BLOCKSIZE
_SHA256 = 32


class Out:
    """A release that is being written into `file`, from its beginning; 44 bytes of memory a photo."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._serials, self._sizes, self._hashes = array("Q"), array("I"), bytearray()
        self._withheld: set[int] = set()  # places in the order of the file

    @property
    def photos(self) -> U64:
        """The serials of what is in it, in its order."""
        return np.array(self._serials, np.uint64)[self._in]

    def add(self, photo: int, octets: bytes) -> None:
        """Put a photo into it; before `finished`."""
        self._file.write(_head(f"{photo}{_ending(octets)}", len(octets)) + octets + bytes(-len(octets) % _BLOCK))
        self._serials.append(photo)
        self._sizes.append(len(octets))
        self._hashes += sha256(octets).digest()

    def leave_out(self, photos: U64) -> None:
        """Overwrite `photos` where they lie."""
        starts = self._starts()
        for place in np.flatnonzero(np.isin(np.array(self._serials, np.uint64), photos) & self._in).tolist():
            self._withheld.add(place)
            self._file.seek(int(starts[place]))
            self._file.write(_head(f"withheld-{len(self._withheld)}", self._sizes[place]) + bytes(self._sizes[place]))

    def finished(self) -> str:
        """Write the list and the end, durably; the list's SHA-256, in hex. Once more after `leave_out`."""
        told, size = sha256(), sum(len(line) for line in self._lines())
        self._file.seek(int(self._starts()[-1]))
        self._file.truncate()
        self._file.write(_head(LIST, size))
        for line in self._lines():
            told.update(line)
            self._file.write(line)
        self._file.write(bytes(-size % _BLOCK + 2 * _BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())
        return told.hexdigest()

    @property
    def _in(self) -> Bools:
        there = np.ones(len(self._serials), np.bool_)
        there[list(self._withheld)] = False
        return there

    def _starts(self) -> U64:
        """Where each photo's head lies; at last where the list's does."""
        sizes = np.array(self._sizes, np.uint64)
        whole = np.uint64(_BLOCK) + (sizes + np.uint64(_BLOCK - 1)) // np.uint64(_BLOCK) * np.uint64(_BLOCK)
        return np.concatenate([np.zeros(1, np.uint64), np.cumsum(whole, dtype=np.uint64)])

    def _lines(self) -> Iterator[bytes]:
        for place, photo in enumerate(self._serials):
            if place not in self._withheld:
                yield b"%d %s\n" % (photo, self._hashes[place * _SHA256 : (place + 1) * _SHA256].hex().encode())


def released(path: Path) -> Iterator[tuple[int, bytes]]:
    """The photos of a release, each with the SHA-256 that its list names. Raises `Malformed`."""
    try:
        with tarfile.open(path, "r:") as tar:
            names = {Path(name).stem: name for name in tar.getnames()}
            claimed = _file(tar, LIST)
            for line in claimed.decode("ascii").splitlines():
                photo, _, hashed = line.partition(" ")
                octets = _file(tar, names[photo])
                if sha256(octets).hexdigest() != hashed:
                    raise Malformed(f"{path}: photo {photo} is not what was released")
                yield int(photo), octets
    except (tarfile.TarError, KeyError, ValueError, OSError):
        raise Malformed(f"{path}: is no release of a corpus, or is damaged") from None


def _head(name: str, size: int) -> bytes:
    about = tarfile.TarInfo(name)  # no owner, no time: nothing but the name and the bytes
    about.size, about.mode = size, 0o600
    return about.tobuf(tarfile.GNU_FORMAT)


def _file(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read()


def _ending(octets: bytes) -> str:
    return next((ending for start, ending in _ENDINGS.items() if octets.startswith(start)), ".bin")
