"""WHAT A FORGER DOES TO CERTIFICATES: names, keys, curves, uses, dates, countries."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

from tests.gate.passport.asn import NULL, bits, integer, oid, printable, seq, set_of, tlv, utf8
from tests.gate.passport.certificates import (
    CERT_SIGN,
    CRL_SIGN,
    DIGITAL_SIGNATURE,
    authority_key,
    basic,
    csca,
    day,
    document_signer,
    extension,
    key_usage,
    link,
    private_key_period,
    subject_key,
)
from tests.gate.passport.dg2s import portrait
from tests.gate.passport.domains import CURVES
from tests.gate.passport.forgery import Forgery, anchor, genuine, other, told
from tests.gate.passport.pki import Passport, made_passport
from tests.gate.passport.suites import (
    BY_NAME,
    USUAL,
    algorithm,
    key,
    on_curve,
    signature,
)

DOCUMENT_TYPES = "2.23.136.1.1.6.2"

# certificates


@anchor("a forger's CSCA of the same name")
def _same_name() -> Forgery:
    forger = csca("KR", USUAL, label="forger")
    return told(made_passport(portrait(), root=forger), "issuer_signature", "unknown_issuer")


@other("a forger's CSCA of the same name and key identifier, put into the SOD")
def _same_key_identifier() -> Forgery:
    forger, true = csca("KR", USUAL, label="forger"), genuine().root
    forger = forger.again(extensions=true.ask.extensions)
    marks = (authority_key(true.key.identifier), key_usage(DIGITAL_SIGNATURE))
    made = made_passport(portrait(), root=forger, signer=document_signer(forger, USUAL, "KR", extensions=marks))
    cms = replace(made.cms, certificates=(made.signer.certificate, forger.certificate))
    return told(made.resigned(cms), "issuer_signature", trusted=true)


@other("a forger's link certificate, put into the SOD")
def _link() -> Forgery:
    forger, true = csca("KR", USUAL, label="forger"), genuine().root
    linked = link(forger, true)
    linked = replace(linked, certificate=linked.ask.der(forger.key))
    made = made_passport(portrait(), root=forger)
    cms = replace(made.cms, certificates=(made.signer.certificate, linked.certificate))
    return told(made.resigned(cms), "issuer_signature", "unknown_issuer", trusted=true)


@anchor("CurveBall: a signer's curve with a base point of its own")
def _curveball() -> Forgery:
    curve, made = CURVES["P-256"], genuine()
    ours = key(USUAL, "DS KR 1")
    forged = replace(curve, g=on_curve(ours.private, b"")[-65:])  # type: ignore[arg-type]  # on a curve it is
    spki = on_curve(ours.private, forged.explicit())  # type: ignore[arg-type]  # as above
    signer = made.signer.again(made.root, spki=spki)
    return told(made.resigned(replace(made.cms, signer=signer)), "unknown_curve")


@other("CurveBall: the root's own key, under a base point that makes its secret known")
def _curveball_root() -> Forgery:
    """G' = Q: the secret is 1, and (Q.x, z + Q.x) a signature of z. The forged root rides in the SOD."""
    curve, true = CURVES["P-256"], genuine().root
    point = true.key.spki[-65:]
    forged_spki = on_curve(true.key.private, replace(curve, g=point).explicit())  # type: ignore[arg-type]
    forger = true.again(spki=forged_spki)
    signer = document_signer(true, USUAL, "KR", label="forger")
    body = signer.certificate
    tbs = body[4 : body.index(algorithm(USUAL), 200)]
    r = int.from_bytes(point[1:33], "big") % curve.n
    s = (int.from_bytes(hashlib.sha256(tbs).digest(), "big") + r) % curve.n
    certificate = seq(tbs, algorithm(USUAL), tlv(0x03, b"\0", seq(integer(r), integer(s))))
    signer = replace(signer, certificate=certificate)
    made = made_passport(portrait(), root=true, signer=signer)
    cms = replace(made.cms, certificates=(certificate, forger.certificate))
    return told(made.resigned(cms), "issuer_signature", trusted=true)


@other("a curve that is none of those that passports use")
def _other_curve() -> Forgery:
    made, curve = genuine(), CURVES["P-256"]
    spki = on_curve(made.signer.key.private, replace(curve, b=curve.b + 1).explicit())  # type: ignore[arg-type]
    signer = made.signer.again(made.root, spki=spki)
    return told(made.resigned(replace(made.cms, signer=signer)), "unknown_curve")


@other("a document signer issues another")
def _deeper() -> Forgery:
    true = genuine()
    below = document_signer(true.signer, USUAL, "KR", label="below")
    made = made_passport(portrait(), root=true.root, signer=below)
    cms = replace(made.cms, certificates=(below.certificate, true.signer.certificate))
    return told(made.resigned(cms), "unknown_issuer", outcome="unchecked")


@other("the trusted root is no CA")
def _no_ca() -> Forgery:
    """Five of the German list's 588 say so of themselves."""
    true = genuine()
    marks = (subject_key(true.root.key.identifier), basic(ca=False), key_usage(CERT_SIGN, CRL_SIGN))
    return told(true, "certificate_use", trusted=true.root.again(extensions=marks), outcome="flagged")


@other("the trusted root may sign no certificate")
def _no_sign() -> Forgery:
    true = genuine()
    marks = (subject_key(true.root.key.identifier), basic(ca=True), key_usage(CRL_SIGN))
    return told(true, "certificate_use", trusted=true.root.again(extensions=marks))


@other("a signer that may sign certificates only")
def _wrong_use() -> Forgery:
    made = genuine()
    marks = (authority_key(made.root.key.identifier), key_usage(CERT_SIGN))
    signer = document_signer(made.root, USUAL, "KR", extensions=marks)
    return told(made.resigned(replace(made.cms, signer=signer)), "certificate_use")


@other("a signer that is a CA")
def _ca() -> Forgery:
    made = genuine()
    marks = (authority_key(made.root.key.identifier), basic(ca=True), key_usage(DIGITAL_SIGNATURE, CERT_SIGN))
    signer = document_signer(made.root, USUAL, "KR", extensions=marks)
    return told(made.resigned(replace(made.cms, signer=signer)), "certificate_use")


@other("a critical extension that nobody knows")
def _critical() -> Forgery:
    made = genuine()
    unknown = extension("1.3.6.1.4.1.55555.1", NULL, critical=True)
    signer = made.signer.again(made.root, extensions=(*made.signer.ask.extensions, unknown))
    return told(made.resigned(replace(made.cms, signer=signer)), "certificate_use")


@other("a certificate whose two algorithms differ")
def _two_algorithms() -> Forgery:
    made = genuine()
    signer = made.signer.again(made.root, outer=algorithm(BY_NAME["P-384 sha384"]))
    return told(made.resigned(replace(made.cms, signer=signer)), "certificate_form", "issuer_signature")


@anchor("the signer's certificate has ended")
def _ended() -> Forgery:
    made = genuine()
    signer = made.signer.again(made.root, last=made.at - timedelta(days=1))
    return told(made.resigned(replace(made.cms, signer=signer)), "expired_signer")


@other("the signer's certificate has not begun")
def _not_begun() -> Forgery:
    made = genuine()
    signer = made.signer.again(made.root, first=made.at + timedelta(days=1))
    return told(made.resigned(replace(made.cms, signer=signer)), "not_yet_valid")


@anchor("signed before the signer's certificate")
def _too_early() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, signed_at=day(2021))), "signing_time")


@other("signed in the future")
def _future() -> Forgery:
    made = genuine()
    return told(made.resigned(replace(made.cms, signed_at=made.at + timedelta(days=30))), "signing_time")


@other("signed after the signer's key had ended")
def _key_ended() -> Forgery:
    made = genuine()
    period = private_key_period(day(2024, 6), day(2024, 9))
    signer = made.signer.again(made.root, extensions=(*made.signer.ask.extensions, period))
    return told(made.resigned(replace(made.cms, signer=signer)), "signing_time")


@other("the root had ended before it signed the signer")
def _outside() -> Forgery:
    made = genuine()
    root = made.root.again(last=day(2023))
    return told(made, "outside_issuer_validity", trusted=root)


@anchor("a foreign signer for a Korean passport")
def _foreign() -> Forgery:
    foreign = csca("DE", USUAL)
    made = made_passport(portrait(), root=foreign, signer=document_signer(foreign, USUAL, "DE"))
    both = told(made, "country_differs", trusted=foreign)
    return replace(both, trusted=(*both.trusted, genuine().csca))


@other("a country's signer under another country's root")
def _crossed() -> Forgery:
    foreign = csca("DE", USUAL)
    made = made_passport(portrait(), root=foreign, signer=document_signer(foreign, USUAL, "KR"))
    forged = told(made, "country_differs", trusted=foreign)
    return replace(forged, trusted=(*forged.trusted, genuine().csca))


@other("a country that nobody vouches for")
def _nobody() -> Forgery:
    made = genuine(country="JPN")
    return told(made, "unknown_country", outcome="unchecked")


# what a signer may sign, and forms that a person weighs


def _may_sign(*types: str, critical: bool = False) -> Passport:
    listed = seq(integer(0), set_of(map(printable, types)))
    return _says(extension(DOCUMENT_TYPES, listed, critical=critical))


def _says(mark: bytes) -> Passport:
    """A document whose signer's certificate has one more extension."""
    made = genuine()
    signer = made.signer.again(made.root, extensions=(*made.signer.ask.extensions, mark))
    return made.resigned(replace(made.cms, signer=signer))


@other("a signer of visas")
def _visas() -> Forgery:
    return told(_may_sign("V", critical=True), "certificate_use")


@other("a signer of identity cards")
def _cards() -> Forgery:
    return told(_may_sign("ID", "AR"), "certificate_use")


@other("a signer of passports of one kind, and this is of another")
def _other_kind() -> Forgery:
    return told(_may_sign("PD"), "certificate_use")


@other("a signer of what cannot be read, and it depends on that")
def _types_unread() -> Forgery:
    return told(_says(extension(DOCUMENT_TYPES, printable("P"), critical=True)), "certificate_use")


@other("a signer of what cannot be read")
def _types_unread_by_the_way() -> Forgery:
    return told(_says(extension(DOCUMENT_TYPES, printable("P"))), "certificate_form", outcome="flagged")


@other("a signer whose subject names no country")
def _no_country() -> Forgery:
    made = genuine()
    signer = made.signer.again(made.root, subject=seq(set_of([seq(oid("2.5.4.3"), utf8("Document signer"))])))
    return told(made.resigned(replace(made.cms, signer=signer)), "certificate_form", outcome="flagged")


@other("a signer that begins a day before its root")
def _day_before() -> Forgery:
    made = genuine()
    root = made.root.again(first=made.signer.ask.first + timedelta(days=1))
    return told(made, "outside_issuer_validity", trusted=root, outcome="flagged")


@other("a signer that begins two days before its root")
def _days_before() -> Forgery:
    made = genuine()
    root = made.root.again(first=made.signer.ask.first + timedelta(days=2))
    return told(made, "outside_issuer_validity", trusted=root)


@other("a serial number with zeros in front, as the root signed it")
def _padded_serial() -> Forgery:
    made = genuine()
    body = made.signer.certificate
    tbs = body[4 : body.index(algorithm(USUAL), 200)]
    serial = integer(made.signer.ask.serial)
    assert tbs.count(serial) == 1
    tbs = seq(tbs[4:].replace(serial, tlv(0x02, bytes(2), serial[2:])))
    certificate = seq(tbs, algorithm(USUAL), bits(signature(USUAL, made.root.key, tbs)))
    cms = replace(made.cms, signer=replace(made.signer, certificate=certificate))
    return told(made.resigned(cms), "not_der", outcome="flagged")
