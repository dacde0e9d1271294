"""Each effort asks whom it says, as often as it says; and a whole film is seen by all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.redact.looked import Sees, Square, boxed, filmed, picture

from garim.core.boxes import Boxes, iou
from garim.core.image import Image
from garim.core.sightings import Sightings
from garim.media import Film, Frame, Reader
from garim.redact.effort import Effort
from garim.redact.eyes import FLOOR, LONG_SIDE, PAINS, QUIET, Blind, Placed, Plain, Turns, eyes
from garim.redact.look import look, look_at
from garim.redact.models import Models
from garim.redact.people import Watched

IMAGE = Image(np.zeros((80, 160, 3), np.uint8), 1.0)
SIZE = (640, 480)


def silent(step: str, done: int, total: int | None) -> None:
    pass


# --- straight and in the mirror, by turns ---------------------------------------------------------------------


class OneEyed:
    """Finds yellow squares in the left half of what it is shown."""

    def __init__(self) -> None:
        self.sees = Sees()

    def __call__(self, image: Image, floor: float) -> Boxes:
        found = self.sees(image, floor)
        return found[found.xyxy[:, 2] <= image.bgr.shape[1] / image.scale / 2]


def room(*squares: Square) -> Image:
    return Image(np.ascontiguousarray(picture(*squares)[:, :, ::-1]), 1.0)


def test_what_one_side_misses_the_next_look_sees() -> None:
    ask = Turns(OneEyed())
    left, right = (40.0, 50.0, 20.0), (240.0, 50.0, 20.0)
    seen = [ask(room(left, right), 0.1).xyxy for _ in range(2)]
    assert seen[0] == pytest.approx(boxed(left).xyxy)
    assert len(seen[1]) == 2, "the other one is gone from sight: asked both ways"
    assert iou(seen[1], boxed(left, right).xyxy).max(axis=0) == pytest.approx([1, 1])


def test_each_look_costs_one_question_while_nothing_is_lost() -> None:
    model = Sees()
    ask = Turns(model)
    for _ in range(6):
        assert len(ask(room((40, 50, 20)), 0.1)) == 1
    assert len(model.asked) == 6


def test_a_face_that_is_lost_is_asked_about_both_ways_and_then_let_go() -> None:
    model = Sees()
    ask = Turns(model)
    ask(room((40, 50, 20)), 0.1)
    counts = []
    for _ in range(3):
        before = len(model.asked)
        ask(room(), 0.1)
        counts.append(len(model.asked) - before)
    assert counts == [2, 1, 1]


def test_what_was_hardly_a_face_is_not_missed() -> None:
    model = Sees(0.3)
    ask = Turns(model)
    ask(room((40, 50, 20)), 0.1)
    ask(room(), 0.1)
    assert len(model.asked) == 2


class Brightness:
    """Finds nothing, and remembers how bright each picture was."""

    def __init__(self) -> None:
        self.shown: list[float] = []

    def __call__(self, image: Image, floor: float) -> Boxes:
        self.shown.append(float(image.bgr.mean()))
        return Boxes.none()


def test_what_is_dark_is_asked_about_as_it_is_and_mirrored_in_a_better_light() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)
    bright, dark = Brightness(), Brightness()
    for model, shown in ((bright, noise), (dark, noise // 8)):
        ask = Turns(model)
        for _ in range(2):
            ask(Image(shown, 1.0), 0.1)
    assert len(bright.shown) == 2, "by turns"
    straight, lit, again_lit, again = dark.shown
    assert straight == again < lit / 3 and lit == again_lit


# --- efforts --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, list[Frame]]:
    pictures = [picture((60 + 6.0 * i, 200, 30), size=SIZE) for i in range(40)]
    return filmed(tmp_path_factory.mktemp("eyes") / "a.mp4", pictures)


def place(index: int) -> Square:
    return 60 + 6.0 * index, 200, 30


class Trio:
    def __init__(self, first: float = 0.9, second: float = 0.9) -> None:
        self.first, self.second, self.people = Sees(first), Sees(second), Sees(0.0)
        self.models = Models(self.first, self.second, self.people)


def test_fast_asks_the_first_alone(walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio()
    mine = eyes(Models(trio.first), film, Effort.FAST, lambda _, boxes: boxes)
    for frame in frames[:5]:
        found = mine(frame, cut=False)
        assert iou(found.xyxy, boxed(place(frame.index)).xyxy).max() > 0.8
    assert trio.first.asked == [(LONG_SIDE, 720)] * 5
    assert list(mine.looks)[-1] is found and len(mine.looks) == 5


@pytest.mark.parametrize("effort", [Effort.NORMAL, Effort.THOROUGH])
def test_the_others_ask_the_second_where_the_first_is_in_doubt(effort: Effort, walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio(first=0.35, second=0.35)
    mine = eyes(trio.models, film, effort, lambda _, boxes: boxes)
    found = [mine(frame, cut=False) for frame in frames[:5]]
    for frame, boxes in zip(frames, found, strict=False):
        assert iou(boxes.xyxy, boxed(place(frame.index)).xyxy).max() > 0.8
        assert boxes.score.max() == pytest.approx(0.7)
    closer = [size for size in trio.second.asked if size == (160, 160)]
    assert len(closer) >= 5


def test_normal_asks_hardly_more_than_fast_where_all_is_sure(walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio()
    mine = eyes(trio.models, film, Effort.NORMAL)
    for frame in frames[:26]:
        if mine.due(frame.index, cut=False):
            mine(frame, cut=False)
    assert len([size for size in trio.first.asked if max(size) == LONG_SIDE]) == 13
    assert trio.first.asked.count((160, 160)) == 1, "once, to learn how fast it is"
    # a wider look each half a second: all at first, and then by turns
    assert len(trio.second.asked) == len([size for size in trio.first.asked if max(size) > LONG_SIDE]) == 2


def test_a_second_pass_sees_all_at_first_and_then_only_what_counts(walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio(first=0.3)
    mine = eyes(trio.models, film, Effort.NORMAL, lambda index, boxes: boxes if index < 12 else Boxes.none())
    found = [len(mine(frame, cut=False)) for frame in frames[:12]]
    asked = trio.second.asked.count((160, 160))
    assert found == [1] * 12 and asked > 9
    mine(frames[12], cut=True)
    for frame in frames[13:]:
        assert len(mine(frame, cut=False)) == 0
    closer = trio.second.asked.count((160, 160))
    assert closer == asked
    assert (len(trio.second.asked) - closer, trio.first.asked.count((1280, 960))) == (2, 2), "and after a cut"


def test_thorough_asks_all_of_them_each_time(walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio()
    mine = eyes(trio.models, film, Effort.THOROUGH, lambda _, boxes: boxes)
    for frame in frames[:5]:
        mine(frame, cut=False)
    # at 25 frames a second, a tenth of a second is two of them
    assert (len(trio.second.asked), len(trio.people.asked)) == (3, 0)
    assert len([size for size in trio.first.asked if max(size) == 1280]) == 10, "straight and in the mirror"


def test_after_a_cut_nobody_is_looked_for(walk: tuple[Film, list[Frame]]) -> None:
    film, frames = walk
    trio = Trio()
    mine = eyes(trio.models, film, Effort.NORMAL, lambda _, boxes: boxes)
    mine(frames[0], cut=False)
    trio.first.score = trio.second.score = 0.05
    assert len(mine(frames[1], cut=True)) == 0
    assert (160, 160) not in trio.first.asked


def test_more_effort_looks_no_more_rarely_and_no_smaller() -> None:
    fast, normal, thorough = (PAINS[effort] for effort in Effort)
    assert fast.longest >= normal.longest >= thorough.longest > 0
    assert fast.long_side <= normal.long_side <= thorough.long_side
    assert normal.wide >= thorough.wide > 0


# --- through a film -------------------------------------------------------------------------------------------


def film_of(folder: Path, pictures: list[np.ndarray]) -> Path:
    filmed(folder / "a.mp4", pictures)
    return folder / "a.mp4"


def looked(path: Path, models: Models, effort: Effort) -> Sightings:
    with Reader(path) as reader:
        return look(reader, eyes(models, reader.film, effort), silent)


def test_between_two_looks_only_what_moves_fast_is_looked_for(tmp_path: Path) -> None:
    """One runs and one stands: the whole picture each tenth of a second, and the runner alone on each frame."""
    path = film_of(tmp_path, [picture((10 + 13.0 * i, 60, 24), (30, 170, 30)) for i in range(22)])
    trio = Trio()
    seen = looked(path, trio.models, Effort.NORMAL)
    usual = [size for size in trio.first.asked if max(size) == 640]
    assert len(usual) == 11, "each second frame, at 25 a second"
    assert (160, 160) in trio.first.asked
    assert len(seen.index) > 18
    for index, boxes in zip(seen.index.tolist(), seen.boxes, strict=True):
        runner, stands = boxed((10 + 13.0 * index, 60, 24)), boxed((30, 170, 30))
        assert iou(boxes.xyxy, runner.xyxy).max(initial=0) > 0.8
        assert index % 2 or iou(boxes.xyxy, stands.xyxy).max() > 0.8


def test_fast_looks_at_the_whole_picture_as_often_as_motion_asks(tmp_path: Path) -> None:
    path = film_of(tmp_path, [picture((10 + 13.0 * i, 60, 24)) for i in range(22)])
    trio = Trio()
    seen = looked(path, Models(trio.first), Effort.FAST)
    assert len(seen.index) > 18
    assert set(trio.first.asked) == {(640, 480)}


def test_where_nobody_has_seen_anything_for_a_while_looks_are_farther_apart(tmp_path: Path) -> None:
    """From ten looks without a box on, until there is one, however weak."""
    pictures = [picture((100, 80, 24)) if 38 <= i < 48 else picture() for i in range(80)]
    for shown in pictures:
        shown[150:] //= 2  # a street, so that a small square is no cut
    path = film_of(tmp_path, pictures)
    trio = Trio(first=0.12, second=0.0)
    found = looked(path, trio.models, Effort.NORMAL).index.tolist()
    apart = np.diff(found)
    assert apart[: QUIET - 1].max() == 2
    assert set(apart[QUIET - 1 : found.index(38)]) == {4}
    assert set(apart[found.index(38) : found.index(46) + QUIET]) == {2}
    assert apart[-1] == 4


def test_where_people_are_looked_for_nobody_rests(tmp_path: Path) -> None:
    """Whoever turns away shows no face, and is to be seen as often."""
    path = film_of(tmp_path, [picture()] * 60)
    with Reader(path) as reader:
        seen = look(reader, Watched(Trio().models, reader.film, Effort.NORMAL, people=True), silent)
    assert set(np.diff(seen.index).tolist()) == {2}


# --- in one place ---------------------------------------------------------------------------------------------


FACE_AT = (100, 80, 24)


@pytest.mark.parametrize("blind", [0, 1, 2, 3], ids=["first", "its mirror", "second", "its mirror too"])
def test_a_place_is_asked_about_until_somebody_sees_something(blind: int, tmp_path: Path) -> None:
    _, frames = filmed(tmp_path / "a.mp4", [picture(FACE_AT)])
    asked: list[int] = []

    class Unless:
        def __init__(self, name: int) -> None:
            self.name = name

        def __call__(self, image: Image, floor: float) -> Boxes:
            asked.append(self.name)
            return Sees(FLOOR)(image, floor) if len(asked) > blind else Boxes.none()

    found = Placed([Unless(1), Unless(2)], {0: boxed(FACE_AT).xyxy}, 0)(frames[0], cut=False)
    assert iou(found.xyxy, boxed(FACE_AT).xyxy)[0, 0] > 0.8
    assert asked == [1, 1, 2, 2][: blind + 1]


def test_what_is_beside_a_place_is_not_in_it(tmp_path: Path) -> None:
    _, frames = filmed(tmp_path / "a.mp4", [picture(FACE_AT)] * 2)
    mine = Placed([Sees()], {0: boxed((118, 80, 24), (100, 80, 60)).xyxy}, 0)
    assert len(mine(frames[0], cut=False)) == 0
    assert len(mine(frames[1], cut=False)) == 0, "nothing was asked about it"


def test_a_dark_place_is_seen_in_a_better_light(tmp_path: Path) -> None:
    _, frames = filmed(tmp_path / "a.mp4", [picture(FACE_AT) // 6] * 2)
    assert len(Placed([Sees()], {0: boxed(FACE_AT).xyxy}, 0)(frames[0], cut=False)) == 1


class Late:
    """Sees nothing in a whole picture before some question, and all from there on."""

    def __init__(self, after: int, part: float) -> None:
        self.after, self.part, self.count = after, part, 0
        self.sees = Sees()

    def __call__(self, image: Image, floor: float) -> Boxes:
        found = self.sees(image, 0.0)
        if image.bgr.shape == (160, 160, 3):
            return Boxes(found.xyxy, np.full(len(found), self.part, np.float32))
        self.count += 1
        return found if self.count > self.after else Boxes.none()


def test_what_a_later_look_learns_is_told_of_the_earlier(tmp_path: Path) -> None:
    """Small at first: found in the sixth look, and traced back to the first."""
    path = film_of(tmp_path, [picture((100 + 2.0 * i, 100, 30)) for i in range(30)])
    models = Models(Late(8, 0.25), Late(10**6, 0.2))
    seen = looked(path, models, Effort.NORMAL)
    assert len(seen.index) > 8
    for index, boxes in zip(seen.index.tolist(), seen.boxes, strict=True):
        assert iou(boxes.xyxy, boxed((100 + 2.0 * index, 100, 30)).xyxy).max(initial=0) > 0.7


def test_a_cut_is_told(tmp_path: Path) -> None:
    """Nobody is followed from one scene into the next, though a square is in the same place there."""
    rng = np.random.default_rng(3)
    scenes = [rng.integers(0, 140, (240, 320, 1), np.uint8).repeat(3, axis=2) for _ in range(2)]
    square = picture((100, 100, 30))[:, :, 2] < 65
    pictures = []
    for i in range(24):
        shown = scenes[i // 12].copy()
        shown[square] = (240, 240, 60)
        pictures.append(shown)

    cuts: list[bool] = []

    class Told(Blind):
        def __init__(self) -> None:
            self.looks: list[Boxes] = []

        def due(self, index: int, *, cut: bool) -> bool:
            return cut or index % 5 == 0

        def __call__(self, frame: Frame, *, cut: bool) -> Boxes:
            cuts.append(cut)
            self.looks.append(Boxes.none())
            return self.looks[-1]

    with Reader(film_of(tmp_path, pictures)) as reader:
        look(reader, Told(), silent)
    with Reader(tmp_path / "a.mp4") as reader:
        assert cuts == [False, False, False, True, False, False]
        cuts.clear()
        # a cut between two looks is told to the next one
        look_at(reader.frames(), Told(), lambda frame: frame.index in (3, 15, 20), lambda _: None)
    assert cuts == [False, True, False]


@pytest.mark.parametrize("make", [lambda: Blind(), lambda: Plain(Sees(), 0)], ids=["blind", "plain"])
def test_a_pass_that_looks_at_nothing_reads_all_frames(make: Callable[[], Blind | Plain], tmp_path: Path) -> None:
    with Reader(film_of(tmp_path, [picture()] * 7)) as reader:
        seen = look_at(reader.frames(), make(), lambda _: False, lambda _: None)
    assert (len(seen.pts), len(seen.index), len(seen.boxes)) == (7, 0, 0)


def test_plain_drops_what_says_nothing(walk: tuple[Film, list[Frame]]) -> None:
    _, frames = walk
    assert len(Plain(Sees(FLOOR - 0.01), 0)(frames[0], cut=False)) == 0
    assert len(Plain(Sees(FLOOR), 0)(frames[0], cut=False)) == 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("effort", list(Effort))
def test_in_a_turned_film(effort: Effort, degrees: int, tmp_path: Path) -> None:
    """Boxes are of the upright picture, whoever found them: the closer look, too."""
    from tests.media.sources import recut

    upright = picture((30, 60, 40))
    filmed(tmp_path / "coded.mp4", [np.ascontiguousarray(np.rot90(upright, -degrees // 90))] * 6)
    path = recut(tmp_path / "coded.mp4", "a.mp4", before=("-display_rotation", str(degrees)))
    trio = Trio(first=0.3 if effort is not Effort.FAST else 0.9, second=0.4)
    seen = looked(path, trio.models, effort)
    for boxes in seen.boxes:
        best = boxes.xyxy[[int(boxes.score.argmax())]]
        assert iou(best, boxed((30, 60, 40)).xyxy)[0, 0] > 0.85
        assert boxes.score.max() >= 0.69, "two families agree, or the one is sure"
