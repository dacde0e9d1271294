"""Who forges a passport is refused, and told apart: each attack by its own reason; what is genuine passes beside it.

The 26 of the project's anchors, and others that readers have fallen for. All are whole documents, made byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.gate.passport.borders import reasons, shown, told
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.forgeries import ALL, ANCHORS, Make
from tests.gate.passport.pki import made_passport

from garim.gate.passport.decoder import Decoder
from garim.gate.passport.inspection import Inspection
from garim.gate.passport.outcomes import Code, Outcome, Reason, Verdict

VERDICTS = {Outcome.FAILED: Verdict.REFUSED, Outcome.FLAGGED: Verdict.FLAGGED, Outcome.UNCHECKED: Verdict.UNPROVEN}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as ready:
        yield ready


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_a_forgery_is_told_by_its_own_reason(make: Make, decoder: Decoder) -> None:
    forged = make()
    done = shown(forged.files, forged.trusted, forged.at, decoder=decoder)
    outcome = Outcome(forged.outcome)
    assert done.verdict is VERDICTS[outcome], told(done)
    assert reasons(done, outcome), told(done)
    assert reasons(done, outcome) <= forged.reasons, told(done)  # and nothing else is said of it
    _nothing_is_told_that_was_not_signed(done)


def _nothing_is_told_that_was_not_signed(done: Inspection) -> None:
    """Nobody is to read a forger's lines, or see a forger's picture, as a country's."""
    differs = {check.about for check in done.checks if check.reason in (Reason.HASH_DIFFERS, Reason.NOT_COVERED)}
    signed = done.holds(Code.SOD_SIGNATURE)
    assert done.mrz is None or (signed and "DG1" not in differs)
    assert done.portrait is None or (signed and "DG2" not in differs)


def test_a_genuine_passport_passes_beside_them(decoder: Decoder) -> None:
    made = made_passport(portrait())
    done = shown(made.files, [made.csca], made.at, decoder=decoder)
    assert done.verdict is Verdict.PROVEN, told(done)


def test_there_are_26() -> None:
    assert len(ANCHORS) == 26
