"""A receipt opens its entry, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from garim.cli.report_logged import refuse_other_report
from garim.core.errors import Disproved, Malformed
from garim.ledger import KINDS, Entry, Log, commitment, key, now, record
from garim.ledger.receipt import Receipt

COUNTS = {"exempt": 0, "frames": 300, "kept": 0, "regions": 26, "residual": 0, "rounds": 1}
FACTS: dict[str, str | int] = {name: COUNTS[name] for name in KINDS["redact.published"] if name in COUNTS}
FACTS |= {"check": "all", "style": "fill"}
OPENED = {"input": "1" * 64, "output": "2" * 64}
REPORT: dict[str, Any] = {
    "frames": 300,
    "input": {"sha256": "1" * 64},
    "output": {"sha256": "2" * 64},
    "destroyed": {"regions": 26, "rounds": 1},
    "settings": {"check": "all", "style": "fill"},
    "check": {"residual": 0},
}


@pytest.fixture
def receipt(tmp_path: Path) -> Receipt:
    secret = key()
    with Log.create(tmp_path / "log", "log.example/one") as log:
        hidden = {fact: commitment(secret, fact, value.encode()) for fact, value in OPENED.items()}
        return Receipt(record(log, Entry("redact.published", now(), {**FACTS, **hidden})), secret, OPENED)


def test_it_reads_back(receipt: Receipt) -> None:
    assert Receipt.read(receipt.plain()) == receipt
    receipt.refuse_false()


@pytest.mark.parametrize("opened", [{"input": "2" * 64}, {"frames": "1" * 64}, {"nothing": "1" * 64}])
def test_what_the_entry_does_not_commit_to_is_refused(receipt: Receipt, opened: dict[str, str]) -> None:
    with pytest.raises(Disproved, match="is not the one that the receipt names"):
        Receipt(receipt.proof, receipt.key, opened).refuse_false()


@pytest.mark.parametrize(
    "change",
    [{"opened": {}}, {"opened": {"input": "evil\n 7. All is well"}}, {"key": "zz"}, {"proof": 7}, {"proof": "x"}],
)
def test_what_is_no_receipt_is_refused(receipt: Receipt, change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Receipt.read(receipt.plain() | change)
    with pytest.raises(Malformed):
        Receipt.read({})


def test_a_report_says_what_its_entry_says(receipt: Receipt) -> None:
    refuse_other_report(REPORT, receipt)
    refuse_other_report(REPORT | {"check": {"residual": None}}, receipt)


@pytest.mark.parametrize(
    "change",
    [
        {"frames": 1},
        {"frames": "LIES"},
        {"input": {"sha256": "3" * 64}},
        {"destroyed": {"regions": 25, "rounds": 1}},
        {"settings": {"check": "all", "style": "blur"}},
        {"check": {"residual": 4}},
        {"settings": None},
    ],
)
def test_a_report_that_says_something_else_is_found_out(receipt: Receipt, change: dict[str, Any]) -> None:
    with pytest.raises(Disproved, match="the report says"):
        refuse_other_report(REPORT | change, receipt)
