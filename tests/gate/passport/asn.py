"""DER WRITTEN BY HAND, for makers of test documents: each function gives the bytes of one value.

Nothing here reads; nothing of the code under test is used. Attacks write what DER forbids with `tlv` itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

NULL = b"\x05\x00"


def length(count: int, *, bytes_of_length: int = 0) -> bytes:
    """The shortest form, or a long form of `bytes_of_length` bytes."""
    if count < 0x80 and not bytes_of_length:
        return bytes([count])
    size = bytes_of_length or (count.bit_length() + 7) // 8
    return bytes([0x80 | size]) + count.to_bytes(size, "big")


def tlv(tag: int, *parts: bytes, bytes_of_length: int = 0) -> bytes:
    """One object of ISO 7816-4 or DER: `tag` of one to three bytes, and `parts` one after the other."""
    value = b"".join(parts)
    head = tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")
    return head + length(len(value), bytes_of_length=bytes_of_length) + value


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(parts: Iterable[bytes]) -> bytes:
    """In DER's order."""
    return tlv(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def boolean(value: bool) -> bytes:
    return tlv(0x01, b"\xff" if value else b"\x00")


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return tlv(0x06, *map(_base128, (40 * first + second, *rest)))


def _base128(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def octets(value: bytes) -> bytes:
    return tlv(0x04, value)


def bits(value: bytes) -> bytes:
    return tlv(0x03, b"\x00", value)


def named_bits(*numbers: int) -> bytes:
    """A BIT STRING with `numbers` set, trailing zeros left out as DER wants."""
    value = sum(1 << (15 - number) for number in numbers).to_bytes(2, "big")[: max(numbers) // 8 + 1]
    return tlv(0x03, bytes([7 - max(numbers) % 8]), value)


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def printable(text: str) -> bytes:
    return tlv(0x13, text.encode("ascii"))


def time(at: datetime) -> bytes:
    """UTCTime to 2049, GeneralizedTime after it, as RFC 5280 wants."""
    at = at.astimezone(UTC)
    if 1950 <= at.year < 2050:
        return tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
    return general_time(at)


def general_time(at: datetime) -> bytes:
    return tlv(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def context(number: int, *parts: bytes) -> bytes:
    """[number], constructed: an explicit tag around `parts`, or the implicit one of a structure."""
    return tlv(0xA0 | number, *parts)


def implicit(number: int, value: bytes) -> bytes:
    """[number] of a primitive value."""
    return tlv(0x80 | number, value)
