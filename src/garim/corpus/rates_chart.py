"""Error rates by group as a picture: SVG, an interval a group, on a scale of powers of ten. Pure.

Law: where no error was seen there is no dot, only the interval down to the edge: it is not a rate of nought.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from garim.corpus.document import Safe
from garim.corpus.rates import OfGroup, Rate, Rates, shown

_INK, _SOFT, _GRID, _FNMR, _FMR = "#14171a", "#4a535b", "#d5dade", "#0b6e4f", "#b3541e"
_WIDE, _ROW, _LEFT, _PANEL, _BETWEEN = 780, 22, 130, 280, 55


def chart(rates: Rates) -> Safe:
    """FNMR to the left, FMR within the group to the right, a row a group."""
    panels = (("False non-match rate", _FNMR, 0), ("False match rate within the group", _FMR, 1))
    rows = [f'<text x="8" y="20" font-size="15" font-weight="600" fill="{_INK}">Error rates by group</text>']
    every = [OfGroup("all", "everybody", rates.fnmr, rates.fmr), *rates.groups]
    places = list(_places(every))
    high = (places[-1][0] if places else 60) + 62
    for title, colour, which in panels:
        left = _LEFT + which * (_PANEL + _BETWEEN)
        of = [(group.fnmr, group.fmr)[which] for group in every]
        low = _lowest(of)
        rows.append(f'<text x="{left}" y="44" fill="{_SOFT}">{title}</text>')
        for power in range(low, 1):
            x = left + _PANEL * (power - low) / -low
            rows.append(f'<path d="M{x:.1f} 52V{high - 46}" stroke="{_GRID}"/>')
            if power % _step(low) == 0:
                word = shown(10.0**power)
                rows.append(f'<text x="{x:.1f}" y="{high - 30}" text-anchor="middle" fill="{_SOFT}">{word}</text>')
        for (y, _), rate in zip(places, of, strict=True):
            rows += _interval(rate, left, y, low, colour)
    for (y, heading), group in zip(places, every, strict=True):
        if heading:
            rows.append(f'<text x="8" y="{y - 17}" fill="{_SOFT}" font-size="11">by {escape(group.way)}</text>')
        rows.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end" fill="{_INK}">{escape(group.group)}</text>')
    said = "Dot: errors seen, with the exact 95 % interval. No dot: no error seen, the rate is below the upper end"
    rows.append(f'<text x="8" y="{high - 8}" fill="{_SOFT}">{said}</text>')
    return Safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}" '
        f'role="img" aria-label="Error rates by group" '
        f'font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif" font-size="12">'
        f'<rect width="{_WIDE}" height="{high}" fill="#fff"/>{"".join(rows)}</svg>\n'
    )


def _places(groups: Sequence[OfGroup]) -> Iterator[tuple[int, bool]]:
    """How far down each stands, and whether a heading stands over it."""
    y = 66
    for way, members in groupby(groups, lambda group: group.way):
        y += 0 if way == "all" else 20
        for number, _ in enumerate(members):
            yield y, way != "all" and not number
            y += _ROW


def _lowest(rates: Sequence[Rate]) -> int:
    """The power of ten at the left edge: an interval may go on beyond it."""
    seen = [rate.errors / rate.comparisons / 3 if rate.errors else rate.high / 10 for rate in rates if rate.comparisons]
    return max(-7, min(-1, math.floor(math.log10(max(min(seen, default=0.1), 1e-7)))))


def _step(low: int) -> int:
    return 1 if low >= -5 else 2


def _interval(rate: Rate, left: float, y: float, low: int, colour: str) -> Iterator[str]:
    def x(share: float) -> float:
        return left + _PANEL * (max(math.log10(max(share, 1e-9)), low) - low) / -low

    if not rate.comparisons:
        yield f'<text x="{left}" y="{y + 4}" fill="{_SOFT}">nothing compared</text>'
        return
    start, end = x(rate.low), x(rate.high)
    faint = "" if rate.errors else ' stroke-opacity=".55" stroke-dasharray="3 3"'
    yield f'<path d="M{start:.1f} {y}H{end:.1f}M{end:.1f} {y - 4}v8" stroke="{colour}" stroke-width="2"{faint}/>'
    if rate.errors:
        yield f'<circle cx="{x(rate.errors / rate.comparisons):.1f}" cy="{y}" r="4" fill="{colour}"/>'
