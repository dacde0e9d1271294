"""Signatures over records, and the keys that make them: Ed25519, by the person or by an officer who attests.

Laws: what is signed begins with `DOMAIN`, so that no signature made for something else fits; it is the whole record
as it stood after the act (RFC 8785), TEST mark, commitment key and signer's role included, without signatures.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from garim import signing
from garim.consent.errors import Altered
from garim.consent.known import Known, refuse_unknown_withdrawal
from garim.consent.record import Event, Record, Signer, plain, plain_event
from garim.consent.states import Act, State, after, step
from garim.core.errors import Malformed, Misuse
from garim.core.vkey import Kind, SigningKey, VerifierKey

DOMAIN = b"garim consent record v1\n"
_STANDS = {State.DRAFTED: "was never given", State.WITHDRAWN: "is withdrawn, for good"}


def new_key(name: str) -> SigningKey:
    """A fresh Ed25519 key under `name`. Raises `Malformed` where no key can have that name."""
    return signing.new(name, Kind.ED25519).secret


def public_of(key: SigningKey) -> VerifierKey:
    """The public half of `key`. Raises `Malformed` where `key` is of another kind, or its id is not its own."""
    return _pair(key).vkey


def give(record: Record, key: SigningKey, *, by: Signer, at: datetime) -> Record:
    """`record` with the consent given: signed by the person's key, or by that of an officer who attests it.

    Raises `Misuse` where it is given already, `Malformed` where `key` cannot sign.
    """
    return _signed(record, Act.SIGN, key, by, at)


def withdraw(record: Record, key: SigningKey, *, by: Signer, at: datetime, known: Known) -> Record:
    """`record` with the consent withdrawn, for good: with the key that gave it, or another that is `known`.

    Raises `Misuse` where it was never given, or is withdrawn already; `Altered`; `UnknownKey` where the word of `key`
    does not count; `Malformed` where it cannot sign.
    """
    refuse_altered(record)
    over = _signed(record, Act.WITHDRAW, key, by, at)
    refuse_unknown_withdrawal(over, known)
    return over


def _signed(record: Record, act: Act, key: SigningKey, by: Signer, at: datetime) -> Record:
    state = after(event.act for event in record.events)
    try:
        step(state, act)
    except ValueError:
        raise Misuse(f"this consent {_STANDS.get(state, 'is given already')}; nothing was changed") from None
    # a clock that went back must not keep anybody from withdrawing
    at = max([at.replace(microsecond=0), *(event.at for event in record.events)])
    pair = _pair(key)
    events = (*record.events, Event(act, at, by, pair.vkey))
    signature = pair.sign(message(record, events))
    return replace(record, events=events, signatures=(*record.signatures, signature))


def refuse_false_withdrawal(record: Record, known: Known) -> None:
    """Raise unless `record` was withdrawn by somebody whose word counts: what may be announced, however often.

    `Misuse` where it is not withdrawn, `Altered`, `UnknownKey`.
    """
    if after(event.act for event in record.events) is not State.WITHDRAWN:
        raise Misuse("this consent is not withdrawn; nothing was announced")
    refuse_altered(record)
    refuse_unknown_withdrawal(record, known)


def message(record: Record, events: tuple[Event, ...]) -> bytes:
    """What is signed when `events` are those of `record`, the last one being signed for."""
    tree = plain(record) | {"events": [plain_event(event) for event in events]}
    del tree["signatures"]
    return DOMAIN + rfc8785.dumps(tree)


def refuse_altered(record: Record) -> None:
    """Raise `Altered` where a signature is not over what the record says. Whose keys they are is another question."""
    for count, (event, signature) in enumerate(zip(record.events, record.signatures, strict=True), 1):
        try:
            key = Ed25519PublicKey.from_public_bytes(event.key.public)
            key.verify(signature, message(record, record.events[:count]))
        except InvalidSignature:
            raise Altered(
                f"the record is not what {event.key.name} signed: it was altered afterwards. Ask for the original"
            ) from None


def _pair(key: SigningKey) -> signing.Pair:
    if key.kind is not Kind.ED25519:
        raise Malformed(f"{key.name}: consents are signed with Ed25519 keys, and this is {key.kind.name}")
    return signing.derived(key)
