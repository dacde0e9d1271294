"""Records as JSON: what is written fits the published schema and reads back; what is odd is refused by both."""

from __future__ import annotations

import hashlib
import hmac
import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from tests.consent.papers import DAY, KNOWN, NOW, OFFICER, PERSON, draft, given

from garim.consent import TAKES, WORDS, Data, Purpose, Record, Signer, give, plain, read, withdraw, written
from garim.consent.record import SCHEMA as VERSION
from garim.core.errors import Malformed
from garim.core.vkey import Kind, VerifierKey

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "consent.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

printable = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
words = st.text(printable, min_size=1, max_size=60).filter(str.strip)


@st.composite
def records(draw: st.DrawFn) -> Record:
    purpose = draw(st.sampled_from(Purpose))
    kept = draw(st.sets(st.sampled_from(TAKES[purpose]), min_size=1))
    start = NOW + timedelta(seconds=draw(st.integers(-(10**8), 10**8)))
    record = draft(
        pseudonym=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)),
        purpose=purpose,
        data=tuple(kind for kind in TAKES[purpose] if kind in kept),
        controller=draw(words),
        contact=draw(words),
        processors=tuple(draw(st.lists(words, unique=True, max_size=3))),
        valid_from=start,
        valid_until=start + timedelta(seconds=draw(st.integers(0, 10**8))),
        refusal=draw(words),
        alternative=draw(st.none() | words),
        test=draw(st.booleans()),
    )
    for act in range(draw(st.integers(0, 2))):
        by = draw(st.sampled_from(Signer))
        if act == 0:
            record = give(record, PERSON, by=by, at=start)
        else:
            record = withdraw(record, OFFICER, by=Signer.OFFICER, at=start, known=KNOWN)
    return record


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert properties["schema_version"]["const"] == VERSION
    assert properties["purpose"]["enum"] == list(Purpose)
    assert properties["pii_information"]["items"]["enum"] == list(Data)


def test_each_purpose_and_datum_has_words_for_people() -> None:
    assert set(WORDS) == {*Purpose, *Data}
    assert set(TAKES) == set(Purpose)
    assert {kind for kinds in TAKES.values() for kind in kinds} == set(Data)


@settings(deadline=None)
@over(records())
def test_what_is_written_fits_and_reads_back(record: Record) -> None:
    text = written(record)
    VALIDATOR.validate(json.loads(text))
    assert read(text) == record
    assert read(json.dumps(json.loads(text), indent=4)) == record  # only how it is laid out is free


def test_ids_and_keys_are_random_and_the_key_is_not_shown() -> None:
    one, two = draft(), draft()
    assert one.record_id != two.record_id and one.commitment_key != two.commitment_key
    assert one.commitment != two.commitment
    assert repr(one.commitment_key) not in repr(one) and one.commitment_key.hex() not in repr(one)


def test_the_commitment_is_the_hmac_that_the_schema_says() -> None:
    record = draft(record_id="0f4ab5de-6e54-4f5c-8f67-2f1c2c4f6a10", commitment_key=bytes(range(32)))
    wanted = hmac.new(bytes(range(32)), b"garim consent v1\n0f4ab5de-6e54-4f5c-8f67-2f1c2c4f6a10", hashlib.sha256)
    assert record.commitment == wanted.digest()


def tree(**parts: Any) -> dict[str, Any]:
    whole = plain(withdraw(given(), PERSON, by=Signer.SUBJECT, at=NOW, known=KNOWN)) | parts
    return {name: value for name, value in whole.items() if value is not ...}


def event(number: int = 0, **parts: Any) -> dict[str, Any]:
    whole = deepcopy(tree())
    row = whole["events"][number] | parts
    whole["events"][number] = {name: value for name, value in row.items() if value is not ...}
    return whole


OPTIONAL = {"alternative"}
BOTH: dict[str, Any] = {
    "a list": [],
    "null": None,
    **{f"no {name}": tree(**{name: ...}) for name in tree() if name not in OPTIONAL},
    **{f"{name} is null": tree(**{name: None}) for name in tree()},
    **{f"{name} is a number": tree(**{name: 1}) for name in tree()},
    "a field too many": tree(name="Kim"),
    "another version": tree(schema_version="garim-consent-2"),
    "a test that is false": tree(test=False),
    "a test that is 1": tree(test=1),
    "an id of another version": tree(record_id="0f4ab5de-6e54-1f5c-8f67-2f1c2c4f6a10"),
    "an id in capitals": tree(record_id="0F4AB5DE-6E54-4F5C-8F67-2F1C2C4F6A10"),
    "a name for a pseudonym": tree(pii_principal_id="Kim Minsu"),
    "no pseudonym": tree(pii_principal_id=""),
    "a purpose of one's own": tree(purpose="marketing"),
    "no data": tree(pii_information=[]),
    "data of one's own": tree(pii_information=["shoes"]),
    "data twice": tree(pii_information=["picture", "picture"]),
    "a controller without contact": tree(pii_controller={"party_name": "City"}),
    "a controller with more": tree(pii_controller=tree()["pii_controller"] | {"party_name_2": "x"}),
    "a controller of spaces": tree(pii_controller={"party_name": "  ", "party_contact": "x"}),
    "a processor of nothing": tree(pii_processors=[""]),
    "a processor twice": tree(pii_processors=["A", "A"]),
    "a processor of two lines": tree(pii_processors=["A\nB"]),
    "a processor that is a number": tree(pii_processors=[1]),
    "a day without a time": tree(valid_until="2027-03-31"),
    "a time in another zone": tree(valid_until="2027-03-31T12:00:00+09:00"),
    "a time with parts of seconds": tree(valid_until="2027-03-31T12:00:00.5Z"),
    "a time before all this": tree(valid_from="1999-12-31T12:00:00Z"),
    "a hash in capitals": tree(privacy_notice={"sha256": "A" * 64, "language": "en"}),
    "a hash too short": tree(privacy_notice={"sha256": "a" * 63, "language": "en"}),
    "no language": tree(privacy_notice={"sha256": "a" * 64}),
    "a language in words": tree(privacy_notice={"sha256": "a" * 64, "language": "Korean, I think"}),
    "a refusal of nothing": tree(consequence_of_refusal=""),
    "an alternative of nothing": tree(alternative=" "),
    "too many words": tree(alternative="x" * 2001),
    "a key too short": tree(commitment_key="00" * 31),
    "a key in capitals": tree(commitment_key="AB" * 32),
    "a key with spaces": tree(commitment_key=" ".join(["00"] * 32)),
    "a signature that is no base64": tree(signatures=["!" * 88] * 2),
    "a signature too short": tree(signatures=["AAAA"] * 2),
    "three events": tree(events=[*tree()["events"], tree()["events"][1]], signatures=[tree()["signatures"][0]] * 3),
    "withdrawn without having been given": tree(events=tree()["events"][1:], signatures=tree()["signatures"][:1]),
    "withdrawn, then given": tree(events=tree()["events"][::-1]),
    "given twice": event(1, event_state="given"),
    "a state of one's own": event(event_state="renewed"),
    "a state of the clock": event(event_state="expired"),
    "an event that is text": tree(events=["given", "withdrawn"]),
    "an event without a role": event(entity_role=...),
    "a role of one's own": event(entity_role="guardian"),
    "an event with more": event(place="Seoul"),
    "a key that is none": event(entity_key="P-01"),
}
READER_ONLY: dict[str, Any] = {
    "a day that there is not": tree(valid_from="2026-02-30T00:00:00Z"),
    "until before from": tree(valid_from="2030-01-01T00:00:00Z"),
    "data of another purpose": tree(pii_information=["template"]),
    "data in another order": tree(purpose="gate.verify", pii_information=["template", "document"]),
    "text that turns around": tree(consequence_of_refusal="none\u202e"),
    "half a character": tree(consequence_of_refusal="\ud800"),
    "events that go back": event(1, event_time="2026-01-01T00:00:00Z"),
    "fewer signatures than events": tree(signatures=tree()["signatures"][:1]),
    "base64 with odd last bits": tree(signatures=["A" * 85 + "B=="] * 2),
    "a key whose id is another's": event(entity_key=tree()["events"][0]["entity_key"].replace("+", "+0", 1)[:-1] + "A"),
    "a key of witnesses": event(entity_key=str(VerifierKey("w", Kind.COSIGN_ED25519, bytes(32)))),
}


def reads(tree: Any) -> bool:
    try:
        read(json.dumps(tree))
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("odd", BOTH.values(), ids=BOTH.keys())
def test_what_is_wrong_is_wrong_for_both(odd: Any) -> None:
    assert not reads(odd)
    assert not VALIDATOR.is_valid(odd)


@pytest.mark.parametrize("odd", READER_ONLY.values(), ids=READER_ONLY.keys())
def test_what_a_schema_cannot_say(odd: Any) -> None:
    assert not reads(odd)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "\x00",
        "[" * 100_000,
        written(given()).replace('"test"', '"x"', 1)[:-3],
        written(given()).replace('"purpose": "redact.keep"', '"purpose": "corpus.train", "purpose": "redact.keep"'),
        written(given()).replace('"purpose": "redact.keep"', '"purpose": NaN'),
        written(given()).replace('"purpose": "redact.keep"', '"purpose": 1e999'),
    ],
    ids=["nothing", "a brace", "zero", "deep", "cut", "a name twice", "no number", "endless"],
)
def test_what_is_no_record_is_refused_by_name(text: str) -> None:
    with pytest.raises(Malformed, match="the record is not"):
        read(text)


def test_a_record_that_is_a_test_says_so_in_its_json() -> None:
    assert plain(draft(test=True))["test"] is True
    assert "test" not in plain(draft())


def test_the_right_one_is_right_for_both() -> None:
    assert reads(tree()) and VALIDATOR.is_valid(tree())
    assert reads(plain(draft(valid_until=NOW - 30 * DAY)))  # one second is enough
