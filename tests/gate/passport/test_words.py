"""What a verdict says follows from what made it: a document that is only out of date is not accused."""

from __future__ import annotations

import pytest

from garim.gate.passport.outcomes import Reason, Verdict
from garim.gate.passport.words import VERDICTS, said

_OUT_OF_DATE = [Reason.DOCUMENT_EXPIRED, Reason.EXPIRED_SIGNER]


@pytest.mark.parametrize(
    "reasons",
    [_OUT_OF_DATE, [Reason.NOT_YET_VALID], [Reason.MISSING_FILE], [Reason.PRINTED_DIFFERS], [Reason.CHECK_DIGIT]],
)
def test_a_cause_of_its_own_has_words_of_its_own(reasons: list[Reason]) -> None:
    told = said(Verdict.REFUSED, reasons)
    assert told.word == "REFUSED"
    assert told.means != VERDICTS[Verdict.REFUSED].means


def test_a_changed_file_is_said_even_where_the_document_is_out_of_date_too() -> None:
    assert said(Verdict.REFUSED, [*_OUT_OF_DATE, Reason.HASH_DIFFERS]) == VERDICTS[Verdict.REFUSED]


@pytest.mark.parametrize("verdict", [Verdict.PROVEN, Verdict.FLAGGED, Verdict.UNPROVEN])
def test_other_verdicts_say_what_they_always_say(verdict: Verdict) -> None:
    assert said(verdict, [Reason.MISSING_FILE]) == VERDICTS[verdict]
