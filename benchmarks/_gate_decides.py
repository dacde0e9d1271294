"""ONE DECISION, AND WHAT IT TAKES: `python _gate_decides.py FOLDER DOCUMENT CAPTURE MOVES`, as a gate's program has it.

The child is started ahead, and waits until it and its decoder do nothing any more: the traveller has turned the head
meanwhile. From there on CPU is counted here and in all that was started, to the end of the child; all on one core. A
line of JSON on stdout.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from garim.consent import Consent, Purpose, load, load_known, valid
from garim.gate.challenge import KEY_BYTES, Challenge, save
from garim.gate.child import Child
from garim.gate.moves import Move
from garim.gate.uses import log_issued
from garim.gate.verify import verify
from garim.ledger import Log

QUIET_S = 0.5  # in which a process that is still loading does something, on a busy machine, too


def main(folder: Path, document: Path, capture: Path, moves: list[str]) -> dict[str, object]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    consent = _consent(folder)
    with (
        tempfile.TemporaryDirectory(prefix="garim-bench-") as own,
        Log.create(Path(own) / "log", "bench.example") as log,
        Child() as child,
    ):
        child.ready()
        session = _session(Path(own) / "session", moves, log)
        loading = _quiet()
        before = _ended()
        cpu, wall = time.process_time(), time.perf_counter()
        done = verify(
            document=document,
            capture=capture,
            session=session,
            consent=consent,
            log=log,
            trust=folder / "trust",
            child=child,
        )
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    childs = _ended() - before - loading
    return {
        "answer": str(done.decision.reason or done.decision.verdict),
        "parent_ms": cpu * 1000,
        "child_ms": childs * 1000,
        "wall_ms": wall * 1000,
        "parent_mb": _peak_mb(),
        "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def _consent(folder: Path) -> Consent:
    return valid(
        load(folder / "p-01.TEST.consent.json"),
        purpose=Purpose.GATE_VERIFY,
        at=datetime.now(UTC),
        known=load_known(folder / "known"),
        withdrawn=lambda _: False,
        allow_test=True,
    )


def _session(path: Path, moves: list[str], log: Log) -> Path:
    now = datetime.now(UTC).replace(microsecond=0)
    made = Challenge(
        secrets.token_hex(16), tuple(map(Move, moves)), now, now + timedelta(minutes=5), secrets.token_bytes(KEY_BYTES)
    )
    log_issued(log, made)
    save(made, path)
    return path


def _quiet() -> float:
    """Wait until nothing that was started uses CPU any more: seconds that it all used until then."""
    used = -1.0
    while (now := sum(map(_cpu, _started(os.getpid())))) != used:
        used = now
        time.sleep(QUIET_S)
    return used


def _started(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            yield child
            yield from _started(child)


def _cpu(pid: int) -> float:
    """Seconds of CPU of a whole process, its ended threads included: clock_getcpuclockid(3), which Python lacks."""
    return time.clock_gettime((~pid << 3) | 2)


def _ended() -> float:
    """CPU of all that was started and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    """This process' own; ru_maxrss would begin at its parent's."""
    said = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(said.split()[1]) / 1024


if __name__ == "__main__":
    folder, document, capture = map(Path, sys.argv[1:4])
    print(json.dumps(main(folder, document, capture, sys.argv[4].split(","))))
