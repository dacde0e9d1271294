"""WHAT WAS DONE, FOR STRANGERS TO CHECK: a transparency log in the formats of c2sp.org.

    entry -> log (tiles, checkpoint) -> witnesses -> verify, by anybody, offline

    >>> from garim.ledger import Entry, commitment, key, now, opened, record
    >>> with opened(None) as log:                                            # doctest: +SKIP
    ...     withdrawn = {"by": "subject", "record": commitment(key(), "record", b"...")}
    ...     proof = record(log, Entry("consent.withdrawn", now(), withdrawn))

Laws: acknowledged means durable; the log never forks; it holds no personal data, in fields that have no room for it.
"""

from garim.ledger.entry import KINDS, Entry, commitment, key, now
from garim.ledger.log import Log, OldCopy
from garim.ledger.proof import Proof, prove
from garim.ledger.record import default, is_withdrawn, opened, record, standing
from garim.ledger.verify import Audit, Trust, verify

__all__ = [
    "KINDS",
    "Audit",
    "Entry",
    "Log",
    "OldCopy",
    "Proof",
    "Trust",
    "commitment",
    "default",
    "is_withdrawn",
    "key",
    "now",
    "opened",
    "prove",
    "record",
    "standing",
    "verify",
]
