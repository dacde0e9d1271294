"""What checks, outcomes and verdicts are called for whoever stands at the counter. The same words on paper and screen.

Laws: no word here is stronger than what was proved: there is no "valid" and no "genuine", since a copied chip and a
portrait made of two faces pass every check; nothing here depends on who the holder is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from garim.gate.passport.outcomes import Code, Outcome, Reason, Verdict


class Said(NamedTuple):
    """A verdict for people: the word, what it means, and what to do next."""

    word: str
    means: str
    then: str


VERDICTS: dict[Verdict, Said] = {
    Verdict.PROVEN: Said(
        "PROVEN",
        "The issuing state signed what is on this chip, and nothing of it was changed since.",
        "Compare the person with the portrait from the chip, and the printed page with the chip's data.",
    ),
    Verdict.FLAGGED: Said(
        "FLAGGED",
        "The issuing state signed what is on this chip, in a way that a person has to weigh.",
        "Decide whether that matters here; the lines marked flagged have the rest.",
    ),
    Verdict.UNPROVEN: Said(
        "NOT PROVEN",
        "Something that a proof needs could not be checked. That says neither that the document is false nor that it "
        "is not.",
        "Get what is missing, or check the document by other means; the lines marked unchecked have the rest.",
    ),
    Verdict.REFUSED: Said(
        "REFUSED",
        "Something does not hold: the data are not as they were signed, or they break a rule that real documents keep.",
        "Read the chip once more; if it stays so, a person examines the document.",
    ),
}

_WHY: tuple[tuple[frozenset[Reason], str, str], ...] = (
    (
        frozenset({Reason.DOCUMENT_EXPIRED, Reason.EXPIRED_SIGNER}),
        "It is out of date: what was looked at holds but for that.",
        "Ask for a document that is in force; for another day than today, set the day.",
    ),
    (
        frozenset({Reason.NOT_YET_VALID}),
        "It is not in force yet on the day that was asked about: what was looked at holds but for that.",
        "See that the clock is right; if it is, a person examines the document.",
    ),
    (
        frozenset({Reason.MISSING_FILE}),
        "What was handed over is not the files of a passport's chip, or not enough of them to look at.",
        "Read the chip once more, its SOD too. That says nothing about the document.",
    ),
    (
        frozenset({Reason.PRINTED_DIFFERS}),
        "The printed page that was handed over says something else than the chip.",
        "Type or scan the page again; if it stays so, a person examines the document.",
    ),
    (
        frozenset({Reason.CHECK_DIGIT}),
        "A check digit in the chip's machine readable zone does not fit its field.",
        "Compare the printed page with the chip's data; a person examines the document.",
    ),
)
"""Refusals whose cause is one thing only: what each says instead of what would accuse. By reasons, means, then."""


def said(verdict: Verdict, reasons: Iterable[Reason | None]) -> Said:
    """The verdict in words; `reasons` are those of the checks that made it."""
    found = set(reasons)
    if verdict is Verdict.REFUSED and found:
        for cause, means, then in _WHY:
            if found <= cause:
                return Said(VERDICTS[verdict].word, means, then)
    return VERDICTS[verdict]


CODES: dict[Code, str] = {
    Code.FILES: "Files of the chip",
    Code.SOD_SIGNATURE: "Signature over the data",
    Code.SIGNER_CERTIFICATE: "Signer's certificate",
    Code.SIGNER_VALIDITY: "Signer's validity",
    Code.CHAIN: "Country's certificate",
    Code.REVOCATION: "Revocation",
    Code.SOD_COM: "List of files",
    Code.DG_HASH: "Data groups",
    Code.ISSUER: "Issuing state",
    Code.MRZ_DIGITS: "Check digits",
    Code.MRZ_PRINTED: "Printed page",
    Code.EXPIRY: "Expiry",
    Code.PORTRAIT: "Portrait",
}

MARKS: dict[Outcome, str] = {
    Outcome.PASSED: "+",
    Outcome.FLAGGED: "!",
    Outcome.UNCHECKED: "?",
    Outcome.FAILED: "X",
}
"""One letter an outcome: colour alone tells some people nothing."""

FILES: dict[str, str] = {
    "COM": "list of files",
    "SOD": "hashes and signature",
    "DG1": "machine readable zone",
    "DG2": "portrait",
    "DG3": "fingerprints",
    "DG4": "irises",
    "DG5": "displayed portrait",
    "DG7": "displayed signature",
    "DG11": "more about the holder",
    "DG12": "more about the document",
    "DG13": "optional details",
    "DG14": "chip's security options",
    "DG15": "chip's own public key",
    "DG16": "people to notify",
}

NOT_LOOKED_AT = (
    "whether the chip is a copy: its files can be copied whole; chip or active authentication tells, with the chip "
    "itself at the reader",
    "whether the portrait is a morph of two people, which a state may have signed unknowingly",
    "whether the person at the counter is the one in the portrait",
    "the paper, the print and the security features of the page",
    "whether the document was reported lost or stolen",
    "what is in fingerprints, irises and other files: only that they are as they were signed",
)
"""What no check here answers. It stands in every result."""


def titled(code: Code, about: str) -> str:
    """What a check is called: "Check digits", "DG2, portrait"."""
    if code is Code.DG_HASH and about in FILES:
        return f"{about}, {FILES[about]}"
    return f"{CODES[code]}: {about}" if about else CODES[code]
