"""From a signer to a trusted country certificate: what chains, what does not, and the reason of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from tests.gate.passport.asn import bits, integer, seq, tlv
from tests.gate.passport.certificates import (
    CERT_SIGN,
    CRL_SIGN,
    DIGITAL_SIGNATURE,
    MASTER_LIST_SIGNER,
    Holder,
    authority_key,
    basic,
    csca,
    day,
    document_signer,
    extended,
    extension,
    key_usage,
    link,
    name,
    subject_key,
)
from tests.gate.passport.suites import BY_NAME, USUAL, algorithm, signature

from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.chain import Chain, chained, is_self_signed
from garim.gate.passport.links import followed, sorted_out
from garim.gate.passport.outcomes import Reason, Refused

NOW = day(2026, 6)
ROOT = csca("KR", USUAL)
SIGNER = document_signer(ROOT, USUAL, "KR")


def read(holder: Holder) -> Certificate:
    return certificate(holder.certificate)


def chain(signer: Holder, *trusted: Holder, at: datetime = NOW) -> Chain:
    return chained(read(signer), Anchors(map(read, trusted)), at=at)


def reason(signer: Holder, *trusted: Holder, at: datetime = NOW) -> Reason:
    with pytest.raises(Refused) as refused:
        chain(signer, *trusted, at=at)
    assert "\n" not in str(refused.value)
    return refused.value.reason


def renamed(holder: Holder, issuer: bytes, by: Holder = ROOT) -> Holder:
    """The certificate of `holder`, signed by `by`, whose name it says is `issuer`."""
    ask = replace(holder.ask, issuer=issuer)
    return replace(holder, ask=ask, certificate=ask.der(by.key))


def marked(*extensions: bytes) -> Holder:
    """The signer with these extensions alone, and those that its keys need."""
    marks = (subject_key(SIGNER.key.identifier), authority_key(ROOT.key.identifier), *extensions)
    return SIGNER.again(ROOT, extensions=marks)


def test_a_signer_chains_to_its_countrys_root() -> None:
    found = chain(SIGNER, ROOT)
    assert found.path == (read(SIGNER), read(ROOT))
    assert found.csca == read(ROOT)
    assert len(found.made) == 1
    assert found.flags == ()


def test_an_expired_root_is_as_good_as_when_it_signed() -> None:
    root = csca("KR", USUAL, first=day(2015), last=day(2025))
    signer = document_signer(root, USUAL, "KR", first=day(2024))
    assert chain(signer, root).csca == read(root)


@pytest.mark.parametrize(("first", "last"), [(day(2015), day(2020)), (day(2024, 2), day(2040))])
def test_a_signer_issued_outside_its_roots_validity_is_refused(first: datetime, last: datetime) -> None:
    root = csca("KR", USUAL, first=first, last=last)
    assert reason(document_signer(root, USUAL, "KR", first=day(2024)), root) is Reason.OUTSIDE_ISSUER_VALIDITY


def test_a_root_that_is_not_yet_valid_proves_nothing() -> None:
    assert reason(SIGNER, ROOT, at=day(2019)) is Reason.NOT_YET_VALID


def test_unknown_country_unknown_issuer_and_another_key_are_three_things() -> None:
    other_key = csca("KR", USUAL, label="2")
    other_name = renamed(other_key.again(subject=name("KR", "Somebody")), name("KR", "Somebody"), other_key)
    assert reason(SIGNER) is Reason.UNKNOWN_COUNTRY
    assert reason(SIGNER, csca("JP", USUAL)) is Reason.UNKNOWN_COUNTRY
    assert reason(SIGNER, other_name) is Reason.UNKNOWN_ISSUER
    assert reason(SIGNER, other_key) is Reason.ISSUER_SIGNATURE


def test_of_many_roots_of_one_name_the_one_that_signed_is_found() -> None:
    others = [csca("KR", USUAL, label=str(number)) for number in range(2, 12)]
    assert chain(SIGNER, *others, ROOT).csca == read(ROOT)


def test_a_root_of_another_country_signs_no_signer_of_this_one() -> None:
    foreign = document_signer(csca("JP", USUAL), USUAL, "KR")
    assert reason(foreign, ROOT, csca("JP", USUAL)) is Reason.COUNTRY_DIFFERS


def test_a_signer_without_a_country_has_its_issuers_and_is_flagged() -> None:
    found = chain(SIGNER.again(ROOT, subject=b"\x30\x00"), ROOT)
    assert (found.csca, found.flags) == (read(ROOT), (Reason.CERTIFICATE_FORM,))


def padded(holder: Holder, issuer: Holder) -> Holder:
    """Its certificate, the serial number with zeros in front."""
    body, serial = holder.certificate, integer(holder.ask.serial)
    tbs = body[4 : body.index(algorithm(USUAL), 200)]
    part = seq(tbs[4:].replace(serial, tlv(0x02, bytes(2), serial[2:]), 1))
    return replace(holder, certificate=seq(part, algorithm(USUAL), bits(signature(USUAL, issuer.key, part))))


def test_a_number_in_another_writing_is_flagged_on_either() -> None:
    for signer, root in ((padded(SIGNER, ROOT), ROOT), (SIGNER, padded(ROOT, ROOT))):
        assert chain(signer, root).flags == (Reason.NOT_DER,)


def test_a_signer_of_two_countries_is_refused() -> None:
    both = seq(name("KR", "both")[2:], name("DE", "both")[2:])
    assert reason(SIGNER.again(ROOT, subject=both), ROOT) is Reason.CERTIFICATE_FORM


@pytest.mark.parametrize(
    "issuer", [name("KR", "CSCA KR", printed=True), name("kr", "csca kr"), name("KR", "CSCA  KR ")]
)
def test_the_issuers_name_may_be_written_otherwise(issuer: bytes) -> None:
    found = chain(renamed(SIGNER, issuer), ROOT)
    assert found.csca == read(ROOT)
    assert found.flags == ()


@pytest.mark.parametrize("signer", [marked(key_usage(DIGITAL_SIGNATURE))])
def test_a_signer_found_by_its_issuers_key_alone_is_flagged(signer: Holder) -> None:
    assert chain(renamed(signer, name("KR", "renamed since")), ROOT).flags == (Reason.CERTIFICATE_FORM,)


def test_a_signer_that_names_another_key_than_the_one_that_signed_is_flagged() -> None:
    marks = (authority_key(b"another"), key_usage(DIGITAL_SIGNATURE))
    assert chain(SIGNER.again(ROOT, extensions=marks), ROOT).flags == (Reason.CERTIFICATE_FORM,)


@pytest.mark.parametrize(
    "extensions",
    [
        (basic(ca=True), key_usage(DIGITAL_SIGNATURE)),
        (key_usage(CERT_SIGN, CRL_SIGN),),
        (key_usage(DIGITAL_SIGNATURE), extended(MASTER_LIST_SIGNER)),
        (key_usage(DIGITAL_SIGNATURE), extended("1.3.6.1.5.5.7.3.2")),
        (key_usage(DIGITAL_SIGNATURE), extension("1.2.3.4", b"\x05\x00", critical=True)),
    ],
)
def test_a_certificate_for_something_else_signs_no_passport(extensions: Sequence[bytes]) -> None:
    assert reason(marked(*extensions), ROOT) is Reason.CERTIFICATE_USE


def test_what_does_not_say_its_use_is_flagged() -> None:
    assert chain(marked(), ROOT).flags == (Reason.CERTIFICATE_USE,)
    assert chain(marked(extension("1.2.3.4", b"\x05\x00"), key_usage(DIGITAL_SIGNATURE)), ROOT).flags == ()


def test_a_root_for_something_else_signs_no_signer_and_one_that_does_not_say_is_flagged() -> None:
    marks = (subject_key(ROOT.key.identifier), basic(ca=True), key_usage(CRL_SIGN))
    assert reason(SIGNER, ROOT.again(extensions=marks)) is Reason.CERTIFICATE_USE
    assert chain(SIGNER, ROOT.again(extensions=marks[:1])).flags == (Reason.CERTIFICATE_USE,)


def test_a_chain_signed_with_sha1_is_flagged() -> None:
    suite = BY_NAME["RSA 2048 PKCS#1 sha1"]
    root = csca("KR", suite)
    assert chain(document_signer(root, USUAL, "KR"), root).flags == (Reason.WEAK_HASH,)


def test_a_forged_signature_is_refused() -> None:
    forged = bytearray(SIGNER.certificate)
    forged[-1] ^= 1
    assert reason(replace(SIGNER, certificate=bytes(forged)), ROOT) is Reason.ISSUER_SIGNATURE


def test_an_attackers_root_of_the_same_name_is_not_the_root() -> None:
    attacker = csca("KR", USUAL, label="attacker")
    assert reason(document_signer(attacker, USUAL, "KR"), ROOT) is Reason.ISSUER_SIGNATURE


def links(count: int) -> list[Holder]:
    """A root, and link certificates from each key to the next."""
    roots = [csca("KR", USUAL, label=f"chain {number}") for number in range(count + 1)]
    return [roots[0], *(link(new, old) for old, new in pairwise(roots))]


def test_link_certificates_are_followed_as_far_as_they_go() -> None:
    path = links(3)
    signer = document_signer(path[-1], USUAL, "KR", label="linked")
    found = chain(signer, *path)
    assert found.path == (read(signer), *map(read, reversed(path)))
    assert len(found.made) == 4


def test_a_self_signed_root_is_preferred_to_a_link_of_the_same_key() -> None:
    old, new = csca("KR", USUAL, label="old"), csca("KR", USUAL, label="new")
    signer = document_signer(new, USUAL, "KR", label="both")
    for trusted in ((link(new, old), old, new), (new, old, link(new, old))):
        assert chain(signer, *trusted).path == (read(signer), read(new))


def test_two_links_that_sign_each_other_end() -> None:
    one, other = csca("KR", USUAL, label="one"), csca("KR", USUAL, label="other")
    signer = document_signer(one, USUAL, "KR", label="in a circle")
    found = chain(signer, link(one, other), link(other, one))
    assert len(found.path) == 3


def test_what_chains_is_sorted_out_in_any_order_and_the_rest_is_named() -> None:
    path = links(4)
    lost = link(csca("JP", USUAL, label="new"), csca("JP", USUAL, label="gone"))
    under_lost = link(csca("JP", USUAL, label="newer"), csca("JP", USUAL, label="new"))
    forged = bytearray(csca("FR", USUAL).certificate)
    forged[-1] ^= 1
    each = [*map(read, path), read(lost), read(under_lost), certificate(bytes(forged))]
    for order in (each, each[::-1], [*each, *each]):
        found = sorted_out(order)
        assert {one.sha256 for one in found.chaining} == {one.sha256 for one in map(read, path)}
        assert {(out.sha256, out.reason) for out in found.left_out} == {
            (lost.sha256, Reason.UNKNOWN_ISSUER),
            (under_lost.sha256, Reason.UNKNOWN_ISSUER),
            (each[-1].sha256, Reason.ISSUER_SIGNATURE),
        }
    assert [out.serial for out in sorted_out(each).left_out] == [one.serial for one in each[-3:]]


def test_a_link_that_names_its_issuer_otherwise_is_left_out_and_says_so() -> None:
    old, new = csca("KR", USUAL, label="old"), csca("KR", USUAL, label="new")
    (out,) = sorted_out([read(old), read(renamed(link(new, old), name("kr", "csca kr"), old))]).left_out
    assert (out.reason, out.country) == (Reason.CERTIFICATE_FORM, "KR")


def test_only_authorities_of_a_roots_own_country_are_followed_under_it() -> None:
    old, new, foreign = csca("KR", USUAL, label="old"), csca("KR", USUAL, label="new"), csca("JP", USUAL)
    others = [link(new, old), link(foreign, old), renamed(SIGNER, old.ask.subject, old)]
    assert followed([read(old)], map(read, others)) == [read(old), read(link(new, old))]


def test_a_name_alone_makes_no_root() -> None:
    assert is_self_signed(read(ROOT))
    assert not is_self_signed(read(link(csca("KR", USUAL, label="2"), ROOT)))
    assert not is_self_signed(read(SIGNER))
