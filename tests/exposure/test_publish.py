"""From a real store to counts: once an hour's noise, what nobody watched said, what is damaged named."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.exposure.commands import garim

from garim.core.errors import Misuse, Unreadable, Unwritable
from garim.exposure import publish as room
from garim.exposure.noise import Claim
from garim.exposure.positions import Positions
from garim.exposure.publish import HOUR, HourState, Row, held, written
from garim.exposure.published import NAME, Published, turn
from garim.exposure.store import Store
from garim.ledger import Log, opened, standing

MIDNIGHT = datetime.combine(datetime.now(UTC).date() - timedelta(days=4), time(), UTC)  # the commands read the clock
DAY = MIDNIGHT.date()
LATER = MIDNIGHT + timedelta(days=3)
SURE = Claim(2.0)
OFF = 14  # one count of SURE in a trillion is off by more: 2 exp(-2 * 15) / (1 + exp(-2))
SETTINGS = "sha256:00"


def people(count: int) -> Positions:
    """`count` tracks of three ticks each."""
    track = np.repeat(np.arange(count, dtype=np.uint16) * 7, 3)
    n = len(track)
    tick = np.tile(np.array([10, 11, 12], np.int32), count)
    zeros = np.zeros(n)
    return Positions(track, tick, zeros.astype("i2"), zeros.astype("i2"), zeros.astype("u1") + 9, zeros.astype("u1"))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def publish(
    store: Path, days: Sequence[date], claim: Claim, *, at: datetime = LATER, again: bool = False
) -> tuple[Row, ...]:
    """What is published, logged to a ledger of this test's own."""
    with opened(None) as log:
        return room.publish(store, days, claim, log, at=at, again=again)[0]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two cameras: one saw 40 in an hour and nobody in the next, half watched; the other 25, a day later, too."""
    path = tmp_path / "store"
    room = Store(path)
    room.put("north", MIDNIGHT + 9 * HOUR, SETTINGS, people(40), ((0, 7200),))
    room.put("north", MIDNIGHT + 10 * HOUR, SETTINGS, Positions.none(), ((0, 1800), (3600, 5400)))
    room.put("south", MIDNIGHT + 9 * HOUR, SETTINGS, people(25), ((0, 7200),))
    room.put("south", MIDNIGHT + 33 * HOUR, SETTINGS, people(3), ((0, 7200),))
    return path


def counts(rows: object) -> dict[tuple[str, int], int]:
    return {(row.camera, row.hour.hour): row.tracks for row in rows if row.state is HourState.COUNTED}  # type: ignore[attr-defined]


def test_each_hour_of_each_camera_has_a_row_and_only_what_was_watched_a_count(store: Path) -> None:
    rows = publish(store, [DAY], SURE)
    assert [(row.camera, row.hour) for row in rows] == [
        (camera, MIDNIGHT + n * HOUR) for camera in ("north", "south") for n in range(24)
    ]
    found = counts(rows)
    assert set(found) == {("north", 9), ("north", 10), ("south", 9)}
    assert all(abs(found[key] - true) <= OFF for key, true in zip(sorted(found), (40, 0, 25), strict=True))
    others = [row for row in rows if row.state is not HourState.COUNTED]
    assert {row.state for row in others} == {HourState.NO_FOOTAGE}
    assert all((row.tracks, row.epsilon, row.watched_s) == (None, None, 0.0) for row in others)
    assert [row.watched_s for row in rows if row.tracks is not None] == [3600.0, 1800.0, 3600.0]


def test_below_zero_stays_below_zero(tmp_path: Path) -> None:
    """An hour with nobody, under much noise: of 96 draws some are below zero, or the noise is none."""
    room = Store(tmp_path)
    for n in range(96):
        room.put("quiet", MIDNIGHT + n * HOUR, SETTINGS, Positions.none(), ((0, 7200),))
    rows = publish(tmp_path, held(tmp_path), Claim(0.05), at=MIDNIGHT + timedelta(days=9))
    drawn = [row.tracks for row in rows if row.tracks is not None]
    assert len(drawn) == 96 and min(drawn) < 0 < max(drawn)


def test_a_second_publication_is_refused_and_the_first_can_be_had_again(store: Path) -> None:
    first = publish(store, [DAY], Claim(0.1))
    for claim in (Claim(0.1), Claim(1.0)):
        with pytest.raises(Misuse, match=f"published before, the first north at {DAY} 09:00 UTC"):
            publish(store, [DAY], claim)
    with pytest.raises(Misuse, match="3 of these hours"):
        publish(store, held(store), Claim(0.1))
    assert publish(store, [DAY], Claim(0.1), again=True) == first
    more = publish(store, held(store), Claim(0.1), again=True)
    assert set(first) < set(more) and len(more) == 96
    with pytest.raises(Misuse, match=r"was published with epsilon 0\.1, and stays so"):
        publish(store, [DAY], Claim(1.0), again=True)


def test_an_hour_that_expired_keeps_the_count_that_was_published(store: Path) -> None:
    first = publish(store, [DAY], Claim(1.0))
    for path in Store(store).stored(MIDNIGHT + 9 * HOUR):
        path.unlink()
    assert publish(store, [DAY], Claim(1.0), again=True) == first


def test_footage_that_comes_later_gets_its_first_count_then(store: Path) -> None:
    publish(store, [DAY], SURE)
    Store(store).put("north", MIDNIGHT + 11 * HOUR, SETTINGS, people(60), ((0, 7200),))
    rows = publish(store, [DAY], SURE, again=True)
    assert abs(counts(rows)["north", 11] - 60) <= OFF


def test_an_hour_that_is_not_over_waits(store: Path) -> None:
    rows = publish(store, [DAY], SURE, at=MIDNIGHT + 10 * HOUR + timedelta(minutes=59))
    states = {row.hour.hour: row.state for row in rows if row.camera == "north"}
    assert states[9] is HourState.COUNTED and states[10] is HourState.NOT_OVER and states[23] is HourState.NOT_OVER
    assert ("north", 10) in counts(publish(store, [DAY], SURE, again=True))


def test_a_damaged_file_is_named_and_has_no_count(store: Path) -> None:
    (path, _) = Store(store).stored(MIDNIGHT + 9 * HOUR)
    octets = bytearray(path.read_bytes())
    octets[-1] ^= 1
    path.write_bytes(octets)
    rows = publish(store, [DAY], SURE)
    (damaged,) = [row for row in rows if row.state is HourState.DAMAGED]
    assert str(path) in damaged.why and damaged.tracks is None


def test_what_holds_nothing_publishes_nothing(store: Path, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=f"no camera watched an hour of {DAY + timedelta(days=5)}"):
        publish(store, [DAY + timedelta(days=5)], SURE)
    with pytest.raises(Misuse, match="is no store"):
        publish(tmp_path / "nowhere", [DAY], SURE)
    assert not (tmp_path / "nowhere").exists()


def test_a_register_that_is_damaged_stops_everything(store: Path) -> None:
    (store / NAME).write_bytes(b"not a database, and longer than its header would be" * 40)
    with pytest.raises(Unreadable, match=f"{NAME}: is damaged"):
        publish(store, [DAY], SURE)


def test_a_register_that_cannot_be_written_stops_everything(store: Path) -> None:
    (store / NAME).mkdir()
    with pytest.raises(Unwritable, match="nothing was published"):
        publish(store, [DAY], SURE)


def test_what_fails_in_its_turn_leaves_the_register_as_it_was(tmp_path: Path) -> None:
    row = Published("north", MIDNIGHT, 7200, -3, 0.5)
    with turn(tmp_path) as register:
        register.add([row])
    with pytest.raises(RuntimeError), turn(tmp_path) as register:
        register.add([Published("north", MIDNIGHT + HOUR, 7200, 1, 0.5)])
        raise RuntimeError
    with pytest.raises(sqlite3.Error), turn(tmp_path) as register:
        register.add([row])
    with turn(tmp_path) as register:
        assert register.known(MIDNIGHT, MIDNIGHT + 24 * HOUR) == (row,)
        assert register.known(MIDNIGHT + HOUR, MIDNIGHT + 24 * HOUR) == ()


def test_the_claim_stands_above_the_counts(store: Path) -> None:
    rows = publish(store, [DAY], Claim(0.5))
    text = written(rows, Claim(0.5))
    said = [line for line in text.splitlines() if line.startswith("# ")]
    table = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [line.removeprefix("# ") for line in said] == list(Claim(0.5).lines())
    for words in (
        "epsilon 0.5",
        "event-level",
        "absolute error 1.92",
        "counted again",
        "below zero",
        "not zero people",
    ):
        assert words in text
    assert table[9] == {
        "camera": "north",
        "hour": f"{DAY}T09:00Z",
        "watched_s": "3600.0",
        "tracks": str(rows[9].tracks),
        "epsilon": "0.5",
        "state": "counted",
    }
    assert (table[0]["tracks"], table[0]["state"]) == ("", "no footage")


def test_no_count_leaves_before_the_log_has_it(store: Path, tmp_path: Path) -> None:
    with Log.create(tmp_path / "log", "counts.example/log") as log:
        rows, receipt = room.publish(store, [DAY], Claim(1.0), log, at=LATER)
        assert receipt.proof.proven(log.vkeys).size == 1
        receipt.refuse_false()
        assert receipt.opened == {"publication": sha256(written(rows, Claim(1.0)).encode()).hexdigest()}
        (tmp_path / "log.private" / "lock").unlink()
        (tmp_path / "log.private" / "lock").mkdir()
        with pytest.raises(Unwritable):
            room.publish(store, held(store), Claim(1.0), log, at=LATER, again=True)
    assert len(standing(tmp_path / "log", "exposure.published")) == 1


def test_from_the_shell(store: Path, tmp_path: Path) -> None:
    words = ("publish", "--store", store, "--epsilon", "1", "--day", str(DAY))
    ran = garim(*words, "-o", "counts.csv", "--picture", "counts.svg", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["receipt"]["kind"] == "exposure.published" and len(said["rows"]) == 48
    assert (tmp_path / "counts.svg").read_text().startswith("<svg")
    kept = (tmp_path / "counts.csv").read_text()
    refused = garim(*words, "-o", "new.csv", cwd=tmp_path)
    assert refused.returncode == 2 and "published before" in refused.stderr
    assert not (tmp_path / "new.csv").exists()
    again = garim(*words, "-o", "new.csv", "--again", cwd=tmp_path)
    assert again.returncode == 0 and "3 hours counted" in again.stderr and "event-level" in again.stderr
    assert (tmp_path / "new.csv").read_text() == kept
    logged = b"".join(
        path.read_bytes() for path in (tmp_path / "state" / "garim" / "ledger").rglob("*") if path.is_file()
    )
    assert b'"cameras":2,"epsilon_thousandths":1000,"hours":3,"publication":"hmac-sha256:' in logged
    assert "as entry 1." in again.stderr  # the same counts handed out again are an entry of their own


@pytest.mark.parametrize(
    ("words", "says"),
    [
        *((("--epsilon", epsilon), "between 0.01 and 2") for epsilon in ("0", "2.1", "10")),
        (("--epsilon", "1", "--day", "yesterday"), "is a day, as 2026-11-20"),
        (("--epsilon", "1", "--picture", "counts.csv"), "named twice"),
        (("--epsilon", "1", "--store", "nowhere"), "is no store"),
    ],
)
def test_what_cannot_be_asked_spends_nothing(store: Path, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ran = garim("publish", "--store", store, "-o", "counts.csv", *words, cwd=tmp_path)
    assert ran.returncode == 2 and says in ran.stderr, ran.stderr
    assert not (store / NAME).exists() and not (tmp_path / "counts.csv").exists()


def test_a_damaged_hour_shows_in_the_exit_code(store: Path, tmp_path: Path) -> None:
    Store(store).stored(MIDNIGHT + 9 * HOUR)[0].write_bytes(b"")
    ran = garim("publish", "--store", store, "--epsilon", "1", "-o", "counts.csv", cwd=tmp_path)
    assert ran.returncode == 1 and "damaged" in ran.stderr and "1 hours damaged" in ran.stderr
    assert "damaged" in (tmp_path / "counts.csv").read_text()


def test_counts_whose_file_could_not_be_written_are_not_lost(store: Path, tmp_path: Path) -> None:
    """Once drawn they are spent: on the register first, and had again from there."""
    words = ("publish", "--store", store, "--epsilon", "1", "--day", str(DAY))
    lost = garim(*words, "-o", "gone/counts.csv", cwd=tmp_path)
    assert lost.returncode == 3 and "gone/counts.csv" in lost.stderr
    with turn(store) as register:
        kept = register.known(MIDNIGHT, MIDNIGHT + 24 * HOUR)
    assert len(kept) == 3
    assert garim(*words, "-o", "counts.csv", cwd=tmp_path).returncode == 2
    assert garim(*words, "-o", "counts.csv", "--again", cwd=tmp_path).returncode == 0
    table = csv.DictReader(line for line in (tmp_path / "counts.csv").read_text().splitlines() if line[0] != "#")
    assert [int(row["tracks"]) for row in table if row["tracks"]] == [row.count for row in kept]
