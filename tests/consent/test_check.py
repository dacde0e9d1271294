"""The proof: it holds, or the error says why not, each reason its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.consent.papers import DAY, KNOWN, NOW, OFFICER, PERSON, STRANGER, draft, given, never

from garim.consent import (
    Altered,
    Consent,
    Expired,
    ForTests,
    Known,
    NoConsent,
    NotYet,
    OtherParty,
    OtherPurpose,
    Purpose,
    Record,
    Signer,
    UnknownKey,
    Unsigned,
    Withdrawn,
    give,
    public_of,
    valid,
    withdraw,
)

SECOND = timedelta(seconds=1)
GIVEN = given()
OVER = withdraw(GIVEN, PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)


def proven(record: Record, **more: Any) -> Consent:
    asked: dict[str, Any] = {"purpose": Purpose.REDACT_KEEP, "at": NOW, "known": KNOWN, "withdrawn": never}
    return valid(record, **asked | more)


@pytest.mark.parametrize("by", Signer)
def test_a_consent_that_holds_is_given_back(by: Signer) -> None:
    record = given(by=by)
    consent = proven(record, controller="City of Examples", processor="Archive")
    assert consent == Consent(
        record_id=record.record_id,
        pseudonym="P-01",
        purpose=Purpose.REDACT_KEEP,
        data=record.data,
        controller="City of Examples",
        processors=("Cutters Ltd", "Archive"),
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        text_sha256=record.text_sha256,
        signer=by,
        commitment=record.commitment,
        test=False,
    )


REFUSED: dict[str, tuple[Record, dict[str, Any], type[NoConsent], str]] = {
    "a draft": (draft(), {}, Unsigned, "nobody has signed"),
    "altered": (replace(GIVEN, valid_until=NOW + 31 * DAY), {}, Altered, "altered afterwards"),
    "no key is known": (GIVEN, {"known": Known()}, UnknownKey, "not known as subject"),
    "the key is another person's": (
        GIVEN,
        {"known": Known(frozenset(), frozenset({(public_of(PERSON), "P-02")}))},
        UnknownKey,
        "subject P-01",
    ),
    "a subject's key in an officer's role": (
        give(draft(), PERSON, by=Signer.OFFICER, at=NOW),
        {},
        UnknownKey,
        "not known as officer",
    ),
    "an officer's key in the subject's role": (
        give(draft(), OFFICER, by=Signer.SUBJECT, at=NOW),
        {},
        UnknownKey,
        "not known as subject",
    ),
    "a stranger's": (give(draft(), STRANGER, by=Signer.SUBJECT, at=NOW), {}, UnknownKey, "nobody"),
    "a test": (given(test=True), {}, ForTests, "made for tests"),
    "withdrawn": (OVER, {}, Withdrawn, "stays so"),
    "withdrawn later than it is now": (OVER, {"at": NOW - 5 * DAY}, Withdrawn, "2026-11-22T12:00:00Z"),
    "withdrawn on the ledger": (GIVEN, {"withdrawn": lambda it: it == GIVEN.commitment}, Withdrawn, "ledger"),
    "another purpose": (GIVEN, {"purpose": Purpose.CORPUS_TRAIN}, OtherPurpose, "redact.keep, and not for corpus"),
    "another controller": (GIVEN, {"controller": "City of Example"}, OtherParty, "and not to City of Example"),
    "another processor": (GIVEN, {"processor": "Archives"}, OtherParty, "Cutters Ltd, Archive as processor"),
    "no processor": (given(processors=()), {"processor": "Archive"}, OtherParty, "names nobody"),
    "a second early": (GIVEN, {"at": NOW - 10 * DAY - SECOND}, NotYet, "from 2026-11-12T12:00:00Z on"),
    "not begun": (given(valid_from=NOW + DAY), {}, NotYet, "from 2026-11-23T12:00:00Z on"),
    "a second late": (GIVEN, {"at": GIVEN.valid_until + SECOND}, Expired, "until 2026-12-22T12:00:00Z"),
    "signed when it was over": (
        give(draft(valid_until=NOW - 20 * DAY), PERSON, by=Signer.SUBJECT, at=NOW - DAY),
        {},
        Expired,
        "Ask the person again",
    ),
}


@pytest.mark.parametrize(("record", "more", "error", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_each_refusal_has_its_own_name(record: Record, more: dict[str, Any], error: type[NoConsent], says: str) -> None:
    with pytest.raises(NoConsent, match=says) as refused:
        proven(record, **more)
    assert type(refused.value) is error
    assert refused.value.exit_code == 1
    assert "\n" not in str(refused.value)


def test_every_error_is_tried() -> None:
    assert {error for _, _, error, _ in REFUSED.values()} == set(NoConsent.__subclasses__())


def test_the_first_and_the_last_second_belong_to_it() -> None:
    record = given(valid_from=NOW)
    for at in (record.valid_from, record.valid_until):
        assert proven(record, at=at).record_id == record.record_id


def test_the_controller_may_work_on_its_own_data() -> None:
    assert proven(given(processors=()), processor="City of Examples").processors == ()


def test_a_test_record_holds_where_one_is_asked_for_and_only_that_is_waived() -> None:
    assert proven(given(test=True), allow_test=True).test
    with pytest.raises(Expired):
        proven(given(test=True), allow_test=True, at=NOW + 31 * DAY)
    with pytest.raises(Altered):
        proven(replace(given(test=True), test=False))


def test_the_ledger_is_asked_for_this_record_and_no_other() -> None:
    asked: list[bytes] = []

    def ledger(commitment: bytes) -> bool:
        asked.append(commitment)
        return False

    proven(GIVEN, withdrawn=ledger)
    assert asked == [GIVEN.commitment]


def test_a_ledger_that_cannot_answer_proves_nothing() -> None:
    def torn(commitment: bytes) -> bool:
        raise OSError("no such ledger")

    with pytest.raises(OSError, match="no such ledger"):
        proven(GIVEN, withdrawn=torn)


def test_a_withdrawal_by_a_stranger_in_a_copy_is_not_taken_for_a_consent() -> None:
    strangers = Known(frozenset({public_of(STRANGER)}), KNOWN.subjects)
    copy = withdraw(GIVEN, STRANGER, by=Signer.OFFICER, at=NOW, known=strangers)
    with pytest.raises(UnknownKey):
        proven(copy)
    with pytest.raises(Withdrawn):
        proven(copy, known=strangers)
