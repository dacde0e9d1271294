"""FROM ONE CAMERA TO TEN THOUSAND: cores, disks, network and money, summed from what the benchmarks printed.

    .venv/bin/python benchmarks/scale.py [--store JSON] [--cameras-a-core N] [--core-month MONEY] ...

Nothing is measured here. `--store` takes what `benchmarks/store.py --json` wrote; the rest are options. A figure that
is not given stays blank, as ?cameras_a_core, and so does what needs it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace
from pathlib import Path

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import _scale_sums as sums  # noqa: E402 - as above

CAMERAS = (1, 10, 100, 1_000, 10_000, 10_820)


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, metavar="JSON", help="figures from benchmarks/store.py --json")
    for field in fields(sums.Inputs):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, help=sums.WORDS[field.name])
    ask = vars(parser.parse_args())
    store = ask.pop("store")
    inputs = of_store(store.read_text()) if store else sums.Inputs()
    inputs = replace(inputs, **{name: value for name, value in ask.items() if value is not None})
    print(f"{sums.stated(inputs)}\n\n{sums.summed(inputs, CAMERAS)}")
    return 0


def of_store(text: str) -> sums.Inputs:
    """The figures of a run of benchmarks/store.py."""
    run = json.loads(text)
    put, aged = run["written"], run["aged"]
    return sums.Inputs(
        fine_bytes_a_row=put["fine_bytes"] / put["rows"],
        rows_a_core_s=put["rows"] / put["cpu_s"],
        put_ms=put["wall_s"] / put["hours"] * 1e3,
        coarse_rows_share=aged["coarse_rows"] / aged["hours"] / (put["rows"] / put["hours"]),
        coarse_bytes_a_row=aged["coarse_bytes"] / aged["coarse_rows"],
        coarsen_cpu_ms=aged["cpu_s"] / aged["hours"] * 1e3,
        coarsen_wall_ms=aged["wall_s"] / aged["hours"] * 1e3,
    )


if __name__ == "__main__":
    sys.exit(main())
