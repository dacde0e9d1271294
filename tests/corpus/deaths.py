"""A real process that dies: forked, and killed by itself before its n-th step towards the disk, or from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from garim.corpus.state import State
from garim.ledger import Log

STEPS = ("fsync", "pwrite", "replace", "link", "unlink", "truncate", "ftruncate", "rename", "rmdir")
Job = Callable[[], object]


def run(job: Job, *, die_at: int | None = None, before: Job | None = None) -> tuple[int, int, str]:
    """How `job` ended in a process of its own: the wait status, how many steps it took, what it said."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _child(job, die_at, before, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    steps, _, words = said.partition(" ")
    return status, int(steps or 0), words


def start(job: Job) -> int:
    """Begin `job` in a process of its own; its id, to be killed or waited for."""
    pid = os.fork()
    if pid:
        return pid
    _child(job, None, None, os.open(os.devnull, os.O_WRONLY))
    raise AssertionError("a child does not come back")


def _child(job: Job, die_at: int | None, before: Job | None, writing: int) -> None:
    counter = [0]

    def step() -> None:
        counter[0] += 1
        if counter[0] == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        _wrap(step)
        if before is not None:
            before()
        told = job()
        os.write(writing, f"{counter[0]} {told}".encode())
    except BaseException as error:  # noqa: BLE001 - a child that fell through would run the tests again
        os.write(writing, f"{counter[0]} {type(error).__name__}: {error}".encode())
        if not hasattr(error, "exit_code"):
            traceback.print_exc(file=sys.stderr)
        os._exit(1)
    os._exit(0)


def _wrap(step: Job) -> None:
    for name in STEPS:
        _wrap_one(name, step)
    once, append = State.at_once, Log.append

    @contextlib.contextmanager
    def at_once(self: State, *, durable: bool = True) -> Iterator[Any]:
        step()
        with once(self, durable=durable) as db:
            yield db
            step()
        step()

    def appended(self: Log, entries: Any) -> range:
        step()
        told = append(self, entries)
        step()
        return told

    State.at_once = at_once  # type: ignore[method-assign]
    Log.append = appended  # type: ignore[method-assign]


def _wrap_one(name: str, step: Job) -> None:
    real = getattr(os, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        step()
        return real(*args, **kwargs)

    setattr(os, name, wrapped)
