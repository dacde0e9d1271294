"""ONE SIDE AT WORK ON ITS LOG, in a process of its own: run by ledger.py, under that side's own Python.

    python -P _ledger_work.py SIDE FOLDER STEP ...      a step is append:COUNT:BATCH, single:COUNT or prove:COUNT

All steps run in one process, one after the other, on the log in FOLDER, which is made where there is none. What goes
in is made before the clock starts. The last line on stdout is JSON: a list of what each step took. A side's library
is imported by name, since only that side's Python has it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import shake_128
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

ENTRY_BYTES = 300  # on average: seven in thirty are withdrawals, of 169 bytes, the others redactions, of 337 or 340
_WITHDRAWN = (
    '{{"at":"2026-11-22T05:28:00Z","facts":{{"by":"officer","record":"hmac-sha256:{}"}},"kind":"consent.withdrawn"}}'
)
_PUBLISHED = (
    '{{"at":"2026-11-22T05:28:00Z","facts":{{"check":"all","exempt":0,"frames":{},"input":"hmac-sha256:{}","kept":0,'
    '"output":"hmac-sha256:{}","regions":2,"residual":0,"rounds":1,"style":"fill"}},"kind":"redact.published"}}'
)

Took = dict[str, float]
Given = TypeVar("Given")


class Log(Protocol):
    """What every side can do. An index counts from 0; a proof is one against the whole log."""

    def append(self, entries: Sequence[bytes]) -> None: ...

    def prove(self, index: int) -> None: ...

    def size(self) -> int: ...


class Garim:
    """Our log. Each proof is from tiles read anew, as for one who asks once."""

    def __init__(self, log: Any) -> None:
        self.log = log

    def append(self, entries: Sequence[bytes]) -> None:
        self.log.append(entries)

    def prove(self, index: int) -> None:
        self.log.tree.inclusion(index)

    def size(self) -> int:
        return int(self.log.tree.size)


class Pymerkle:
    """Either of pymerkle's trees, which count from 1."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree

    def append(self, entries: Sequence[bytes]) -> None:
        self.tree.append_entries(entries)

    def prove(self, index: int) -> None:
        self.tree.prove_inclusion(index + 1)

    def size(self) -> int:
        return int(self.tree.get_size())


def garim(folder: Path) -> Log:
    """As garim itself uses it; its public key is put beside it, for whoever verifies."""
    ours, path = import_module("garim.ledger.log").Log, folder / "log"
    if not path.exists():
        with ours.create(path, "bench.example/log") as log:
            (folder / "key").write_text(str(log.vkeys[0]))
    return Garim(ours(path))


def pymerkle_sqlite(folder: Path) -> Log:
    """In a file, as it comes: a commit is on disk when it returns."""
    return Pymerkle(import_module("pymerkle").SqliteTree(str(folder / "tree.db")))


def pymerkle_memory(folder: Path) -> Log:
    """Nothing is kept when the process ends."""
    return Pymerkle(import_module("pymerkle").InmemoryTree())


SIDES: dict[str, Callable[[Path], Log]] = {
    "garim": garim,
    "pymerkle-sqlite": pymerkle_sqlite,
    "pymerkle-memory": pymerkle_memory,
}


def entries(start: int, count: int) -> list[bytes]:
    """Entries `start` and on, as garim writes them, with commitments that do not compress."""
    return [_entry(number).encode() for number in range(start, start + count)]


def _entry(number: int) -> str:
    digits = shake_128(number.to_bytes(8, "big")).hexdigest(64)
    place = number % 30
    if place < 28 and not place % 4:
        return _WITHDRAWN.format(digits[:64])
    return _PUBLISHED.format(30 if place == 1 else 30000, digits[:64], digits[64:])


def append(log: Log, count: int, batch: int) -> Took:
    """Entries a second, over `count` in batches."""
    took, start = 0.0, log.size()
    for at in range(start, start + count, batch):
        given = entries(at, min(batch, start + count - at))
        took += sum(_timed(log.append, [given]))
    return {"count": count, "batch": batch, "per_s": count / took}


def single(log: Log, count: int) -> Took:
    """Entries a second, each appended by itself."""
    times = list(_timed(log.append, [[entry] for entry in entries(log.size(), count)]))
    return {"count": count, "per_s": count / sum(times), **_spread(times)}


def prove(log: Log, count: int) -> Took:
    """How long a proof of inclusion takes, of entries drawn by lot: the first, the median, the 95th of a hundred."""
    size = log.size()
    lot = random.Random(size)  # noqa: S311 - the same places on every side
    times = list(_timed(log.prove, [lot.randrange(size) for _ in range(count)]))
    return {"count": count, "size": size, "first_ms": times[0] * 1e3, **_spread(times)}


STEPS: dict[str, Callable[..., Took]] = {"append": append, "single": single, "prove": prove}


def main(side: str, folder: str, *steps: str) -> None:
    """Do the steps, and print what each took."""
    log = SIDES[side](Path(folder))
    done: list[Took] = []
    for step in steps:
        name, *numbers = step.split(":")
        done.append(STEPS[name](log, *map(int, numbers)))
    print(json.dumps(done))


def _timed(work: Callable[[Given], None], each: Iterable[Given]) -> Iterator[float]:
    for given in each:
        started = time.perf_counter()
        work(given)
        yield time.perf_counter() - started


def _spread(times: Sequence[float]) -> Took:
    ranked = sorted(times)
    return {"median_ms": ranked[len(ranked) // 2] * 1e3, "p95_ms": ranked[int(len(ranked) * 0.95)] * 1e3}


if __name__ == "__main__":
    main(*sys.argv[1:])
