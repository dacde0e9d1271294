"""WHICH SIGNERS A COUNTRY TOOK BACK: its revocation lists (CRLs; RFC 5280, 5, as Doc 9303-12, 7.1.4 narrows it).

Laws: a list counts once a trusted CSCA of its country signed it, in force on the list's day, and only for certificates
of the issuer that it names. A CSCA of several keys may bring a list for each: all are asked, and what one revokes is
revoked, on a stale list, too; that a certificate is on none is said by the newest of them, where it is in force, and by
nothing else. A list that speaks for others, or only of changes, or in critical words that are not known, is refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from garim.gate.passport import der, distinguished
from garim.gate.passport.anchors import Trust
from garim.gate.passport.certificate import Certificate
from garim.gate.passport.der import Fields, Item
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made, verify

MOST_BYTES = 4 << 20  # some 100,000 certificates; the largest known list has a few thousand
_AKI, _NUMBER, _PARTS = "2.5.29.35", "2.5.29.20", "2.5.29.28"
_EXPLICIT, _KEY_ID = 0xA0, 0x80
_V2 = 1
_SIGNS_LISTS = "cRLSign"
_SIGNER = "signer's certificate"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A country's list, read; `made` None until its signature was verified."""

    sha256: str
    """Of what is signed: the bytes around it can be changed by anybody."""
    issuer_der: bytes
    country: str
    aki: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]
    """Serial numbers, and since when each is revoked."""
    made: Made | None = None
    issuer: str = ""
    """Who signed it, readable."""
    key: str = ""
    """Whose key: the SHA-256 of its SubjectPublicKeyInfo, hex. A newer list of one key does not replace another's."""


def proved(data: bytes, trust: Trust, *, at: datetime) -> RevocationList:
    """The revocation list that `data` (DER) is, signed by a trusted CSCA of its country.

    Raises `Refused`: REVOCATION_FORM, NOT_DER and its kind, TOO_LARGE, UNKNOWN_COUNTRY, UNKNOWN_ISSUER,
    ISSUER_SIGNATURE, NOT_YET_VALID, OUTSIDE_ISSUER_VALIDITY.

    What a person has to weigh about how the CSCA came to be trusted is in `made.weak`, too.
    """
    if len(data) > MOST_BYTES:
        raise _refused(Reason.TOO_LARGE, f"has more than {MOST_BYTES >> 20} MiB")
    whole = Fields(der.read(data))
    signed, algorithm, signature = whole.take(der.SEQUENCE), whole.take(der.SEQUENCE), der.bits(whole.take())
    whole.end()
    read = _read(signed, algorithm, sha256(signed.whole).hexdigest())
    if read.this_update > at:
        raise _refused(Reason.NOT_YET_VALID, "is of a later day")
    csca, made = _issuer(read, trust, lambda one: verify(one.key(), algorithm.whole, signature, signed.whole))
    weak = tuple(sorted({*made.weak, *trust.flags(csca)}))
    key = sha256(csca.spki).hexdigest()
    return replace(read, made=Made(made.words, weak), issuer=csca.subject, key=key)


def _issuer(read: RevocationList, trust: Trust, verified: Callable[[Certificate], Made]) -> tuple[Certificate, Made]:
    """Of the trusted certificates whose key signed it, in force on its day, the one with the least to weigh."""
    found: list[tuple[Certificate, Made]] = []
    for csca in _signers(read, trust):
        with contextlib.suppress(Refused):
            found.append((csca, verified(csca)))
    if not found:
        raise _refused(Reason.ISSUER_SIGNATURE, f"says that {read.country} signed it, and no trusted key of it did")
    # no rule was found that lets a key sign lists when its certificate has run out, and who holds it then, nobody says
    fit = [(csca, made) for csca, made in found if csca.not_before <= read.this_update <= csca.not_after]
    if not fit:
        raise _refused(
            Reason.OUTSIDE_ISSUER_VALIDITY, "is of a day on which the certificate of its key was not in force"
        )
    return min(fit, key=lambda one: len(trust.flags(one[0])))


def _signers(read: RevocationList, trust: Trust) -> list[Certificate]:
    """The trusted certificates whose key may have signed the list."""
    if read.country not in trust.countries:
        raise _refused(Reason.UNKNOWN_COUNTRY, f"is of {read.country or 'no country'}, of which nothing is trusted")
    found = [
        one
        for one in trust.candidates(read.issuer_der, read.aki)
        if one.country == read.country and _may_sign(one.extensions.key_usage)
    ]
    if not found:
        raise _refused(Reason.UNKNOWN_ISSUER, f"is of an issuer in {read.country} that is not trusted")
    return found


def _may_sign(uses: frozenset[str] | None) -> bool:
    return uses is None or _SIGNS_LISTS in uses


def revoked(certificate: Certificate, lists: Iterable[RevocationList], *, at: datetime) -> RevocationList:
    """The newest list of the issuer of `certificate`; it is in force at `at`, and none of that issuer names it.

    Raises `Refused`: REVOKED, NO_REVOCATION_LIST (none is of its issuer), STALE_REVOCATION_LIST.
    """
    fit = _of_issuer(certificate, lists)
    refuse_revoked(certificate, fit)
    if not fit:
        raise _of(_SIGNER, Reason.NO_REVOCATION_LIST, "no revocation list of its issuer is at hand")
    newest = max(fit, key=lambda one: one.this_update)
    if newest.next_update is None or newest.next_update < at:
        said = f"the newest list of its issuer that came in is of {newest.this_update:%Y-%m-%d}"
        raise _of(_SIGNER, Reason.STALE_REVOCATION_LIST, said)
    return newest


def refuse_revoked(certificate: Certificate, lists: Iterable[RevocationList], *, whose: str = _SIGNER) -> None:
    """Raise `Refused` (REVOKED) where any list of its issuer names `certificate`, stale or not, whichever key signed.

    For a country's own certificates that is all there is to ask: a list that does not name its own key proves nothing.
    """
    for one in _of_issuer(certificate, lists):
        if certificate.serial in one.revoked:
            since = one.revoked[certificate.serial]
            raise _of(whose, Reason.REVOKED, f"the country revoked it on {since:%Y-%m-%d}")


def _of_issuer(certificate: Certificate, lists: Iterable[RevocationList]) -> list[RevocationList]:
    return [one for one in lists if one.made is not None and speaks_of(one, certificate)]


def speaks_of(read: RevocationList, certificate: Certificate) -> bool:
    """Whether the list is of the certificate's issuer: by name, which all keys of a CSCA share."""
    return distinguished.same(read.issuer_der, certificate.issuer_der)


def _read(signed: Item, algorithm: Item, digest: str) -> RevocationList:
    fields = Fields(signed)
    version = fields.maybe(der.INTEGER)
    if version is None or der.integer(version) != _V2:
        raise _refused(Reason.REVOCATION_FORM, "is of a version that Doc 9303 does not have")
    if fields.take(der.SEQUENCE).whole != algorithm.whole:
        raise _refused(Reason.REVOCATION_FORM, "names two algorithms for its one signature")
    issuer, this_update = fields.take(der.SEQUENCE), der.time(fields.take())
    next_update = fields.maybe(der.UTC_TIME, der.GENERALIZED_TIME)
    entries = fields.maybe(der.SEQUENCE)
    tagged = fields.maybe(_EXPLICIT)
    fields.end()
    extensions = _extensions(_only(tagged)) if tagged is not None else {}
    _refuse_critical(extensions, known={_AKI, _NUMBER, _PARTS})
    if _PARTS in extensions:
        _refuse_part(extensions[_PARTS][1])
    return RevocationList(
        sha256=digest,
        issuer_der=issuer.whole,
        country=distinguished.country(issuer.whole),
        aki=_key_id(extensions),
        number=der.integer(der.read(extensions[_NUMBER][1], der.INTEGER)) if _NUMBER in extensions else None,
        this_update=this_update,
        next_update=der.time(next_update) if next_update is not None else None,
        revoked=MappingProxyType(dict(map(_entry, entries.items() if entries is not None else ()))),
    )


def _entry(item: Item) -> tuple[int, datetime]:
    fields = Fields(item)
    serial, since = der.integer(fields.take()), der.time(fields.take())
    extensions = fields.maybe(der.SEQUENCE)
    fields.end()
    if extensions is not None:
        _refuse_critical(_extensions(extensions), known=set())  # among them, whose certificate it is
    return serial, since


def _extensions(sequence: Item) -> dict[str, tuple[bool, bytes]]:
    """What each says, by its object identifier: whether it is critical, and its value."""
    found = {}
    for item in sequence.items():
        fields = Fields(item)
        oid, critical = der.oid(fields.take()), fields.maybe(der.BOOLEAN)
        value = der.octets(fields.take())
        fields.end()
        if oid in found:
            raise _refused(Reason.REVOCATION_FORM, "says one thing twice")
        found[oid] = (critical is not None and der.boolean(critical), value)
    return found


def _refuse_critical(extensions: Mapping[str, tuple[bool, bytes]], *, known: set[str]) -> None:
    for oid, (critical, _) in extensions.items():
        if critical and oid not in known:
            raise _refused(Reason.REVOCATION_FORM, f"depends on something ({oid}) that is not read")


def _refuse_part(value: bytes) -> None:
    """A list may say where it is published; not that it speaks only of some certificates, or for other issuers."""
    if any(item.tag != _EXPLICIT for item in der.read(value).items()):
        raise _refused(Reason.REVOCATION_FORM, "speaks only of some certificates, or for others")


def _key_id(extensions: Mapping[str, tuple[bool, bytes]]) -> bytes | None:
    if _AKI not in extensions:
        return None
    identifier = Fields(der.read(extensions[_AKI][1])).maybe(_KEY_ID)
    return None if identifier is None else identifier.content


def _only(tagged: Item) -> Item:
    fields = Fields(tagged, tag=tagged.tag)
    item = fields.take(der.SEQUENCE)
    fields.end()
    return item


def _of(whose: str, reason: Reason, what: str) -> Refused:
    return Refused(reason, f"{whose}: {what}; whether it still holds is not proved by a list")


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"revocation list: {what}; it was not used. Get the country's current one")
