"""The table: what it allows, and that nothing leads out of withdrawn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.consent.papers import DAY, KNOWN, NOW, OFFICER, PERSON, draft

from garim.consent import Act, Signer, State, give, standing, withdraw
from garim.consent.states import NEXT, after, step
from garim.core.errors import Misuse

acts = st.lists(st.sampled_from(Act))


@given(acts, acts)
def test_no_path_leads_out_of_withdrawn(before: list[Act], later: list[Act]) -> None:
    if after(before) is State.WITHDRAWN:
        assert after([*before, *later]) is State.WITHDRAWN
    assert all(state is not State.WITHDRAWN for state, _ in NEXT)


@given(acts)
def test_what_was_never_signed_allows_nothing(some: list[Act]) -> None:
    assert after(act for act in some if act is not Act.SIGN) is State.DRAFTED


def test_each_state_is_reached() -> None:
    assert {after(way) for way in ([], [Act.SIGN], [Act.SIGN, Act.BEGIN])} == {
        State.DRAFTED,
        State.NOT_YET,
        State.GIVEN,
    }
    assert after([Act.SIGN, Act.BEGIN, Act.EXPIRE]) is State.EXPIRED
    for way in ([], [Act.BEGIN], [Act.BEGIN, Act.EXPIRE]):
        assert after([Act.SIGN, *way, Act.WITHDRAW]) is State.WITHDRAWN


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_a_step_is_a_line_of_the_table_or_refused(state: State, act: Act) -> None:
    if (state, act) in NEXT:
        assert step(state, act) is NEXT[state, act]
    else:
        with pytest.raises(ValueError, match=f"{state} takes no {act}"):
            step(state, act)


days = st.integers(-100, 100)


@settings(deadline=None)
@given(days, days, days, st.one_of(st.none(), days))
def test_a_record_stands_where_its_days_say(signed: int, start: int, at: int, withdrawn: int | None) -> None:
    """Given from the later of `from` and the signature, until `until`; withdrawn at any time once it was."""
    record = draft(valid_from=NOW + start * DAY, valid_until=NOW + (start + 30) * DAY)
    assert standing(record, NOW + at * DAY) is State.DRAFTED
    record = give(record, PERSON, by=Signer.SUBJECT, at=NOW + signed * DAY)
    if withdrawn is None:
        wanted = State.NOT_YET if at < max(start, signed) else State.EXPIRED if at > start + 30 else State.GIVEN
    else:
        record = withdraw(record, PERSON, by=Signer.SUBJECT, at=NOW + withdrawn * DAY, known=KNOWN)
        wanted = State.WITHDRAWN
    assert standing(record, NOW + at * DAY) is wanted


def test_what_is_withdrawn_is_neither_given_nor_withdrawn_again() -> None:
    record = give(draft(), PERSON, by=Signer.SUBJECT, at=NOW)
    with pytest.raises(Misuse, match="given already"):
        give(record, PERSON, by=Signer.SUBJECT, at=NOW)
    with pytest.raises(Misuse, match="never given"):
        withdraw(draft(), PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)
    over = withdraw(record, OFFICER, by=Signer.OFFICER, at=NOW, known=KNOWN)
    with pytest.raises(Misuse, match="for good"):
        give(over, PERSON, by=Signer.SUBJECT, at=NOW)
    with pytest.raises(Misuse, match="for good"):
        withdraw(over, PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)


def test_a_clock_that_went_back_keeps_nobody_from_withdrawing() -> None:
    record = give(draft(), PERSON, by=Signer.SUBJECT, at=NOW)
    over = withdraw(record, PERSON, by=Signer.SUBJECT, at=NOW - DAY, known=KNOWN)
    assert [event.at for event in over.events] == [NOW, NOW]
    assert standing(over, NOW - DAY) is State.WITHDRAWN
