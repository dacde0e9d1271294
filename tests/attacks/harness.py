"""How an attack is told: a command is run, and nothing but its answer is different from before."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import processes
from tests.processes import GARIM

from garim.cli.main import run

STEPS = ("start", "look", "write", "check")


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def garim(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """A real process of the real command."""
    done = processes.garim(*words, cwd=cwd, env=env)
    return Ran(done.returncode, done.stdout, done.stderr)


def here(*words: str | Path) -> Ran:
    """The same in this process, where a hundred of them are wanted."""
    out, err, arguments, handler = io.StringIO(), io.StringIO(), sys.argv, signal.getsignal(signal.SIGTERM)
    fast = ["--effort", "fast"] if words[0] == "redact" else []
    sys.argv = ["garim", str(words[0]), *fast, *map(str, words[1:])]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
            run()
    finally:
        sys.argv = arguments
        signal.signal(signal.SIGTERM, handler)
    code = left.value.code
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def refused(ran: Ran, code: int, *says: str) -> None:
    """Red unless `ran` left with `code`, said why in one line and printed nothing."""
    assert ran.code == code, ran
    assert ran.out == ""
    assert ran.err.startswith("garim: "), ran.err
    assert ran.err.count("\n") == 1, ran.err
    assert "fault of garim" not in ran.err
    assert "nothing was" in ran.err.lower(), ran.err
    for words in says:
        assert words in ran.err, ran.err


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file under a folder, hidden ones too: hash and time of change by name."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files} | {
        str(p): ("link or folder", 0) for p in sorted(folder.rglob("*")) if str(p) not in {str(f) for f in files}
    }


@contextlib.contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Red unless every file in `folder` is what it was before, and there is no other."""
    before = contents(folder)
    yield
    assert contents(folder) == before


@dataclass(frozen=True)
class Running:
    """A redaction on its way; its steps are told from the files that its process has open."""

    process: subprocess.Popen[str]
    source: Path
    folder: Path

    def step(self) -> str:
        """start, look, write or check: which files are open, and how, at this moment."""
        reads, writes, checks = False, False, False
        for handle in self._handles():
            with contextlib.suppress(OSError):
                target = str(handle.readlink())
                flags = int(
                    (handle.parent.parent / "fdinfo" / handle.name).read_text().split("flags:")[1].split()[0], 8
                )
                reads |= target == str(self.source)
                unfinished = target.startswith(f"{self.folder}/") and target != str(self.source)
                writes |= unfinished and handle.stat().st_size > 0
                checks |= unfinished and flags & os.O_ACCMODE == os.O_RDONLY
        return "check" if checks else "write" if writes else "look" if reads else "start"

    def _handles(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return list(Path(f"/proc/{self.process.pid}/fd").iterdir())
        return []

    def until(self, step: str) -> None:
        """Wait for a step, or what comes after it; red where the process ends before."""
        limit = time.monotonic() + 60
        while STEPS.index(self.step()) < STEPS.index(step):
            assert self.process.poll() is None, f"left with {self.process.returncode} before {step}"
            assert time.monotonic() < limit, f"no {step} within a minute"
            time.sleep(0.002)

    def ended(self) -> Ran:
        """What it left, once it did."""
        out, err = self.process.communicate(timeout=60)
        return Ran(self.process.returncode, out, err)


@contextlib.contextmanager
def running(source: Path, output: Path, *words: str) -> Iterator[Running]:
    """A real process on its way from `source` to `output`; it ends with the block."""
    # each step long enough to be met in it: encoded whole, as another codec
    slowly = ("--encoder-preset", "medium", "--codec", "hevc")
    command: Sequence[str] = [str(GARIM), "redact", str(source), "-o", str(output), "--effort", "fast", *slowly, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process, source, output.parent)
        finally:
            process.kill()
