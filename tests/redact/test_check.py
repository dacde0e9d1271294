"""The check asks about what was copied where there was a doubt, and believes either family about the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.films import film
from tests.redact.looked import Sees, boxed, filmed, picture

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.core.plan import Lane, Plan
from garim.core.sightings import Sightings
from garim.cover import Style
from garim.media import Encoding, Film, probe
from garim.media.splice import Splice, Spliced, frames_of
from garim.redact.check import SUSPECTED, check
from garim.redact.drawn import LARGE, believed
from garim.redact.effort import Effort
from garim.redact.eyes import Eyes, Placed
from garim.redact.models import Models
from garim.redact.result import Ask, Check
from garim.vision.detector import Detector

FACE = (100, 100, 40)
GROUP = 10
CLOSED = ("-c:v", "libx264", "-g", str(GROUP), "-keyint_min", str(GROUP), "-sc_threshold", "0", "-pix_fmt", "yuv420p")


def nobody(image: Image, floor: float) -> Boxes:
    return Boxes.none()


def asked(source: Path, effort: Effort = Effort.NORMAL) -> Ask:
    output = source.with_name("c.mp4")
    return Ask(source, output, Style.FILL, Check.ALL, False, Encoding(), False, False, effort)


def silent(step: str, done: int, total: int | None) -> None:
    pass


@pytest.mark.parametrize("first", [Sees(), nobody], ids=["both families", "the second alone"])
def test_half_a_face_is_no_fancy_if_either_family_sees_it_in_the_source(first: Detector, tmp_path: Path) -> None:
    made, frames = filmed(tmp_path / "a.mp4", [picture(FACE)] * 12)
    shown = [picture(FACE) for _ in range(12)]
    for each in shown:
        each[100:112, 100:140] = 0  # three tenths of the face
    filmed(tmp_path / "b.mp4", shown)
    pts = np.array([frame.pts for frame in frames])
    lane = Lane(1, pts[[0, -1]], np.array([[100, 100, 140, 112]] * 2, np.float32))
    plan = Plan("0" * 64, made.upright, made.time_base, (lane,))
    before = Sightings(pts, np.zeros(12, np.float32), np.array([], np.int64), ())
    models = Models(first, Sees(), None)
    assert len(check(asked(tmp_path / "a.mp4"), made, tmp_path / "b.mp4", plan, before, None, models, silent)) == 1


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Film, Path, Spliced]:
    """Three groups, the middle one encoded anew and the others copied; a face is in each, and nothing covers it."""
    source = film(tmp_path / "a.mp4", [picture(FACE)] * (3 * GROUP), codec=CLOSED)
    splice = Splice(probe(source), tmp_path / "b.mp4", Encoding(), lambda group: group.first == GROUP)
    made = splice.write(tmp_path / "b.mp4", mute=False, remark="", paint=lambda _: None, done=lambda _: None)
    return splice.film, tmp_path / "b.mp4", made


@pytest.mark.parametrize(
    ("looked", "found", "where"),
    [
        ([0, 10, 20], [0, 0, 0], {1}),
        ([0, 10, 20], [1, 0, 0], {0, 1}),  # a weak box, that no track came of
        ([0, 10, 20], [0, 0, 2], {1, 2}),
        ([], [], {0, 1, 2}),  # a plan was given: nobody has looked
        ([0, 10], [0, 0], {1, 2}),
    ],
)
def test_what_was_copied_is_looked_at_where_the_look_saw_anything_or_did_not_look(
    copied: tuple[Film, Path, Spliced], looked: list[int], found: list[int], where: set[int]
) -> None:
    made, path, spliced = copied
    pts = np.concatenate([group.pts for group in spliced.groups])
    weak = Boxes(np.array([[5, 5, 15, 15]] * 2, np.float32), np.array([0.2, 0.2], np.float32))
    boxes = tuple(weak[:count] if count else Boxes.none() for count in found)
    before = Sightings(pts, np.zeros(len(pts), np.float32), np.array(looked, np.int64), boxes)
    plan = Plan("0" * 64, made.upright, made.time_base, ())
    models = Models(Sees(), None, None)
    tracks = check(asked(made.path, Effort.FAST), made, path, plan, before, spliced, models, silent)
    assert {int(index) // GROUP for track in tracks for index in track.index} == where


@pytest.mark.parametrize(("side", "left"), [(LARGE - 4, 1), (LARGE + 4, 0)], ids=["small", "large"])
def test_a_large_box_that_the_source_does_not_show_closer_is_a_fancy(side: int, left: int, tmp_path: Path) -> None:
    """Seen in whole pictures alone. A small one is believed all the same: closer is no better there."""

    class Fancies:
        def __call__(self, image: Image, floor: float) -> Boxes:
            return Sees()(image, floor) if image.bgr.shape != (160, 160, 3) else Boxes.none()

    made, frames = filmed(tmp_path / "a.mp4", [picture((100, 100, side))] * 12)
    pts = np.array([frame.pts for frame in frames])
    plan = Plan("0" * 64, made.upright, made.time_base, ())
    before = Sightings(pts, np.zeros(12, np.float32), np.array([], np.int64), ())
    models = Models(Fancies(), Fancies(), None)
    path = tmp_path / "a.mp4"
    assert len(check(asked(path), made, path, plan, before, None, models, silent)) == left
    models = Models(Fancies(), Sees(), None)
    assert len(check(asked(path), made, path, plan, before, None, models, silent)) == 1, "one of two families sees it"


def test_the_source_is_asked_only_about_what_makes_a_track(tmp_path: Path) -> None:
    """Weak boxes touch the region: a few are nothing, and several are asked about, closer, in the source."""
    made, frames = filmed(tmp_path / "a.mp4", [picture(FACE)] * 20)
    pts = np.array([frame.pts for frame in frames])
    before = Sightings(pts, np.zeros(20, np.float32), np.array([], np.int64), ())
    asked: list[int] = []

    def eyes(places: Mapping[int, NDArray[np.float32]]) -> Eyes:
        asked.extend(places)
        return Placed([Sees(0.0)], places, 0)

    for count, expected in ((3, []), (4, [0, 1, 2, 3])):
        boxes = [boxed(FACE, score=0.4) if index < count else Boxes.none() for index in range(20)]
        left = Sightings(pts, before.change, np.arange(20), tuple(boxes))
        told = believed(made, left, SUSPECTED.at(made.rate), lambda _, b: np.full(len(b), 0.3), eyes, lambda _: None)
        assert (told, asked) == ([], expected)


def test_the_source_is_read_again_only_as_far_as_frames_are_needed(copied: tuple[Film, Path, Spliced]) -> None:
    made, _, spliced = copied
    pts = np.concatenate([group.pts for group in spliced.groups]).tolist()
    found = [(frame.index, frame.pts) for frame in frames_of(made, lambda group: group.first // 2)]
    assert found == [*enumerate(pts)][GROUP : GROUP + 5] + [*enumerate(pts)][2 * GROUP :]


def test_a_film_that_cannot_be_taken_apart_is_read_whole(tmp_path: Path) -> None:
    made, frames = filmed(tmp_path / "a.mp4", [picture(FACE)] * 12)
    found = [(frame.index, frame.pts) for frame in frames_of(made, lambda _: 0)]
    assert found == [(frame.index, frame.pts) for frame in frames]


def test_keys_are_looked_at_and_what_lies_just_beside_a_region(tmp_path: Path) -> None:
    """A face before its region begins is seen, and one after it ends; not what is farther off."""
    made, frames = filmed(tmp_path / "a.mp4", [picture(FACE)] * 30)
    pts = np.array([frame.pts for frame in frames])
    lane = Lane(1, pts[[10, 19]], np.array([[90, 90, 150, 150]] * 2, np.float32))
    plan = Plan("0" * 64, made.upright, made.time_base, (lane,))
    before = Sightings(pts, np.zeros(30, np.float32), np.array([], np.int64), ())
    keys = replace(asked(tmp_path / "a.mp4", Effort.FAST), check=Check.KEYS)
    found = check(keys, made, tmp_path / "a.mp4", plan, before, None, Models(Sees()), silent)
    assert sorted(int(index) for track in found for index in track.index) == [0, 9, 20]
