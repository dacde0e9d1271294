"""The case's file: strict, bound to one consent by an officer's signature, and no byte of it can be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.consent.papers import KNOWN, OFFICER
from tests.exposure.cases import MINUTE, agreed, drawn, record, signed, visit

from garim.core.errors import Malformed, Misuse
from garim.exposure.case import Case, NotBound, Point, Visit, plain, read, refuse_unbound, sign, written
from garim.ledger import now

CONSENT = agreed()
CASE = signed(CONSENT, visit(0, 30), visit(40, 10, camera="yard"))


def tree(case: Case = CASE) -> Any:
    return json.loads(written(case))


metres = st.floats(-327, 327).map(lambda m: round(m, 2))


@given(
    st.lists(
        st.builds(lambda start, x, y: visit(start * 31, 30, at=(x, y)), st.integers(0, 500), metres, metres),
        min_size=1,
        max_size=5,
        unique_by=lambda made: made.start,
    )
)
def test_what_is_written_reads_back(visits: list[Visit]) -> None:
    for case in (drawn(*visits), signed(CONSENT, *visits)):
        assert read(written(case)) == case


def test_a_draft_by_hand_needs_no_id_and_gets_a_random_one() -> None:
    draft = tree(drawn())
    del draft["case_id"]
    first, second = (read(json.dumps(draft)) for _ in range(2))
    assert first.case_id != second.case_id and first.visits == second.visits == drawn().visits


def test_whole_metres_may_be_written_without_a_point() -> None:
    draft = tree(drawn())
    draft["visits"][0]["points"][0] |= {"x_m": 3, "y_m": -2.5}
    assert read(json.dumps(draft)).visits[0].points[0].x_m == 3.0


def change(path: tuple[Any, ...], value: Any) -> Callable[[Any], None]:
    def make(into: Any) -> None:
        for step in path[:-1]:
            into = into[step]
        into[path[-1]] = value

    return make


VISIT, POINT = ("visits", 0), ("visits", 0, "points", 0)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("patient",), "Kim Minsu", "pseudonym"),
        (("patient",), None, "patient is missing"),
        (("case_id",), "7", "badly formed"),
        (("case_id",), "00000000-0000-1000-8000-000000000000", "random UUID"),
        (("schema_version",), "garim-exposure-case-2", "this garim reads"),
        (("name",), "Kim", "a field too many"),
        (("test",), False, "not written as"),
        (("visits",), [], "1 to 100"),
        (("visits",), [1], "from is missing"),
        ((*VISIT, "camera"), "../hall", "an id is"),
        ((*VISIT, "to"), "2025-03-03T09:00:00Z", "to lies after from"),
        ((*VISIT, "to"), "2025-03-05T10:00:00Z", "a day at most"),
        ((*VISIT, "from"), "2025-03-03T10:00:00+00:00", "does not match"),
        ((*VISIT, "from"), "2025-3-3T10:00:00Z", "a time is written"),
        ((*VISIT, "points"), [], "garim exposure map"),
        ((*VISIT, "name"), "x", "a field too many"),
        ((*POINT, "at"), "2025-03-03T11:00:00Z", "within the visit"),
        ((*POINT, "x_m"), "1", "no number"),
        ((*POINT, "x_m"), True, "no number"),
        ((*POINT, "x_m"), 400, "metres"),
        ((*POINT, "x_m"), float("nan"), "metres"),
        ((*POINT, "x_m"), 10**400, "too large"),
        ((*POINT, "track"), 4, "a field too many"),
        (("consent",), "00", "32 bytes"),
        (("officer", "key"), "office", "a key is written"),
        (("signature",), "AAAA", "64 bytes"),
    ],
)
def test_what_is_no_case_is_refused_with_the_place(path: tuple[Any, ...], value: Any, says: str) -> None:
    odd = tree()
    change(path, value)(odd)
    with pytest.raises(Malformed, match=says):
        read(json.dumps(odd))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"patient": "P-01", "patient": "P-02"}', "null"])
def test_what_is_no_json_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="the case is not"):
        read(text)


@pytest.mark.parametrize("start", [29, 30])
def test_two_stays_before_one_camera_do_not_overlap_or_touch(start: int) -> None:
    with pytest.raises(ValueError, match="Write them as one"):
        drawn(visit(0, 30), visit(60, 30), visit(start, 10))
    drawn(visit(0, 30), visit(31, 10), visit(30, 10, camera="yard"))


def test_a_stay_is_no_moment() -> None:
    """An answer about one second says whether the patient was there in that second."""
    visit(0, 5)
    with pytest.raises(ValueError, match="5 minutes at least"):
        visit(0, 4.9)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("patient",), "P-02"),
        (("case_id",), "6f4f7d0c-7b44-4c56-9d3f-0d6a3d1f3c11"),
        ((*VISIT, "camera"), "gate"),
        ((*VISIT, "to"), "2025-03-03T10:30:01Z"),
        ((*POINT, "x_m"), 0.01),
        (("consent",), "11" * 32),
        (("officer", "at"), "2025-03-03T10:30:01Z"),
    ],
)
def test_a_signed_case_cannot_be_changed(path: tuple[Any, ...], value: Any) -> None:
    changed = tree()
    change(path, value)(changed)
    with pytest.raises(NotBound, match="altered afterwards"):
        refuse_unbound(read(json.dumps(changed)), CONSENT, KNOWN, now())


def test_a_test_mark_is_signed_too() -> None:
    changed = {"test": True} | tree()
    with pytest.raises(NotBound, match="altered"):
        refuse_unbound(read(json.dumps(changed)), CONSENT, KNOWN, now())


def test_a_signature_binds_case_consent_and_officer() -> None:
    bound = refuse_unbound(CASE, CONSENT, KNOWN, now())
    assert bound.consent == CONSENT.commitment and bound.key.name == OFFICER.name
    with pytest.raises(Misuse, match="signed already"):
        sign(CASE, CONSENT, OFFICER, now())
    with pytest.raises(NotBound, match="of P-02"):
        sign(drawn(), agreed(pseudonym="P-02"), OFFICER, now())


def test_a_signature_of_a_record_is_none_of_a_case() -> None:
    borrowed = replace(CASE, signature=record().signatures[0])
    with pytest.raises(NotBound, match="altered"):
        refuse_unbound(borrowed, CONSENT, KNOWN, now())


def test_what_is_asked_is_the_same_whoever_signed_and_whenever() -> None:
    draft = replace(CASE, bound=None, signature=None)
    later = sign(draft, CONSENT, OFFICER, now() - timedelta(days=1))
    assert draft.asked == CASE.asked == later.asked != drawn().asked
    assert len(CASE.asked) == 64


def test_times_are_whole_seconds_in_utc() -> None:
    at = datetime(2025, 3, 3, 10, tzinfo=UTC)
    for odd in (at.replace(microsecond=1), at.replace(tzinfo=None), at.replace(year=1999)):
        with pytest.raises(ValueError, match="whole seconds"):
            Point(odd, 0, 0)
    assert plain(drawn())["visits"][0]["points"] == [{"at": "2025-03-03T10:01:00Z", "x_m": 0, "y_m": 0}]
    assert visit().points[0].at == at + MINUTE
