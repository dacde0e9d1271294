"""Where what a room did becomes an entry: rooms return values, and here they meet the ledger."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from garim.cli.told import say

if TYPE_CHECKING:
    from garim.ledger import Log
    from garim.ledger.receipt import Receipt
    from garim.redact import Redaction

WITNESS_S = 3.0  # for each witness that is asked whether this is the newest copy


@contextlib.contextmanager
def open_ledger(path: Path | None) -> Iterator[Log]:
    """The ledger at `path`, or the user's own, once the witnesses that it remembers have seen nothing newer."""
    from garim.ledger import opened

    with opened(path) as log:
        _ask_witnesses(log)
        yield log


def redaction(log: Log, done: Redaction) -> Receipt:
    """Put what became of one input on the ledger; the receipt opens its commitments."""
    from garim.ledger import Entry, key, now, record
    from garim.ledger.entry import commitment
    from garim.ledger.receipt import Receipt

    secret, opened = key(), {"input": done.input_sha256, "output": done.output_sha256}
    facts: dict[str, str | int] = {
        "check": done.check.value,
        "frames": done.frames,
        "kept": sum(lane.keep is not None for lane in done.plan.lanes),
        "regions": done.tracks,
        "residual": len(done.residual),
        "rounds": done.rounds,
        "style": done.style.value,
    }
    facts |= {fact: commitment(secret, fact, value.encode()) for fact, value in opened.items()}
    return Receipt(record(log, Entry("redact.published", now(), facts)), secret, opened)


def _ask_witnesses(log: Log) -> None:
    """Raise `Rewound` where a witness has seen more of this log: to append to an old copy would fork it."""
    from garim.ledger import policy
    from garim.ledger.collect import Uncosigned, cosigned
    from garim.ledger.log import private
    from garim.ledger.note import parse

    remembered = private(log.path) / "policy"
    if not remembered.exists():
        return
    asked = policy.read(remembered.read_bytes())

    def ask(note: bytes) -> None:
        cosigned(parse(note), asked, lambda old, _: log.tree.consistency(old), timeout=WITNESS_S)

    try:
        log.compare(ask)
    except Uncosigned as nobody:
        # logging goes on: what is appended now is unwitnessed until `garim ledger checkpoint`, and verify says so
        say()(f"[bold]witnesses[/bold]: {nobody}", markup=True)
