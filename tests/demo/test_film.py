"""Pictures through the real codec: as many, when they should be, and black stays black."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from demo.clip import Truth
from demo.measure import coverage

from demo import film


def pictures(count: int) -> list[film.RGB]:
    random = np.random.default_rng(4)
    scenery = random.integers(60, 200, (60, 90, 1), np.uint8).repeat(2, 0).repeat(2, 1).repeat(3, 2)
    return [np.roll(scenery, 2 * step, axis=1) for step in range(count)]


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30000, 1001)])
def test_count_and_times_survive(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "film.mp4"
    film.write(path, pictures(45), rate=rate)
    shown = film.times(path)
    assert len(shown) == 45
    assert shown == [pytest.approx(float(index / rate), abs=1e-4) for index in range(45)]
    assert len(list(film.planes(path))) == 45
    assert sorted(film.stills(path, {0, 44})) == [0, 44]


def test_there_is_sound_as_long_as_the_film_with_a_blip_each_second(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    film.write(path, pictures(60), rate=Fraction(30))
    with av.open(str(path)) as opened:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)])
    assert len(heard) / 48_000 == pytest.approx(2, abs=0.05)
    loud = np.abs(heard[: 2 * 48_000 - 4_800]).reshape(-1, 2_400).max(axis=1) > 0.15
    assert loud[[0, 20]].all() and not loud[[5, 10, 15, 25, 30]].any()


def test_what_is_painted_black_is_measured_after_the_codec(tmp_path: Path) -> None:
    before, after = tmp_path / "before.mp4", tmp_path / "after.mp4"
    shown = pictures(20)
    film.write(before, shown, rate=Fraction(25))
    painted = [picture.copy() for picture in shown]
    for picture in painted:
        picture[20:80, 40:100] = 0
    film.write(after, painted, rate=Fraction(25))
    hidden, open_ = (40, 20, 100, 80), (110, 20, 170, 80)
    truth = [Truth(np.array([hidden, open_], np.float32), np.array([1, 2]), np.ones(2, np.float32))] * 20
    found = coverage(truth, film.planes(before), film.planes(after))
    assert found.share[found.person == 1].min() > 0.97
    assert found.share[found.person == 2].max() < 0.01
    assert found.leaked.tolist() == [False, True] * 20


def test_an_error_on_the_way_leaves_no_film(tmp_path: Path) -> None:
    def broken() -> object:
        yield from pictures(2)
        raise RuntimeError("the scene broke")

    with pytest.raises(RuntimeError, match="broke"):
        film.write(tmp_path / "film.mp4", broken(), rate=Fraction(25))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
