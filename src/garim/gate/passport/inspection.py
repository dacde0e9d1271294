"""What an inspection came to: the checks in their order, and what the chip says where it is what was signed.

Laws: a value, and nothing of it is kept anywhere; no repr shows the holder; `facts` gives the holder's data only where
that is asked for, so that what is logged by default names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

from garim.gate.passport.outcomes import SAID_ONLY, Check, Code, Outcome, Verdict, verdict
from garim.gate.passport.words import NOT_LOOKED_AT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from garim.gate.passport.mrz import Mrz

Fact: TypeAlias = "str | int | list[Fact] | dict[str, Fact] | None"


@dataclass(frozen=True, slots=True)
class Inspection:
    """One document, inspected for one moment. Look at `verdict` before anything else.

    `content_sha256` is that of what the signer signed (the SOD's eContent): a log names a document by it and by
    `signer`, never by the SOD's own bytes, of which some can be changed without breaking the signature.
    """

    at: datetime
    checks: tuple[Check, ...]
    files: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=(), repr=False)
    """Names of what else lay beside them, and was not read: somebody chose these, and they can hold anything."""
    kind: str = ""
    """TD1, TD2 or TD3; "" where DG1 is not as it was signed, or cannot be read. So are the four below."""
    issuer: str = ""
    """The issuing state's code, as the machine readable zone has it: "D", "KOR"."""
    expiry: date | None = field(default=None, repr=False)
    mrz: Mrz | None = field(default=None, repr=False)
    portrait: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    """Pixels, [height, width, 3], RGB: of the first image in DG2."""
    signer: str | None = None
    """SHA-256 of the document signer's certificate, hex."""
    csca: str | None = None
    """SHA-256 of the trusted country certificate that the signer chains to, hex; None where it chains to none."""
    content_sha256: str | None = None
    not_looked_at: tuple[str, ...] = NOT_LOOKED_AT

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("inspection: a time without a zone")

    @property
    def verdict(self) -> Verdict:
        """What all checks come to."""
        return verdict(self.checks)

    @property
    def decisive(self) -> tuple[Check, ...]:
        """The checks that made the verdict what it is, the first of each reason and file; empty if `proven`."""
        outcome = _MADE_BY.get(self.verdict)
        found = [check for check in self.checks if check.outcome is outcome and _bars(check)]
        return tuple({(check.reason, check.about): check for check in reversed(found)}.values())[::-1]

    def of(self, code: Code) -> tuple[Check, ...]:
        """The checks of that code, in their order."""
        return tuple(check for check in self.checks if check.code is code)

    def holds(self, code: Code, about: str = "") -> bool:
        """Whether what `code` asks (of the file `about`) passed or was flagged, and nothing of it failed."""
        found = [check for check in self.of(code) if check.about == about]
        return bool(found) and all(check.outcome in (Outcome.PASSED, Outcome.FLAGGED) for check in found)


_MADE_BY = {
    Verdict.REFUSED: Outcome.FAILED,
    Verdict.UNPROVEN: Outcome.UNCHECKED,
    Verdict.FLAGGED: Outcome.FLAGGED,
}


def _bars(check: Check) -> bool:
    return check.outcome is not Outcome.UNCHECKED or check.reason not in SAID_ONLY


def facts(done: Inspection, *, holder: bool) -> dict[str, Fact]:
    """`done` as plain values for JSON: docs/schema/garim-inspection-1.schema.json. `holder` adds the holder's data."""
    return {
        "garim_inspection": 1,
        "garim": version("garim"),
        "at": done.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "verdict": done.verdict.value,
        "checks": [_check(check) for check in done.checks],
        "files": list(done.files),
        "left_out": len(done.left_out),
        "kind": done.kind or None,
        "issuer": done.issuer or None,
        "signer_sha256": done.signer,
        "csca_sha256": done.csca,
        "content_sha256": done.content_sha256,
        "holder": _holder(done) if holder else None,
        "not_looked_at": list(done.not_looked_at),
    }


def kind_of(done: Inspection) -> str:
    """What kind of document it is, for people: "passport (TD3)"."""
    if done.mrz is None:
        return ""
    return f"{'passport' if done.mrz.document_code.startswith('P') else 'travel document'} ({done.kind})"


def of(done: Inspection) -> str:
    """Whose document it is, for people: "issued by KOR", or that it only says so."""
    return f"issued by {done.issuer}" if done.holds(Code.ISSUER) else f"says that it is of {done.issuer}"


def shown(done: Inspection) -> list[tuple[str, str]]:
    """The holder's data for people, field by field; empty where there are none."""
    mrz = done.mrz
    if mrz is None:
        return []
    last = "" if done.expiry is None else done.expiry.isoformat()
    return [
        ("Surname", mrz.surname),
        ("Given names", mrz.given),
        ("Nationality", mrz.nationality),
        ("Date of birth", f"{mrz.birth[:2]}-{mrz.birth[2:4]}-{mrz.birth[4:]} (year-month-day)"),
        ("Sex", mrz.sex or "not said"),
        ("Document number", mrz.number),
        ("Valid until", last),
        ("Optional data", ", ".join(mrz.optional) or "none"),
    ]


def _holder(done: Inspection) -> Fact:
    mrz = done.mrz
    if mrz is None:
        return None
    return {
        "document_code": mrz.document_code,
        "surname": mrz.surname,
        "given": mrz.given,
        "nationality": mrz.nationality,
        "number": mrz.number,
        "birth": mrz.birth,
        "sex": mrz.sex,
        "expiry": mrz.expiry,
        "optional": list(mrz.optional),
    }


def _check(check: Check) -> dict[str, Fact]:
    return {
        "code": check.code.value,
        "about": check.about or None,
        "outcome": check.outcome.value,
        "reason": None if check.reason is None else check.reason.value,
        "said": check.said,
    }
