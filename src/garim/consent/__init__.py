"""WHO AGREED TO WHAT, UNTIL WHEN: records that bind, and the proof that one holds.

record = load(Path("p-01.consent.json"))
consent = valid(record, purpose=Purpose.REDACT_KEEP, at=now, known=load_known(), withdrawn=on_the_ledger)
"""

from __future__ import annotations

from garim.consent.check import Consent, standing, valid
from garim.consent.disk import load, load_key, load_known, own_list, save, save_key
from garim.consent.errors import (
    Altered,
    Expired,
    ForTests,
    NoConsent,
    NotYet,
    OtherParty,
    OtherPurpose,
    UnknownKey,
    Unsigned,
    Withdrawn,
)
from garim.consent.known import Known
from garim.consent.purposes import TAKES, WORDS, Data, Purpose
from garim.consent.record import Event, Record, Signer, plain, read, time_text, written
from garim.consent.sign import give, new_key, public_of, refuse_altered, refuse_false_withdrawal, withdraw
from garim.consent.states import Act, State
from garim.consent.words import in_words

__all__ = [
    "TAKES",
    "WORDS",
    "Act",
    "Altered",
    "Consent",
    "Data",
    "Event",
    "Expired",
    "ForTests",
    "Known",
    "NoConsent",
    "NotYet",
    "OtherParty",
    "OtherPurpose",
    "Purpose",
    "Record",
    "Signer",
    "State",
    "UnknownKey",
    "Unsigned",
    "Withdrawn",
    "give",
    "in_words",
    "load",
    "load_key",
    "load_known",
    "new_key",
    "own_list",
    "plain",
    "public_of",
    "read",
    "refuse_altered",
    "refuse_false_withdrawal",
    "save",
    "save_key",
    "standing",
    "time_text",
    "valid",
    "withdraw",
    "written",
]
