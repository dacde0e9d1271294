"""WHAT A COMMAND COSTS: run as a whole process, by the kernel's own account of it.

The command's parent is a Python with nothing in it: a child's peak memory begins at its parent's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 1800.0


@dataclass(frozen=True, slots=True)
class Spent:
    """One run: exit code (negative: the signal), CPU in user and system, wall, peak memory, last words.

    CPU counts the command and every child that it waited for; the peak is that of its largest process.
    """

    code: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    said: str


def spent(command: Sequence[str | Path], *, longest_s: float = LONGEST_S) -> Spent:
    """Run `command` to its end; after `longest_s` it is killed with its children, and the code is -9."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        words = [sys.executable, "-I", "-S", __file__, log.name, *map(str, command)]
        parent = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        try:
            out, _ = parent.communicate(timeout=longest_s)
        except subprocess.TimeoutExpired:
            os.killpg(parent.pid, signal.SIGKILL)
            parent.communicate()
            return Spent(-9, longest_s, longest_s, 0.0, f"killed after {longest_s:.0f} s")
        except BaseException:
            os.killpg(parent.pid, signal.SIGKILL)
            raise
        facts = json.loads(out)
        return Spent(said=_last_line(Path(log.name)), **facts)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").replace("\r", "\n").strip().splitlines()
    return lines[-1] if lines else ""


def _parent(log: str, command: list[str]) -> dict[str, float]:
    target = os.open(log, os.O_WRONLY | os.O_APPEND)
    started = time.monotonic()
    actions = [(os.POSIX_SPAWN_DUP2, target, 1), (os.POSIX_SPAWN_DUP2, target, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    return {
        "code": os.waitstatus_to_exitcode(status),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": wall,
        "peak_mb": usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
    }


if __name__ == "__main__":
    print(json.dumps(_parent(sys.argv[1], sys.argv[2:])))
