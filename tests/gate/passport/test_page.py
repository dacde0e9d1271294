"""The page of an inspection: what it says, whom it names, and that nothing on it is a stranger's HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from garim.gate.passport.inspection import Inspection, facts
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Verdict
from garim.gate.passport.page import page
from garim.gate.passport.words import CODES, FILES, MARKS, VERDICTS, titled

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def inspection(*checks: Check) -> Inspection:
    return Inspection(at=AT, checks=checks, files=("SOD", "DG1"))


def one(outcome: Outcome, said: str = "said") -> Check:
    return Check(Code.CHAIN, outcome, None if outcome is Outcome.PASSED else Reason.UNKNOWN_ISSUER, said)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = _Reader()
    reader.feed(html)
    return reader.tags


@pytest.mark.parametrize("outcome", [Outcome.FLAGGED, Outcome.UNCHECKED, Outcome.FAILED])
def test_each_outcome_and_its_reason_can_be_read(outcome: Outcome) -> None:
    html = page(inspection(one(outcome, "Why it is so")), holder=False)
    assert "Why it is so" in html
    assert "unknown_issuer" in html
    assert f"</b>{outcome.value}</td>" in html
    assert VERDICTS[inspection(one(outcome)).verdict].word in html


def test_a_strangers_words_are_words() -> None:
    said = "<script>alert(1)</script> & \u202eevil\u0007 $said"
    html = page(inspection(one(Outcome.FAILED, said)), holder=False)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; \\u202eevil\\u0007 $said" in html


def test_it_loads_and_runs_nothing() -> None:
    html = page(inspection(one(Outcome.PASSED)), holder=True, png=b"picture")
    policy = next(said["content"] for tag, said in tags(html) if said.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not {"script", "link", "iframe", "form", "object"} & {tag for tag, _ in tags(html)}
    sources = [value for _, said in tags(html) for name, value in said.items() if name in ("src", "href")]
    assert all(value is not None and value.startswith("data:image/png;base64,") for value in sources)
    assert not re.search(r"url\(|@import", html)


def test_what_was_not_looked_at_stands_on_each_page() -> None:
    html = page(inspection(one(Outcome.PASSED)), holder=False)
    assert "the chip is a copy" in html
    assert "morph of two people" in html


def test_without_a_holder_there_is_no_picture() -> None:
    assert "<img" not in page(inspection(one(Outcome.PASSED)), holder=False, png=b"picture")


def test_there_is_a_word_for_everything() -> None:
    assert set(CODES) == set(Code)
    assert set(VERDICTS) == set(Verdict)
    assert set(MARKS) == set(Outcome)
    assert titled(Code.DG_HASH, "DG2") == f"DG2, {FILES['DG2']}"


def test_an_inspection_wants_a_zone() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Inspection(at=AT.replace(tzinfo=None), checks=())


def test_a_time_is_told_in_utc() -> None:
    told = facts(inspection(one(Outcome.PASSED)), holder=True)
    assert told["at"] == "2026-06-01T12:00:00Z"
    assert told["holder"] is None
