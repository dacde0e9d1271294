"""Who accepted what, on planted answers: what is wrong stands out, what was not asked is not made up."""

from __future__ import annotations

import pytest
from benchmarks._passport_tables import Answer, Figure, cases, figures, summary


def _answer(case: str, reader: str, *, genuine: bool, accepted: bool, said: str = "no") -> Answer:
    group = "genuine" if genuine else "attacks"
    return Answer(group, case, genuine, reader, accepted, "accepted" if accepted else said)


ANSWERS = [
    _answer("P-256", "ours", genuine=True, accepted=True),
    _answer("P-224", "ours", genuine=True, accepted=True),
    _answer("SHA-1", "ours", genuine=False, accepted=False, said="flagged: weak_hash"),
    _answer("P-256", "theirs", genuine=True, accepted=True),
    _answer("P-224", "theirs", genuine=True, accepted=False, said="no such\n curve | sorry"),
    _answer("SHA-1", "theirs", genuine=False, accepted=True),
]


def _cells(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_the_summary_counts_what_each_accepted_of_what() -> None:
    assert _cells(summary(ANSWERS)) == [["genuine", "2", "2", "2", "1"], ["attacks", "1", "0", "0", "1"]]


def test_a_wrong_answer_stands_out_and_a_missing_one_is_a_dash() -> None:
    rows = {row[1]: row[2:] for row in _cells(cases(ANSWERS[:5]))}
    assert rows["P-256"] == ["accepted", "accepted"]
    assert rows["P-224"] == ["accepted", "**no such curve / sorry**"]
    assert rows["SHA-1"] == ["flagged: weak_hash", "-"]
    assert "**accepted**" in cases(ANSWERS)


@pytest.mark.parametrize(("value", "met"), [(29.9, "met"), (30.0, "met"), (30.1, "**not met**")])
def test_a_figure_is_held_to_its_bound(value: float, met: str) -> None:
    assert _cells(figures([Figure("CPU", value, "ms", 30)])) == [["CPU", f"{value:.1f} ms", "30 ms", met]]


def test_a_figure_without_a_bound_is_not_judged() -> None:
    assert _cells(figures([Figure("wall", 1234.5, "ms")])) == [["wall", "1,234.5 ms", "-", "-"]]
