"""Published counts as a picture: SVG, a panel for each camera and day, a bar an hour, and how far off it may be.

Laws: it says what the numbers say, the claim under it; a count below zero is drawn below zero, an hour without a
count is an empty, hatched column and never a bar of no height. What is not a number of ours is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from html import escape
from itertools import groupby

from garim.exposure.noise import Claim
from garim.exposure.publish import HourState, Row

WIDTH, PANEL = 720, 240  # px as drawn
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 40, 34  # px around a panel's plot
LINE = 17  # px
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
_STEP = (WIDTH - LEFT - RIGHT) / 24
_BAR = 0.62  # of an hour's column
_INK, _SOFT, _GRID, _FILL, _BAND = "#14171a", "#4a535b", "#d5dade", "#5d9aa1", "#0b3f45"
_WORDS = {HourState.NO_FOOTAGE: "no footage", HourState.NOT_OVER: "not over", HourState.DAMAGED: "damaged"}


def chart(rows: Sequence[Row], claim: Claim) -> str:
    """SVG of `rows`, which are by camera and hour, as `garim.exposure.publish.publish` gives them."""
    panels = [list(group) for _, group in groupby(rows, lambda row: (row.camera, row.hour.date()))]
    said = [line for sentence in claim.lines() for line in _folded(sentence)]
    height = len(panels) * PANEL + len(said) * LINE + 24
    parts = [part for number, panel in enumerate(panels) for part in _panel(panel, number * PANEL)]
    below = len(panels) * PANEL + 22
    words = [
        f'<text x="{LEFT}" y="{below + n * LINE}" fill="{_SOFT}">{escape(line)}</text>' for n, line in enumerate(said)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="Tracks seen in each hour, with noise of epsilon {claim.epsilon:g}" '
        f'font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif" font-size="12">'
        f'<defs><pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M0 0V6" stroke="{_GRID}" stroke-width="2"/></pattern></defs>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(parts)}{"".join(words)}</svg>\n'
    )


def _panel(rows: Sequence[Row], top: int) -> Iterator[str]:
    band = max((Claim(row.epsilon).band for row in rows if row.epsilon), default=0)
    counts = [row.tracks for row in rows if row.tracks is not None]
    rise = _rise(max(counts, default=0) + band - min(0, *counts, -band) if counts else 1)
    high = rise * max(1, math.ceil((max(counts, default=0) + band) / rise))
    low = rise * math.floor(min([0, *(count - band for count in counts)]) / rise)

    def y(count: float) -> float:
        return top + TOP + (PANEL - TOP - BOTTOM) * (high - count) / (high - low)

    yield _title(rows[0].camera, rows[0].hour.date(), top)
    for count in range(low, high + 1, rise):
        yield f'<path d="M{LEFT} {y(count):.1f}H{WIDTH - RIGHT}" stroke="{_GRID if count else _INK}" fill="none"/>'
        yield f'<text x="{LEFT - 8}" y="{y(count) + 4:.1f}" text-anchor="end" fill="{_SOFT}">{_signed(count)}</text>'
    for row in rows:
        x = LEFT + row.hour.hour * _STEP
        yield _bar(row, x, y) if row.tracks is not None else _gap(row, x, y(high), y(low))
    for hour in range(0, 25, 3):
        yield (
            f'<text x="{LEFT + hour * _STEP:.1f}" y="{top + PANEL - BOTTOM + 18}" text-anchor="middle" '
            f'fill="{_SOFT}">{hour:02}</text>'
        )


def _title(camera: str, day: date, top: int) -> str:
    return (
        f'<text x="{LEFT}" y="{top + 22}" font-size="15" font-weight="600" fill="{_INK}">{escape(camera)}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{top + 22}" text-anchor="end" fill="{_SOFT}">'
        f"{day}, hours in UTC; unnamed tracks an hour</text>"
    )


def _bar(row: Row, x: float, y: Callable[[float], float]) -> str:
    """A bar, and upon it the band in which 95 of 100 true counts lie; below zero there are none."""
    assert row.tracks is not None and row.epsilon is not None
    off = Claim(row.epsilon).band
    left, middle, wide = x + _STEP * (1 - _BAR) / 2, x + _STEP / 2, _STEP * _BAR
    upper, lower = y(max(row.tracks, 0)), y(min(row.tracks, 0))
    title = f"{row.hour:%H:%M}: {_signed(row.tracks)}, off by {off} at most in 95 of 100; {row.watched_s:g} s watched"
    ends = "".join(f"M{middle - 3:.1f} {y(count):.1f}h6" for count in (row.tracks + off, row.tracks - off))
    return (
        f'<g><title>{title}</title><rect x="{left:.1f}" y="{upper:.1f}" width="{wide:.1f}" '
        f'height="{lower - upper:.1f}" fill="{_FILL}"/><path d="M{middle:.1f} {y(row.tracks + off):.1f}'
        f'V{y(row.tracks - off):.1f}{ends}" stroke="{_BAND}" stroke-width="1.5" fill="none"/></g>'
    )


def _gap(row: Row, x: float, upper: float, lower: float) -> str:
    words, middle = _WORDS[row.state], x + _STEP / 2 + 4
    return (
        f'<g><title>{row.hour:%H:%M}: {words}</title><rect x="{x + 1:.1f}" y="{upper:.1f}" width="{_STEP - 2:.1f}" '
        f'height="{lower - upper:.1f}" fill="url(#none)"/><text transform="translate({middle:.1f} {lower - 6:.1f}) '
        f'rotate(-90)" font-size="11" fill="{_SOFT}" stroke="#fff" stroke-width="3" paint-order="stroke">{words}'
        f"</text></g>"
    )


def _rise(span: int) -> int:
    return next((size for size in SIZES if size * 6 >= span), SIZES[-1])


def _signed(count: int) -> str:
    return f"\u2212{-count}" if count < 0 else str(count)


def _folded(sentence: str, most: int = 100) -> Iterator[str]:
    line = ""
    for word in sentence.split():
        if line and len(line) + 1 + len(word) > most:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line
