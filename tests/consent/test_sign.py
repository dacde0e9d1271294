"""Signatures: over every field, over the signer's role, over nothing else; and keys as signed notes write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tests.consent.papers import DAY, KNOWN, NOW, OFFICER, PERSON, STRANGER, draft, given

from garim.consent import (
    Act,
    Altered,
    Data,
    Purpose,
    Record,
    Signer,
    UnknownKey,
    give,
    new_key,
    plain,
    public_of,
    refuse_altered,
    refuse_false_withdrawal,
    withdraw,
)
from garim.core.errors import Malformed, Misuse
from garim.core.vkey import Kind, SigningKey, VerifierKey

SIGNED = given(alternative="a booth", processors=("A", "B"))
WITHDRAWN = withdraw(SIGNED, OFFICER, by=Signer.OFFICER, at=NOW, known=KNOWN)


def canonical(record: Record, events: int) -> bytes:
    """RFC 8785 for what is ASCII and has no numbers, by other means: sorted names, no spaces."""
    tree = plain(record)
    del tree["signatures"]
    tree["events"] = tree["events"][:events]
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
    assert text.isascii()
    return text.encode()


def test_each_signature_is_ed25519_over_what_the_schema_says() -> None:
    for number, (event, signature) in enumerate(zip(WITHDRAWN.events, WITHDRAWN.signatures, strict=True), 1):
        key = Ed25519PublicKey.from_public_bytes(event.key.public)
        key.verify(signature, b"garim consent record v1\n" + canonical(WITHDRAWN, number))
    assert WITHDRAWN.signatures[0] == SIGNED.signatures[0]
    refuse_altered(WITHDRAWN)


CHANGED: dict[str, dict[str, Any]] = {
    "pseudonym": {"pseudonym": "P-02"},
    "purpose": {"purpose": Purpose.CORPUS_TRAIN, "data": (Data.PHOTO,)},
    "data": {"purpose": Purpose.GATE_VERIFY, "data": (Data.CAPTURE,)},
    "controller": {"controller": "City of Example"},
    "contact": {"contact": "nobody"},
    "processors": {"processors": ("A",)},
    "order of processors": {"processors": ("B", "A")},
    "from": {"valid_from": NOW - 31 * DAY},
    "until": {"valid_until": NOW + 31 * DAY},
    "text": {"text_sha256": "0" * 64},
    "language": {"language": "ko"},
    "refusal": {"refusal": "a fine"},
    "alternative": {"alternative": None},
    "test": {"test": True},
    "id": {"record_id": draft().record_id},
    "commitment key": {"commitment_key": bytes(32)},
    "role": {"events": (replace(SIGNED.events[0], by=Signer.OFFICER),)},
    "time": {"events": (replace(SIGNED.events[0], at=NOW),)},
    "key": {"events": (replace(SIGNED.events[0], key=public_of(STRANGER)),)},
    "name of the key": {"events": (replace(SIGNED.events[0], key=replace(public_of(PERSON), name="P-02")),)},
    "signature": {"signatures": (bytes(64),)},
    "another's signature": {"signatures": given().signatures},
}


@pytest.mark.parametrize("parts", CHANGED.values(), ids=CHANGED.keys())
def test_whatever_is_changed_is_noticed(parts: dict[str, Any]) -> None:
    refuse_altered(SIGNED)
    with pytest.raises(Altered, match="altered afterwards"):
        refuse_altered(replace(SIGNED, **parts))


def test_no_field_is_left_out_of_the_changes() -> None:
    changed = {name for parts in CHANGED.values() for name in parts}
    assert changed == set(Record.__dataclass_fields__)


def test_a_withdrawal_is_signed_too() -> None:
    at = replace(WITHDRAWN.events[1], at=NOW + DAY)
    with pytest.raises(Altered, match="office"):
        refuse_altered(replace(WITHDRAWN, events=(WITHDRAWN.events[0], at)))
    with pytest.raises(Altered):
        refuse_altered(replace(WITHDRAWN, signatures=(WITHDRAWN.signatures[0], SIGNED.signatures[0])))


def test_a_signature_made_for_something_else_does_not_fit() -> None:
    """The same bytes, signed without the domain in front."""
    bare = Ed25519PrivateKey.from_private_bytes(PERSON.seed).sign(canonical(SIGNED, 1))
    with pytest.raises(Altered):
        refuse_altered(replace(SIGNED, signatures=(bare,)))


def test_who_gave_may_withdraw_and_officers_may_and_strangers_may_not() -> None:
    own = withdraw(SIGNED, PERSON, by=Signer.SUBJECT, at=NOW, known=replace(KNOWN, subjects=frozenset()))
    assert own.events[1].act is Act.WITHDRAW
    for key, by in ((STRANGER, Signer.SUBJECT), (STRANGER, Signer.OFFICER), (PERSON, Signer.OFFICER)):
        with pytest.raises(UnknownKey, match="not known"):
            withdraw(SIGNED, key, by=by, at=NOW, known=KNOWN)


def test_what_was_altered_is_not_withdrawn_in_its_place() -> None:
    with pytest.raises(Altered):
        withdraw(replace(SIGNED, commitment_key=bytes(32)), PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)


def test_a_withdrawal_is_announced_where_it_is_somebodys_whose_word_counts() -> None:
    refuse_false_withdrawal(WITHDRAWN, KNOWN)
    own = withdraw(SIGNED, PERSON, by=Signer.SUBJECT, at=NOW, known=replace(KNOWN, officers=frozenset()))
    refuse_false_withdrawal(own, replace(KNOWN, officers=frozenset(), subjects=frozenset()))
    with pytest.raises(UnknownKey):
        refuse_false_withdrawal(WITHDRAWN, replace(KNOWN, officers=frozenset()))
    with pytest.raises(Altered):
        refuse_false_withdrawal(replace(WITHDRAWN, commitment_key=bytes(32)), KNOWN)
    for record in (SIGNED, draft()):
        with pytest.raises(Misuse, match="is not withdrawn"):
            refuse_false_withdrawal(record, KNOWN)


def test_parts_of_seconds_are_cut_off() -> None:
    record = give(draft(), PERSON, by=Signer.SUBJECT, at=NOW + timedelta(microseconds=5))
    assert record.events[0].at == NOW


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: SigningKey(key.name, key.kind, key.seed, bytes(4)),
        lambda key: SigningKey(key.name, key.kind, bytes(32), key.id),
        lambda key: SigningKey(key.name, Kind.COSIGN_ED25519, key.seed, key.id),
    ],
    ids=["another id", "another seed", "a witness's"],
)
def test_a_key_that_is_not_what_it_says_signs_nothing(spoil: Callable[[SigningKey], SigningKey]) -> None:
    with pytest.raises(Malformed):
        give(draft(), spoil(PERSON), by=Signer.SUBJECT, at=NOW)


def test_a_new_key_reads_back_and_its_public_half_is_its_own() -> None:
    key = new_key("P-09")
    assert SigningKey.parse(key.secret_text) == key
    public = public_of(key)
    assert VerifierKey.parse(str(public)) == public and public.name == "P-09"
    assert new_key("P-09").seed != key.seed
    with pytest.raises(Malformed, match="name"):
        new_key("Kim Minsu")
