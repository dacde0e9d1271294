"""Planted boxes become the tracks that were planted: linked, bridged, cut, kept apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.sightings import Sightings
from garim.core.tracks import Track
from garim.vision.tracker import CERTAIN, SEVERAL, Linking, tracks

LINKING = Linking(strong=0.5, weak=0.35, patience=30, doubt=8)
SURE, STRONG, WEAK, FAINT = CERTAIN + 0.1, 0.55, 0.4, 0.25
Seen = tuple[float, float, float, float]  # centre x, centre y, height, score

laws = settings(deadline=None)


def sightings(frames: dict[int, list[Seen]], *, cuts: tuple[int, ...] = (), length: int | None = None) -> Sightings:
    """A film in which frame i was looked at and shows `frames[i]`; a face is three quarters as wide as high."""
    index = sorted(frames)
    count = length or (index[-1] + 2 if index else 2)
    change = np.full(count, 0.01, np.float32)
    change[list(cuts)] = 1
    looks = []
    for i in index:
        rows = [(x - h * 3 / 8, y - h / 2, x + h * 3 / 8, y + h / 2) for x, y, h, _ in frames[i]]
        score = [row[3] for row in frames[i]]
        looks.append(Boxes(np.array(rows, np.float32).reshape(-1, 4), np.array(score, np.float32)))
    return Sightings(np.arange(count) * 512, change, np.array(index, np.int64), tuple(looks))


def centres(track: Track) -> NDArray[np.float32]:
    return np.asarray((track.xyxy[:, :2] + track.xyxy[:, 2:]) / 2)


def test_one_thing_is_one_track_with_all_its_boxes() -> None:
    seen = sightings({i: [(100 + 4 * i, 80, 40, SURE)] for i in range(0, 40, 2)})
    (only,) = tracks(seen, LINKING)
    assert only.number == 1
    assert only.index.tolist() == list(range(0, 40, 2))
    assert np.array_equal(only.xyxy, np.concatenate([boxes.xyxy for boxes in seen.boxes]))
    assert np.allclose(only.score, SURE)


def test_weak_boxes_count_where_a_strong_one_belongs_to_the_same() -> None:
    scores = [FAINT, WEAK, SURE, FAINT, WEAK, FAINT]
    (only,) = tracks(sightings({i: [(100, 80, 40, score)] for i, score in enumerate(scores)}), LINKING)
    assert only.index.tolist() == list(range(6))
    assert np.allclose(only.score, scores)


@pytest.mark.parametrize(
    ("scores", "count"),
    [
        ([STRONG], 1),
        ([WEAK] * (SEVERAL - 1), 0),
        ([WEAK] * SEVERAL, 1),
        ([FAINT] * 40, 0),
        ([FAINT] * 20 + [WEAK] * SEVERAL, 1),
    ],
)
def test_how_many_weak_boxes_are_something(scores: list[float], count: int) -> None:
    assert len(tracks(sightings({i: [(100, 80, 40, score)] for i, score in enumerate(scores)}), LINKING)) == count


def test_a_weak_box_elsewhere_does_not_join() -> None:
    (only,) = tracks(sightings({i: [(100, 80, 40, SURE), (300, 80, 40, FAINT)] for i in range(10)}), LINKING)
    assert (centres(only)[:, 0] == 100).all()


@pytest.mark.parametrize(
    ("score", "gap", "count"),
    [
        (SURE, LINKING.patience, 1),
        (SURE, LINKING.patience + 1, 2),
        (STRONG, LINKING.doubt, 1),
        (STRONG, LINKING.doubt + 1, 2),
    ],
)
def test_a_gap_is_bridged_as_long_as_patience_lasts(score: float, gap: float, count: int) -> None:
    times = [0, 1, 1 + int(gap), 2 + int(gap)]
    made = tracks(sightings({i: [(100, 80, 40, score)] for i in times}), LINKING)
    assert [track.index.tolist() for track in made] == ([times] if count == 1 else [times[:2], times[2:]])


def test_looks_that_saw_nothing_do_not_end_a_track() -> None:
    frames: dict[int, list[Seen]] = {i: [(100 + 2 * i, 80, 40, SURE)] if not 10 <= i < 20 else [] for i in range(30)}
    (only,) = tracks(sightings(frames), LINKING)
    assert only.index.tolist() == [*range(10), *range(20, 30)]


def test_several_strong_boxes_are_as_good_as_a_certain_one() -> None:
    frames: dict[int, list[Seen]] = {i: [(100, 80, 40, STRONG)] for i in [*range(SEVERAL), 25]}
    assert len(tracks(sightings(frames), LINKING)) == 1


def test_a_cut_ends_a_track() -> None:
    frames: dict[int, list[Seen]] = {i: [(100, 80, 40, SURE)] for i in range(20)}
    assert len(tracks(sightings(frames), LINKING)) == 1
    before, after = tracks(sightings(frames, cuts=(12,)), LINKING)
    assert before.index.tolist() == list(range(12)) and after.index.tolist() == list(range(12, 20))


def test_a_cut_between_two_looks_ends_a_track() -> None:
    frames: dict[int, list[Seen]] = {i: [(100, 80, 40, SURE)] for i in range(0, 20, 5)}
    before, after = tracks(sightings(frames, cuts=(12,)), LINKING)
    assert before.index.tolist() == [0, 5, 10] and after.index.tolist() == [15]


@pytest.mark.parametrize("apart", [6, 12, 25])
def test_crossing_paths_stay_two_tracks(apart: float) -> None:
    frames: dict[int, list[Seen]] = {
        i: [(100 + 7 * i, 80, 40, SURE), (400 - 7 * i, 80 + apart, 42, SURE)] for i in range(40)
    }
    one, other = tracks(sightings(frames), LINKING)
    assert len(one.index) == len(other.index) == 40
    right, left = (one, other) if centres(one)[0, 0] < centres(other)[0, 0] else (other, one)
    assert np.allclose(centres(right)[:, 0], 100 + 7 * np.arange(40))
    assert np.allclose(centres(left)[:, 0], 400 - 7 * np.arange(40))


def test_one_who_passes_behind_another_is_found_again() -> None:
    frames: dict[int, list[Seen]] = {
        i: [(200, 80, 60, SURE), *([(100 + 5 * i, 84, 44, SURE)] if abs(100 + 5 * i - 200) > 30 else [])]
        for i in range(40)
    }
    still, passer = sorted(tracks(sightings(frames), LINKING), key=lambda track: float(np.ptp(centres(track)[:, 0])))
    assert (centres(still)[:, 0] == 200).all()
    assert passer.index[0] == 0 and passer.index[-1] == 39


def test_a_thing_of_another_size_is_another_thing() -> None:
    frames: dict[int, list[Seen]] = {0: [(100, 80, 40, SURE)], 1: [(100, 80, 84, SURE)], 2: [(100, 80, 40, SURE)]}
    made = tracks(sightings(frames), LINKING)
    assert sorted(track.index.tolist() for track in made) == [[0, 2], [1]]


def test_nothing_seen_is_no_track() -> None:
    assert tracks(sightings({}), LINKING) == []
    assert tracks(sightings({i: [] for i in range(5)}), LINKING) == []
    empty = np.empty(0, np.int64)
    assert tracks(Sightings(empty, np.empty(0, np.float32), empty, ()), LINKING) == []


def test_tracks_are_numbered_in_the_order_of_their_start() -> None:
    frames: dict[int, list[Seen]] = {
        i: [(x, 80, 40, SURE) for x, there in ((100, True), (300, 2 <= i < 4), (500, i >= 5)) if there]
        for i in range(60)
    }
    made = tracks(sightings(frames), LINKING)
    assert [(track.number, int(track.index[0])) for track in made] == [(1, 0), (2, 2), (3, 5)]


def test_seconds_become_frames() -> None:
    linking = Linking(strong=0.5, weak=0.3, patience=2, doubt=0.5).at(Fraction(30000, 1001))
    assert (linking.strong, linking.weak) == (0.5, 0.3)
    assert linking.patience == pytest.approx(59.94, abs=0.01) and linking.doubt == pytest.approx(14.985, abs=0.001)


@st.composite
def crowds(draw: st.DrawFn) -> Sightings:
    place, height = st.floats(0, 300, width=32), st.floats(4, 90, width=32)
    score = st.floats(0.25, 1, width=32)
    looks = draw(st.lists(st.integers(0, 60), unique=True, max_size=10))
    frames = {i: draw(st.lists(st.tuples(place, place, height, score), max_size=5)) for i in looks}
    cuts = draw(st.lists(st.integers(1, 58), max_size=2))
    return sightings(frames, cuts=tuple(cuts), length=62)


@laws
@given(crowds())
def test_every_strong_box_is_in_exactly_one_track(seen: Sightings) -> None:
    made = tracks(seen, LINKING)
    held = [(int(i), *box) for track in made for i, box in zip(track.index, track.xyxy.tolist(), strict=True)]
    for i, boxes in zip(seen.index.tolist(), seen.boxes, strict=True):
        for box, score in zip(boxes.xyxy.tolist(), boxes.score, strict=True):
            same = sum(other == box for other in boxes.xyxy.tolist())  # equal boxes are told apart by number only
            assert held.count((i, *box)) <= same
            if score >= LINKING.strong:
                strong = sum(
                    other == box and value >= LINKING.strong
                    for other, value in zip(boxes.xyxy.tolist(), boxes.score, strict=True)
                )
                assert held.count((i, *box)) >= strong


@laws
@given(crowds())
def test_tracks_hold_what_was_seen_within_one_scene_and_never_differ(seen: Sightings) -> None:
    made, again = tracks(seen, LINKING), tracks(seen, LINKING)
    scenes = seen.scenes()
    shown = {int(i): boxes.xyxy.tolist() for i, boxes in zip(seen.index, seen.boxes, strict=True)}
    assert [track.number for track in made] == list(range(1, len(made) + 1))
    for track, twin in zip(made, again, strict=True):
        assert np.array_equal(track.index, twin.index) and np.array_equal(track.xyxy, twin.xyxy)
        assert len(set(scenes[track.index])) == 1
        assert all(box in shown[int(i)] for i, box in zip(track.index, track.xyxy.tolist(), strict=True))
        assert track.score.max() >= LINKING.strong or len(track.index) >= SEVERAL
