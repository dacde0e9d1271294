"""Decoding ahead: while one frame is looked at, the next ones are decoded, on another core.

Law: frames come in order, each once; whatever the decoding raises is raised where the frame would have come; a caller
who stops early leaves no thread behind.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 4  # frames that wait: of 4K, 50 MB
_PATIENCE = 0.05  # seconds in which a stop is noticed


def ahead(frames: Iterable[T]) -> Generator[T]:
    """`frames`, made in a thread of their own, a few before they are asked for. Close it before what they come from."""
    maker = _Maker(frames)
    maker.start()
    try:
        while (item := maker.waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        maker.stopped.set()
        maker.join()


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
