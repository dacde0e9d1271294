"""Looks that are begun ahead, in another thread: the same is seen, and only what came true of them counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.redact.looked import Sees, Square, filmed, picture

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.media import Film, Frame, Reader
from garim.redact.effort import Effort
from garim.redact.eyes import QUIET, Pacing, Wanted, eyes
from garim.redact.look import look, look_at
from garim.redact.models import Models

WHOLE = (640, 480)


class Watching(Sees):
    """Sees, and remembers in which thread it was asked about each whole picture."""

    def __init__(self, score: float = 0.9) -> None:
        super().__init__(score)
        self.threads: list[threading.Thread] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        if (image.bgr.shape[1], image.bgr.shape[0]) == WHOLE:
            self.threads.append(threading.current_thread())
        return super().__call__(image, floor)


def silent(step: str, done: int, total: int | None) -> None:
    pass


def runner(index: int) -> Square:
    return 10 + 13.0 * index, 60, 24


@pytest.fixture
def shot(tmp_path: Path) -> tuple[Film, list[Frame]]:
    """One runs, one stands; then another scene."""
    first = [picture(runner(i), (30, 170, 30)) for i in range(15)]
    second = [255 - picture((200, 100, 40)) // 3 for _ in range(11)]
    return filmed(tmp_path / "a.mp4", [*first, *second])


def one_by_one(mine: Pacing, frames: list[Frame], cuts: set[int]) -> list[tuple[int, Boxes]]:
    seen = []
    for frame in frames:
        if mine.due(frame.index, cut=frame.index in cuts):
            mine(frame, cut=frame.index in cuts)
            seen.append(frame.index)
    return list(zip(seen, mine.looks, strict=True))


@pytest.mark.parametrize("score", [0.9, 0.35])
def test_the_same_is_seen_as_frame_by_frame(score: float, shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    expected = one_by_one(eyes(Models(Sees(score), Sees(score)), film, Effort.NORMAL), frames, {15})
    with Reader(film.path) as reader:
        seen = look(reader, eyes(Models(Sees(score), Sees(score)), film, Effort.NORMAL), silent)
    assert seen.index.tolist() == [index for index, _ in expected]
    for ours, (_, theirs) in zip(seen.boxes, expected, strict=True):
        assert np.array_equal(ours.xyxy, theirs.xyxy) and np.array_equal(ours.score, theirs.score)


def second_pass(film: Film, models: Models, wanted: Wanted) -> list[int]:
    mine = eyes(models, film, Effort.NORMAL, lambda _, boxes: boxes, wanted)
    with Reader(film.path) as reader:
        return [int(index) for index in look_at(reader.frames(), mine, wanted, lambda _: None).index]


@pytest.mark.parametrize("wanted", [lambda f: f.index % 3 == 1, lambda f: f.index in (0, 1, 9, 25)])
def test_a_second_pass_sees_what_is_wanted_and_nothing_else(wanted: Wanted, shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    model = Watching()
    found = second_pass(film, Models(model, Sees()), wanted)
    assert found == [frame.index for frame in frames if wanted(frame)]
    assert len(found) <= len(model.threads) <= 2 * len(found), "each once, or both ways"


def test_whole_pictures_are_another_threads(shot: tuple[Film, list[Frame]]) -> None:
    film, _ = shot
    model = Watching()
    with Reader(film.path) as reader:
        look(reader, eyes(Models(model, Sees()), film, Effort.NORMAL), silent)
    assert len(model.threads) > 10
    assert threading.current_thread() not in model.threads and len(set(model.threads)) == 1


def test_nobody_looks_ahead_where_looks_may_soon_be_farther_apart(tmp_path: Path) -> None:
    film, _ = filmed(tmp_path / "a.mp4", [picture()] * 70)
    model = Watching()
    with Reader(film.path) as reader:
        seen = look(reader, eyes(Models(model, Sees()), film, Effort.NORMAL), silent)
    assert np.diff(seen.index)[QUIET:].tolist() == [4] * (len(seen.index) - 1 - QUIET)
    assert len(model.threads) == len(seen.index), "none in vain"


def test_what_was_begun_before_a_cut_is_let_go(shot: tuple[Film, list[Frame]]) -> None:
    film, frames = shot
    mine = eyes(Models(Sees(), Sees()), film, Effort.NORMAL)
    mine.foresee(frames[12], frames[13:17], cut=False)
    mine(frames[12], cut=False)
    mine.foresee(frames[13], frames[14:18], cut=True)
    found = mine(frames[13], cut=True)
    assert len(found) == 2
    mine.foresee(frames[15], frames[16:20], cut=True)
    assert len(mine(frames[15], cut=True)) == len(mine.looks[-1]), "and not what frame 15 showed to frame 13"


@pytest.mark.parametrize("where", [0, 6])
def test_what_goes_wrong_ahead_is_raised_in_its_turn(where: int, shot: tuple[Film, list[Frame]]) -> None:
    film, _ = shot

    class Breaks(Sees):
        def __call__(self, image: Image, floor: float) -> Boxes:
            if (image.bgr.shape[1], image.bgr.shape[0]) == WHOLE and len(self.asked) >= where:
                raise MemoryError("no room")
            return super().__call__(image, floor)

    with Reader(film.path) as reader, pytest.raises(MemoryError, match="no room"):
        look(reader, eyes(Models(Breaks(), Sees()), film, Effort.NORMAL), silent)


def test_models_let_go_where_they_can() -> None:
    class Holding(Sees):
        def __init__(self) -> None:
            super().__init__()
            self.held = True

        def rest(self) -> None:
            self.held = False

    first: Callable[[Image, float], Boxes] = Sees()
    second = Holding()
    Models(first, second).rest()
    assert not second.held
