"""HOW COST GROWS -> A TABLE AND WHAT FOLLOWS FROM IT. Pure; Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from benchmarks._tables import table

ROOM_MB = 150.0  # issue 10: peak memory at most ffmpeg's and so much


class Series(Enum):
    """What grows."""

    SIZE = "size"
    FACES = "faces"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of one side on one film: CPU and wall in ms a frame, peak memory."""

    cpu_ms: float
    wall_ms: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Point:
    """One film: `x` in megapixels, faces a frame or seconds, as its series has it; both sides on it."""

    series: Series
    x: float
    film: str
    faces: float
    frames: int
    garim: Cost
    ffmpeg: Cost

    @property
    def nobody(self) -> bool:
        """Nothing to destroy: the groups of pictures are copied."""
        return self.faces == 0


def measured(points: Sequence[Point]) -> str:
    """Every figure of both sides, a row a film."""
    both = ("Garim", "ffmpeg")
    head = ("grows", "film", "faces/frame", "frames", *(f"{name}: CPU ms/frame" for name in both), "Garim / ffmpeg")
    more = (*(f"{name}: wall ms/frame" for name in both), *(f"{name}: peak MB" for name in both), "above ffmpeg")
    return table((*head, *more), [_line(point) for point in points], right=2)


def _line(point: Point) -> tuple[str, ...]:
    ours, theirs = point.garim, point.ffmpeg
    return (
        *(point.series.value, point.film, f"{point.faces:.1f}", f"{point.frames}"),
        *(f"{ours.cpu_ms:.1f}", f"{theirs.cpu_ms:.1f}", f"{ours.cpu_ms / theirs.cpu_ms:.2f}"),
        *(f"{ours.wall_ms:.1f}", f"{theirs.wall_ms:.1f}"),
        *(f"{ours.peak_mb:.0f}", f"{theirs.peak_mb:.0f}", f"{ours.peak_mb - theirs.peak_mb:+.0f} MB"),
    )


def follows(points: Sequence[Point]) -> str:
    """What one more of each costs, by least squares, and whether the goals for memory are met."""
    lines = [*_slopes(points), *_memory(points)]
    return table(("figure", "Garim", "ffmpeg", "met"), lines, right=1) if lines else ""


def _slopes(points: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    for series, unit in ((Series.SIZE, "megapixel"), (Series.FACES, "face in the frame")):
        # without anybody the film is copied: another kind of work, and no point of this line
        of = [point for point in points if point.series is series and not point.nobody]
        if len(of) > 1:
            x = [point.x for point in of]
            ours, theirs = (_slope(x, [side.cpu_ms for side in sides]) for sides in _sides(of))
            yield f"one more {unit}: CPU ms/frame", f"{ours:+.1f}", f"{theirs:+.1f}", "-"


def _memory(points: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    if points:
        most = max(points, key=lambda point: point.garim.peak_mb - point.ffmpeg.peak_mb)
        above = most.garim.peak_mb - most.ffmpeg.peak_mb
        told = f"peak MB, farthest above ffmpeg ({most.film}); at most {ROOM_MB:.0f} above"
        met = "met" if above <= ROOM_MB else "**not met**"
        yield told, f"{most.garim.peak_mb:.0f}", f"{most.ffmpeg.peak_mb:.0f}", met
    for nobody in (False, True):
        of = sorted((p for p in points if p.series is Series.LENGTH and p.nobody is nobody), key=lambda p: p.x)
        if len(of) > 1:
            ours, theirs = (sides[-1].peak_mb - sides[0].peak_mb for sides in _sides(of))
            yield f"peak MB, {of[-1].film}, above that of {of[0].film}", f"{ours:+.0f}", f"{theirs:+.0f}", "-"


def _sides(points: Sequence[Point]) -> tuple[list[Cost], list[Cost]]:
    return [point.garim for point in points], [point.ffmpeg for point in points]


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    return float(np.polyfit(x, y, 1)[0])
