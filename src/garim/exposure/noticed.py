"""WHOSE HOURS MAY GO INTO A LIST, and that they go into one only.

Laws: a case is in with its own consent for notices, and on the word of an officer who is known; its points never
leave its file. A consent is in one list: of two lists with the same people and one more, the difference would be that
one's day. The very same list may be made again. On the ledger a consent has a mark that only its holder can compute.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from garim.consent import Consent, Known
from garim.core.errors import Misuse
from garim.exposure.case import Case, NotBound, refuse_unsigned
from garim.exposure.mix import Spell, Window
from garim.files import unwritable
from garim.ledger import Entry, Log, commitment, standing
from garim.ledger.entry import read
from garim.ledger.log import private

KIND = "exposure.noticed"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who agreed to be in a list, and where an officer says that they were."""

    consent: Consent
    spells: tuple[Spell, ...]


def people(cases: Sequence[Case], consents: Sequence[Consent], known: Known, at: datetime) -> tuple[Person, ...]:
    """Each person once, by all of their cases. Raises `Misuse` where cases and consents are not of the same people.

    And `NotBound` where a case and its consent do not belong together, or no officer who is known signed the case.
    """
    agreed: dict[str, Consent] = {}
    for consent in consents:
        if agreed.setdefault(consent.pseudonym, consent) is not consent:
            raise Misuse(f"{consent.pseudonym}: has two consents here; nothing was published. One each")
    theirs: dict[str, list[Spell]] = defaultdict(list)
    for case in cases:
        if case.patient not in agreed:
            raise Misuse(f"no --consent of {case.patient}, and a case; nothing was published")
        theirs[case.patient] += spells(case, agreed[case.patient], known, at)
    for pseudonym in agreed.keys() - theirs.keys():
        raise Misuse(f"{pseudonym}: a consent, and no case of theirs; nothing was published")
    return tuple(Person(agreed[pseudonym], tuple(rows)) for pseudonym, rows in theirs.items())


def spells(case: Case, consent: Consent, known: Known, at: datetime) -> tuple[Spell, ...]:
    """Where `case` was and when, by an officer's signature, under the `consent` for notices of the same person.

    Raises `NotBound`; `Misuse` for a visit that is not over.
    """
    refuse_unsigned(case, known)
    if case.patient != consent.pseudonym:
        raise NotBound(f"the consent is of {consent.pseudonym}, and the case of {case.patient}")
    if case.test != consent.test:
        raise NotBound("either the case or the consent was made for tests, and the other was not")
    if max(visit.end for visit in case.visits) > at:
        raise Misuse(f"{case.patient}: a visit is not over yet; nothing was published. Come back when it is")
    return tuple(Spell(visit.camera, visit.start, visit.end) for visit in case.visits)


def entries(consents: Sequence[Consent], windows: Sequence[Window], at: datetime) -> tuple[Entry, ...]:
    """What goes on the ledger of each of the `consents` behind a list of `windows`."""
    marks = sorted(_mark(consent) for consent in consents)
    # by a key that nobody has without the consents: of a list that everybody sees the mark must not be guessed
    key = sha256(b"".join(sorted(consent.commitment for consent in consents))).digest()
    text = "\n".join(f"{each.day} {each.start} {each.end} {each.risk} {each.place}" for each in windows)
    made = commitment(key, "list", text.encode())
    return tuple(Entry(KIND, at, {"consent": mark, "list": made}) for mark in marks)


def unlisted(log: Log, new: Sequence[Entry]) -> tuple[Entry, ...]:
    """Those of the `new` entries that are not on `log` yet: all, or none where just this list is on it.

    Every entry there is read, and hashed to the signed root. Raises `Misuse` where one of the consents is in another
    list.
    """
    wanted = {entry.facts["consent"]: entry.facts["list"] for entry in new}
    before = [read(entry).facts for entry in standing(log.path, KIND)]
    if any(wanted.get(facts["consent"], facts["list"]) != facts["list"] for facts in before):
        raise Misuse(
            "somebody of these is in an earlier list: the difference of two lists could be one person's day. "
            "Nothing was published. Make the list of new cases only, each with a consent of its own"
        )
    there = {facts["consent"] for facts in before}
    return tuple(entry for entry in new if entry.facts["consent"] not in there)


@contextlib.contextmanager
def turn(logs: Sequence[Log]) -> Iterator[None]:
    """One list at a time on these `logs`, from asking them to writing; the lock goes with the process that holds it."""
    with contextlib.ExitStack() as held:
        # in an order of their own, so that no two lists wait for each other
        for path in sorted({private(log.path) / "noticed.lock" for log in logs}):
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise unwritable(path, error) from None
            held.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _mark(consent: Consent) -> str:
    return commitment(consent.commitment, KIND, b"")
