"""A portrait as a PNG: its pixels and nothing else, written where only its owner reads it.

Laws: no byte of the coded portrait goes out, so that neither its metadata nor what was made to break a decoder does;
the file has mode 0600 and appears whole or not at all. The standard library suffices: the process that reads passports
loads no library that decodes pictures.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.files import unwritable, whole

_UP = 2  # PNG's filter that gives each line less the one above


def png(rgb: NDArray[np.uint8]) -> bytes:
    """`rgb`, u8[h,w,3], as a PNG."""
    height, width, _ = rgb.shape
    lines = np.empty((height, 1 + 3 * width), np.uint8)
    lines[:, 0] = _UP
    lines[:, 1:] = np.diff(rgb.reshape(height, -1), axis=0, prepend=np.uint8(0))  # u8 wraps, as PNG has it
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def written(output: Path, rgb: NDArray[np.uint8], *, force: bool = False) -> None:
    """Write `rgb` to `output` as a PNG that only its owner reads. Raises `Misuse`, `Unwritable`."""
    coded = png(rgb)
    with whole(output, force=force, mode=0o600) as path:
        try:
            path.write_bytes(coded)
        except OSError as error:
            raise unwritable(output, error) from None
