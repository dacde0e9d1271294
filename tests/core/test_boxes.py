"""The algebra of boxes, against rasters drawn by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes, area, best, clipped, covered, grown, intersection, iou, turned

F32 = NDArray[np.float32]
laws = settings(deadline=None)


def array(*rows: tuple[float, ...]) -> F32:
    return np.array(rows, np.float32).reshape(-1, 4)


@st.composite
def whole_boxes(draw: st.DrawFn, most: int = 24, count: int = 6) -> F32:
    """0 to `count` boxes with whole edges within 0..most, some of no area."""
    edge = st.integers(0, most)
    rows = draw(st.lists(st.tuples(edge, edge, edge, edge), max_size=count))
    return array(*((min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in rows))


@st.composite
def boxes(draw: st.DrawFn, count: int = 8) -> Boxes:
    edge = st.floats(-200, 200, width=32)
    size = st.floats(0, 300, width=32)
    rows = draw(st.lists(st.tuples(edge, edge, size, size), max_size=count))
    score = draw(st.lists(st.floats(0, 1, width=32), min_size=len(rows), max_size=len(rows)))
    return Boxes(array(*((x, y, x + w, y + h) for x, y, w, h in rows)), np.array(score, np.float32))


def raster(xyxy: F32, size: int = 24) -> NDArray[np.bool_]:
    """Which of size x size px any of the boxes covers."""
    drawn = np.zeros((size, size), bool)
    for x1, y1, x2, y2 in xyxy.astype(int):
        drawn[y1:y2, x1:x2] = True
    return drawn


@pytest.mark.parametrize(
    ("xyxy", "score"),
    [
        (np.zeros((2, 4)), np.zeros(1)),
        (np.zeros((1, 5)), np.zeros(1)),
        (np.zeros(4), np.zeros(4)),
        (np.array([[2.0, 0, 1, 1]]), np.zeros(1)),
        (np.array([[0, 2.0, 1, 1]]), np.zeros(1)),
        (np.array([[0, 0, np.nan, 1]]), np.zeros(1)),
        (np.array([[0, 0, np.inf, 1]]), np.zeros(1)),
    ],
)
def test_what_is_no_box_is_not_born(xyxy: F32, score: F32) -> None:
    with pytest.raises(ValueError, match="boxes:"):
        Boxes(xyxy.astype(np.float32), score.astype(np.float32))


def test_boxes_are_chosen_by_mask_slice_and_number() -> None:
    three = Boxes(array((0, 0, 1, 1), (0, 0, 2, 2), (0, 0, 3, 3)), np.array([0.1, 0.2, 0.3], np.float32))
    assert three[three.score > 0.15].xyxy[:, 2].tolist() == [2, 3]
    assert three[:1].xyxy[:, 2].tolist() == [1]
    assert three[np.array([2, 0])].xyxy[:, 2].tolist() == [3, 1]
    assert np.allclose(three[np.array([2, 0])].score, [0.3, 0.1])


@laws
@given(st.lists(boxes(), max_size=4))
def test_joined_holds_all_in_their_order(parts: list[Boxes]) -> None:
    joined = Boxes.joined(parts)
    assert len(joined) == sum(map(len, parts))
    assert joined.xyxy.tolist() == [row for part in parts for row in part.xyxy.tolist()]
    assert joined.score.tolist() == [score for part in parts for score in part.score.tolist()]
    assert len(Boxes.none()) == 0


@laws
@given(whole_boxes(), whole_boxes())
def test_areas_are_counted_pixels(a: F32, b: F32) -> None:
    assert area(a).tolist() == [raster(row[None]).sum() for row in a]
    shared, share = intersection(a, b), iou(a, b)
    assert shared.shape == share.shape == (len(a), len(b))
    for i, j in np.ndindex(shared.shape):
        one, other = raster(a[i : i + 1]), raster(b[j : j + 1])
        both, either = (one & other).sum(), (one | other).sum()
        assert shared[i, j] == both
        assert share[i, j] == pytest.approx(both / either if either else 0)


@laws
@given(boxes(), boxes())
def test_iou_is_symmetric_and_a_share(a: Boxes, b: Boxes) -> None:
    share = iou(a.xyxy, b.xyxy)
    assert np.array_equal(share, iou(b.xyxy, a.xyxy).T)
    assert (share >= 0).all() and (share <= 1 + 1e-5).all()
    own = np.diag(iou(a.xyxy, a.xyxy))
    assert np.allclose(own, area(a.xyxy) > 0)


@laws
@given(whole_boxes(), whole_boxes())
def test_covered_is_the_share_of_pixels_under_the_union(inner: F32, outer: F32) -> None:
    under = raster(outer)
    for box, share in zip(inner, covered(inner, outer), strict=True):
        own = raster(box[None])
        assert share == pytest.approx(under[own].mean() if own.any() else 1)


def test_covered_is_exact_between_pixels() -> None:
    box = array((0.5, 0.5, 2.5, 1.5))
    assert covered(box, array((0, 0, 1, 9)))[0] == pytest.approx(0.25)
    assert covered(box, array((0, 0, 1, 9), (0.75, 0, 1.5, 9)))[0] == pytest.approx(0.5)
    assert covered(box, array())[0] == 0
    assert covered(array(), box).shape == (0,)


@laws
@given(boxes(), st.floats(0, 1))
def test_best_keeps_the_highest_and_no_two_of_the_same(found: Boxes, overlap: float) -> None:
    kept = best(found, overlap)
    assert (np.diff(kept.score) <= 0).all()
    near = iou(kept.xyxy, kept.xyxy)
    assert not (near[~np.eye(len(kept), dtype=bool)] > overlap).any()
    if len(found):
        assert kept.score[0] == found.score.max()
        # whatever was left out is one of those that were kept, and not the better of the two
        same = (iou(found.xyxy, kept.xyxy) > overlap) & (kept.score >= found.score[:, None])
        known = (found.xyxy[:, None] == kept.xyxy[None]).all(axis=2)
        assert (same | known).any(axis=1).all()


def test_best_leaves_distinct_things_alone() -> None:
    found = Boxes(array((0, 0, 10, 10), (20, 0, 30, 10), (1, 0, 11, 10)), np.array([0.5, 0.9, 0.6], np.float32))
    kept = best(found, 0.4)
    assert kept.xyxy.tolist() == [[20, 0, 30, 10], [1, 0, 11, 10]]
    assert len(best(found, 1.0)) == 3


def test_grown_by_a_share_of_its_own_size_and_by_pixels() -> None:
    assert grown(array((10, 20, 20, 60)), 0.5).tolist() == [[5, 0, 25, 80]]
    assert grown(array((10, 20, 20, 60)), 0.5, 2).tolist() == [[3, -2, 27, 82]]
    assert grown(array((10, 20, 20, 60)), 0.0, 1).tolist() == [[9, 19, 21, 61]]


@laws
@given(boxes(), st.integers(1, 60), st.integers(1, 60))
def test_clipped_is_what_lies_inside(found: Boxes, width: int, height: int) -> None:
    cut = clipped(found.xyxy, width, height)
    assert (cut >= 0).all() and (cut[:, 0::2] <= width).all() and (cut[:, 1::2] <= height).all()
    assert (cut[:, 2:] >= cut[:, :2]).all()
    picture = array((0, 0, width, height))
    assert np.allclose(area(cut), intersection(found.xyxy, picture)[:, 0])


@laws
@given(whole_boxes(most=20), st.integers(20, 30), st.integers(20, 30), st.integers(-5, 5))
def test_turned_as_the_picture_turns(xyxy: F32, width: int, height: int, quarters: int) -> None:
    for box in xyxy:
        picture = np.zeros((height, width), bool)
        picture[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = True
        there = np.rot90(picture, quarters)
        x1, y1, x2, y2 = turned(box[None], quarters, (width, height))[0].astype(int)
        drawn = np.zeros(there.shape, bool)
        drawn[y1:y2, x1:x2] = True
        assert np.array_equal(drawn, there)


@laws
@given(whole_boxes(), st.integers(0, 3))
def test_a_turn_and_its_inverse_are_nothing(xyxy: F32, quarters: int) -> None:
    size = (24, 40)
    there = (size[1], size[0]) if quarters % 2 else size
    assert np.array_equal(turned(turned(xyxy, quarters, size), -quarters, there), xyxy)
    assert np.array_equal(turned(xyxy, 4, size), xyxy)
