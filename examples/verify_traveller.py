"""Compare one traveller with the portrait in their own passport, once; what loads, loads while they turn their head.

python examples/verify_traveller.py DOCUMENT STILLS CONSENT TRUST LEDGER
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from garim.consent import Purpose, load, load_known, valid
from garim.core.errors import GarimError
from garim.gate.child import Child
from garim.gate.moves import SAID
from garim.gate.uses import issued
from garim.gate.verify import verify
from garim.ledger import is_withdrawn, opened


def main(document: Path, stills: Path, record: Path, trust: Path, ledger: Path) -> int:
    """Exit code 0 only for a MATCH; with anything else a person goes on."""
    consent = valid(
        load(record),
        purpose=Purpose.GATE_VERIFY,
        at=datetime.now(UTC),
        known=load_known(),
        withdrawn=lambda commitment: is_withdrawn(ledger, commitment),
        allow_test=True,  # never at a real gate
    )
    with TemporaryDirectory() as folder, opened(ledger) as log, Child() as child:
        session = Path(folder) / "session"
        challenge = issued(log, session)
        for move in challenge.moves:
            print(f"Please {SAID[move]}, then look into the camera again")
        input(f"Put the camera's stills into {stills}, then press Enter. ")
        done = verify(
            document=document, capture=stills, session=session, consent=consent, log=log, trust=trust, child=child
        )
    print("\n".join(done.said))
    print(f"for the officer: {done.decision.verdict}, {', '.join(done.decision.reasons) or 'no reason against it'}")
    print(f"for the traveller: {done.receipt.plain()}")
    return 1 if done.decision.to_a_person else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*map(Path, sys.argv[1:6])))
    except GarimError as error:
        sys.exit(str(error))
