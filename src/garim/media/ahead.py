"""Decoding ahead: while one frame is looked at, the next ones are decoded, on another core.

Law: frames come in order, each once; whatever the decoding raises is raised where the frame would have come; a caller
who stops early leaves no thread behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 2  # frames that wait: of 4K, 25 MB
FARTHEST = 8  # frames that may be seen coming
_PATIENCE = 0.05  # seconds in which a stop is noticed


class Ahead(Generic[T]):
    """`frames`, made in a thread of their own, a few before they are asked for. Close it before what they come from."""

    def __init__(self, frames: Iterable[T]) -> None:
        self._maker = _Maker(frames)
        self._maker.start()
        self._made: deque[tuple[T] | BaseException | None] = deque()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        made = self._made.popleft() if self._made else self._maker.waiting.get()
        if isinstance(made, tuple):
            return made[0]
        self._made.append(made)  # the end stays the end
        if made is None:
            raise StopIteration
        raise made

    def later(self) -> Iterator[T]:
        """The frames that come next, without taking them: `FARTHEST` at most, each made when it is asked for."""
        for place in range(FARTHEST):
            if place == len(self._made):
                self._made.append(self._maker.waiting.get())
            made = self._made[place]
            if not isinstance(made, tuple):
                return
            yield made[0]

    def close(self) -> None:
        """Stop, wherever it is."""
        self._maker.stopped.set()
        self._maker.join()


class _Maker(Thread, Generic[T]):
    """Puts each frame, alone in a tuple, then None or what was raised."""

    def __init__(self, frames: Iterable[T]) -> None:
        super().__init__(name="garim-decode", daemon=True)
        self._frames = frames
        self.waiting: Queue[tuple[T] | BaseException | None] = Queue(MOST)
        self.stopped = Event()

    def run(self) -> None:
        try:
            for frame in self._frames:
                self._put((frame,))
                if self.stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: tuple[T] | BaseException | None) -> None:
        while not self.stopped.is_set():
            try:
                return self.waiting.put(item, timeout=_PATIENCE)
            except Full:
                continue
        return None
