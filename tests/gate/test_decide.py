"""The table: each line of it, what it must never do, and the words that go with it."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.gate import words
from garim.gate.answer import Answered
from garim.gate.decide import (
    TABLE,
    Alike,
    Captured,
    Decision,
    Evidence,
    Flag,
    Passive,
    Person,
    Portrayed,
    Quality,
    Reason,
    Verdict,
    decide,
)
from garim.gate.passport.outcomes import Code, Outcome
from garim.gate.passport.outcomes import Verdict as Document
from garim.ledger.entry import KINDS

STEPS: dict[str, type[StrEnum]] = {
    "document": Document,
    "portrait": Portrayed,
    "capture": Captured,
    "turns": Answered,
    "quality": Quality,
    "person": Person,
    "alike": Alike,
}
GOOD = Evidence(
    Document.PROVEN,
    Portrayed.ONE_FACE,
    Captured.READ,
    Answered.ANSWERED,
    Quality.FIT,
    Person.ONE,
    Alike.YES,
    Passive.LIVE,
)
evidence = st.builds(
    Evidence,
    **{step: st.none() | st.sampled_from(kind) for step, kind in STEPS.items()},
    passive=st.none() | st.sampled_from(Passive),
)


def decided(found: Evidence) -> Decision:
    return decide(found, threshold=0.5)


def test_the_table_has_each_step_and_each_word_of_it() -> None:
    assert [field.name for field in fields(Evidence)] == [*TABLE, "passive"]
    assert {step: set(table) for step, table in TABLE.items()} == {step: set(kind) for step, kind in STEPS.items()}
    assert all(list(table.values()).count(None) == 1 for table in TABLE.values())
    told = {found[1] for table in TABLE.values() for found in table.values() if found}
    assert told == set(Reason) - {Reason.STOPPED}


def test_all_that_holds_is_a_match() -> None:
    assert decided(GOOD) == Decision(Verdict.MATCH, 0.5)
    assert not decided(GOOD).to_a_person


@given(evidence)
def test_nothing_but_all_that_holds_is_a_match(found: Evidence) -> None:
    whole = replace(found, passive=Passive.LIVE) == GOOD
    assert (decided(found).verdict is Verdict.MATCH) == whole
    assert decided(found).to_a_person != whole


@pytest.mark.parametrize(("step", "kind"), STEPS.items())
def test_each_line_makes_its_verdict_alone(step: str, kind: type[StrEnum]) -> None:
    for value in kind:
        found = TABLE[step][value]
        changed: dict[str, Any] = {step: value}
        got = decided(replace(GOOD, **changed))
        assert (got.verdict, got.reason) == (found or (Verdict.MATCH, None))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_was_not_reached_never_holds(step: str) -> None:
    missing: dict[str, Any] = {step: None}
    assert decided(replace(GOOD, **missing)) == Decision(Verdict.UNFIT, 0.5, (Reason.STOPPED,))


@given(evidence)
def test_the_first_step_that_fails_makes_the_verdict(found: Evidence) -> None:
    failing = [
        line
        for step in STEPS
        if (value := getattr(found, step)) is not None and (line := TABLE[step][value]) is not None
    ]
    if failing:
        assert decided(found).verdict is failing[0][0]
        assert decided(found).reasons == tuple(reason for _, reason in failing)


@given(evidence)
def test_the_passive_model_decides_nothing(found: Evidence) -> None:
    answers = [decided(replace(found, passive=each)) for each in (None, *Passive)]
    assert len({(each.verdict, each.reasons) for each in answers}) == 1
    assert [Flag.PASSIVE in each.flags for each in answers] == [each is Passive.DOUBTFUL for each in (None, *Passive)]


def test_a_revocation_list_that_was_not_asked_is_said() -> None:
    assert decide(GOOD, threshold=0.5, flags=[Flag.NO_REVOCATION_LIST]).flags == (Flag.NO_REVOCATION_LIST,)


def test_a_decision_without_its_reason_is_none() -> None:
    with pytest.raises(ValueError, match="reasons"):
        Decision(Verdict.NO_MATCH, 0.5)
    with pytest.raises(ValueError, match="reasons"):
        Decision(Verdict.MATCH, 0.5, (Reason.UNLIKE,))


def test_each_word_has_its_sentence_and_names_the_other_lane() -> None:
    assert set(words.REASONS) == set(Reason) and set(words.VERDICTS) == set(Verdict) and set(words.FLAGS) == set(Flag)
    for reason in (None, *Reason):
        for verdict in Verdict:
            told = words.told(verdict, reason)
            assert told[-1] is words.LANE
            assert (words.GOES_ON in told) == (reason is not None)


def test_no_word_accuses_anybody() -> None:
    said = " ".join((*words.REASONS.values(), *words.VERDICTS.values(), words.LANE, words.GOES_ON)).lower()
    assert not [word for word in ("attack", "fraud", "fake", "impostor", "suspect", "spoof") if word in said]


def test_the_log_has_room_for_each_word_and_for_no_other() -> None:
    row = KINDS["gate.session"]

    def enum(fact: str) -> set[str]:
        return set(row[fact].schema["enum"])

    assert enum("decision") == set(Verdict)
    assert enum("reason") == {*Reason, "none"}
    assert enum("turns") == {*Answered, "none"}
    assert enum("quality") == {*Quality, "none"}
    assert enum("person") == {*Person, "none"}
    assert enum("passive") == {*Passive, "none"}
    assert {fact for fact in row if fact.startswith("check_")} == {f"check_{code}" for code in Code}
    assert all(enum(f"check_{code}") == {*Outcome, "none"} for code in Code)
