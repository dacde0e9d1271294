"""A film into the store: kept by clock hours, once; what cannot be watched is refused, and nothing of it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.exposure.paint import NEAR, STATES, THREE, Finds, Tells, painted, people
from tests.exposure.street import Sees, Walkers, clocks, ground
from tests.films import ffmpeg

from garim.core.errors import GarimError, Misuse, Unreadable, Unsupported
from garim.exposure.ground import written
from garim.exposure.recording import Ask, Recorded, Settings, record_film
from garim.exposure.store import Found, Put, Store
from garim.exposure.worn import Worn
from garim.vision.weights import MASKS, YUNET

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
NINE = TEN - timedelta(hours=1)
TWO = Walkers([(-3, 10), (3, 14)], [(0.5, 0.1), (-0.4, 0.0)])


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return Ask("gate-3", written(ground()), Store(tmp_path / "store", lambda: TEN + timedelta(hours=1)), Settings())


def recorded(film: Path, ask: Ask, start: datetime = TEN) -> Recorded:
    return record_film(film, start, ask, Sees(TWO, ground()))


def found(ask: Ask, hour: datetime) -> Found:
    there = ask.store.get(ask.camera, hour)
    assert isinstance(there, Found)
    return there


def test_positions_are_kept_in_their_hours(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(200))
    start = TEN - timedelta(seconds=4)
    done = recorded(film, ask, start)
    assert [(each.hour, each.put, each.watched_s, each.tracks) for each in done.kept] == [
        (NINE, Put.WRITTEN, 4, 2),
        (TEN, Put.WRITTEN, 4, 2),
    ]
    assert (done.people, done.missed) == (2, ())
    for hour in (NINE, TEN):
        rows = found(ask, hour).positions
        at = (hour - start) / timedelta(seconds=1) + rows.tick / 2
        xy = np.stack([rows.x_cm, rows.y_cm], axis=1) / 100
        far = np.array([np.linalg.norm(TWO.feet(t) - here, axis=1).min() for t, here in zip(at, xy, strict=True)])
        assert len(rows) == 16
        assert far.max() < 0.15
    assert ask.store.ground("gate-3") == ask.ground


def test_the_same_minutes_again_change_nothing(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(100))
    recorded(film, ask)
    path = ask.store.file("gate-3", TEN)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert [each.put for each in recorded(film, ask).kept] == [Put.UNCHANGED]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_next_minutes_are_added(tmp_path: Path, ask: Ask) -> None:
    recorded(clocks(tmp_path / "a.mp4", range(100)), ask)
    done = recorded(clocks(tmp_path / "b.mp4", range(100, 200)), ask, TEN + timedelta(seconds=4))
    assert [each.put for each in done.kept] == [Put.ADDED]
    assert found(ask, TEN).covered == ((0, 16),)


def test_other_settings_are_refused_unless_they_are_to_replace(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(100))
    recorded(film, ask)
    finer = Ask(ask.camera, ask.ground, ask.store, Settings(hz=10))
    with pytest.raises(Misuse, match="other settings"):
        recorded(film, finer)
    replacing = Ask(ask.camera, ask.ground, ask.store, Settings(hz=10), replace=True)
    assert [each.put for each in recorded(film, replacing).kept] == [Put.REPLACED]


def test_a_film_that_begins_before_the_last_one_ended_adds_the_rest(tmp_path: Path, ask: Ask) -> None:
    recorded(clocks(tmp_path / "a.mp4", range(100)), ask)
    done = recorded(clocks(tmp_path / "b.mp4", range(75, 200)), ask, TEN + timedelta(seconds=3))
    assert [(each.put, each.watched_s, each.already_s) for each in done.kept] == [(Put.ADDED, 5, 1)]
    assert found(ask, TEN).covered == ((0, 16),)


def test_replacing_drops_nothing_in_silence(tmp_path: Path, ask: Ask) -> None:
    recorded(clocks(tmp_path / "a.mp4", range(200)), ask)
    film = clocks(tmp_path / "b.mp4", range(100))
    again = recorded(film, Ask(ask.camera, ask.ground, ask.store, Settings(), replace=True))
    assert [(each.put, each.dropped_s) for each in again.kept] == [(Put.REPLACED, 0)]
    assert found(ask, TEN).covered == ((0, 16),)
    other = recorded(film, Ask(ask.camera, ask.ground, ask.store, Settings(hz=10), replace=True))
    assert [(each.put, each.dropped_s) for each in other.kept] == [(Put.REPLACED, 4)]
    assert found(ask, TEN).covered == ((0, 8),)


def test_an_hour_that_is_refused_leaves_none_written(tmp_path: Path, ask: Ask) -> None:
    recorded(clocks(tmp_path / "a.mp4", range(100)), ask)
    finer = Ask(ask.camera, ask.ground, ask.store, Settings(hz=10))
    with pytest.raises(Misuse, match="other settings"):
        recorded(clocks(tmp_path / "b.mp4", range(200)), finer, TEN - timedelta(seconds=4))
    assert ask.store.get(ask.camera, NINE) is None


def test_hours_keep_the_ground_under_which_they_were_watched(tmp_path: Path, ask: Ask) -> None:
    film, moved = clocks(tmp_path / "a.mp4", range(100)), written(ground(high_m=7))
    recorded(film, ask)
    recorded(film, Ask(ask.camera, moved, ask.store, Settings(), replace=True), NINE)
    names = [found(ask, hour).ground for hour in (NINE, TEN)]
    assert [ask.store.ground(ask.camera, name) for name in names] == [moved, ask.ground]


def test_settings_have_names_of_their_own() -> None:
    names = {Settings(hz, side).named(text) for hz in (5, 6) for side in (416, 640) for text in ("a", "b")}
    assert len(names) == 8
    assert Settings().named("a") == Settings(5.0, 640).named("a")
    assert len({Settings().named("a", models) for models in ((), (YUNET,), (YUNET, MASKS))}) == 3


def test_mask_states_are_kept_and_not_beside_minutes_of_which_they_were_not_told(tmp_path: Path, ask: Ask) -> None:
    film = painted(tmp_path / "a.mp4", THREE, [[state] for state in STATES])
    told = replace(ask, ground=written(NEAR), worn=Worn(Finds(), Tells(), (YUNET, MASKS)))
    done = record_film(film, TEN, told, people(THREE))
    rows = found(ask, TEN).positions
    assert (done.people, {*rows.mask.tolist()}) == (3, {*STATES})
    assert len({*zip(rows.track.tolist(), rows.mask.tolist(), strict=True)}) == 3
    with pytest.raises(Misuse, match="other settings"):
        record_film(film, TEN, replace(told, worn=None), people(THREE))


def test_another_ground_is_refused_before_anything_is_watched(tmp_path: Path, ask: Ask) -> None:
    recorded(clocks(tmp_path / "a.mp4", range(50)), ask)
    other = Ask(ask.camera, written(ground(high_m=7)), ask.store, Settings())
    sees = Sees(TWO, ground())
    with pytest.raises(Misuse, match="another ground"):
        record_film(tmp_path / "a.mp4", TEN, other, sees)
    assert sees.asked == []


def test_nobody_there_is_covered(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(100))
    done = record_film(film, TEN, ask, Sees(Walkers([], []), ground()))
    there = found(ask, TEN)
    assert (len(there.positions), there.covered) == (0, ((0, 8),))
    assert (done.people, done.kept[0].tracks) == (0, 0)
    assert ask.store.get(ask.camera, NINE) is None


def test_a_camera_that_stopped_for_a_while_is_covered_in_part(tmp_path: Path, ask: Ask) -> None:
    words = ("-vf", "select='not(between(t,2,5))'", "-fps_mode", "vfr")
    done = recorded(clocks(tmp_path / "a.mp4", range(200), *words), ask)
    assert found(ask, TEN).covered == ((0, 4), (11, 16))
    (missed,) = done.missed
    assert missed.start - TEN == pytest.approx(timedelta(seconds=1.96), abs=timedelta(seconds=0.01))
    assert missed.why == "no two pictures within a second in 3.1 s"


# --- what is refused, with nothing stored ---------------------------------------------------------------------------


def refused(film: Path, ask: Ask, kind: type[GarimError], says: str) -> None:
    with pytest.raises(kind, match=says):
        recorded(film, ask)
    assert ask.store.cameras() == ()


def test_a_film_that_was_cut(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(100), "-movflags", "+faststart")
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 2 // 3])
    refused(film, ask, Unreadable, "cut short|cannot be read|ends too early")


def test_a_camera_whose_time_jumps_back(tmp_path: Path, ask: Ask) -> None:
    film = clocks(tmp_path / "a.mp4", range(50))
    jumps = tmp_path / "b.mkv"
    # as a recorder writes that is set back by its clock: the second half begins at 0 again
    times = "setts=pts='if(gte(N,25),PTS-960,PTS)':dts='if(gte(N,25),DTS-960,DTS)'"
    ffmpeg("-i", film, "-c", "copy", "-bsf:v", times, jumps)
    refused(jumps, ask, Unreadable, "not later than the one before")


def test_a_camera_that_changes_size(tmp_path: Path, ask: Ask) -> None:
    parts = [clocks(tmp_path / f"{w}.h264", range(25), size=(w, 240)).read_bytes() for w in (320, 160)]
    (tmp_path / "both.h264").write_bytes(b"".join(parts))
    film = tmp_path / "a.ts"
    ffmpeg("-i", tmp_path / "both.h264", "-c", "copy", film)
    refused(film, ask, Unsupported, "another size")


def test_a_ground_of_another_size(tmp_path: Path, ask: Ask) -> None:
    refused(clocks(tmp_path / "a.mp4", range(25), size=(160, 120)), ask, Misuse, "measured in 320x240")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (TEN + timedelta(hours=1, minutes=1), "11:01:01 UTC, which is yet to come"),
        (TEN + timedelta(days=400), "yet to come"),
        (TEN - timedelta(days=13, hours=10, seconds=1), "kept longer than 14 days"),
        (TEN - timedelta(days=13, hours=10) - timedelta(days=400), "kept longer than 14 days"),
    ],
)
def test_a_time_that_is_not_kept(tmp_path: Path, ask: Ask, start: datetime, says: str) -> None:
    film, sees = clocks(tmp_path / "a.mp4", range(25)), Sees(TWO, ground())
    with pytest.raises(Misuse, match=says):
        record_film(film, start, ask, sees)
    assert (sees.asked, ask.store.cameras()) == ([], ())


def test_pictures_too_far_apart_to_follow_anybody(tmp_path: Path, ask: Ask) -> None:
    refused(
        clocks(tmp_path / "a.mp4", range(9), "-vf", "setpts=35*PTS", "-fps_mode", "vfr"),
        ask,
        Unsupported,
        "less than a second apart",
    )


@pytest.mark.parametrize("settings", [{"hz": 4.9}, {"hz": 61}, {"long_side": 63}, {"long_side": 5000}])
def test_settings_that_nobody_can_use(settings: dict[str, float]) -> None:
    with pytest.raises(Misuse):
        Settings(**settings)  # type: ignore[arg-type]  # as it comes
