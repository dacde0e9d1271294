"""THE STORE OF POSITIONS BESIDE DUCKDB: hours in, one hour out, cases asked, what time costs, in one run.

    .venv/bin/python benchmarks/store.py [--quick] [--folder DIR] [--json OUT]

The store holds 14 days of six cameras, 50 million fine rows, more than it ever may (after a day rows are coarse); in
every twentieth hour a patient is in view throughout. The same Parquet lies beside it, not sealed, for DuckDB. Each
side reads some hours before any side reads again; every read gives the six columns as NumPy arrays. CPU is the
process's own, of all its threads. Tables go to stdout, progress to stderr. Exit code 0: measured, whether goals are
met or not; 1: the sides disagree.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles

# in place of this folder: its profile.py would stand before the standard library's
sys.path[0] = str(Path(__file__).resolve().parents[1])

import duckdb  # noqa: E402 - as above
import numpy as np  # noqa: E402 - as above
from benchmarks._clock import Clock  # noqa: E402 - as above
from benchmarks._machine import filesystem, machine  # noqa: E402 - as above

from benchmarks import _store_case, _walks  # noqa: E402 - as above
from benchmarks import _store_tables as tables  # noqa: E402 - after the path
from garim.exposure import parquet  # noqa: E402 - as above
from garim.exposure.expire import expire  # noqa: E402 - as above
from garim.exposure.positions import TICKS, Positions  # noqa: E402 - as above
from garim.exposure.seal import Label, sealed  # noqa: E402 - as above
from garim.exposure.store import Found, Store  # noqa: E402 - as above

STARTED = time.monotonic()
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = 51.5e6 / (14 * 24 * 6) / TICKS  # in view at a time, of whom some are cut off by the hour: 50 million rows
SETTINGS = "0" * 64
WHOLE = ((0, TICKS),)
PETS = Path(__file__).resolve().parents[2] / "shared" / "data" / "pets_s2l1" / "world_tracks.csv"
ROUND = 10  # reads of one side before the next side's turn

Key = tuple[str, datetime]
Columns = Mapping[str, "np.ndarray[tuple[int], np.dtype[np.generic]]"]


def main() -> int:
    ask = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="garim-bench-", dir=ask.folder) as folder:
        kind = filesystem(Path(folder))
        store, plain = Store(Path(folder) / "store"), Path(folder) / "plain"
        days, cameras, every = (2, 2, 2) if ask.quick else (14, 6, 20)
        put, patients = _fill(store, plain, days=days, cameras=cameras, every=every)
        sides = _reads(store, plain, 60 if ask.quick else 300)
        asked = _store_case.asked(store, partial(_plain, plain), patients, Path(folder))
        _tell("cases asked")
        aged = _age(store)
    kinds = _rough()
    told = [_header(load, kind), tables.written(put), tables.rough(kinds), tables.reads(sides)]
    told += [tables.asked(asked), tables.aged(aged)]
    print("\n\n".join([*told, tables.goals(put, sides, asked)]))
    if ask.json:
        rows = {"written": asdict(put), "reads": [asdict(each) for each in sides]}
        rows |= {"asked": [asdict(each) for each in asked], "aged": asdict(aged)}
        ask.json.write_text(json.dumps({"header": told[0], **rows}, indent=1))
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two days of two cameras, 2.4 million rows")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="build the store there [the temporary folder]")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there too")
    return parser.parse_args()


def _fill(store: Store, plain: Path, *, days: int, cameras: int, every: int) -> tuple[tables.Written, dict[Key, int]]:
    """Put every hour, and the same Parquet beside; only the store's own work is timed.

    In each hour of `every` there is a patient throughout, whose track is told.
    """
    patients: dict[Key, int] = {}
    rng = np.random.default_rng(14)
    clock, pure = Clock(), Clock()
    rows = octets = 0
    keys = [(f"cam-{each:04}", FIRST + timedelta(hours=hour)) for hour in range(24 * days) for each in range(cameras)]
    for number, (camera, hour) in enumerate(keys):
        if number % 500 == 0:
            _tell(f"hours put: {number:,} of {len(keys):,}")
        positions = _walks.hour(rng, people=PEOPLE)
        if number % every == 0:
            positions, patients[camera, hour] = _walks.with_patient(rng, positions)
        with clock.timed():
            store.put(camera, hour, SETTINGS, positions, WHOLE)
        with pure.timed():
            sealed(Label(camera, hour, SETTINGS, WHOLE), parquet.written(positions), bytes(32))
        path = _plain(plain, (camera, hour))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(parquet.written(positions))
        rows += len(positions)
        octets += store.file(camera, hour).stat().st_size
    return tables.Written(len(keys), rows, octets, clock.cpu_s, clock.wall_s, pure.cpu_s), patients


def _plain(folder: Path, key: Key) -> Path:
    camera, hour = key
    return folder / f"{hour:%Y-%m-%d}" / f"{hour:%H}" / f"{camera}.parquet"


def _reads(store: Store, plain: Path, reads: int) -> list[tables.Read]:
    """Each side reads the same hours, drawn by lot, after all files were read once."""
    con = duckdb.connect()
    alone = duckdb.connect()
    alone.execute("set threads = 1")

    def ours(key: Key) -> Columns:
        found = store.get(*key)
        assert isinstance(found, Found)
        return {name: getattr(found.positions, name) for name in parquet.COLUMNS}

    def addressed(by: duckdb.DuckDBPyConnection) -> Callable[[Key], Columns]:
        def read(key: Key) -> Columns:
            return _numpy(by, f"select * from read_parquet('{_plain(plain, key)}')")  # noqa: S608 - our own names

        return read

    def through_glob(key: Key) -> Columns:
        path = _plain(plain, key)
        columns = ", ".join(parquet.COLUMNS)
        given = f"read_parquet('{plain}/*/*/*.parquet', filename = true) where filename = '{path}'"
        return _numpy(con, f"select {columns} from {given}")  # noqa: S608 - as above

    sides: dict[str, Callable[[Key], Columns]] = {
        tables.GARIM: ours,
        "DuckDB, plain Parquet, file named, one thread": addressed(alone),
        "DuckDB, plain Parquet, file named": addressed(con),
        "DuckDB, plain Parquet, through a glob": through_glob,
    }
    keys = [(camera, hour) for camera in store.cameras() for hour in store.hours(camera)]
    _tell("every file read once")
    for path in [*plain.rglob("*.parquet"), *(store.file(*key) for key in keys)]:
        path.read_bytes()
    _agree(sides, keys[len(keys) // 2])
    rng = np.random.default_rng(1)
    drawn = [keys[each] for each in rng.integers(0, len(keys), reads)]
    return _rounds(sides, drawn)


def _rounds(sides: Mapping[str, Callable[[Key], Columns]], drawn: Sequence[Key]) -> list[tables.Read]:
    clocks: dict[str, list[Clock]] = {side: [] for side in sides}
    for start in range(0, len(drawn), ROUND):
        for side, read in sides.items():
            if "glob" in side and start >= 3 * ROUND:  # it takes as long as all others together
                continue
            for key in drawn[start : start + ROUND]:
                clock = Clock()
                with clock.timed():
                    read(key)
                clocks[side].append(clock)
    _tell("hours read")
    return [_read(side, took) for side, took in clocks.items()]


def _read(side: str, took: Sequence[Clock]) -> tables.Read:
    walls = [each.wall_s * 1e3 for each in took]
    cpu = sum(each.cpu_s for each in took) / len(took)  # the mean: a thread may end its work in the next read
    return tables.Read(side, len(took), median(walls), quantiles(walls, n=20)[-1], cpu * 1e3)


def _numpy(con: duckdb.DuckDBPyConnection, query: str) -> Columns:
    found: Columns = con.execute(query).fetchnumpy()
    return found


def _agree(sides: Mapping[str, Callable[[Key], Columns]], key: Key) -> None:
    """All sides give the same rows, or nothing is measured."""
    first, *others = (read(key) for read in sides.values())
    for other in others:
        if any(not np.array_equal(first[name], other[name]) for name in parquet.COLUMNS):
            sys.exit("the sides read different rows")


def _age(store: Store) -> tables.Aged:
    """All days but the last made coarse, and then all destroyed."""
    hours = max(store.hours("cam-0000"))
    made, gone = Clock(), Clock()
    with made.timed():
        coarse = expire(store, now=hours + timedelta(hours=2), keep_days=14)
    files = [path for hour in coarse.coarsened for path in store.stored(hour)]
    rows = sum(len(_found(store, path, hour)) for hour in coarse.coarsened for path in store.stored(hour))
    size, disk = sum(path.stat().st_size for path in files), sum(path.stat().st_blocks * 512 for path in files)
    with gone.timed():
        done = expire(store, now=hours + timedelta(days=20))
    _tell("made coarse, and destroyed")
    destroyed = sum(done.destroyed.values())
    return tables.Aged(len(files), rows, size, disk, made.cpu_s, made.wall_s, destroyed, gone.wall_s)


def _found(store: Store, path: Path, hour: datetime) -> Positions:
    found = store.get(path.stem, hour)
    assert isinstance(found, Found)
    return found.positions


def _rough() -> list[tables.Roughness]:
    """Bytes a row of people measured well and badly, few and many, and of the real ones of PETS where they are."""
    rng = np.random.default_rng(2)
    kinds = {f"walks, {noise} cm off": _walks.hour(rng, noise_cm=noise) for noise in (0, 5, 10, 20, 40)}
    kinds |= {f"walks, {count:g} in view": _walks.hour(rng, people=count) for count in (0.1, 1, 100)}
    if PETS.exists():
        real = {noise: _walks.pets(PETS, rng, noise_cm=noise) for noise in (0, 5, 20)}
        kinds |= {f"PETS 2009 S2.L1, by hand, {noise} cm off": rows for noise, rows in real.items()}
    return [tables.Roughness(name, len(rows), len(parquet.written(rows))) for name, rows in kinds.items()]


def _header(load: tuple[float, float, float], kind: str) -> str:
    where = f"{machine()}, {kind}; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    took = f"{(time.monotonic() - STARTED) / 60:.0f} min"
    command = " ".join(["benchmarks/store.py", *sys.argv[1:]])
    built = f"PyArrow {version('pyarrow')}, DuckDB {version('duckdb')}, cryptography {version('cryptography')}"
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, took {took}: {where}.\n{built}."


def _tell(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
