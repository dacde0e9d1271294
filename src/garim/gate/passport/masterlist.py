"""A COUNTRY'S MASTER LIST: the CSCA certificates of all states that it vouches for, signed (Doc 9303-12, 8).

Laws: nothing on the list is read before its own signature holds; its signer is one for master lists, in force at the
moment that the caller names, and chains to a root that the caller named: no certificate that came along is a root, and
one that a list made trusted is none either, or each country could speak for all. What cannot be read is counted, named
and left out; the rest is read all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from garim.gate.passport import cms, der, validity
from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.chain import Chain, issued
from garim.gate.passport.links import LeftOut, followed
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.signatures import Made

MOST_BYTES = 4 << 20  # the largest known list has 1 MB; hostile bytes take a second a MiB to refuse
MOST = 8192  # certificates on it; the largest known has some 600
_CONTENT_TYPE, _SIGNS_LISTS = "2.23.136.1.1.2", "2.23.136.1.1.3"
_KNOWN = {f"2.5.29.{arc}" for arc in (14, 15, 16, 17, 18, 19, 31, 32, 35, 37)}


@dataclass(frozen=True, slots=True)
class MasterList:
    """A list whose signature holds. `read` counts all that stands on it; `unread` names what is no certificate.

    `sha256` is that of what was signed: the bytes around it can be changed by anybody. `made` says how the list was
    signed, and `chain` how its signer was.
    """

    certificates: tuple[Certificate, ...]
    unread: tuple[LeftOut, ...]
    signer: Certificate
    chain: Chain
    made: Made
    signing_time: datetime | None
    sha256: str

    @property
    def read(self) -> int:
        """How many certificates stand on the list."""
        return len(self.certificates) + len(self.unread)

    @property
    def country(self) -> str:
        """Who vouches for it."""
        return self.signer.country

    @property
    def flags(self) -> tuple[Reason, ...]:
        """What a person has to weigh about its signature and its signer's chain: SHA-1, a short key, a deviation."""
        return tuple(sorted({*self.made.weak, *self.chain.flags}))

    @property
    def issued(self) -> datetime:
        """When it was signed; where it does not say, when its signer could first have."""
        return self.signing_time or self.signer.not_before


def master_list(data: bytes, roots: Sequence[Certificate], *, at: datetime) -> MasterList:
    """The list that `data` (CMS in DER) is, its signer chained to one of `roots` at the time `at`.

    Raises `Refused`: what `cms.opened` and `chain.issued` raise; CERTIFICATE_USE, EXPIRED_SIGNER, NOT_YET_VALID and
    SIGNING_TIME about the signer; LIST_FORM, TOO_LARGE.
    """
    if len(data) > MOST_BYTES:
        raise _refused(Reason.TOO_LARGE, f"has more than {MOST_BYTES >> 20} MiB")
    signed = cms.opened(data, content_types={_CONTENT_TYPE})
    signer = signed.signer()
    _refuse_use(signer)
    made = signed.verified_by(signer)
    came_along = [certificate(one) for one in signed.certificates]
    chain = issued(signer, Anchors(followed(roots, came_along)), at=at)
    against = validity.against(signer, at=at, signed_at=signed.signing_time)
    if against:
        raise _refused(against[0], _AGAINST[against[0]])
    read, unread = _listed(signed.content)
    content = sha256(signed.content).hexdigest()
    return MasterList(tuple(read), tuple(unread), signer, chain, made, signed.signing_time, content)


def _refuse_use(signer: Certificate) -> None:
    says = signer.extensions
    signs = says.key_usage is None or "digitalSignature" in says.key_usage
    if says.is_ca or not signs or says.extended_usage != {_SIGNS_LISTS} or says.critical - _KNOWN:
        raise _refused(Reason.CERTIFICATE_USE, "is signed by a certificate that is not for master lists")


def _listed(content: bytes) -> tuple[list[Certificate], list[LeftOut]]:
    """CscaMasterList ::= SEQUENCE { version 0, certList SET OF Certificate }."""
    fields = der.Fields(der.read(content))
    if der.integer(fields.take()) != 0:
        raise _refused(Reason.LIST_FORM, "is of a version that Doc 9303 does not have")
    items = fields.take(der.SET).items()
    fields.end()
    if not 0 < len(items) <= MOST:
        raise _refused(Reason.LIST_FORM, f"holds {len(items)} certificates")
    read: list[Certificate] = []
    unread: list[LeftOut] = []
    for item in items:
        try:
            one = certificate(item.whole)
            read.append(one)
        except Refused as refused:
            unread.append(LeftOut(sha256(item.whole).hexdigest(), "", None, "", refused.reason, str(refused)))
    return read, unread


_AGAINST = {
    Reason.EXPIRED_SIGNER: "is signed by a certificate that has expired: it is an old list",
    Reason.NOT_YET_VALID: "is signed by a certificate that is not yet valid",
    Reason.SIGNING_TIME: "says that it was signed when its signer might not sign, or later than now",
}


def _refused(reason: Reason, what: str) -> Refused:
    return Refused(reason, f"master list: {what}; nothing on it was trusted. Get the country's current one")
