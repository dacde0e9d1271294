"""Master lists: the German one, whole; and lists made for the tests, each wrong in one way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.passport.asn import integer, octets, seq, set_of, tlv
from tests.gate.passport.certificates import (
    DIGITAL_SIGNATURE,
    MASTER_LIST_SIGNER,
    Holder,
    authority_key,
    basic,
    csca,
    day,
    document_signer,
    extended,
    key_usage,
    link,
    subject_key,
)
from tests.gate.passport.files import dump
from tests.gate.passport.signed import LDS_OBJECT, MASTER_LIST, Cms
from tests.gate.passport.suites import BY_NAME, USUAL, key

from garim.gate.passport import links
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.certificate import signed_by as signed
from garim.gate.passport.links import SortedOut, sorted_out
from garim.gate.passport.masterlist import MasterList, master_list
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

NOW = day(2026, 6)
SIGNED = day(2026, 5)
ROOT = csca("DE", USUAL, label="of lists")
SHA_1 = BY_NAME["P-256 sha1"]
SIGNS = (key_usage(DIGITAL_SIGNATURE), extended(MASTER_LIST_SIGNER))
MARKS = (subject_key(b"signer of lists"), authority_key(ROOT.key.identifier), key_usage(DIGITAL_SIGNATURE))
SIGNER = document_signer(ROOT, USUAL, "DE", label="of lists", extensions=(*MARKS, extended(MASTER_LIST_SIGNER)))
LISTED = [csca(country, USUAL).certificate for country in ("KR", "JP", "FR")]
CONTENT = seq(integer(0), set_of(LISTED))
CMS = Cms(CONTENT, SIGNER, MASTER_LIST, signed_at=SIGNED, certificates=(SIGNER.certificate, ROOT.certificate))


def read(data: bytes, *roots: Holder, at: datetime = NOW) -> MasterList:
    return master_list(data, [certificate(root.certificate) for root in roots or (ROOT,)], at=at)


def reason(data: bytes, *roots: Holder, at: datetime = NOW) -> Reason:
    with pytest.raises(Refused) as refused:
        read(data, *roots, at=at)
    assert "\n" not in str(refused.value)
    return refused.value.reason


def signed_by(signer: Holder, *others: Holder) -> bytes:
    came_along = tuple(one.certificate for one in (signer, *others))
    return replace(CMS, signer=signer, certificates=came_along).der()


def test_the_german_list_holds_and_573_of_its_588_certificates_chain() -> None:
    root = certificate(dump("masterlist/de_root.cer").read_bytes())
    data = dump("masterlist/de.ml").read_bytes()
    found = master_list(data, [root], at=NOW)
    assert (found.read, len(found.certificates), found.country, f"{found.issued:%Y-%m-%d}") == (
        588,
        588,
        "DE",
        "2026-05-28",
    )
    assert found.chain.path[-1] == root
    out = sorted_out(found.certificates)
    assert len(out.chaining) == 573
    assert len({one.country for one in out.chaining}) == 112
    reasons = [one.reason for one in out.left_out]
    assert (reasons.count(Reason.UNKNOWN_ISSUER), reasons.count(Reason.CERTIFICATE_FORM), len(reasons)) == (12, 3, 15)
    assert all(one.subject and one.serial and one.said for one in out.left_out)


def test_what_is_left_out_of_the_german_list_for_its_form_stands_there_self_signed_too() -> None:
    read_ = master_list(
        dump("masterlist/de.ml").read_bytes(), [certificate(dump("masterlist/de_root.cer").read_bytes())], at=NOW
    )
    out = sorted_out(read_.certificates)
    keys = {one.spki for one in out.chaining}
    by_digest = {one.sha256: one for one in read_.certificates}
    odd = [by_digest[one.sha256] for one in out.left_out if one.reason is Reason.CERTIFICATE_FORM]
    assert {one.country for one in odd} == {"GB", "HU", "ES"}
    assert all(one.spki in keys for one in odd)


def test_a_list_gives_what_was_signed() -> None:
    found = read(CMS.der())
    assert {one.der for one in found.certificates} == set(LISTED)
    assert (found.signing_time, found.signer.der) == (SIGNED, SIGNER.certificate)
    assert found.sha256 == sha256(CONTENT).hexdigest()
    assert read(replace(CMS, signed_at=None).der()).issued == found.signer.not_before


def test_only_a_root_that_was_named_is_one() -> None:
    assert reason(CMS.der(), csca("FR", USUAL)) is Reason.UNKNOWN_COUNTRY
    assert reason(CMS.der(), csca("DE", USUAL, label="another")) is Reason.ISSUER_SIGNATURE
    with pytest.raises(Refused):
        master_list(CMS.der(), [], at=NOW)


def test_a_link_that_came_along_leads_to_an_older_root() -> None:
    old = csca("DE", USUAL, label="old")
    data = signed_by(SIGNER, link(ROOT, old), ROOT)
    assert len(read(data, old).chain.path) == 3
    assert reason(signed_by(SIGNER, ROOT), old) is Reason.ISSUER_SIGNATURE


@pytest.mark.parametrize(
    "marks",
    [
        (*MARKS,),
        (*MARKS, extended("2.23.136.1.1.11")),
        (*MARKS, extended(MASTER_LIST_SIGNER, "1.3.6.1.5.5.7.3.2")),
        (*MARKS, extended(MASTER_LIST_SIGNER), basic(ca=True)),
        (*MARKS[:2], key_usage(5), extended(MASTER_LIST_SIGNER)),
    ],
)
def test_a_signer_of_something_else_signs_no_list(marks: tuple[bytes, ...]) -> None:
    assert reason(signed_by(SIGNER.again(ROOT, extensions=marks), ROOT)) is Reason.CERTIFICATE_USE


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (SIGNED - timedelta(days=1), Reason.SIGNING_TIME),
        (day(2023), Reason.NOT_YET_VALID),
        (day(2036), Reason.EXPIRED_SIGNER),
    ],
)
def test_a_list_out_of_its_time_is_refused(at: datetime, expected: Reason) -> None:
    assert reason(CMS.der(), at=at) is expected


@pytest.mark.parametrize(
    ("cms", "expected"),
    [
        (replace(CMS, message_digest=bytes(32)), Reason.MESSAGE_DIGEST),
        (replace(CMS, attributes=False), Reason.NO_SIGNED_ATTRIBUTES),
        (replace(CMS, content_type=LDS_OBJECT), Reason.CONTENT_TYPE),
        (replace(CMS, infos=2), Reason.SIGNER_COUNT),
        (replace(CMS, certificates=(ROOT.certificate,)), Reason.CERTIFICATE_USE),
        (replace(CMS, content=seq(integer(1), set_of(LISTED))), Reason.LIST_FORM),
        (replace(CMS, content=seq(integer(0), set_of([]))), Reason.LIST_FORM),
        (replace(CMS, content=seq(integer(0), set_of(LISTED), integer(1))), Reason.NOT_DER),
        (replace(CMS, content=seq(integer(0), octets(b""))), Reason.UNEXPECTED_TAG),
        (replace(CMS, content=seq(integer(0), set_of(seq(integer(n)) for n in range(8193)))), Reason.LIST_FORM),
    ],
)
def test_a_list_in_no_such_form_is_refused(cms: Cms, expected: Reason) -> None:
    assert reason(cms.der()) is expected


def test_a_changed_list_is_refused() -> None:
    data = bytearray(CMS.der())
    at = bytes(data).index(LISTED[0]) + 200
    data[at] ^= 1
    assert reason(bytes(data)) is Reason.MESSAGE_DIGEST
    forged = bytearray(SIGNER.certificate)
    forged[-1] ^= 1
    assert reason(signed_by(replace(SIGNER, certificate=bytes(forged)), ROOT)) is Reason.ISSUER_SIGNATURE


def test_what_is_no_certificate_is_counted_and_named_and_the_rest_is_read() -> None:
    odd = tlv(0x30, integer(1))
    found = read(replace(CMS, content=seq(integer(0), set_of([*LISTED, odd]))).der())
    assert (found.read, len(found.certificates)) == (4, 3)
    (out,) = found.unread
    assert out.sha256 == sha256(odd).hexdigest()


def test_what_is_weak_about_its_signature_or_its_signers_is_said() -> None:
    assert read(CMS.der()).flags == ()
    root = csca("DE", SHA_1, label="weak")
    strong = SIGNER.again(root, suite=SHA_1, extensions=(MARKS[0], authority_key(root.key.identifier), *SIGNS))
    assert Reason.WEAK_HASH in read(signed_by(strong, root), root).flags, "the chain"
    made = key(SHA_1, "weak signer of lists")
    weak = replace(SIGNER, key=made, suite=SHA_1, ask=replace(SIGNER.ask, spki=made.spki)).again(ROOT)
    assert Reason.WEAK_HASH in read(signed_by(weak, ROOT)).flags, "the signature"


def test_of_two_ways_to_one_the_strong_one_is_taken_and_a_weak_one_is_said() -> None:
    def sorted_(*holders: Holder) -> SortedOut:
        return sorted_out(certificate(one.certificate) for one in holders)

    weak, strong, new = csca("KR", SHA_1, label="a"), csca("KR", USUAL, label="b"), csca("KR", USUAL, label="new")
    for by, others in ((weak, ()), (weak, (strong,)), (strong, (weak,))):
        linked = link(new, by)
        after = link(csca("KR", USUAL, label="after"), linked)
        out = sorted_(by, linked, after, *others)
        assert len(out.chaining) == 3 + len(others)
        assert set(out.flags) == ({linked.sha256, after.sha256} if by is weak else set())
    renewed, twice = link(new, weak), link(new, strong)
    out = sorted_(weak, strong, renewed, twice, link(csca("KR", USUAL, label="after"), renewed))
    assert set(out.flags) == {renewed.sha256}, "what that key signed chains by its strong certificate"
    assert sorted_(weak).flags == {}, "who signs itself is vouched for by the list"


def test_certificates_of_one_name_do_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    forger = csca("KR", USUAL, label="forger")
    marks = (subject_key(b"same"), authority_key(b"same"))
    many = [csca("KR", USUAL, label=str(n)).again(forger, extensions=marks) for n in range(12)]
    monkeypatch.setattr(links, "_MOST_OF_ONE", 5)
    tried: list[str] = []

    def counted(child: Certificate, issuer: Certificate) -> Made:
        tried.append(child.sha256)
        return signed(child, issuer)

    monkeypatch.setattr(links, "signed_by", counted)
    out = sorted_out(certificate(one.certificate) for one in many)
    assert {one.reason for one in out.left_out} == {Reason.TOO_LARGE} and len(out.left_out) == 12
    assert len(tried) == 12 * 5
    monkeypatch.setattr(links, "_MOST_TRIED", 7)
    tried.clear()
    out = sorted_out(certificate(one.certificate) for one in (ROOT, *many))
    assert len(tried) == 7
    assert [one.sha256 for one in out.chaining] == [ROOT.sha256], "who signs itself is not among these"


@settings(max_examples=200)
@given(st.data())
def test_no_mutant_lists_anything_else(data: st.DataObject) -> None:
    octets_ = bytearray(CMS.der())
    at = data.draw(st.integers(0, len(octets_) - 1))
    octets_[at] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(octets_))
    except Refused:
        return
    assert {one.der for one in found.certificates} == set(LISTED)
