"""WHAT THE LOG KNOWS OF SESSIONS AND CONSENTS: each challenge issued, each that was used, each consent used up.

Laws: a challenge is on the log before its file appears, so that drawing again and again shows; a session counts on the
log that issued it, as it was issued, and once; a consent allows one comparison, after which its mark stands on the log.
The mark is one that only whoever has the consent can compute, or whoever sees it withdrawn; so attempts under one
consent stand together on the log, and no others do.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from garim.consent import Consent
from garim.core.errors import Misuse
from garim.files import refuse_clash, unwritable, whole
from garim.gate.challenge import DEFAULT_MOVES, DEFAULT_S, Challenge, drawn, written
from garim.ledger import Entry, Log, commitment, now, record, standing
from garim.ledger.entry import read
from garim.ledger.log import private

ISSUED, USED = "gate.challenge", "gate.session"
COMPARED = ("match", "no_match")
"""The decisions that a consent is used up by: a face was compared with the document's."""


class Reused(Misuse):
    """A session, copied before it was used, that has its entry already."""


class NotIssued(Misuse):
    """A session that this ledger did not issue, or not as it is now."""


class ConsentUsed(Misuse):
    """A consent under which somebody was compared already: it allowed that once."""


def issued(
    log: Log, path: Path, *, moves: int = DEFAULT_MOVES, seconds: int = DEFAULT_S, force: bool = False
) -> Challenge:
    """A challenge that nobody could know before, in a file at `path` (mode 0600), once its entry is on `log`.

    Raises `Misuse` for what cannot be asked for, or where a file is there and no `force`; `Unwritable`.
    """
    made = drawn(moves=moves, seconds=seconds)
    refuse_clash(path, [], force=force)
    with whole(path, force=force, mode=0o600) as unfinished:
        unfinished.write_bytes(written(made))
        log_issued(log, made)
    return made


def log_issued(log: Log, made: Challenge) -> None:
    """Put on `log` that `made` was issued. Its file is still to appear."""
    seconds = int((made.deadline - made.issued_at).total_seconds())
    record(log, Entry(ISSUED, now(), {"moves": len(made.moves), "seconds": seconds, "session": session_mark(made)}))


def opened_session(used: Challenge) -> str:
    """What the log's commitment to a session opens to: the SHA-256 of its whole file, moves and times with it."""
    return sha256(written(used)).hexdigest()


def session_mark(used: Challenge) -> str:
    """A session's commitment, under its own key: the same where it was issued and where it was used."""
    return commitment(used.key, "session", opened_session(used).encode())


def consent_mark(consent: Consent) -> str:
    """A consent's mark on the log: the same at each attempt."""
    return commitment(consent.commitment, USED, b"")


def refuse_unissued(log: Log, used: Challenge) -> None:
    """Raise `NotIssued` where `log` has no entry that just this session was issued."""
    mark = session_mark(used)
    if not any(read(entry).facts["session"] == mark for entry in standing(log.path, ISSUED)):
        raise NotIssued(
            "this ledger did not issue the session, or not with these moves and times; it is used up, nothing was "
            "compared. Name with --ledger the one that `garim gate challenge` wrote to, and issue a new session"
        )


def refuse_used(log: Log, used: Challenge) -> None:
    """Raise `Reused` where the session has its entry on `log`."""
    mark = session_mark(used)
    if any(read(entry).facts["session"] == mark for entry in standing(log.path, USED)):
        raise Reused("the session was used before: this is a copy of it; nothing is answered. Issue a new one")


def refuse_spent_consent(log: Log, consent: Consent) -> None:
    """Raise `ConsentUsed` where somebody was compared under `consent` before. One made for tests is never used up."""
    mark = consent_mark(consent)
    if not consent.test and any(
        facts["consent"] == mark and facts["decision"] in COMPARED
        for facts in (read(entry).facts for entry in standing(log.path, USED))
    ):
        raise ConsentUsed(
            "the consent allowed one comparison, which was made; nothing was compared again. Whoever wants another "
            "agrees to it in a new consent"
        )


@contextlib.contextmanager
def turn(log: Log) -> Iterator[None]:
    """One at a time on `log`, from asking it to writing; the lock goes with the process that holds it."""
    path = private(log.path) / "gate.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
