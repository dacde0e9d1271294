"""The two pictures of an evaluation, as PNG and as SVG: what is traded for what, and how similarities are spread.

Laws: they show what the report's curve says and no more; a rate of 0 is drawn where it could still be, at the upper end
of its interval, and marked as such. Drawn without a display, and the same each time. The only importer of matplotlib.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from garim.gate.evaluate.intervals import clopper_pearson
from garim.gate.evaluate.results import Evaluation
from garim.recognise.counts import Point

_INK, _SOFT, _GRID, _MATED, _NON_MATED, _BAND = "#14171a", "#4a535b", "#d5dade", "#0b6e4f", "#b3541e", "#5d9aa1"
_STYLE: Any = {  # matplotlib types its keys one by one
    "svg.hashsalt": "garim",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.0,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _INK,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in two codings."""

    png: bytes
    svg: bytes


def det(done: Evaluation) -> Picture:
    """Detection error trade-off (ISO/IEC 19795-1): FNMR over FMR, each with its exact 95 % interval."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7, 5), layout="constrained")
        axes = figure.add_subplot()
        points = [point for point in done.curve if 0 < point.false_matches < done.non_mated]
        x = [point.false_matches / done.non_mated for point in points]
        y = [_shown(point, done) for point in points]
        ends = [clopper_pearson(point.false_non_matches, done.mated) for point in points]
        axes.fill_between(
            x, [max(low, 1e-9) for low, _ in ends], [high for _, high in ends], color=_BAND, alpha=0.25, lw=0
        )
        seen = [bool(point.false_non_matches) for point in points]
        none = [not each for each in seen]
        axes.plot(*_those(x, y, seen), "o-", color=_INK, lw=1.2, ms=4, label="errors were seen")
        axes.plot(
            *_those(x, y, none), "v", ls=":", lw=1, ms=5, mfc="white", color=_SOFT,
            label="no false non-match seen: no rate, but the upper end of its interval (two-sided, 95 %)",
        )  # fmt: skip
        for target in done.targets:
            axes.axvline(target.target, color=_GRID, lw=1, zorder=0)
        axes.set(xscale="log", yscale="log", xlabel="false match rate (FMR)", ylabel="false non-match rate (FNMR)")
        low = min([low for low, _ in ends if low > 0] + [*y, 1 / max(1, done.mated)])
        axes.set_xlim(min(1e-4, *x) / 1.5 if x else 1e-4, 1)
        axes.set_ylim(low / 2, 1)
        axes.set_title(_title("Detection error trade-off", done), loc="left", fontsize=11)
        axes.grid(color=_GRID, lw=0.5)
        if points:
            figure.legend(frameon=False, loc="outside lower center", ncols=1, fontsize=9)
        return _drawn(figure)


def scores(done: Evaluation) -> Picture:
    """How the similarities are spread, in bins of five comparisons at least, divided at each threshold that is told."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        steps = list(itertools.pairwise(_divided(done)))
        edges = [steps[0][0].threshold, *(b.threshold for _, b in steps)]
        mated = [b.false_non_matches - a.false_non_matches for a, b in steps]
        non_mated = [a.false_matches - b.false_matches for a, b in steps]
        widths = [b.threshold - a.threshold for a, b in steps]
        for counts, of_all, colour, word in (
            (non_mated, done.non_mated, _NON_MATED, "non-mated"),
            (mated, done.mated, _MATED, "mated"),
        ):
            density = [count / of_all / width for count, width in zip(counts, widths, strict=True)]
            label = f"{word} ({of_all:,})"
            axes.stairs(density, edges, fill=True, color=colour, alpha=0.35)
            axes.stairs(density, edges, color=colour, lw=1, label=label)
        axes.axvline(
            done.in_use.threshold, color=_INK, lw=1, ls="--", label=f"the gate's threshold {done.in_use.threshold:g}"
        )
        axes.set(
            xlabel="similarity, in bins of five comparisons at least, divided at each threshold that is told",
            ylabel="share of comparisons by unit of similarity",
        )
        axes.set_xlim(*_reach(done.curve))
        axes.set_title(_title("Similarities", done), loc="left", fontsize=11)
        figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=9)
        return _drawn(figure)


def _title(of: str, done: Evaluation) -> str:
    return f"{of}: {done.matcher}, {done.compared:,} people{', TEST' if done.test else ''}"


def _those(x: Sequence[float], y: Sequence[float], which: Sequence[bool]) -> tuple[list[float], list[float]]:
    return list(itertools.compress(x, which)), list(itertools.compress(y, which))


def _shown(point: Point, done: Evaluation) -> float:
    """The rate of false non-matches; where there was none, what it is below."""
    if point.false_non_matches:
        return point.false_non_matches / done.mated
    return clopper_pearson(0, done.mated)[1]


def _divided(done: Evaluation) -> list[Point]:
    """The curve, and what the report says at each threshold: else one bar would lie across it."""
    told = [done.in_use, *(target.errors for target in done.targets if target.errors is not None)]
    points = {round(point.threshold, 3): point for point in done.curve}
    for at in told:
        points[round(at.threshold, 3)] = Point(at.threshold, at.false_non_matches.errors, at.false_matches.errors)
    return [points[threshold] for threshold in sorted(points)]


def _reach(curve: Sequence[Point]) -> tuple[float, float]:
    """From where to where anything is: the first and the last bin may be far too wide."""
    return curve[1].threshold - 0.1, min(1.0, curve[-2].threshold + 0.1)


def _drawn(figure: Figure) -> Picture:
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(png.getvalue(), svg.getvalue())
