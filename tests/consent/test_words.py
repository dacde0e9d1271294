"""What the person concerned reads."""

from __future__ import annotations

import pytest
from tests.consent.papers import DAY, KNOWN, NOW, OFFICER, draft, given

from garim.consent import Data, Purpose, Record, Signer, in_words, withdraw


def said(record: Record) -> dict[str, str]:
    return dict(in_words(record, NOW))


def test_who_what_for_until_when_and_how_to_withdraw() -> None:
    told = said(given())
    assert told["you"].startswith("P-01")
    assert "your face stays visible" in told["what for"] and "nothing else" in told["what for"]
    assert told["who answers for it"] == "City of Examples"
    assert told["who works for them"] == "Cutters Ltd, Archive"
    assert told["from"] == "2026-10-23 12:00:00 UTC" and told["until"] == "2026-12-22 12:00:00 UTC"
    assert told["if you refuse"].startswith("nothing") and told["instead of it"] == "your face is covered"
    assert given().text_sha256 in told["what you were shown"]
    assert told["given"] == "2026-11-12 12:00:00 UTC, signed with your own key (P-01)"
    assert told["to withdraw"].endswith("records@city.example")
    assert "TEST" not in told


def test_whose_word_it_is_and_that_it_is_a_test() -> None:
    told = said(given(by=Signer.OFFICER, test=True, alternative=None, processors=()))
    assert "office, an officer who attests" in told["given"]
    assert "nobody agreed" in told["TEST"]
    assert "instead of it" not in told and told["who works for them"] == "nobody else"


@pytest.mark.parametrize(
    ("record", "stands"),
    [
        (draft(), "nobody has signed"),
        (given(valid_from=NOW + DAY), "before its time begins"),
        (given(), "holds now"),
        (given(valid_until=NOW - DAY), "its time has passed"),
        (withdraw(given(), OFFICER, by=Signer.OFFICER, at=NOW, known=KNOWN), "withdrawn, for good"),
    ],
)
def test_where_it_stands(record: Record, stands: str) -> None:
    assert stands in said(record)["where it stands"]
    assert ("withdrawn" in said(record)) == (len(record.events) == 2)


def test_all_that_is_used_is_named() -> None:
    told = said(draft(purpose=Purpose.GATE_VERIFY, data=(Data.DOCUMENT, Data.CAPTURE, Data.TEMPLATE)))
    assert told["what is used"].count(";") == 2 and "forgotten" in told["what is used"]
