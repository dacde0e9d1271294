"""Why the corpus says no.

GarimError
├── NotAdmitted   1   a photo that is not taken, and why
├── Gone          1   its subject withdrew
├── Misuse
│   ├── NoReceipt    2   a withdrawal of several people together has no receipt of one
│   ├── Unknown      2   nobody of this pseudonym, or no photo of this serial
│   └── WrongMaster  2   the master key is another corpus's
└── Unreadable
    ├── OldLedger    3   the ledger lacks what this corpus has acknowledged
    └── OldRecord    3   the record lacks what lies beside it
"""

from __future__ import annotations

from enum import StrEnum

from garim.core.errors import GarimError, Misuse, Unreadable


class Why(StrEnum):
    """Why a photo is not taken."""

    CONSENT = "consent"
    DETAILS = "details"
    DUPLICATE = "duplicate"
    NO_FACE = "no-face"
    PICTURE = "picture"
    PROVENANCE = "provenance"
    SEVERAL_FACES = "several-faces"
    WITHDRAWN = "withdrawn"


class NotAdmitted(GarimError):
    """A photo was not taken; the corpus is as it was."""

    exit_code = 1

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


class Gone(GarimError):
    """The subject withdrew: nothing of theirs is given out. It stays so."""

    exit_code = 1


class Unknown(Misuse):
    """There is nobody of this pseudonym here, or no photo of this serial."""


class NoReceipt(Misuse):
    """The person is withdrawn, together with others: the entry is of all of them."""


class WrongMaster(Misuse):
    """The master key is not this corpus's."""


class OldLedger(Unreadable):
    """The ledger lacks what this corpus has acknowledged: another one, or a restored backup."""


class OldRecord(Unreadable):
    """The record lacks what lies beside it, and the ledger has: it was restored alone, from an older backup."""
