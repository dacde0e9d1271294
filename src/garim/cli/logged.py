"""Where what a room did becomes an entry: rooms return values, and here they meet the ledger."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from garim.core.errors import Disproved

if TYPE_CHECKING:
    from garim.ledger import Log
    from garim.ledger.receipt import Receipt
    from garim.redact import Redaction


@contextlib.contextmanager
def open_ledger(path: Path | None) -> Iterator[Log]:
    """The ledger at `path`, or the user's own, once the witnesses that it remembers have seen nothing newer."""
    from garim.ledger import opened

    with opened(path) as log:
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


_IN_REPORT = {
    "check": ("settings", "check"),
    "frames": ("frames",),
    "input": ("input", "sha256"),
    "output": ("output", "sha256"),
    "regions": ("destroyed", "regions"),
    "residual": ("check", "residual"),
    "rounds": ("destroyed", "rounds"),
    "style": ("settings", "style"),
}
"""Where a report says what its entry says too; `input` and `output` are opened by the receipt."""


def refuse_other_report(report: Mapping[str, Any], receipt: Receipt) -> None:
    """Raise `Disproved` where a report says something else than the entry that its receipt is for."""
    from garim.ledger.entry import read

    facts = {**read(receipt.proof.entry).facts, **receipt.opened}
    for fact, place in _IN_REPORT.items():
        told: Any = report
        for name in place:
            told = told.get(name) if isinstance(told, dict) else None
        if (told or 0) != (facts.get(fact) or 0):
            raise Disproved(f"the report says {told!r} of {' '.join(place)}, and the entry {facts.get(fact)!r}")
