"""WHOSE HOURS MAY GO INTO A LIST, and that they go into one only.

Laws: a case is in with its own consent for notices, and on the word of an officer who is known; its points never
leave its file. A consent is in one list: of two lists with the same people and one more, the difference would be that
one's day. The very same list may be made again. On the ledger a consent has a mark that only its holder can compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from garim.consent import Consent, Known
from garim.core.errors import Misuse
from garim.exposure.case import Case, NotBound, refuse_unsigned
from garim.exposure.mix import Stay, Window
from garim.ledger import Entry, commitment
from garim.ledger.entry import read
from garim.ledger.folder import Folder
from garim.ledger.log import Log
from garim.ledger.tiles import bundles, fetch, unbundled

KIND = "exposure.noticed"


def stays(case: Case, consent: Consent, known: Known, at: datetime) -> tuple[Stay, ...]:
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
    return tuple(Stay(visit.camera, visit.start, visit.end) for visit in case.visits)


def entries(consents: Sequence[Consent], windows: Sequence[Window], at: datetime) -> tuple[Entry, ...]:
    """What goes on the ledger of each of the `consents` behind a list of `windows`."""
    marks = sorted(_mark(consent) for consent in consents)
    # by a key that nobody has without the consents: of a list that everybody sees the mark must not be guessed
    key = sha256(b"".join(sorted(consent.commitment for consent in consents))).digest()
    text = "\n".join(f"{each.day} {each.start} {each.end} {each.risk} {each.place}" for each in windows)
    made = commitment(key, "list", text.encode())
    return tuple(Entry(KIND, at, {"consent": mark, "list": made}) for mark in marks)


def refuse_listed(log: Log, new: Sequence[Entry]) -> bool:
    """Whether just this list stands on the log already. Raises `Misuse` where one of its consents is in another."""
    wanted = {entry.facts["consent"]: entry.facts["list"] for entry in new}
    before = {str(entry.facts["consent"]): entry.facts["list"] for entry in _on(log)}
    for mark in wanted.keys() & before.keys():
        if before[str(mark)] != wanted[mark]:
            raise Misuse(
                "somebody of these is in an earlier list: the difference of two lists could be one person's day. "
                "Nothing was published. Make the list of new cases only, each with a consent of its own"
            )
    return bool(wanted.keys() & before.keys())


def _on(log: Log) -> list[Entry]:
    folder, kind = Folder(log.path), f'"kind":"{KIND}"'.encode()
    found = (entry for name in bundles(log.tree.size) for entry in unbundled(fetch(folder.read, name)))
    return [read(entry) for entry in found if kind in entry]


def _mark(consent: Consent) -> str:
    return commitment(consent.commitment, KIND, b"")
