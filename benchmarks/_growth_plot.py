"""HOW COST GROWS -> A PICTURE: SVG, a column for what grows, CPU above and memory below, one scale a row. Pure.

Law: each row begins at nought, and shares its scale, so that heights can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from benchmarks._growth_tables import ROOM_MB, Point, Series

WIDE, TALL, LEFT, TOP, BETWEEN, BELOW = 262, 176, 74, 92, 34, 58  # px, of a panel and around it
COLUMNS = {
    Series.SIZE: ("size of the picture", "pixels; the demo's crowd"),
    Series.FACES: ("faces a frame", "faces a frame, on average; 1280x720"),
    Series.LENGTH: ("length", "length, logarithmic; 1280x720"),
}
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000)
_GARIM, _FFMPEG, _GOAL = "#2f6690", "#b44d12", "#5b6168"


@dataclass(frozen=True, slots=True)
class Line:
    """One side over one kind of film."""

    words: str
    colour: str
    nobody: bool
    dash: str
    of: Callable[[Point], tuple[float, float]]  # CPU ms a frame, peak MB


LINES = (
    Line("Garim, check all", _GARIM, False, "", lambda point: (point.garim.cpu_ms, point.garim.peak_mb)),
    Line("ffmpeg alone", _FFMPEG, False, "", lambda point: (point.ffmpeg.cpu_ms, point.ffmpeg.peak_mb)),
    Line("Garim, nobody there", _GARIM, True, "5 4", lambda point: (point.garim.cpu_ms, point.garim.peak_mb)),
    Line("ffmpeg, nobody there", _FFMPEG, True, "5 4", lambda point: (point.ffmpeg.cpu_ms, point.ffmpeg.peak_mb)),
)


def plot(points: Sequence[Point]) -> str:
    """CPU a frame and peak memory over size, faces and length, both sides."""
    wide = LEFT + len(COLUMNS) * (WIDE + BETWEEN)
    tall = TOP + 2 * (TALL + BELOW) + 4
    highs = (
        max(value for point in points for value in (point.garim.cpu_ms, point.ffmpeg.cpu_ms)),
        max(value for point in points for value in (point.garim.peak_mb, point.ffmpeg.peak_mb + ROOM_MB)),
    )
    parts = [*_legend(points)]
    for row, (name, high) in enumerate(zip(("CPU, ms a frame", "peak memory, MB"), highs, strict=True)):
        top = TOP + row * (TALL + BELOW)
        parts.append(f'<text class="m" transform="translate(20 {top + TALL / 2}) rotate(-90)">{name}</text>')
        for column, series in enumerate(COLUMNS):
            panel = _Panel(series, row, LEFT + column * (WIDE + BETWEEN), top, high, points)
            parts += panel.drawn()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" role="img" '
        'aria-label="CPU a frame and peak memory over size, faces and length">'
        "<style>text{font:12px system-ui,sans-serif;fill:#1f2933}.g{stroke:#d9dee4}.m{text-anchor:middle}"
        ".r{text-anchor:end}.h{font-weight:600;font-size:14px}.s{fill:#4a535b}</style>"
        f'<rect width="100%" height="100%" rx="6" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _legend(points: Sequence[Point]) -> Iterator[str]:
    length_alone = any(point.nobody for point in points if point.series is Series.LENGTH)
    shown = [(line.words, line.colour, line.dash) for line in LINES if not line.nobody or length_alone]
    x = float(LEFT)
    for words, colour, dash in (*shown, (f"ffmpeg + {ROOM_MB:.0f} MB: the goal", _GOAL, "1 4")):
        yield _stroke(f"M{x:.0f} 26h26", colour, dash)
        yield f'<text x="{x + 32:.0f}" y="30">{words}</text>'
        x += 52 + 6.4 * len(words)


class _Panel:
    """One series in one row, with its place and scales."""

    def __init__(self, series: Series, row: int, left: int, top: int, high: float, points: Sequence[Point]) -> None:
        self.series, self.row, self.left, self.top = series, row, left, top
        self.points = sorted((point for point in points if point.series is series), key=lambda point: point.x)
        self.step = next((step for step in STEPS if high / step <= 5), STEPS[-1])
        self.high = self.step * math.ceil(high / self.step)
        ends = [self._along(point.x) for point in self.points]
        # what is counted begins at nought, a length does not
        self.low, self.end = min(ends, default=0.0) if series is Series.LENGTH else 0.0, max(ends, default=1.0)

    def drawn(self) -> Iterator[str]:
        title, along = COLUMNS[self.series]
        if not self.row:
            yield f'<text class="h" x="{self.left}" y="{self.top - 16}">{title}</text>'
        yield from self._axes()
        bottom = self.top + TALL
        yield f'<text class="m s" x="{self.left + WIDE / 2:.0f}" y="{bottom + 37}">{along}</text>'
        for line in LINES:
            of = [(p.x, line.of(p)[self.row]) for p in self.points if (self._split and p.nobody) is line.nobody]
            if of:
                yield _stroke(self._path(of), line.colour, line.dash)
            for x, y in of:
                fill = "#fff" if line.nobody else line.colour
                at = f'cx="{self._x(x):.1f}" cy="{self._y(y):.1f}"'
                yield f'<circle {at} r="3.5" fill="{fill}" stroke="{line.colour}" stroke-width="1.5"/>'
        if self.row:
            goal = [(p.x, p.ffmpeg.peak_mb + ROOM_MB) for p in self.points if not (self._split and p.nobody)]
            yield _stroke(self._path(goal), _GOAL, "1 4")

    @property
    def _split(self) -> bool:
        """Only over lengths is nobody a film of its own; over faces it is the first point."""
        return self.series is Series.LENGTH

    def _axes(self) -> Iterator[str]:
        for number in range(0, self.high + 1, self.step):
            at = self._y(number)
            yield f'<path class="g" d="M{self.left} {at:.1f}h{WIDE}"/>'
            if self.series is Series.SIZE:
                yield f'<text class="r" x="{self.left - 8}" y="{at + 4:.1f}">{number}</text>'
        bottom = self.top + TALL
        words = {self._x(point.x): self._tick(point) for point in self.points}
        for x in words:
            yield f'<path stroke="#4a535b" d="M{x:.1f} {bottom}v4"/>'
        for x, word in _apart(words):
            yield f'<text class="m" x="{x:.1f}" y="{bottom + 18}">{word}</text>'

    def _tick(self, point: Point) -> str:
        match self.series:
            case Series.SIZE:
                return point.film
            case Series.FACES:
                return f"{point.x:.1f}".removesuffix(".0")
            case Series.LENGTH:
                return f"{point.x:g} s" if point.x < 60 else f"{point.x / 60:g} min"
        assert_never(self.series)

    def _along(self, x: float) -> float:
        return math.log10(x) if self.series is Series.LENGTH else x

    def _x(self, x: float) -> float:
        return self.left + 10 + (self._along(x) - self.low) / max(self.end - self.low, 1e-9) * (WIDE - 40)

    def _y(self, value: float) -> float:
        return self.top + TALL * (1 - value / self.high)

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{self._x(x):.1f} {self._y(y):.1f}" for x, y in points)


def _stroke(path: str, colour: str, dash: str) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linecap="round"{dashes}/>'


def _apart(words: dict[float, str]) -> Iterator[tuple[float, str]]:
    """The ticks whose words do not run into the one before."""
    end = -math.inf
    for x, word in words.items():
        half = 3.4 * len(word)
        if x - half > end:
            yield x, word
            end = x + half + 4
