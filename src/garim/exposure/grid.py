"""The picture by which a person sees that the ground is right: metres drawn over the view without its people.

Laws: it shows nobody (see `empty`); one self-contained SVG of numbers and fixed words, so nothing of it needs
escaping; what is too unsure is dark, and carries no grid.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.exposure import contour
from garim.exposure.fit import Fit
from garim.exposure.ground import Ground
from garim.exposure.heights import Heights
from garim.pictures.jpeg import jpeg

F64 = NDArray[np.float64]

WIDTH = 1200.0  # as drawn
LONG_SIDE = 1280  # px of the view inside
ABOVE, BELOW = 58.0, 74.0
MOST_SD = 1.0  # m, beyond which nothing is counted
LEVELS = (0.05, 0.1, 0.2, 0.5, 1.0)  # m of standard deviation that get a line
STEPS = (0.25, 0.5, 1, 2, 5, 10, 20, 50)  # m between grid lines
MOST_LINES = 15  # in one direction
PARTS = 5  # of a step that get a faint line, where the ground is surest
SURE_SD = 0.15  # m
CELL = 8.0  # of the lattice on which the standard deviation is drawn
FINE = 24  # points of a grid line in each step
ENLARGED = 10  # how much longer than they are errors are drawn
PERSON_M = 1.75
FIGURES = ((0.06, 0.38), (0.16, 0.78), (0.24, 0.1), (0.42, 0.47), (0.55, 0.88), (0.72, 0.17), (0.86, 0.58))
"""Where figures stand: shares of the sure ground's height in the picture, and of its width."""


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class _Scene:
    """The ground as it is drawn: places are in the drawing's own units from the view's upper left."""

    ground: Ground

    @cached_property
    def scale(self) -> float:
        """Units a px."""
        return WIDTH / self.ground.size[0]

    @cached_property
    def high(self) -> float:
        return self.ground.size[1] * self.scale

    def at(self, metres: F64, height_m: float | F64 = 0.0) -> F64:
        return self.ground.pixels(metres, height_m) * self.scale

    def inside(self, places: F64) -> NDArray[np.bool_]:
        return np.asarray(((places >= 0) & (places <= [WIDTH, self.high])).all(axis=1))

    @cached_property
    def lattice(self) -> tuple[F64, F64, F64, F64]:
        """Columns, rows, metres f64[rows,columns,2] and standard deviations f64[rows,columns] of a lattice."""
        xs = np.linspace(0, WIDTH, round(WIDTH / CELL) + 1)
        ys = np.linspace(0, self.high, round(self.high / CELL) + 1)
        px = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2) / self.scale
        metres, sd = self.ground.metres(px)
        return xs, ys, metres.reshape(len(ys), len(xs), 2), sd.reshape(len(ys), len(xs))

    @cached_property
    def step(self) -> float:
        """Metres between two lines."""
        low, high = self.extent
        return next((step for step in STEPS if (high - low).max() / step <= MOST_LINES), STEPS[-1])

    @cached_property
    def extent(self) -> tuple[F64, F64]:
        """The least and the largest metres, of what is sure enough."""
        _, _, metres, sd = self.lattice
        sure = metres[sd <= MOST_SD]
        return (sure.min(axis=0), sure.max(axis=0)) if len(sure) else (np.zeros(2), np.zeros(2))

    def values(self, axis: int, step: float) -> F64:
        """Where lines stand on an axis, in metres."""
        low, high = self.extent
        return np.arange(np.ceil(low[axis] / step), np.floor(high[axis] / step) + 1) * step

    def runs(self, axis: int, value: float, most_sd: float) -> list[F64]:
        """The pieces of one grid line that are in the view and sure: f64[k,2] each, the longest first."""
        low, high = self.extent
        count = int((high - low)[1 - axis] / self.step * FINE) + 2
        metres = np.empty((count, 2))
        metres[:, axis] = value
        metres[:, 1 - axis] = np.linspace(low[1 - axis], high[1 - axis], count)
        places = self.at(metres)
        shown = self.inside(np.nan_to_num(places, nan=-1))
        shown &= self.ground.metres(np.where(shown[:, None], places, 0) / self.scale)[1] <= most_sd
        edges = np.flatnonzero(np.diff(np.concatenate([[0], shown.astype(np.int8), [0]])))
        pieces = [places[first:last] for first, last in edges.reshape(-1, 2) if last - first > 1]
        return sorted(pieces, key=lambda piece: -len(piece))


def picture(view: Image, ground: Ground, fit: Fit | None, heights: Heights) -> str:
    """SVG of the `view` (nobody in it) with metres on the `ground`; `fit` where there were points."""
    scene = _Scene(ground)
    total = ABOVE + scene.high + BELOW
    style = (files("garim.exposure") / "pages" / "ground.css").read_text("ascii")
    taken: list[_Box] = []
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {total:.0f}" role="img" '
        f'aria-label="A metre grid over the ground that a camera sees"><style>{style}</style>',
        f'<rect class="paper" width="{WIDTH:.0f}" height="{total:.0f}"/>',
        *_headline(ground, fit, heights),
        f'<svg x="0" y="{ABOVE:.0f}" width="{WIDTH:.0f}" height="{scene.high:.1f}">',
        f'<image width="{WIDTH:.0f}" height="{scene.high:.1f}" preserveAspectRatio="none" '
        f'href="data:image/jpeg;base64,{base64.b64encode(jpeg(view)).decode()}"/>',
        _dark(scene),
        *_points(scene, fit, taken),
        *_lines(scene, taken),
        *_levels(scene, taken),
        *_figures(scene),
        "</svg>",
        *_legend(scene, fit),
        "</svg>\n",
    ]
    return "".join(parts)


def reach(ground: Ground) -> tuple[tuple[float, float], ...]:
    """How surely a foot's place is known near, midway and far: metres away, and standard deviation m, of each.

    Down the middle of the picture, from its lower edge to where `MOST_SD` is reached; away from the camera's own foot,
    or from the lower edge where nobody knows where that is. Empty where all is less sure than that.
    """
    column = np.linspace(ground.size[1] - 1, 0, 200)
    px = np.column_stack([np.full(200, ground.size[0] / 2), column])
    metres, sd = ground.metres(px)
    sure = np.flatnonzero(sd <= MOST_SD)
    if not len(sure):
        return ()
    origin = metres[sure[0]] if ground.focal_px is None else ground.camera_m[:2]
    away = np.linalg.norm(metres - origin, axis=1)
    midway = sure[np.abs(away[sure] - (away[sure[0]] + away[sure[-1]]) / 2).argmin()]
    return tuple((float(away[i]), float(sd[i])) for i in (sure[0], midway, sure[-1]))


def _headline(ground: Ground, fit: Fit | None, heights: Heights) -> Iterator[str]:
    yield '<text class="title" x="16" y="25">Is this the ground?</text>'
    facts = []
    if fit:
        facts.append(f"{len(fit.points)} points, {ground.error_px:.1f} px off")
    if ground.focal_px is not None:
        facts.append(f"the camera hangs {ground.camera_height_m:.1f} m above it")
    if heights.median_m is not None:
        facts.append(f"people on it are {heights.median_m:.2f} m tall, the middle of {heights.people}")
    yield f'<text class="fact" x="16" y="46">{"; ".join(facts)}</text>'
    say = {"agree": "people agree", "disagree": "PEOPLE DO NOT AGREE", "unknown": "not checked by people"}
    yield f'<text class="title {heights.verdict}" x="{WIDTH - 16:.0f}" y="25" text-anchor="end">'
    yield f"{say[heights.verdict]}</text>"
    yield f'<text class="fact" x="{WIDTH - 16:.0f}" y="46" text-anchor="end">nobody is shown</text>'


def _dark(scene: _Scene) -> str:
    xs, ys, _, sd = scene.lattice
    polygons = contour.above(xs, ys, _log(sd), float(np.log(MOST_SD)))
    return f'<path class="dark" d="{"".join(_path(np.array(polygon)) + "Z" for polygon in polygons)}"/>'


def _lines(scene: _Scene, taken: list[_Box]) -> Iterator[str]:
    """The grid, and then its numbers, which lie over it."""
    labels: list[str] = []
    for axis, name in enumerate("xy"):
        fine = [_path(piece) for v in scene.values(axis, scene.step / PARTS) for piece in scene.runs(axis, v, SURE_SD)]
        yield f'<path class="line fine {name}" d="{"".join(fine)}"/>'
        drawn = []
        for value in scene.values(axis, scene.step).tolist():
            pieces = scene.runs(axis, value, MOST_SD)
            drawn += [_path(piece) for piece in pieces]
            if pieces:
                labels += _label(f"{name} {_told(value)}", f"number {name}", _ends(pieces[0]), scene, taken)
        yield f'<path class="under" d="{"".join(drawn)}"/><path class="line {name}" d="{"".join(drawn)}"/>'
    yield from labels


def _ends(piece: F64) -> list[tuple[float, float]]:
    """Where a line's number may stand: near its ends, the lower first, and then along it."""
    if piece[0, 1] < piece[-1, 1]:
        piece = piece[::-1]
    gone = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(piece, axis=0), axis=1))])
    if gone[-1] < 60:
        return []
    wanted = [26, 60, gone[-1] - 26, gone[-1] - 60, gone[-1] / 2]
    return [(float(np.interp(d, gone, piece[:, 0])), float(np.interp(d, gone, piece[:, 1]))) for d in wanted]


def _label(text: str, kind: str, places: Sequence[tuple[float, float]], scene: _Scene, taken: list[_Box]) -> list[str]:
    """`text` at the first of `places` that is free, and inside the view; nothing where none is."""
    half = 4.2 * len(text) + 4
    for x, y in places:
        box = _Box(x - half, y - 10, x + half, y + 10)
        free = box.left > 2 and box.right < WIDTH - 2 and box.top > 2 and box.bottom < scene.high - 2
        if free and not any(box.meets(other) for other in taken):
            taken.append(box)
            return [f'<text class="{kind}" x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle">{text}</text>']
    return []


def _levels(scene: _Scene, taken: list[_Box]) -> Iterator[str]:
    xs, ys, _, sd = scene.lattice
    for level in LEVELS:
        pieces = contour.lines(xs, ys, _log(sd), float(np.log(level)))
        if not pieces:
            continue
        yield f'<path class="level" d="{"".join(_path(np.array(piece)) for piece in pieces)}"/>'
        along = sorted((piece[0] for piece in pieces), key=lambda place: abs(place[0] - WIDTH * 0.62))
        yield from _label(f"\N{PLUS-MINUS SIGN} {level:g} m", "number level-name", along, scene, taken)


def _figures(scene: _Scene) -> Iterator[str]:
    """A few people of `PERSON_M`, as strokes with a head, where the ground is sure."""
    if scene.ground.focal_px is None:
        return
    xs, _, metres, sd = scene.lattice
    sure = np.flatnonzero((sd <= MOST_SD / 2).any(axis=1))
    for down, across in FIGURES if len(sure) else ():
        row, column = int(sure[0] + down * (sure[-1] - sure[0])), int(across * (len(xs) - 1))
        if sd[row, column] > MOST_SD / 2:
            continue
        (x, y), (x2, y2) = scene.at(np.tile(metres[row, column], (2, 1)), np.array([0, PERSON_M])).tolist()
        if not y2 < y or not scene.inside(np.array([[x, y], [x2, y2]])).all():
            continue
        head = (y - y2) * 0.07
        shape = f"M{x:.1f} {y:.1f}L{x2:.1f} {y2 + 2 * head:.1f}"
        ring = f'cx="{x2:.1f}" cy="{y2 + head:.1f}" r="{head:.1f}"'
        yield f'<path class="person under" d="{shape}"/><circle class="person under" {ring}/>'
        yield f'<path class="person" d="{shape}"/><circle class="person" {ring}/>'


def _points(scene: _Scene, fit: Fit | None, taken: list[_Box]) -> Iterator[str]:
    if fit is None:
        return
    places, errors = fit.points.px * scene.scale, fit.off_px * scene.scale * ENLARGED
    for (x, y), (dx, dy) in zip(places.tolist(), errors.tolist(), strict=True):
        taken.append(_Box(x - 8, y - 8, x + 8, y + 8))
        if np.hypot(dx, dy) > 5:
            yield f'<path class="error under" d="M{x:.1f} {y:.1f}l{dx:.1f} {dy:.1f}"/>'
            yield f'<path class="error" d="M{x:.1f} {y:.1f}l{dx:.1f} {dy:.1f}"/>'
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    for number, (x, y) in enumerate(places.tolist(), 1):
        around = [(x + 17, y - 10), (x - 17, y - 10), (x + 17, y + 12), (x - 17, y + 12), (x, y - 20)]
        yield from _label(str(number), "number", around, scene, taken)


def _legend(scene: _Scene, fit: Fit | None) -> Iterator[str]:
    y = ABOVE + scene.high + 27
    steps = f"{scene.step:g} m, fine {scene.step / PARTS:g} m"
    entries = [
        ('<path class="line x" d="M0 -7l30 4"/><path class="line y" d="M4 2l24 -12"/>', steps, 44),
        ('<path class="level" d="M0 -5h30"/>', "standard deviation of where a foot is", 38),
    ]
    if scene.ground.focal_px is not None:
        sign = '<path class="person" d="M8 2v-13"/><circle class="person" cx="8" cy="-14" r="3"/>'
        entries.append((sign, f"{PERSON_M} m tall", 24))
    if fit:
        sign = '<path class="error" d="M8 -5l22 -5"/><circle class="point" cx="8" cy="-5" r="5"/>'
        entries.append((sign, f"clicked, and its error times {ENLARGED}", 40))
    x = 16.0
    for sign, text, wide in entries:
        yield f'<g transform="translate({x:.0f} {y:.0f})">{sign}<text class="fact" x="{wide}" y="0">{text}</text></g>'
        x += wide + 7.3 * len(text) + 36
    said = f"Dark: a foot's place is more than {MOST_SD:g} m unsure. Grey: somebody, or what looks so, is always there."
    yield f'<text class="fact dim" x="16" y="{y + 27:.0f}">{said}</text>'


def _path(places: F64) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places.tolist())


def _log(sd: F64) -> F64:
    return np.log(np.clip(sd, 1e-6, 1e3))


def _told(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
