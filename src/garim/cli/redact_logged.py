"""What `garim redact` puts on a ledger: an entry for each output, once, however often it is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from garim.ledger import Log
    from garim.ledger.receipt import Receipt
    from garim.redact.result import Published


def redaction(log: Log, done: Published, secret: bytes) -> Receipt:
    """Put what became of one input on the ledger; the receipt opens its commitments, which are under `secret`."""
    from garim.ledger import Entry, now, record
    from garim.ledger.receipt import Receipt

    return Receipt(record(log, Entry("redact.published", now(), _facts(done, secret))), secret, _opened(done))


def already(log: Log, done: Published, secret: bytes, since: int) -> Receipt | None:
    """The receipt for what `redaction` put there under the same `secret` as entry `since` or later, if it did."""
    from garim.ledger import prove
    from garim.ledger.entry import read
    from garim.ledger.receipt import Receipt

    facts = _facts(done, secret)
    for index in range(since, log.tree.size):
        if read(log.tree.entry(index)).facts == facts:
            return Receipt(prove(log.tree, index, log.note), secret, _opened(done))
    return None


def _opened(done: Published) -> dict[str, str]:
    return {"input": done.input_sha256, "output": done.output_sha256}


def _facts(done: Published, secret: bytes) -> dict[str, str | int]:
    from garim.ledger.entry import commitment

    facts: dict[str, str | int] = {
        "check": done.check.value,
        "exempt": done.exempt,
        "frames": done.frames,
        "kept": done.kept,
        "regions": done.regions,
        "residual": done.residual,
        "rounds": done.rounds,
        "style": done.style.value,
    }
    return facts | {fact: commitment(secret, fact, value.encode()) for fact, value in _opened(done).items()}
