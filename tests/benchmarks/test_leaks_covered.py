"""What counts as a leak, on planted pictures: half a box, black before, another size, people, frames that lack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks._leaks_clips import Case
from benchmarks._leaks_covered import Seen, joined, scaled, seen, share, still
from benchmarks._leaks_labels import Faces
from PIL import Image

SIZE = (40, 60)
NOTHING = np.zeros(SIZE, bool)


def _faces(*boxes: tuple[float, float, float, float], person: int = 1) -> Faces:
    people = np.arange(person, person + len(boxes), dtype=np.int64)
    return Faces(np.array(boxes, np.float32).reshape(-1, 4), people)


def _black(x1: int, y1: int, x2: int, y2: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = NOTHING.copy()
    mask[y1:y2, x1:x2] = True
    return mask


@pytest.mark.parametrize(("columns", "leaks"), [(10, 0), (5, 0), (4, 1), (0, 1)])
def test_a_face_leaks_where_less_than_half_of_its_box_is_destroyed(columns: int, leaks: int) -> None:
    found = seen([_faces((10, 10, 20, 30))], [(NOTHING, _black(10, 0, 10 + columns, 40))])
    assert found.leaks() == (leaks, 1)
    assert found.size_px.tolist() == pytest.approx([np.sqrt(200)])


def test_what_was_black_before_is_neither_destroyed_nor_asked_for() -> None:
    was = _black(10, 10, 20, 20)  # the upper half of the face
    assert share(np.array([10, 10, 20, 30], np.float32), _black(10, 20, 20, 25), was) == pytest.approx(0.5)
    found = seen([_faces((10, 10, 20, 30))], [(was, was)])
    assert found.share.tolist() == [0.0]
    assert found.masked.tolist() == [0.0]


def test_a_face_that_was_all_black_is_no_cover_for_anything() -> None:
    found = seen([_faces((10, 10, 20, 30))], [(_black(0, 0, 60, 40), _black(0, 0, 60, 40))])
    assert found.leaks() == (1, 1)


def test_a_face_at_the_edge_is_measured_on_the_pixels_that_exist() -> None:
    found = seen([_faces((-5, 30, 10, 45))], [(NOTHING, _black(0, 30, 10, 40))])
    assert found.share.tolist() == [1.0]


def test_another_size_is_scaled_back() -> None:
    larger = np.zeros((48, 64), bool)
    larger[:24] = True
    back = scaled(larger, SIZE)
    assert back.shape == SIZE
    assert back[:20].all()
    assert not back[20:].any()
    assert scaled(NOTHING, SIZE) is NOTHING


def test_masked_is_the_share_of_each_picture() -> None:
    found = seen([_faces(), _faces()], [(NOTHING, _black(0, 0, 30, 40)), (NOTHING, NOTHING)])
    assert found.masked.tolist() == [0.5, 0.0]
    assert len(found) == 0


def test_a_film_that_lost_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        seen([_faces(), _faces()], [(NOTHING, NOTHING)])
    with pytest.raises(ValueError, match="longer"):
        seen([_faces()], [(NOTHING, NOTHING)] * 2)


def _planted(sizes: list[float], shares: list[float], people: list[int]) -> Seen:
    count = len(sizes)
    number = np.zeros(count, np.int64)
    return Seen(number, np.arange(count), np.array(people), np.array(sizes), np.array(shares), np.array([0.1]), 2.0)


def test_people_are_counted_once_and_only_in_frames_where_they_are_large() -> None:
    found = _planted([25, 25, 30, 10, 30], [0.9, 0.1, 0.2, 0.0, 1.0], [1, 1, 1, 2, 3])
    assert found.people() == (1, 2)
    assert found.leaks() == (3, 5)


def test_each_clips_people_are_its_own() -> None:
    one = _planted([25], [0.0], [1])
    both = joined([one, one])
    assert both.people() == (2, 2)
    assert both.cpu_s == 4.0
    assert len(both.masked) == 2


def test_size_classes_share_no_face() -> None:
    found = _planted([11.99, 12, 24, 48, 200], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5])
    counts = [int(found.sized(low, high).sum()) for low, high in ((0, 12), (12, 24), (24, 48), (48, np.inf))]
    assert counts == [1, 1, 1, 2]


def test_a_still_is_measured_through_its_own_codec(tmp_path: Path) -> None:
    picture = np.full((*SIZE, 3), 140, np.uint8)
    before, after = tmp_path / "a.jpg", tmp_path / "b.jpg"
    Image.fromarray(picture).save(before, quality=90)
    picture[8:32, 8:24] = 0
    Image.fromarray(picture).save(after, quality=90)
    case = Case("a", "tune", "stills", before, (_faces((8, 8, 24, 32), (40, 8, 56, 32)),))
    found = still(case, after)
    assert found.share[0] > 0.8
    assert found.share[1] == 0.0
