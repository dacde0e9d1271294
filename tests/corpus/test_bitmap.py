"""The bitmap of those who withdrew says what a set of Python would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Malformed, Unreadable
from garim.corpus.bitmap import Withdrawn

NUMBERS = st.lists(st.one_of(st.integers(0, 300), st.integers(0, (1 << 32) - 1)), max_size=120)


def _array(numbers: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.array(numbers, np.uint32)


@given(NUMBERS, NUMBERS, st.lists(st.integers(0, 400), max_size=150), st.integers(0, 400), st.integers(0, 400))
def test_it_is_a_set(first: list[int], more: list[int], asked: list[int], low: int, high: int) -> None:
    gone = Withdrawn.of(_array(first)).grown(_array(more))
    plain = set(first) | set(more)
    assert gone.numbers().tolist() == sorted(plain)
    assert gone.numbers(low, high).tolist() == sorted(each for each in plain if low <= each <= high)
    assert gone.standing(_array(asked)).tolist() == [each not in plain for each in asked]
    assert gone.without(_array(more)).numbers().tolist() == sorted(plain - set(more))
    assert len(gone) == len(plain)
    assert Withdrawn.read(gone.written()) == gone


def test_many_are_asked_at_once() -> None:
    gone = Withdrawn.of(np.arange(0, 1000, 3, dtype=np.uint32))
    standing = gone.standing(np.arange(2000, dtype=np.uint32))
    assert standing.tolist() == [each % 3 != 0 or each >= 1000 for each in range(2000)]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "withdrawn.roaring"
    assert Withdrawn.load(path) is None
    Withdrawn.of(_array([5, 7])).save(path)
    loaded = Withdrawn.load(path)
    assert loaded is not None
    assert 7 in loaded
    assert 6 not in loaded
    assert path.stat().st_mode & 0o777 == 0o600


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    octets = Withdrawn.of(_array([5, 7, 1 << 31])).written()
    for at in range(len(octets)):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        with pytest.raises(Malformed):
            Withdrawn.read(changed)
    path = tmp_path / "withdrawn.roaring"
    path.write_bytes(octets[:-1])
    with pytest.raises(Unreadable, match="made anew from the record"):
        Withdrawn.load(path)
