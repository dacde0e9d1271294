"""Promise: stopped at any moment, politely or not, a redaction leaves no file and the input as it was."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.attacks.harness import refused, running, untouched

pytestmark = pytest.mark.weights


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (signal.SIGINT, "look"),
        pytest.param(signal.SIGINT, "write", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, "check", marks=pytest.mark.slow),
        (signal.SIGTERM, "write"),
        pytest.param(signal.SIGKILL, "write", marks=pytest.mark.slow),
        (signal.SIGKILL, "check"),
    ],
)
def test_stopped(number: signal.Signals, step: str, long: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with untouched(tmp_path), running(long, tmp_path / "out" / "out.mp4") as run:
        run.until(step)
        time.sleep(0.02)
        run.process.send_signal(number)
        ran = run.ended()
        if number == signal.SIGKILL:
            assert ran.code == -signal.SIGKILL
        else:
            refused(ran, 3, "stopped")


def test_stopped_twice(long: Path, tmp_path: Path) -> None:
    """An impatient second Ctrl-C does not break the cleaning up."""
    (tmp_path / "out").mkdir()
    with untouched(tmp_path), running(long, tmp_path / "out" / "out.mp4") as run:
        run.until("write")
        for _ in range(2):
            run.process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        ran = run.ended()
    assert ran.code in (3, -signal.SIGINT)


@pytest.mark.slow
def test_the_next_run_is_none_the_worse(long: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    with running(long, output) as run:
        run.until("write")
        run.process.kill()
        run.ended()
    with running(long, output) as run:
        assert run.ended().code == 0
