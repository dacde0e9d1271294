"""WHAT A COSIGNER SIGNS: the bytes of C2SP tlog-cosignature for a whole tree, with the time beside them. Pure.

    timestamped_signature = u64 timestamp || signature
    0x04, Ed25519         "cosignature/v1" LF "time" SP timestamp LF || the checkpoint's text
    0x06, ML-DSA-44       "subtree/v1" LF NUL || u8 length, cosigner's name || u64 timestamp
                          || u8 length, origin || u64 start = 0 || u64 end = size || root

Numbers are big-endian. Either says: as of that time this is the largest tree, consistent with every earlier one,
that the cosigner has seen. Only 0x04 covers extension lines, and only 0x06 the cosigner's name.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from garim.core.errors import Malformed
from garim.core.vkey import Kind
from garim.ledger import checkpoint_text

LATEST = (1 << 63) - 1  # seconds since the Epoch
_LABEL = b"subtree/v1\n\0"
_TIME_BYTES = 8


def _ed25519(_name: str, at: int, text: str) -> bytes:
    checkpoint_text.read(text)
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _ml_dsa_44(name: str, at: int, text: str) -> bytes:
    tree = checkpoint_text.read(text)
    return (
        _LABEL
        + _counted(name)
        + struct.pack(">Q", at)
        + _counted(tree.origin)
        + struct.pack(">QQ", 0, tree.size)
        + tree.root
    )


_MESSAGES: dict[Kind, Callable[[str, int, str], bytes]] = {
    Kind.COSIGN_ED25519: _ed25519,
    Kind.COSIGN_ML_DSA_44: _ml_dsa_44,
}


def message(kind: Kind, name: str, at: int, text: str) -> bytes:
    """What the cosigner `name` signs of the checkpoint `text` at `at` (s since the Epoch). Raises `Malformed`."""
    if not 0 <= at <= LATEST:
        raise Malformed(f"{name}: a cosignature's time lies between 0 and 2^63-1 s")
    return _MESSAGES[kind](name, at, text)


def joined(at: int, signature: bytes) -> bytes:
    """A `timestamped_signature`."""
    return struct.pack(">Q", at) + signature


def split(value: bytes) -> tuple[int, bytes]:
    """The time (s since the Epoch) and the signature in a `timestamped_signature`. Raises `Malformed`."""
    if len(value) <= _TIME_BYTES:
        raise Malformed("a cosignature is cut short")
    return int.from_bytes(value[:_TIME_BYTES]), value[_TIME_BYTES:]


def _counted(text: str) -> bytes:
    octets = text.encode()
    if not 1 <= len(octets) <= 255:
        raise Malformed(f"{text[:40]!r}: a name in an ML-DSA cosignature has 1 to 255 bytes")
    return bytes([len(octets)]) + octets
