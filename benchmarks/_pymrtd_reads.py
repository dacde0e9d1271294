"""pymrtd AS ITS README SAYS: one case a line on stdin (JSON), one answer a line on stdout: "" accepted, or why not.

Run by the Python of pymrtd's own environment; nothing of Garim is imported. Its README leaves it to its user which CSCA
is a signer's: here each trusted one of that name, or of that key.
"""

from __future__ import annotations

import base64
import json
import sys
from datetime import datetime
from typing import Any

from pymrtd.ef.dg import DG1, DataGroup  # type: ignore[import-not-found]  # in an environment of its own
from pymrtd.ef.sod import SOD  # type: ignore[import-not-found]  # as above
from pymrtd.pki.x509 import CscaCertificate  # type: ignore[import-not-found]  # as above


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            said = _read(case)
        except Exception as error:  # noqa: BLE001 - whatever leaves a peer is its answer
            said = f"{type(error).__name__}: {error}"
        print(json.dumps(said.splitlines()[0] if said else ""), flush=True)


def _read(case: dict[str, Any]) -> str:
    files = {name: base64.b64decode(data) for name, data in case["files"].items()}
    at = datetime.fromisoformat(case["at"])
    if "SOD" not in files:
        return "no EF.SOD"
    sod = SOD.load(files["SOD"])
    if not sod.dscCertificates:
        return "no DSC found"
    if not len(sod.signers):
        return "no signer"
    for info in sod.signers:
        signer = sod.getDscCertificate(info)
        if signer is None:
            return "no DSC found"
        if not signer.isValidOn(at):
            return "DSC has expired"
        trusted = [CscaCertificate.load(base64.b64decode(each)) for each in case["trusted"]]
        _chained(signer, trusted)
        sod.verify(info, signer)
    for name, data in files.items():
        if name.startswith("DG"):
            group = DG1.load(data) if name == "DG1" else DataGroup.load(data)
            if not sod.ldsSecurityObject.contains(group):
                return f"{name} is not what was signed"
    return ""


def _chained(signer: Any, trusted: list[Any]) -> None:
    named = [each for each in trusted if each.subject == signer.issuer or each.subjectKey == signer.authorityKey]
    if not named:
        raise LookupError("no CSCA found")
    failed: Exception | None = None
    for csca in named:
        try:
            signer.verify(csca)
        except Exception as error:  # noqa: BLE001 - the next may be the one
            failed = error
        else:
            return
    assert failed is not None
    raise failed


if __name__ == "__main__":
    main()
