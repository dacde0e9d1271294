"""A WHOLE PASSPORT, MADE: country root, document signer, chip's files, for any test and for demos.

    passport = made_passport(portrait(3), country="KOR", suite=BY_NAME["RSA 3072 PSS sha256"], today=date(2026, 6, 1))
    folder = passport.written(tmp_path / "passport")   # EF_COM.bin, EF_SOD.bin, EF_DG1.bin, EF_DG2.bin, csca.cer

Law: nothing here reads, and nothing of `garim.gate` is imported: what is made is made from the standards alone.
Holders are made up; a portrait is what the caller gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tests.gate.passport.certificates import (
    DIGITAL_SIGNATURE,
    MASTER_LIST_SIGNER,
    Holder,
    authority_key,
    csca,
    document_signer,
    extended,
    key_usage,
    subject_key,
)
from tests.gate.passport.dg2s import dg2
from tests.gate.passport.groups import com, dg1, lines
from tests.gate.passport.signed import Cms, lds_object, master_list, sod
from tests.gate.passport.suites import USUAL, Suite, key

ALPHA_2 = {"KOR": "KR", "D": "DE", "NLD": "NL", "JPN": "JP", "FRA": "FR", "UTO": "UT", "GBR": "GB"}
TODAY = date(2026, 6, 1)


def alpha_2(country: str) -> str:
    """As a CSCA's C= names the country of an MRZ; one that is not in the table by its first two letters."""
    return ALPHA_2.get(country, country[:2])


@dataclass(frozen=True)
class Passport:
    """A document's files (COM, SOD, DG1, ...), the CMS that its SOD was written from, and who signed whom."""

    files: Mapping[str, bytes]
    cms: Cms = field(repr=False)
    root: Holder = field(repr=False)
    country: str
    today: date
    lds: str

    @property
    def csca(self) -> bytes:
        """The root's certificate, DER: what a border trusts."""
        return self.root.certificate

    @property
    def signer(self) -> Holder:
        return self.cms.signer

    @property
    def at(self) -> datetime:
        """Noon of the day on which it is shown."""
        return datetime.combine(self.today, time(12), UTC)

    def written(self, folder: Path) -> Path:
        """The files as a reader dumps them, and the root's certificate beside them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / f"EF_{name}.bin").write_bytes(content)
        (folder / "csca.cer").write_bytes(self.csca)
        return folder

    def swapped(self, **files: bytes | None) -> Passport:
        """Other files under the old SOD; None takes one away."""
        kept = {name: content for name, content in {**self.files, **files}.items() if content is not None}
        return replace(self, files=kept)

    def resigned(self, cms: Cms | None = None, **groups: bytes) -> Passport:
        """Other data groups or another CMS, signed anew by the same signer."""
        files = {**self.files, **groups}
        listed = {int(name[2:]): content for name, content in files.items() if name.startswith("DG")}
        cms = cms or self.cms
        if groups:
            cms = replace(cms, content=security_object(listed, cms.how, lds=self.lds))
            files["COM"] = com(sorted(listed), lds=_version(self.lds))
        return replace(self, files={**files, "SOD": sod(cms)}, cms=cms)


def made_passport(
    portrait: bytes,
    *,
    country: str = "KOR",
    suite: Suite = USUAL,
    today: date = TODAY,
    kind: str = "TD3",
    code: str = "",
    standard: str = "19794-5:2005",
    lds: str = "1.7",
    by_ski: bool = False,
    root: Holder | None = None,
    signer: Holder | None = None,
    groups: Mapping[int, bytes] | None = None,
) -> Passport:
    """A passport of `country` around `portrait` (JPEG or JPEG 2000), valid on `today`.

    `suite` is how both root and signer sign. `groups` replaces or adds data groups before the signature.
    """
    short = alpha_2(country)
    root = root or csca(short, suite, first=_years(today, -6), last=_years(today, 9))
    signer = signer or document_signer(root, suite, short, first=_years(today, -2), last=_years(today, 8))
    made = {
        1: dg1(lines(kind, country=country, code=code, expires=_years(today, 6).date())),
        2: dg2(portrait, standard=standard),
        **(groups or {}),
    }
    signed_at = _years(today, -1)
    cms = Cms(security_object(made, signer.suite, lds=lds), signer, signed_at=signed_at, by_ski=by_ski)
    listed = {f"DG{number}": content for number, content in sorted(made.items())}
    files = {"COM": com(sorted(made), lds=_version(lds)), "SOD": sod(cms), **listed}
    return Passport(files, cms, root, country, today, lds)


def security_object(groups: Mapping[int, bytes], suite: Suite, *, lds: str = "1.7") -> bytes:
    """The LDSSecurityObject of `groups`."""
    hashes = [(number, hashlib.new(suite.digest, groups[number]).digest()) for number in sorted(groups)]
    return lds_object(hashes, suite.digest, lds=lds)


def made_master_list(
    certificates: Iterable[bytes],
    *,
    country: str = "DE",
    suite: Suite = USUAL,
    signed_at: datetime | None,
    label: str = "1",
) -> tuple[bytes, Holder]:
    """A master list that `country` signs, and the root under which its signer stands. Without a moment: undated."""
    root = csca(country, suite, label=f"list {label}")
    made = key(suite, f"list signer {country} {label}")
    marks = (
        subject_key(made.identifier),
        authority_key(root.key.identifier),
        key_usage(DIGITAL_SIGNATURE),
        extended(MASTER_LIST_SIGNER),
    )
    signer = document_signer(root, suite, country, label=f"of lists {label}", extensions=marks)
    signer = replace(signer, key=made, ask=replace(signer.ask, spki=made.spki)).again(root)
    listed = [*certificates, root.certificate]
    return master_list(listed, signer, signed_at=signed_at, roots=[root.certificate]), root


def _years(today: date, years: int) -> datetime:
    return datetime.combine(today, time(0), UTC) + timedelta(days=365 * years)


def _version(lds: str) -> str:
    return "0" + lds.replace(".", "0")
