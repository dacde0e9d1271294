"""When a signer may sign: the moment of the check, and that of the signature."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.gate.passport.certificates import csca, day, document_signer, private_key_period
from tests.gate.passport.suites import USUAL

from garim.gate.passport import validity
from garim.gate.passport.certificate import certificate
from garim.gate.passport.outcomes import Reason

HOLDER = document_signer(csca("KR", USUAL), USUAL, "KR", first=day(2024), last=day(2034))
SIGNER = certificate(HOLDER.certificate)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "reasons"),
    [
        (day(2024) - SECOND, (Reason.NOT_YET_VALID,)),
        (day(2024), ()),
        (day(2034), ()),
        (day(2034) + SECOND, (Reason.EXPIRED_SIGNER,)),
    ],
)
def test_the_first_and_the_last_second_are_in(at: datetime, reasons: tuple[Reason, ...]) -> None:
    assert validity.against(SIGNER, at=at) == reasons


@pytest.mark.parametrize(
    ("signed_at", "holds"),
    [
        (day(2024) - SECOND, False),
        (day(2024), True),
        (day(2026), True),
        (day(2026) + SECOND, False),  # later than now
    ],
)
def test_a_signing_time_counts_against_a_signer(signed_at: datetime, holds: bool) -> None:
    found = validity.against(SIGNER, at=day(2026), signed_at=signed_at)
    assert found == (() if holds else (Reason.SIGNING_TIME,))


@pytest.mark.parametrize(
    ("signed_at", "holds"), [(day(2024, 1, 31), False), (day(2024, 2), True), (day(2024, 6), False)]
)
def test_a_key_signs_only_in_its_own_months(signed_at: datetime, holds: bool) -> None:
    marks = (*HOLDER.ask.extensions, private_key_period(day(2024, 2), day(2024, 5)))
    signer = certificate(HOLDER.again(csca("KR", USUAL), extensions=marks).certificate)
    found = validity.against(signer, at=day(2026), signed_at=signed_at)
    assert found == (() if holds else (Reason.SIGNING_TIME,))


def test_what_was_signed_after_its_certificate_and_is_shown_later_has_two_faults() -> None:
    found = validity.against(SIGNER, at=day(2036), signed_at=day(2035))
    assert found == (Reason.EXPIRED_SIGNER, Reason.SIGNING_TIME)
