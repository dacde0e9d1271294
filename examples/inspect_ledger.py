"""Prove a ledger on every visit, and keep what was seen for the next one.

python examples/inspect_ledger.py DIR VKEY VISITS
"""

import sys
from pathlib import Path

from garim.core.errors import Disproved
from garim.core.vkey import VerifierKey
from garim.ledger import Trust, verify
from garim.ledger.folder import Folder


def main(ledger: Path, key: VerifierKey, visits: Path) -> int:
    """Exit code 1 where something does not hold; what was kept stays as it was then."""
    kept = visits / "checkpoint"
    trust = Trust((key,), kept=kept.read_bytes() if kept.exists() else None)
    try:
        audit = verify(Folder(ledger).read, trust, said=print, progress=lambda step, done, total: None)
    except Disproved as error:
        print(f"NOT PROVED: {error}")
        return 1
    visits.mkdir(exist_ok=True)
    kept.write_bytes(audit.checkpoint)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), VerifierKey.parse(sys.argv[2]), Path(sys.argv[3])))
