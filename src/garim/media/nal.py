"""H.264 AS NAL UNITS: bytes in, bytes out; what a splice has to know of a stream without decoding it.

ITU-T H.264: 7.3.1 (NAL units), 7.3.2.1 and 7.3.2.2 (parameter sets), 7.3.2.3 (SEI); ISO/IEC 14496-15, 5.3.3 (avcC).
Laws: pure; what does not parse raises `Malformed`, and nothing is spliced then.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

IDR, SEI, SPS, PPS, AUD = 5, 6, 7, 8, 9
# slices, parameter sets, and where a picture, a sequence, a stream ends: what a flat screen shows. What else there may
# be, as a second eye's view, an alpha plane or whatever a maker made up, shows nothing, and may hold a face
_SHOWN = frozenset({1, 2, 3, 4, IDR, SPS, PPS, AUD, 10, 11})
# told to decoders, of no person, place or time: where to begin, and how bright the picture was mastered
_KEPT_SEI = frozenset({6, 137, 144, 147})


class Malformed(Exception):
    """Not what the standard has."""


def kind(unit: bytes) -> int:
    """A NAL unit's type."""
    return unit[0] & 31


def split(data: bytes, length: int) -> list[bytes]:
    """The NAL units of a packet, each behind its length in `length` bytes."""
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + length], "big")
        at += length
        if not 0 < size <= len(data) - at:
            raise Malformed("a NAL unit of no or too great a length")
        units.append(data[at : at + size])
        at += size
    return units


def joined(units: Sequence[bytes], length: int) -> bytes:
    """The packet that `split` takes apart. Raises `Malformed` where a unit is too long for its length."""
    try:
        return b"".join(len(unit).to_bytes(length, "big") + unit for unit in units)
    except OverflowError:
        raise Malformed("a NAL unit is too long for this file's lengths") from None


def from_start_codes(data: bytes) -> list[bytes]:
    """The NAL units of a stream in Annex B's form, as encoders give it."""
    units = []
    at = data.find(b"\0\0\1")
    while at >= 0:
        end = data.find(b"\0\0\1", at + 3)
        units.append(data[at + 3 : end if end >= 0 else len(data)].rstrip(b"\0"))
        at = end
    return [unit for unit in units if unit]


def bare(units: Sequence[bytes]) -> list[bytes]:
    """`units` that are shown, without messages that may carry time, place, device or text."""
    kept = []
    for unit in units:
        if kind(unit) == SEI:
            messages = [(type_, payload) for type_, payload in _messages(unit) if type_ in _KEPT_SEI]
            if messages:
                kept.append(_sei(unit[:1], messages))
        elif kind(unit) in _SHOWN:
            kept.append(unit)
    return kept


def _messages(unit: bytes) -> Iterator[tuple[int, bytes]]:
    body = _unescaped(unit[1:])
    at = 0
    while at < len(body) - 1:  # the last byte is the stop bit
        type_, at = _counted(body, at)
        size, at = _counted(body, at)
        if size > len(body) - at:
            raise Malformed("an SEI message is longer than its unit")
        yield type_, body[at : at + size]
        at += size


def _counted(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(body) and body[at] == 255:
        value, at = value + 255, at + 1
    if at >= len(body):
        raise Malformed("an SEI message without an end")
    return value + body[at], at + 1


def _sei(head: bytes, messages: Sequence[tuple[int, bytes]]) -> bytes:
    body = b"".join(_count(type_) + _count(len(payload)) + payload for type_, payload in messages) + b"\x80"
    return head + _escaped(body)


def _count(value: int) -> bytes:
    return b"\xff" * (value // 255) + bytes([value % 255])


def _unescaped(body: bytes) -> bytes:
    return body.replace(b"\0\0\3", b"\0\0")


def _escaped(body: bytes) -> bytes:
    out, zeros = bytearray(), 0
    for byte in body:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


class _Bits:
    """Bits of a unit, the highest first."""

    def __init__(self, body: bytes) -> None:
        self._value, self._left = int.from_bytes(body, "big"), 8 * len(body)

    def bit(self) -> int:
        if not self._left:
            raise Malformed("a parameter set ends too early")
        self._left -= 1
        return self._value >> self._left & 1

    def golomb(self) -> int:
        """ue(v), 9.1."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise Malformed("a number without an end")
        value = 1
        for _ in range(zeros):
            value = value << 1 | self.bit()
        return value - 1


def sps_id(unit: bytes) -> int:
    """The number of a sequence parameter set."""
    return _Bits(_unescaped(unit[4:12])).golomb()


def hidden(unit: bytes) -> tuple[int, int]:
    """Columns and rows of pictures of 4:2:0 that a sequence parameter set crops away, in px (7.3.2.1.1)."""
    bits = _Bits(_unescaped(unit[4:]))
    bits.golomb()
    if unit[1] in _HIGH:
        _skip_layout(bits)
    bits.golomb()
    _skip_order(bits)
    bits.golomb()
    bits.bit()
    bits.golomb(), bits.golomb()
    frames_only = bits.bit()
    if not frames_only:
        bits.bit()
    bits.bit()
    if not bits.bit():
        return 0, 0
    left, right, top, bottom = (bits.golomb() for _ in range(4))
    return 2 * (left + right), 2 * (2 - frames_only) * (top + bottom)


_HIGH = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_COLOUR_444 = 3


def _skip_layout(bits: _Bits) -> None:
    """Colour, depths and scaling lists."""
    lists = 8
    if bits.golomb() == _COLOUR_444:
        bits.bit()
        lists = 12
    bits.golomb(), bits.golomb()
    bits.bit()
    if bits.bit():
        for number in range(lists):  # the first six are of 4x4 samples
            if bits.bit():
                _skip_scaling(bits, 16 if number < 6 else 64)


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = after = 8
    for _ in range(size):
        if after:
            after = (last + _signed(bits)) % 256
        last = after or last


def _skip_order(bits: _Bits) -> None:
    """How pictures are counted in the order of showing."""
    kind_ = bits.golomb()
    if kind_ == 0:
        bits.golomb()
    elif kind_ == 1:
        bits.bit()
        bits.golomb(), bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()


def _signed(bits: _Bits) -> int:
    """se(v), 9.1.1."""
    value = bits.golomb()
    return (value + 1) // 2 if value % 2 else -(value // 2)


def pps_ids(unit: bytes) -> tuple[int, int]:
    """The number of a picture parameter set, and that of the sequence parameter set it goes with."""
    bits = _Bits(_unescaped(unit[1:12]))
    return bits.golomb(), bits.golomb()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an avcC box says: parameter sets, how many bytes a length has, and how samples are laid out.

    What a maker may have put behind that is left out.
    """

    profile: bytes  # profile, compatibility, level
    length: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    layout: bytes

    @staticmethod
    def parsed(data: bytes) -> Configuration:
        """Raises `Malformed`."""
        if len(data) < 7 or data[0] != 1:
            raise Malformed("no avcC")
        sps, at = _sets(data, 6, data[5] & 31)
        if at >= len(data):
            raise Malformed("an avcC without picture parameter sets")
        pps, at = _sets(data, at + 1, data[at])
        layout = data[at : at + 3] + b"\0" if len(data) >= at + 4 else b""
        return Configuration(data[1:4], (data[4] & 3) + 1, sps, pps, layout)

    def with_sets(self, sps: bytes, pps: bytes) -> Configuration:
        """The same with one more of each, and the level that holds both."""
        level = max(self.profile[2], sps[3])
        return Configuration(
            self.profile[:2] + bytes([level]), self.length, (*self.sps, sps), (*self.pps, pps), self.layout
        )

    def written(self) -> bytes:
        """The box's bytes."""
        if len(self.sps) > 31 or len(self.pps) > 255:
            raise Malformed("too many parameter sets")
        return (
            b"\1" + self.profile + bytes([0xFC | self.length - 1, 0xE0 | len(self.sps)])
            + b"".join(struct.pack(">H", len(unit)) + unit for unit in self.sps)
            + bytes([len(self.pps)])
            + b"".join(struct.pack(">H", len(unit)) + unit for unit in self.pps)
            + self.layout
        )  # fmt: skip


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    units = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        unit = data[at + 2 : at + 2 + size]
        if not 4 <= len(unit) == size:
            raise Malformed("a parameter set of no length")
        units.append(unit)
        at += 2 + size
    return tuple(units), at
