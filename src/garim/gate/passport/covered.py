"""The chip's files against what was signed: which there must be, what EF.COM lists, and each one's hash.

Laws: a hash that differs is found out even where the signature does not hold; one that is equal proves something only
where it does; a file that was not handed over is never counted as one that was compared, and bars a proof where anybody
can read it: whoever copies a chip leaves out what would tell (DG14, DG15).
"""

from __future__ import annotations

from collections.abc import Iterator

from garim.gate.passport import finding, lds
from garim.gate.passport.document import Document
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused
from garim.gate.passport.sod import Sod
from garim.gate.passport.words import FILES

ALWAYS = ("DG1", "DG2")
"""What a proof needs besides the SOD. EF.COM is asked for by a check of its own."""

FEW_READ = ("DG3", "DG4")
"""What only some authorities can read (Doc 9303-11, extended access control): that it is missing says nothing."""

_NOT = {
    Reason.HASH_DIFFERS: "it is not what was signed: its hash differs from the one in the SOD",
    Reason.NOT_COVERED: "nobody signed it: the SOD has no hash for it",
}
_DEVIATIONS = {
    Reason.TRAILING_BYTES: "zeros stand behind its end, as in dumps of the size that the chip keeps for it",
    Reason.LENGTH_NOT_SHORTEST: "a length in it is not in its shortest form, as some chips write it",
}


def files(document: Document) -> Iterator[Check]:
    """Whether each file is one of a chip, whole, and those are there that a proof needs."""
    odd = False
    for name, data in document.files.items():
        for check in _form(name, data):
            odd = True
            yield check
    if "SOD" not in document.files:  # every chip gives it to every reader, and without it nothing is signed
        yield finding.failed(Code.FILES, Reason.MISSING_FILE, "not handed over: the SOD, which every chip has", "SOD")
    elif missing := [name for name in ALWAYS if name not in document.files]:
        yield finding.unchecked(Code.FILES, Reason.MISSING_FILE, f"not handed over: {_told(missing)}")
    elif not odd:
        yield finding.passed(Code.FILES, f"{len(document.files)} files of a chip, each whole")


def _form(name: str, data: bytes) -> Iterator[Check]:
    """What is wrong with the form of one file, or to be weighed in it."""
    try:
        for reason in lds.deviations(name, data):
            yield finding.flagged(Code.FILES, reason, _DEVIATIONS[reason], name)
    except Refused as error:
        yield finding.refused(Code.FILES, error, name)


def com(document: Document, signed: Sod, broken: Check | None) -> Check:
    """EF.COM's list of data groups against the signed one; `broken` is why that one is not proven, where it is not."""
    if "COM" not in document.files:
        return finding.unchecked(Code.SOD_COM, Reason.NO_COM, "EF.COM was not handed over")
    try:
        found = lds.com(document.files["COM"])
    except Refused as error:
        return finding.refused(Code.SOD_COM, error)
    listed, hashed = set(found.present), set(signed.names)
    if listed != hashed:
        differ = _told(sorted(listed ^ hashed, key=lambda name: int(name[2:])))
        return finding.failed(Code.SOD_COM, Reason.COM_DIFFERS, f"EF.COM and the signed list differ in {differ}")
    if broken is not None:
        return _unproven(Code.SOD_COM, broken, "EF.COM lists what the SOD does")
    if not found.unicode_version:
        said = "EF.COM lists what the SOD does, and does not say its Unicode version"
        return finding.flagged(Code.SOD_COM, Reason.LDS_VERSION, said)
    return finding.passed(Code.SOD_COM, f"EF.COM lists the {len(hashed)} data groups that are signed")


def hashes(document: Document, signed: Sod, broken: Check | None) -> Iterator[Check]:
    """Each data group's hash against the signed one; every one that is signed or was handed over has its line."""
    for number in range(1, 17):
        name = f"DG{number}"
        if name in document.files:
            yield _covered(signed, number, document.files[name], broken)
        elif number in signed.hashes:
            yield _absent(name)


def _covered(signed: Sod, number: int, file: bytes, broken: Check | None) -> Check:
    name = f"DG{number}"
    try:
        signed.cover(number, file)
    except Refused as error:
        return finding.failed(Code.DG_HASH, error.reason, _NOT[error.reason], name)
    if broken is not None:
        return _unproven(Code.DG_HASH, broken, "its hash is the one in the SOD", name)
    return finding.passed(Code.DG_HASH, f"as it was signed ({signed.digest})", name)


def _absent(name: str) -> Check:
    """A file that is signed and was not handed over: it bars a proof, unless few may read it."""
    if name in FEW_READ:
        said = "it is signed, and was not handed over: only some authorities may read it"
        return finding.unchecked(Code.DG_HASH, Reason.NOT_PRESENTED, said, name)
    said = "it is signed, and was not handed over: read this file as well, any reader can"
    return finding.unchecked(Code.DG_HASH, Reason.MISSING_FILE, said, name)


def _unproven(code: Code, broken: Check, said: str, about: str = "") -> Check:
    assert broken.reason is not None
    return Check(code, Outcome.UNCHECKED, broken.reason, f"{said}, and that is not proven", about)


def _told(names: list[str]) -> str:
    return ", ".join(f"{name} ({FILES[name]})" if name in FILES else name for name in names)
