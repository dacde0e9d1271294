"""WHOSE NAME: two ways to write one distinguished name have one key (RFC 5280, 7.1, and what CSCAs do beyond it).

Laws: a key only finds candidates, and proves nothing: a signature does; kind of string, case and runs of spaces do not
matter, order does; what cannot be read as a name is a name by its bytes. No two names that differ in a word share one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

from garim.gate.passport import tlv
from garim.gate.passport.outcomes import Refused

_SEQUENCE = 0x30
_COUNTRY = "550406"  # 2.5.4.6
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}


@lru_cache(maxsize=2048)
def key(name: bytes) -> bytes:
    """The key of a name in DER: 32 bytes, the same for each way to write it."""
    try:
        parts = [sorted(_attribute(one.value) for one in tlv.every(rdn.value)) for rdn in _rdns(name)]
    except (Refused, UnicodeDecodeError):
        return hashlib.sha256(b"as it stands" + name).digest()
    return hashlib.sha256(repr(parts).encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two names in DER are one name."""
    return key(one) == key(other)


def country(name: bytes) -> str:
    """The one country of a name in DER, in capitals; "" where it has none, or several."""
    found = {text for text in countries(name) or () if text}
    return found.pop() if len(found) == 1 else ""


def countries(name: bytes) -> frozenset[str] | None:
    """The countries that a name in DER names, in capitals, "" for what is no text; None where it cannot be read."""
    try:
        each = [_attribute(one.value) for rdn in _rdns(name) for one in tlv.every(rdn.value)]
    except (Refused, UnicodeDecodeError):
        return None
    return frozenset("" if odd else text.upper() for kind, odd, text in each if kind == _COUNTRY)


def _rdns(name: bytes) -> list[tlv.Tlv]:
    return tlv.every(tlv.one(name, tag=_SEQUENCE).value)


def _attribute(value: bytes) -> tuple[str, int, str]:
    """An attribute's type, the tag of a value that is no text (else 0), and the value with its case and spaces told."""
    kind, text, *more = tlv.every(value) + [tlv.Tlv(0, b"")] * 3
    if more[0].tag or text.tag not in _ENCODINGS:
        return kind.value.hex(), text.tag or 1, value.hex()
    words = unicodedata.normalize("NFKC", text.value.decode(_ENCODINGS[text.tag])).casefold()
    return kind.value.hex(), 0, " ".join(words.split())
