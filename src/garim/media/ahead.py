"""Decoding ahead: while one frame is looked at, the next ones are decoded, on another core.

Law: frames come in order, each once; whatever the decoding raises is raised where the frame would have come; a caller
who stops early leaves no thread behind.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

MOST = 4  # frames that wait: of 4K, 50 MB
_PATIENCE = 0.05  # seconds in which a stop is noticed


def ahead(frames: Iterable[T]) -> Generator[T]:
    """`frames`, made in a thread of their own, a few before they are asked for."""
    waiting: Queue[tuple[T] | BaseException | None] = Queue(MOST)
    stopped = Event()

    def put(item: tuple[T] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return True
        return False

    def made() -> None:
        try:
            for frame in frames:
                if not put((frame,)):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            put(error)
        else:
            put(None)

    thread = Thread(target=made, name="garim-decode", daemon=True)
    thread.start()
    try:
        yield from _taken(waiting)
    finally:
        stopped.set()
        while not waiting.empty():
            try:
                waiting.get_nowait()
            except Empty:
                break
        thread.join()


def _taken(waiting: Queue[tuple[T] | BaseException | None]) -> Iterator[T]:
    while True:
        item = waiting.get()
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item[0]
