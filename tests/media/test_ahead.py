"""Frames that are decoded ahead come in order; an error comes in its place; nobody is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from garim.core.errors import Unreadable
from garim.media.ahead import MOST, ahead


def test_all_come_in_order() -> None:
    assert list(ahead(iter(range(500)))) == list(range(500))
    assert list(ahead([])) == []


def test_few_wait() -> None:
    made: list[int] = []

    def frames() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    for taken in ahead(frames()):
        assert len(made) <= taken + MOST + 3


def test_an_error_comes_where_the_frame_would_have_come() -> None:
    def frames() -> Iterator[int]:
        yield 1
        raise Unreadable("frame 1 is damaged")

    some = ahead(frames())
    assert next(some) == 1
    with pytest.raises(Unreadable, match="frame 1"):
        next(some)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    some = ahead(iter(range(1000)))
    assert next(some) == 0
    some.close()
    assert threading.active_count() == before
