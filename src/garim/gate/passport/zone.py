"""The machine readable zone in DG1: its digits, the printed page, the state that issued it, and its last day.

Laws: what DG1 says is read only where DG1 is what was signed; which country signed is believed only where a chain
proves it; a sentence here names fields, never what stands in them, but for the issuing state's code, which is no
holder's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from garim.gate.passport import finding
from garim.gate.passport.countries import UNKNOWN_LETTERS, alpha2
from garim.gate.passport.document import Document
from garim.gate.passport.mrz import Mrz, dg1, expires, parse, wrong_digits
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused

_FIELDS = {
    "number": "the document number",
    "birth": "the date of birth",
    "expiry": "the date of expiry",
    "optional": "the optional data",
    "composite": "the whole",
}
CODES = (Code.ISSUER, Code.MRZ_DIGITS, Code.MRZ_PRINTED, Code.EXPIRY)


@dataclass(frozen=True, slots=True)
class Zone:
    """What DG1 says, where it could be read, and the checks of it."""

    checks: tuple[Check, ...]
    mrz: Mrz | None = None
    expiry: date | None = None


def zone(
    document: Document, broken: Check | None, *, chain: Check, country: str, at: datetime, printed: str | None
) -> Zone:
    """The checks of DG1; `broken` is why it is not proven, where it is not, and `country` the signer's, alpha-2.

    `chain` is what proves, or does not, that the signer is of that country.
    """
    if broken is not None:
        return Zone(finding.blocked(CODES, broken))
    try:
        mrz = dg1(document.files["DG1"])
    except Refused as error:
        unread = finding.refused(Code.MRZ_DIGITS, error, "DG1")
        return Zone((*finding.blocked([Code.ISSUER], unread), unread, *finding.blocked(CODES[2:], unread)))
    last, expiry = _expiry(mrz, at.date())
    return Zone((_issuer(mrz, chain, country), *_digits(mrz), _printed(mrz, printed), expiry), mrz, last)


def _issuer(mrz: Mrz, chain: Check, country: str) -> Check:
    """The issuing state against the signer's country: a state signs its own documents only.

    That they differ is found out whoever the signer is; that they are one proves something only where it is known.
    """
    proven = chain.outcome in (Outcome.PASSED, Outcome.FLAGGED)
    states = alpha2(mrz.issuer)
    if not states:
        return _unknown(mrz.issuer)
    if country.upper() not in states and (country or proven):
        said = f"the document says that {mrz.issuer} issued it; the signer is of {country or 'no country'}"
        return finding.failed(Code.ISSUER, Reason.COUNTRY_DIFFERS, said)
    if not proven:
        return finding.blocked([Code.ISSUER], chain)[0]
    return finding.passed(Code.ISSUER, f"{mrz.issuer}, as the signer's certificate has it ({country})")


def _unknown(issuer: str) -> Check:
    said = "the machine readable zone names an issuer that Doc 9303-3 does not list"
    if issuer in UNKNOWN_LETTERS:
        said = f"{issuer} issues documents; what country its certificates name is not known here: look at the signer's"
    return finding.unchecked(Code.ISSUER, Reason.UNKNOWN_COUNTRY, said)


def _digits(mrz: Mrz) -> Iterator[Check]:
    if wrong := wrong_digits(mrz):
        said = f"wrong in the chip's machine readable zone: that of {', '.join(_FIELDS[field] for field in wrong)}"
        yield finding.failed(Code.MRZ_DIGITS, Reason.CHECK_DIGIT, said)
    else:
        yield finding.passed(Code.MRZ_DIGITS, "each one fits its field")


def _printed(mrz: Mrz, printed: str | None) -> Check:
    if printed is None:
        said = "nobody handed over what the page shows: compare it with the chip's data by eye"
        return finding.unchecked(Code.MRZ_PRINTED, Reason.NO_PRINTED_MRZ, said)
    try:
        page = parse(printed)
    except Refused as error:
        said = "what was handed over as the printed page is no machine readable zone: type it again"
        return finding.unchecked(Code.MRZ_PRINTED, error.reason, said)  # a slip of who typed is no forgery
    if page.lines != mrz.lines:
        said = "the page shows another machine readable zone than the chip holds"
        return finding.failed(Code.MRZ_PRINTED, Reason.PRINTED_DIFFERS, said)
    return finding.passed(Code.MRZ_PRINTED, "the page shows what the chip holds, letter by letter")


def _expiry(mrz: Mrz, today: date) -> tuple[date | None, Check]:
    if "<" in mrz.expiry:
        said = "the machine readable zone does not say until when the document is valid"
        return None, finding.unchecked(Code.EXPIRY, Reason.MRZ_FORM, said)
    try:
        last = expires(mrz, today)
    except Refused as error:
        return None, finding.refused(Code.EXPIRY, error)
    if last < today:
        return last, finding.failed(Code.EXPIRY, Reason.DOCUMENT_EXPIRED, "the document has expired")
    return last, finding.passed(Code.EXPIRY, "the document has not expired")
