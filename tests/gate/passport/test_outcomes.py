"""What many checks come to: never more than the worst of them, and never a proof without what a proof needs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.gate.passport.outcomes import SAID_ONLY, Check, Code, Outcome, Reason, Verdict, verdict

NEEDED = (Code.SOD_SIGNATURE, Code.SIGNER_CERTIFICATE, Code.SIGNER_VALIDITY, Code.CHAIN, Code.DG_HASH)


def check(code: Code, outcome: Outcome = Outcome.PASSED, reason: Reason | None = None) -> Check:
    if outcome is not Outcome.PASSED and reason is None:
        reason = Reason.TRUNCATED
    return Check(code, outcome, reason, "said")


ALL = [check(code) for code in Code]
CHECKS = st.builds(
    check,
    st.sampled_from(Code),
    st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.PASSED]),
    st.sampled_from(Reason),
) | st.builds(check, st.sampled_from(Code))


def test_all_passed_is_proven() -> None:
    assert verdict(ALL) is Verdict.PROVEN


@pytest.mark.parametrize(
    ("outcome", "comes_to"),
    [
        (Outcome.FLAGGED, Verdict.FLAGGED),
        (Outcome.UNCHECKED, Verdict.UNPROVEN),
        (Outcome.FAILED, Verdict.REFUSED),
    ],
)
@pytest.mark.parametrize("code", Code)
def test_one_that_did_not_pass_is_enough(code: Code, outcome: Outcome, comes_to: Verdict) -> None:
    assert verdict([*ALL, check(code, outcome)]) is comes_to


def test_nothing_looked_at_proves_nothing() -> None:
    assert verdict([]) is Verdict.UNPROVEN


@pytest.mark.parametrize("missing", NEEDED)
def test_what_a_proof_needs_must_be_there(missing: Code) -> None:
    assert verdict([each for each in ALL if each.code is not missing]) is Verdict.UNPROVEN


@pytest.mark.parametrize("reason", sorted(SAID_ONLY))
def test_what_is_only_said_bars_nothing(reason: Reason) -> None:
    assert verdict([*ALL, check(Code.REVOCATION, Outcome.UNCHECKED, reason)]) is Verdict.PROVEN
    assert verdict([*ALL, check(Code.REVOCATION, Outcome.FAILED, reason)]) is Verdict.REFUSED


def test_what_is_only_said_is_no_proof_of_anything_either() -> None:
    rest = [each for each in ALL if each.code is not Code.DG_HASH]
    assert verdict([*rest, check(Code.DG_HASH, Outcome.UNCHECKED, Reason.NOT_PRESENTED)]) is Verdict.UNPROVEN


@given(st.lists(CHECKS, max_size=20), CHECKS)
def test_another_check_never_mends_a_failed_one(checks: Sequence[Check], another: Check) -> None:
    if verdict(checks) is Verdict.REFUSED:
        assert verdict([*checks, another]) is Verdict.REFUSED


@given(st.lists(CHECKS, max_size=20))
def test_proven_means_that_all_passed_but_what_is_only_said(checks: Sequence[Check]) -> None:
    if verdict(checks) is Verdict.PROVEN:
        assert {each.reason for each in checks} <= {None, *SAID_ONLY}


@pytest.mark.parametrize("outcome", Outcome)
def test_a_reason_stands_wherever_it_did_not_simply_pass(outcome: Outcome) -> None:
    wrong = None if outcome is not Outcome.PASSED else Reason.EXPIRED_SIGNER
    with pytest.raises(ValueError, match="a reason stands"):
        Check(Code.CHAIN, outcome, wrong, "said")
