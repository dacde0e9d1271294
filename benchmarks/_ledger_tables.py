"""WHAT LOGS COST -> TABLES AND GOALS. Pure; Markdown, fit to stand in the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks._tables import table

GARIM = "garim"


@dataclass(frozen=True, slots=True)
class Run:
    """One log built, asked and thrown away. `Nothing` was kept on disk where both bytes are 0."""

    append_per_s: float
    append_peak_mb: float
    single_per_s: float
    single_p95_ms: float
    apparent_bytes: float
    disk_bytes: float
    first_ms: float
    median_ms: float
    p95_ms: float
    prove_peak_mb: float
    verify_s: float = 0.0
    verify_cpu_s: float = 0.0
    verify_peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """The medians over the runs of one side, on a log of `size` entries; bytes are those of the whole log."""

    size: int
    side: str
    runs: int
    figures: Run


def row(size: int, side: str, runs: Sequence[Run]) -> Row:
    """Each figure's median by itself."""
    names = Run.__dataclass_fields__
    return Row(size, side, len(runs), Run(**{name: median(getattr(run, name) for run in runs) for name in names}))


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of ours, on a log of at least `size` entries, and the bound that it is to keep."""

    words: str
    size: int
    figure: Callable[[Row], float]
    bound: float
    unit: str
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


GOALS = (
    Goal("appends in batches: at least 100,000/s", 0, lambda row: row.figures.append_per_s, 100_000, "/s", True),
    Goal("durable single appends: at least 300/s", 0, lambda row: row.figures.single_per_s, 300, "/s", True),
    Goal("a million entries verified in at most 20 s", 10**6, lambda row: row.figures.verify_s, 20, " s"),
    Goal("a proof of inclusion at ten million in at most 5 ms", 10**7, lambda row: row.figures.p95_ms, 5, " ms"),
    Goal("an entry of 300 bytes in at most 340 on disk", 0, lambda row: row.figures.disk_bytes / row.size, 340, " B"),
)


def appends(rows: Sequence[Row]) -> str:
    """What it costs to put entries in, and Garim's speed over each other's."""
    head = ("entries", "side", "runs", "in batches/s", "Garim / it", "singly/s", "p95 ms", "Garim / it")
    rest = ("bytes an entry", "of them on disk", "peak MB")
    lines = []
    for each in rows:
        it, ours = each.figures, _ours(rows, each)
        speed = (f"{it.append_per_s:,.0f}", _ratio(ours.append_per_s if ours else 0, it.append_per_s))
        alone = (
            f"{it.single_per_s:,.0f}",
            f"{it.single_p95_ms:.2f}",
            _ratio(ours.single_per_s if ours else 0, it.single_per_s),
        )
        kept = tuple(f"{total / each.size:.1f}" if total else "-" for total in (it.apparent_bytes, it.disk_bytes))
        lines.append((f"{each.size:,}", each.side, f"{each.runs}", *speed, *alone, *kept, f"{it.append_peak_mb:.0f}"))
    return table((*head, *rest), lines, right=2)


def proofs(rows: Sequence[Row]) -> str:
    """What a proof of inclusion costs, and each other's time over Garim's."""
    head = ("entries", "side", "runs", "first ms", "median ms", "p95 ms", "median: it / Garim", "peak MB")
    lines = []
    for each in rows:
        it, ours = each.figures, _ours(rows, each)
        times = (f"{it.first_ms:,.2f}", f"{it.median_ms:.2f}", f"{it.p95_ms:.2f}")
        ratio = _ratio(it.median_ms, ours.median_ms if ours else 0)
        lines.append((f"{each.size:,}", each.side, f"{each.runs}", *times, ratio, f"{it.prove_peak_mb:.0f}"))
    return table(head, lines, right=2)


def verified(rows: Iterable[Row]) -> str:
    """What an inspector waits for; the others have nothing to put beside it."""
    lines = [
        (f"{each.size:,}", f"{each.runs}", f"{it.verify_s:.1f}", f"{it.verify_cpu_s:.1f}", f"{it.verify_peak_mb:.0f}")
        for each in rows
        if (it := each.figures).verify_s
    ]
    return table(("entries", "runs", "seconds", "of CPU", "peak MB"), lines, right=0)


def goals(rows: Sequence[Row], wanted: Sequence[Goal] = GOALS) -> str:
    """Each goal on the smallest log of ours that is large enough; where there was none, it says so."""
    lines = []
    for goal in wanted:
        able = [each for each in rows if each.side == GARIM and each.size >= goal.size and goal.figure(each)]
        if not able:
            lines.append((goal.words, "-", "-", "not measured"))
            continue
        on = min(able, key=lambda each: each.size)
        value = goal.figure(on)
        verdict = "met" if goal.met(value) else "**not met**"
        lines.append((goal.words, f"{on.size:,}", f"{value:,.{0 if value >= 1000 else 1}f}{goal.unit}", verdict))
    return table(("goal of issue 4", "entries", "here", "met"), lines, right=1)


def _ours(rows: Iterable[Row], beside: Row) -> Run | None:
    """Our figures on a log of that size, if that row is another's."""
    found = [each.figures for each in rows if each.size == beside.size and each.side == GARIM != beside.side]
    return found[0] if found else None


def _ratio(over: float, under: float) -> str:
    return f"{over / under:.2f}" if over and under else "-"
