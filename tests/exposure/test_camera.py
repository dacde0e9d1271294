"""A camera by RTSP on loopback, into the store: clock hours when they are over, what there is when it is stopped."""

from __future__ import annotations

import contextlib
import gc
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from benchmarks._rtsp import cameras
from tests.exposure.paint import NEAR, STATES, THREE, Finds, Tells, painted, people
from tests.exposure.street import Sees, Walkers, clocks, ground

from garim.core.errors import Misuse, Unreadable
from garim.exposure import camera
from garim.exposure.camera import joined, record_camera
from garim.exposure.ground import written
from garim.exposure.recording import Ask, Recorded, Settings
from garim.exposure.store import Found, Put, Store
from garim.exposure.watch import Tape
from garim.exposure.worn import Worn
from garim.vision.weights import MASKS, YUNET

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
NINE = TEN - timedelta(hours=1)
TWO = Walkers([(-3, 10), (3, 14)], [(0.5, 0.1), (-0.4, 0.0)])
WORDS = ("-g", "5", "-bf", "0")


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return at(TEN + timedelta(minutes=20), tmp_path)


def at(now: datetime, folder: Path) -> Ask:
    """As if it were `now`."""
    ahead = now - datetime.now(UTC)
    store = Store(folder / "store", lambda: datetime.now(UTC) + ahead)
    return Ask("gate-3", written(ground()), store, Settings())


@contextlib.contextmanager
def shown(film: Path, port: int = 0) -> Iterator[str]:
    """The address of a camera that ends with `film`, and begins anew for whoever comes again."""
    with contextlib.ExitStack() as held:
        try:
            (url,) = held.enter_context(cameras(film, 1, port))
        except OSError as missing:
            pytest.skip(str(missing))
        yield url


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """One of three seconds."""
    with shown(clocks(tmp_path / "camera.mp4", range(30), *WORDS, rate=10)) as url:
        yield url


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[str]:
    """One that does not end in these tests."""
    with shown(clocks(tmp_path / "camera.mp4", range(250), *WORDS, rate=10)) as url:
        yield url


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "SETTLED_S", 1.0)


def sees() -> Sees:
    return Sees(TWO, ground(), rate=10)


def found(ask: Ask, hour: datetime) -> Found:
    there = ask.store.get(ask.camera, hour)
    assert isinstance(there, Found)
    return there


def test_a_camera_is_an_address_of_one(ask: Ask) -> None:
    with pytest.raises(Misuse, match="no address of a camera"):
        list(record_camera("file:///etc/passwd", 1, ask, sees()))


def test_a_camera_that_reconnects_is_kept_with_the_time_that_it_was_away(address: str, ask: Ask) -> None:
    began = ask.store.clock()
    (done,) = record_camera(address, 7, ask, sees())
    (missed,) = done.missed
    assert began - timedelta(seconds=1) < missed.start - timedelta(seconds=2.9) < began + timedelta(seconds=4)
    assert timedelta(seconds=1) < missed.end - missed.start < timedelta(seconds=6)
    assert sum(each.watched_s for each in done.kept) + (missed.end - missed.start).total_seconds() >= 5
    assert done.people >= 2
    assert [each.hour for each in done.kept] == [TEN]


def test_a_camera_of_another_size_than_the_ground(address: str, ask: Ask) -> None:
    other = Ask(ask.camera, written(ground((640, 480))), ask.store, Settings())
    with pytest.raises(Misuse, match="shows 320x240 px, and the ground was measured in 640x480"):
        list(record_camera(address, 5, other, sees()))
    assert ask.store.cameras() == ()


@pytest.mark.usefixtures("soon")
def test_an_hour_is_kept_and_let_go_of_when_it_is_over(lasting: str, tmp_path: Path) -> None:
    ask = at(TEN - timedelta(seconds=4), tmp_path)
    over: list[bool] = []
    parts = record_camera(lasting, None, ask, sees(), stopped=lambda: bool(over))
    first = next(parts)
    assert [(each.hour, each.put) for each in first.kept] == [(NINE, Put.WRITTEN)]
    assert found(ask, NINE).covered[0][1] == 7200
    assert timedelta(seconds=2.8) <= ask.store.clock() - TEN < timedelta(seconds=30)
    assert ask.store.get(ask.camera, TEN) is None
    # of the hour there is left what the next one begins with
    left = [tape for tape in gc.get_objects() if isinstance(tape, Tape) and len(tape)]
    assert max(tape.span[1] - tape.span[0] for tape in left) < 6.5
    over.append(True)
    (last,) = parts
    assert [(each.hour, each.put) for each in last.kept] == [(TEN, Put.WRITTEN)]
    ((begins, ends),) = found(ask, TEN).covered
    assert begins == 0
    assert 6 <= ends < 12
    for hour in (NINE, TEN):
        there = found(ask, hour)
        assert len(np.unique(there.positions.track)) == 2
        assert len(there.positions) >= 2 * sum(end - start for start, end in there.covered) - 2
    done = joined([first, last])
    assert (done.missed, done.cut, len(done.kept)) == ((), "", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("soon")
def test_an_hour_ends_while_the_camera_is_away(tmp_path: Path) -> None:
    ask = at(TEN - timedelta(seconds=4.5), tmp_path)
    with contextlib.ExitStack() as held:
        url = held.enter_context(shown(clocks(tmp_path / "a.mp4", range(250), *WORDS, rate=10)))

        def progress(step: str, done: int, total: int | None) -> None:
            if done == 1:
                held.close()

        parts = record_camera(url, 12, ask, sees(), progress=progress)
        first = next(parts)
        assert timedelta(seconds=2.8) <= ask.store.clock() - TEN < timedelta(seconds=7.5)
        assert [each.hour for each in first.kept] == [NINE]
        assert [gap.end for gap in first.missed] == [TEN]
        (last,) = parts
    assert last.kept == ()
    (gap,) = last.missed
    assert gap.start == TEN
    done = joined([first, last])
    watched = sum(each.watched_s for each in done.kept)
    assert watched + sum((gap.end - gap.start).total_seconds() for gap in done.missed) == pytest.approx(12, abs=1.5)


@pytest.mark.usefixtures("soon")
def test_started_again_it_goes_on_in_the_same_hour(lasting: str, ask: Ask) -> None:
    for state in (Put.WRITTEN, Put.ADDED):
        (done,) = record_camera(lasting, 3, ask, sees())
        assert [each.put for each in done.kept] == [state]
    assert 8 <= sum(end - start for start, end in found(ask, TEN).covered) <= 14


@pytest.mark.usefixtures("soon")
def test_stopped_before_its_time_says_what_is_not_to_come(lasting: str, ask: Ask) -> None:
    since: list[int] = []

    def progress(step: str, done: int, total: int | None) -> None:
        since.append(done)

    (done,) = record_camera(lasting, 60, ask, sees(), stopped=lambda: since[-1:] == [2], progress=progress)
    assert found(ask, TEN).covered
    (left,) = done.missed
    assert left.why == "it was stopped"
    assert left.end - left.start == pytest.approx(timedelta(seconds=58), abs=timedelta(seconds=1))


def test_stopped_before_anything_was_shown(address: str, ask: Ask) -> None:
    with pytest.raises(Unreadable, match="stopped before its first picture; nothing was written"):
        list(record_camera(address, None, ask, sees(), stopped=lambda: True))
    assert ask.store.cameras() == ()


@pytest.mark.usefixtures("soon")
def test_pictures_of_another_size_end_it_and_what_was_seen_is_kept(tmp_path: Path, ask: Ask) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    other = clocks(tmp_path / "b.mp4", range(30), *WORDS, size=(160, 120), rate=10)
    done: list[Recorded] = []
    changed: list[bool] = []
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        url = first.enter_context(shown(clocks(tmp_path / "a.mp4", range(250), *WORDS, rate=10), port))

        def progress(step: str, at: int, total: int | None) -> None:
            if at == 2 and not changed:
                changed.append(True)
                first.close()
                second.enter_context(shown(other, port))

        done += record_camera(url, None, ask, sees(), progress=progress)
    (part,) = done
    assert "another size than they were" in part.cut
    assert part.cut.endswith("what was seen until then is kept")
    assert found(ask, TEN).covered
    assert part.people == 2


def test_mask_states_of_a_camera_are_kept(tmp_path: Path, ask: Ask) -> None:
    told = replace(ask, ground=written(NEAR), worn=Worn(Finds(), Tells(), (YUNET, MASKS)))
    with shown(painted(tmp_path / "camera.mp4", THREE, [[state] for state in STATES], *WORDS)) as url:
        (done,) = record_camera(url, 4, told, people(THREE))
    assert done.people == 3
    assert {*found(ask, done.kept[0].hour).positions.mask.tolist()} == {*STATES}


def test_an_hour_under_other_settings_is_refused_before_it_is_watched(lasting: str, ask: Ask) -> None:
    list(record_camera(lasting, 2, ask, sees()))
    finer, asked = Ask(ask.camera, ask.ground, ask.store, Settings(hz=10)), sees()
    with pytest.raises(Misuse, match="other settings"):
        list(record_camera(lasting, 2, finer, asked))
    assert asked.asked == []
