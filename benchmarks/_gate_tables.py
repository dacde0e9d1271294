"""DECISIONS AND MATCHERS -> TABLES. Pure; Markdown, fit to stand in README. What was not measured is a dash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks._gate_sums import Errors, Rate
from benchmarks._passport_tables import Figure, figures
from benchmarks._tables import table

NONE = "-"
MOST_CPU_MS, MOST_PEAK_MB = 300.0, 250.0


@dataclass(frozen=True, slots=True)
class Decision:
    """One traveller: what the answer was, and what it took from the end of the capture on."""

    answer: str
    parent_ms: float
    child_ms: float
    wall_ms: float
    parent_mb: float
    child_mb: float

    @property
    def cpu_ms(self) -> float:
        return self.parent_ms + self.child_ms


@dataclass(frozen=True, slots=True)
class Matcher:
    """One matcher on the set; `note` says why there is nothing, where there is nothing."""

    name: str
    people: int = 0
    failed: Rate | None = None  # photos in which it found no one face
    errors: Errors | None = None
    comparison_ms: float | None = None
    peak_mb: float | None = None
    note: str = ""


def decisions(kind: str, made: Sequence[Decision], *, answer: str = "match") -> str:
    """Medians over those with that answer, the worst one beside; the others are counted, not measured."""
    of = [each for each in made if each.answer == answer]
    told = f"{kind}: {len(of)} of {len(made)} travellers were answered {answer}{_others(made, answer)}."
    if not of:
        return f"{told} Nothing of it is measured."
    rows = [
        Figure("CPU, parent and child, median", median(each.cpu_ms for each in of), "ms", MOST_CPU_MS),
        Figure("CPU, parent and child, the most", max(each.cpu_ms for each in of), "ms", MOST_CPU_MS),
        Figure("of it the parent's, median", median(each.parent_ms for each in of), "ms"),
        Figure("wall, median", median(each.wall_ms for each in of), "ms"),
        Figure("peak memory of the child, the most", max(each.child_mb for each in of), "MB", MOST_PEAK_MB),
        Figure("and with the parent's", max(each.child_mb + each.parent_mb for each in of), "MB", MOST_PEAK_MB),
    ]
    return f"{told}\n\n{figures(rows)}"


def _others(made: Sequence[Decision], answer: str) -> str:
    others = [each.answer for each in made if each.answer != answer]
    return "".join(f", {others.count(each)} {each}" for each in dict.fromkeys(others))


def matchers(rows: Iterable[Matcher]) -> str:
    """A line a matcher; then, for those that did not run, why."""
    told = list(rows)
    head = ("matcher", "people", "photos without one face", "FMR", "FNMR there", "CPU ms a comparison", "peak MB")
    ran = table(head, [_line(each) for each in told], right=1)
    return "\n".join([ran, *(f"\n{each.name}: {each.note}." for each in told if each.note)])


def _line(row: Matcher) -> tuple[str, ...]:
    if row.errors is None:
        return (row.name, *(NONE for _ in range(4)), _number(row.comparison_ms), _number(row.peak_mb))
    failed = NONE if row.failed is None else f"{row.failed.errors} of {row.failed.comparisons}"
    rates = (_share(row.errors.fmr), _share(row.errors.fnmr))
    return (row.name, str(row.people), failed, *rates, _number(row.comparison_ms), _number(row.peak_mb))


def _share(of: Rate) -> str:
    share = of.errors / of.comparisons
    return f"{of.errors} of {of.comparisons:,}: {share:.2%} ({of.low:.2%} to {of.high:.2%})"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}"
