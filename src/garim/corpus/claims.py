"""WHAT THE LEDGER SAYS OF A SUBJECT, and how this corpus alone knows it again.

Laws: a subject's commitment follows from the master key and the pseudonym, so that no backup of the corpus can make a
withdrawal unknown; nobody without the master key can tell whose an entry is, nor that two are of one corpus.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from garim.ledger import Entry, commitment
from garim.ledger.entry import Facts, written

LONE = 1
OWN = {
    "corpus.admitted": "batch",
    "corpus.manifest": "manifest",
    "corpus.model": "model",
    "corpus.released": "release",
    "corpus.withdrawn": "subject",
}
"""The kinds of entry that their corpus knows again, and the commitment by which it does."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Commitments under `key`, which follows from the master key."""

    key: bytes = field(repr=False)

    def subject_key(self, of: bytes) -> bytes:
        """The key that opens a subject's commitment: theirs to have, in a receipt."""
        return hmac.digest(self.key, b"subject key" + of, "sha256")

    def subject(self, of: bytes) -> str:
        """The commitment to the subject with the id `of`; or to a list's digest."""
        return commitment(self.subject_key(of), "subject", opened_as(of))

    def corpus(self, of: str) -> str:
        """What says, to this corpus alone, that an entry is its own; `of` is the commitment that makes it one."""
        return commitment(self.key, "corpus", of.encode())

    def owns(self, entry: Entry) -> bool:
        """Whether this corpus made the entry: its kind is one of `OWN`."""
        return entry.facts["corpus"] == self.corpus(str(entry.facts[OWN[entry.kind]]))

    def withdrawn(self, of: bytes, *, by: str, at: datetime, subjects: int = LONE) -> bytes:
        """The entry's bytes."""
        subject = self.subject(of)
        facts: Facts = {"by": by, "corpus": self.corpus(subject), "subject": subject, "subjects": subjects}
        return written(Entry("corpus.withdrawn", at, facts))

    def placed(self, wanted: set[str], ids: Iterable[tuple[int, bytes]]) -> dict[str, int]:
        """Which numbers the commitments `wanted` are of, among all `ids`: a look at each, about 2 us."""
        found: dict[str, int] = {}
        for number, of in ids:
            if len(found) == len(wanted):
                break
            if (name := self.subject(of)) in wanted:
                found[name] = number
        return found


def opened_as(of: bytes) -> bytes:
    """What a receipt opens a commitment to: the SHA-256 of an id, in hex, as receipts have it."""
    return hashlib.sha256(of).hexdigest().encode()
