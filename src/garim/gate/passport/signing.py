"""Who signed: the SOD's signature, the signer's certificate and its time, its chain to a trusted country, revocation.

Laws: each question has its own line, and one that cannot be asked any more says after which other it could not; a
signature by somebody whom nobody knows proves only that the data belong together; what is weak has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from garim.gate.passport import finding, mrz, validity
from garim.gate.passport.anchors import Trust
from garim.gate.passport.certificate import Certificate
from garim.gate.passport.chain import Chain, chained, refuse_type, refuse_use
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused
from garim.gate.passport.revocation import RevocationList, refuse_revoked, revoked
from garim.gate.passport.sod import Sod, sod

CODES = (Code.SOD_SIGNATURE, Code.SIGNER_CERTIFICATE, Code.SIGNER_VALIDITY, Code.CHAIN, Code.REVOCATION)

_FLAGS = {
    Reason.WEAK_HASH: "it rests on SHA-1, for which forgeries are within reach",
    Reason.WEAK_KEY: "the key is shorter than today's rules allow",
    Reason.DIGEST_DIFFERS: "it names two hashes for one signature, which holds",
    Reason.CONTENT_IS_ID_DATA: "its content has no type of its own, as some states write it",
    Reason.CERTIFICATE_FORM: "names or key identifiers do not fit, though the key does",
    Reason.CERTIFICATE_USE: "a certificate does not say what its key is for",
    Reason.ALGORITHM_NAME: "it names a kind of key where its algorithm belongs; with the hash beside it, it holds",
    Reason.LDS_VERSION: "its version and what it says of its version do not go together",
    Reason.NOT_DER: "its order, a time or a number is not written as DER has it, and has one reading all the same",
    Reason.OUTSIDE_ISSUER_VALIDITY: "the signer's certificate begins up to a day before its country's",
}
_FLAGS_OF = {
    (Code.SOD_SIGNATURE, Reason.CERTIFICATE_FORM): "its signer is not named as the certificate is, or another "
    "certificate beside it cannot be read; the key is the signer's",
    (Code.SIGNER_CERTIFICATE, Reason.CERTIFICATE_FORM): "which types of documents it may sign is not written in a form "
    "that is read",
}
_OTHER = "it is not as ICAO Doc 9303 has it"
_TIMES = {
    Reason.EXPIRED_SIGNER: "the signer's certificate had expired",
    Reason.NOT_YET_VALID: "the signer's certificate was not valid yet",
    Reason.SIGNING_TIME: "the signature says that it was made when the signer might not sign, or later than now",
}


@dataclass(frozen=True, slots=True)
class Signing:
    """What was signed and by whom, as far as it could be read; `broken` is why the hashes in it are not proven."""

    checks: tuple[Check, ...]
    sod: Sod | None = None
    signer: Certificate | None = None
    csca: Certificate | None = None
    broken: Check | None = None

    @property
    def country(self) -> str:
        """Whose signer it is: by the certificate that signed its own, or as far as it says so itself."""
        known = self.csca or self.signer
        return known.country if known else ""


def signing(
    data: bytes | None, trust: Trust | None, crls: Sequence[RevocationList], *, at: datetime, dg1: bytes | None = None
) -> Signing:
    """The checks of the SOD `data` at the time `at`; None where it, or `dg1`, was not handed over."""
    if data is None:
        absent = finding.unchecked(Code.SOD_SIGNATURE, Reason.MISSING_FILE, "EF.SOD was not handed over")
        return _nothing(absent)
    try:
        read = sod(data)
    except Refused as error:
        return _nothing(finding.refused(Code.SOD_SIGNATURE, error))
    if not read.signed.certificates:  # which LDS 1.7 allows
        said = "no certificate came along, and who signed cannot be looked up here"
        return _without_signer(read, finding.unchecked(Code.SIGNER_CERTIFICATE, Reason.NO_SIGNER_CERTIFICATE, said))
    try:
        signer = read.signed.signer()
    except Refused as error:
        return _without_signer(read, finding.refused(Code.SIGNER_CERTIFICATE, error))
    proof = tuple(_signature(read, signer))
    broken = next((check for check in proof if check.outcome is Outcome.FAILED), None)
    chain, of_chain = _chain(signer, trust, at)
    checks = (*proof, *_certificate(signer, read, dg1), _validity(read, signer, at), *of_chain)
    csca = None if chain is None else chain.csca
    path = (signer,) if chain is None else chain.path
    return Signing((*checks, *_revocation(path, of_chain[0], crls, at)), read, signer, csca, broken)


def _nothing(why: Check) -> Signing:
    return Signing((why, *finding.blocked(CODES[1:], why)), broken=why)


def _without_signer(read: Sod, why: Check) -> Signing:
    unproven = finding.blocked([Code.SOD_SIGNATURE], why)
    return Signing((*unproven, why, *finding.blocked(CODES[2:], why)), read, broken=why)


def _signature(read: Sod, signer: Certificate) -> Iterator[Check]:
    try:
        made = read.signed.verified_by(signer)
    except Refused as error:
        yield finding.refused(Code.SOD_SIGNATURE, error)
        return
    flags = (*made.weak, *read.flags)
    yield from _flagged(Code.SOD_SIGNATURE, flags, made.words)
    if not flags:
        yield finding.passed(Code.SOD_SIGNATURE, f"it is the signer's ({made.words})")


def _certificate(signer: Certificate, read: Sod, dg1: bytes | None) -> Iterator[Check]:
    try:
        refuse_use(signer)
    except Refused as error:
        yield finding.refused(Code.SIGNER_CERTIFICATE, error)
        return
    other_type = _type(signer, read, dg1)
    if other_type is not None:
        yield other_type
        return
    unsaid = (Reason.CERTIFICATE_USE,) if signer.extensions.key_usage is None else ()
    flags = (*unsaid, *signer.deviations)
    yield from _flagged(Code.SIGNER_CERTIFICATE, flags, signer.subject)
    if not flags:
        yield finding.passed(Code.SIGNER_CERTIFICATE, f"for signing documents: {signer.subject}")


def _type(signer: Certificate, read: Sod, dg1: bytes | None) -> Check | None:
    """What speaks against the document's type, where the signer says which it may sign; None where nothing does."""
    if signer.extensions.document_types is None:
        return None
    open_ = "it says which types of documents it may sign, and the type of this one is not proven"
    if dg1 is None:
        return finding.unchecked(Code.SIGNER_CERTIFICATE, Reason.MISSING_FILE, open_)
    try:
        read.cover(1, dg1)
        code = mrz.dg1(dg1).document_code
    except Refused as error:
        return finding.unchecked(Code.SIGNER_CERTIFICATE, error.reason, open_)
    try:
        refuse_type(signer, code)
    except Refused as error:
        return finding.refused(Code.SIGNER_CERTIFICATE, error)
    return None


def _validity(read: Sod, signer: Certificate, at: datetime) -> Check:
    found = validity.against(signer, at=at, signed_at=read.signed.signing_time)
    span = f"{signer.not_before:%Y-%m-%d} to {signer.not_after:%Y-%m-%d}"
    if found:
        return finding.failed(Code.SIGNER_VALIDITY, found[0], f"on {at:%Y-%m-%d}: {_TIMES[found[0]]} ({span})")
    return finding.passed(Code.SIGNER_VALIDITY, f"valid on {at:%Y-%m-%d} ({span})")


def _chain(signer: Certificate, trust: Trust | None, at: datetime) -> tuple[Chain | None, tuple[Check, ...]]:
    if trust is None or not trust.countries:
        said = "no trusted country certificates are at hand, so who signed is not proven"
        return None, (finding.unchecked(Code.CHAIN, Reason.NO_TRUST_LIST, said),)
    try:
        chain = chained(signer, trust, at=at)
    except Refused as error:
        return None, (_no_chain(error, signer),)
    said = f"signed by a trusted certificate of {chain.csca.country}: {chain.csca.subject}"
    vouched = f"how that came to be trusted: {chain.csca.subject}"
    flags = (*_flagged(Code.CHAIN, chain.flags, said), *_flagged(Code.CHAIN, trust.flags(chain.csca), vouched))
    if flags:
        return chain, flags
    return chain, (finding.passed(Code.CHAIN, said),)


def _no_chain(error: Refused, signer: Certificate) -> Check:
    """A country or an issuer that nobody here knows is nothing wrong with the document: it is not proven."""
    if error.reason in (Reason.UNKNOWN_COUNTRY, Reason.UNKNOWN_ISSUER):
        said = f"its issuer is not among those trusted, so who signed is not proven: {signer.issuer}"
        return finding.unchecked(Code.CHAIN, error.reason, said)
    return finding.refused(Code.CHAIN, error)


def _revocation(
    path: Sequence[Certificate], chain: Check, crls: Sequence[RevocationList], at: datetime
) -> Iterator[Check]:
    """On a list, the signer or a key above it: revoked, whoever signed. On none: said where its country signed."""
    try:
        for one in path[1:]:
            refuse_revoked(one, crls, whose="country's certificate above the signer's")
        clean = revoked(path[0], crls, at=at)
    except Refused as error:
        if error.reason is Reason.REVOKED:
            yield finding.refused(Code.REVOCATION, error)
        else:
            yield finding.unchecked(Code.REVOCATION, error.reason, finding.what(error))
        return
    if chain.outcome in (Outcome.FAILED, Outcome.UNCHECKED):
        yield from finding.blocked([Code.REVOCATION], chain)
        return
    said = f"not on its issuer's list of {clean.this_update:%Y-%m-%d}"
    if clean.made is not None and clean.made.weak:
        yield from _flagged(Code.REVOCATION, clean.made.weak, said)
    else:
        yield finding.passed(Code.REVOCATION, said)


def _flagged(code: Code, flags: Sequence[Reason], how: str) -> Iterator[Check]:
    for flag in dict.fromkeys(flags):
        said = _FLAGS_OF.get((code, flag)) or _FLAGS.get(flag, _OTHER)
        yield finding.flagged(code, flag, f"{said} ({how})")
