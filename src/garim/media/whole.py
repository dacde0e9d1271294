"""Whether a file is all there, as far as its own container can tell."""

from __future__ import annotations

import mmap
from pathlib import Path

from garim.media import boxes, ebml, riff, transport
from garim.media.ebml import Damaged

__all__ = ["Damaged", "pictures"]

_END_OF_IMAGE = b"\xff\xd9"


def pictures(path: Path, container: str, *, stream: int, identifier: int, kept: set[int]) -> int | None:
    """How many coded pictures the file at `path` holds at least, where its container says it. Raises `Damaged`.

    `stream` is the number of the picture's stream in the file, `identifier` what the file calls it; `kept` are the
    identifiers of all that are read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        match container:
            case "mkv":
                return ebml.pictures(data)
            case "avi":
                return riff.pictures(data, stream)
            case "ts":
                return transport.pictures(data, identifier, kept)
            case "mp4":
                boxes.refuse_cut(data)
            case "mjpeg" if not data[-(1 << 16) :].rstrip(b"\0").endswith(_END_OF_IMAGE):
                raise Damaged("ends in the middle of a picture (it was cut short)")
    return None
