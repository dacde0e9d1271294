"""What a process took, on processes whose appetite is known."""

from __future__ import annotations

import sys

from benchmarks._spent import spent

BUSY = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"


def test_a_childs_cpu_counts() -> None:
    assert spent([sys.executable, "-c", CHILD]).cpu_s >= 0.3


def test_memory_is_the_commands_own() -> None:
    held = bytearray(200 << 20)  # by us, its grandparent: not its business
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
    assert spent([sys.executable, "-c", "pass"]).peak_mb < 100
    assert spent([sys.executable, "-c", "held = b'x' * (150 << 20)"]).peak_mb > 150


def test_how_it_ended_and_its_last_words() -> None:
    done = spent([sys.executable, "-c", "print('first'); raise SystemExit('no such face')"])
    assert (done.code, done.said) == (1, "no such face")


def test_what_does_not_end_is_ended() -> None:
    assert spent([sys.executable, "-c", "import time; time.sleep(60)"], longest_s=0.5).code == -9
