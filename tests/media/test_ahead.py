"""Frames that are decoded ahead come in order; an error comes in its place; nobody is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from garim.core.errors import Unreadable
from garim.media.ahead import FARTHEST, MOST, Ahead


def test_all_come_in_order() -> None:
    assert list(Ahead(iter(range(500)))) == list(range(500))
    assert list(Ahead([])) == []


def test_few_wait() -> None:
    made: list[int] = []

    def frames() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    for taken in Ahead(frames()):
        assert len(made) <= taken + MOST + 3


def test_an_error_comes_where_the_frame_would_have_come() -> None:
    def frames() -> Iterator[int]:
        yield 1
        raise Unreadable("frame 1 is damaged")

    some = Ahead(frames())
    assert next(some) == 1
    with pytest.raises(Unreadable, match="frame 1"):
        next(some)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    some = Ahead(iter(range(1000)))
    assert next(some) == 0
    some.close()
    assert threading.active_count() == before


def test_what_comes_later_is_seen_and_not_taken() -> None:
    some = Ahead(iter(range(10)))
    assert list(some.later()) == list(range(FARTHEST))
    assert next(some) == 0
    assert [next(some.later()), *some.later()] == [1, *range(1, 1 + FARTHEST)]
    assert list(some) == list(range(1, 10))
    assert list(some.later()) == list(some) == []


def test_an_error_that_was_seen_coming_comes_in_its_place() -> None:
    def frames() -> Iterator[int]:
        yield 1
        raise Unreadable("frame 1 is damaged")

    some = Ahead(frames())
    assert list(some.later()) == [1]
    assert next(some) == 1
    with pytest.raises(Unreadable, match="frame 1"):
        next(some)
