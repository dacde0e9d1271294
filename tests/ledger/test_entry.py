"""What may stand on the log, and what may not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Malformed, Misuse
from garim.ledger import entry
from garim.ledger.entry import KINDS, Entry, commitment, kind_of, read, written

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "garim-ledger-entry-1.schema.json"
A_COMMITMENT = commitment(bytes(32), "record", b"42")


def facts_of(kind: str) -> st.SearchStrategy[dict[str, str | int]]:
    """Facts that fit `kind`, by its JSON Schema."""
    return st.fixed_dictionaries({name: of(field.schema) for name, field in KINDS[kind].items()})


def of(schema: Mapping[str, Any]) -> st.SearchStrategy[str | int]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    # each pattern is of 32 bytes in hex; from_regex draws them a letter at a time, and is slow at five of them
    head = "hmac-sha256:" if "hmac" in schema["pattern"] else ""
    digests: st.SearchStrategy[str] = st.binary(min_size=32, max_size=32).map(lambda octets: head + octets.hex())
    drawn = digests | st.just("none") if "none" in schema["pattern"] else digests
    return drawn.filter(lambda text: bool(re.fullmatch(schema["pattern"], text)))


entries = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.builds(
        Entry,
        st.just(kind),
        st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)).map(
            lambda at: at.replace(microsecond=0)
        ),
        facts_of(kind),
    )
)


@given(entries)
def test_written_is_canonical_and_reads_back(made: Entry) -> None:
    text = written(made)
    assert rfc8785.dumps(json.loads(text)) == text
    assert read(text) == made
    assert kind_of(text) == made.kind


@given(entries)
def test_the_published_schema_says_the_same(made: Entry) -> None:
    jsonschema.Draft202012Validator(entry.schema()).validate(json.loads(written(made)))


def test_the_schema_is_published() -> None:
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(entry.schema())), (
        "python -c 'import json; from garim.ledger import entry; print(json.dumps(entry.schema(), indent=2))' writes it"
    )


def test_an_entry_to_the_byte() -> None:
    made = Entry("consent.withdrawn", datetime(2026, 11, 22, 6, tzinfo=UTC), {"by": "subject", "record": A_COMMITMENT})
    text = (
        b'{"at":"2026-11-22T06:00:00Z","facts":{"by":"subject","record":"' + A_COMMITMENT.encode() + b'"},'
        b'"kind":"consent.withdrawn"}'
    )
    assert written(made) == text


def test_a_time_elsewhere_is_written_in_utc() -> None:
    seoul = datetime(2026, 11, 22, 15, tzinfo=timezone(timedelta(hours=9)))
    assert b'"2026-11-22T06:00:00Z"' in written(
        Entry("consent.withdrawn", seoul, {"by": "subject", "record": A_COMMITMENT})
    )


GOOD = {"by": "subject", "record": A_COMMITMENT}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("gate.searched", GOOD),
        ("consent.withdrawn", {"by": "subject"}),
        ("consent.withdrawn", GOOD | {"name": "Kim Min-jun"}),
        ("consent.withdrawn", GOOD | {"by": "Kim Min-jun"}),
        ("consent.withdrawn", GOOD | {"record": "M12345678"}),
        ("consent.withdrawn", GOOD | {"record": A_COMMITMENT.upper()}),
        ("consent.withdrawn", GOOD | {"record": "sha256:" + "0" * 64}),
        ("consent.withdrawn", GOOD | {"by": True}),
        ("consent.withdrawn", GOOD | {"by": ["subject"]}),
    ],
)
def test_what_could_name_a_person_is_refused(kind: str, facts: dict[str, str | int]) -> None:
    with pytest.raises(Misuse, match="nothing was logged"):
        written(Entry(kind, datetime(2026, 11, 22, tzinfo=UTC), facts))


@pytest.mark.parametrize("count", [-1, 10**15, True, 1.5])
def test_a_count_is_a_count(count: int) -> None:
    facts: dict[str, str | int] = dict.fromkeys(("exempt", "frames", "kept", "regions", "residual", "rounds"), 1)
    facts |= {"frames": count}
    words = {"check": "all", "style": "fill", "input": A_COMMITMENT, "output": A_COMMITMENT}
    with pytest.raises(Misuse):
        written(Entry("redact.published", datetime(2026, 11, 22, tzinfo=UTC), facts | words))


@given(entries, st.data())
def test_the_same_facts_in_other_bytes_are_refused(made: Entry, data: st.DataObject) -> None:
    text = written(made)
    tree = json.loads(text)
    other = data.draw(
        st.sampled_from(
            [
                json.dumps(tree).encode(),
                json.dumps(tree, indent=1).encode(),
                text + b"\n",
                b" " + text,
                text.replace(b'"at"', b'"\\u0061t"'),
                text[:-1] + b',"kind":"x"}',
                text[:-1],
            ]
        )
    )
    if other != text:
        with pytest.raises(Malformed):
            read(other)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Malformed):
        kind_of(noise)


def test_a_day_that_there_is_not_is_refused() -> None:
    text = written(Entry("consent.withdrawn", datetime(2026, 2, 28, tzinfo=UTC), GOOD))
    with pytest.raises(Malformed, match="a day that there is not"):
        read(text.replace(b"02-28", b"02-31"))


def test_commitments_say_nothing_without_their_key_and_differ_by_what_they_are_of() -> None:
    keys = entry.key(), entry.key()
    assert keys[0] != keys[1]
    made = {commitment(key, what, b"passport.jpg") for key in keys for what in ("input", "output")}
    assert len(made) == 4
    assert (
        commitment(keys[0], "input", b"a") == commitment(keys[0], "input", b"a") != commitment(keys[0], "input", b"b")
    )
