"""From planted figures to the table's words: medians, ratios the right way round, goals met or not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks._ledger_tables import GARIM, GOALS, Goal, Run, appends, goals, proofs, row, verified

RUN = Run(
    append_per_s=150_000,
    append_peak_mb=60,
    single_per_s=400,
    single_p95_ms=4,
    apparent_bytes=334_000_000,
    disk_bytes=336_000_000,
    first_ms=3,
    median_ms=1.5,
    p95_ms=2,
    prove_peak_mb=50,
    verify_s=12,
    verify_cpu_s=11,
    verify_peak_mb=70,
)
THEIRS = replace(RUN, append_per_s=50_000, single_per_s=800, median_ms=6, verify_s=0)
MILLION = 10**6


def cells(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_each_figure_is_its_own_median() -> None:
    odd = replace(RUN, append_per_s=1, single_per_s=9_999)
    high = replace(RUN, append_per_s=200_000, single_per_s=300)
    found = row(MILLION, GARIM, [odd, high, RUN])
    assert (found.runs, found.figures.append_per_s, found.figures.single_per_s) == (3, 150_000, 400)


def test_ratios_say_how_many_times_better_garim_is() -> None:
    rows = [row(MILLION, GARIM, [RUN]), row(MILLION, "pymerkle-sqlite", [THEIRS])]
    ours, theirs = cells(appends(rows))
    assert (ours[4], theirs[3], theirs[4]) == ("-", "50,000", "3.00")
    assert (theirs[5], theirs[7]) == ("800", "0.50")
    assert cells(proofs(rows))[1][6] == "4.00"


def test_no_ratio_across_sizes() -> None:
    rows = [row(MILLION, GARIM, [RUN]), row(10 * MILLION, "pymerkle-sqlite", [THEIRS])]
    assert cells(appends(rows))[1][4] == "-"


def test_bytes_are_of_one_entry_and_none_in_memory() -> None:
    nothing = replace(THEIRS, apparent_bytes=0, disk_bytes=0)
    rows = [row(MILLION, GARIM, [RUN]), row(MILLION, "pymerkle-memory", [nothing])]
    assert [line[8:10] for line in cells(appends(rows))] == [["334.0", "336.0"], ["-", "-"]]


def test_only_what_was_verified_is_in_that_table() -> None:
    rows = [row(MILLION, GARIM, [RUN]), row(MILLION, "pymerkle-sqlite", [THEIRS])]
    assert cells(verified(rows)) == [["1,000,000", "1", "12.0", "11.0", "70"]]


@pytest.mark.parametrize(
    ("goal", "change", "verdict"),
    [
        (GOALS[0], {"append_per_s": 100_000}, "met"),
        (GOALS[0], {"append_per_s": 99_999}, "**not met**"),
        (GOALS[1], {"single_per_s": 299}, "**not met**"),
        (GOALS[2], {"verify_s": 20.1}, "**not met**"),
        (GOALS[2], {"verify_s": 0}, "not measured"),
        (GOALS[4], {"disk_bytes": 340_000_000}, "met"),
        (GOALS[4], {"disk_bytes": 341_000_000}, "**not met**"),
    ],
)
def test_a_goal_is_met_or_not_or_not_measured(goal: Goal, change: dict[str, float], verdict: str) -> None:
    (line,) = cells(goals([row(MILLION, GARIM, [replace(RUN, **change)])], [goal]))
    assert line[-1] == verdict


def test_a_goal_wants_a_log_that_is_large_enough() -> None:
    small = row(100_000, GARIM, [RUN])
    assert [line[-1] for line in cells(goals([small], [GOALS[2], GOALS[3]]))] == ["not measured", "not measured"]
    large = row(10 * MILLION, GARIM, [replace(RUN, p95_ms=6)])
    assert cells(goals([small, large], [GOALS[3]])) == [[GOALS[3].words, "10,000,000", "6.0 ms", "**not met**"]]
