"""What a gate's run prints, on planted figures: what was not measured is no number."""

from __future__ import annotations

from benchmarks._gate_sums import Errors, Rate
from benchmarks._gate_tables import Decision, Matcher, decisions, matchers


def _cells(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]


def _decision(answer: str, child_ms: float, child_mb: float = 210.0) -> Decision:
    return Decision(answer, 10.0, child_ms, 400.0, 50.0, child_mb)


def test_only_who_was_compared_is_measured_and_the_others_are_counted() -> None:
    made = [_decision("match", 280), _decision("jump", 5), _decision("match", 300, 240), _decision("match", 270)]
    told = decisions("two moves", made)
    assert told.startswith("two moves: 3 of 4 travellers were answered match, 1 jump.")
    rows = {row[0]: row[1:] for row in _cells(told)}
    assert rows["CPU, parent and child, median"] == ["290.0 ms", "300 ms", "met"]
    assert rows["CPU, parent and child, the most"] == ["310.0 ms", "300 ms", "**not met**"]
    assert rows["of it the parent's, median"] == ["10.0 ms", "-", "-"]
    assert rows["peak memory of the child, the most"] == ["240.0 MB", "250 MB", "met"]
    assert rows["and with the parent's"] == ["290.0 MB", "250 MB", "**not met**"]


def test_where_nobody_was_compared_nothing_is_measured() -> None:
    told = decisions("two moves", [_decision("jump", 5)])
    assert told == "two moves: 0 of 1 travellers were answered match, 1 jump. Nothing of it is measured."


def test_a_matcher_that_does_not_run_has_no_number_and_says_why() -> None:
    errors = Errors(0.4, Rate(1, 102, 0.0002, 0.0534), Rate(10, 10302, 0.0005, 0.0018))
    ran = Matcher("ours", 102, Rate(0, 204, 0.0, 0.018), errors, 99.6, 300.4)
    told = matchers([ran, Matcher("theirs", note="does not run: no weights")])
    ours, theirs = _cells(told)
    assert ours == [
        *("ours", "102", "0 of 204", "10 of 10,302: 0.10% (0.05% to 0.18%)"),
        *("1 of 102: 0.98% (0.02% to 5.34%)", "100", "300"),
    ]
    assert theirs == ["theirs", *["-"] * 6]
    assert told.endswith("\n\ntheirs: does not run: no weights.")
