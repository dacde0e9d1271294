"""Masks: what is cut out of a still, by the formula and beside Pillow; what one look says, and what many say together.

The model's own answers are tested where it is measured; here they are made up, or only have to be probabilities.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from garim.inference.weights import find
from garim.vision.masks import ALIKE, CONFIDENT, FULL_PX, SIDE, SPAN, Masks, Said, State, Votes, around, said
from garim.vision.weights import MASKS

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
STATES = (State.WORN, State.ABSENT, State.INCORRECT)
WORN, ABSENT, INCORRECT = ((0.95, 0.04, 0.01), (0.04, 0.95, 0.01), (0.02, 0.03, 0.95))


def noise(height: int, width: int, seed: int = 0) -> U8:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def box(*xyxy: float) -> F32:
    return np.array(xyxy, np.float32)


def looks(*seen: tuple[tuple[float, float, float], float]) -> Said:
    """What a track says of probabilities and sizes in px."""
    votes = Votes()
    for probabilities, side_px in seen:
        votes.add(np.array(probabilities, np.float32), side_px)
    return votes.said


def test_probabilities_of_each_face() -> None:
    masks = Masks()
    crops = [noise(SIDE, SIDE, seed) for seed in range(19)]  # two batches, and three one by one
    answer = masks(crops)
    assert answer.shape == (19, 3) and answer.dtype == np.float32
    assert np.allclose(answer.sum(axis=1), 1, atol=1e-5) and (answer >= 0).all()
    assert len(np.unique(answer, axis=0)) > 1
    alone = np.concatenate([masks([crop]) for crop in crops])
    assert np.allclose(answer, alone, atol=1e-4)


def test_no_faces_have_no_answers() -> None:
    assert Masks()([]).shape == (0, 3)


@pytest.mark.parametrize("crop", [noise(SIDE, SIDE + 1), noise(SIDE, SIDE)[..., :1], noise(SIDE, SIDE) / 255])
def test_a_crop_is_of_one_size_and_kind(crop: U8) -> None:
    with pytest.raises(ValueError, match="masks: u8"):
        Masks()([crop])


def test_it_is_part_of_garim() -> None:
    assert MASKS.packaged and (MASKS.packaged.folder / "masks.onnx").samefile(find(MASKS)[0])


def test_a_square_of_the_models_size_is_cut_out_as_it_is() -> None:
    picture = noise(100, 120)
    shown = around(picture, box(40, 30, 70, 60))  # 30 px: 48 are shown, from (31, 21) on
    assert np.array_equal(shown, picture[21:69, 31:79])


def test_an_oblong_box_is_shown_in_the_square_of_its_area() -> None:
    picture = noise(200, 200)
    assert np.array_equal(around(picture, box(90, 80, 110, 125)), around(picture, box(85, 87.5, 115, 117.5)))


@pytest.mark.parametrize(("part", "parts"), [(1, 1), (2, 1), (3, 1), (3, 2), (5, 4)])
def test_where_it_shrinks_areas_are_averaged(part: int, parts: int) -> None:
    side = SIDE * part // parts
    picture = noise(side, side)
    edge = side * (1 - 1 / SPAN) / 2
    shown = around(picture, box(edge, edge, side - edge, side - edge))
    fine = picture.repeat(parts, axis=0).repeat(parts, axis=1)  # in which each px shown is a whole block
    means = fine.reshape(SIDE, part, SIDE, part, 3).mean(axis=(1, 3))
    assert np.abs(shown - means).max() <= 0.51


@pytest.mark.parametrize("side", [12, 20, 37])
def test_where_it_grows_it_is_what_pillow_makes_of_it(side: int) -> None:
    picture = np.asarray(Pillow.fromarray(noise(30, 30)).resize((200, 200), Pillow.Resampling.BICUBIC))
    half = side / SPAN / 2
    shown = around(picture, box(100 - half, 90 - half, 100 + half, 90 + half))
    where = (100 - side / 2, 90 - side / 2, 100 + side / 2, 90 + side / 2)
    theirs = Pillow.fromarray(picture).resize((SIDE, SIDE), Pillow.Resampling.BICUBIC, box=where)
    rim = 2 * SIDE // side + 1  # the kernel reaches for two px, and Pillow lets none of beyond `box` in
    apart = np.abs(shown.astype(int) - np.asarray(theirs))[rim:-rim, rim:-rim]
    assert apart.max() <= 1


@given(st.floats(-40, 100), st.floats(-40, 100), st.floats(2, 90), st.floats(2, 90))
def test_what_is_outside_the_picture_is_black(x: float, y: float, wide: float, high: float) -> None:
    white = np.full((50, 60, 3), 255, np.uint8)
    shown = around(white, box(x, y, x + wide, y + high))
    side = SPAN * np.sqrt(wide * high)
    left, top = x + (wide - side) / 2, y + (high - side) / 2
    reach = max(3.0, 3 * SIDE / side)  # of the kernel, in px that are shown
    for begin, length, line in ((left, 60, shown[:, :, 0].max(axis=0)), (top, 50, shown[:, :, 0].max(axis=1))):
        at = (np.arange(SIDE) + 0.5) * side / SIDE + begin
        outside = (at < -reach * side / SIDE) | (at > length + reach * side / SIDE)
        assert not line[outside].any()
    inside = shown[_within(top, side, 50, reach)][:, _within(left, side, 60, reach)]
    assert (inside == 255).all()


def _within(begin: float, side: float, length: int, reach: float) -> NDArray[np.bool_]:
    at = (np.arange(SIDE) + 0.5) * side / SIDE + begin
    return np.asarray((at > reach * side / SIDE) & (at < length - reach * side / SIDE))


@pytest.mark.parametrize("xyxy", [(5, 5, 5, 9), (5, 5, 9, 5), (9, 5, 5, 9), (5, 5, float("nan"), 9)])
def test_a_box_without_an_area_has_no_square(xyxy: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="around"):
        around(noise(20, 20), box(*xyxy))


@pytest.mark.parametrize("state", range(3))
def test_one_look_says_the_state_that_it_is_sure_of(state: int) -> None:
    sure, unsure = np.full((2, 3), 0.2, np.float32)
    unsure[state] = CONFIDENT - 0.01
    sure[state] = np.nextafter(np.float32(CONFIDENT), np.float32(1))
    assert said(sure) == Said(STATES[state], float(sure[state]))
    assert said(unsure) == Said(State.UNKNOWN, float(unsure[state]))


def test_of_a_track_without_faces_nothing_is_said() -> None:
    nothing = Votes().said
    assert nothing.state is State.UNKNOWN and nothing.confidence == pytest.approx(1 / 3)


@pytest.mark.parametrize(("probabilities", "state"), [*zip((WORN, ABSENT, INCORRECT), STATES, strict=True)])
def test_a_track_of_one_good_look_says_what_the_look_says(
    probabilities: tuple[float, float, float], state: State
) -> None:
    seen = looks((probabilities, 60))
    assert seen.state is state and seen.confidence == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("wrong", [ABSENT, (0.0, 1.0, 0.0), (1e-30, 1.0, 1e-30)])
def test_one_wrong_look_does_not_turn_ten_right_ones(wrong: tuple[float, float, float]) -> None:
    assert looks((wrong, 90), *[(WORN, 40)] * 10).state is State.WORN
    assert looks(*[((0.7, 0.2, 0.1), 40)] * 10, (wrong, 90)).state is State.WORN


@pytest.mark.parametrize("each", [1, 2, 10, 300])
def test_nothing_is_said_where_faces_of_a_track_contradict_each_other(each: int) -> None:
    assert looks(*[(WORN, 40)] * each, *[(ABSENT, 40)] * each).state is State.UNKNOWN
    assert looks(*[(WORN, 40)] * 2 * each, *[(ABSENT, 40)] * each).state is State.UNKNOWN
    assert looks((WORN, 40), (ABSENT, 25)).state is State.UNKNOWN


def test_a_tiny_face_says_less_than_a_large_one() -> None:
    sizes = (3, 6, 12, 24, FULL_PX)
    sure = [looks((WORN, px)).confidence for px in sizes]
    assert all(low + 0.02 < high for low, high in pairwise(sure))
    half = np.sqrt(WORN)  # of a face of half the size
    assert looks((WORN, FULL_PX / 2)).confidence == pytest.approx(
        half[0] / (half[0] + half[1] + np.sqrt(0.02)), abs=1e-3
    )
    assert looks((WORN, FULL_PX)) == looks((WORN, 500))  # the model is shown no more of it
    assert looks((WORN, 3)).state is State.UNKNOWN
    assert looks((ABSENT, 5), (WORN, 60)).state is State.WORN


def test_looks_that_are_half_sure_add_up_but_to_no_certainty() -> None:
    half = (0.47, 0.38, 0.15)
    sure = [looks(*[(half, 40)] * count).confidence for count in (1, 2, 5, 30, 1000)]
    assert looks((half, 40)).state is State.UNKNOWN and looks(*[(half, 40)] * 5).state is State.WORN
    assert all(low < high for low, high in pairwise(sure))
    independent = np.array(half) ** (1 / ALIKE)  # what so many of them would say, and no track says more
    assert sure[-1] == pytest.approx(independent[0] / independent.sum(), abs=1e-3)


SEEN = st.lists(st.tuples(st.tuples(*[st.floats(0.01, 1)] * 3), st.floats(1, 200)), min_size=1, max_size=12)


@given(SEEN, st.randoms(use_true_random=False))
def test_the_order_of_looks_is_no_matter(seen: list[tuple[tuple[float, float, float], float]], draw: object) -> None:
    even = [(tuple(np.array(each) / sum(each)), px) for each, px in seen]
    other = list(even)
    draw.shuffle(other)  # type: ignore[attr-defined]
    one, two = looks(*even), looks(*other)
    assert one.confidence == pytest.approx(two.confidence, abs=1e-5)
    assert one.state is two.state or abs(one.confidence - CONFIDENT) < 1e-5


@pytest.mark.parametrize(
    ("probabilities", "side_px"),
    [((0.5, 0.5), 40), ((0.5, 0.5, float("nan")), 40), (WORN, 0), (WORN, -1), (WORN, float("nan"))],
)
def test_what_is_no_look_is_refused(probabilities: tuple[float, ...], side_px: float) -> None:
    votes = Votes()
    with pytest.raises(ValueError, match="votes"):
        votes.add(np.array(probabilities, np.float32), side_px)
    assert votes.said.state is State.UNKNOWN
