"""Masks told of tracks: real frames in which heads are painted, a finder of paint, and what is made of the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.exposure.paint import FAR, NEAR, PAINT, SIZE, STATES, THREE, Finds, Tells, colour, painted, people
from tests.exposure.street import Walkers, boxes
from tests.films import film

from garim.core.boxes import Boxes
from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.exposure.camera import _since
from garim.exposure.follow import Trail
from garim.exposure.ground import Ground
from garim.exposure.hours import hours
from garim.exposure.positions import Mask, Positions
from garim.exposure.watch import ASK_S, Tape, Watched, glimpses, watch
from garim.exposure.worn import LEAST_PX, SHOWN, Signs, Worn, of, state
from garim.inference.weights import find
from garim.media import Frame, Reader
from garim.vision.faces import Faces
from garim.vision.heads import heads
from garim.vision.masks import SIDE, SPAN, Masks
from garim.vision.people import People
from garim.vision.weights import YOLOX_NANO, YUNET

WALKING = Path(__file__).parents[3] / "shared" / "data" / "video" / "intel_face-demographics-walking-and-pause.mp4"
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


def seen(path: Path, walkers: Walkers, worn: Worn, over: Ground = NEAR) -> Watched:
    with Reader(path) as reader:
        base = reader.film.time_base
        arrivals = ((float(f.pts * base), f) for f in reader.frames())
        return watch(arrivals, over, people(walkers, over), worn=worn)


def rows(watched: Watched) -> Positions:
    (hour,) = hours(watched.walks, watched.spans, TEN)
    return hour.positions


def states_by_x(positions: Positions) -> list[set[int]]:
    """The states of each track, from left to right."""
    tracks = sorted(np.unique(positions.track), key=lambda track: positions.x_cm[positions.track == track].mean())
    return [set(positions.mask[positions.track == track].tolist()) for track in tracks]


def frame_of(path: Path) -> Frame:
    with Reader(path) as reader:
        return next(iter(reader.frames()))


def test_each_track_has_the_state_that_its_faces_say(tmp_path: Path) -> None:
    path = painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES])
    watched = seen(path, THREE, Worn(Finds(), Tells(), ()))
    assert states_by_x(rows(watched)) == [{state} for state in STATES]


def test_a_track_whose_faces_contradict_one_another_is_unknown(tmp_path: Path) -> None:
    path = painted(tmp_path / "a.mp4", THREE, [[Mask.WORN], [Mask.ABSENT, Mask.WORN], [Mask.ABSENT]])
    watched = seen(path, THREE, Worn(Finds(), Tells(), ()))
    assert states_by_x(rows(watched)) == [{Mask.WORN}, {Mask.UNKNOWN}, {Mask.ABSENT}]
    assert len(watched.walks[0].said) >= 4


def test_doubtful_answers_and_doubtful_faces_say_nothing(tmp_path: Path) -> None:
    one = Walkers([(0, 11)], [(0.05, 0)])
    path = painted(tmp_path / "a.mp4", one, [[Mask.WORN]])
    tells = Tells()
    assert states_by_x(rows(seen(path, one, Worn(Finds(score=0.49), tells, ())))) == [{Mask.UNKNOWN}]
    assert tells.crops == []
    assert states_by_x(rows(seen(path, one, Worn(Finds(), Tells(sure=0.35), ())))) == [{Mask.UNKNOWN}]


def test_a_walk_that_was_hidden_keeps_what_was_said_before_and_after(tmp_path: Path) -> None:
    one = Walkers([(-0.5, 10)], [(0.1, 0)])
    path = painted(tmp_path / "a.mp4", one, [[Mask.WORN]], seconds=8)
    with Reader(path) as reader:
        base, sees = reader.film.time_base, people(one, NEAR)

        def hidden(image: Image, floor: float) -> Boxes:
            found = sees(image, floor)
            return found[:0] if 30 <= sees.asked[-1] < 47 else found

        arrivals = ((float(f.pts * base), f) for f in reader.frames())
        watched = watch(arrivals, NEAR, hidden, worn=Worn(Finds(), Tells(), ()))
    (walk,) = watched.walks
    assert len(walk.said) == 7  # at 0, 1 and 2 s, and from 4.8 s on
    assert states_by_x(rows(watched)) == [{Mask.WORN}]


def test_faces_are_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    path = painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES])
    finds, tells = Finds(), Tells()
    with Reader(path) as reader:
        base = reader.film.time_base
        arrivals = ((float(f.pts * base), f) for f in reader.frames())
        looks = list(glimpses(arrivals, people(THREE, NEAR), 0, 640, Worn(finds, tells, ())))
    asked = [look.at for look in looks if len(look.signs)]
    assert all(after - before >= ASK_S for before, after in pairwise(asked))
    assert len(asked) == 6 and len(looks) == 60
    assert len(finds.asked) == len(tells.crops) == 3 * len(asked)


def test_small_heads_are_not_asked_about(tmp_path: Path) -> None:
    path = painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], over=FAR)
    finds = Finds()
    watched = seen(path, THREE, Worn(finds, Tells(), ()), FAR)
    assert finds.asked == []
    assert states_by_x(rows(watched)) == [{Mask.UNKNOWN}] * 3


def test_the_least_head_is_of_16_px_of_the_picture_itself(tmp_path: Path) -> None:
    frame = frame_of(painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=1))
    finds = Finds()
    high = np.array([LEAST_PX - 0.2, LEAST_PX + 0.2], np.float32) / 0.3
    xyxy = np.stack([[100, 300], [100, 100], [100, 300] + high / 2, 100 + high], axis=1).astype(np.float32)
    Worn(finds, Tells(), ())(0.0, frame, Boxes(xyxy, np.ones(2, np.float32)), 0)
    assert len(finds.asked) == 1
    assert finds.asked[0].bgr.shape == (SHOWN, SHOWN, 3)


def test_a_crop_holds_the_face_and_what_is_around_it(tmp_path: Path) -> None:
    frame = frame_of(painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=1))
    found, tells = boxes(THREE.feet(0), NEAR), Tells()
    signs = Worn(Finds(), tells, ())(2.5, frame, found, 0)
    assert signs.at.tolist() == [2.5] * 3
    assert signs.xyxy.tolist() == found.xyxy.tolist()
    for crop, head, size in zip(tells.crops, heads(found).xyxy, signs.said[:, 3], strict=True):
        wide, high = 0.6 * (head[2:] - head[:2])
        assert crop.shape == (SIDE, SIDE, 3)
        assert (colour(crop) >= 0).mean() == pytest.approx(1 / SPAN**2, rel=0.2)
        assert size == pytest.approx(np.sqrt(wide * high), rel=0.1)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_film_that_is_turned_is_looked_at_upright(tmp_path: Path, rotation: int) -> None:
    upright = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    upright[100:140, 540:580] = PAINT[Mask.WORN]
    path = film(tmp_path / "a.mp4", [np.rot90(upright, -rotation // 90)], "-crf", "12")
    person = Boxes(np.array([[520, 80, 600, 300]], np.float32), np.ones(1, np.float32))
    signs = Worn(Finds(), Tells(), ())(0.0, frame_of(path), person, rotation)
    assert signs.said[:, :3].argmax(axis=1).tolist() == [0]


def test_what_is_said_is_of_who_was_asked_about(tmp_path: Path) -> None:
    frame = frame_of(painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=1))
    found, small = boxes(THREE.feet(0), NEAR), np.array([[10, 10, 20, 40]], np.float32)
    every = Boxes(np.concatenate([small, found.xyxy]), np.ones(4, np.float32))
    assert Worn(Finds(), Tells(), ())(0.0, frame, every, 0).xyxy.tolist() == found.xyxy.tolist()


def test_a_face_beside_the_head_is_somebody_elses(tmp_path: Path) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    picture[200:230, 200:230] = PAINT[Mask.WORN]
    frame = frame_of(film(tmp_path / "a.mp4", [picture], "-crf", "12"))
    for left, those in ((185, 1), (145, 0), (225, 0)):  # heads of 60 x 51.4 px
        person = Boxes(np.array([[left, 190, left + 60, 390]], np.float32), np.ones(1, np.float32))
        finds = Finds()
        assert len(Worn(finds, Tells(), ())(0.0, frame, person, 0)) == those
        assert (colour(finds.asked[0].bgr) >= 0).any()


def test_of_two_faces_on_one_head_the_surer_is_asked_about(tmp_path: Path) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    picture[200:230, 200:212], picture[200:230, 220:232] = PAINT[Mask.WORN], PAINT[Mask.ABSENT]
    frame = frame_of(film(tmp_path / "a.mp4", [picture], "-crf", "12"))
    person = Boxes(np.array([[170, 190, 260, 390]], np.float32), np.ones(1, np.float32))
    for scores, best in (([0.6, 0.8], 1), ([0.8, 0.6], 0)):

        def finds(image: Image, floor: float, scores: list[float] = scores) -> Boxes:
            return Boxes(Finds()(image, floor).xyxy, np.array(scores, np.float32))

        signs = Worn(finds, Tells(), ())(0.0, frame, person, 0)
        assert signs.said[:, :3].argmax(axis=1).tolist() == [best]


def test_one_face_in_two_heads_is_nobodys(tmp_path: Path) -> None:
    frame = frame_of(painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=1))
    found = boxes(THREE.feet(0), NEAR)
    beside = Boxes(found.xyxy[:1] + np.float32(4), found.score[:1])
    signs = Worn(Finds(), Tells(), ())(0.0, frame, Boxes.joined([found, beside]), 0)
    assert signs.xyxy.tolist() == found.xyxy[1:].tolist()


@pytest.mark.parametrize("corner", [(0, 0), (600, 0), (0, 440), (600, 440)])
def test_a_face_that_the_picture_cuts_is_not_told_of(tmp_path: Path, corner: tuple[int, int]) -> None:
    picture, (x, y) = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8), corner
    picture[y : y + 40, x : x + 40] = PAINT[Mask.WORN]
    frame = frame_of(film(tmp_path / "a.mp4", [picture], "-crf", "12"))
    person = Boxes(np.array([[x - 10, y - 10, x + 50, y + 150]], np.float32), np.ones(1, np.float32))
    finds = Finds()
    assert len(Worn(finds, Tells(), ())(0.0, frame, person, 0)) == 0
    assert len(finds.asked) == 1


def test_a_picture_without_anybody_has_no_signs(tmp_path: Path) -> None:
    frame = frame_of(painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=1))
    assert len(Worn(Finds(), Tells(), ())(0.0, frame, Boxes.none(), 0)) == 0


def test_a_tape_gives_back_the_signs_at_their_moments(tmp_path: Path) -> None:
    path = painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES], seconds=3)
    with Reader(path) as reader:
        base = reader.film.time_base
        arrivals = ((float(f.pts * base), f) for f in reader.frames())
        looks = list(glimpses(arrivals, people(THREE, NEAR), 0, 640, Worn(Finds(), Tells(), ())))
    tape = Tape()
    for look in looks:
        tape.add(look)
    assert [len(look.signs) for look in tape] == [len(look.signs) for look in looks]
    assert tape.signs.said.tolist() == Signs.joined([look.signs for look in looks]).said.tolist()
    later = _since(0.9, [tape])  # what the next clock hour begins with
    assert later.signs.at.tolist() == [at for at in tape.signs.at.tolist() if at >= 0.9]
    assert len(later.signs) == 6


@pytest.mark.weights
def test_real_faces_of_a_real_film_are_asked_about() -> None:
    """Three people come near; what is said of them is for the model's own tests."""
    try:
        find(YOLOX_NANO), find(YUNET)
    except NoWeights as missing:
        pytest.skip(str(missing))
    if not WALKING.is_file():
        pytest.skip(f"{WALKING}: footage beside the checkout")
    with Reader(WALKING) as reader:
        base = reader.film.time_base
        arrivals = ((float(f.pts * base), f) for f in reader.frames())
        looks = list(glimpses(arrivals, People(), 0, 640, Worn(Faces(), Masks(), ())))
    signs = Signs.joined([look.signs for look in looks])
    assert len(looks[0].signs) == len(looks[0].boxes) == 3
    assert len(np.unique(signs.at)) >= 2
    assert signs.said[:, :3].sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert (signs.said[:, 3] > 25).all() and (signs.said[:, 3] < 100).all()


def test_signs_are_of_the_trail_whose_very_box_was_asked_about() -> None:
    xyxy = np.array([[0, 0, 10, 30], [5, 0, 15, 30]], np.float32)
    said = np.array([[0.9, 0.05, 0.05, 20], [0.1, 0.8, 0.1, 30]], np.float32)
    signs = Signs(np.array([1.0, 1.0]), xyxy, said)
    mine = Trail(np.array([0.5, 1.0, 1.5]), xyxy[[0, 0, 0]], np.ones(3, np.float32))
    earlier = Trail(np.array([0.2, 0.6]), xyxy[[0, 0]], np.ones(2, np.float32))
    around = Trail(np.array([0.5, 1.5]), xyxy[[0, 0]], np.ones(2, np.float32))
    assert of(mine, signs).tolist() == said[:1].tolist()
    assert of(earlier, signs).shape == of(around, signs).shape == of(mine, Signs.none()).shape == (0, 4)


def test_a_state_is_what_most_of_the_large_faces_say() -> None:
    worn, absent = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05]
    assert state(np.empty((0, 4), np.float32)) is Mask.UNKNOWN
    assert state(np.array([[*worn, 30]] * 4 + [[*absent, 30]], np.float32)) is Mask.WORN
    assert state(np.array([[*worn, 30], [*absent, 30]], np.float32)) is Mask.UNKNOWN
    assert state(np.array([[*worn, 30]] * 4 + [[*absent, 9]] * 4, np.float32)) is Mask.WORN


def test_signs_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="a box and four numbers"):
        Signs(np.zeros(2), np.zeros((2, 4), np.float32), np.zeros((2, 3), np.float32))
