"""Whose hours may go into a list: what binds a case to a consent, and what the ledger remembers of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.exposure.test_exposure_notice import KNOWN, MIDNIGHT, NOW, VISITS, case_of, consent

from garim.consent import Consent, Purpose, valid
from garim.core.errors import Disproved, Misuse
from garim.exposure.case import NotBound
from garim.exposure.mix import Risk, Spell, Window
from garim.exposure.noticed import Person, entries, people, spells, unlisted
from garim.ledger.entry import written
from garim.ledger.log import Log

WINDOWS = (Window(MIDNIGHT.date(), 9, 10, "Central Station", Risk.HIGH),)


def agreed(name: str, *, test: bool = False) -> Consent:
    record, purpose = consent(name, Purpose.EXPOSURE_NOTICE, test=test), Purpose.EXPOSURE_NOTICE
    return valid(record, purpose=purpose, at=NOW, known=KNOWN, withdrawn=lambda _: False, allow_test=test)


def test_spells_are_cameras_and_times_and_nothing_else() -> None:
    found = spells(case_of("P-01"), agreed("P-01"), KNOWN, NOW)
    assert found == tuple(
        Spell(camera, start, start + timedelta(minutes=minutes))
        for camera, hour, minutes in VISITS["P-01"]
        for start in [MIDNIGHT + timedelta(hours=hour, minutes=10)]
    )


def test_what_does_not_belong_together_gives_none() -> None:
    with pytest.raises(NotBound, match="the consent is of P-02, and the case of P-01"):
        spells(case_of("P-01"), agreed("P-02"), KNOWN, NOW)
    for one in (True, False):
        with pytest.raises(NotBound, match="made for tests, and the other was not"):
            spells(case_of("P-01", test=one), agreed("P-01", test=not one), KNOWN, NOW)
    with pytest.raises(Misuse, match="a visit is not over yet"):
        spells(case_of("P-01"), agreed("P-01"), KNOWN, MIDNIGHT + timedelta(hours=15, minutes=39))


def test_a_consent_is_in_one_list_and_the_same_list_may_be_again(tmp_path: Path) -> None:
    listed = [agreed(name) for name in VISITS]
    with Log.create(tmp_path / "log", "health.example/log") as log:
        first = entries(listed[:3], WINDOWS, NOW)
        assert unlisted(log, first) == first
        log.append([written(entry) for entry in first])
        assert unlisted(log, entries(listed[2::-1], WINDOWS, NOW)) == ()
        assert unlisted(log, last := entries(listed[3:], WINDOWS, NOW)) == last
        other = (replace(WINDOWS[0], risk=Risk.LOW),)
        for new in (entries(listed, WINDOWS, NOW), entries(listed[:2], WINDOWS, NOW), entries(listed[:3], other, NOW)):
            with pytest.raises(Misuse, match="in an earlier list"):
                unlisted(log, new)


def test_a_mark_says_nothing_to_who_has_not_the_consent() -> None:
    one, two = agreed("P-01"), agreed("P-02")
    facts = [entry.facts for entry in entries([one, two], WINDOWS, NOW)]
    marks = {fact["consent"] for fact in facts}
    assert len(marks) == 2 and len({fact["list"] for fact in facts}) == 1
    assert not any(consented.commitment.hex() in str(facts) for consented in (one, two))
    assert marks.isdisjoint(fact["consent"] for fact in [e.facts for e in entries([agreed("P-01")], WINDOWS, NOW)])


def test_each_person_is_there_once_with_all_of_their_cases() -> None:
    one, two = agreed("P-01"), agreed("P-02")
    cases = [case_of("P-01"), case_of("P-02"), case_of("P-01", day=-1)]
    spent = [spells(case, agreed(case.patient), KNOWN, NOW) for case in cases]
    assert people(cases, [two, one], KNOWN, NOW) == (Person(one, spent[0] + spent[2]), Person(two, spent[1]))


@pytest.mark.parametrize(
    ("cases", "consents", "says"),
    [
        (("P-01", "P-02"), ("P-01",), "no --consent of P-02"),
        (("P-01",), ("P-01", "P-02"), "P-02: a consent, and no case"),
        (("P-01",), ("P-01", "P-01"), "P-01: has two consents"),
    ],
)
def test_cases_and_consents_are_of_the_same_people(
    cases: tuple[str, ...], consents: tuple[str, ...], says: str
) -> None:
    with pytest.raises(Misuse, match=says):
        people([case_of(name) for name in cases], [agreed(name) for name in consents], KNOWN, NOW)


def test_a_damaged_ledger_does_not_say_that_nobody_was_listed(tmp_path: Path) -> None:
    first = entries([agreed(name) for name in VISITS], WINDOWS, NOW)
    with Log.create(tmp_path / "log", "health.example/log") as log:
        log.append([written(entry) for entry in first])
        (bundle,) = (tmp_path / "log" / "tile" / "entries").rglob("*.p/*")
        content = bundle.read_bytes().replace(str(first[0].facts["consent"])[-64:].encode(), b"0" * 64)
        bundle.unlink()
        bundle.write_bytes(content)
        with pytest.raises(Disproved, match="are not those that were signed"):
            unlisted(log, first)
