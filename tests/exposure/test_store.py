"""The store: each hour once, whole, where it belongs, and every damage by its name."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.exposure.rows import HOUR, ROOT, SETTINGS, WHOLE, plain, some

from garim.core.errors import Misuse
from garim.exposure.coarse import coarsened
from garim.exposure.due import MOST_DAYS
from garim.exposure.positions import Positions
from garim.exposure.seal import ground_named
from garim.exposure.store import Damaged, Found, Put, Store, Stored

EARLY, LATE = ((0, 1200),), ((6000, 7200),)
OTHER = "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lambda: HOUR)


def found(store: Store, camera: str = "gate-3", hour: datetime = HOUR) -> Found:
    got = store.get(camera, hour)
    assert isinstance(got, Found), got
    return got


def within(covered: tuple[tuple[int, int], ...], seed: int = 1) -> Positions:
    """Rows in the span that is covered."""
    rows = some(seed)
    inside = (rows.tick >= covered[0][0]) & (rows.tick < covered[0][1])
    place = rows.x_cm[inside], rows.y_cm[inside], rows.sd_cm[inside]
    return Positions(rows.track[inside], rows.tick[inside], *place, rows.mask[inside])


def paths(store: Store) -> list[Path]:
    return sorted(path for path in store.path.rglob("*") if path.is_file())


def test_what_is_put_is_got(store: Store) -> None:
    assert store.put("gate-3", HOUR, SETTINGS, some(), WHOLE).put is Put.WRITTEN
    got = found(store)
    assert plain(got.positions) == plain(some())
    assert (got.covered, got.settings, got.coarse) == (WHOLE, SETTINGS, False)


def test_rows_that_nobody_expired_are_read_no_finer_and_no_older_than_was_promised(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    file = store.file("gate-3", HOUR)
    lies = file.read_bytes()

    def at(age: timedelta) -> Found | Damaged | None:
        return Store(store.path, lambda: HOUR + age).get("gate-3", HOUR)

    young, old = at(timedelta(hours=25, seconds=-1)), at(timedelta(hours=25))
    assert isinstance(young, Found) and isinstance(old, Found)
    assert (plain(young.positions), young.coarse) == (plain(some()), False)
    expected = coarsened(some(), np.random.default_rng())
    columns = [np.sort(getattr(old.positions, name)).tolist() for name in ("tick", "x_cm", "y_cm", "sd_cm")]
    assert columns == [np.sort(getattr(expected, name)).tolist() for name in ("tick", "x_cm", "y_cm", "sd_cm")]
    assert old.coarse and (old.covered, old.settings) == (WHOLE, SETTINGS)
    last = MOST_DAYS * timedelta(days=1) - timedelta(hours=HOUR.hour)
    assert isinstance(at(last - timedelta(seconds=1)), Found)
    assert at(last) is None
    assert file.read_bytes() == lies, "reading writes nothing"
    file.write_bytes(b"")
    assert isinstance(at(timedelta(hours=25)), Damaged)


def test_nobody_there_is_not_no_footage(store: Store) -> None:
    assert store.get("gate-3", HOUR) is None
    store.put("gate-3", HOUR, SETTINGS, Positions.none(), EARLY)
    assert len(found(store).positions) == 0
    assert found(store).covered == EARLY
    assert store.get("gate-3", HOUR + timedelta(hours=1)) is None
    assert store.get("gate-4", HOUR) is None


def test_where_it_is_and_whose(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    (key, file) = paths(store)[::-1]
    assert key.relative_to(store.path) == Path("keys/2026-11-22T10.key")
    assert file == store.file("gate-3", HOUR)
    assert file.relative_to(store.path).parts[:2] == ("2026-11-22", "10")
    assert all(path.stat().st_mode & 0o077 == 0 for path in [store.path, *store.path.rglob("*")])
    assert b"PAR1" not in file.read_bytes()


def test_what_there_is(store: Store) -> None:
    assert (store.cameras(), store.days(), store.hours("a")) == ((), (), ())
    later = HOUR + timedelta(days=1, hours=2)
    for camera, hour in [("b", later), ("b", HOUR), ("a", HOUR)]:
        store.put(camera, hour, SETTINGS, some(people=0.1), WHOLE)
    assert store.cameras() == ("a", "b")
    assert store.hours("b") == (HOUR, later)
    assert store.hours("a") == (HOUR,)
    assert store.days() == (date(2026, 11, 22), date(2026, 11, 23))
    assert len(store.stored(HOUR)) == 2


def test_a_store_that_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(Misuse, match="is no store"):
        Store.existing(store.path)
    store.put("a", HOUR, SETTINGS, some(people=0.1), WHOLE)
    assert Store.existing(store.path) == store


def test_the_same_again_changes_nothing(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in paths(store)]
    assert store.put("gate-3", HOUR, SETTINGS, some(2), WHOLE).put is Put.UNCHANGED
    assert store.put("gate-3", HOUR, SETTINGS, within(EARLY), EARLY).put is Put.UNCHANGED
    assert [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in paths(store)] == before


def test_other_settings_are_refused_unless_replaced(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    with pytest.raises(Misuse, match="other settings"):
        store.put("gate-3", HOUR, OTHER, some(2), WHOLE)
    assert plain(found(store).positions) == plain(some())
    assert store.put("gate-3", HOUR, OTHER, some(2), WHOLE, replace=True).put is Put.REPLACED
    assert plain(found(store).positions) == plain(some(2))
    assert found(store).settings == OTHER


def test_other_minutes_of_the_hour_are_added(store: Store) -> None:
    """Two films, or a stream that came back: neither is lost, and nobody becomes anybody else."""
    early, late = within(EARLY, 1), within(LATE, 1)  # the same numbers in both
    assert set(early.track.tolist()) & set(late.track.tolist()) or len(early)
    store.put("gate-3", HOUR, SETTINGS, early, EARLY)
    assert store.put("gate-3", HOUR, SETTINGS, late, LATE).put is Put.ADDED
    got = found(store)
    assert got.covered == EARLY + LATE
    first = got.positions.tick < 3000
    assert set(got.positions.track[first].tolist()).isdisjoint(got.positions.track[~first].tolist())
    assert len(set(got.positions.track.tolist())) == len(set(early.track.tolist())) + len(set(late.track.tolist()))
    for part, rows in ((first, early), (~first, late)):
        assert sorted(got.positions.x_cm[part].tolist()) == sorted(rows.x_cm.tolist())
    assert plain(early)["track"] == got.positions.track[first].tolist(), "what was there keeps its numbers"
    assert store.put("gate-3", HOUR, SETTINGS, late, LATE).put is Put.UNCHANGED


def test_a_track_whose_number_is_taken_gets_another(store: Store) -> None:
    def one(tick: int) -> Positions:
        columns = zip((7, tick, 100, 200, 5, 0), ("u2", "i4", "i2", "i2", "u1", "u1"), strict=True)
        return Positions(*(np.array([value], kind) for value, kind in columns))

    store.put("gate-3", HOUR, SETTINGS, one(5), EARLY)
    store.put("gate-3", HOUR, SETTINGS, one(6005), LATE)
    tracks = found(store).positions.track.tolist()
    assert len(set(tracks)) == 2
    assert 7 in tracks


def ticks(rows: Positions) -> list[int]:
    return sorted(rows.tick.tolist())


def test_of_minutes_that_are_there_in_part_the_others_are_added(store: Store) -> None:
    first, second = some(1), some(2)
    store.put("gate-3", HOUR, SETTINGS, within(EARLY, 1), EARLY)
    foreseen = store.foreseen("gate-3", HOUR, SETTINGS, ((600, 2400),))
    done = store.put("gate-3", HOUR, SETTINGS, within(((600, 2400),), 2), ((600, 2400),))
    assert done == foreseen == Stored(Put.ADDED, ((1200, 2400),), EARLY)
    got = found(store)
    assert got.covered == ((0, 2400),)
    old, new = first.tick < 1200, (second.tick >= 1200) & (second.tick < 2400)
    assert ticks(got.positions) == sorted([*first.tick[old].tolist(), *second.tick[new].tolist()])


def test_replacing_minutes_leaves_the_hours_others(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(1), WHOLE)
    done = store.put("gate-3", HOUR, SETTINGS, within(LATE, 2), LATE, replace=True)
    assert done == Stored(Put.REPLACED, LATE, ((0, 6000),))
    got, first, second = found(store), some(1), some(2)
    assert got.covered == WHOLE
    assert ticks(got.positions) == sorted(
        [*first.tick[first.tick < 6000].tolist(), *second.tick[second.tick >= 6000].tolist()]
    )


def test_what_cannot_stand_beside_them_is_dropped_and_said(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(1), WHOLE)
    done = store.put("gate-3", HOUR, OTHER, within(LATE, 2), LATE, replace=True)
    assert done == Stored(Put.REPLACED, LATE, (), ((0, 6000),))
    assert (found(store).covered, found(store).settings) == (LATE, OTHER)


def test_foreseeing_does_nothing(store: Store) -> None:
    assert store.foreseen("gate-3", HOUR, SETTINGS, EARLY) == Stored(Put.WRITTEN, EARLY)
    assert not store.path.exists()
    store.put("gate-3", HOUR, SETTINGS, within(EARLY), EARLY)
    with pytest.raises(Misuse, match="other settings"):
        store.foreseen("gate-3", HOUR, OTHER, EARLY)
    assert found(store).settings == SETTINGS


def cut(octets: bytes) -> bytes:
    return octets[:-20]


def flip(octets: bytes) -> bytes:
    return octets[:-30] + bytes([octets[-30] ^ 1]) + octets[-29:]


def relabelled(octets: bytes) -> bytes:
    return octets.replace(b"gate-3", b"gate-4")


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "cut short"),
    "cut": (cut, "damaged, cut short"),
    "one bit": (flip, "damaged, cut short"),
    "another file": (lambda _: b"PAR1" * 100, "no file of this store"),
    "another label": (relabelled, "camera gate-4"),
}


@pytest.mark.parametrize(("change", "why"), DAMAGE.values(), ids=DAMAGE)
def test_damage_has_a_name_and_is_replaced_only_when_asked(
    change: Callable[[bytes], bytes], why: str, store: Store
) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    file = store.file("gate-3", HOUR)
    file.write_bytes(change(file.read_bytes()))
    got = store.get("gate-3", HOUR)
    assert isinstance(got, Damaged)
    assert got.path == file
    assert why in got.why
    with pytest.raises(Misuse, match="left as it is"):
        store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    assert store.get("gate-3", HOUR) == got
    assert store.put("gate-3", HOUR, SETTINGS, some(), WHOLE, replace=True).put is Put.REPLACED
    assert plain(found(store).positions) == plain(some())


def test_anothers_file_in_this_place_is_damage(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    store.put("gate-4", HOUR, SETTINGS, some(2), WHOLE)
    store.file("gate-3", HOUR).write_bytes(store.file("gate-4", HOUR).read_bytes())
    got = store.get("gate-3", HOUR)
    assert isinstance(got, Damaged)
    assert "of camera gate-4" in got.why


def test_under_a_destroyed_key_it_is_damage(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    store.keys.destroy("2026-11-22T10")
    got = store.get("gate-3", HOUR)
    assert isinstance(got, Damaged)
    assert got.why == "its key was destroyed"
    (store.keys.folder / "2026-11-22T10.key").write_bytes(b"short")
    (store.keys.folder / "2026-11-22T10.key").chmod(0o600)
    got = store.get("gate-3", HOUR)
    assert isinstance(got, Damaged)
    assert "is no key" in got.why


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_damage(store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(), WHOLE)
    store.file("gate-3", HOUR).chmod(0)
    assert isinstance(store.get("gate-3", HOUR), Damaged)


def test_a_folder_in_its_place_is_damage(store: Store) -> None:
    store.file("gate-3", HOUR).mkdir(parents=True)
    got = store.get("gate-3", HOUR)
    assert isinstance(got, Damaged)
    assert "cannot be read" in got.why


@pytest.mark.parametrize("camera", ["../../x", "..", ".", "a/b", "", "a" * 65])
def test_an_id_leads_nowhere_else(camera: str, store: Store) -> None:
    (store.path / "2026-11-22").mkdir(parents=True)
    for asked in (
        lambda: store.get(camera, HOUR),
        lambda: store.put(camera, HOUR, SETTINGS, some(people=0.1), WHOLE),
        lambda: store.put_ground(camera, "{}"),
        lambda: store.ground(camera),
        lambda: store.hours(camera),
    ):
        with pytest.raises(Misuse, match="camera"):
            asked()


def test_ground(store: Store) -> None:
    assert store.ground("gate-3") is None
    assert store.put_ground("gate-3", "{1}") is Put.WRITTEN
    assert store.put_ground("gate-3", "{1}") is Put.UNCHANGED
    with pytest.raises(Misuse, match="another ground"):
        store.put_ground("gate-3", "{2}")
    assert store.ground("gate-3") == "{1}"
    assert store.put_ground("gate-3", "{2}", replace=True) is Put.REPLACED
    assert store.ground("gate-3") == "{2}"
    assert store.cameras() == ("gate-3",)
    (store.path / "cameras" / "gate-3" / "ground.json").write_bytes(b"\xff")
    assert isinstance(store.ground("gate-3"), Damaged)


def test_rows_say_in_which_grounds_metres_they_are(store: Store) -> None:
    """Another hour under a new ground leaves the old ground, and whose rows are in its metres."""
    first, second = (ground_named(text) for text in ("{1}", "{2}"))
    later = HOUR + timedelta(hours=1)
    store.put_ground("gate-3", "{1}")
    store.put("gate-3", HOUR, SETTINGS, some(1), WHOLE, ground=first)
    store.put_ground("gate-3", "{2}", replace=True)
    store.put("gate-3", later, SETTINGS, some(2), WHOLE, ground=second, replace=True)
    assert [found(store, hour=hour).ground for hour in (HOUR, later)] == [first, second]
    assert [store.ground("gate-3", name) for name in (first, second)] == ["{1}", "{2}"]
    assert store.ground("gate-3") == "{2}"
    with pytest.raises(Misuse, match="other settings"):  # or another ground
        store.put("gate-3", HOUR, SETTINGS, some(2), WHOLE, ground=second)
    old = Store(store.path, lambda: HOUR + timedelta(days=2)).get("gate-3", HOUR)
    assert isinstance(old, Found) and (old.coarse, old.ground) == (True, first)
    (store.path / "cameras" / "gate-3" / f"ground-{first}.json").write_text("{3}")
    assert isinstance(store.ground("gate-3", first), Damaged)


def test_rows_in_the_metres_of_no_ground_that_is_there_are_not_put(store: Store) -> None:
    store.put_ground("gate-3", "{1}")
    with pytest.raises(ValueError, match="was not put"):
        store.put("gate-3", HOUR, SETTINGS, some(1), WHOLE, ground=ground_named("{2}"))
    store.put("gate-3", HOUR, SETTINGS, some(1), WHOLE)
    assert (found(store).ground, store.ground("gate-3", "")) == ("", None)


PUTTER = """
import sys
from pathlib import Path
from garim.exposure.store import Store
from tests.exposure.rows import HOUR, some
store, seed, settings, spans = Store(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3], eval(sys.argv[4])
rows = some(seed, people=0.5)
sys.stdin.read()
for span in spans:
    try:
        print(store.put("gate-3", HOUR, settings, rows, (span,)).put.value)
    except Exception as error:
        print(type(error).__name__)
"""


def at_once(store: Store, words: list[tuple[str, str, str]]) -> list[list[str]]:
    """What processes that begin at the same moment say, each given a seed, settings and spans."""
    command = [sys.executable, "-c", PUTTER, str(store.path)]
    started = [
        subprocess.Popen([*command, *each], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for each in words
    ]
    for each in started:
        assert each.stdin is not None
        each.stdin.close()
        each.stdin = None
    return [each.communicate(timeout=60)[0].split() for each in started]


def test_the_same_hour_from_two_processes_is_one_result(store: Store) -> None:
    said = at_once(store, [("1", SETTINGS, "[(0, 7200)]"), ("2", SETTINGS, "[(0, 7200)]")])
    assert sorted(said) == [["unchanged"], ["written"]]
    won = 1 + said.index(["written"])
    assert plain(found(store).positions) == plain(some(won, people=0.5))


def test_other_settings_from_two_processes_are_one_result(store: Store) -> None:
    said = at_once(store, [("1", SETTINGS, "[(0, 7200)]"), ("2", OTHER, "[(0, 7200)]")])
    assert sorted(said) == [["Misuse"], ["written"]]
    assert found(store).settings == (SETTINGS, OTHER)[said.index(["written"])]


def test_minutes_from_two_processes_are_all_there(store: Store) -> None:
    spans = [(start, start + 100) for start in range(0, 7200, 300)]
    others = [(start + 100, end + 100) for start, end in spans]
    said = at_once(store, [("1", SETTINGS, str(spans)), ("2", SETTINGS, str(others))])
    assert sorted({word for words in said for word in words}) == ["added", "written"]
    assert found(store).covered == tuple((start, start + 200) for start, _ in spans)


@pytest.mark.parametrize("asked", ["get", "put"])
def test_whoever_has_an_hour_alone_is_waited_for(asked: str, store: Store) -> None:
    store.put("gate-3", HOUR, SETTINGS, some(people=0.1), WHOLE)
    do = {
        "get": lambda: store.get("gate-3", HOUR),
        "put": lambda: store.put("gate-4", HOUR, SETTINGS, some(people=0.1), WHOLE),
    }
    waiting = threading.Thread(target=do[asked], daemon=True)
    with store.hour_alone(HOUR):
        assert isinstance(store.read("gate-3", HOUR), Found)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        store.get("gate-3", HOUR + timedelta(hours=1))  # other hours are nobody's business
        store.put("gate-3", HOUR + timedelta(hours=1), SETTINGS, some(people=0.1), WHOLE)
    waiting.join(10)
    assert not waiting.is_alive()


def test_an_hour_that_begins_elsewhere_is_no_hour(store: Store) -> None:
    with pytest.raises(ValueError, match="whole hour"):
        store.get("gate-3", datetime(2026, 11, 22, 10, 30, tzinfo=UTC))
