"""WHAT THE STORE COSTS -> TABLES AND GOALS. Pure; Markdown, fit to stand in the documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks._tables import table

GARIM = "Garim: found, opened, checked, arrays"
LOOKED = "Garim, looked at"
ANSWERED = "Garim, answered: signed, paid for, on the ledger"


@dataclass(frozen=True, slots=True)
class Written:
    """What it took to put every hour: CPU and wall of all puts; `pure_s` is CPU without the disk."""

    hours: int
    rows: int
    fine_bytes: int
    cpu_s: float
    wall_s: float
    pure_s: float


@dataclass(frozen=True, slots=True)
class Roughness:
    """How many bytes a row takes of people of one kind."""

    people: str
    rows: int
    octets: int


@dataclass(frozen=True, slots=True)
class Read:
    """One side's reads of one camera's hour out of the whole store, in ms."""

    side: str
    reads: int
    wall_ms: float
    p95_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One side's answers to visits of one length, in ms; `people` near for 1, 5 and 15 minutes, of all visits."""

    side: str
    visits: int
    wall_ms: float
    p95_ms: float
    cpu_ms: float
    cpu_p95_ms: float
    people: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Aged:
    """What it took to make hours coarse, and then to destroy days."""

    hours: int
    coarse_rows: int
    coarse_bytes: int
    disk_bytes: int
    cpu_s: float
    wall_s: float
    destroyed: int
    destroy_s: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of issue 5: at least, or else at most."""

    words: str
    value: float
    wanted: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted


def written(it: Written) -> str:
    """Rows a second that one core writes, and what becomes durable."""
    rate: Callable[[float], str] = lambda seconds: f"{it.rows / seconds / 1e6:.1f} million"  # noqa: E731 - a format
    lines = [
        ("rows/s, CPU: Parquet and sealing", rate(it.pure_s)),
        ("rows/s, CPU: `put`, durable, with folders and keys", rate(it.cpu_s)),
        ("rows/s, wall: `put`, one hour after the other", rate(it.wall_s)),
        ("ms an hour, wall: `put`", f"{it.wall_s / it.hours * 1e3:.1f}"),
        ("bytes a row, in the file", f"{it.fine_bytes / it.rows:.2f}"),
        ("bytes an hour of one camera", f"{it.fine_bytes / it.hours:,.0f}"),
    ]
    return table((f"{it.hours:,} hours of one camera, {it.rows / 1e6:.1f} million rows", "here"), lines, right=1)


def rough(kinds: Sequence[Roughness]) -> str:
    """Bytes a row by who walks and how well they were measured."""
    lines = [(each.people, f"{each.rows:,}", f"{each.octets / each.rows:.2f}") for each in kinds]
    return table(("people", "rows", "bytes a row"), lines, right=1)


def reads(sides: Sequence[Read]) -> str:
    """A read by each side, and its CPU over Garim's."""
    ours = next(each for each in sides if each.side == GARIM)
    lines = [
        (
            each.side,
            f"{each.reads}",
            f"{each.wall_ms:.1f}",
            f"{each.p95_ms:.1f}",
            f"{each.cpu_ms:.1f}",
            "-" if each is ours else f"{each.cpu_ms / ours.cpu_ms:.1f}",
        )
        for each in sides
    ]
    return table(("one camera's hour, warm", "reads", "wall ms", "p95 ms", "CPU ms", "CPU: it / Garim"), lines, right=1)


def asked(sides: Sequence[Asked]) -> str:
    """What a visit's question costs each side, and how many people each found."""
    lines = [
        (
            each.side,
            f"{each.visits}",
            *(f"{ms:.1f}" for ms in (each.wall_ms, each.p95_ms, each.cpu_ms, each.cpu_p95_ms)),
            "in fives" if each.people is None else ", ".join(f"{count:,}" for count in each.people),
        )
        for each in sides
    ]
    head = ("who was near a patient, warm", "visits", "wall ms", "p95", "CPU ms", "p95", "people 1, 5, 15 min")
    return table(head, lines, right=1)


def aged(it: Aged) -> str:
    """What time costs."""
    lines = [
        ("hours made coarse a second, wall", f"{it.hours / it.wall_s:.0f}"),
        ("CPU ms an hour made coarse", f"{it.cpu_s / it.hours * 1e3:.1f}"),
        ("rows an hour, coarse", f"{it.coarse_rows / it.hours:.0f}"),
        ("bytes an hour, coarse", f"{it.coarse_bytes / it.hours:,.0f}"),
        ("... and on disk", f"{it.disk_bytes / it.hours:,.0f}"),
        ("files destroyed a second", f"{it.destroyed / it.destroy_s:,.0f}"),
    ]
    return table((f"`garim exposure expire`, {it.hours:,} hours", "here"), lines, right=1)


def goals(put: Written, sides: Sequence[Read], cases: Sequence[Asked]) -> str:
    """The goals of issue 5 that are the store's."""
    ours = next(each for each in sides if each.side == GARIM)
    wanted = [
        Goal("rows/s written by one core >= 5 million", put.rows / put.cpu_s / 1e6, 5, at_least=True),
        Goal("bytes a row <= 6", put.fine_bytes / put.rows, 6),
        Goal("one camera's hour read, warm, wall ms <= 50", ours.wall_ms, 50),
        Goal("one camera's hour read, warm, CPU ms <= 8", ours.cpu_ms, 8),
    ]
    for each in cases:
        if each.side in (f"{LOOKED}, an hour", f"{ANSWERED}, an hour"):
            wanted.append(Goal(f"{each.side}, warm, wall ms <= 50", each.wall_ms, 50))
            wanted.append(Goal(f"{each.side}, warm, CPU ms <= 8", each.cpu_ms, 8))
    lines = [(each.words, f"{each.value:.1f}", "met" if each.met else "**not met**") for each in wanted]
    return table(("goal of issue 5", "here", "met"), lines, right=1)
