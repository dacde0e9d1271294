"""Wider looks take turns, and larger ones stay where they gain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.redact.looked import Sees, boxed, filmed, picture

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.media import Film, Frame
from garim.redact.again import SURE, Again
from garim.redact.models import Models
from garim.redact.wide import GAINED, LARGER, SECOND, Wide
from garim.vision.closer import Closer

NONE = Boxes.none()
USUAL, APART = 400, 5
SIZE = (640, 480)


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, list[Frame]]:
    return filmed(tmp_path_factory.mktemp("wide") / "a.mp4", [picture((300, 200, 30), size=SIZE)] * 40)


class Says:
    """A model that always says the same of the whole picture, and remembers how large it was shown."""

    def __init__(self, answer: Boxes = NONE, larger: Boxes | None = None) -> None:
        self.answer, self.larger = answer, larger
        self.asked: list[int] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        side = max(image.bgr.shape[:2])
        self.asked.append(side)
        found = self.answer if self.larger is None or side <= USUAL else self.larger
        return found[found.score >= floor]


class Case:
    def __init__(self, film: Film, *, together: bool = False, first: Says | None = None, usual: int = USUAL) -> None:
        self.first, self.second = first or Says(), Says()
        self.wide = Wide(Models(self.first, self.second), film, usual, APART, together=together)

    def asked(self, frame: Frame, *, cut: bool = False, found: Boxes = NONE) -> list[str]:
        """Which models are asked on `frame`."""
        every = {"second": self.second, "size": self.first}
        before = {name: len(model.asked) for name, model in every.items()}
        self.wide(frame, found, cut=cut)
        return [name for name, model in every.items() for _ in range(len(model.asked) - before[name])]


ALL = ["second", "size"]


def test_all_at_first_then_each_in_its_turn(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film)
    asked = {frame.index: case.asked(frame) for frame in frames[:32]}
    assert {index: names for index, names in asked.items() if names} == {
        0: ALL,
        5: ["second"],
        10: ["size"],
        15: ["second"],
        20: ["size"],
        25: ["second"],
        30: ["size"],
    }
    assert case.second.asked == [SECOND] * 4
    assert case.first.asked == [2 * 640] * 4, "twice the film, which is less than the most"


def test_all_at_the_first_look_wherever_it_is(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film)
    assert case.asked(frames[3]) == ALL
    assert case.asked(frames[7]) == []
    assert case.asked(frames[8]) == ["second"]


def test_all_after_a_cut(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film)
    case.asked(frames[0])
    assert case.asked(frames[2], cut=True) == ALL
    assert case.asked(frames[6]) == []
    assert case.asked(frames[7]) == ["second"]


def test_all_each_time_where_they_go_together(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film, together=True)
    assert [case.asked(frame) for frame in frames[:11]] == [ALL, *[[]] * 4, ALL, *[[]] * 4, ALL]


def test_the_second_sees_a_dark_picture_in_a_better_light(tmp_path: Path) -> None:
    film, frames = filmed(tmp_path / "a.mp4", [picture((40, 50, 20)) // 6] * 2)
    shown: list[float] = []

    class Brightness(Says):
        def __call__(self, image: Image, floor: float) -> Boxes:
            shown.append(float(image.bgr.mean()))
            return NONE

    wide = Wide(Models(Says(), Brightness()), film, USUAL, APART, together=False)
    wide(frames[0], NONE, cut=False)
    assert shown[0] > 2 * float(frames[0].image(SECOND, 0).bgr.mean())


def test_no_larger_look_where_the_usual_one_is_as_large(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    assert Case(film, usual=1280).asked(frames[0]) == ["second"]
    large = replace(film, size=(3840, 2160))
    assert Case(large, usual=LARGER).asked(frames[0]) == ["second"]
    assert Case(large, usual=LARGER - 1).asked(frames[0]) == ALL


FEW = boxed(*((100.0 * n, 50, 30) for n in range(2)))
MANY = boxed(*((100.0 * n, 50, 30) for n in range(2 + GAINED)))


def test_looks_are_larger_while_that_gains(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    first = Says(FEW, larger=MANY)
    case = Case(film, first=first)
    candidates = case.wide(frames[0], FEW, cut=False)
    assert case.wide.long_side == 2 * 640
    assert len(candidates) == len(MANY), "what the larger look saw is told at once"
    case.wide(frames[5], MANY, cut=False)
    assert case.wide.long_side == 2 * 640
    case.wide(frames[10], MANY, cut=False)
    assert first.asked == [1280, USUAL], "the usual one is asked now, to compare"
    assert case.wide.long_side == 2 * 640
    case.wide(frames[15], MANY, cut=False)
    case.wide(frames[20], FEW, cut=False)
    assert case.wide.long_side == USUAL


@pytest.mark.parametrize(
    "larger",
    [
        MANY[:-1],
        Boxes(MANY.xyxy, np.array([0.9, 0.9, *[SURE - 0.01] * GAINED], np.float32)),
        Boxes(np.repeat(FEW.xyxy, 4, axis=0), np.full(8, 0.9, np.float32)),
    ],
    ids=["one too few", "none sure", "the same ones"],
)
def test_they_are_not_for_little(larger: Boxes, shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film, first=Says(FEW, larger=larger))
    case.wide(frames[0], FEW, cut=False)
    assert case.wide.long_side == USUAL


def test_what_the_second_family_sees_is_looked_at_closer(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    case = Case(film)
    case.second.answer = boxed((298, 198, 34), (50, 50, 30), score=0.3)
    candidates = case.wide(frames[0], NONE, cut=False)
    again = Again(Closer(Sees(0.35), Sees(0.35)), film.upright, 0)
    found = again(frames[0], NONE, candidates, cut=False)
    assert len(found) == 1
    assert found.xyxy[0] == pytest.approx([300, 200, 330, 230], abs=1.5)
