"""Why a record proves no consent; all leave with exit code 1.

NoConsent
├── Unsigned      nobody has signed it: it is a draft
├── Altered       it is not what was signed
├── UnknownKey    it is signed, by nobody whose word counts here
├── ForTests      it was made for tests and demos
├── Withdrawn     it was withdrawn, as the record or the ledger says
├── OtherPurpose  it was given for something else
├── OtherParty    it was given to somebody else
├── NotYet        it does not hold yet
└── Expired       it does not hold any more
"""

from __future__ import annotations

from garim.core.errors import GarimError


class NoConsent(GarimError):
    """The record was checked, and proves no consent."""

    exit_code = 1


class Unsigned(NoConsent):
    """Nobody has signed the record: it is a draft."""


class Altered(NoConsent):
    """The record is not what was signed."""


class UnknownKey(NoConsent):
    """The record is signed, by nobody whose word counts here."""


class ForTests(NoConsent):
    """The record was made for tests and demos, and means nothing outside them."""


class Withdrawn(NoConsent):
    """The consent was withdrawn. It stays so."""


class OtherPurpose(NoConsent):
    """The consent was given for something else."""


class OtherParty(NoConsent):
    """The consent was given to somebody else."""


class NotYet(NoConsent):
    """The consent does not hold yet."""


class Expired(NoConsent):
    """The consent does not hold any more."""
