"""Nobody is left in the view: whoever walks is seen past, whoever stays is grey, whoever was missed is outvoted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.empty import FEWEST_FREE, GREY, emptied

U8 = NDArray[np.uint8]
HIGH, WIDE = 90, 160
PERSON = 255  # what no street has


def street() -> U8:
    rows, columns = np.mgrid[:HIGH, :WIDE]
    return np.stack([rows, columns, rows + columns], axis=2).clip(0, 200).astype(np.uint8)


def moment(*xyxy: tuple[int, int, int, int]) -> Image:
    bgr = street()
    for x1, y1, x2, y2 in xyxy:
        bgr[y1:y2, x1:x2] = PERSON
    return Image(bgr, 0.5)


def boxes(*xyxy: tuple[int, int, int, int]) -> Boxes:
    """In px of the film, which has twice the images'."""
    return Boxes(np.array(xyxy, np.float32).reshape(-1, 4) * 2, np.ones(len(xyxy), np.float32))


def blind(image: Image, floor: float) -> Boxes:
    return Boxes.none()


def bright(image: Image, floor: float) -> Boxes:
    """Sees people by what no street has."""
    y, x = np.nonzero((image.bgr == PERSON).all(axis=2))
    return boxes((int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)) if len(x) else Boxes.none()


def walk() -> list[tuple[int, int, int, int]]:
    return [(10 * i, 20, 10 * i + 12, 60) for i in range(12)]


def test_who_walks_is_gone_and_the_street_is_as_it_was() -> None:
    view, share = emptied([moment(at) for at in walk()], [boxes(at) for at in walk()], blind)
    assert np.array_equal(view.bgr, street())
    assert share == 0 and view.scale == 0.5


def test_who_stays_is_grey_with_a_margin() -> None:
    at = (60, 20, 80, 60)
    view, share = emptied([moment(at)] * 12, [boxes(at)] * 12, blind)
    assert (view.bgr[15:65, 57:83] == GREY).all()
    assert not (view.bgr == PERSON).any()
    assert share == pytest.approx(26 * 52 / (HIGH * WIDE), rel=0.1)


def test_who_was_missed_sometimes_is_outvoted() -> None:
    seen = [boxes(at) if number % 3 else Boxes.none() for number, at in enumerate(walk())]
    view, _ = emptied([moment(at) for at in walk()], seen, blind)
    assert np.array_equal(view.bgr, street())


def test_who_was_missed_always_is_seen_in_the_end() -> None:
    at = (60, 20, 80, 60)
    view, share = emptied([moment(at)] * 12, [Boxes.none()] * 12, bright)
    assert not (view.bgr == PERSON).any()
    assert share > 0


def test_the_mirror_is_asked_too() -> None:
    asked: list[Image] = []

    def once(image: Image, floor: float) -> Boxes:
        """Sees nothing but mirrored streets."""
        asked.append(image)
        return bright(image, floor) if len(asked) % 2 == 0 else Boxes.none()

    view, _ = emptied([moment((20, 20, 40, 60))] * 12, [Boxes.none()] * 12, once)
    assert not (view.bgr == PERSON).any()
    assert np.array_equal(view.bgr[:, 100:], street()[:, 100:])


@pytest.mark.parametrize(("count", "grey"), [(1, True), (FEWEST_FREE - 1, True), (FEWEST_FREE, False)])
def test_too_few_moments_show_nothing(count: int, grey: bool) -> None:
    view, share = emptied([moment()] * count, [Boxes.none()] * count, blind)
    assert (share == 1) is grey
    assert bool((view.bgr == GREY).all()) is grey


def test_a_slit_between_two_grey_places_is_grey() -> None:
    left, right = (40, 20, 60, 60), (68, 20, 88, 60)
    view, _ = emptied([moment(left, right, (60, 20, 68, 60))] * 9, [boxes(left, right)] * 9, blind)
    assert not (view.bgr == PERSON).any()
