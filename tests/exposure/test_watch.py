"""A film watched: every box at the time of its picture, and nobody watching where there is no picture."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.street import RATE, Sees, Walkers, clocks, ground

from garim.core.boxes import Boxes
from garim.core.image import Image
from garim.exposure.watch import APART_S, LATE_S, Glimpse, Tape, Watched, paced, stretches, watch
from garim.media import Reader

TWO = Walkers([(-3, 10), (3, 14)], [(1.0, 0.3), (-0.8, 0.0)])
NOBODY = Walkers([], [])
COUNT = 200  # pictures: 8 s


def seen(film: Path, sees: Sees, hz: float = 5.0) -> Watched:
    with Reader(film) as reader:
        base = reader.film.time_base
        return watch(((float(f.pts * base), f) for f in reader.frames()), ground(), sees, hz=hz)


def off(watched: Watched, walkers: Walkers) -> float:
    """The farthest that any walk's moment is from the nearest walker, in metres."""
    far = [
        np.linalg.norm(walkers.feet(at) - xy, axis=1).min()
        for walk in watched.walks
        for at, xy in zip(walk.at, walk.xy, strict=True)
    ]
    return float(max(far))


@pytest.mark.parametrize("words", [(), ("-vf", "select='if(lt(t,3),1,not(mod(n,4)))'", "-fps_mode", "vfr")])
def test_walkers_are_where_they_walk_whatever_the_rate(tmp_path: Path, words: tuple[str, ...]) -> None:
    film = clocks(tmp_path / "a.mp4", range(COUNT), *words)
    sees = Sees(TWO, ground())
    watched = seen(film, sees)
    assert len(watched.walks) == 2
    assert off(watched, TWO) < 0.15
    assert np.array(watched.spans) == pytest.approx(np.array([(0.0, (COUNT - 1) / RATE)]), abs=0.16)
    assert max(b - a for a, b in pairwise(sees.asked)) <= RATE / 5
    assert len(sees.asked) == watched.pictures == watched.looks
    assert len(sees.asked) < 1.4 * 5 * COUNT / RATE


def test_where_nothing_moves_few_looks_keep_everybody(tmp_path: Path) -> None:
    film = clocks(tmp_path / "a.mp4", [7] * COUNT)
    watched = seen(film, Sees(TWO, ground()))
    assert watched.looks <= COUNT / RATE + 1
    assert watched.pictures >= 5 * (COUNT - 1) / RATE
    ends = [(walk.at[0], walk.at[-1]) for walk in watched.walks]
    assert np.array(ends) == pytest.approx(np.array(watched.spans * 2))


def test_a_sign_that_is_taken_for_a_person_is_left_out(tmp_path: Path) -> None:
    film = clocks(tmp_path / "a.mp4", [number for number in range(200) for _ in range(5)])  # 40 s
    over, rng = ground(), np.random.default_rng(1)
    sees = Sees(Walkers([(-3, 10)], [(0.5, 0.1)]), over)
    sign = np.array([250, 60, 270, 110], np.float32)

    def fooled(image: Image, floor: float) -> Boxes:
        real, noisy = sees(image, floor), sign + rng.normal(0, 0.5, 4).astype(np.float32)
        return Boxes.joined([real, Boxes(noisy[None], np.array([0.5], np.float32))])

    with Reader(film) as reader:
        base = reader.film.time_base
        watched = watch(((float(f.pts * base), f) for f in reader.frames()), over, fooled)
    assert len(watched.things.xyxy) == 1
    assert watched.things.xyxy[0] == pytest.approx(sign, abs=1)
    assert len(watched.walks) == 1


def test_the_first_picture_with_a_change_is_looked_at(tmp_path: Path) -> None:
    film = clocks(tmp_path / "a.mp4", [*[7] * 60, *[8] * 60])
    sees = Sees(TWO, ground())
    seen(film, sees, hz=25)
    assert sees.asked.count(7) <= 4
    changed = sees.asked.index(8)
    assert sees.asked[changed:] == [8] * (len(sees.asked) - changed)
    assert len(sees.asked) - changed <= 4


def test_nobody_is_watched_too(tmp_path: Path) -> None:
    watched = seen(clocks(tmp_path / "a.mp4", range(100)), Sees(NOBODY, ground()))
    assert watched.walks == ()
    assert np.array(watched.spans) == pytest.approx(np.array([(0.0, 99 / RATE)]))


def test_a_camera_that_stops_for_a_while_was_not_watching(tmp_path: Path) -> None:
    words = ("-vf", "select='not(between(t,2,5))'", "-fps_mode", "vfr")
    watched = seen(clocks(tmp_path / "a.mp4", range(COUNT), *words), Sees(TWO, ground()))
    assert np.array(watched.spans) == pytest.approx(np.array([(0, 1.96), (5.04, 7.96)]), abs=0.01)
    assert watched.lasted_s == pytest.approx(7.96)
    assert off(watched, TWO) < 0.15


def test_a_crowd_of_a_hundred(tmp_path: Path) -> None:
    size = (640, 480)
    over = ground(size, high_m=14.0, down=0.75, focal_px=450)
    grid = [(x, y) for x in np.arange(-6.75, 7, 1.5) for y in np.arange(8, 26, 1.8)]
    crowd = Walkers(grid, [(0.3, 0.1)] * 100)
    film = clocks(tmp_path / "a.mp4", range(200), size=size)
    with Reader(film) as reader:
        base = reader.film.time_base
        watched = watch(((float(f.pts * base), f) for f in reader.frames()), over, Sees(crowd, over))
    lasting = [walk for walk in watched.walks if walk.at[-1] - walk.at[0] > 7]
    assert len(lasting) >= 95
    assert off(watched, crowd) < 0.5


# --- pacing and stretches, as laws --------------------------------------------------------------------------------

times = st.lists(st.floats(0.001, 3), min_size=1, max_size=80).map(lambda steps: np.cumsum(steps).tolist())


@given(times, st.sampled_from([0.2, 0.1, 1 / 30]))
def test_chosen_pictures_are_near_enough_and_no_more_than_needed(at: list[float], step_s: float) -> None:
    chosen = [each for each, _ in paced(((each, cast(Any, None)) for each in at), step_s)]
    assert (chosen[0], chosen[-1]) == (at[0], at[-1])
    assert set(chosen) <= set(at)
    for before, after in pairwise(chosen):
        assert after - before <= step_s + LATE_S + 1e-9 or at.index(after) == at.index(before) + 1
    for before, _, after in zip(chosen, chosen[1:], chosen[2:], strict=False):
        assert after - before > step_s + LATE_S or after == at[-1]


@given(times)
def test_stretches_are_all_that_was_seen_in_order_without_a_break(at: list[float]) -> None:
    runs = list(stretches(Glimpse(each, Boxes.none(), looked=True) for each in at))
    assert [each.at for run in runs for each in run] == at
    assert all(b.at - a.at <= APART_S for run in runs for a, b in pairwise(run))
    assert all(b.span[0] - a.span[1] > APART_S for a, b in pairwise(runs))


def test_a_tape_gives_back_what_was_put_on_it() -> None:
    xyxy = np.array([[1, 2, 3, 4], [5, 6, 7.5, 8]], np.float32)
    put = [
        Glimpse(0.1, Boxes.none(), looked=True),
        Glimpse(1 / 3, Boxes(xyxy, np.array([0.9, 0.15], np.float32)), looked=False),
        Glimpse(1e6, Boxes(xyxy[:1], np.array([0.5], np.float32)), looked=True),
    ]
    tape = Tape()
    for each in put:
        tape.add(each)
    assert (len(tape), tape.span) == (3, (0.1, 1e6))
    for _ in range(2):
        got = list(tape)
        assert [(each.at, each.looked) for each in got] == [(each.at, each.looked) for each in put]
        for one, other in zip(got, put, strict=True):
            assert one.boxes.xyxy.tolist() == other.boxes.xyxy.tolist()
            assert one.boxes.score.tolist() == other.boxes.score.tolist()


def test_no_picture_at_all_is_nothing_watched() -> None:
    watched = watch([], ground(), Sees(TWO, ground()))
    assert (watched.walks, watched.spans, watched.pictures) == ((), (), 0)
