"""CAMERAS A CORE: 640 x 360 at 5 pictures a second from RTSP on loopback, watched as `garim exposure track` does.

    .venv/bin/python benchmarks/exposure.py [--quick] [--json OUT]

The cameras are served by a process of its own, which is not counted; they are watched by one process, a thread each,
with one detector for all. CPU is that process's own, from the first connection to the last result. Two streets, both
from real footage: a busy one, where somebody moves in every picture, and a quiet one, where people pass a quarter of
the time and the sensor's noise goes on. Tables go to stdout, progress to stderr. Exit codes: 0 measured, whether goals
are met or not, or not measured, which is said with the reason; 1 a run failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._clips import ffmpeg  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._rtsp import cameras  # noqa: E402 - as above
from benchmarks._tables import table  # noqa: E402 - as above
from benchmarks._tools import cache  # noqa: E402 - as above

from garim.core.errors import NoWeights  # noqa: E402 - as above
from garim.inference.weights import find  # noqa: E402 - as above
from garim.vision.weights import YOLOX_NANO  # noqa: E402 - as above

STARTED = time.monotonic()
ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT.parent / "shared" / "data" / "pets_s2l1" / "vtest.avi"
WORK = ROOT / "benchmarks" / "_cameras.py"
SIDES = (640, 416, 320)
CAMERAS_A_CORE, MB_A_CAMERA = 20, 12.0
FEW, MANY = 1, 6
_CODED = ("-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p")
_SHAPE = "fps=5,crop=768:432:0:72,scale=640:360"


def main() -> int:
    ask = _asked()
    if missing := _missing():
        print(f"Not measured: {missing}")
        return 0
    load, seconds = os.getloadavg(), 20 if ask.quick else 40
    films = _films()
    try:
        rows = [
            {"street": name, "side": side, **_watched(film, ask.cameras, seconds, side)}
            for name, film in films.items()
            for side in (SIDES[1:2] if ask.quick else SIDES)
        ]
        memory = {count: _watched(films["quiet"], count, seconds, 416)["peak_mb"] for count in (FEW, MANY)}
    except OSError as reason:
        print(f"Not measured: {reason}")
        return 0
    except subprocess.CalledProcessError as failed:
        print(f"A run failed: {failed.stderr.strip().splitlines()[-1:]}")
        return 1
    steps = {side: _work("--steps", "--side", str(side), films["busy"]) for side in SIDES}
    header = _header(load, ask.cameras, seconds)
    print("\n\n".join([header, _cpu(rows), _steps(steps), _goals(rows, memory)]))
    if ask.json:
        ask.json.write_text(json.dumps({"header": header, "rows": rows, "memory": memory, "steps": steps}, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="half the time, one size")
    parser.add_argument("--cameras", type=int, default=3, metavar="N", help="watched at once [3]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    return parser.parse_args()


def _missing() -> str:
    """What there has to be and is not, or nothing."""
    if not SOURCE.is_file():
        return f"{SOURCE} (footage beside the checkout)"
    try:
        find(YOLOX_NANO)
    except NoWeights as error:
        return str(error)
    return ""


def _films() -> dict[str, Path]:
    """A busy street as it was filmed; a quiet one: 5 s of it, then 15 s of its last picture under a sensor's noise."""
    folder = cache() / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    films = {name: folder / f"exposure-{name}.mp4" for name in ("busy", "quiet")}
    if not films["busy"].is_file():
        ffmpeg("-i", SOURCE, "-vf", _SHAPE, *_CODED, films["busy"])
    if not films["quiet"].is_file():
        still = f"{_SHAPE},trim=0:5,tpad=stop_mode=clone:stop_duration=15,noise=alls=4:allf=t,loop=3:100:0"
        ffmpeg("-i", SOURCE, "-vf", still, *_CODED, films["quiet"])
    return films


def _watched(film: Path, count: int, seconds: float, side: int) -> dict[str, float]:
    _tell(f"{film.stem}, {count} cameras, {side} px")
    with cameras(film, count) as urls:
        return _work("--seconds", str(seconds), "--side", str(side), *urls)


def _work(*words: str | Path) -> dict[str, float]:
    command = [sys.executable, str(WORK), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _a_core(row: dict[str, Any]) -> float:
    return float(row["watched_s"] / row["cpu_s"])


def _cpu(rows: list[dict[str, Any]]) -> str:
    lines = [
        (
            row["street"],
            f"{row['side']} px",
            f"{row['pictures'] / row['watched_s']:.1f}",
            f"{row['looks'] / row['pictures']:.0%}",
            f"{1000 * row['cpu_s'] / row['watched_s']:.0f} ms",
            f"{_a_core(row):.1f}",
        )
        for row in rows
    ]
    heads = ("street", "detector sees", "pictures/s", "of them looked at", "CPU a camera-second", "cameras a core")
    return table(heads, lines)


def _steps(steps: dict[int, dict[str, float]]) -> str:
    names = list(next(iter(steps.values())))
    lines = [(name, *(f"{each[name]:.2f}" for each in steps.values())) for name in names]
    told = "CPU milliseconds a picture by step, on the busy street, every picture looked at:"
    return f"{told}\n\n{table(('step', *(f'{side} px' for side in steps)), lines)}"


def _goals(rows: list[dict[str, Any]], memory: dict[int, float]) -> str:
    each = (memory[MANY] - memory[FEW]) / (MANY - FEW)
    lines = [
        (
            f"cameras a core, {row['street']} street, {row['side']} px",
            f"at least {CAMERAS_A_CORE}",
            f"{_a_core(row):.1f}",
            "met" if _a_core(row) >= CAMERAS_A_CORE else "missed",
        )
        for row in rows
    ]
    lines.append(
        ("memory a camera", f"at most {MB_A_CAMERA:g} MB", f"{each:.1f} MB", "met" if each <= MB_A_CAMERA else "missed")
    )
    told = f"Memory: {memory[FEW]:.0f} MB with {FEW} camera, {memory[MANY]:.0f} MB with {MANY}; the detector is shared."
    return f"{told}\n\n{table(('what', 'goal', 'measured', ''), lines)}"


def _header(load: tuple[float, float, float], count: int, seconds: float) -> str:
    now = os.getloadavg()
    where = f"{machine()}; load average {load[0]:.1f} before, {now[0]:.1f} after"
    own = f"Garim with PyAV {version('av')}, OpenVINO {version('openvino')}; {count} cameras for {seconds:g} s"
    command = " ".join(["benchmarks/exposure.py", *sys.argv[1:]])
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {where}.\n{own}."


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
