"""A plan covers every box that it was made from, and its JSON reads back to the same plan, or to one clear error."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import clipped, grown
from garim.core.errors import Misuse
from garim.core.plan import Keep, Lane, Plan, lane, read, written

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
laws = settings(deadline=None)
SHA = "0" * 64


def holds(outer: F32, inner: F32) -> bool:
    return bool((outer[:, :2] <= inner[:, :2]).all() and (outer[:, 2:] >= inner[:, 2:]).all())


def straight(frames: int, speed: float = 3.0) -> F32:
    x = 10 + speed * np.arange(frames)
    return np.stack([x, x * 0 + 20, x + 30, x * 0 + 60], axis=1).astype(np.float32)


@st.composite
def walks(draw: st.DrawFn) -> tuple[I64, F32]:
    """Times, irregular and from anywhere, and a box that wanders, grows and jumps."""
    frames = draw(st.integers(1, 80))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pts = draw(st.integers(-(10**12), 10**12)) + np.cumsum(
        random.integers(1, draw(st.sampled_from([2, 50, 90000])), frames)
    )
    centre = 300 + np.cumsum(random.normal(0, draw(st.sampled_from([0, 0.2, 3, 40])), (frames, 2)), axis=0)
    half = np.abs(20 + np.cumsum(random.normal(0, draw(st.sampled_from([0, 0.1, 2])), (frames, 2)), axis=0))
    return pts.astype(np.int64), np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    lanes = [
        lane(number, pts, boxes, grown(boxes, 0.05, 1))
        for number, (pts, boxes) in enumerate(draw(st.lists(walks(), max_size=3)), 1)
    ]
    time_base = Fraction(draw(st.integers(1, 1001)), draw(st.integers(1, 90000)))
    return Plan(SHA, (640, 480), time_base, tuple(lanes))


@laws
@given(walks(), st.sampled_from([0.0, 0.05, 0.3]), st.booleans())
def test_a_lane_contains_every_needed_box_at_every_frame(walk: tuple[I64, F32], slack: float, at_edge: bool) -> None:
    pts, needed = walk
    regions = grown(needed, slack, 2 * slack)
    if at_edge:  # where the picture ends there is no slack left
        needed, regions = clipped(needed, 320, 310), clipped(regions, 320, 310)
    made = lane(7, pts, needed, regions)
    assert made.track == 7
    assert (made.pts[0], made.pts[-1]) == (pts[0], pts[-1])
    assert holds(made.at(pts), needed)
    plan = Plan(SHA, (640, 480), Fraction(1, 90000), (made,))
    assert all(holds(plan.at(int(t)), needed[i : i + 1]) for i, t in enumerate(pts))
    rows = np.searchsorted(pts, made.pts)
    assert np.array_equal(pts[rows], made.pts) and np.array_equal(regions[rows], made.xyxy)


def test_few_keys_do_for_a_straight_motion() -> None:
    needed = straight(1000)
    assert len(lane(1, np.arange(1000), needed, grown(needed, 0.05, 1)).pts) == 2
    there_and_back = np.concatenate([needed, needed[::-1]])
    assert len(lane(1, np.arange(2000), there_and_back, grown(there_and_back, 0.05, 1)).pts) <= 5


def test_one_frame_is_a_lane() -> None:
    one = lane(1, np.array([5]), straight(1), grown(straight(1), 0.1))
    assert one.pts.tolist() == [5] and np.array_equal(one.at(np.array([5])), grown(straight(1), 0.1))


@pytest.mark.parametrize(
    ("pts", "xyxy"),
    [
        ([], np.empty((0, 4))),
        ([1], straight(2)),
        ([1], straight(1)[:, :3]),
        ([2, 1], straight(2)),
        ([1, 1], straight(2)),
        ([1], np.array([[2, 0, 1, 1]])),
        ([1], np.array([[0, 2, 1, 1]])),
        ([1], np.array([[0, 0, np.nan, 1]])),
        ([1], np.array([[0, 0, np.inf, 1]])),
    ],
)
def test_what_is_no_lane_is_not_born(pts: list[int], xyxy: F32) -> None:
    with pytest.raises(ValueError, match="lane:"):
        Lane(1, np.array(pts, np.int64), xyxy.astype(np.float32))


def test_a_plan_knows_what_lives_when() -> None:
    early = Lane(1, np.array([10, 20]), np.array([[0, 0, 10, 10], [10, 0, 20, 10]], np.float32))
    late = Lane(2, np.array([20, 30]), np.array([[50, 50, 60, 60], [50, 50, 60, 60]], np.float32))
    plan = Plan(SHA, (100, 100), Fraction(1, 25), (early, late))
    assert plan.at(9).shape == plan.at(31).shape == (0, 4)
    assert plan.at(10).tolist() == [[0, 0, 10, 10]]
    assert plan.at(15).tolist() == [[5, 0, 15, 10]]
    assert plan.at(20).tolist() == [[10, 0, 20, 10], [50, 50, 60, 60]]
    assert plan.at(30).tolist() == [[50, 50, 60, 60]]
    assert Plan(SHA, (100, 100), Fraction(1, 25), ()).at(0).shape == (0, 4)


@laws
@given(walks(), st.integers(0, 2**32 - 1))
def test_a_plan_has_at_each_time_the_box_of_the_lane(walk: tuple[I64, F32], seed: int) -> None:
    pts, boxes = walk
    one = Lane(1, pts, boxes)
    plan = Plan(SHA, (640, 480), Fraction(1, 25), (one,))
    for at in (*pts[[0, -1]].tolist(), *np.random.default_rng(seed).integers(pts[0], pts[-1] + 1, 5).tolist()):
        assert plan.at(at) == pytest.approx(one.at(np.array([at])), abs=1e-3)


def test_more_lanes_are_numbered_on() -> None:
    first = Lane(3, np.array([0]), straight(1))
    plan = Plan(SHA, (100, 100), Fraction(1, 25), (first,))
    more = plan.with_lanes([Lane(1, np.array([5]), straight(1)), Lane(1, np.array([6]), straight(1))])
    assert [one.track for one in more.lanes] == [3, 4, 5]
    assert len(more.at(0)) == len(more.at(5)) == len(more.at(6)) == 1
    assert len(plan.lanes) == 1
    assert plan.with_lanes([]).lanes == plan.lanes


@laws
@given(plans())
def test_written_and_read_is_the_same_plan_never_smaller(plan: Plan) -> None:
    text = written(plan)
    again = read(text)
    assert (again.input_sha256, again.size, again.time_base) == (plan.input_sha256, plan.size, plan.time_base)
    assert [one.track for one in again.lanes] == [one.track for one in plan.lanes]
    for old, new in zip(plan.lanes, again.lanes, strict=True):
        assert np.array_equal(old.pts, new.pts)
        assert holds(new.xyxy, old.xyxy)
        assert np.abs(new.xyxy - old.xyxy).max() <= 0.1001
    assert written(again) == text  # a file that is opened and saved does not grow


@example([0.7, 0.7])  # the nearest float is less
@example([65535.3, -65535.3])
@laws
@given(st.lists(st.floats(-65536, 65536, width=32), min_size=2, max_size=2))
def test_a_box_is_not_grown_twice(edges: list[float]) -> None:
    low, high = sorted(edges)
    plan = Plan(SHA, (9, 9), Fraction(1), (Lane(1, np.array([0]), np.array([[low, low, high, high]], np.float32)),))
    once = read(written(plan))
    assert holds(once.lanes[0].xyxy, plan.lanes[0].xyxy)
    assert np.array_equal(read(written(once)).lanes[0].xyxy, once.lanes[0].xyxy)


def good() -> dict[str, Any]:
    return {
        "garim_plan": 1,
        "input_sha256": SHA,
        "size": [640, 480],
        "time_base": "1/90000",
        "lanes": [{"track": 1, "keys": [[0, 1.5, 2, 30, 40], [3000, 2, 2, 31, 40.1]]}],
    }


def test_a_plan_written_by_hand_is_read() -> None:
    plan = read(json.dumps(good()))
    assert (plan.size, plan.time_base) == ((640, 480), Fraction(1, 90000))
    assert plan.at(1500)[0] == pytest.approx([1.75, 2, 30.5, 40.05])


def with_key(*numbers: Any) -> dict[str, Any]:
    return good() | {"lanes": [{"track": 1, "keys": [list(numbers)]}]}


WRONG: dict[str, Any] = {
    "a list": [],
    "null": None,
    "a number": 1,
    "a string": "plan",
    "no field at all": {},
    **{f"no {name}": {key: value for key, value in good().items() if key != name} for name in good()},
    **{f"{name} is null": good() | {name: None} for name in good()},
    "another version": good() | {"garim_plan": 2},
    "the version is a string": good() | {"garim_plan": "1"},
    "the version is true": good() | {"garim_plan": True},
    "three sides": good() | {"size": [1, 2, 3]},
    "a size of text": good() | {"size": "12"},
    "a size of strings": good() | {"size": ["640", "480"]},
    "no width": good() | {"size": [0, 480]},
    "a negative height": good() | {"size": [640, -480]},
    "a time base of words": good() | {"time_base": "soon"},
    "a time base of nothing": good() | {"time_base": "0"},
    "a time base through zero": good() | {"time_base": "1/0"},
    "a negative time base": good() | {"time_base": "-1/25"},
    "a time base without end": good() | {"time_base": "1e999999999"},
    "a time base that is a number": good() | {"time_base": 1},
    "lanes are an object": good() | {"lanes": {}},
    "a lane is a list": good() | {"lanes": [[1]]},
    "a lane without keys": good() | {"lanes": [{"track": 1}]},
    "a lane of no key": good() | {"lanes": [{"track": 1, "keys": []}]},
    "a lane without a number": good() | {"lanes": [{"keys": [[0, 1, 2, 3, 4]]}]},
    "keys of text": good() | {"lanes": [{"track": 1, "keys": ["01234"]}]},
    "times stand still": good() | {"lanes": [{"track": 1, "keys": [[5, 1, 2, 3, 4], [5, 1, 2, 3, 4]]}]},
    "times fall": good() | {"lanes": [{"track": 1, "keys": [[5, 1, 2, 3, 4], [4, 1, 2, 3, 4]]}]},
    "keys of different lengths": good() | {"lanes": [{"track": 1, "keys": [[0, 1, 2, 3, 4], [1, 1, 2]]}]},
    "one key as long as two": with_key(0, 1, 2, 3, 4, 1, 2, 3, 4),
    "x2 < x1": with_key(0, 30, 2, 10, 4),
    "y2 < y1": with_key(0, 1, 20, 3, 4),
    "NaN": with_key(0, 1, float("nan"), 3, 4),
    "infinite": with_key(0, 1, 2, float("inf"), 4),
    "a side of text": with_key(0, "1", 2, 3, 4),
    "a side of truth": with_key(0, True, 2, 3, 4),
    "a time of text": with_key("0", 1, 2, 3, 4),
    "half a tick": with_key(0.5, 1, 2, 3, 4),
    "a time past counting": with_key(2**80, 1, 2, 3, 4),
    "a side past counting": with_key(0, 1, 2, 10**400, 4),
    "a side past floats": with_key(0, 1, 2, 1e300, 4),
}


def refused(text: str) -> None:
    with pytest.raises(Misuse) as error:
        read(text)
    assert len(str(error.value).splitlines()) == 1
    assert str(error.value).endswith("; nothing was written")


@pytest.mark.parametrize("tree", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_plan_is_refused_in_one_line(tree: Any) -> None:
    refused(json.dumps(tree))


@pytest.mark.parametrize(
    "text",
    ["", "{", "plan", '{"garim_plan": 1,}', "[" * 100_000, '{"a":' * 100_000, "1" * 10_000, "\ufeff{}", "\0", "'"],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_json_is_refused_in_one_line(text: str) -> None:
    refused(text)


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(Misuse, match="lane 2 of the list: lane: times rise"):
        read(json.dumps(good() | {"lanes": [*good()["lanes"], {"track": 2, "keys": [[5, 1, 2, 3, 4]] * 2}]}))
    with pytest.raises(Misuse, match="line 2"):
        read('{"garim_plan": 1,\n oops}')


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([10**400, -(2**63), 1e308]),
)
names = st.sampled_from([*good(), "track", "keys"]) | st.text(max_size=4)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)


def plan_or_refusal(text: str) -> None:
    try:
        plan = read(text)
    except Misuse as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert holds(read(written(plan)).at(0), plan.at(0))


@laws
@given(trees)
def test_any_tree_is_a_plan_or_refused(tree: Any) -> None:
    plan_or_refusal(json.dumps(tree))


@laws
@given(st.text())
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    plan_or_refusal(text)


@laws
@given(st.sampled_from([*good(), "track", "keys", 0, 1, 2, 3, 4]), trees)
def test_a_plan_with_anything_in_one_place_is_a_plan_or_refused(name: str | int, tree: Any) -> None:
    plan = good()
    if isinstance(name, int):
        plan["lanes"][0]["keys"][0][name] = tree
    elif name in plan:
        plan[name] = tree
    else:
        plan["lanes"][0][name] = tree
    plan_or_refusal(json.dumps(plan))


def kept(*keeps: Keep | None) -> Plan:
    box = np.array([[1, 2, 3, 4]], np.float32)
    lanes = [Lane(number, np.array([0]), box, keep) for number, keep in enumerate(keeps, 1)]
    return Plan(SHA, (640, 480), Fraction(1), tuple(lanes))


CODE = "ab" * 32


def test_a_person_is_unproven_until_a_consent_of_theirs_was() -> None:
    poster, one, two = Keep(None, "a poster"), Keep("P-01", "asked for it"), Keep("P-02", "asked, too")
    plan = kept(None, poster, one, two, Keep("P-01", "asked again"))
    assert plan.unproven == ("P-01", "P-02")
    half = plan.agreed("P-01", CODE)
    assert half.unproven == ("P-02",)
    assert [lane.keep for lane in half.lanes] == [
        None,
        poster,
        Keep("P-01", "asked for it", CODE),
        two,
        Keep("P-01", "asked again", CODE),
    ]
    assert half.agreed("P-02", CODE).unproven == ()
    assert kept(None, poster).unproven == ()


def test_a_consent_of_somebody_who_is_not_kept_is_refused() -> None:
    with pytest.raises(Misuse, match="no P-03 visible"):
        kept(Keep("P-01", "asked")).agreed("P-03", CODE)


def test_a_consent_for_tests_marks_the_reason() -> None:
    (lane,) = kept(Keep("P-01", "asked")).agreed("P-01", CODE, test=True).lanes
    assert lane.keep == Keep("P-01", "TEST: asked", CODE)


def test_no_plan_on_disk_says_that_a_consent_was_proven() -> None:
    plan = kept(Keep("P-01", "asked")).agreed("P-01", CODE)
    assert CODE not in written(plan)
    assert read(written(plan)).unproven == ("P-01",)
    tree = json.loads(written(plan))
    tree["lanes"][0]["keep"]["commitment"] = CODE
    assert read(json.dumps(tree)).unproven == ("P-01",)


@pytest.mark.parametrize(("pseudonym", "commitment"), [(None, CODE), ("P-01", "ab"), ("P-01", CODE.upper())])
def test_a_commitment_is_a_persons_and_a_hash(pseudonym: str | None, commitment: str) -> None:
    with pytest.raises(ValueError, match="commitment"):
        Keep(pseudonym, "why", commitment)
