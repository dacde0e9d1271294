"""`garim gate evaluate`: how often a matcher errs, on people who agreed to be asked, by group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from garim.cli import told_gate_evaluate as told
from garim.cli.consent import KnownFile
from garim.cli.gate_verify import Matcher, MatcherName
from garim.cli.progress import bar

SetDir = Annotated[
    Path, typer.Argument(metavar="SET", help="A folder: set.csv, the photos and the consents that it names.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report, the page and the pictures go.")]
Ledger = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The ledger to log to, and to ask who withdrew. If not given, your own."),
]
Test = Annotated[bool, typer.Option("--test", help="Take consents made for tests; the result says TEST.")]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the files in DIR that exist.")]


def evaluate(
    folder: SetDir,
    *,
    out: Out,
    known: KnownFile = None,
    ledger: Ledger = None,
    matcher: MatcherName = Matcher.OMZ_0095,
    test: Test = False,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Measure how often a matcher errs: FMR, FNMR and FTA with their intervals, by nationality, sex, age and by pair.

    The pairs are the set's own; no other photo can be compared, and no similarity of a pair comes out. Photos without a
    consent to gate.evaluate are left out. Nothing is said of fewer than five people. What was done is on the ledger.

    Exit codes: 0 done; 1 nobody in the set agreed; 2 misuse, or too few people; 3 not finished, nothing was written.
    """
    from garim.consent import load_known
    from garim.gate.evaluate import Name, write
    from garim.gate.evaluate import evaluate as evaluated
    from garim.gate.evaluate.files import refuse
    from garim.ledger import opened

    refuse(out, force=force)
    with opened(ledger) as log:
        with bar(str(folder), unit="photos") as progress:
            done = evaluated(
                folder,
                log=log,
                known=load_known(known),
                withdrawn=_withdrawals(ledger),
                matcher=Name(matcher.value),
                allow_test=test,
                progress=progress,
            )
        write(done, out, force=force)
    told.evaluated(done, out, as_json=as_json)
    return 0


def _withdrawals(ledger: Path | None) -> Callable[[bytes], bool]:
    """Whether a commitment's withdrawal is on the ledger at `ledger`, or on the user's own: each is read once."""
    from garim.ledger import standing
    from garim.ledger.entry import read

    found = {
        str(read(entry).facts["record"]) for place in {ledger, None} for entry in standing(place, "consent.withdrawn")
    }
    return lambda commitment: f"hmac-sha256:{commitment.hex()}" in found
