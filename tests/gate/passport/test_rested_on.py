"""What an inspection rests on, and says: weak lists, revoked countries' keys, lists of several keys."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from tests.gate.passport.certificates import Holder, csca, document_signer, link, revocation_list
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.pki import TODAY, Passport, made_passport
from tests.gate.passport.suites import BY_NAME, USUAL

from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import certificate
from garim.gate.passport.document import Document
from garim.gate.passport.inspect import inspect
from garim.gate.passport.inspection import Inspection
from garim.gate.passport.outcomes import Code, Outcome, Reason
from garim.gate.passport.revocation import RevocationList, proved

SHA_1 = BY_NAME["P-256 sha1"]
OTHER = csca("KR", USUAL, label="other")
WEAK = csca("KR", SHA_1, label="weak")


@pytest.fixture(scope="module")
def made() -> Passport:
    return made_passport(portrait())


def anchors(made: Passport, *weak: Reason) -> Anchors:
    each = [certificate(one) for one in (made.csca, OTHER.certificate, WEAK.certificate)]
    return Anchors(each, {each[0].sha256: weak})


def crl(made: Passport, *serials: int, by: Holder | None = None, days: int = 30) -> RevocationList:
    issued = made.at - timedelta(days=days)
    data = revocation_list(by or made.root, serials, issued=issued, next_update=issued + timedelta(days=60))
    return proved(data, anchors(made), at=made.at)


def inspected(made: Passport, *crls: RevocationList, trust: Anchors | None = None) -> Inspection:
    return inspect(Document(made.files), trust or anchors(made), at=made.at, crls=crls)


def of(done: Inspection, code: Code) -> list[tuple[Outcome, Reason | None]]:
    return [(check.outcome, check.reason) for check in done.of(code)]


def test_a_list_that_is_signed_with_sha_1_is_to_be_weighed(made: Passport) -> None:
    assert of(inspected(made, crl(made)), Code.REVOCATION) == [(Outcome.PASSED, None)]
    weak = crl(made, by=WEAK)
    assert of(inspected(made, weak), Code.REVOCATION) == [(Outcome.FLAGGED, Reason.WEAK_HASH)]
    named = crl(made, made.signer.ask.serial, by=WEAK)
    assert of(inspected(made, named), Code.REVOCATION) == [(Outcome.FAILED, Reason.REVOKED)]


def test_a_country_that_a_weak_list_vouches_for_is_to_be_weighed(made: Passport) -> None:
    assert of(inspected(made), Code.CHAIN) == [(Outcome.PASSED, None)]
    done = inspected(made, trust=anchors(made, Reason.WEAK_HASH))
    assert of(done, Code.CHAIN) == [(Outcome.FLAGGED, Reason.WEAK_HASH)]
    assert "how that came to be trusted" in done.of(Code.CHAIN)[0].said


def test_any_key_of_the_issuer_can_take_a_signer_back(made: Passport) -> None:
    old, new = crl(made, made.signer.ask.serial, days=40), crl(made, by=OTHER, days=5)
    assert of(inspected(made, old, new), Code.REVOCATION) == [(Outcome.FAILED, Reason.REVOKED)]


def test_a_countrys_key_that_was_revoked_proves_nothing(made: Passport) -> None:
    for by in (made.root, OTHER):
        done = inspected(made, crl(made, made.root.ask.serial, by=by))
        assert of(done, Code.REVOCATION) == [(Outcome.FAILED, Reason.REVOKED)]
        assert "country's certificate" in done.of(Code.REVOCATION)[0].said


def test_a_link_above_it_that_was_revoked_proves_nothing() -> None:
    old, new = csca("KR", USUAL, label="old"), csca("KR", USUAL, label="new")
    linked = link(new, old)
    signer = document_signer(linked, USUAL, "KR", first=_day(-300), last=_day(3000))
    made = made_passport(portrait(), root=linked, signer=signer)
    trust = Anchors([certificate(one.certificate) for one in (old, linked)])
    for serial, expected in (
        (linked.ask.serial, Outcome.FAILED),
        (old.ask.serial, Outcome.FAILED),
        (5, Outcome.PASSED),
    ):
        data = revocation_list(old, [serial], issued=_day(-9), next_update=_day(9))
        done = inspected(made, proved(data, trust, at=made.at), trust=trust)
        assert [outcome for outcome, _ in of(done, Code.REVOCATION)] == [expected]


def _day(days: int) -> datetime:
    return datetime.combine(TODAY, time(12), UTC) + timedelta(days=days)
