"""Known boxes painted, known shares found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from demo.clip import Truth
from demo.measure import Coverage, coverage, filled

from garim.core.image import Planes

Box = tuple[int, int, int, int]


def picture(*black: Box, luma: int = 120, width: int = 64, height: int = 48) -> Planes:
    y = np.full((height, width), luma, np.uint8)
    u, v = np.full((height // 2, width // 2), 110, np.uint8), np.full((height // 2, width // 2), 150, np.uint8)
    for x1, y1, x2, y2 in black:
        y[y1:y2, x1:x2] = 16
        u[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] = v[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] = 128
    return Planes((y, u, v), ((0, 0), (1, 1), (1, 1)), (16, 128, 128))


def faces(*boxes: Box, visible: Sequence[float] | None = None) -> Truth:
    shares = np.array([1.0] * len(boxes) if visible is None else visible, np.float32)
    return Truth(np.array(boxes, np.float32).reshape(-1, 4), np.arange(len(boxes)), shares)


def one(truth: Truth, before: Planes, after: Planes) -> Coverage:
    return coverage([truth], [before], [after])


@pytest.mark.parametrize(
    ("painted", "share", "leaks"),
    [
        ((10, 10, 30, 30), 1.0, False),
        ((10, 10, 20, 30), 0.5, False),
        ((10, 10, 18, 30), 0.4, True),
        ((40, 10, 60, 30), 0.0, True),
        ((0, 0, 64, 48), 1.0, False),
    ],
)
def test_the_painted_share_is_found(painted: Box, share: float, leaks: bool) -> None:
    found = one(faces((10, 10, 30, 30)), picture(), picture(painted))
    assert found.share.tolist() == pytest.approx([share])
    assert found.leaked.tolist() == [leaks]
    x1, y1, x2, y2 = painted
    assert found.masked[0] == pytest.approx((x2 - x1) * (y2 - y1) / (64 * 48))


def test_what_was_black_before_was_not_destroyed() -> None:
    hat = (10, 10, 30, 20)
    nothing_done = one(faces((10, 10, 30, 30)), picture(hat), picture(hat))
    assert nothing_done.share[0] == 0
    assert nothing_done.masked[0] == 0
    # and it is not missing either where all else was destroyed
    assert one(faces((10, 10, 30, 30)), picture(hat), picture((10, 10, 30, 30))).share[0] == 1


def test_a_dark_picture_is_not_the_fill() -> None:
    assert not filled(picture(luma=30)).any()
    assert not filled(picture(luma=16)).any()  # black, but coloured


def test_a_codecs_noise_is_still_the_fill() -> None:
    noisy = picture((0, 0, 64, 48))
    random = np.random.default_rng(1)
    for plane in noisy.arrays:
        plane += random.integers(0, 5, plane.shape, np.uint8)
    assert filled(noisy).all()


def test_a_face_hardly_visible_is_no_face_frame() -> None:
    seen = faces((10, 10, 30, 30), (40, 10, 60, 30), visible=(0.24, 0.25))
    assert one(seen, picture(), picture()).person.tolist() == [1]


def test_counts_by_size_person_and_frame() -> None:
    truth = [faces((0, 0, 10, 10), (20, 0, 50, 40)), faces(), faces((0, 0, 10, 10), (20, 0, 50, 40))]
    before = [picture()] * 3
    after = [picture((0, 0, 10, 10)), picture(), picture((0, 0, 10, 10), (20, 0, 50, 40))]
    found = coverage(truth, before, after)
    assert found.index.tolist() == [0, 0, 2, 2]
    assert found.leaked.tolist() == [False, True, False, False]
    assert [(name, len(part), int(part.leaked.sum())) for name, part in found.by_size()] == [
        ("< 12 px", 2, 0),
        ("24-48 px", 2, 1),
    ]


def test_a_film_cut_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        coverage([faces()] * 2, [picture()] * 2, [picture()])


def test_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="frame 0"):
        one(faces(), picture(), picture(width=32))


def test_a_face_at_the_last_pixels_is_measured_whole() -> None:
    corner = faces((54, 38, 64, 48))
    assert one(corner, picture(), picture((54, 38, 64, 48))).share[0] == 1
    assert one(corner, picture(), picture((54, 38, 64, 46))).share[0] == pytest.approx(0.8)
