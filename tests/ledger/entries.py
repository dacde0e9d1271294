"""Entries for tests, each unlike the others."""

from __future__ import annotations

from datetime import UTC, datetime

from garim.ledger.entry import Entry, commitment, written

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def withdrawn(number: int) -> bytes:
    """One entry, as it stands on a log."""
    record = commitment(bytes(32), "record", b"%d" % number)
    return written(Entry("consent.withdrawn", AT, {"by": "subject", "record": record}))


def many(count: int, start: int = 0) -> list[bytes]:
    """`count` entries, numbered from `start`."""
    return [withdrawn(start + i) for i in range(count)]
