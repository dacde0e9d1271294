"""AES KEY WRAP of many 16-byte seeds at once: RFC 3394, with AES-256, over arrays.

Law: an unwrapped seed is the one that was wrapped, at the number that it was wrapped for, or it is refused: the
initial value (RFC 3394, 2.2.3.2) is the default one with the subject's number put over it.
"""

from __future__ import annotations

import sys

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from garim.corpus.values import U32, U64, Bools

SEED = 16
SLOT = SEED + 8
_STEPS = 6 * (SEED // 8)
_AT_ONCE = 1 << 14  # what stays in a core's cache
_DEFAULT = np.uint64(0xA6A6A6A6A6A6A6A6)

Octets = NDArray[np.uint8]


def wrapped(key: bytes, numbers: U32, seeds: Octets) -> Octets:
    """u8[n,24] of u8[n,16] under `key` (32 bytes)."""
    encrypt = _blocks(key).encryptor()
    rows = np.empty((len(numbers), 3), np.uint64)
    rows[:, 0] = _initial(numbers)
    rows[:, 1:] = np.ascontiguousarray(seeds).view(np.uint64)
    for start in range(0, len(rows), _AT_ONCE):
        _wrap(encrypt, rows[start : start + _AT_ONCE])
    return rows.view(np.uint8).reshape(-1, SLOT)


def unwrapped(key: bytes, numbers: U32, slots: Octets) -> tuple[Octets, Bools]:
    """The seeds u8[n,16] of `slots` u8[n,24], and which are what was wrapped."""
    decrypt = _blocks(key).decryptor()
    rows = np.array(slots, order="C").view(np.uint64)
    for start in range(0, len(rows), _AT_ONCE):
        _unwrap(decrypt, rows[start : start + _AT_ONCE])
    right = rows[:, 0] == _initial(numbers)
    return np.ascontiguousarray(rows[:, 1:]).view(np.uint8).reshape(-1, SEED), np.asarray(right)


def _wrap(encrypt: CipherContext, rows: U64) -> None:
    block = np.empty((len(rows), 2), np.uint64)
    block[:, 0] = rows[:, 0]
    for step in range(_STEPS):
        half = 1 + step % 2
        block[:, 1] = rows[:, half]
        block = _passed(encrypt, block)
        rows[:, half] = block[:, 1]
        block[:, 0] ^= _big(step + 1)
    rows[:, 0] = block[:, 0]


def _unwrap(decrypt: CipherContext, rows: U64) -> None:
    block = np.empty((len(rows), 2), np.uint64)
    block[:, 0] = rows[:, 0]
    for step in reversed(range(_STEPS)):
        half = 1 + step % 2
        block[:, 0] ^= _big(step + 1)
        block[:, 1] = rows[:, half]
        block = _passed(decrypt, block)
        rows[:, half] = block[:, 1]
    rows[:, 0] = block[:, 0]


def _passed(through: CipherContext, block: U64) -> U64:
    answer = bytearray(block.nbytes + 15)
    through.update_into(block.data.cast("B"), answer)
    return np.frombuffer(answer, np.uint64, block.size).reshape(-1, 2)


def _blocks(key: bytes) -> Cipher[ECB]:
    return Cipher(AES(key), ECB())  # noqa: S305 - the block function that RFC 3394 is made of, no mode of operation


def _initial(numbers: U32) -> U64:
    return numbers.astype(">u8").view(np.uint64) ^ _DEFAULT


def _big(count: int) -> np.uint64:
    """The 64 bits, most significant byte first, in this machine's order."""
    return np.uint64(int.from_bytes(count.to_bytes(8, "big"), sys.byteorder))
