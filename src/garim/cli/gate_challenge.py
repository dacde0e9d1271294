"""`garim gate challenge`: which way a traveller is to turn the head, drawn by chance, for one session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from garim.cli.told_gate import lane_named, wrapped, written

SessionOut = Annotated[
    Path, typer.Option("-o", "--output", metavar="SESSION", help="The session's file, for `garim gate verify`.")
]
Moves = Annotated[int, typer.Option(metavar="N", help="How many moves, from 2 to 8.")]
Seconds = Annotated[int, typer.Option(metavar="N", help="How long there is to make them, from 5 to 600.")]
Ledger = Annotated[Path | None, typer.Option(metavar="DIR", help="The ledger to log to. If not given, your own.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Replace SESSION where it exists.")]


def challenge(
    output: SessionOut,
    *,
    moves: Moves = 3,
    seconds: Seconds = 60,
    ledger: Ledger = None,
    as_json: Json = False,
    force: Force = False,
) -> int:
    """Draw moves of the head that nobody could know before, and say them in words for the traveller.

    The session is used once, and until its deadline. Its file holds a key: it stays with the gate, and only its owner
    can read it. That it was issued is on the ledger before the file appears; `garim gate verify` takes no other.

    Exit codes: 0 it was written; 2 misuse; 3 it could not be written.
    """
    from garim.gate.moves import SAID
    from garim.gate.uses import issued
    from garim.gate.words import LANE
    from garim.ledger import opened

    with lane_named(), opened(ledger) as log:
        made = issued(log, output, moves=moves, seconds=seconds, force=force)
    if as_json:
        facts = {
            "session": str(output),
            "moves": [move.value for move in made.moves],
            "said": [SAID[move] for move in made.moves],
            "issued": f"{made.issued_at:%Y-%m-%dT%H:%M:%SZ}",
            "deadline": f"{made.deadline:%Y-%m-%dT%H:%M:%SZ}",
            "lane": LANE,
        }
        typer.echo(json.dumps(facts))
        return 0
    for number, move in enumerate(made.moves, 1):
        typer.echo(f"{number}. {SAID[move]}, then look into the camera again")
    wrapped(LANE)
    written(output, what=f"the session, until {made.deadline:%H:%M:%S} UTC; it is used once, and stays with the gate")
    return 0
