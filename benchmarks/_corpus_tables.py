"""WHAT THE CORPUS COSTS -> TABLES, GOALS AND A PLOT. Pure; Markdown fit to stand in the documentation, and SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from benchmarks._tables import table

Figures = Mapping[str, float]
"""A step's figures; `peak_mb` is of its largest process."""


@dataclass(frozen=True, slots=True)
class Size:
    """One corpus: how many rows, and each step's figures."""

    rows: int
    steps: Mapping[str, Figures]

    def of(self, step: str, name: str) -> float:
        """One figure."""
        return self.steps[step][name]

    @property
    def bytes_a_row(self) -> float:
        """All that a record takes but its photo: parts, their index, ids, wrapped keys, consents, the record."""
        return sum(value for name, value in self.steps["build"].items() if name in KINDS) / self.rows

    @property
    def peak_mb(self) -> float:
        """The most that any process of any step took."""
        return max(figures["peak_mb"] for figures in self.steps.values())


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of issue 8 at full size: at most, or else at least."""

    words: str
    value: Callable[[Size], float]
    wanted: float
    at_least: bool = False
    shown: str = ".2f"

    def judged(self, size: Size) -> tuple[str, ...]:
        value = self.value(size)
        met = value >= self.wanted if self.at_least else value <= self.wanted
        sign = ">=" if self.at_least else "<="
        told = f"{self.words} {sign} {self.wanted:,.10g}"
        return told, format(value, f",{self.shown}"), "met" if met else "**not met**"


KINDS = {
    "parquet_bytes": "parts: Parquet",
    "index_bytes": "parts: index",
    "ids_bytes": "subjects' ids",
    "consents_bytes": "consents' ids, one a subject",
    "keys_bytes": "wrapped keys",
    "record_bytes": "record",
}
FULL = 170_000_000
GOALS = (
    Goal("built, s", lambda of: of.of("build", "built_s"), 300, shown=".0f"),
    Goal("bytes a record, with index and wrapped keys", lambda of: of.bytes_a_row, 50, shown=".1f"),
    Goal("eligible counted, s", lambda of: of.of("ask", "count_s"), 0.5),
    Goal("eligible by nationality x sex x age, s", lambda of: of.of("ask", "groups_s"), 1),
    Goal("a million withdrawals effective, s", lambda of: of.of("withdraw", "list_s"), 3),
    Goal(
        "... and in a new manifest with its Merkle root, s", lambda of: of.of("manifest", "manifest_s"), 40, shown=".1f"
    ),
    Goal("one subject's answer, p95, s", lambda of: of.of("subject", "subject_p95_s"), 0.1, shown=".3f"),
    Goal("memory of the largest process, MB", lambda of: of.peak_mb, 2000, shown=".0f"),
    Goal("photos of 20 kB encrypted a second", lambda of: of.of("encrypt", "sealed_a_second"), 50_000, True, ".0f"),
    Goal("durable single withdrawals a second", lambda of: of.of("withdraw", "lone_a_second"), 300, True, ".0f"),
)
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("subjects", "build", "subjects", ",.0f"),
    ("built, s", "build", "built_s", ",.1f"),
    ("... CPU, s: two cores to themselves take half of it at best", "build", "built_cpu_s", ",.1f"),
    ("... of that: ids of pseudonyms and of a consent each, sorted", "build", "ids_s", ",.1f"),
    ("... keys made and wrapped", "build", "keys_s", ",.1f"),
    ("... rows made up, dealt, sorted, written, hashed", "build", "parts_s", ",.1f"),
    ("(making the rows up takes, s)", "build", "made_up_s", ",.1f"),
    ("eligible photos", "ask", "eligible", ",.0f"),
    ("eligible counted, s", "ask", "count_s", ".3f"),
    ("... by DuckDB over the same Parquet, s", "ask", "duckdb_count_s", ".3f"),
    ("by nationality x sex x age, s", "ask", "groups_s", ".3f"),
    ("... by DuckDB over the same Parquet, s", "ask", "duckdb_groups_s", ".3f"),
    ("withdrawn together", "withdraw", "list", ",.0f"),
    ("... effective in, s", "withdraw", "list_s", ".2f"),
    ("withdrawn one after the other, a second", "withdraw", "lone_a_second", ",.0f"),
    ("counted after that, s", "ask again", "count_s", ".3f"),
    ("by nationality x sex x age after that, s", "ask again", "groups_s", ".3f"),
    ("manifest: photos", "manifest", "manifest_photos", ",.0f"),
    ("... listed, hashed, logged, kept, published, s", "manifest", "manifest_s", ".1f"),
    ("... CPU, s", "manifest", "manifest_cpu_s", ".1f"),
    ("... its file, bytes", "manifest", "manifest_bytes", ",.0f"),
    ("one subject's answer with proofs, s", "subject", "subject_s", ".3f"),
    ("... p95, s", "subject", "subject_p95_s", ".3f"),
    ("one subject erased, s", "erase", "erase_s", ".2f"),
    ("photos of 20 kB encrypted a second", "encrypt", "sealed_a_second", ",.0f"),
    ("... and put into packs, durably, by one process", "encrypt", "stored_a_second", ",.0f"),
)
_STEPS = ("build", "ask", "withdraw", "ask again", "manifest", "subject", "erase", "encrypt")
_LINES = (
    ("built", "build", "built_s", "#2f6690"),
    ("manifest after withdrawals", "manifest", "manifest_s", "#b44d12"),
    ("withdrawn together", "withdraw", "list_s", "#7a5195"),
    ("counted by group", "ask", "groups_s", "#3a7d44"),
    ("counted", "ask", "count_s", "#8a8d91"),
    ("one subject's answer", "subject", "subject_s", "#111111"),
)


def measured(sizes: Sequence[Size]) -> str:
    """Every figure, a column a size."""
    head = ("", *(f"{size.rows / 1e6:g} million" for size in sizes))
    lines = [(words, *(format(size.of(step, name), shown) for size in sizes)) for words, step, name, shown in _ROWS]
    lines += [(f"peak memory, {step}, MB", *(f"{size.of(step, 'peak_mb'):,.0f}" for size in sizes)) for step in _STEPS]
    return table(head, lines, right=1)


def octets(sizes: Sequence[Size]) -> str:
    """Bytes a record, by what they are for."""
    head = ("bytes a record", *(f"{size.rows / 1e6:g} million" for size in sizes))
    lines = [(words, *(f"{size.of('build', name) / size.rows:.2f}" for size in sizes)) for name, words in KINDS.items()]
    return table(head, [*lines, ("all", *(f"{size.bytes_a_row:.2f}" for size in sizes))], right=1)


def goals(sizes: Sequence[Size]) -> str:
    """The goals of issue 8, judged at the largest size; they are set for 170 million."""
    largest = max(sizes, key=lambda size: size.rows)
    at = "" if largest.rows == FULL else f", **at {largest.rows:,} only**"
    return table((f"goal of issue 8{at}", "here", "met"), [goal.judged(largest) for goal in GOALS], right=1)


def plot(sizes: Sequence[Size]) -> str:
    """Seconds over rows, both in tenfold steps, as SVG."""
    low, high = (log10(edge(size.rows for size in sizes)) for edge in (min, max))
    values = [size.of(step, name) for size in sizes for _, step, name, _ in _LINES]
    down, up = (int(log10(min(values)) // 1), int(-(-log10(max(values)) // 1)))
    wide, tall, left, top = 420, 300, 64, 30

    def x(rows: float) -> float:
        return left + (log10(rows) - low) / max(high - low, 1e-9) * wide

    def y(seconds: float) -> float:
        return top + (up - log10(seconds)) / max(up - down, 1) * tall

    parts = [*_axes(sizes, range(down, up + 1), x, y, wide)]
    ends: list[float] = []
    for words, step, name, colour in _LINES:
        points = [(x(size.rows), y(size.of(step, name))) for size in sizes]
        line = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        at = _apart(points[-1][1], ends)
        ends.append(at)
        parts.append(f'<text x="{left + wide + 10}" y="{at + 4:.1f}" fill="{colour}">{words}</text>')
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + wide + 200} {top + tall + 56}" role="img" '
        'aria-label="Seconds over records">'
        "<style>text{font:12px system-ui,sans-serif;fill:#1f2933}.g{stroke:#d9dee4}.m{text-anchor:middle}"
        f'.r{{text-anchor:end}}</style><rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n'
    )


def _axes(
    sizes: Sequence[Size], steps: range, x: Callable[[float], float], y: Callable[[float], float], wide: int
) -> Iterator[str]:
    left = x(min(size.rows for size in sizes))
    for step in steps:
        at = y(10.0**step)
        yield f'<path class="g" d="M{left:.1f} {at:.1f}h{wide}"/>'
        yield f'<text class="r" x="{left - 8:.1f}" y="{at + 4:.1f}">{10.0**step:g} s</text>'
    bottom = y(10.0 ** steps[0])
    for size in sizes:
        yield f'<path class="g" d="M{x(size.rows):.1f} {y(10.0 ** steps[-1]):.1f}V{bottom:.1f}"/>'
        yield f'<text class="m" x="{x(size.rows):.1f}" y="{bottom + 20:.1f}">{size.rows / 1e6:g} million</text>'
    yield f'<text class="m" x="{left + wide / 2:.1f}" y="{bottom + 42:.1f}">records; both axes in tenfold steps</text>'


def _apart(at: float, others: Sequence[float]) -> float:
    """The nearest place below that is a line of text away from all others."""
    while any(abs(at - other) < 15 for other in others):
        at += 1
    return at
