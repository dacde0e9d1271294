"""WHAT LEAKED -> TABLES. Pure; Markdown, fit to stand in README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._leaks_covered import Seen, by_size
from benchmarks._tables import table

_HEAD = ("tool", "face-frames leaked", "< 12 px", "12-24 px", "24-48 px", "≥ 48 px", "people ≥ 20 px with a leak",
         "picture masked", "CPU ms a picture")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one set of clips."""

    tool: str
    seen: Seen


def leaks(rows: Sequence[Row], *, what: str = "tool") -> str:
    """The table of one set, tools below one another."""
    return table((what, *_HEAD[1:]), [cells(row) for row in rows], right=1)


def cells(row: Row) -> tuple[str, ...]:
    """A tool's line: shares with what they are of, so that nobody takes one face in three for a rate."""
    seen = row.seen
    sizes = by_size(lambda low, high: _share(*seen.leaks(seen.sized(low, high))))
    masked, cost = 100 * float(seen.masked.mean()), 1000 * seen.cpu_s / len(seen.masked)
    leaked, people = _share(*seen.leaks()), _share(*seen.people())
    return row.tool, leaked, *sizes, people, f"{masked:.1f} %", f"{cost:.0f}"


def _share(some: int, of: int) -> str:
    return f"{100 * some / of:.2f} % ({some}/{of})" if of else "-"


def plain(row: Row) -> dict[str, object]:
    """The same as numbers, for JSON."""
    seen = row.seen
    sizes = by_size(lambda low, high: "{} {}".format(*seen.leaks(seen.sized(low, high))))
    return {
        "tool": row.tool,
        "leaked": seen.leaks(),
        "by_size": [[int(part) for part in each.split()] for each in sizes],
        "people": seen.people(),
        "masked": float(seen.masked.mean()),
        "cpu_s": seen.cpu_s,
        "pictures": len(seen.masked),
    }
