"""Which packets of an H.264 film hold one field of a picture, and not all of it (ITU-T H.264, 7.3.2.1.1 and 7.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

_SLICE, _IDR, _PARAMETERS = 1, 5, 7
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


class Bits:
    """Bits of a NAL unit, most significant first; reading past the end gives zeros."""

    def __init__(self, nal: bytes) -> None:
        # a 3 keeps two zeros from looking like the start of the next unit
        self._value = int.from_bytes(nal.replace(b"\0\0\3", b"\0\0") + bytes(8), "big")
        self._left = 8 * (len(nal.replace(b"\0\0\3", b"\0\0")) + 8)

    def take(self, count: int) -> int:
        """The next `count` bits, as a number."""
        self._left = max(0, self._left - count)
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """The next number in Exp-Golomb code."""
        zeros = 0
        while not self.take(1) and zeros < 32:
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """The next signed number in Exp-Golomb code."""
        code = self.golomb()
        return code + 1 >> 1 if code & 1 else -(code >> 1)


class Fields:
    """Told each packet in turn; remembers what parameter sets say of the slices that follow."""

    def __init__(self, extradata: bytes) -> None:
        self._frame_bits = 4
        self._maybe = self._planes = False
        self._length = 0
        if extradata[:1] == b"\1":
            self._length = (extradata[4] & 3) + 1
            size = int.from_bytes(extradata[6:8], "big")
            self._learn(extradata[8 : 8 + size])
        else:
            self.half(extradata)

    def half(self, packet: bytes) -> bool:
        """Whether `packet` holds one field only. A packet with both fields of a picture does not."""
        kinds = set()
        for nal in self._units(packet):
            kind = nal[0] & 0x1F
            if kind == _PARAMETERS:
                self._learn(nal)
            if kind in (_SLICE, _IDR) and self._maybe:
                kinds.add(self._field(nal))
        return len(kinds) == 1 and kinds != {None}

    def _units(self, packet: bytes) -> Iterator[bytes]:
        if self._length:
            at = 0
            while at + self._length < len(packet):
                size = int.from_bytes(packet[at : at + self._length], "big")
                at += self._length
                yield packet[at : at + min(size, 64)] if packet[at] & 0x1F != _PARAMETERS else packet[at : at + size]
                at += size
            return
        yield from (unit for unit in packet.split(b"\0\0\1")[1:] if unit)

    def _learn(self, nal: bytes) -> None:
        bits = Bits(nal)
        _, profile, _, _ = bits.take(8), bits.take(8), bits.take(16), bits.golomb()
        if profile in _WITH_CHROMA:
            chroma = bits.golomb()
            self._planes = chroma == 3 and bool(bits.take(1))
            _, _, _ = bits.golomb(), bits.golomb(), bits.take(1)
            if bits.take(1):
                for number in range(12 if chroma == 3 else 8):
                    if bits.take(1):
                        _skip_scaling(bits, 16 if number < 6 else 64)
        self._frame_bits = bits.golomb() + 4
        order = bits.golomb()
        if order == 0:
            bits.golomb()
        if order == 1:
            _, _, _ = bits.take(1), bits.signed(), bits.signed()
            for _ in range(bits.golomb()):
                bits.signed()
        _, _, _, _ = bits.golomb(), bits.take(1), bits.golomb(), bits.golomb()
        self._maybe = not bits.take(1)

    def _field(self, nal: bytes) -> int | None:
        """0 for a top field, 1 for a bottom field, None for a frame."""
        bits = Bits(nal[:64])
        bits.take(8)
        for _ in range(3):
            bits.golomb()
        bits.take(2 * self._planes + self._frame_bits)
        return bits.take(1) if bits.take(1) else None


def _skip_scaling(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last
