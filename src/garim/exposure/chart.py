"""Pictures of a case: SVG of glyphs, made from what is told and from nothing else. Pure.

Laws: nobody but the patient is drawn as one person. A line of somebody's distance over time would be theirs alone,
however thick; so each 5 minutes show only how near five people or more came, and nothing where it was fewer. No
clock time stands there but the patient's own. Texts are numbers, ids of a closed alphabet and fixed words, so nothing
needs escaping.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from garim.exposure.answer import Answer, State, Stay
from garim.exposure.case import Case, Point
from garim.exposure.encounters import WITHIN_M
from garim.exposure.suppress import BIN_S, FLOOR, MASKS, RINGS_M, THRESHOLDS_S, words, words_of_sum

_WIDE, _HEAD, _ROW = 760, 176, 268  # px
_PLAN, _PLOT = (40, 40, 190), (330, 40, 390, 168)  # px: left, top, side; left, top, width, height
_LEAST_M = 8.0  # of a plan's side
_GLYPH_M = 0.5
_MAP_PX = 640
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.h{font-weight:600;font-size:15px}.s{fill:#52606d}"
    ".r{text-anchor:end}.m{text-anchor:middle}.g{stroke:#d9dee4;stroke-width:1}.a{stroke:#52606d;stroke-width:1}"
    ".c{fill:none;stroke:#b44d12;stroke-width:1.5}.p{fill:#b44d12}.o{fill:#2f6690}.f{fill:#2f6690}"
    ".n{fill:#f2f4f6}.t{fill:#b42318;font-weight:700}"
)


def picture(answer: Answer, case: Case) -> str:
    """The table, and of each visit a plan about the patient's own points, and how near five people came over time."""
    rows = [*_head(answer)]
    for number, (stay, visit) in enumerate(zip(answer.stays, case.visits, strict=True)):
        inside = [*_title(stay), *_plan(visit.points), *_near(stay)]
        rows.append(f'<g transform="translate(0 {_HEAD + number * _ROW})">{"".join(inside)}</g>')
    return _svg(_WIDE, _HEAD + len(answer.stays) * _ROW, "How many people were near the patient", rows)


def moment(xy: NDArray[np.float64], camera: str, clock: str) -> str:
    """Where people stood at one moment, as glyphs on a grid of metres: f64[n,2] m, snapped to half a metre."""
    spots = np.unique(snapped(xy), axis=0)
    low, side = _square(spots, margin=2.0)
    scale = _MAP_PX / side
    rows = [f'<text class="h" x="46" y="24">camera {camera}, {clock} UTC: who was where</text>']
    rows.append('<g transform="translate(46 44)">')
    rows.extend(_grid(low, side, scale, labels=True))
    for x, y in spots:
        px, py = (x - low[0]) * scale, _MAP_PX - (y - low[1]) * scale
        rows.append(f'<circle class="o" cx="{px:.1f}" cy="{py:.1f}" r="7"/>')
        rows.append(f'<text class="m" x="{px:.1f}" y="{py - 11:.1f}">{_metres(x)}, {_metres(y)}</text>')
    rows.append("</g>")
    foot = "x_m, y_m in metres, to half a metre. Find your own glyph; where two are one, choose another moment."
    rows.append(f'<text class="s" x="46" y="{_MAP_PX + 92}">{foot}</text>')
    return _svg(_MAP_PX + 92, _MAP_PX + 110, f"Camera {camera} at one moment", rows)


def snapped(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """`xy` to half a metre: what a map shows, and as near as a patient must come."""
    return np.asarray(np.round(xy / _GLYPH_M) * _GLYPH_M + 0.0)  # no -0


def _head(answer: Answer) -> Iterator[str]:
    yield f'<text class="h" x="40" y="28">People within {WITHIN_M:g} m of the patient</text>'
    if answer.test:
        yield '<text class="t" x="720" y="28" text-anchor="end">TEST</text>'
    if answer.table is None:
        yield '<text x="40" y="60">No count: the patient was found in no visit. That is not the same as nobody.</text>'
        return
    columns = [160 + 116 * n for n in range(len(MASKS) + 1)]
    for x, name in zip(columns, ["all", *(f"mask {mask.name.lower()}" for mask in MASKS)], strict=True):
        yield f'<text class="s" x="{x}" y="58">{name}</text>'
    for column, seconds in enumerate(THRESHOLDS_S):
        y = 82 + 22 * column
        yield f'<text class="s" x="40" y="{y}">for {_minutes(seconds)}</text>'
        cells = [words_of_sum(answer.table.everybody[column]), *(words(row[column]) for row in answer.table.by_mask)]
        for x, cell in zip(columns, cells, strict=True):
            yield f'<text x="{x}" y="{y}">{cell}</text>'


def _title(stay: Stay) -> Iterator[str]:
    clock = f"{stay.start:%Y-%m-%d %H:%M} to {stay.end:%H:%M} UTC"
    found = f"{stay.state.value}; watched {stay.watched} %, patient seen {stay.followed} %"
    yield f'<text x="40" y="8"><tspan font-weight="600">{stay.camera}</tspan>  {clock}</text>'
    yield f'<text class="s" x="40" y="26">{found}{"; known to 5 m only" if stay.coarse else ""}</text>'


def _plan(points: Sequence[Point]) -> Iterator[str]:
    """The patient's own points, each in its circle."""
    left, top, side_px = _PLAN
    own = np.array([(point.x_m, point.y_m) for point in points])
    low, side = _square(own, margin=2 * WITHIN_M)
    scale = side_px / side
    yield f'<g transform="translate({left} {top})">'
    yield from _grid(low, side, scale, labels=False)
    for x, y in own:
        px, py = (x - low[0]) * scale, side_px - (y - low[1]) * scale
        yield f'<circle class="c" cx="{px:.1f}" cy="{py:.1f}" r="{WITHIN_M * scale:.1f}"/>'
        yield f'<circle class="p" cx="{px:.1f}" cy="{py:.1f}" r="4"/>'
    yield f'<text class="s" x="0" y="{side_px + 16}">the patient, and {WITHIN_M:g} m about; a line a metre</text></g>'


def _near(stay: Stay) -> Iterator[str]:
    """A step for each 5 minutes: from where five people were, outwards."""
    left, top, wide, high = _PLOT
    yield f'<g transform="translate({left} {top})"><rect class="n" width="{wide}" height="{high}"/>'
    of_ring = {ring: high - high * (place + 1) / len(RINGS_M) for place, ring in enumerate(RINGS_M)}
    seconds = (stay.end - stay.start).total_seconds()
    for number, ring in enumerate(stay.crowd):
        if ring is not None:
            x, stop = (min(seconds, BIN_S * n) / seconds * wide for n in (number, number + 1))
            floor = of_ring[ring] + high / len(RINGS_M)
            yield f'<rect class="f" x="{x:.1f}" y="0" width="{stop - x:.1f}" height="{floor:.1f}"/>'
    for ring, y in of_ring.items():
        yield f'<path class="g" d="M0 {y:.1f}H{wide}"/><text class="s r" x="-6" y="{y + 4:.1f}">{ring} m</text>'
    yield f'<path class="a" d="M0 {high}H{wide}"/>'
    if stay.state is not State.FOUND:
        yield f'<text class="m" x="{wide / 2}" y="{high / 2}">{stay.state.value}: nothing was counted</text>'
    yield f'<text x="0" y="{high + 16}">{stay.start:%H:%M}</text>'
    yield f'<text class="r" x="{wide}" y="{high + 16}">{stay.end:%H:%M}</text>'
    yield f'<text class="s" x="0" y="{high + 36}">blue: {FLOOR} people or more came within this, in '
    yield f"{timedelta(seconds=BIN_S).seconds // 60} minutes. Fewer are not drawn.</text></g>"


def _square(xy: NDArray[np.float64], *, margin: float) -> tuple[NDArray[np.float64], float]:
    """The low corner and the side of a square of whole metres about `xy`."""
    if not len(xy):
        return np.array([-_LEAST_M / 2] * 2), _LEAST_M
    side = max(_LEAST_M, float(math.ceil(np.ptp(xy, axis=0).max() + 2 * margin)))
    return np.floor((xy.min(0) + xy.max(0) - side) / 2), side + 1


def _grid(low: NDArray[np.float64], side: float, scale: float, *, labels: bool) -> Iterator[str]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if side / step <= 24 or step == 100)
    whole = side * scale
    for number in range(0, int(side) + 1, step):
        at = number * scale
        yield f'<path class="g" d="M{at:.1f} 0V{whole:.1f}M0 {whole - at:.1f}H{whole:.1f}"/>'
        if labels:
            yield f'<text class="s m" x="{at:.1f}" y="{whole + 18:.1f}">{_metres(low[0] + number)}</text>'
            yield f'<text class="s r" x="-6" y="{whole - at + 4:.1f}">{_metres(low[1] + number)}</text>'


def _metres(value: float) -> str:
    return f"{value:g}"


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minute{'s' * (seconds > 60)} or more"


def _svg(wide: int, high: int, label: str, rows: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    back = f'<style>{_STYLE}</style><rect width="{wide}" height="{high}" fill="#fff"/>'
    return f'{head} role="img" aria-label="{label}">{back}{"".join(rows)}</svg>\n'
