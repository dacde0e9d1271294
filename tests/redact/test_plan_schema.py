"""The published schema against the reader: what Garim writes fits it, and what it refuses is refused by both.

JSON Schema has one number type: 1.0 counts as the integer 1 to it, and not to Garim.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from garim.core.errors import Misuse
from garim.core.plan import Keep, Lane, Plan, read, written

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "garim-plan-1.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

words = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: bool(text.strip()))
keeps = st.none() | st.builds(Keep, st.none() | words, words)


def fits(tree: Any) -> bool:
    return bool(VALIDATOR.is_valid(tree))


@st.composite
def lanes(draw: st.DrawFn) -> Lane:
    times = sorted(draw(st.sets(st.integers(-(2**53), 2**53), min_size=1, max_size=5)))
    sides = [draw(st.lists(st.floats(0, 65000, width=32), min_size=4, max_size=4)) for _ in times]
    corners = np.array(sides, np.float32).reshape(-1, 2, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Lane(draw(st.integers(0, 10**6)), np.array(times, np.int64), boxes, draw(keeps))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    size = draw(st.tuples(st.integers(1, 65536), st.integers(1, 65536)))
    time_base = Fraction(draw(st.integers(1, 1001)), draw(st.integers(1, 90000)))
    return Plan(draw(st.binary(min_size=32, max_size=32)).hex(), size, time_base, tuple(draw(st.lists(lanes()))))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@settings(deadline=None)
@given(plans())
def test_what_is_written_fits(plan: Plan) -> None:
    VALIDATOR.validate(json.loads(written(plan)))


def good() -> dict[str, Any]:
    key = [0, 1.5, 2, 30, 40]
    keep = {"pseudonym": "P-07", "reason": "agreed"}
    return {
        "garim_plan": 1,
        "input_sha256": "0" * 64,
        "size": [640, 480],
        "time_base": "1/90000",
        "lanes": [{"track": 1, "keys": [key, [3000, 2, 2, 31, 40.1]]}, {"track": 2, "keep": keep, "keys": [key]}],
    }


def lane(**parts: Any) -> dict[str, Any]:
    whole = {"track": 1, "keys": [[0, 1, 2, 3, 4]]} | parts
    return good() | {"lanes": [{name: value for name, value in whole.items() if value is not ...}]}


BOTH: dict[str, Any] = {
    "a list": [],
    "null": None,
    **{f"no {name}": {key: value for key, value in good().items() if key != name} for name in good()},
    **{f"{name} is null": good() | {name: None} for name in good()},
    "another version": good() | {"garim_plan": 2},
    "the version is a string": good() | {"garim_plan": "1"},
    "the version is true": good() | {"garim_plan": True},
    "three sides": good() | {"size": [1, 2, 3]},
    "one side": good() | {"size": [1]},
    "no width": good() | {"size": [0, 480]},
    "a side too long": good() | {"size": [65537, 480]},
    "a side of truth": good() | {"size": [True, 480]},
    "a time base of nothing": good() | {"time_base": "0"},
    "a time base through zero": good() | {"time_base": "1/0"},
    "a time base without end": good() | {"time_base": "1e999999999"},
    "a time base that is a number": good() | {"time_base": 1},
    "lanes are an object": good() | {"lanes": {}},
    "a lane is a list": good() | {"lanes": [[1]]},
    "a lane without a number": lane(track=...),
    "a lane whose number is text": lane(track="1"),
    "a lane without keys": lane(keys=...),
    "a lane of no key": lane(keys=[]),
    "a key too short": lane(keys=[[0, 1, 2, 3]]),
    "a key too long": lane(keys=[[0, 1, 2, 3, 4, 5]]),
    "half a tick": lane(keys=[[0.5, 1, 2, 3, 4]]),
    "a time past counting": lane(keys=[[2**53 + 1, 1, 2, 3, 4]]),
    "a side past counting": lane(keys=[[0, 1, 2, 65537, 4]]),
    "a side of text": lane(keys=[[0, "1", 2, 3, 4]]),
    "a side that is true": lane(keys=[[0, True, 2, 3, 4]]),
    "keep is a word": lane(keep="please"),
    "keep is null": lane(keep=None),
    "keep without a reason": lane(keep={"pseudonym": "P-07"}),
    "a reason of spaces": lane(keep={"reason": "  "}),
    "a pseudonym of spaces": lane(keep={"pseudonym": " ", "reason": "agreed"}),
    "a pseudonym of nothing": lane(keep={"pseudonym": None, "reason": "agreed"}),
}
READER_ONLY: dict[str, Any] = {
    "times fall": lane(keys=[[5, 1, 2, 3, 4], [4, 1, 2, 3, 4]]),
    "x2 < x1": lane(keys=[[0, 3, 2, 1, 4]]),
    "the version is 1.0": good() | {"garim_plan": 1.0},
}
SCHEMA_ONLY: dict[str, Any] = {
    "a word too many": good() | {"comment": "by hand"},
    "a misspelt pseudonym": lane(keep={"pseudonim": "P-07", "reason": "agreed"}),
    "a hash of another kind": good() | {"input_sha256": "abc"},
}


def reads(tree: Any) -> bool:
    try:
        read(json.dumps(tree))
    except Misuse:
        return False
    return True


def test_what_is_right_is_right_for_both() -> None:
    assert fits(good())
    assert reads(good())


@pytest.mark.parametrize("tree", BOTH.values(), ids=BOTH.keys())
def test_what_is_wrong_is_wrong_for_both(tree: Any) -> None:
    assert not reads(tree)
    assert not fits(tree)


@pytest.mark.parametrize("tree", READER_ONLY.values(), ids=READER_ONLY.keys())
def test_what_a_schema_cannot_say(tree: Any) -> None:
    assert fits(tree)
    assert not reads(tree)


@pytest.mark.parametrize("tree", SCHEMA_ONLY.values(), ids=SCHEMA_ONLY.keys())
def test_what_only_the_schema_minds(tree: Any) -> None:
    assert not fits(tree)
    assert reads(tree)
