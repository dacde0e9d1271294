"""PASSIVE AUTHENTICATION: the files of a passport's chip, read as a border reads them (ICAO Doc 9303-10 to -12).

    files -> TLV -> SOD (CMS) -> signer -> country certificate
                 -> hashes -> DG1 (machine readable zone), DG2 (portrait)

    >>> from garim.gate.passport import Decoder, inspect, opened, read
    >>> with opened(None) as trust, Decoder() as decoder:                    # doctest: +SKIP
    ...     done = inspect(read(Path("passport")), trust, at=datetime.now(UTC), decoder=decoder)
    ...     print(done.verdict, [check for check in done.checks if check.reason])

Laws: whatever is wrong with a document is a check that failed, never an exception; what could not be looked at is
`unchecked`, never left out; nothing is kept, nothing is fetched, and no error or repr shows the holder's data.
"""

from garim.gate.passport.adding import Added, add
from garim.gate.passport.anchors import Anchors, Trust
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.decoder import Decoder
from garim.gate.passport.document import Document, read
from garim.gate.passport.inspect import inspect, unread
from garim.gate.passport.inspection import Inspection, facts
from garim.gate.passport.links import sorted_out
from garim.gate.passport.masterlist import MasterList, master_list
from garim.gate.passport.mrz import Mrz, parse
from garim.gate.passport.outcomes import Check, Code, Outcome, Reason, Refused, Verdict
from garim.gate.passport.portrait import FaceImage, portraits
from garim.gate.passport.revocation import RevocationList
from garim.gate.passport.trust import TrustStore, opened

__all__ = [
    "Added",
    "Anchors",
    "Certificate",
    "Check",
    "Code",
    "Decoder",
    "Document",
    "FaceImage",
    "Inspection",
    "MasterList",
    "Mrz",
    "Outcome",
    "Reason",
    "Refused",
    "RevocationList",
    "Trust",
    "TrustStore",
    "Verdict",
    "add",
    "certificate",
    "facts",
    "inspect",
    "master_list",
    "opened",
    "parse",
    "portraits",
    "read",
    "sorted_out",
    "unread",
]
