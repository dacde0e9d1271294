"""What many looks at one picture agree on: sums over voices, by size, and which looks there are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.pictures import Still
from garim.redact.agreed import A_FACE, PAINS, Voices, agreed, sides
from garim.redact.effort import Effort

LEAST = (0.2, 0.4)
ALL = [1, 100, 320, 399, 640, 700, 801, 1280, 1500, 1600, 2000, 2560, 4000, 12000]


def boxes(*rows: tuple[float, float, float, float, float]) -> Boxes:
    """x1, y1, x2, y2, score each."""
    array = np.array(rows, np.float32).reshape(-1, 5)
    return Boxes(array[:, :4], array[:, 4])


def test_voices_are_added_and_sizes_are_not() -> None:
    """Two sizes in which one voice says the same are one witness; two voices are two."""
    one = boxes((100, 100, 150, 150, 0.1))
    alone = agreed([[one, one], [Boxes.none()]], 1000, LEAST)
    both = agreed([[one], [one]], 1000, LEAST)
    assert alone.score == pytest.approx([A_FACE / 2]) and both.score == pytest.approx([A_FACE])


def test_something_large_needs_more() -> None:
    small, large = boxes((0, 0, 50, 50, 0.2)), boxes((0, 0, 600, 600, 0.2))
    assert agreed([[small]], 1000, LEAST).score == pytest.approx([A_FACE])
    assert agreed([[large]], 1000, LEAST).score == pytest.approx([A_FACE / 2])
    between = agreed([[boxes((0, 0, 173.2, 173.2, 0.2))]], 1000, LEAST).score
    assert between == pytest.approx([A_FACE / np.sqrt(2)], rel=1e-3)


def test_the_hull_is_of_those_who_say_enough() -> None:
    sure, other = boxes((100, 100, 150, 150, 0.9)), boxes((105, 100, 158, 150, 0.5))
    weak = boxes((80, 80, 150, 150, 0.1))
    found = agreed([[sure], [other], [weak]], 1000, LEAST)
    assert found.xyxy.tolist() == [[100, 100, 158, 150]]


def test_two_places_are_two() -> None:
    found = agreed([[boxes((0, 0, 50, 50, 0.3), (400, 0, 450, 50, 0.9))], [boxes((401, 0, 451, 50, 0.9))]], 1000, LEAST)
    assert found.xyxy.tolist() == [[400, 0, 451, 50], [0, 0, 50, 50]]
    assert found.score[0] == 1


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(*[st.floats(0, 300, width=32)] * 4, st.floats(0.0625, 1, width=32)), max_size=6), max_size=4
    )
)
def test_every_box_is_in_one_place(voices: list[list[tuple[float, float, float, float, float]]]) -> None:
    """However odd the boxes, of no area too: each has a score, and none is lost or found twice."""
    said = [[boxes(*((a, b, a + c, b + d, s) for a, b, c, d, s in voice))] for voice in voices]
    found = agreed(said, 300, LEAST)
    assert (found.score > 0).all() and (found.score <= 1).all()
    assert (len(found) > 0) == any(len(voice[0]) for voice in said)
    assert len(found) <= sum(len(voice[0]) for voice in said)


@pytest.mark.parametrize("effort", Effort)
@pytest.mark.parametrize("long_side", ALL)
def test_each_look_shows_something_new(effort: Effort, long_side: int) -> None:
    found = sides(long_side, PAINS[effort])
    assert found[0] == min(640, 2 * long_side)
    assert all(after >= 1.25 * before for before, after in pairwise(found))
    most = 2 if effort is Effort.THOROUGH else 1
    assert all(side <= max(640, most * long_side) for side in found)


def test_a_large_picture_is_looked_at_closer() -> None:
    normal = PAINS[Effort.NORMAL]
    assert [sides(n, normal) for n in (400, 700, 1280, 2000, 4000)] == [
        [640], [640], [640, 1280], [640, 1280, 2000], [640, 1280, 2560]
    ]  # fmt: skip


class Eye:
    """Sees one thing, and remembers what it was shown."""

    def __init__(self, side: float = 50, score: float = 0.9) -> None:
        self.shown: list[Image] = []
        self._seen = boxes((10, 10, 10 + side, 10 + side, score))

    def __call__(self, image: Image, floor: float) -> Boxes:
        self.shown.append(image)
        return self._seen


def still(brightest: int, size: tuple[int, int] = (300, 200)) -> Still:
    ramp = np.linspace(0, brightest, size[0] * size[1] * 3).reshape(size[1], size[0], 3).astype(np.uint8)
    return Still(ramp, "RGB", "PNG", {}, ())


def test_what_is_large_is_taken_from_the_first_look_alone() -> None:
    for side, looks in ((150, 2), (250, 1)):
        voices = Voices(Eye(side), None, Effort.NORMAL)(still(255, (1280, 64)))
        assert [sum(map(len, voice)) for voice in voices] == [looks, looks]


def test_who_looks_in_more_sizes_must_be_surer() -> None:
    """Of a tenth of its side each: the same share of each picture."""
    once = Voices(Eye(64, 0.1), None, Effort.NORMAL).agreed(still(255, (640, 64)))
    twice = Voices(Eye(128, 0.1), None, Effort.NORMAL).agreed(still(255, (1280, 64)))
    assert twice.score == pytest.approx(once.score / 1.25)


@pytest.mark.parametrize(("brightest", "looks"), [(255, 1), (60, 2)])
def test_both_families_are_asked_straight_and_in_the_mirror_and_in_a_better_light(brightest: int, looks: int) -> None:
    first, second = Eye(), Eye()
    voices = Voices(first, second, Effort.NORMAL)(still(brightest))
    assert [len(voice) for voice in voices] == [looks] * 4
    for eye in (first, second):
        assert [image.bgr.shape for image in eye.shown] == [(400, 600, 3)] * 2 * looks
        assert (eye.shown[1].bgr == eye.shown[0].bgr[:, ::-1]).all()
    if looks == 2:
        assert first.shown[2].bgr.max() > 240 > first.shown[0].bgr.max()


def test_one_family_is_enough_for_a_fast_look() -> None:
    only = Eye()
    assert len(Voices(only, None, Effort.FAST)(still(255))) == 2
