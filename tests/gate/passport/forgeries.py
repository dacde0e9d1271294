"""ALL FORGED PASSPORTS by name, as documents on demand: `ANCHORS` (the 26 of the project's anchors) and `OTHERS`."""

from __future__ import annotations

from tests.gate.passport import forged_chains, forged_faces, forged_lines, forged_sods
from tests.gate.passport.forgery import ANCHORS, OTHERS, Forgery, Make

__all__ = [
    "ALL",
    "ANCHORS",
    "OTHERS",
    "Forgery",
    "Make",
    "forged_chains",
    "forged_faces",
    "forged_lines",
    "forged_sods",
]

ALL: dict[str, Make] = {**ANCHORS, **OTHERS}
