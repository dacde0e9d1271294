"""A colour profile, of which only the numbers stay: who made it, when, and what they called it go.

Law: what is left leads to the same colours. After ICC.1:2022, 7.2 (header), 7.3 (tags), 10.
"""

from __future__ import annotations

import struct

_HEADER = 128
_MOST_TAGS = 100  # more than any profile has
# matrices, curves and tables; not the names, the dates, the owner's words, the calibration of a screen
_OF_COLOURS = (
    *(b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"bTRC", b"bXYZ", b"bkpt", b"chad", b"cicp"),
    *(b"gTRC", b"gXYZ", b"gamt", b"kTRC", b"rTRC", b"rXYZ", b"wtpt"),
)
_DAY = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_D50 = bytes.fromhex("0000f6d6000100000000d32d")
_SAID = "a photo's colours"


def nameless(profile: bytes) -> bytes | None:
    """`profile` without anything that names somebody; None where it is no profile."""
    try:
        tags = _tags(profile)
    except (struct.error, ValueError):
        return None
    kept = [(name, tags[name]) for name in _OF_COLOURS if name in tags]
    if not kept:
        return None
    kept = sorted([*kept, *_words(profile[8])])
    table, bodies = struct.pack(">I", len(kept)), b""
    start = _HEADER + 4 + 12 * len(kept)
    for name, body in kept:
        table += struct.pack(">4sII", name, start + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    rest = table + bodies
    return _header(profile, _HEADER + len(rest)) + rest


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if profile[36:40] != b"acsp":
        raise ValueError("no profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if count > _MOST_TAGS:
        raise ValueError("more tags than a profile has")
    found = {}
    for number in range(count):
        name, start, length = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * number)
        if start + length > len(profile):
            raise ValueError("a tag that lies outside")
        found[name] = profile[start : start + length]
    return found


def _header(profile: bytes, size: int) -> bytes:
    """Its version, class, colours and intent; no maker, no model, no day."""
    head = struct.pack(">I4x", size) + profile[8:24] + _DAY + b"acsp" + bytes(24) + profile[64:68] + _D50
    return head.ljust(_HEADER, b"\0")


def _words(version: int) -> list[tuple[bytes, bytes]]:
    """What every profile has to be called, and whose it is: nothing, in the version's own form."""
    if version >= 4:
        text = _SAID.encode("utf-16-be")
        words = b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(text), 28) + text
        return [(b"cprt", words), (b"desc", words)]
    text = _SAID.encode() + b"\0"
    return [
        (b"cprt", b"text" + bytes(4) + text),
        (b"desc", b"desc" + struct.pack(">4xI", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)),
    ]
