"""What is due, what is done, and that it can be killed at any point."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exposure.rows import HOUR, ROOT, SETTINGS, WHOLE, plain, some

from garim.core.errors import Misuse
from garim.exposure.budget import NAME, Budget, Window
from garim.exposure.coarse import CELL_CM, MINUTE
from garim.exposure.due import MOST_DAYS, Due, due
from garim.exposure.expire import Expired, expire
from garim.exposure.store import Damaged, Found, Put, Store

DAY = timedelta(days=1)
OVER = HOUR + timedelta(hours=25)  # when the hour's last row is a day old
NOTHING = Expired({}, {}, 0, (), (), ())


def filled(path: Path, cameras: int = 2, hours: tuple[datetime, ...] = (HOUR,)) -> Store:
    store = Store(path / "store", lambda: HOUR)
    for hour in hours:
        for number in range(cameras):
            store.put(f"gate-{number}", hour, SETTINGS, some(number, people=0.5), WHOLE)
    return store


def got(store: Store, camera: str = "gate-0", hour: datetime = HOUR) -> Found:
    found = store.get(camera, hour)
    assert isinstance(found, Found), found
    return found


@pytest.mark.parametrize(
    ("age", "keep_days", "what"),
    [
        (timedelta(hours=-3), 14, Due.KEEP),
        (timedelta(0), 14, Due.KEEP),
        (timedelta(hours=25) - timedelta(seconds=1), 14, Due.KEEP),
        (timedelta(hours=25), 14, Due.COARSEN),
        (timedelta(hours=14 * 24 - 10) - timedelta(seconds=1), 14, Due.COARSEN),
        (timedelta(hours=14 * 24 - 10), 14, Due.DESTROY),  # the day's first row is ten hours older
        (timedelta(days=900), 14, Due.DESTROY),
        (timedelta(hours=13, minutes=59), 1, Due.KEEP),
        (timedelta(hours=14), 1, Due.DESTROY),
    ],
)
def test_the_table(age: timedelta, keep_days: int, what: Due) -> None:
    assert due(HOUR, now=HOUR + age, keep_days=keep_days) is what


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(-100, 24 * 30),
    st.integers(1, 14),
)
def test_no_row_is_fine_for_25_hours_nor_there_for_longer_than_promised(at: datetime, age: int, keep: int) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    what = due(hour, now=hour + timedelta(hours=age), keep_days=keep)
    assert what is not Due.KEEP or age < 25
    assert what is Due.DESTROY or age < 24 * keep
    assert what is not Due.DESTROY or age > 24 * (keep - 1)
    later = due(hour, now=hour + timedelta(hours=age + 1), keep_days=keep)
    assert list(Due).index(later) >= list(Due).index(what), "nothing is undone"


def test_young_rows_stay_as_they_are(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert expire(store, now=OVER - timedelta(seconds=1)) == NOTHING
    assert plain(got(store).positions) == plain(some(0, people=0.5))


def test_after_a_day_rows_are_coarse(tmp_path: Path) -> None:
    store = filled(tmp_path, hours=(HOUR, HOUR + timedelta(hours=1)))
    assert expire(store, now=OVER) == Expired({HOUR: 2}, {}, 0, (), (), ())
    found = got(store)
    assert found.coarse
    assert (found.settings, found.covered) == (SETTINGS, WHOLE)
    assert set((found.positions.x_cm.astype(int) % CELL_CM).tolist()) == {CELL_CM // 2}
    fine = some(0, people=0.5)
    seen = set(zip(fine.track.tolist(), (fine.tick // MINUTE).tolist(), strict=True))
    assert len(found.positions) == len(seen)
    assert not got(store, hour=HOUR + timedelta(hours=1)).coarse
    assert expire(store, now=OVER) == NOTHING, "a second run finds nothing to do"


def test_a_backup_of_the_fine_rows_dies_with_their_key(tmp_path: Path) -> None:
    store = filled(tmp_path)
    backup = store.file("gate-0", HOUR).read_bytes()
    expire(store, now=OVER)
    assert store.keys.names() == ("2026-11-22",)
    store.file("gate-0", HOUR).write_bytes(backup)
    assert store.get("gate-0", HOUR) == Damaged(store.file("gate-0", HOUR), "its key was destroyed")
    # not even a key of the same name, made for minutes that came late, opens it
    store.put("gate-1", HOUR + timedelta(hours=1), SETTINGS, some(people=0.1), WHOLE)
    store.keys.made("2026-11-22T10")
    assert isinstance(store.get("gate-0", HOUR), Damaged)


def test_when_the_days_are_over_nothing_is_left(tmp_path: Path) -> None:
    store = filled(tmp_path, hours=(HOUR, HOUR + DAY))
    expire(store, now=OVER)
    (store.file("gate-0", HOUR).parent / "copy of gate-0.garim").write_bytes(b"x")
    backup = store.file("gate-0", HOUR).read_bytes()
    end = HOUR.replace(hour=0) + MOST_DAYS * DAY
    done = expire(store, now=end)
    assert done.destroyed == {date(2026, 11, 22): 3}
    assert done.coarsened == {HOUR + DAY: 2}
    assert store.days() == (date(2026, 11, 23),)
    assert store.keys.names() == ("2026-11-23",)
    assert store.get("gate-0", HOUR) is None
    assert got(store, hour=HOUR + DAY).coarse
    assert expire(store, now=end) == NOTHING
    store.file("gate-0", HOUR).parent.mkdir(parents=True)
    store.file("gate-0", HOUR).write_bytes(backup)
    assert isinstance(store.get("gate-0", HOUR), Damaged), "nor does a backup open"


def asked(store: Store, *hours: datetime) -> None:
    """A case answered for each hour, and a map shown of it."""
    with Budget(store.path) as budget:
        for hour in hours:
            stay = Window("gate-0", int(hour.timestamp()), int(hour.timestamp()) + 600)
            name = f"case of {hour}"
            budget.spend(name, [stay])
            budget.settle(name, f"what was told of {hour}", looked=[stay], counted=[stay])
            budget.spend_map("gate-0", hour)


def test_what_was_asked_is_forgotten_with_its_day_and_not_before(tmp_path: Path) -> None:
    store = filled(tmp_path, hours=(HOUR, HOUR + DAY))
    asked(store, HOUR, HOUR.replace(hour=23), HOUR + DAY)
    end = HOUR.replace(hour=0) + MOST_DAYS * DAY
    assert expire(store, now=end - timedelta(seconds=1)).forgotten == 0
    assert expire(store, now=end).forgotten == 6
    kept = b"".join(path.read_bytes() for path in store.path.glob(f"{NAME}*"))
    assert str(HOUR).encode() not in kept and str(HOUR + DAY).encode() in kept
    assert expire(store, now=end) == NOTHING
    assert expire(store, now=end + DAY).forgotten == 3


def test_what_was_asked_is_forgotten_though_a_run_was_killed_before(tmp_path: Path) -> None:
    store = filled(tmp_path)
    asked(store, HOUR)
    shutil.rmtree(store.path / "2026-11-22")
    for name in store.keys.names():
        store.keys.destroy(name)
    assert expire(store, now=HOUR + MOST_DAYS * DAY) == Expired({}, {}, 3, (), (), ())


def test_a_store_that_nobody_asked_gets_no_register(tmp_path: Path) -> None:
    store = filled(tmp_path)
    expire(store, now=HOUR + MOST_DAYS * DAY)
    assert not (store.path / NAME).exists()


def test_a_damaged_register_is_said_when_the_positions_are_gone(tmp_path: Path) -> None:
    store = filled(tmp_path)
    (store.path / NAME).write_bytes(b"no register" * 100)
    (undone,) = expire(store, now=HOUR + MOST_DAYS * DAY).undone
    assert undone.path == store.path / NAME and "nothing forgotten" in undone.why
    assert (store.days(), store.keys.names()) == ((), ())


def test_fewer_days_can_be_asked_and_more_cannot(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for days in (0, 15, -1):
        with pytest.raises(Misuse, match="1 to 14"):
            expire(store, now=OVER, keep_days=days)
    assert expire(store, now=HOUR + DAY, keep_days=1).destroyed == {date(2026, 11, 22): 2}


def test_damage_is_named_and_holds_nothing_up(tmp_path: Path) -> None:
    store = filled(tmp_path, cameras=3)
    file = store.file("gate-1", HOUR)
    file.write_bytes(file.read_bytes()[:-9])
    stray = file.parent / "no camera.garim"
    stray.write_bytes(b"")
    done = expire(store, now=OVER)
    assert done.coarsened == {HOUR: 2}
    assert {each.path for each in done.damaged} == {file, stray}
    assert store.keys.names() == ("2026-11-22",), "the fine rows died for all"
    assert file.exists(), "it is still damage for whoever asks, not an hour without footage"


def readable(path: Path) -> None:
    path.chmod(0o644)


def short(path: Path) -> None:
    path.write_bytes(b"x")


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


@pytest.mark.parametrize("spoil", [readable, short])
def test_a_fine_key_that_is_none_costs_its_own_hour_alone(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    next_hour = HOUR + timedelta(hours=1)
    store = filled(tmp_path, hours=(HOUR, next_hour))
    spoil(store.keys.folder / "2026-11-22T10.key")
    done = expire(store, now=OVER + timedelta(hours=1))
    assert done.coarsened == {HOUR: 0, next_hour: 2}
    assert {each.path for each in done.damaged} == {store.file(f"gate-{n}", HOUR) for n in (0, 1)}
    assert (done.undone, store.keys.names()) == ((), ("2026-11-22",))
    assert expire(store, now=OVER + timedelta(hours=1)) == NOTHING


@pytest.mark.parametrize("spoil", [readable, short])
def test_a_days_key_that_is_none_costs_its_own_day_alone(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    store = filled(tmp_path, hours=(HOUR, HOUR + DAY))
    spoil_me = store.keys.folder / "2026-11-22.key"
    store.keys.made("2026-11-22")
    spoil(spoil_me)
    done = expire(store, now=OVER + DAY)
    assert done.coarsened == {HOUR: 0, HOUR + DAY: 2}
    assert {each.path.parent for each in done.damaged} == {store.hour(HOUR)}
    assert store.keys.names() == ("2026-11-22", "2026-11-23"), "no fine rows outlive their day"
    assert expire(store, now=OVER + DAY) == NOTHING
    assert expire(store, now=OVER + 14 * DAY).undone == ()
    assert not spoil_me.exists(), "a key with a wrong mode dies too"


def test_a_key_that_cannot_be_destroyed_is_named_and_holds_nothing_up(tmp_path: Path) -> None:
    next_hour = HOUR + timedelta(hours=1)
    store = filled(tmp_path, hours=(HOUR, next_hour))
    folder(store.keys.folder / "2026-11-22T10.key")
    done = expire(store, now=OVER + timedelta(hours=1))
    assert [each.path for each in done.undone] == [store.keys.folder / "2026-11-22T10.key"]
    assert done.coarsened[next_hour] == 2
    late = expire(store, now=OVER + 20 * DAY)
    assert [each.path for each in late.undone] == [store.keys.folder / "2026-11-22T10.key"]
    assert (late.destroyed, store.days()) == ({date(2026, 11, 22): 4}, ())


def test_an_hour_whose_folder_is_none_is_named_and_its_key_dies(tmp_path: Path) -> None:
    store = filled(tmp_path)
    shutil.rmtree(store.hour(HOUR))
    store.hour(HOUR).write_bytes(b"")
    (damaged,) = expire(store, now=OVER).damaged
    assert damaged.path == store.hour(HOUR)
    assert store.keys.names() == ()


def test_rows_that_come_late_are_fine_until_the_next_run(tmp_path: Path) -> None:
    store = filled(tmp_path)
    expire(store, now=OVER)
    assert store.put("gate-0", HOUR, SETTINGS, some(9), WHOLE).put is Put.UNCHANGED
    assert got(store).coarse, "fine rows do not come back by themselves"
    with pytest.raises(Misuse, match="other settings"):
        store.put("gate-0", HOUR, "b" * 64, some(9), WHOLE)
    assert store.put("gate-9", HOUR, SETTINGS, some(9), WHOLE).put is Put.WRITTEN
    assert not got(store, "gate-9").coarse
    assert expire(store, now=OVER).coarsened == {HOUR: 1}
    assert got(store, "gate-9").coarse
    assert expire(store, now=OVER) == NOTHING


def test_minutes_are_not_added_to_coarse_ones(tmp_path: Path) -> None:
    store = Store(tmp_path, lambda: HOUR)
    store.put("a", HOUR, SETTINGS, some(people=0.1), ((0, 3000),))
    expire(store, now=OVER)
    with pytest.raises(Misuse, match="made coarse"):
        store.put("a", HOUR, SETTINGS, some(people=0.1), ((3000, 7200),))


def test_rows_from_the_future_are_named(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert expire(store, now=HOUR - timedelta(hours=2)) == Expired({}, {}, 0, (), (), (HOUR,))


def test_a_key_without_files_dies_too(tmp_path: Path) -> None:
    store = filled(tmp_path)
    shutil.rmtree(store.path / "2026-11-22")
    assert expire(store, now=OVER).coarsened == {HOUR: 0}
    assert store.keys.names() == ()


KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from garim.exposure.expire import expire
from garim.exposure.store import Store
store, now = Store(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2])
print(flush=True)
sys.stdin.readline()
expire(store, now=now)
print("done", flush=True)
"""


def killed(store: Store, now: datetime, seconds: float) -> bool:
    """Expire in a process of its own that is killed after a while; whether it came to its end."""
    command = [sys.executable, "-c", KILLED, str(store.path), now.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdout.readline()
        run.stdin.write(b"\n")
        run.stdin.flush()
        time.sleep(seconds)
        run.send_signal(signal.SIGKILL)
        return b"done" in run.stdout.read()


def kills(tmp_path: Path, rounds: int, seed: int) -> None:
    """Each round kills a run at some moment: every file is then as it was, or coarse; and the next run goes on."""
    chance = random.Random(seed)
    ended = 0
    for number in range(rounds):
        store = filled(tmp_path / f"{number}", cameras=12)
        expected = {f"gate-{camera}": plain(some(camera, people=0.5)) for camera in range(12)}
        ended += killed(store, OVER, chance.uniform(0, 0.25))
        for camera, fine in expected.items():
            found = got(store, camera)
            assert found.coarse or plain(found.positions) == fine
        done = expire(store, now=OVER)
        assert not done.damaged
        assert all(got(store, camera).coarse for camera in expected)
        assert store.keys.names() == ("2026-11-22",)
        assert expire(store, now=OVER) == NOTHING
        killed(store, OVER + 20 * DAY, chance.uniform(0, 0.03))
        expire(store, now=OVER + 20 * DAY)
        assert (store.days(), store.keys.names()) == ((), ())
        shutil.rmtree(store.path)
    assert ended < rounds, "no run was killed before its end: this proves nothing"


def test_killed_at_any_point(tmp_path: Path) -> None:
    kills(tmp_path, 4, seed=3)


@pytest.mark.slow
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    kills(tmp_path, 100, seed=100)


def test_nobody_reads_a_file_whose_key_dies_meanwhile(tmp_path: Path) -> None:
    """A reader beside a run sees fine rows or coarse ones, and never damage."""
    store = filled(tmp_path, cameras=12)
    command = [sys.executable, "-c", KILLED, str(store.path), OVER.isoformat()]
    assert not any(got(store, f"gate-{camera}").coarse for camera in range(12))
    reads = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stdin is not None
        run.stdin.write(b"\n")
        run.stdin.flush()
        while run.poll() is None:
            got(store, f"gate-{reads % 12}")
            reads += 1
    assert reads, "nothing was read beside the run: this proves nothing"
    assert all(got(store, f"gate-{camera}").coarse for camera in range(12))
