"""A record in plain words, for the person whom it is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from garim.consent.check import standing
from garim.consent.purposes import WORDS
from garim.consent.record import Event, Record, Signer
from garim.consent.states import Act, State

_STANDS = {
    State.DRAFTED: "a draft: nobody has signed it, and it allows nothing",
    State.NOT_YET: "given, and allows nothing before its time begins",
    State.GIVEN: "given, and holds now",
    State.EXPIRED: "over: its time has passed, and it allows nothing any more",
    State.WITHDRAWN: "withdrawn, for good: it allows nothing any more",
}
_ACTS = {Act.SIGN: "given", Act.WITHDRAW: "withdrawn"}


def in_words(record: Record, at: datetime) -> Iterator[tuple[str, str]]:
    """Each thing that `record` says, a heading and a sentence, as it stands at the time `at`."""
    if record.test:
        yield "TEST", "made for tests and demos; nobody agreed to anything"
    yield "you", f"{record.pseudonym} (a pseudonym: your name does not belong in here)"
    yield "what for", f"{WORDS[record.purpose]} ({record.purpose}), and nothing else"
    yield "what is used", "; ".join(WORDS[kind] for kind in record.data)
    yield "who answers for it", record.controller
    yield "who works for them", ", ".join(record.processors) or "nobody else"
    yield "from", _time(record.valid_from)
    yield "until", _time(record.valid_until)
    yield "if you refuse", record.refusal
    if record.alternative is not None:
        yield "instead of it", record.alternative
    yield "what you were shown", f"a text ({record.language}); sha256sum of it prints {record.text_sha256}"
    for event in record.events:
        yield _ACTS[event.act], f"{_time(event.at)}, {_signed(event)}"
    yield "where it stands", _STANDS[standing(record, at)]
    yield "to withdraw", f"at any time, and for good: {record.contact}"


def _signed(event: Event) -> str:
    if event.by is Signer.SUBJECT:
        return f"signed with your own key ({event.key.name})"
    return f"signed by {event.key.name}, an officer who attests that you said so"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
