"""Real files of chips, found in ../shared, and the words to make others byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import SHARED

DUMPS = SHARED / "data" / "epassport"


def dump(name: str) -> Path:
    """A folder or file of ../shared/data/epassport; skips the test, with what is missing, where it is not there."""
    path = DUMPS / name
    if not path.exists():
        pytest.skip(f"no {path}: real files of a chip are needed")
    return path


def tlv(tag: int, value: bytes) -> bytes:
    """The object of `tag` around `value`, its length in the shortest form."""
    return _bytes(tag) + _length(len(value)) + value


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    return bytes([0x80 | len(_bytes(length))]) + _bytes(length)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1)
