"""Where the first look leaves a doubt, the second answers: weak boxes, lost faces, new faces; and never past a cut."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from tests.redact.looked import SIZE, Sees, Square, boxed, filmed, picture

from garim.core.boxes import Boxes, iou
from garim.media import Frame
from garim.redact.again import (
    BEFORE,
    CONFIRMED,
    COUNTS,
    MISSES,
    MOST_ASKED,
    MOST_FOLLOWED,
    REFUSED_FOR,
    SURE,
    Again,
)
from garim.vision.closer import Closer

NONE = Boxes.none()


class Case:
    """`Again` on frames, with two families who find what is yellow."""

    def __init__(self, size: tuple[int, int] = SIZE, first: float = 0.4, second: float = 0.4) -> None:
        self.first, self.second = Sees(first), Sees(second)
        self.again = Again(Closer(self.first, self.second), size, 0)

    def look(self, frame: Frame, found: Boxes = NONE, candidates: Boxes = NONE, *, cut: bool = False) -> Boxes:
        return self.again(frame, found, candidates, cut=cut)

    @property
    def asked(self) -> int:
        return len(self.first.asked)


def stills(folder: Path, *squares: Square, count: int = 3) -> list[Frame]:
    return filmed(folder / "a.mp4", [picture(*squares)] * count)[1]


def walk(folder: Path, places: list[Square | None]) -> list[Frame]:
    return filmed(folder / "a.mp4", [picture(*([place] if place else [])) for place in places])[1]


def same(boxes: Boxes, *squares: Square) -> bool:
    """Whether there is one box a square, and each where it is."""
    near = iou(boxes.xyxy, boxed(*squares).xyxy)
    return len(boxes) == len(squares) and bool((near.max(axis=1, initial=0) > 0.7).all())


FACE = (150.0, 100.0, 24.0)
PLACE = (40.0, 40.0, 24.0)  # where nobody is


# --- weak boxes -----------------------------------------------------------------------------------------------


def test_a_weak_box_that_both_families_confirm_is_a_face(tmp_path: Path) -> None:
    case = Case()
    found = case.look(stills(tmp_path, FACE)[0], boxed((146, 104, 26), score=0.12))
    assert same(found, FACE)
    assert found.score == pytest.approx([0.8])
    assert case.asked == len(case.second.asked) == 1


@pytest.mark.parametrize(("score", "left"), [(0.12, 0), (0.3, 1)])
def test_a_weak_box_that_nobody_confirms_is_as_weak_as_it_was(score: float, left: int, tmp_path: Path) -> None:
    found = Case().look(stills(tmp_path, FACE)[0], boxed(PLACE, score=score))
    assert len(found) == left
    assert (found.score == np.float32(score)).all()
    assert (score >= COUNTS) == bool(left)


def test_a_candidate_is_no_box_until_it_is_confirmed(tmp_path: Path) -> None:
    frame = stills(tmp_path, FACE)[0]
    assert len(Case().look(frame, NONE, boxed(PLACE, score=0.45))) == 0
    found = Case().look(frame, NONE, boxed(FACE, PLACE, score=0.45))
    assert same(found, FACE)
    assert found.score[0] >= CONFIRMED


def test_what_is_sure_is_not_asked_about(tmp_path: Path) -> None:
    case = Case()
    found = case.look(stills(tmp_path)[0], boxed(PLACE, score=SURE), boxed((200, 100, 30), score=SURE))
    assert same(found, PLACE, (200, 100, 30))
    assert case.asked == 0


def test_one_place_is_asked_about_once_whoever_names_it(tmp_path: Path) -> None:
    case = Case()
    case.look(stills(tmp_path)[0], boxed(PLACE, score=0.3), boxed(PLACE, score=0.2))
    assert case.asked == 1


def test_a_place_that_was_refused_is_left_alone_for_a_while(tmp_path: Path) -> None:
    case, frames = Case(), stills(tmp_path, count=2 * REFUSED_FOR)
    for number, frame in enumerate(frames):
        case.look(frame, boxed(PLACE, score=0.12))
        assert case.asked == 1 + number // (REFUSED_FOR + 1)


def test_a_place_beside_the_one_refused_is_asked_about(tmp_path: Path) -> None:
    case, frames = Case(), stills(tmp_path)
    case.look(frames[0], boxed(PLACE, score=0.12))
    case.look(frames[1], boxed((60, 40, 24), score=0.12))
    assert case.asked == 2


def test_a_crowd_of_fancies_costs_no_more_than_a_few(tmp_path: Path) -> None:
    case = Case()
    fancies = boxed(*((30.0 * x, 40.0 * y, 20.0) for x in range(10) for y in range(5)), score=0.15)
    case.look(stills(tmp_path)[0], fancies, boxed(*((30.0 * x, 220, 18) for x in range(10)), score=0.15))
    assert case.asked == 2 * MOST_ASKED


# --- lost faces -----------------------------------------------------------------------------------------------


def test_a_lost_face_is_followed_where_it_goes(tmp_path: Path) -> None:
    places: list[Square | None] = [(40 + 9 * i, 100, 24) for i in range(12)]
    frames, case = walk(tmp_path, places), Case(first=0.3, second=0.15)
    for number, (frame, place) in enumerate(zip(frames, places, strict=True)):
        assert place
        found = case.look(frame, boxed(place) if number < 3 else NONE)
        assert same(found, place)
    assert found.score == pytest.approx([0.45]), "less than would confirm a fancy"
    assert case.asked == 9


def test_a_face_that_has_gone_is_soon_given_up(tmp_path: Path) -> None:
    frames, case = walk(tmp_path, [FACE, FACE, *[None] * 12]), Case()
    for number, frame in enumerate(frames):
        assert len(case.look(frame, boxed(FACE) if number < 2 else NONE)) == (number < 2)
    assert case.asked == MISSES


def test_a_face_that_left_the_picture_is_not_looked_for(tmp_path: Path) -> None:
    places: list[Square | None] = [(270 + 20 * i, 100, 30) if i < 3 else None for i in range(8)]
    frames, case = walk(tmp_path, places), Case()
    for frame, place in zip(frames, places, strict=True):
        case.look(frame, boxed(place) if place else NONE)
    assert case.asked == 0


def test_a_face_behind_something_is_found_again_beside_it(tmp_path: Path) -> None:
    places: list[Square | None] = [(40 + 8 * i, 100, 24) if i not in (4, 5) else None for i in range(10)]
    frames, case = walk(tmp_path, places), Case()
    for number, (frame, place) in enumerate(zip(frames, places, strict=True)):
        found = case.look(frame, boxed(place) if place and number < 4 else NONE)
        assert same(found, *([place] if place else []))


def test_a_face_beside_the_lost_one_is_not_taken_for_two(tmp_path: Path) -> None:
    """Its closer look sees the neighbour: the same box twice is one."""
    other = (170.0, 100.0, 24.0)
    frames, case = walk(tmp_path, [other] * 3), Case()
    case.look(frames[0], boxed((140, 100, 24), other))
    for frame in frames[1:]:
        assert same(case.look(frame, boxed(other)), other)


def test_many_lost_at_once_cost_no_more_than_a_few(tmp_path: Path) -> None:
    crowd = [(10 + 50.0 * x, 20 + 50.0 * y, 20.0) for x in range(6) for y in range(4)]
    frames, case = stills(tmp_path, count=14), Case()
    case.look(frames[0], boxed(*crowd))
    for number, frame in enumerate(frames[1:]):
        case.look(frame)
        assert case.asked <= (number + 1) * MOST_FOLLOWED
    assert case.asked == len(crowd) * MISSES


def test_two_who_cross_do_not_pile_up(tmp_path: Path) -> None:
    """Again and again, one is hidden by the other: what is followed are never more than two."""
    frames, case = stills(tmp_path, count=40), Case(first=0.0, second=0.0)
    for number, frame in enumerate(frames):
        apart = abs(number % 10 - 5) * 8.0
        case.look(frame, boxed((150, 100, 24), *([(150 + apart, 100, 24)] if apart > 12 else [])))
    before = case.asked
    case.look(frames[-1])
    assert case.asked - before <= 2


# --- new faces ------------------------------------------------------------------------------------------------


def test_a_new_face_is_traced_back_to_where_it_came_from(tmp_path: Path) -> None:
    places: list[Square | None] = [None, None, *((100 + 8.0 * i, 90.0, 24.0) for i in range(5))]
    frames, case = walk(tmp_path, places), Case(first=0.25, second=0.2)
    for frame in frames[:-1]:
        assert len(case.look(frame)) == 0
    case.look(frames[-1], boxed(places[-1] or FACE))
    for place, boxes in zip(places, case.again.looks, strict=True):
        assert same(boxes, *([place] if place else []))
    assert case.asked == 5, "four that showed it, and the first that did not"


def test_it_is_traced_past_looks_that_saw_it_weakly(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE, count=5), Case()
    case.first.score = case.second.score = 0.0
    weak = boxed(FACE, score=0.25)
    for number, frame in enumerate(frames[:-1]):
        case.look(frame, weak if number in (2, 3) else NONE)
    case.first.score = case.second.score = 0.4
    before = case.asked
    case.look(frames[-1], boxed(FACE))
    assert case.asked - before == 2
    assert [len(boxes) for boxes in case.again.looks] == [1] * 5
    assert case.again.looks[2].score == pytest.approx([0.25])


def test_a_face_that_was_there_all_along_asks_for_nothing(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE, count=12), Case()
    for frame in frames:
        case.look(frame, boxed(FACE))
    assert case.asked == 0


def test_a_weak_face_that_becomes_sure_is_followed_then(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE, count=4), Case(first=0.25, second=0.2)
    case.look(frames[0], boxed(FACE, score=0.25))
    case.look(frames[1], boxed(FACE, score=0.7))
    assert same(case.look(frames[2]), FACE)


def test_no_farther_back_than_is_kept(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE, count=BEFORE + 4), Case()
    for frame in frames[:-1]:
        case.look(frame)
    case.look(frames[-1], boxed(FACE))
    assert [len(boxes) for boxes in case.again.looks] == [0, 0, 0, *[1] * (BEFORE + 1)]


# --- cuts and memory ------------------------------------------------------------------------------------------


def test_a_cut_ends_what_is_followed(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE), Case()
    case.look(frames[0], boxed(FACE))
    assert len(case.look(frames[1], cut=True)) == 0
    assert case.asked == 0


def test_nothing_is_traced_past_a_cut(tmp_path: Path) -> None:
    frames, case = stills(tmp_path, FACE, count=4), Case()
    case.look(frames[0])
    case.look(frames[1], cut=True)
    case.look(frames[2])
    case.look(frames[3], boxed(FACE))
    assert [len(boxes) for boxes in case.again.looks] == [0, 1, 1, 1]


def test_a_cut_forgets_what_was_refused(tmp_path: Path) -> None:
    case, frames = Case(), stills(tmp_path)
    for frame, cut in zip(frames, (False, True, False), strict=True):
        case.look(frame, boxed(PLACE, score=0.12), cut=cut)
    assert case.asked == 2


class Held(Frame):
    """A frame of which it can be told whether anybody has it."""

    __slots__ = ("__weakref__",)


def test_frames_are_let_go(tmp_path: Path) -> None:
    case = Case()
    held: list[weakref.ref[Held]] = []
    for frame in stills(tmp_path, FACE, count=BEFORE + 8):
        kept = Held(frame.coded, frame.index, frame.pts)
        held.append(weakref.ref(kept))
        case.look(kept, boxed(FACE))
        del kept
        gc.collect()
        assert sum(ref() is not None for ref in held) <= BEFORE
    case.look(frame, cut=True)
    gc.collect()
    assert all(ref() is None for ref in held)


@pytest.mark.parametrize("where", [(-8, 100, 24), (305, 100, 24), (150, -8, 24), (150, 226, 24)])
def test_a_face_over_the_edge_is_found_where_it_is(where: Square, tmp_path: Path) -> None:
    x, y, side = where
    visible = max(x, 0), max(y, 0), min(x + side, SIZE[0]), min(y + side, SIZE[1])
    found = Case().look(stills(tmp_path, where)[0], boxed(where, score=0.15))
    assert len(found) == 1
    assert np.abs(found.xyxy[0] - np.array(visible)).max() < 1.5


# --- between two looks ----------------------------------------------------------------------------------------


def test_who_is_new_is_looked_for_between_until_the_speed_is_known(tmp_path: Path) -> None:
    case = Case()
    frames = stills(tmp_path, FACE, count=4)
    case.look(frames[0], boxed(FACE))
    assert case.again.restless(1)
    assert same(case.again.between(frames[1]), FACE)
    assert case.asked == 1
    assert not case.again.restless(3), "it stands"
    assert len(case.again.looks) == 2


def test_who_runs_is_looked_for_where_it_would_be_and_who_walks_is_not(tmp_path: Path) -> None:
    runner = [(40 + 12.0 * i, 60.0, 24.0) for i in range(6)]
    walker = [(100 + 3.0 * i, 150.0, 24.0) for i in range(6)]
    frames = filmed(tmp_path / "a.mp4", [picture(*both) for both in zip(runner, walker, strict=True)])[1]
    case = Case()
    for i in (0, 1):
        case.look(frames[i], boxed(runner[i], walker[i]))
    assert same(case.again.between(frames[2]), runner[2])
    assert same(case.again.between(frames[3]), runner[3])
    assert case.again.restless(6), "the walker, after four frames, and the runner"
    assert same(case.again.between(frames[5]), runner[5], walker[5])


def test_who_is_not_there_between_is_asked_about_once_a_frame_and_not_given_up(tmp_path: Path) -> None:
    case = Case()
    frames = walk(tmp_path, [FACE, None, FACE])
    case.look(frames[0], boxed(FACE))
    assert len(case.again.between(frames[1])) == 0
    assert not case.again.restless(1)
    assert same(case.look(frames[2]), FACE)


def test_who_was_missed_is_left_to_the_next_look(tmp_path: Path) -> None:
    case = Case()
    frames = walk(tmp_path, [FACE, None, None])
    case.look(frames[0], boxed(FACE))
    case.look(frames[1])
    assert not case.again.restless(2)


def test_between_no_more_are_looked_for_than_in_a_look(tmp_path: Path) -> None:
    crowd = [(10 + 35.0 * x, 20 + 60.0 * y, 20.0) for x in range(6) for y in range(2)]
    case = Case()
    frames = stills(tmp_path, *crowd)
    case.look(frames[0], boxed(*crowd))
    assert len(case.again.between(frames[1])) == MOST_FOLLOWED
