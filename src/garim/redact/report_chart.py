"""How many regions are destroyed over time, as a picture in the page: SVG, without a word on where.

Laws: numbers and fixed words only, so nothing of it needs escaping; no style of its own, the page has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 236  # px as drawn; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 34, 10, 46, 42  # px around the plot
MOST_UP, MOST_ALONG = 5, 9  # steps on an axis, at most
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)  # seconds
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)  # regions


@dataclass(frozen=True, slots=True)
class Axes:
    """Where a time of `end` seconds at most, and a count of `high` at most, stand in the picture: px."""

    end: float
    high: int

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, at / self.end))

    def y(self, count: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / self.high


def chart(most: Sequence[int], step: float, seconds: float, marks: Sequence[float]) -> str:
    """SVG of `most` regions at once in each `step` of a film of `seconds`; `marks` are times that get a number."""
    top = max(most, default=0)
    rise = _rise(top)
    axes = Axes(max(seconds, 1e-3), rise * max(1, math.ceil(top / rise)))
    label = f"Regions covered at once, over {seconds:.1f} seconds: at most {top}"
    parts = [*_up(axes, rise), _area(axes, most, step), *_along(axes), *_marks(axes, marks)]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _rise(top: int) -> int:
    """Whole regions between two lines."""
    return next((size for size in SIZES if size * MOST_UP >= top), SIZES[-1])


def _up(axes: Axes, rise: int) -> Iterator[str]:
    yield f'<text class="name" x="{LEFT}" y="12">regions covered at once</text>'
    for count in range(0, axes.high + 1, rise):
        y = axes.y(count)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{count}</text>'


def _area(axes: Axes, most: Sequence[int], step: float) -> str:
    """Steps, not slopes: each count holds for its whole stretch of time."""
    tops = "".join(f"V{axes.y(count):.1f}H{axes.x((i + 1) * step):.1f}" for i, count in enumerate(most))
    return f'<path class="area" d="M{LEFT} {axes.y(0):.1f}{tops}V{axes.y(0):.1f}Z"/>'


def _along(axes: Axes) -> Iterator[str]:
    floor = axes.y(0)
    step = next((step for step in TICKS if axes.end / step <= MOST_ALONG), TICKS[-1])
    yield f'<path class="axis" d="M{LEFT} {floor:.1f}H{WIDTH - RIGHT}"/>'
    for number in range(int(axes.end / step + 1e-6) + 1):
        x = axes.x(number * step)
        anchor = "end" if x > WIDTH - RIGHT - 14 else "middle"
        said = _told(number * step)
        yield f'<path class="axis" d="M{x:.1f} {floor:.1f}v5"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{floor + 19:.1f}" text-anchor="{anchor}">{said}</text>'
    yield f'<text class="name" x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">time from the start</text>'


def _told(seconds: float) -> str:
    """A time on the axis, as short as it can be: 0:05, 0:00.2, 1:30:00."""
    tenths = round(seconds * 10)
    hours, minutes, whole = tenths // 36000, tenths // 600 % 60, tenths // 10 % 60
    tail = f"{whole:02}.{tenths % 10}" if tenths % 10 else f"{whole:02}"
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def _marks(axes: Axes, marks: Sequence[float]) -> Iterator[str]:
    for number, at in enumerate(marks, 1):
        x = axes.x(at)
        yield f'<path class="mark" d="M{x:.1f} {TOP - 9}V{axes.y(0):.1f}"/>'
        yield f'<circle class="dot" cx="{x:.1f}" cy="{TOP - 17}" r="8.5"/>'
        yield f'<text class="number" x="{x:.1f}" y="{TOP - 13}" text-anchor="middle">{number}</text>'
