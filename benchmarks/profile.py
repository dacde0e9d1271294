"""WHERE GARIM'S MILLISECONDS GO: one film redacted in this process, its CPU told apart by step.

    .venv/bin/python benchmarks/profile.py [FILE] [--check keys]

A step's CPU is all that this process used, on any thread, while Garim said that it was at that step. Within a step the
network is timed on its own thread, and scaling is what one costs times how many there were; what is left is
decoding, encoding and bookkeeping. Decoding alone, and ffmpeg's decoding and encoding, are measured beside.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# in place of this folder: this file would stand before the standard library's profile
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._clips import facts, made  # noqa: E402 - after the path
from benchmarks._spent import spent  # noqa: E402 - as above
from benchmarks._tables import table  # noqa: E402 - as above
from benchmarks._tools import FFMPEG, VERYFAST, ffmpeg  # noqa: E402 - as above

from garim.inference.network import Network  # noqa: E402 - as above
from garim.media import Reader  # noqa: E402 - as above
from garim.media.reader import Frame  # noqa: E402 - as above
from garim.redact import Check, redact  # noqa: E402 - as above

SCALINGS = 50


@dataclass(slots=True)
class Step:
    """CPU seconds of a step; of these, the network's; how often it ran, and how often a picture was scaled."""

    cpu_s: float = 0.0
    network_s: float = 0.0
    networks: int = 0
    scalings: int = 0


@dataclass(slots=True)
class Ledger:
    """What each step took. A step is known when its first frame is done: until then all is held in `open`."""

    steps: defaultdict[str, Step] = field(default_factory=lambda: defaultdict(Step))
    open: Step = field(default_factory=Step)
    last: float = field(default_factory=time.process_time)

    def progress(self, step: str, done: int, total: int | None) -> None:
        """As `redact` calls it after each frame: what was used since then was that step's."""
        self.book(step)

    def book(self, step: str) -> None:
        """All that was used since the last booking goes to `step`."""
        now, row = time.process_time(), self.steps[step]
        row.cpu_s += now - self.last
        row.network_s += self.open.network_s
        row.networks += self.open.networks
        row.scalings += self.open.scalings
        self.open, self.last = Step(), now


def main() -> int:
    ask = _asked()
    source = ask.film or made("720p", 10)
    film = facts(source)
    with tempfile.TemporaryDirectory(prefix="garim-profile-") as folder:
        ledger = _ledger(source, Path(folder) / source.name, Check(ask.check))
        scaling_s = _scaling_s(source)
        decoding = spent([FFMPEG, "-v", "error", "-nostdin", "-i", source, "-map", "0:v:0", "-f", "null", "-"])
        coding = spent(ffmpeg().words(source, Path(tempfile.mkdtemp(dir=folder)), VERYFAST))
        starting = spent([sys.executable, "-c", "import garim.redact"])
    for done in (decoding, coding, starting):
        if done.code:
            raise SystemExit(f"exit {done.code}: {done.said}")
    each = 1000 / film.frames
    print(f"{source.name}: {film.frames} frames of {film.size[0]}x{film.size[1]}, {VERYFAST}, check {ask.check}\n")
    print(_steps(ledger, scaling_s, each), end="\n\n")
    beside = {
        "starting Python and Garim, once a film": starting.cpu_s,
        "Garim's reader alone, one pass": _reading_s(source),
        "ffmpeg, decoding alone": decoding.cpu_s,
        "ffmpeg, decoding and encoding": coding.cpu_s,
    }
    print(table(("beside it", "CPU ms/frame"), [(k, f"{s * each:.1f}") for k, s in beside.items()], right=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", nargs="?", type=Path, metavar="FILE", help="[default: the demo's film at 720p]")
    parser.add_argument("--check", choices=[mode.value for mode in Check], default="all")
    return parser.parse_args()


def _ledger(source: Path, output: Path, check: Check) -> Ledger:
    ledger = Ledger()

    def ran(took_s: float) -> None:
        ledger.open.network_s += took_s
        ledger.open.networks += 1

    def scaled(_: float) -> None:
        ledger.open.scalings += 1

    with _watched(Network, "__call__", ran), _watched(Frame, "image", scaled):
        redact(source, output, check=check, progress=ledger.progress)
    ledger.book("end")
    return ledger


@contextmanager
def _watched(owner: type, name: str, told: Callable[[float], None]) -> Iterator[None]:
    """Have `told` hear how long each call of that method took of its thread's CPU."""
    asked = getattr(owner, name)

    def watched(*words: Any, **named: Any) -> Any:
        began = time.thread_time()
        answer = asked(*words, **named)
        told(time.thread_time() - began)
        return answer

    setattr(owner, name, watched)
    try:
        yield
    finally:
        setattr(owner, name, asked)


def _reading_s(source: Path) -> float:
    began = time.process_time()
    with Reader(source) as reader:
        for _ in reader.frames():
            pass
    return time.process_time() - began


def _scaling_s(source: Path) -> float:
    """What one picture costs to scale for the network; on all threads, while no decoder runs."""
    from garim.redact.eyes import LONG_SIDE

    with Reader(source) as reader:
        frame = next(iter(reader.frames()))
        time.sleep(0.2)  # the decoder runs ahead, and then waits
        began = time.process_time()
        for _ in range(SCALINGS):
            frame.image(LONG_SIDE, reader.film.rotation)
        return (time.process_time() - began) / SCALINGS


def _steps(ledger: Ledger, scaling_s: float, each: float) -> str:
    lines = []
    for name, step in ledger.steps.items():
        scaled_s = step.scalings * scaling_s
        parts = (step.cpu_s, step.network_s, scaled_s, step.cpu_s - step.network_s - scaled_s)
        lines.append((name, *(f"{part * each:.1f}" for part in parts), f"{step.networks}"))
    total_s = sum(step.cpu_s for step in ledger.steps.values())
    lines.append(("**all**", f"{total_s * each:.1f}", *[""] * 4))
    head = ("step", "CPU ms/frame", "of it network", "of it scaling", "of it the rest", "networks run")
    return table(head, lines, right=1)


if __name__ == "__main__":
    sys.exit(main())
