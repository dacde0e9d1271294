"""What is inside a box is gone from every plane, and what is outside is as it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.image import Planes
from garim.cover import fill
from garim.cover.fill import cells

F32 = NDArray[np.float32]
laws = settings(deadline=None, max_examples=200)
BLACK = (16, 128, 129)
MADE_OF = 77  # what every sample is before, and no black is


def planes(width: int, height: int, shift: tuple[int, int], depth: int = 8) -> Planes:
    """Three planes as a decoder gives them: the last sample of a line may stand for half a block."""
    shifts = ((0, 0), shift, shift)
    kind = np.uint8 if depth == 8 else np.uint16
    arrays = tuple(np.full((-(-height >> sy), -(-width >> sx)), MADE_OF, kind) for sx, sy in shifts)
    black = tuple(value << depth - 8 for value in BLACK)
    return Planes(arrays, shifts, black)


def boxes(*rows: tuple[float, ...]) -> F32:
    return np.array(rows, np.float32).reshape(-1, 4)


@st.composite
def somewhere(draw: st.DrawFn) -> F32:
    """0 to 4 boxes, whole and fractional, inside, partly and fully outside, a few past counting."""
    edge = st.integers(-20, 60).map(float) | st.floats(-20, 60, width=32)
    size = st.integers(0, 40).map(float) | st.floats(0, 60, width=32) | st.sampled_from([1e5, 1e12, 1e30])
    rows = draw(st.lists(st.tuples(edge, edge, size, size), max_size=4))
    return boxes(*((x, y, x + w, y + h) for x, y, w, h in rows))


def touched(xyxy: F32, width: int, height: int) -> NDArray[np.bool_]:
    """The pixels of which any box holds any part: b[h,w]; pixel by pixel, with the margin `around`."""
    mask = np.zeros((height, width), bool)
    for y, x in np.ndindex(height, width):
        mask[y, x] = any(x1 < x + 1 and x2 > x and y1 < y + 1 and y2 > y for x1, y1, x2, y2 in xyxy.tolist())
    return mask


@laws
@given(st.integers(1, 33), st.integers(1, 33), st.sampled_from([(0, 0), (1, 0), (1, 1)]), somewhere())
def test_every_sample_that_a_box_touches_is_black_and_no_other_far_from_it(
    width: int, height: int, shift: tuple[int, int], xyxy: F32
) -> None:
    picture = planes(width, height, shift)
    fill(picture, xyxy)
    # a box of no size between two pixels touches none of them
    sized = xyxy[(xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)]
    inside = touched(sized, width, height)
    step = np.array([1 << shift[0], 1 << shift[1]] * 2) * [-1, -1, 1, 1]
    near = touched(xyxy + step.astype(np.float32), width, height)
    for array, (sx, sy), black in zip(picture.arrays, picture.shifts, picture.black, strict=True):
        for y, x in np.ndindex(array.shape):
            own = (slice(y << sy, y + 1 << sy), slice(x << sx, x + 1 << sx))
            assert array[y, x] in (black, MADE_OF)
            if inside[own].any():
                assert array[y, x] == black
            if not near[own].any():
                assert array[y, x] == MADE_OF


@laws
@given(st.integers(1, 33), st.integers(1, 33), st.sampled_from([(0, 0), (1, 0), (1, 1)]), somewhere())
def test_no_plane_keeps_an_edge_that_another_has_lost(
    width: int, height: int, shift: tuple[int, int], xyxy: F32
) -> None:
    picture = planes(width, height, shift)
    fill(picture, xyxy)
    luma, blue, red = (array == black for array, black in zip(picture.arrays, picture.black, strict=True))
    spread = np.kron(blue, np.ones((1 << shift[1], 1 << shift[0]), bool))[:height, :width]
    assert np.array_equal(blue, red) and np.array_equal(luma, spread)


@laws
@given(st.integers(1, 33), st.integers(1, 33), st.sampled_from([(0, 0), (1, 0), (1, 1)]), somewhere())
def test_what_was_there_leaves_no_trace(width: int, height: int, shift: tuple[int, int], xyxy: F32) -> None:
    one, other = planes(width, height, shift), planes(width, height, shift)
    for array in other.arrays:
        array[:] = 201
    fill(one, xyxy)
    fill(other, xyxy)
    for a, b, black in zip(one.arrays, other.arrays, one.black, strict=True):
        gone = (a == black) & (b == black)
        assert ((a == MADE_OF) & (b == 201) | gone).all()


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (1, 1)])
@pytest.mark.parametrize(("width", "height"), [(7, 5), (8, 6), (1, 1)])
def test_a_face_on_the_last_row_and_column(width: int, height: int, shift: tuple[int, int]) -> None:
    picture = planes(width, height, shift)
    fill(picture, boxes((width - 0.5, height - 0.5, width + 3, height + 3)))
    for array, black in zip(picture.arrays, picture.black, strict=True):
        assert array[-1, -1] == black
    assert width == 1 or picture.arrays[0][0, 0] == MADE_OF


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (1, 1)])
@pytest.mark.parametrize("box", [(0, 0, 7, 5), (-3, -3, 9, 9), (-1e30, -1e30, 1e30, 1e30), (-3e38, -1, 3e38, 6)])
def test_a_face_that_fills_the_picture(box: tuple[float, ...], shift: tuple[int, int]) -> None:
    picture = planes(7, 5, shift)
    fill(picture, boxes(box))
    for array, black in zip(picture.arrays, picture.black, strict=True):
        assert (array == black).all()


@pytest.mark.parametrize(
    "box", [None, (8, 0, 20, 5), (-9, 0, 0, 5), (0, -9, 7, 0), (0, 6, 7, 20), (4, 2, 4, 2), (1e30,) * 4]
)
def test_nothing_is_touched_where_no_box_is(box: tuple[float, ...] | None) -> None:
    picture = planes(7, 5, (1, 1))
    fill(picture, boxes(box) if box else boxes())
    assert all((array == MADE_OF).all() for array in picture.arrays)


def test_ten_bits_have_their_own_black() -> None:
    picture = planes(7, 5, (1, 1), depth=10)
    fill(picture, boxes((2, 2, 4, 4)))
    assert [array[1, 1] for array in picture.arrays] == [MADE_OF, 512, 516]
    assert picture.arrays[0][2, 2] == 64


def test_lines_with_padding_keep_it() -> None:
    memory = np.full((6, 16), MADE_OF, np.uint8)
    picture = Planes((memory[:5, :7],), ((0, 0),), (0,))
    fill(picture, boxes((0, 0, 99, 99)))
    assert (memory[:5, :7] == 0).all() and (memory[5:] == MADE_OF).all() and (memory[:, 7:] == MADE_OF).all()


def test_cells_are_whole_samples_of_the_coarsest_plane() -> None:
    picture = planes(101, 51, (1, 1))
    assert cells(picture, boxes((3.2, 5.0, 6.0, 6.1))) == [(2, 4, 6, 8)]
    assert cells(picture, boxes((99, 49, 101, 51))) == [(98, 48, 101, 51)]
    assert cells(planes(101, 51, (0, 0)), boxes((3.2, 5.0, 6.0, 6.1))) == [(3, 5, 6, 7)]
    assert all(math.ceil(edge) == edge for cell in cells(picture, boxes((1.5, 1.5, 2.5, 2.5))) for edge in cell)
