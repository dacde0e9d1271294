"""PASSIVE AUTHENTICATION, WHOLE: each check of one document with its outcome, in the order of Frontex's guidelines.

    SOD signature, signer's certificate, its time, its chain, revocation, SOD against EF.COM, each data group's hash,
    issuing state against signer, check digits, printed page, expiry, portrait

Laws: whatever is wrong with a document is a check that failed, never an exception; a check that could not be made is
`unchecked` with its reason, never left out; what the chip says is given out only where it is what was signed; nothing
is kept. The time is the caller's: nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from garim.gate.passport import covered, finding
from garim.gate.passport.anchors import Trust
from garim.gate.passport.document import Document
from garim.gate.passport.inspection import Inspection
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused
from garim.gate.passport.portrait import FaceImage, portraits
from garim.gate.passport.revocation import RevocationList
from garim.gate.passport.signing import Signing, signing
from garim.gate.passport.zone import zone

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from garim.gate.passport.decoder import Decoder

_DEVIATIONS = {
    Reason.LENGTH_NOT_SHORTEST: "a length in it is not in its shortest form, as some chips write it",
    Reason.RECORD_LENGTH: "its record says another length than it has",
    Reason.IMAGE_TYPE_DIFFERS: "its record says another format than it has",
    Reason.IMAGE_SIZE_DIFFERS: "its record says another size than it has",
}


def inspect(
    document: Document,
    trust: Trust | None,
    *,
    at: datetime,
    printed_mrz: str | None = None,
    decoder: Decoder | None = None,
    crls: Sequence[RevocationList] = (),
) -> Inspection:
    """`document` as it stands at the time `at`, against the country certificates in `trust`.

    Without `trust` nobody's signature is believed; without a `decoder` portraits are not decoded: both leave the
    document unproven. `printed_mrz` is what the page shows, two or three lines; `crls` are proved revocation lists.
    Raises `ValueError` where `at` has no zone, `Unfinished` where this machine cannot decode pictures.
    """
    if at.tzinfo is None:
        raise ValueError("inspect: a time without a zone")
    files = tuple(covered.files(document))
    signed = signing(document.files.get("SOD"), trust, crls, at=at, dg1=document.files.get("DG1"))
    compared = tuple(_compared(document, signed))
    chain = next(check for check in signed.checks if check.code is Code.CHAIN)
    told = zone(document, _barred("DG1", compared), chain=chain, country=signed.country, at=at, printed=printed_mrz)
    pixels, seen = _portrait(document, _barred("DG2", compared), decoder)
    return Inspection(
        at=at,
        checks=(*files, *signed.checks, *compared, *told.checks, *seen),
        files=tuple(document.files),
        left_out=document.left_out,
        kind=told.mrz.kind.value if told.mrz else "",
        issuer=told.mrz.issuer if told.mrz else "",
        expiry=told.expiry,
        mrz=told.mrz,
        portrait=pixels,
        signer=signed.signer.sha256 if signed.signer else None,
        csca=signed.csca.sha256 if signed.csca else None,
        content_sha256=signed.sod.content_sha256 if signed.sod else None,
    )


def unread(error: Refused, path: Path, *, at: datetime) -> Inspection:
    """What comes of the folder or zip `path` that `read` refused: one check that failed, and all others unchecked."""
    said = finding.what(error).removeprefix(f"{path}: ")  # a path may name the holder
    why = finding.failed(Code.FILES, error.reason, said)
    return Inspection(at=at, checks=(why, *finding.blocked([code for code in Code if code is not Code.FILES], why)))


def _compared(document: Document, signed: Signing) -> Iterator[Check]:
    if signed.sod is None:
        assert signed.broken is not None
        yield from finding.blocked((Code.SOD_COM, Code.DG_HASH), signed.broken)
        return
    yield covered.com(document, signed.sod, signed.broken)
    yield from covered.hashes(document, signed.sod, signed.broken)


def _barred(name: str, compared: Sequence[Check]) -> Check | None:
    """Why the file `name` is not what was signed, as far as is known; None where it is."""
    own = [check for check in compared if check.code is Code.DG_HASH and check.about in (name, "")]
    if not own:
        said = "it was not handed over, and nobody signed it"
        return finding.unchecked(Code.DG_HASH, Reason.MISSING_FILE, said, name)
    return next((check for check in own if check.outcome is not Outcome.PASSED), None)


def _portrait(
    document: Document, barred: Check | None, decoder: Decoder | None
) -> tuple[NDArray[np.uint8] | None, tuple[Check, ...]]:
    """The first image's pixels, and what is to say of it.

    The others are read as far as their sizes: a stranger's chip holds as many as it likes, and one is looked at.
    """
    if barred is not None:
        return None, finding.blocked([Code.PORTRAIT], barred)
    try:
        images = portraits(document.files["DG2"])
    except Refused as error:
        return None, (finding.refused(Code.PORTRAIT, error),)
    return _image(images[0], f"image 1 of {len(images)}" if len(images) > 1 else "", decoder)


def _image(image: FaceImage, about: str, decoder: Decoder | None) -> tuple[NDArray[np.uint8] | None, tuple[Check, ...]]:
    what = f"{image.kind}, {image.width} by {image.height}, {image.standard}"
    if decoder is None:
        said = f"it was not decoded: no decoder was given ({what})"
        return None, (finding.unchecked(Code.PORTRAIT, Reason.NOT_DECODED, said, about),)
    try:
        pixels = decoder.decode(image)
    except Refused as error:
        return None, (finding.refused(Code.PORTRAIT, error, about),)
    if image.deviations:
        other = "its record is not as its standard has it"
        flags = dict.fromkeys(image.deviations)
        said_of = {flag: f"{_DEVIATIONS.get(flag, other)} ({what})" for flag in flags}
        return pixels, tuple(finding.flagged(Code.PORTRAIT, flag, said, about) for flag, said in said_of.items())
    return pixels, (finding.passed(Code.PORTRAIT, f"decoded whole ({what})", about),)
