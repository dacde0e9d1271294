"""What two families say of one place: added up where they mean the same face, and of that place alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.vision.closer import FLOOR, Closer, agreed

EXPECTED = np.array([40, 40, 80, 90], np.float32)
IMAGE = Image(np.random.default_rng(1).integers(0, 256, (160, 160, 3), np.uint8), 1.0)  # neither dark nor flat

Box = tuple[float, float, float, float]


def seen(*boxes: Box, score: float | Sequence[float] = 0.3) -> Boxes:
    scores = [score] * len(boxes) if isinstance(score, float) else score
    return Boxes(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32))


def moved(dx: float, dy: float, times: float = 1.0) -> Box:
    """The expected box somewhere else, in another size."""
    x, y, half_wide, half_high = 60 + dx, 65 + dy, 20 * times, 25 * times
    return x - half_wide, y - half_high, x + half_wide, y + half_high


def test_two_that_mean_the_same_face_are_its_hull_and_their_sum() -> None:
    found = agreed([seen(moved(-2, 0), score=0.3), seen(moved(4, 3), score=0.25)], EXPECTED)
    assert found.xyxy == pytest.approx(np.array([[38, 40, 84, 93]]))
    assert found.score == pytest.approx([0.55])


def test_a_sum_is_never_more_than_certain() -> None:
    assert agreed([seen(moved(0, 0), score=0.8), seen(moved(0, 0), score=0.9)], EXPECTED).score == [1]


def test_of_one_family_only_the_best_counts() -> None:
    found = agreed([seen(moved(0, 0), moved(3, 0), score=[0.2, 0.35])], EXPECTED)
    assert found.score == pytest.approx([0.35])
    assert found.xyxy[0] == pytest.approx(moved(3, 0))


def test_two_that_mean_different_places_are_the_better_alone() -> None:
    found = agreed([seen(moved(-22, 0), score=0.3), seen(moved(22, 0), score=0.4)], EXPECTED)
    assert found.score == pytest.approx([0.4])
    assert found.xyxy[0] == pytest.approx(moved(22, 0))


@pytest.mark.parametrize(
    "elsewhere",
    [moved(60, 0), moved(0, -60), moved(-45, 45), moved(0, 0, 0.35), moved(0, 0, 2.9)],
    ids=["right of it", "above it", "aslant", "much smaller", "much larger"],
)
def test_a_face_beside_the_expected_one_is_another(elsewhere: Box) -> None:
    assert len(agreed([seen(elsewhere, score=0.99)], EXPECTED)) == 0
    both = agreed([seen(elsewhere, score=0.99), seen(moved(0, 0), score=0.2)], EXPECTED)
    assert both.score == pytest.approx([0.2])


def test_nothing_is_nothing() -> None:
    assert len(agreed([], EXPECTED)) == len(agreed([Boxes.none(), Boxes.none()], EXPECTED)) == 0


some = st.builds(
    lambda rows: seen(*(row[:4] for row in rows), score=[row[4] for row in rows]),
    st.lists(
        st.tuples(
            st.floats(-20, 100, width=32),
            st.floats(-20, 100, width=32),
            st.floats(0, 100, width=32),
            st.floats(0, 100, width=32),
            st.floats(0, 1, width=32),
        ).map(lambda row: (row[0], row[1], row[0] + row[2], row[1] + row[3], row[4])),
        max_size=5,
    ),
)
place = some.filter(len).map(lambda boxes: boxes.xyxy[0])


@given(st.lists(some, max_size=3), place)
def test_what_is_agreed_on_is_within_what_was_seen_and_adds_up(
    looks: list[Boxes], expected: NDArray[np.float32]
) -> None:
    found = agreed(looks, expected)
    every = Boxes.joined(looks)
    assert len(found) <= 1
    if len(found):
        assert (found.xyxy[0, :2] >= every.xyxy[:, :2].min(axis=0)).all()
        assert (found.xyxy[0, 2:] <= every.xyxy[:, 2:].max(axis=0)).all()
        assert found.score[0] <= min(1, sum(float(look.score.max(initial=0)) for look in looks) + 1e-6)
    # one that says nothing takes nothing away
    assert agreed([*looks, Boxes.none()], expected).score == pytest.approx(found.score)


@given(some, place)
def test_a_face_at_the_expected_place_is_always_found(looks: Boxes, expected: NDArray[np.float32]) -> None:
    if (expected[2:] - expected[:2] > 1).all():
        sure = Boxes(expected[None], np.ones(1, np.float32))
        found = agreed([looks, sure], expected)
        assert found.score == [1]


class Says:
    """A family of detector that always says the same, and remembers what it was asked."""

    def __init__(self, answer: Boxes) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, image: Image, floor: float) -> Boxes:
        assert image is IMAGE and floor == FLOOR
        self.asked += 1
        return self.answer[self.answer.score >= floor]


@pytest.mark.parametrize(("first", "second", "asked", "score"), [(0.7, 0.9, 0, 0.7), (0.35, 0.3, 1, 0.65)])
def test_the_second_is_asked_where_the_first_is_in_doubt(first: float, second: float, asked: int, score: float) -> None:
    one, other = Says(seen(moved(0, 0), score=first)), Says(seen(moved(0, 0), score=second))
    found = Closer(one, other)(IMAGE, EXPECTED, 0.6)
    assert (one.asked, other.asked) == (1, asked)
    assert found.score == pytest.approx([score])


def test_the_second_finds_what_the_first_is_blind_to() -> None:
    found = Closer(Says(Boxes.none()), Says(seen(moved(2, 2), score=0.7)))(IMAGE, EXPECTED, 0.6)
    assert found.score == pytest.approx([0.7])


def test_a_sure_face_elsewhere_in_the_part_is_no_answer() -> None:
    other = Says(Boxes.none())
    assert len(Closer(Says(seen(moved(60, 0), score=0.95)), other)(IMAGE, EXPECTED, 0.6)) == 0
    assert other.asked == 1


def test_what_is_dark_is_shown_in_a_better_light() -> None:
    dim = Image((IMAGE.bgr // 8).astype(np.uint8), 1.0)
    shown: list[float] = []

    def sees(image: Image, floor: float) -> Boxes:
        shown.append(float(image.bgr.mean()))
        return Boxes.none()

    Closer(sees, sees)(dim, np.array([60, 60, 100, 100], np.float32), 0.6)
    assert len(shown) == 2 and min(shown) > 3 * dim.bgr.mean()
