"""Whether an MP4 or MOV file is whole, by the sizes of its boxes: libav reads on in one that was cut."""

from __future__ import annotations

import mmap

from garim.media.ebml import Damaged

_KNOWN = {
    b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"free", b"skip", b"wide", b"udta", b"uuid", b"meta",
}  # fmt: skip


def refuse_cut(data: mmap.mmap) -> None:
    """Raise `Damaged` where a box is longer than the file. What some cameras append to it is no box."""
    at = 0
    while at + 8 <= len(data) and data[at + 4 : at + 8] in _KNOWN:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return
        at += max(size, 8)
    if at > len(data):
        raise Damaged(f"ends {at - len(data)} bytes too early (it was cut short)")
