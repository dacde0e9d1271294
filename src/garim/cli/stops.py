"""Ctrl-C and a polite kill, asked about instead of obeyed at once: what is under way is brought to its end."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from threading import Event
from types import FrameType


@contextlib.contextmanager
def stops() -> Iterator[Callable[[], bool]]:
    """Whether a stop was asked for. Whoever asks twice does not want to wait: that is a `KeyboardInterrupt`."""
    asked = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, held in before.items():
            signal.signal(number, held)
