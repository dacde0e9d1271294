"""The store's tables say what was measured, and goals are met or not."""

from __future__ import annotations

from benchmarks import _store_tables as tables

PUT = tables.Written(hours=10, rows=300_000, fine_bytes=900_000, cpu_s=0.1, wall_s=0.2, pure_s=0.03)
OURS = tables.Read(tables.GARIM, 60, 2.0, 3.0, 4.0)
THEIRS = tables.Read("DuckDB", 60, 4.0, 6.0, 10.0)


def test_goals_met_or_not() -> None:
    rows = tables.goals(PUT, [THEIRS, OURS]).splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == ["3.0", "3.0", "2.0", "4.0"]
    assert [("**not met**" in row) for row in rows] == [True, False, False, False]


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
