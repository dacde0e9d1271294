"""A NOTICE GOES OUT: several people's hours become one signed list, which leaves once the ledger has it.

    people -> mixed -> draft -> signed -> listed once -> logged, durably -> issued

Laws: no signed list leaves before its entry, and a mark of each consent in it, are durable on the ledger. The user's
own ledger hears of each consent that was listed, whichever ledger is named, and is asked: another one must not make
another list of the same people.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from garim.consent import Consent
from garim.core.errors import Misuse
from garim.core.vkey import Kind
from garim.exposure.mix import LEAST, Mixed, mixed
from garim.exposure.notice import Notice, lasts, written
from garim.exposure.noticed import Person, entries, turn, unlisted
from garim.exposure.zones import Zones, clock
from garim.ledger import Entry, Log, commitment, default, key, note, now, opened, prove
from garim.ledger.entry import written as entry_written
from garim.ledger.keys import Signer
from garim.ledger.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Draft:
    """A list that nobody signed, and the consents of those of whom something is in it."""

    notice: Notice
    mixed: Mixed
    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """A list as it is published, a signed note, and what proves that the ledger has it."""

    note: str
    receipt: Receipt


def draft(
    people: Sequence[Person], zones: Zones, *, advice: str, at: datetime, hours: int = 1, least: int = LEAST
) -> Draft:
    """What is to be said of `people` at the time `at`. Raises `Misuse` where it must not be, or not by one office."""
    list_ = mixed([person.spells for person in people], zones, hours=hours, least=least)
    behind = tuple(people[number].consent for number in list_.counted)
    controllers = sorted({consent.controller for consent in behind})
    if len(controllers) > 1:
        raise Misuse(f"the consents were given to {' and to '.join(controllers)}; nothing was published. A list each")
    today = at.astimezone(clock(zones.time_zone)).date()
    try:
        notice = Notice(
            by=controllers[0],
            advice=advice,
            made=today,
            until=lasts(today, [consent.valid_until for consent in behind]),
            time_zone=zones.time_zone,
            windows=list_.windows,
            test=any(consent.test for consent in behind),
        )
    except ValueError as error:
        raise Misuse(f"{error}; nothing was published") from None
    return Draft(notice, list_, behind)


def issue(draft: Draft, signer: Signer, log: Log) -> Issued:
    """The list of `draft`, signed, once it is on `log`, and its people's marks there and on the user's own ledger.

    Raises `Misuse` where somebody is in another list by either, or the key is of another kind than Ed25519; `Disproved`
    where a ledger is damaged; `Unwritable`.
    """
    if signer.vkey.kind is not Kind.ED25519:
        raise Misuse(f"{signer.vkey.name}: a notice is signed with an Ed25519 key: garim consent key makes one")
    text = bytes(note.signed(written(draft.notice), [signer], 0)).decode()
    secret, facts = key(), {"notice": sha256(text.encode()).hexdigest()}
    entry = Entry(
        "exposure.notice",
        now(),
        {
            "cases": len(draft.consents),
            "notice": commitment(secret, "notice", facts["notice"].encode()),
            "windows": len(draft.notice.windows),
        },
    )
    marks = entries(draft.consents, draft.notice.windows, now())
    with contextlib.ExitStack() as held:
        own = [] if log.path.resolve() == default().resolve() else [held.enter_context(opened(None))]
        held.enter_context(turn([*own, log]))
        missing = {each: unlisted(each, marks) for each in (*own, log)}  # all are asked before one is written to
        for each in own:
            each.append([entry_written(mark) for mark in missing[each]])
        # at once: the list stands on the ledger, and so does each consent, or nothing does
        first = log.append([entry_written(each) for each in (entry, *missing[log])])[0]
        proof = prove(log.tree, first, log.note)
    return Issued(text, Receipt(proof, secret, facts))
