"""A gate's report is what its log says, counted; nothing more. Real ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from garim.core.errors import Disproved, Misuse
from garim.gate.report import Report, facts, report
from garim.gate.report_page import page
from garim.ledger import KINDS, Entry, Log, commitment, record

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
A_COMMITMENT = commitment(bytes(32), "session", b"42")


def session(decision: str = "match", reason: str = "none", at: datetime = AT, **more: str | int) -> Entry:
    facts: dict[str, str | int] = {
        name: "passed" if name.startswith("check_") else "none" for name in KINDS["gate.session"]
    }
    facts |= {"capture": A_COMMITMENT, "consent": A_COMMITMENT, "content": A_COMMITMENT, "session": A_COMMITMENT}
    facts |= {"decision": decision, "reason": reason, "matcher": "omz-0095", "threshold_thousandths": 550}
    facts |= {"test": "no", "untimed": "no", "revocation": "checked"}
    return Entry("gate.session", at, facts | more)


def measured(**more: str | int) -> Entry:
    facts: dict[str, str | int] = {
        "false_matches": 3,
        "false_non_matches": 1,
        "left_out": "fewer than 5",
        "mated": 100,
        "non_mated": 9900,
        "photos": 200,
        "subjects": 100,
        "threshold_thousandths": 550,
        "unacquired": 4,
        "matcher": "omz-0095",
        "test": "no",
        "report": A_COMMITMENT,
        "set": A_COMMITMENT,
    }
    return Entry("gate.evaluated", AT, facts | more)


SESSIONS = (
    session(),
    session(at=AT + timedelta(days=1)),
    session("no_match", "unlike", AT + timedelta(days=1), quality="fit"),
    session("document", "document_flagged", AT + timedelta(days=2), check_revocation="flagged"),
    session("match", at=AT + timedelta(days=2), test="yes", quality="unfit"),
)
CHALLENGES = tuple(
    Entry("gate.challenge", AT, {"moves": 3, "seconds": 60, "session": mark})
    for mark in (A_COMMITMENT, *(commitment(bytes(32), "session", bytes([i])) for i in range(3)))
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "ledger", "example.org/gate") as log:
        for entry in (*CHALLENGES, *SESSIONS, measured(), measured(test="yes")):
            record(log, entry)
        yield log


def test_it_counts_what_stands_there(log: Log) -> None:
    done = report(log.path)
    assert (done.sessions, done.manual.errors, done.manual.comparisons) == (4, 2, 4)
    assert done.decisions == {"match": 2, "document": 1, "no_match": 1}
    assert (done.issued, done.unused) == (4, 3)
    assert done.tests == {"match": 1}  # and nowhere else
    assert done.reasons == {"document_flagged": 1, "unlike": 1}
    assert done.checks["revocation"] == {"passed": 3, "flagged": 1}
    assert done.checks["chain"] == {"passed": 4}
    assert done.parts["quality"] == {"none": 3, "fit": 1}
    assert done.days == {
        "2026-11-20": {"match": 1},
        "2026-11-21": {"match": 1, "no_match": 1},
        "2026-11-22": {"document": 1},
    }
    assert done.thresholds == {"omz-0095 0.55": 4}
    first, second = done.measured
    assert (first.test, second.test, first.threshold) == (False, True, 0.55)
    assert (first.false_matches.errors, first.false_matches.comparisons) == (3, 9900)
    assert (first.false_non_matches.share, first.acquire.share) == (0.01, 0.02)


def test_since_a_day(log: Log) -> None:
    done = report(log.path, since=datetime(2026, 11, 21, tzinfo=UTC))
    assert (done.sessions, list(done.days), done.measured) == (3, ["2026-11-21", "2026-11-22"], ())


def test_the_manual_share_has_its_interval(log: Log) -> None:
    told = facts(report(log.path))["to_a_person"]
    assert told == {
        "errors": 2,
        "of": 4,
        "rate": 0.5,
        "low": pytest.approx(0.0676, abs=1e-4),
        "high": pytest.approx(0.9324, abs=1e-4),
    }


def test_every_kind_of_outcome_has_its_column(log: Log) -> None:
    shown = page(report(log.path), at=AT)
    fields = KINDS["gate.session"]
    for name in ("decision", "check_chain"):
        for word in fields[name].schema["enum"]:
            assert f'<th scope="col">{word.replace("_", " ")}</th>' in shown
    for text in (
        "2 of 4",
        "document flagged",
        "2026-11-22",
        "3 of 9,900",
        "TEST",
        "3 of them never used",
        "1 of TEST not counted",
        "default-src 'none'",
    ):
        assert text in shown
    assert "hmac" not in shown and "<script" not in shown


def test_a_log_that_says_nothing(tmp_path: Path) -> None:
    with Log.create(tmp_path / "ledger", "example.org/gate"):
        done = report(tmp_path / "ledger")
    assert (done.sessions, done.manual.share, done.measured) == (0, None, ())
    assert "no session" in page(done, at=AT) and "Nothing was measured" in page(done, at=AT)
    with pytest.raises(Misuse, match="is no ledger"):
        report(tmp_path / "nowhere")


def test_one_changed_byte_and_nothing_is_said(log: Log) -> None:
    bundle = log.path / "tile" / "entries" / "000.p" / "11"
    octets = bundle.read_bytes()
    bundle.chmod(0o644)
    bundle.write_bytes(octets.replace(b'"decision":"no_match"', b'"decision":"document"'))
    with pytest.raises(Disproved, match="not those that were signed"):
        report(log.path)


def test_nothing_of_it_is_of_a_person() -> None:
    assert not {"pseudonym", "name", "document", "face"} & set(Report.__dataclass_fields__)
