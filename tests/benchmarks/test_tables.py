"""Medians, ratios and goals on planted runs: a goal is judged by the pair that it names, or not at all."""

from __future__ import annotations

import pytest
from benchmarks._tables import ALL, FFMPEG, GOALS, KEYS, Goal, Row, Run, goals, row, speed


def _row(tool: str, cpu_ms: float, *, clip: str = "720p", peak_mb: float = 100) -> Row:
    return Row(clip, "medium crf 25", tool, 3, cpu_ms, cpu_ms / 2, peak_mb, 1.0, 300)


def test_a_row_is_the_median_of_its_runs_and_the_fewest_frames() -> None:
    runs = [Run(3.0, 1.5, 100, 2.0, 300), Run(9.0, 9.0, 500, 2.0, 299), Run(6.0, 3.0, 200, 2.0, 300)]
    made = row("720p", "medium crf 25", KEYS, 300, runs)
    assert made.cpu_ms == pytest.approx(20)
    assert made.wall_ms == pytest.approx(10)
    assert (made.runs, made.peak_mb, made.frames) == (3, 200, 299)


def test_ratios_are_garims_share_on_the_same_clip() -> None:
    table = speed([_row(FFMPEG, 40), _row(KEYS, 60), _row(ALL, 80), _row("deface 1.5.0", 480)])
    cells = {line.split(" | ")[2]: line.rstrip(" |").split(" | ")[-2:] for line in table.splitlines()[2:]}
    assert cells[FFMPEG] == ["1.50", "2.00"]
    assert cells["deface 1.5.0"] == ["0.12", "0.17"]
    assert cells[KEYS] == ["-", "1.33"]


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "verdict"),
    [
        (Goal(3, KEYS, FFMPEG, "CPU", 1.5), _row(KEYS, 60), _row(FFMPEG, 40), "met"),
        (Goal(3, KEYS, FFMPEG, "CPU", 1.5), _row(KEYS, 61), _row(FFMPEG, 40), "**not met**"),
        (Goal(3, ALL, "deface", "CPU", 1 / 6), _row(ALL, 75), _row("deface 1.5.0", 480), "met"),
        (Goal(3, ALL, "deface", "CPU", 1 / 6), _row(ALL, 81), _row("deface 1.5.0", 480), "**not met**"),
        (Goal(10, ALL, FFMPEG, "memory", 150), _row(ALL, 1, peak_mb=251), _row(FFMPEG, 1), "**not met**"),
        (Goal(3, KEYS, FFMPEG, "CPU", 1.5), _row(KEYS, 60), _row(FFMPEG, 40, clip="1080p"), "not measured"),
    ],
)
def test_a_goal_is_met_or_not_or_not_measured(goal: Goal, ours: Row, theirs: Row, verdict: str) -> None:
    (line,) = goals([theirs, ours], [goal]).splitlines()[2:]
    assert line.endswith(f"| {verdict} |")


def test_every_goal_is_told_even_where_nothing_ran() -> None:
    assert goals([]).count("not measured") == len(GOALS)
