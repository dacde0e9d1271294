"""A BORDER, for tests: what `garim.gate.passport` says of the files of a made document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from garim.gate.passport.anchors import Anchors
from garim.gate.passport.certificate import certificate
from garim.gate.passport.decoder import Decoder
from garim.gate.passport.document import Document
from garim.gate.passport.inspect import inspect
from garim.gate.passport.inspection import Inspection
from garim.gate.passport.outcomes import SAID_ONLY, Outcome


def shown(
    files: Mapping[str, bytes],
    trusted: Iterable[bytes],
    at: datetime,
    *,
    decoder: Decoder | None = None,
    printed_mrz: str | None = None,
) -> Inspection:
    """The document of `files`, where the CSCA certificates `trusted` are trusted."""
    trust = Anchors([certificate(der) for der in trusted])
    return inspect(Document(files), trust, at=at, decoder=decoder, printed_mrz=printed_mrz)


def reasons(done: Inspection, outcome: Outcome) -> set[str]:
    """Why checks came to `outcome`; what was not given, and bars no proof, is not among them."""
    found = {check.reason for check in done.checks if check.outcome is outcome and check.reason is not None}
    return {reason.value for reason in found - SAID_ONLY}


def told(done: Inspection) -> str:
    """All that did not pass, for whoever reads a red test."""
    return "\n".join(
        f"{check.code} {check.about} {check.outcome} {check.reason}: {check.said}"
        for check in done.checks
        if check.outcome is not Outcome.PASSED
    )
