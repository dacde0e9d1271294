"""FIGURES OF ONE CAMERA -> CORES, DISKS, NETWORK AND MONEY FOR MANY. Pure: sums, so that nobody has to believe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil

from benchmarks._tables import table

FINE_HOURS = 26  # due 25 hours after an hour began, and a timer that runs hourly may be an hour late
COARSE_HOURS = 13 * 24
BLOCK = 4096  # what a file takes at least, on ext4 and XFS as they come
INODE = 256

FROM = {"store": "benchmarks/store.py", "exposure": "benchmarks/exposure.py", "assumed": "assumed: put in your own"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known of one camera; None is a blank, and whatever needs it stays blank by its name."""

    people: float | None = 5.0  # assumed
    fine_bytes_a_row: float | None = None  # store
    rows_a_core_s: float | None = None  # store
    put_ms: float | None = None  # store
    coarse_rows_share: float | None = None  # store
    coarse_bytes_a_row: float | None = None  # store
    coarsen_cpu_ms: float | None = None  # store
    coarsen_wall_ms: float | None = None  # store
    cameras_a_core: float | None = None  # exposure
    mb_a_camera: float | None = None  # exposure
    stream_kbit_s: float | None = None  # exposure
    core_month: float | None = 15.0  # assumed
    tb_month: float | None = 20.0  # assumed


ORIGIN = {
    **dict.fromkeys(("people", "core_month", "tb_month"), "assumed"),
    **dict.fromkeys(("cameras_a_core", "mb_a_camera", "stream_kbit_s"), "exposure"),
}
WORDS = {
    "people": "people in view, in the mean",
    "fine_bytes_a_row": "bytes a fine row",
    "rows_a_core_s": "rows/s that one core puts",
    "put_ms": "ms to put one hour, wall",
    "coarse_rows_share": "coarse rows for one fine row",
    "coarse_bytes_a_row": "bytes a coarse row",
    "coarsen_cpu_ms": "CPU ms to make one hour coarse",
    "coarsen_wall_ms": "ms to make one hour coarse, wall",
    "cameras_a_core": "cameras that one core watches",
    "mb_a_camera": "MB of memory a camera",
    "stream_kbit_s": "kbit/s of a camera's stream",
    "core_month": "money for a core and month",
    "tb_month": "money for a TB and month",
}


class Blank(Exception):
    """A figure that nobody has measured yet."""


class Known:
    """The inputs as numbers; asking for one that is blank raises `Blank` with its name."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def __getattr__(self, name: str) -> float:
        value = getattr(self._inputs, name)
        if value is None:
            raise Blank(name)
        return float(value)


def rows_an_hour(one: Known) -> float:
    """people x 2 Hz x 3600 s"""
    return one.people * 2 * 3600


def cores_to_watch(one: Known, cameras: int) -> float:
    """cameras / cameras a core"""
    return cameras / one.cameras_a_core


def cores_to_keep(one: Known, cameras: int) -> float:
    """cameras x (rows an hour / rows a core + CPU to make an hour coarse) / 3600 s"""
    return cameras * (rows_an_hour(one) / one.rows_a_core_s + one.coarsen_cpu_ms / 1e3) / 3600


def memory_gb(one: Known, cameras: int) -> float:
    """cameras x MB a camera"""
    return cameras * one.mb_a_camera / 1e3


def network_mbit_s(one: Known, cameras: int) -> float:
    """cameras x kbit/s of a stream"""
    return cameras * one.stream_kbit_s / 1e3


def fine_gb(one: Known, cameras: int) -> float:
    """cameras x 26 hours x rows an hour x bytes a row"""
    return cameras * FINE_HOURS * rows_an_hour(one) * one.fine_bytes_a_row / 1e9


def coarse_gb(one: Known, cameras: int) -> float:
    """cameras x 13 days x 24 files, each rounded up to blocks of 4,096 bytes, and an inode of 256"""
    file = rows_an_hour(one) * one.coarse_rows_share * one.coarse_bytes_a_row
    return cameras * COARSE_HOURS * (ceil(file / BLOCK) * BLOCK + INODE) / 1e9


def files(_one: Known, cameras: int) -> float:
    """cameras x 24 hours x 14 days"""
    return cameras * 24 * 14


def puts_min(one: Known, cameras: int) -> float:
    """cameras x ms to put an hour: minutes of each hour, were it one after the other"""
    return cameras * one.put_ms / 60e3


def expire_min(one: Known, cameras: int) -> float:
    """cameras x ms to make an hour coarse: minutes of each hour"""
    return cameras * one.coarsen_wall_ms / 60e3


def money(one: Known, cameras: int) -> float:
    """whole cores x money a core + TB x money a TB"""
    cores = ceil(cores_to_watch(one, cameras) + cores_to_keep(one, cameras))
    return cores * one.core_month + (fine_gb(one, cameras) + coarse_gb(one, cameras)) / 1e3 * one.tb_month


SUMS = {
    "cores that watch": cores_to_watch,
    "cores that keep": cores_to_keep,
    "memory, GB": memory_gb,
    "network in, Mbit/s": network_mbit_s,
    "disk, fine rows, GB": fine_gb,
    "disk, coarse rows, GB": coarse_gb,
    "files": files,
    "puts, minutes of each hour": puts_min,
    "expire, minutes of each hour": expire_min,
    "money a month": money,
}


def stated(inputs: Inputs) -> str:
    """Every input, and where it comes from."""
    lines = []
    for field in fields(inputs):
        value = getattr(inputs, field.name)
        shown = f"?{field.name}" if value is None else f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
        lines.append((WORDS[field.name], shown, FROM[ORIGIN.get(field.name, "store")]))
    return table(("of one camera", "figure", "from"), lines, right=1)


def summed(inputs: Inputs, cameras: Sequence[int]) -> str:
    """A row a sum, a column a number of cameras; and the sum itself in words."""
    one = Known(inputs)
    lines = []
    for name, of in SUMS.items():
        cells = []
        for count in cameras:
            try:
                value = of(one, count)
                cells.append(_short(value))
            except Blank as blank:
                cells.append(f"?{blank}")
        lines.append((name, *cells, of.__doc__ or ""))
    return table(("cameras", *(f"{count:,}" for count in cameras), "sum"), lines, right=1)


def _short(value: float) -> str:
    if value < 0.01:
        return "< 0.01"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"
