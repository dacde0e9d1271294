"""A consent record: who agreed to what, until when, and what they were shown.

The fields are those of ISO/IEC TS 27560, by its names or those of its W3C profile (DPV): docs/schema says which.
Laws: a record is for one purpose; what it holds was checked when it was made or read, and proves nothing before
`garim.consent.valid` has seen its signatures; its JSON reads back to the same bytes, or is refused.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import rfc8785

from garim.consent.purposes import TAKES, Data, Purpose
from garim.consent.states import Act, State, step
from garim.core.errors import Malformed
from garim.core.vkey import Kind, VerifierKey, unbase64

T = TypeVar("T", str, list[Any], dict[str, Any])
E = TypeVar("E", bound=StrEnum)

SCHEMA = "garim-consent-1"
MOST_CHARACTERS = 2000  # in one field
COMMITTED = b"garim consent v1\n"
_SIGNATURE_BYTES = 64
_OLDEST = 2000  # strftime writes years before 1000 with fewer digits than strptime reads
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_SAID = {Act.SIGN: "given", Act.WITHDRAW: "withdrawn"}
_ACTS = {said: act for act, said in _SAID.items()}


class Signer(StrEnum):
    """Whose key signed: the person's own, or that of an officer who attests what the person said."""

    SUBJECT = "subject"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Event:
    """An act that the record keeps: when it was (whole seconds), and whose Ed25519 `key` signed for it."""

    act: Act
    at: datetime
    by: Signer
    key: VerifierKey

    def __post_init__(self) -> None:
        _refuse_odd_time(self.at)
        if self.act not in _SAID:
            raise ValueError(f"events: {self.act} is the clock's, and not recorded")
        if self.key.kind is not Kind.ED25519 or not self.key.name.isprintable():
            raise ValueError("entity_key is an Ed25519 key under a printable name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A consent as it stands in its file: it says, and proves nothing yet.

    `valid_from` and `valid_until` both belong to it. `text_sha256` is of the text that the person was shown.
    `signatures` has one for each of `events`. Raises `ValueError` where a field is not what it should be.
    """

    pseudonym: str
    purpose: Purpose
    data: tuple[Data, ...]
    controller: str
    contact: str
    processors: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    text_sha256: str
    language: str
    refusal: str
    alternative: str | None
    test: bool = False
    record_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    commitment_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    events: tuple[Event, ...] = ()
    signatures: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        self._refuse_odd_words()
        if str(uuid.UUID(self.record_id)) != self.record_id or uuid.UUID(self.record_id).version != 4:
            raise ValueError("record_id is no random UUID")
        if not self.data or list(self.data) != [kind for kind in TAKES[self.purpose] if kind in self.data]:
            raise ValueError(f"pii_information of {self.purpose} is of {', '.join(TAKES[self.purpose])}, in this order")
        _refuse_odd_time(self.valid_from, self.valid_until)
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if not re.fullmatch("[0-9a-f]{64}", self.text_sha256) or len(self.commitment_key) != 32:
            raise ValueError("privacy_notice has a SHA-256, and commitment_key 32 bytes, in hex")
        self._refuse_odd_events()

    def _refuse_odd_words(self) -> None:
        if not _PSEUDONYM.fullmatch(self.pseudonym):
            raise ValueError("a pseudonym is up to 64 letters, digits, '.', '_' and '-', as P-01")
        if not _LANGUAGE.fullmatch(self.language):
            raise ValueError("a language is a BCP 47 tag, as ko or en-GB")
        words = {"controller": self.controller, "contact": self.contact, "consequence of refusal": self.refusal}
        if self.alternative is not None:
            words["alternative"] = self.alternative
        for name, said in [*words.items(), *(("processor", each) for each in self.processors)]:
            # unprintable ones could turn what is shown around
            if not said.strip() or not said.isprintable() or len(said) > MOST_CHARACTERS:
                raise ValueError(f"{name}: is one line of printable text, {MOST_CHARACTERS} characters at most")
        if len(set(self.processors)) != len(self.processors):
            raise ValueError("processors: one is named twice")

    def _refuse_odd_events(self) -> None:
        if [len(signature) for signature in self.signatures] != [_SIGNATURE_BYTES] * len(self.events):
            raise ValueError("a signature for each event, of 64 bytes")
        state = State.DRAFTED
        for event in self.events:
            state = step(state, event.act)
        times = [event.at for event in self.events]
        if times != sorted(times):
            raise ValueError("events: their times rise")

    @property
    def commitment(self) -> bytes:
        """What stands for this record on a ledger, 32 bytes; without the record's key nobody can link the two."""
        return hmac.digest(self.commitment_key, COMMITTED + self.record_id.encode(), "sha256")


def plain(record: Record) -> dict[str, Any]:
    """The record as JSON has it: docs/schema/consent.schema.json."""
    return {
        "schema_version": SCHEMA,
        "record_id": record.record_id,
        **({"test": True} if record.test else {}),
        "pii_principal_id": record.pseudonym,
        "purpose": record.purpose.value,
        "pii_information": [kind.value for kind in record.data],
        "pii_controller": {"party_name": record.controller, "party_contact": record.contact},
        "pii_processors": list(record.processors),
        "valid_from": time_text(record.valid_from),
        "valid_until": time_text(record.valid_until),
        "privacy_notice": {"sha256": record.text_sha256, "language": record.language},
        "consequence_of_refusal": record.refusal,
        **({} if record.alternative is None else {"alternative": record.alternative}),
        "commitment_key": record.commitment_key.hex(),
        "events": [plain_event(event) for event in record.events],
        "signatures": [b64encode(signature).decode() for signature in record.signatures],
    }


def plain_event(event: Event) -> dict[str, str]:
    """An event as JSON has it."""
    return {
        "event_state": _SAID[event.act],
        "event_time": time_text(event.at),
        "entity_role": event.by.value,
        "entity_key": str(event.key),
    }


def written(record: Record) -> str:
    """The record as JSON, for a file."""
    return json.dumps(plain(record), indent=1, ensure_ascii=False) + "\n"


def read(text: str) -> Record:
    """The record that `text` holds. Raises `Malformed` with the place that is wrong."""
    try:
        tree = json.loads(text, object_pairs_hook=_once)
        record = _parsed(tree)
        if rfc8785.dumps(plain(record)) != rfc8785.dumps(tree):
            raise ValueError("there is a field too many, or a value is not written as garim writes it")
    except json.JSONDecodeError as error:
        raise Malformed(f"the record is not JSON: line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the record is not one of garim's: {error}") from None
    return record


def time_text(at: datetime) -> str:
    """A time as records have it: 2026-11-22T06:11:44Z."""
    return at.astimezone(UTC).strftime(_TIME)


def _parsed(tree: Any) -> Record:
    if _field(str, tree, "schema_version") != SCHEMA:
        raise ValueError(f"this garim reads {SCHEMA}")
    controller, notice = _field(dict, tree, "pii_controller"), _field(dict, tree, "privacy_notice")
    return Record(
        record_id=_field(str, tree, "record_id"),
        test="test" in tree,  # any other value than true does not read back
        pseudonym=_field(str, tree, "pii_principal_id"),
        purpose=_chosen(Purpose, _field(str, tree, "purpose")),
        data=tuple(_chosen(Data, kind) for kind in _strings(tree, "pii_information")),
        controller=_field(str, controller, "party_name"),
        contact=_field(str, controller, "party_contact"),
        processors=tuple(_strings(tree, "pii_processors")),
        valid_from=_time(_field(str, tree, "valid_from")),
        valid_until=_time(_field(str, tree, "valid_until")),
        text_sha256=_field(str, notice, "sha256"),
        language=_field(str, notice, "language"),
        refusal=_field(str, tree, "consequence_of_refusal"),
        alternative=_field(str, tree, "alternative") if "alternative" in tree else None,
        commitment_key=bytes.fromhex(_field(str, tree, "commitment_key")),
        events=tuple(_event(row) for row in _field(list, tree, "events")),
        signatures=tuple(unbase64(text) for text in _strings(tree, "signatures")),
    )


def _event(row: Any) -> Event:
    act = _ACTS.get(_field(str, row, "event_state"))
    if act is None:
        raise ValueError(f"event_state is one of {', '.join(_ACTS)}")
    by, key = _chosen(Signer, _field(str, row, "entity_role")), VerifierKey.parse(_field(str, row, "entity_key"))
    return Event(act, _time(_field(str, row, "event_time")), by, key)


def _field(kind: type[T], tree: Any, name: str) -> T:
    value = tree.get(name) if type(tree) is dict else None
    if type(value) is not kind:
        raise ValueError(f"{name} is missing, or no {kind.__name__}")
    return value


def _strings(tree: Any, name: str) -> list[str]:
    values = _field(list, tree, name)
    if not all(type(value) is str for value in values):
        raise ValueError(f"{name} is a list of text")
    return values


def _chosen(choices: type[E], word: str) -> E:
    try:
        return choices(word)
    except ValueError:
        raise ValueError(f"{word!r} is none of {', '.join(choices)}") from None


def _time(text: str) -> datetime:
    at = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    if time_text(at) != text:
        raise ValueError(f"{text}: a time is written as 2026-11-22T06:11:44Z")
    return at


def _refuse_odd_time(*times: datetime) -> None:
    for at in times:
        if at.utcoffset() is None or at.microsecond or at.year < _OLDEST:
            raise ValueError(f"times are of whole seconds since {_OLDEST}, and say their zone")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once each: of two, readers would not agree on which was signed."""
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return tree
