"""MUTANTS: real bytes with one to four things wrong with them, the same for the same random numbers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

INTERESTING = (0, 1, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFF, 0x30, 0x31, 0x3C, 0xA0)  # lengths, tags, fillers


def mutant(seed: bytes, random: Random) -> bytes:
    """`seed`, its bits, bytes or lengths changed, pieces of it gone, doubled, moved or cut off."""
    data = bytearray(seed)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if data:
            random.choice(_WAYS)(data, random.randrange(len(data)), random)
    return bytes(data)


def _size(random: Random) -> int:
    return random.choice((1, 1, 2, 4, 16, 64))


def _bit(data: bytearray, at: int, random: Random) -> None:
    data[at] ^= 1 << random.randrange(8)


def _telling(data: bytearray, at: int, random: Random) -> None:
    data[at] = random.choice(INTERESTING)


def _byte(data: bytearray, at: int, random: Random) -> None:
    data[at] = random.randrange(256)


def _gone(data: bytearray, at: int, random: Random) -> None:
    del data[at : at + _size(random)]


def _more(data: bytearray, at: int, random: Random) -> None:
    data[at:at] = random.randbytes(_size(random))


def _doubled(data: bytearray, at: int, random: Random) -> None:
    data[at:at] = data[at : at + _size(random)]


def _moved(data: bytearray, at: int, random: Random) -> None:
    piece, to = data[at : at + _size(random)], random.randrange(len(data))
    data[to : to + len(piece)] = piece


def _cut(data: bytearray, at: int, random: Random) -> None:
    del data[at:]


_WAYS: tuple[Callable[[bytearray, int, Random], None], ...] = (
    _bit,
    _bit,
    _telling,
    _byte,
    _gone,
    _more,
    _doubled,
    _moved,
    _cut,
)
