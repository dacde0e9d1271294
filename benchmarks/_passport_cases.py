"""THE CASES of benchmarks/passport.py: genuine passports signed in each way, and the forged ones of the tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

from tests.gate.passport import forgeries
from tests.gate.passport.dg2s import jpeg_2000, portrait
from tests.gate.passport.pki import Passport, made_passport
from tests.gate.passport.suites import SUITES

GENUINE = "genuine"
PORTRAIT = ", on the portrait"  # as its country signed it: peers read what stands around it, if that


@dataclass(frozen=True)
class Case:
    """One document, what a border trusts, and which kind of case it is: only what is genuine is to be accepted."""

    group: str
    name: str
    files: dict[str, bytes]
    trusted: tuple[bytes, ...]
    at: str

    def line(self) -> str:
        files = {name: base64.b64encode(data).decode() for name, data in self.files.items()}
        trusted = [base64.b64encode(each).decode() for each in self.trusted]
        return json.dumps({"files": files, "trusted": trusted, "at": self.at})


def cases() -> Iterator[Case]:
    """All of them, the genuine first."""
    for suite in SUITES:
        if suite.hash != "sha1" and suite.padding != "plain":  # TR-03111's form stands in no SOD that Doc 9303 knows
            yield _genuine(suite.name, made_passport(portrait(), suite=suite))
    jp2 = jpeg_2000(portrait())
    yield _genuine("LDS 1.8, signer by its key, TD1, JPEG 2000", made_passport(jp2, lds="1.8", by_ski=True, kind="TD1"))
    yield _genuine("TD2", made_passport(portrait(), kind="TD2"))
    for standard in ("19794-5:2011", "39794-5:2019"):
        yield _genuine(f"portrait by ISO/IEC {standard}", made_passport(portrait(), standard=standard))
    for group, table in (("anchors' attacks", forgeries.ANCHORS), ("further attacks", forgeries.OTHERS)):
        for name, make in table.items():
            forged = make()
            face = PORTRAIT if make.__module__.endswith("forged_faces") else ""
            yield Case(group + face, name, forged.files, forged.trusted, forged.at.isoformat())


def _genuine(name: str, made: Passport) -> Case:
    return Case(GENUINE, name, dict(made.files), (made.csca,), made.at.isoformat())
