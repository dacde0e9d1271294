"""Pictures of a case: SVG of glyphs, made from what is told and from nothing else. Pure.

Laws: nobody but the patient is drawn as one person. A line of somebody's distance over time would be theirs alone,
however thick; so each 5 minutes show only how near five people or more came, and nothing where it was fewer. No
clock time stands there but the patient's own. Texts are numbers, ids of a closed alphabet and fixed words, so nothing
needs escaping.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from garim.exposure.answer import LEAST_FOLLOWED, Answer, State, Stay, share
from garim.exposure.case import Case, Point
from garim.exposure.encounters import WITHIN_M
from garim.exposure.suppress import BIN_S, FLOOR, MASKS, RINGS_M, THRESHOLDS_S, words

_WIDE, _HEAD, _ROW = 760, 208, 268  # px
_PLAN, _PLOT = (40, 40, 190), (330, 40, 390, 168)  # px: left, top, side; left, top, width, height
_LEAST_M = 8.0  # of a plan's side
_GLYPH_M = 0.5
_MAP_PX = 640
_SIDE_PX = 56  # half of what is written at an end of the picture's edge
_LINES, _COLUMN = 35, 150  # of the list beside a map
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.h{font-weight:600;font-size:15px}.s{fill:#52606d}"
    ".r{text-anchor:end}.m{text-anchor:middle}.g{stroke:#d9dee4;stroke-width:1}.a{stroke:#52606d;stroke-width:1}"
    ".c{fill:none;stroke:#b44d12;stroke-width:1.5}.p{fill:#b44d12}.o{fill:#2f6690}.f{fill:#2f6690}"
    ".n{fill:#f2f4f6}"
    ".w{fill:#fff;font-size:11px}.e{stroke:#52606d;stroke-width:2;stroke-dasharray:6 4}.t{fill:#b42318;font-weight:700}"
)


def picture(answer: Answer, case: Case) -> str:
    """The table, and of each visit a plan about the patient's own points, and how near five people came over time."""
    rows = [*_head(answer)]
    for number, (stay, visit) in enumerate(zip(answer.stays, case.visits, strict=True)):
        inside = [*_title(stay), *_plan(visit.points), *_near(stay)]
        rows.append(f'<g transform="translate(0 {_HEAD + number * _ROW})">{"".join(inside)}</g>')
    return _svg(_WIDE, _HEAD + len(answer.stays) * _ROW, "How many people were near the patient", rows)


def moment(xy: NDArray[np.float64], camera: str, clock: str, foot_m: NDArray[np.float64] | None = None) -> str:
    """Where people stood at one moment, as glyphs on a grid of metres: f64[n,2] m, snapped to half a metre.

    `foot_m` f64[2,2] is where the lower left and right corners of the camera's picture are. A glyph's number is its
    place on this map, from the top left, and means nothing elsewhere.
    """
    spots = np.unique(snapped(xy), axis=0)
    spots = spots[np.lexsort((spots[:, 0], -spots[:, 1]))]
    low, side = _square(spots if foot_m is None else np.vstack([spots, foot_m]), margin=2.0)
    scale = _MAP_PX / side
    rows = [f'<text class="h" x="46" y="24">camera {camera}, {clock} UTC</text>', '<g transform="translate(46 44)">']
    rows.extend(_grid(low, side, scale, labels=True))
    if foot_m is not None:
        rows.extend(_foot(low, scale, foot_m))
    for number, (x, y) in enumerate(spots, 1):
        px, py = (x - low[0]) * scale, _MAP_PX - (y - low[1]) * scale
        rows.append(f'<circle class="o" cx="{px:.1f}" cy="{py:.1f}" r="9"/>')
        rows.append(f'<text class="w m" x="{px:.1f}" y="{py + 4:.1f}">{number}</text>')
        column, row = divmod(number - 1, _LINES)
        left, top = _MAP_PX + 20 + _COLUMN * column, 12 + row * 18
        rows.append(f'<text x="{left}" y="{top}">{number}: x_m {x:g}, y_m {y:g}</text>')
    rows.append("</g>")
    rows.extend(_below(clock, foot_m is not None))
    wide = _MAP_PX + 66 + _COLUMN * max(1, math.ceil(len(spots) / _LINES))
    return _svg(wide, _MAP_PX + 150, f"Camera {camera} at one moment", rows)


def _below(clock: str, foot: bool) -> Iterator[str]:
    """What a map means, and what to do with it."""
    yield f'<text class="s m" x="{46 + _MAP_PX / 2}" y="{_MAP_PX + 82}">metres on the ground</text>'
    at = f"{clock.replace(' ', 'T')}Z"
    said = [
        "Each glyph is somebody, to half a metre. Find your own; where two may be one, choose another moment.",
        f'Into the draft, with its own x_m and y_m: {{"at": "{at}", "x_m": 0, "y_m": 0}}',
    ]
    for number, line in enumerate(said):
        yield f'<text x="46" y="{_MAP_PX + 106 + 20 * number}">{line}</text>'
    if foot:
        yield f'<path class="e" d="M{_MAP_PX + 66} {_MAP_PX + 102}h30"/>'
        yield f'<text class="s" x="{_MAP_PX + 66}" y="{_MAP_PX + 120}">lower edge of</text>'
        yield f'<text class="s" x="{_MAP_PX + 66}" y="{_MAP_PX + 136}">the camera\'s picture</text>'


def _foot(low: NDArray[np.float64], scale: float, foot_m: NDArray[np.float64]) -> Iterator[str]:
    """The lower edge of the camera's picture, which tells left from right."""
    (x1, y1), (x2, y2) = ((x, _MAP_PX - y) for x, y in (foot_m - low) * [scale, scale])
    yield f'<path class="e" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
    for x, y, word in ((x1, y1, "left"), (x2, y2, "right")):
        inwards = min(max(x, _SIDE_PX), _MAP_PX - _SIDE_PX)  # off the figures of the axes
        yield f'<text class="s m" x="{inwards:.1f}" y="{min(y + 16, _MAP_PX - 6):.1f}">{word} of the picture</text>'


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
    columns = [190 + 112 * n for n in range(len(MASKS) + 1)]
    for x, name in zip(columns, ["people", *(f"mask {mask.name.lower()}" for mask in MASKS)], strict=True):
        yield f'<text class="s" x="{x}" y="58">{name}</text>'
    for column, seconds in enumerate(THRESHOLDS_S):
        y = 82 + 22 * column
        yield f'<text class="s" x="40" y="{y}">{_minutes(seconds)}</text>'
        cells = [words(answer.table.everybody[column]), *(words(row[column]) for row in answer.table.by_mask)]
        for x, cell in zip(columns, cells, strict=True):
            yield f'<text x="{x}" y="{y}">{cell}</text>'
    said = f"Counted while the patient was seen: {share(answer.followed)} of the time that was asked for."
    yield f'<text{_warned(answer.followed)} x="40" y="152">{said}</text>'
    said = "At least so many, who were there at once. 0 to 4 may be none; others may have come before or after."
    yield f'<text class="s" x="40" y="172">{said}</text>'


def _title(stay: Stay) -> Iterator[str]:
    clock = f"{stay.start:%Y-%m-%d %H:%M:%S} to {stay.end:%H:%M:%S} UTC"
    found = f"{stay.state.value}; {stay.watched} % watched"
    yield f'<text x="40" y="8"><tspan font-weight="600">{stay.camera}</tspan>  {clock}</text>'
    yield f'<text x="40" y="26">{found}{"; known to 5 m only" if stay.coarse else ""}</text>'
    if stay.state is State.FOUND:
        seen = f"patient seen in {share(stay.followed)} of the visit"
        yield f'<text{_warned(stay.followed)} x="720" y="26" text-anchor="end">{seen}</text>'


def _warned(followed: int) -> str:
    return "" if followed >= LEAST_FOLLOWED else ' class="t"'


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
    """A row a ring, and in it each 5 minutes in which five people came into that ring."""
    left, top, wide, high = _PLOT
    yield f'<g transform="translate({left} {top})"><rect class="n" width="{wide}" height="{high}"/>'
    row = high / len(RINGS_M)
    of_ring = {ring: high - row * (place + 1) for place, ring in enumerate(RINGS_M)}
    seconds = (stay.end - stay.start).total_seconds()
    for number, ring in enumerate(stay.crowd):
        if ring is not None:
            x, stop = (BIN_S * n / seconds * wide for n in (number, number + 1))
            yield f'<rect class="f" x="{x:.1f}" y="0" width="{stop - x:.1f}" height="{of_ring[ring] + row:.1f}"/>'
    for ring, y in of_ring.items():
        yield f'<path class="g" d="M0 {y:.1f}H{wide}"/>'
        yield f'<text class="s r" x="-6" y="{y + row / 2 + 4:.1f}">within {ring} m</text>'
    yield f'<path class="a" d="M0 {high}H{wide}"/>'
    if not any(stay.crowd):
        found = stay.state is State.FOUND
        said = f"never {FLOOR} at once" if found else f"{stay.state.value}: nothing was counted"
        yield f'<text class="m" x="{wide / 2}" y="{high / 2}">{said}</text>'
    yield f'<text x="0" y="{high + 16}">{stay.start:%H:%M:%S}</text>'
    yield f'<text class="r" x="{wide}" y="{high + 16}">{stay.end:%H:%M:%S}</text>'
    said = f"blue: {FLOOR} people or more at once, in these 5 minutes"
    yield f'<text class="s" x="0" y="{high + 36}">{said}</text></g>'


def _square(xy: NDArray[np.float64], *, margin: float) -> tuple[NDArray[np.float64], float]:
    """The low corner and the side of a square of whole metres about `xy`."""
    if not len(xy):
        return np.array([-_LEAST_M / 2] * 2), _LEAST_M
    side = max(_LEAST_M, float(math.ceil(np.ptp(xy, axis=0).max() + 2 * margin)))
    return np.floor((xy.min(0) + xy.max(0) - side) / 2), side + 1


def _grid(low: NDArray[np.float64], side: float, scale: float, *, labels: bool) -> Iterator[str]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if side / step <= 24 or step == 100)
    whole = side * scale
    for axis, start in enumerate(low):
        for metres in range(-int(-start // step) * step, int(start + side) + 1, step):
            at = (metres - start) * scale
            line, x, y = (
                (f"M{at:.1f} 0V{whole:.1f}", at, whole + 18)
                if axis == 0
                else (f"M0 {whole - at:.1f}H{whole:.1f}", -6, whole - at + 4)
            )
            yield f'<path class="g" d="{line}"/>'
            if labels:
                yield f'<text class="s {"mr"[axis]}" x="{x:.1f}" y="{y:.1f}">{metres}</text>'


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minute{'s' * (seconds > 60)} or more"


def _svg(wide: int, high: int, label: str, rows: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    back = f'<style>{_STYLE}</style><rect width="{wide}" height="{high}" fill="#fff"/>'
    return f'{head} role="img" aria-label="{label}">{back}{"".join(rows)}</svg>\n'
