"""A GATE'S DECISION: what it costs after a capture, and how often matchers err on one set, in one run.

    .venv/bin/python benchmarks/gate.py [--quick] [--json OUT]

Everything that knows faces runs in processes of its own: travellers are made (_gate_makes.py), each is decided in a
process as a gate's program has it (_gate_decides.py), matchers are evaluated by `garim gate evaluate`, others by their
own programs (_gate_peers.py). It wants the London set in ../shared and the weights.
Tables go to stdout, progress to stderr. Exit codes: 0 measured, whether goals are met or not; 1 a side failed; 4 the
set is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._gate_sums import Errors, Rate, each  # noqa: E402 - as above
from benchmarks._gate_tables import Decision, Matcher  # noqa: E402 - as above
from benchmarks._machine import machine  # noqa: E402 - as above
from benchmarks._spent import Spent, spent  # noqa: E402 - as above
from benchmarks._tools import GARIM, Uninstalled  # noqa: E402 - as above

from benchmarks import _gate_peers as peers  # noqa: E402 - after the path
from benchmarks import _gate_tables as tables  # noqa: E402 - as above
from garim.inference.weights import folders  # noqa: E402 - as above

STARTED = time.monotonic()
HERE = Path(__file__).resolve()
WEIGHTS = HERE.parents[2] / "shared" / "weights"
MATCHERS = ("omz-0095", "dlib")
TARGET = 1e-3


def main() -> int:
    ask = _asked()
    load = os.getloadavg()
    if "GARIM_WEIGHTS" not in os.environ and WEIGHTS.is_dir():
        os.environ["GARIM_WEIGHTS"] = str(WEIGHTS)
    with tempfile.TemporaryDirectory(prefix="garim-bench-") as name:
        folder = Path(name)
        made = _made(folder, ask.travellers)
        decided = _decided(folder, made["travellers"])
        rows = [*_ours(folder, ask.rounds), *_deepface(folder, made["photos"], ask.rounds), _uniface(folder)]
    header = _header(load)
    told = [tables.decisions(kind, of) for kind, of in decided.items()]
    print("\n\n".join([header, *told, tables.matchers(rows)]))
    if ask.json:
        plain = {kind: [asdict(one) for one in of] for kind, of in decided.items()}
        facts = {"header": header, "decisions": plain, "matchers": [asdict(row) for row in rows]}
        ask.json.write_text(json.dumps(facts, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three travellers, each matcher once")
    parser.add_argument("--travellers", type=int, default=10, metavar="N", help="who come to the gate [10]")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="times that each matcher runs [2]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    ask = parser.parse_args()
    if ask.quick:
        ask.travellers, ask.rounds = 3, 1
    return ask


# what a decision costs


def _made(folder: Path, number: int) -> dict[str, Any]:
    _tell(f"{number} travellers")
    words: list[str | Path] = [sys.executable, HERE.with_name("_gate_makes.py"), folder, str(number)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"not measured: {done.stdout.strip() or 'travellers could not be made'}", file=sys.stderr)
        raise SystemExit(done.returncode)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def _decided(folder: Path, travellers: Sequence[dict[str, Any]]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for number, one in enumerate(travellers, 1):
        _tell(f"decision {number} of {len(travellers)}")
        words = [sys.executable, "-P", HERE.with_name("_gate_decides.py"), folder, one["document"], one["capture"]]
        done = subprocess.run([*words, ",".join(one["moves"])], stdout=subprocess.PIPE, text=True, check=True)
        found.setdefault(one["kind"], []).append(Decision(**json.loads(done.stdout)))
    return found


# how often, and how fast, on the same photos


def _ours(folder: Path, rounds: int) -> Iterator[Matcher]:
    for name in MATCHERS:
        costs, peak = [], 0.0
        for number in range(rounds):
            _tell(f"{name}, round {number + 1}")
            half, few = _evaluated(folder / "half", name)
            whole, many = _evaluated(folder / "whole", name)
            photos = half["set"]["photos"], whole["set"]["photos"]
            costs.append(each((photos[0], few.cpu_s), (photos[1], many.cpu_s)))
            peak = max(peak, many.peak_mb)
        target = next(one for one in whole["targets"] if one["fmr"] == TARGET)
        of = target["errors"]
        errors = Errors(of["threshold"], _rate(of["fnmr"]), _rate(of["fmr"])) if of else None
        failed = _rate(whole["failure_to_acquire"])
        compared = whole["set"]["compared"]
        yield Matcher(
            f"Garim, {name}", compared, failed, errors, 2000 * median(costs), peak, "" if of else target["said"]
        )


def _evaluated(folder: Path, matcher: str) -> tuple[dict[str, Any], Spent]:
    words = ("gate", "evaluate", folder / "set", "--out", folder / "out", "--known", folder / "known", "--force")
    apart = ("/usr/bin/env", f"XDG_STATE_HOME={folder / 'state'}")  # a ledger of its own
    done = spent([*apart, GARIM, *words, "--matcher", matcher, "--test"])
    if done.code:
        raise SystemExit(f"gate evaluate: exit {done.code}: {done.said}")
    report: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return report, done


def _rate(plain: dict[str, Any]) -> Rate:
    return Rate(plain["errors"], plain["comparisons"], plain["low"], plain["high"])


def _deepface(folder: Path, people: Sequence[Sequence[str]], rounds: int) -> Iterator[Matcher]:
    name = f"{peers.DEEPFACE}, Dlib, faces by YuNet"
    whole = [photo for photos in people for photo in photos]
    half = [photo for photos in people[::2] for photo in photos]
    try:
        program, home = peers.deepface(), peers.laid(folder / "deepface", folders())
        costs, peak = [], 0.0
        for number in range(rounds):
            _tell(f"{name}, round {number + 1}")
            few = peers.represented(program, home, half, folder / "half.said")
            many = peers.represented(program, home, whole, folder / "whole.said")
            costs.append(each((len(half), few.took.cpu_s), (len(whole), many.took.cpu_s)))
            peak = max(peak, many.took.peak_mb)
        compared, errors = peers.erred(many.templates, TARGET)
        failed = peers.failed(many.templates)
        yield Matcher(name, compared, failed, errors, 2000 * median(costs), peak)
        _tell(f"{peers.DEEPFACE}, its default")
        why = peers.default_deepface(program, home, whole[0])
        yield Matcher(f"{peers.DEEPFACE}, VGG-Face (its default)", note=why or "runs, and was not measured")
    except Uninstalled as error:
        yield Matcher(name, note=str(error))


def _uniface(folder: Path) -> Matcher:
    name = f"{peers.UNIFACE}, ArcFace"
    _tell(name)
    try:
        why = peers.default_uniface(peers.uniface(), folder / "uniface")
    except Uninstalled as error:
        why = str(error)
    return Matcher(name, note=why or "runs, and was not measured")


def _header(load: tuple[float, float, float]) -> str:
    where = f"{machine()}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/gate.py", *sys.argv[1:]])
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}."


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
