"""The proof that a consent holds, for one purpose at one moment.

In this order: 1. it is no TEST, or one was asked for; 2. it is what was signed; 3. by keys whose word counts; 4. the
ledger knows of no withdrawal; 5. by its own events and the clock it is given; 6. for this purpose; 7. to these
parties. What passes is a `Consent`; nothing else makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from garim.consent.errors import (
    Expired,
    ForTests,
    NotYet,
    OtherParty,
    OtherPurpose,
    Unsigned,
    Withdrawn,
)
from garim.consent.known import Known, refuse_unknown
from garim.consent.purposes import Data, Purpose
from garim.consent.record import Record, Signer, time_text
from garim.consent.sign import refuse_altered
from garim.consent.states import Act, State, after


@dataclass(frozen=True, slots=True)
class Consent:
    """A proven consent. `commitment`, 32 bytes, is what a log may say of it; `signer` whose word it is."""

    record_id: str
    pseudonym: str
    purpose: Purpose
    data: tuple[Data, ...]
    controller: str
    processors: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    text_sha256: str
    signer: Signer
    commitment: bytes
    test: bool


def valid(
    record: Record,
    *,
    purpose: Purpose,
    at: datetime,
    known: Known,
    withdrawn: Callable[[bytes], bool],
    controller: str | None = None,
    processor: str | None = None,
    allow_test: bool = False,
) -> Consent:
    """The consent that `record` proves for `purpose` at the time `at`.

    `withdrawn` says of a commitment whether its withdrawal stands on the ledger: an old copy of the record does not.
    `controller` and `processor`, where given, are who wants to use it. Raises the `NoConsent` that fits.
    """
    if record.test and not allow_test:
        raise ForTests("the record was made for tests, and means nothing here. Ask the person for a consent")
    refuse_altered(record)
    refuse_unknown(record, known)
    if withdrawn(record.commitment):
        raise Withdrawn("the consent was withdrawn, as the ledger says. It stays so")
    _refuse_standing(record, at)
    if record.purpose is not purpose:
        raise OtherPurpose(f"the consent is for {record.purpose}, and not for {purpose}. Each purpose wants its own")
    _refuse_others(record, controller, processor)
    return _proven(record)


def standing(record: Record, at: datetime) -> State:
    """Where the consent stands at the time `at`, by what the record itself says; a withdrawal holds at any time."""
    return after(act for _, act in sorted(_happened(record, at), key=lambda happening: happening[0]))


def _happened(record: Record, at: datetime) -> Iterator[tuple[datetime, Act]]:
    """What happened, an act of the clock after that of a person where both are of one moment."""
    yield from ((event.at, event.act) for event in record.events)
    signed = min((event.at for event in record.events), default=at)
    if at >= max(record.valid_from, signed):
        yield max(record.valid_from, signed), Act.BEGIN
    if at > record.valid_until:
        yield max(record.valid_until, signed), Act.EXPIRE


def _refuse_others(record: Record, controller: str | None, processor: str | None) -> None:
    if controller is not None and controller != record.controller:
        raise OtherParty(f"the consent was given to {record.controller}, and not to {controller}")
    if processor is not None and processor not in (record.controller, *record.processors):
        named = ", ".join(record.processors) or "nobody"
        raise OtherParty(f"the consent names {named} as processor, and not {processor}")


def _refuse_standing(record: Record, at: datetime) -> None:
    state = standing(record, at)
    match state:
        case State.GIVEN:
            return
        case State.NOT_YET:
            begins = max(record.valid_from, record.events[0].at)
            raise NotYet(f"the consent holds from {time_text(begins)} on, and it is {time_text(at)}")
        case State.EXPIRED:
            raise Expired(f"the consent held until {time_text(record.valid_until)}. Ask the person again")
        case State.WITHDRAWN:
            raise Withdrawn(f"the consent was withdrawn on {time_text(record.events[-1].at)}. It stays so")
        case State.DRAFTED:
            raise Unsigned("the record is a draft: nobody has signed it. garim consent sign does")
        case _:
            assert_never(state)


def _proven(record: Record) -> Consent:
    return Consent(
        record_id=record.record_id,
        pseudonym=record.pseudonym,
        purpose=record.purpose,
        data=record.data,
        controller=record.controller,
        processors=record.processors,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        text_sha256=record.text_sha256,
        signer=record.events[0].by,
        commitment=record.commitment,
        test=record.test,
    )
