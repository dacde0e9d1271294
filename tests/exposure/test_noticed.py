"""Whose hours may go into a list: what binds a case to a consent, and what the ledger remembers of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.exposure.test_exposure_notice import KNOWN, MIDNIGHT, NOW, VISITS, case_of, consent

from garim.consent import Consent, Purpose, valid
from garim.core.errors import Misuse
from garim.exposure.case import NotBound
from garim.exposure.mix import Risk, Stay, Window
from garim.exposure.noticed import entries, refuse_listed, stays
from garim.ledger.entry import written
from garim.ledger.log import Log

WINDOWS = (Window(MIDNIGHT.date(), 9, 10, "Central Station", Risk.HIGH),)


def agreed(name: str, *, test: bool = False) -> Consent:
    record, purpose = consent(name, Purpose.EXPOSURE_NOTICE, test=test), Purpose.EXPOSURE_NOTICE
    return valid(record, purpose=purpose, at=NOW, known=KNOWN, withdrawn=lambda _: False, allow_test=test)


def test_stays_are_cameras_and_times_and_nothing_else() -> None:
    found = stays(case_of("P-01"), agreed("P-01"), KNOWN, NOW)
    assert found == tuple(
        Stay(camera, start, start + timedelta(minutes=minutes))
        for camera, hour, minutes in VISITS["P-01"]
        for start in [MIDNIGHT + timedelta(hours=hour, minutes=10)]
    )


def test_what_does_not_belong_together_gives_none() -> None:
    with pytest.raises(NotBound, match="the consent is of P-02, and the case of P-01"):
        stays(case_of("P-01"), agreed("P-02"), KNOWN, NOW)
    for one in (True, False):
        with pytest.raises(NotBound, match="made for tests, and the other was not"):
            stays(case_of("P-01", test=one), agreed("P-01", test=not one), KNOWN, NOW)
    with pytest.raises(Misuse, match="a visit is not over yet"):
        stays(case_of("P-01"), agreed("P-01"), KNOWN, MIDNIGHT + timedelta(hours=15, minutes=39))


def test_a_consent_is_in_one_list_and_the_same_list_may_be_again(tmp_path: Path) -> None:
    people = [agreed(name) for name in VISITS]
    with Log.create(tmp_path / "log", "health.example/log") as log:
        first = entries(people[:3], WINDOWS, NOW)
        assert refuse_listed(log, first) is False
        log.append([written(entry) for entry in first])
        assert refuse_listed(log, entries(people[2::-1], WINDOWS, NOW)) is True
        assert refuse_listed(log, entries(people[3:], WINDOWS, NOW)) is False
        other = (replace(WINDOWS[0], risk=Risk.LOW),)
        for new in (entries(people, WINDOWS, NOW), entries(people[:2], WINDOWS, NOW), entries(people[:3], other, NOW)):
            with pytest.raises(Misuse, match="in an earlier list"):
                refuse_listed(log, new)


def test_a_mark_says_nothing_to_who_has_not_the_consent() -> None:
    one, two = agreed("P-01"), agreed("P-02")
    facts = [entry.facts for entry in entries([one, two], WINDOWS, NOW)]
    marks = {fact["consent"] for fact in facts}
    assert len(marks) == 2 and len({fact["list"] for fact in facts}) == 1
    assert not any(consented.commitment.hex() in str(facts) for consented in (one, two))
    assert marks.isdisjoint(fact["consent"] for fact in [e.facts for e in entries([agreed("P-01")], WINDOWS, NOW)])
