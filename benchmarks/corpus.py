"""THE CORPUS AT 1.7, 17 AND 170 MILLION RECORDS: built, asked, withdrawn from, listed, erased; what each size costs.

    .venv/bin/python benchmarks/corpus.py [--quick] [--folder DIR] [--json OUT] [--plot OUT.svg]

Rows are made up (`_corpus_people.py`) and come as arrays; they have keys and no photos' bytes (3.4 TB), so encryption
is measured apart. Each step is a process of its own; its peak is that of its largest process, by the kernel's account.
DuckDB is asked the same of the same Parquet. Each corpus is deleted before the next is built: 170 million want 20 GB of
disk. Tables go to stdout, progress to stderr. Exit code 0: measured, whether goals are met or not; 1: a step failed,
or two ways of counting disagree.
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
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks._machine import filesystem, machine  # noqa: E402 - as above
from benchmarks._spent import spent  # noqa: E402 - as above

from benchmarks import _corpus_tables as tables  # noqa: E402 - after the path

STARTED = time.monotonic()
SIZES = (1_700_000, 17_000_000, tables.FULL)
STEPS = ("build", "ask", "withdraw", "ask again", "manifest", "subject", "erase", "encrypt")


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load, sizes = os.getloadavg(), list[tables.Size]()
    with tempfile.TemporaryDirectory(prefix="garim-bench-", dir=ask.folder) as folder:
        kind = filesystem(Path(folder))
        for rows in SIZES[:1] if ask.quick else SIZES:
            sizes.append(_measured(Path(folder) / f"{rows}", rows))
            shutil.rmtree(Path(folder) / f"{rows}")
    header = _header(load, kind)
    print("\n\n".join([header, tables.goals(sizes), tables.measured(sizes), tables.octets(sizes)]))
    if ask.plot:
        ask.plot.write_text(tables.plot(sizes))
    if ask.json:
        ask.json.write_text(json.dumps({"header": header, "sizes": [asdict(size) for size in sizes]}, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1.7 million records only")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="build there [the temporary folder]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    parser.add_argument("--plot", type=Path, metavar="OUT", help="draw seconds over records there, as SVG")
    return parser.parse_args()


def _measured(folder: Path, rows: int) -> tables.Size:
    steps = {}
    os.environ["PYTHONPATH"] = os.pathsep.join([sys.path[0], *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    for step in STEPS:
        done = spent([sys.executable, "-m", "benchmarks._corpus_steps", step, folder, f"{rows}"])
        if done.code:
            sys.exit(f"{rows:,} records, {step}: {done.said}")
        steps[step] = json.loads(done.said) | {"peak_mb": done.peak_mb, "cpu_s": done.cpu_s, "wall_s": done.wall_s}
        load = f"load {os.getloadavg()[0]:.1f}"
        print(f"{time.monotonic() - STARTED:6.0f} s  {rows:,} records: {step}, {load}", file=sys.stderr, flush=True)
    return tables.Size(rows, steps)


def _header(load: tuple[float, float, float], kind: str) -> str:
    where = f"{machine()}, {kind}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/corpus.py", *sys.argv[1:]])
    names = ("pyarrow", "duckdb", "pyroaring", "numpy", "cryptography")
    built = ", ".join(f"{name} {version(name)}" for name in names)
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}.\n{built}."


if __name__ == "__main__":
    sys.exit(main())
