"""Consents for tests: real keys, real signatures, always the same persons."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from garim.consent import Data, Known, Purpose, Record, Signer, give, new_key, public_of

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXT = b"We would like to leave your face visible in the film of 3 March.\n"

PERSON, OFFICER, STRANGER = new_key("P-01"), new_key("office"), new_key("nobody")
KNOWN = Known(frozenset({public_of(OFFICER)}), frozenset({(public_of(PERSON), "P-01")}))


def draft(**parts: Any) -> Record:
    """An unsigned record of P-01, to stay visible, for 60 days around now."""
    whole: dict[str, Any] = {
        "pseudonym": "P-01",
        "purpose": Purpose.REDACT_KEEP,
        "data": (Data.PICTURE,),
        "controller": "City of Examples",
        "contact": "records@city.example",
        "processors": ("Cutters Ltd", "Archive"),
        "valid_from": NOW - 30 * DAY,
        "valid_until": NOW + 30 * DAY,
        "text_sha256": hashlib.sha256(TEXT).hexdigest(),
        "language": "en",
        "refusal": "nothing: your face is covered as everybody's",
        "alternative": "your face is covered",
    }
    return Record(**whole | parts)


def given(*, by: Signer = Signer.SUBJECT, **parts: Any) -> Record:
    """The same, given ten days ago, by the person or by an officer."""
    return give(draft(**parts), PERSON if by is Signer.SUBJECT else OFFICER, by=by, at=NOW - 10 * DAY)


def never(commitment: bytes) -> bool:
    """A ledger that knows of no withdrawal."""
    assert len(commitment) == 32
    return False
