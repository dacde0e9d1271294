"""HOW THE COST OF redact GROWS: with the size of the picture, with faces a frame, with length; beside ffmpeg alone.

    .venv/bin/python benchmarks/growth.py [--quick] [--whole] [--only size] [-o PLOT.svg] [--json OUT]

Each run is a whole process, from its start to its exit: Garim with `--effort normal --check all`, and ffmpeg that
decodes and encodes with the same x264 (veryfast crf 20), one right after the other. Tables go to stdout, progress to
stderr, the picture to a file. Exit codes: 0 measured, whether goals are met or not; 1 a tool failed on a film.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._growth_plot import plot  # noqa: E402 - as above
from benchmarks._growth_tables import Cost, Point, Series, follows, measured  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._spent import Spent, spent  # noqa: E402 - as above
from benchmarks._tools import FFMPEG, VERYFAST, Tool, ffmpeg, garim  # noqa: E402 - as above

from benchmarks import _clips, _growth_clips  # noqa: E402 - after the path

STARTED = time.monotonic()
SIZES = ((640, 360), (1280, 720), (1920, 1080))
PEOPLE = (0, 1, 3, 7, 14)
LENGTHS_S = (5, 20, 60, 180)
WHOLE_S = 600
LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """A film to measure; without `x` it is its faces a frame."""

    series: Series
    words: str
    make: Callable[[], _growth_clips.Film]
    x: float | None = None


class Failed(Exception):
    """A tool did not come to its end on a film; the message says which, and its last words."""


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what runs is ended with us
    load = os.getloadavg()
    points, missing, failed = list[Point](), list[str](), False
    for case in cases(ask):
        if _too_long(case, points, STARTED + ask.minutes * 60):
            missing.append(f"{case.words}: would not have ended within {ask.minutes:g} minutes")
            continue
        try:
            points.append(_point(case, ask.runs))
        except Failed as error:
            missing.append(str(error))
            failed = True
    header = _header(load, missing)
    print("\n\n".join([header, measured(points), follows(points)]))
    if ask.plot and points:
        ask.plot.write_text(plot(points))
    if ask.json:
        rows = [asdict(point) | {"series": point.series.value} for point in points]
        ask.json.write_text(json.dumps({"header": header, "points": rows}, indent=1))
    return int(failed)


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two seconds of film, and ten: start-up weighs double")
    parser.add_argument("--whole", action="store_true", help="ten minutes of film, too, however long all of it takes")
    parser.add_argument("--only", action="append", choices=[each.value for each in Series], help="only this [all]")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="runs of each [1]")
    parser.add_argument("--minutes", type=float, default=15, metavar="M", help="begin none that would end later [15]")
    parser.add_argument("-o", "--plot", type=Path, metavar="FILE", help="draw it there, SVG")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    ask = parser.parse_args()
    if ask.whole:
        ask.minutes = float("inf")
    return ask


def cases(ask: argparse.Namespace) -> Iterator[Case]:
    """What is measured, the shortest films first."""
    once = 2.0 if ask.quick else _growth_clips.LASTS_S
    only = [Series(word) for word in ask.only] if ask.only else list(Series)
    if Series.SIZE in only:
        for width, height in SIZES:
            film = partial(_growth_clips.sized, width, height, once)
            yield Case(Series.SIZE, f"{width}x{height}", film, width * height / 1e6)
    if Series.FACES in only:
        for count in PEOPLE:
            yield Case(Series.FACES, f"{count} people", partial(_growth_clips.peopled, count, once))
    if Series.LENGTH in only:
        for seconds in (2, 10) if ask.quick else (*LENGTHS_S, *(WHOLE_S,) * ask.whole):
            for nobody in (False, True):
                film = partial(_growth_clips.repeated, seconds, once, nobody=nobody)
                yield Case(Series.LENGTH, f"{seconds} s, {'nobody' if nobody else 'crowd'}", film, seconds)


def _too_long(case: Case, points: Sequence[Point], end: float) -> bool:
    """Whether `case`, at what the last film of its kind took a second, would end after `end`."""
    for last in reversed(points):
        if case.series is last.series is Series.LENGTH and case.words.split()[-1] == last.film.split()[-1]:
            each_s = (last.garim.wall_ms + last.ffmpeg.wall_ms) * last.frames / last.x / 1000
            return time.monotonic() + each_s * (case.x or 0) > end
    return False


def _point(case: Case, runs: int) -> Point:
    """Both sides on one film, in turn. Raises `Failed`."""
    film = case.make()
    facts = _clips.facts(film.path)
    sides = (garim("all"), ffmpeg())
    took: list[list[Spent]] = [[], []]
    for number in range(runs):
        for tool, of in zip(sides, took, strict=True):
            _tell(f"run {number + 1} of {runs}: {case.series.value}, {case.words}, {tool.name}")
            of.append(_ran(tool, film.path, case.words))
    ours, theirs = (_cost(of, facts.frames) for of in took)
    x = film.faces if case.x is None else case.x
    return Point(case.series, x, case.words, film.faces, facts.frames, ours, theirs)


def _ran(tool: Tool, source: Path, film: str) -> Spent:
    with tempfile.TemporaryDirectory(prefix="garim-bench-") as folder:
        done = spent(tool.words(source, Path(folder), VERYFAST), longest_s=LONGEST_S)
        if done.code or len(list(Path(folder).iterdir())) != 1:
            raise Failed(f"{film}, {tool.name}: exit {done.code}: {done.said}")
    return done


def _cost(runs: Sequence[Spent], frames: int) -> Cost:
    each = 1000 / frames
    cpu, wall = median(run.cpu_s for run in runs) * each, median(run.wall_s for run in runs) * each
    return Cost(cpu, wall, median(run.peak_mb for run in runs))


def _header(load: tuple[float, float, float], missing: Sequence[str]) -> str:
    where = f"{machine()}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    built = f"Garim with PyAV {version('av')}, OpenVINO {version('openvino')}, {Path(FFMPEG).name}"
    command = " ".join(["benchmarks/growth.py", *sys.argv[1:]])
    lines = [
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}.",
        f"{built}; x264 {VERYFAST}.",
    ]
    return "\n".join([*lines, *(f"\nNot measured: {what}." for what in missing)])


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
