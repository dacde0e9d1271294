"""Both sides are given the same entries, such as garim logs, and do with them what is timed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import mean

import pytest
from benchmarks._ledger_work import ENTRY_BYTES, entries
from benchmarks._spent import spent

from garim.ledger.entry import KINDS, kind_of
from garim.ledger.log import Log

WORK = Path(__file__).parents[2] / "benchmarks" / "_ledger_work.py"


def test_entries_are_of_known_kinds_and_of_that_size() -> None:
    made = entries(0, 600)
    assert {kind_of(entry) for entry in made} <= set(KINDS)
    assert mean(map(len, made)) == ENTRY_BYTES
    assert len(set(made)) == 600
    assert made[300:] == entries(300, 300)


@pytest.mark.parametrize("batch", [600, 256, 7])
def test_what_is_appended_is_there_however_it_came(tmp_path: Path, batch: int) -> None:
    done = spent([sys.executable, "-P", WORK, "garim", tmp_path, f"append:600:{batch}", "single:3", "prove:5"])
    assert done.code == 0, done.said
    appended, singly, proved = json.loads(done.said)
    assert (appended["count"], singly["count"], proved["count"], proved["size"]) == (600, 3, 5, 603)
    with Log(tmp_path / "log") as log:
        assert log.tree.size == 603
