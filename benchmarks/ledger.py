"""GARIM'S LEDGER BESIDE PYMERKLE: entries in, proofs out, a whole log verified, in one run.

    .venv/bin/python benchmarks/ledger.py [--quick] [--folder DIR] [--json OUT]

Each side builds a log in a process of its own and is asked in another, as one would who comes later; what is kept in
memory alone is asked in the process that made it. All sides run once before any runs again, so that what else the
machine does falls on all alike; what counts are the ratios within a run. Tables go to stdout, progress to stderr.
Exit codes: 0 measured, whether goals are met or not; 1 a side failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._ledger_work import ENTRY_BYTES, Took  # noqa: E402 - as above
from benchmarks._machine import filesystem, machine  # noqa: E402 - as above
from benchmarks._spent import Spent, spent  # noqa: E402 - as above
from benchmarks._tools import GARIM, Uninstalled, installed  # noqa: E402 - as above

from benchmarks import _ledger_tables as tables  # noqa: E402 - after the path

STARTED = time.monotonic()
WORK = Path(__file__).with_name("_ledger_work.py")
BATCH = 10_000
SINGLES = 500
PROOFS = 500
MOST_VERIFIED = 1_000_000  # entries: an hour is no benchmark
MOST_IN_MEMORY = 1_000_000  # entries: ten million would take pymerkle some 8 GB
PYMERKLE = "pymerkle==7.0.0"


class Failed(Exception):
    """A side did not come to its end."""


@dataclass(slots=True)
class Cell:
    """One side on a log of one size, under its own Python, and what its runs took."""

    side: str
    python: Path
    size: int
    runs: list[tables.Run] = field(default_factory=list)
    failed: str = ""

    @property
    def name(self) -> str:
        return f"{self.side}, {self.size:,} entries"


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what runs is ended with us
    load = os.getloadavg()
    cells, missing = _cells([100_000] if ask.quick else [1_000_000, 10_000_000])
    with tempfile.TemporaryDirectory(prefix="garim-bench-", dir=ask.folder) as folder:
        kind = filesystem(Path(folder))
        _rounds(cells, Path(folder), ask.runs)
    rows = [tables.row(cell.size, cell.side, cell.runs) for cell in cells if cell.runs]
    failed = [f"{cell.name}: {cell.failed}" for cell in cells if cell.failed]
    header = _header(load, kind, missing + failed)
    told = [header, tables.appends(rows), tables.proofs(rows), tables.verified(rows), tables.goals(rows)]
    print("\n\n".join(told))
    if ask.json:
        ask.json.write_text(json.dumps({"header": header, "rows": [asdict(row) for row in rows]}, indent=1))
    return int(bool(failed))


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run, on 100,000 entries [a million, then ten]")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="build the logs there [the temporary folder]")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each; ten million are run once [3]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the rows there too")
    ask = parser.parse_args()
    ask.runs = 1 if ask.quick else ask.runs
    return ask


def _cells(sizes: Sequence[int]) -> tuple[list[Cell], list[str]]:
    """Every side at every size that it can be asked for, and who is missing, with the reason."""
    sides = [("garim", Path(sys.executable))]
    missing = []
    try:
        theirs = installed("pymerkle", [[PYMERKLE]]) / "bin" / "python"
        sides += [("pymerkle-sqlite", theirs), ("pymerkle-memory", theirs)]
    except Uninstalled as error:
        missing.append(str(error))
    kept = [(side, size) for size in sizes for side in sides if "memory" not in side[0] or size <= MOST_IN_MEMORY]
    return [Cell(*side, size) for side, size in kept], missing


def _rounds(cells: Sequence[Cell], folder: Path, runs: int) -> None:
    for number in range(runs):
        for cell in cells:
            if cell.failed or (cell.runs and cell.size > MOST_VERIFIED):
                continue
            _tell(f"run {number + 1} of {runs}: {cell.name}")
            place = Path(tempfile.mkdtemp(dir=folder))
            try:
                cell.runs.append(_measured(cell, place))
            except Failed as error:
                cell.failed = str(error)
            finally:
                shutil.rmtree(place)


def _measured(cell: Cell, folder: Path) -> tables.Run:
    """One log: entries in, looked at, verified, proofs out, and then a few more entries singly."""
    append, single, prove = f"append:{cell.size}:{BATCH}", f"single:{SINGLES}", f"prove:{PROOFS}"
    if cell.side == "pymerkle-memory":
        done, took = _worked(cell, folder, append, prove, single)
        return _run(took, (done, done))
    filled, (first,) = _worked(cell, folder, append)
    on_disk = _disk(folder)
    verified = _verified(cell, folder) if cell.side == "garim" and cell.size <= MOST_VERIFIED else None
    proved, (second,) = _worked(cell, folder, prove)
    _, (third,) = _worked(cell, folder, single)
    return _run([first, second, third], (filled, proved), on_disk, verified)


def _run(
    took: Sequence[Took], ran: tuple[Spent, Spent], on_disk: tuple[int, int] = (0, 0), verified: Spent | None = None
) -> tables.Run:
    append, prove, single = took
    return tables.Run(
        append_per_s=append["per_s"],
        append_peak_mb=ran[0].peak_mb,
        single_per_s=single["per_s"],
        single_p95_ms=single["p95_ms"],
        apparent_bytes=on_disk[0],
        disk_bytes=on_disk[1],
        first_ms=prove["first_ms"],
        median_ms=prove["median_ms"],
        p95_ms=prove["p95_ms"],
        prove_peak_mb=ran[1].peak_mb,
        verify_s=verified.wall_s if verified else 0,
        verify_cpu_s=verified.cpu_s if verified else 0,
        verify_peak_mb=verified.peak_mb if verified else 0,
    )


def _worked(cell: Cell, folder: Path, *steps: str) -> tuple[Spent, list[Took]]:
    # -P: else this folder's profile.py would stand before the standard library's
    done = spent([cell.python, "-P", WORK, cell.side, folder, *steps])
    if done.code:
        raise Failed(f"{' '.join(steps)}: exit {done.code}: {done.said}")
    return done, json.loads(done.said)


def _verified(cell: Cell, folder: Path) -> Spent | None:
    """`garim ledger verify` as an inspector calls it; where it fails, the other figures still stand."""
    done = spent([GARIM, "ledger", "verify", folder / "log", "--key", folder / "key"])
    if done.code:
        cell.failed = f"garim ledger verify: exit {done.code}: {done.said}"
        return None
    return done


def _disk(folder: Path) -> tuple[int, int]:
    """The bytes in all files and folders, and what the file system took for them: `du --apparent-size`, and `du`."""
    found = [each.lstat() for each in (folder, *folder.rglob("*"))]
    return sum(each.st_size for each in found), sum(each.st_blocks * 512 for each in found)


def _header(load: tuple[float, float, float], kind: str, notes: Sequence[str]) -> str:
    where = f"{machine()}, {kind}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/ledger.py", *sys.argv[1:]])
    given = f"Entries of {ENTRY_BYTES} bytes, in batches of {BATCH:,}; {SINGLES} singly, {PROOFS} proofs. {PYMERKLE}."
    lines = [f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}.", given]
    return "\n".join([*lines, *(f"\nNot measured: {note}." for note in notes)])


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
