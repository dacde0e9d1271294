"""What goes wrong: processes that die, full disks, two writers, lost keys, old backups, flipped bytes."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.deaths import run, start
from tests.corpus.test_admit_withdraw_erase import in_parts
from tests.corpus.world import KNOWN, World, anybody, new, photo

from garim.consent import Signer
from garim.core.errors import Disproved, GarimError, Misuse, Unreadable
from garim.corpus import record
from garim.corpus.admit import admit_all
from garim.corpus.check import check
from garim.corpus.corpus import Corpus
from garim.corpus.erase import erase
from garim.corpus.errors import Gone, NotAdmitted, OldLedger, Unknown, Why, WrongMaster
from garim.corpus.masterkey import MasterCommand, MasterFile, made
from garim.corpus.opening import opened
from garim.corpus.settle import turn
from garim.corpus.withdraw import withdraw
from garim.ledger import Log, standing


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P-01 with two photos, one of them in a part, P-02 with one; P-03's two photos are about to come."""
    world = new(tmp_path_factory.mktemp("base"))
    with world.open() as corpus:
        world.admit(corpus, "P-01", 1)
        world.admit(corpus, "P-02", 2)
    in_parts(world)
    with world.open() as corpus:
        world.admit(corpus, "P-01", 3)
    for seed in (4, 5):
        world.candidate("P-03", seed)
    return world


def copied(world: World, root: Path) -> World:
    shutil.copytree(world.root, root, symlinks=True)
    return World(root)


def admitting(world: World) -> str:
    with world.open() as corpus:
        batch = [world.candidate("P-03", 4), world.candidate("P-03", 5)]
        return f"{len(list(admit_all(corpus, batch, known=KNOWN, look=anybody)))} admitted"


def withdrawing(world: World) -> str:
    with world.open() as corpus:
        return f"{withdraw(corpus, ['P-01'], by=Signer.SUBJECT)[0].entry} withdrawn"


def erasing(world: World) -> str:
    with world.open() as corpus:
        return f"{erase(corpus, 'P-01', by=Signer.SUBJECT).entry} erased"


def logged(world: World, kind: str) -> int:
    return len(standing(world.ledger, kind))


def all_or_nothing_admitted(world: World, corpus: Corpus, acknowledged: bool) -> None:
    with corpus.state.reading() as db:
        (held,) = db.execute("SELECT count(*) FROM blobs").fetchone()
    assert held in ((5,) if acknowledged else (3, 5))
    assert logged(world, "corpus.admitted") == (4 if held == 5 else 3)
    if held == 3:
        with pytest.raises(Unknown):
            corpus.subject("P-03")
        admitting(world)
        assert check(corpus).of_photos == 5


def withdrawn_or_not(world: World, corpus: Corpus, acknowledged: bool) -> None:
    entries = logged(world, "corpus.withdrawn")
    gone = 0 in corpus.gone()
    assert gone == bool(entries) and entries <= 1
    assert gone or not acknowledged
    if gone:
        with pytest.raises(Gone):
            photo(corpus, 0)
    else:
        assert photo(corpus, 0)


def erased_or_not(world: World, corpus: Corpus, acknowledged: bool) -> None:
    with corpus.state.reading() as db:
        erasures = db.execute("SELECT done, certificate, entry FROM erasures").fetchall()
    assert erasures or not acknowledged
    if not erasures:
        withdrawn_or_not(world, corpus, acknowledged=False)
        return
    ((done, text, entry),) = erasures
    assert done == 2 and text and b"corpus.erased" in corpus.log.tree.entry(entry)
    assert logged(world, "corpus.erased") == 1
    assert corpus.keys.seed(0) is None and not corpus.photos_of(0)
    assert not len(corpus.holdings().rows_of(0)) and len(corpus.holdings().rows_of(1)) == 1
    assert erase(corpus, "P-01", by=Signer.SUBJECT).entry == entry


JOBS = {
    "admit": (admitting, all_or_nothing_admitted),
    "withdraw": (withdrawing, withdrawn_or_not),
    "erase": (erasing, erased_or_not),
}
Holds = Callable[[World, Corpus, bool], None]


def holds(world: World, after: Holds, acknowledged: bool) -> None:
    """Open it again: what the dead left is either before or after, and nothing is broken."""
    with world.open() as corpus:
        assert check(corpus).found == ()
        after(world, corpus, acknowledged)
        assert check(corpus).found == ()
        assert photo(corpus, 1)  # P-02's, which nobody touched


EVERY = pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])


@EVERY
@pytest.mark.parametrize("name", JOBS)
def test_killed_before_any_step_it_is_before_or_after(base: World, tmp_path: Path, name: str, every: int) -> None:
    job, after = JOBS[name]
    whole = copied(base, tmp_path / "whole")
    status, steps, said = run(lambda: job(whole))
    assert status == 0, said
    assert steps > 10
    holds(whole, after, acknowledged=True)
    for die_at in range(1, steps + 1, every):
        world = copied(base, tmp_path / f"{die_at}")
        status, _, said = run(lambda world=world: job(world), die_at=die_at)  # type: ignore[misc]
        assert os.WIFSIGNALED(status), f"{die_at}: {said}"
        holds(world, after, acknowledged=False)
        shutil.rmtree(world.root)


@pytest.mark.parametrize("name", JOBS)
def test_killed_at_any_time_it_is_before_or_after(base: World, tmp_path: Path, name: str) -> None:
    job, after = JOBS[name]
    draw = random.Random(name)
    for number in range(8):
        world = copied(base, tmp_path / f"{number}")
        pid = start(lambda world=world: job(world))  # type: ignore[misc]
        time.sleep(draw.uniform(0, 0.15))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        holds(world, after, acknowledged=status == 0)
        shutil.rmtree(world.root)


@EVERY
def test_killed_while_it_recovers_it_recovers_the_next_time(base: World, tmp_path: Path, every: int) -> None:
    begun = copied(base, tmp_path / "begun")
    _, steps, _ = run(lambda: erasing(copied(base, tmp_path / "whole")))
    run(lambda: erasing(begun), die_at=steps // 2)

    def opening(world: World) -> None:
        with world.open():
            pass

    _, steps, _ = run(lambda: opening(copied(begun, tmp_path / "again")))
    for die_at in range(1, steps + 1, every):
        world = copied(begun, tmp_path / f"{die_at}")
        status, _, _ = run(lambda world=world: opening(world), die_at=die_at)  # type: ignore[misc]
        assert os.WIFSIGNALED(status)
        holds(world, erased_or_not, acknowledged=True)


@pytest.mark.parametrize("name", JOBS)
def test_a_full_disk_is_said_and_loses_nothing(base: World, tmp_path: Path, name: str) -> None:
    job, after = JOBS[name]

    def small(room: int) -> Callable[[], None]:
        def limited() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        return limited

    ended = set()
    for room in (0, 100, 1000, 4096, 8192, 20_000, 40_000, 60_000, 90_000, 130_000, 200_000, 400_000):
        world = copied(base, tmp_path / f"{room}")
        status, _, said = run(lambda world=world: job(world), before=small(room))  # type: ignore[misc]
        ended.add(status)
        assert os.WIFEXITED(status)
        assert status == 0 or said.startswith(("Unwritable", "Unreadable")), said
        holds(world, after, acknowledged=status == 0)
        shutil.rmtree(world.root)
    assert len(ended) == 2, "some room was too small, and some enough"


def test_two_writers_take_turns(base: World, tmp_path: Path) -> None:
    world = copied(base, tmp_path / "both")
    for seed in range(100, 112):
        world.candidate("P-00", seed)

    def one(who: int) -> None:
        with world.open() as corpus:
            for seed in range(100 + who, 112, 2):
                world.admit(corpus, f"P-{seed}", seed)
                withdraw(corpus, [f"P-{seed}"], by=Signer.SUBJECT)

    pids = [start(lambda who=who: one(who)) for who in (0, 1)]  # type: ignore[misc]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    with world.open() as corpus:
        assert len(corpus.gone()) == 12 and check(corpus).found == ()
        numbers = {corpus.subject(f"P-{seed}").number for seed in range(100, 112)}
        assert len(numbers) == 12
    assert logged(world, "corpus.withdrawn") == 12 and logged(world, "corpus.admitted") == 15


def test_a_wrong_a_lost_and_an_open_master_key_open_nothing(base: World, tmp_path: Path) -> None:
    other = made(tmp_path / "other.key")
    with Log(base.ledger) as log:
        with pytest.raises(WrongMaster, match="not this corpus's"), opened(base.folder, other, log):
            pass
        with pytest.raises(Unreadable, match="cannot be read"), opened(base.folder, MasterFile(tmp_path / "no"), log):
            pass
        (tmp_path / "open.key").write_bytes(base.master.path.read_bytes())
        (tmp_path / "open.key").chmod(0o644)
        with pytest.raises(Misuse, match="chmod 600"), opened(base.folder, MasterFile(tmp_path / "open.key"), log):
            pass
        with pytest.raises(GarimError) as caught, opened(base.folder, MasterCommand(("printf", "secret")), log):
            pass
        assert "secret" not in str(caught.value)
        with pytest.raises(Unreadable), opened(base.folder, MasterCommand(("false",)), log):
            pass
    with pytest.raises(Misuse, match="never overwritten"):
        made(other.path)


def test_a_command_hands_out_the_master_key(base: World, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(base.master.unwrap())
    with Log(base.ledger) as log, opened(base.folder, MasterCommand(("cat", str(raw))), log) as corpus:
        assert photo(corpus, 1)


def restored(world: World, backup: Path) -> None:
    shutil.rmtree(world.folder)
    shutil.copytree(backup, world.folder)


def test_a_restored_backup_undoes_no_withdrawal_and_no_erasure(base: World, tmp_path: Path) -> None:
    world, backup = copied(base, tmp_path / "world"), tmp_path / "backup"
    shutil.copytree(world.folder, backup)
    with world.open() as corpus:
        world.admit(corpus, "P-03", 4)
        withdraw(corpus, ["P-02", "P-03"], by=Signer.SUBJECT)
        erase(corpus, "P-01", by=Signer.SUBJECT)
    restored(world, backup)
    assert (world.folder / "keys" / "0000").read_bytes()[:24] != bytes(24)
    with world.open() as corpus:
        assert set(corpus.gone().numbers().tolist()) == {0, 1}
        for serial in (0, 1, 2):
            with pytest.raises((Gone, Unknown)):
                photo(corpus, serial)
        assert corpus.keys.seed(0) is None and not corpus.photos_of(0)
        assert check(corpus).found == ()
        with pytest.raises(NotAdmitted) as caught:  # whom the backup has never seen
            world.admit(corpus, "P-03", 5)
        assert caught.value.why is Why.WITHDRAWN
        world.admit(corpus, "P-04", 5)
        assert check(corpus).found == ()


def test_a_list_that_a_backup_lacks_stops_every_read_until_it_is_there(
    base: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("garim.corpus.withdraw.EACH", 1)
    world, backup = copied(base, tmp_path / "world"), tmp_path / "backup"
    shutil.copytree(world.folder, backup)
    with world.open() as corpus:
        withdraw(corpus, ["P-01", "P-02"], by=Signer.OFFICER)
    (kept,) = (world.folder / "lists").iterdir()
    octets = kept.read_bytes()
    restored(world, backup)
    with pytest.raises(Unreadable, match="older backup"), world.open():
        pass
    kept.write_bytes(octets[:16])
    with pytest.raises(Unreadable, match="older backup"), world.open():
        pass
    kept.write_bytes(octets)
    with world.open() as corpus:
        assert set(corpus.gone().numbers().tolist()) == {0, 1}


def test_a_ledger_that_lacks_what_was_acknowledged_is_refused(base: World, tmp_path: Path) -> None:
    old, world = copied(base, tmp_path / "old"), copied(base, tmp_path / "world")
    with world.open() as corpus:
        withdraw(corpus, ["P-01"], by=Signer.SUBJECT)
    for name in ("ledger", "ledger.private"):
        shutil.rmtree(world.root / name)
        shutil.copytree(old.root / name, world.root / name)
    with pytest.raises(OldLedger, match="restored backup"), world.open():
        pass
    with Log(world.ledger) as log:  # it grows again, to another history
        from garim.ledger import Entry, commitment, key, now
        from garim.ledger import record as put

        for _ in range(3):
            put(log, Entry("consent.withdrawn", now(), {"by": "subject", "record": commitment(key(), "record", b"x")}))
    with pytest.raises(OldLedger), world.open():
        pass
    with (
        Log.create(tmp_path / "another", "other.example/log") as log,
        pytest.raises(Misuse, match="answers to the ledger"),
        opened(world.folder, world.master, log),
    ):
        pass


def test_two_corpora_may_share_a_ledger(base: World, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from garim.corpus.made import make

    world = copied(base, tmp_path / "world")
    master = made(tmp_path / "second.key")
    with Log(world.ledger) as log:
        make(tmp_path / "second", master, log, controller="Second", at=datetime.now(UTC))
    with world.open() as corpus:
        withdraw(corpus, ["P-01"], by=Signer.SUBJECT)
    with Log(world.ledger) as log, opened(tmp_path / "second", master, log) as second:
        assert not len(second.gone()) and check(second).found == ()
        with second.state.reading() as db:
            assert not db.execute("SELECT * FROM unplaced").fetchall()


def dump(world: World) -> list[str]:
    with sqlite3.connect(world.folder / "record.sqlite") as db:
        rows = list(db.iterdump())
    db.close()
    return rows


def test_any_changed_byte_is_found(base: World, tmp_path: Path) -> None:
    draw = random.Random(8)
    found = 0
    files = [path.relative_to(base.folder) for path in base.folder.rglob("*") if path.is_file()]
    files = [path for path in files if path.name != "lock" and (base.folder / path).stat().st_size]
    assert {"0000", "0000.pack", "record.sqlite", "0000.parquet", "corpus.json"} <= {path.name for path in files}
    for path in files:
        for number in range(6):
            world = copied(base, tmp_path / f"{path.name}{number}")
            octets = bytearray((world.folder / path).read_bytes())
            octets[draw.randrange(len(octets))] ^= 1 << draw.randrange(8)
            (world.folder / path).write_bytes(octets)
            try:
                with world.open() as corpus:
                    said = check(corpus).found
            except GarimError:
                said = ("refused",)
            if not said:
                assert path.name == "record.sqlite" and dump(world) == dump(base), f"{path}: nobody saw it"
            found += bool(said)
            shutil.rmtree(world.root)
    assert found > len(files) * 4


def test_a_row_that_somebody_without_the_key_changes_is_found(base: World, tmp_path: Path) -> None:
    for number, sql in enumerate(
        (
            "UPDATE recent SET terms = 99",
            "DELETE FROM recent",
            "INSERT INTO withdrawn VALUES (9, 9, 9, 0, x'00', 9)",
            "UPDATE parts SET rows = rows",
            "CREATE TRIGGER mine AFTER INSERT ON withdrawn BEGIN DELETE FROM withdrawn; END",
        )
    ):
        world = copied(base, tmp_path / f"{number}")
        with sqlite3.connect(world.folder / "record.sqlite") as db:
            db.execute(sql)
        db.close()
        if number == 4:
            with pytest.raises(Disproved, match="not those of a corpus"), world.open():
                pass
            continue
        with world.open() as corpus:
            said = check(corpus).found
            assert bool(said) == (number != 3)
            if said:
                with pytest.raises(Disproved, match="not what was put there"):
                    check(corpus).refuse_any()


def test_photos_exchanged_on_disk_are_refused(base: World, tmp_path: Path) -> None:
    world = copied(base, tmp_path / "world")
    with world.open() as corpus:
        with corpus.state.reading() as db:
            (first, _), (second, _) = record.blob(db, 0), record.blob(db, 1)  # type: ignore[misc]
        one, two = corpus.vault.read(first), corpus.vault.read(second)
        pack = corpus.vault.path(0)
        octets = bytearray(pack.read_bytes())
        short = min(len(one), len(two))
        octets[first.offset : first.offset + short] = two[:short]
        octets[second.offset : second.offset + short] = one[:short]
        pack.write_bytes(octets)
        with pytest.raises(Disproved):
            photo(corpus, 0)
        # and keys exchanged
        slots = corpus.folder / "keys" / "0000"
        keys = slots.read_bytes()
        slots.write_bytes(keys[24:48] + keys[:24] + keys[48:])
        with pytest.raises(Disproved):
            photo(corpus, 1)
        assert len(check(corpus).found) >= 3


def test_a_thief_of_the_folder_finds_no_name_and_no_picture(base: World) -> None:
    octets = b"".join(path.read_bytes() for path in base.folder.rglob("*") if path.is_file())
    for needle in (b"P-01", b"P-02", b"\x89PNG", (base.root / "1.png").read_bytes()[100:116]):
        assert needle not in octets


def test_a_turn_cuts_what_a_killed_process_left(base: World, tmp_path: Path) -> None:
    world = copied(base, tmp_path / "world")
    for path in (world.folder / "vault" / "0000.pack", world.folder / "keys" / "0000"):
        with path.open("ab") as file:
            file.write(np.random.default_rng(1).bytes(100))
    with world.open() as corpus, turn(corpus):
        pass
    with world.open() as corpus:
        assert check(corpus).found == ()
