"""Read a passport's dump as a border does, and print each check; nobody is named, nothing is kept.

python examples/inspect_passport.py DOCUMENT LIST.ml ROOT.cer
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from garim.core.errors import Disproved
from garim.gate.passport import Anchors, Decoder, Verdict, certificate, inspect, master_list, read, sorted_out


def main(document: Path, listed: Path, root: Path) -> int:
    """Exit code 0 only where the document is proven; whatever else it is goes to a person."""
    now = datetime.now(UTC)
    try:
        of_states = master_list(listed.read_bytes(), [certificate(root.read_bytes())], at=now)
        files = read(document)
    except Disproved as error:  # the list does not hold, or the folder cannot be taken
        print(error)
        return 1
    chaining = sorted_out(of_states.certificates).chaining
    with Decoder() as decoder:
        done = inspect(files, Anchors(chaining), at=now, decoder=decoder)
    for check in done.checks:
        print(f"{check.outcome:<10}{check.code} {check.about}: {check.said}")
    print(f"{done.verdict.upper()}: content {done.content_sha256}, signed by {done.signer}")
    return 0 if done.verdict is Verdict.PROVEN else 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
