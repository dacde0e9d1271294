"""The store's tables say what was measured, and goals are met or not."""

from __future__ import annotations

from benchmarks import _store_tables as tables

PUT = tables.Written(hours=10, rows=300_000, fine_bytes=900_000, cpu_s=0.1, wall_s=0.2, pure_s=0.03)
OURS = tables.Read(tables.GARIM, 60, 2.0, 3.0, 4.0)
ASKED = [
    tables.Asked(f"{tables.LOOKED}, an hour", 12, 6.0, 7.0, 5.0, 6.5, (31, 4, 0)),
    tables.Asked(f"{tables.ANSWERED}, an hour", 12, 51.0, 60.0, 8.5, 9.5, None),
    tables.Asked("DuckDB, an hour", 12, 90.0, 91.0, 92.0, 93.0, (30, 4, 0)),
]
THEIRS = tables.Read("DuckDB", 60, 4.0, 6.0, 10.0)


def test_goals_met_or_not() -> None:
    rows = tables.goals(PUT, [THEIRS, OURS], ASKED).splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == ["3.0", "3.0", "2.0", "4.0", "6.0", "5.0", "51.0", "8.5"]
    assert [("**not met**" in row) for row in rows] == [True] + [False] * 5 + [True] * 2


def test_what_a_question_costs() -> None:
    told = tables.asked(ASKED)
    assert "looked at, an hour | 12 | 6.0 | 7.0 | 5.0 | 6.5 | 31, 4, 0 |" in told
    assert "ledger, an hour | 12 | 51.0 | 60.0 | 8.5 | 9.5 | in fives |" in told


def test_ratios_are_over_ours() -> None:
    assert "| DuckDB | 60 | 4.0 | 6.0 | 10.0 | 2.5 |" in tables.reads([OURS, THEIRS])


def test_rates() -> None:
    told = tables.written(PUT)
    assert "sealing | 10.0 million" in told
    assert "a row, in the file | 3.00" in told
    assert "| 90,000 |" in told
    aged = tables.aged(tables.Aged(10, 5_000, 40_000, 81_920, 0.1, 0.5, 20, 2.0))
    assert "second, wall | 20 |" in aged
    assert "on disk | 8,192 |" in aged
