"""A record, or a whole folder, from an older backup: nothing is destroyed, nothing certified that nobody knows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus.deaths import run
from tests.corpus.test_admit_withdraw_erase import in_parts
from tests.corpus.world import DETAILS, KNOWN, World, anybody, consent, new, noise
from tests.corpus.world import photo as photo_of

from garim.consent import Purpose, Record, Signer
from garim.corpus import kept
from garim.corpus.admit import admit
from garim.corpus.answering import Stranger, answer, by_consent
from garim.corpus.check import check
from garim.corpus.corpus import Corpus
from garim.corpus.erase import erase
from garim.corpus.errors import OldRecord
from garim.corpus.holdings import Question
from garim.corpus.looked_at import Candidate
from garim.corpus.settle import turn
from garim.corpus.where import Where
from garim.corpus.withdraw import withdraw
from garim.ledger import Entry, Log, commitment, key, now, standing
from garim.ledger import record as logged
from garim.ledger.entry import Facts, written

MINE = consent("P-01")
OTHERS = consent("P-02")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """P-01 and P-02 with a photo each."""
    (tmp_path / "world").mkdir()
    world = new(tmp_path / "world")
    with world.open() as corpus:
        for seed, mine in ((1, MINE), (2, OTHERS)):
            admitted(world, corpus, mine, seed)
    return world


def admitted(world: World, corpus: Corpus, mine: Record, seed: int) -> int:
    photo = noise(world.root / f"{seed}.png", seed)
    return admit(corpus, Candidate(photo, (mine,), DETAILS), known=KNOWN, look=anybody).photo


def backup(world: World) -> Path:
    to = world.root / "backup"
    shutil.copytree(world.folder, to)
    return to


def restored(world: World, of: Path, *names: str) -> None:
    """The whole folder, or the record alone."""
    for name in ("record.sqlite-wal", "record.sqlite-shm"):
        (world.folder / name).unlink(missing_ok=True)
    if not names:
        shutil.rmtree(world.folder)
        shutil.copytree(of, world.folder)
    for name in names:
        shutil.copy(of / name, world.folder / name)


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "record" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def used(world: World, corpus: Corpus, name: str = "one") -> None:
    """Listed, released, and a model of it."""
    asked = Question(Purpose.CORPUS_TRAIN, "Trainers Ltd", now(), Where(), test=True)
    file = world.root / f"{name}.parquet"
    kept.list_photos(corpus, asked, file)
    kept.give_out(corpus, file, world.root / f"{name}.tar")
    kept.say_model(corpus, file, name=name, sha256="ab" * 32)


def test_a_record_that_lacks_photos_which_are_here_destroys_nothing(world: World) -> None:
    old = backup(world)
    with world.open() as corpus:
        admitted(world, corpus, consent("P-03"), 3)
        corpus.state.forget()
    newest = world.root / "newest"
    shutil.copytree(world.folder, newest)
    before = bytes_of(world.folder)
    restored(world, old, "record.sqlite")
    for _ in range(2):
        said = r"1 photos as admitted since \(entry 2\).*Nothing was read or changed"
        with pytest.raises(OldRecord, match=said), world.open():
            pass
        assert bytes_of(world.folder) == before
    restored(world, old)  # all of it, from one backup, is a corpus without them
    with world.open() as corpus:
        assert check(corpus).found == ()
    restored(world, newest)
    with world.open() as corpus:
        assert photo_of(corpus, 2) and check(corpus).found == ()


def test_a_new_photo_of_somebody_known_is_not_cut_either(world: World) -> None:
    old = backup(world)
    with world.open() as corpus:
        admitted(world, corpus, MINE, 3)
    before = bytes_of(world.folder)
    restored(world, old, "record.sqlite")
    with pytest.raises(OldRecord), world.open():
        pass
    assert bytes_of(world.folder) == before


def test_a_record_older_than_the_parts_is_refused_and_rows_stay(world: World) -> None:
    in_parts(world)
    old = backup(world)
    with world.open() as corpus:
        erase(corpus, "P-01", by=Signer.SUBJECT)
    before = bytes_of(world.folder / "parts")
    restored(world, old, "record.sqlite")
    with pytest.raises(OldRecord), world.open():
        pass
    assert bytes_of(world.folder / "parts") == before


def test_a_whole_older_backup_gives_no_number_twice_and_says_what_it_lacks(world: World) -> None:
    old, late = backup(world), consent("P-03")
    with world.open() as corpus:
        assert admitted(world, corpus, late, 3) == 2
    restored(world, old)
    with world.open() as corpus:
        with pytest.raises(Stranger, match="lacks 1 photos: yours may"):
            by_consent(corpus, late)
        assert admitted(world, corpus, consent("P-04"), 4) == 3
        assert check(corpus).found == ()
    with world.open() as corpus:
        assert admitted(world, corpus, consent("P-05"), 5) == 4, "skipped once"


def test_uses_that_a_backup_does_not_know_are_named_and_their_numbers_gone(world: World) -> None:
    with world.open() as corpus:
        used(world, corpus, "one")
    old = backup(world)
    with world.open() as corpus:
        used(world, corpus, "two")
    restored(world, old)
    with world.open() as corpus:
        told = answer(corpus, by_consent(corpus, MINE))
        kinds = ["corpus.manifest", "corpus.released", "corpus.model"]
        assert [each.what for each in told.unknown] == kinds
        entries = [each.entry for each in told.unknown]
        assert [corpus.log.tree.entry(entry).split(b'"kind":')[1] for entry in entries] == [
            f'"{kind}"}}'.encode() for kind in kinds
        ]
        used(world, corpus, "three")
        assert [each.number for each in kept.all_kept(corpus)] == [1, 3]
        assert [each.number for each in kept.all_releases(corpus)] == [1, 3]
        assert [each.number for each in kept.models(corpus)] == [1, 3]
        certificate = json.loads(erase(corpus, "P-01", by=Signer.SUBJECT).text)
        assert [each["ledger_entry"] for each in certificate["exports_not_known"]] == entries
        assert len(certificate["exports_to_recall"]) == 2
        again = answer(corpus, by_consent(corpus, MINE))
        assert [each.entry for each in again.unknown] == entries and again.standing == "erased"


def test_the_record_alone_from_a_backup_keeps_the_members_of_what_it_lacks(world: World) -> None:
    old = backup(world)
    with world.open() as corpus:
        used(world, corpus)
    before = bytes_of(world.folder / "manifests")
    restored(world, old, "record.sqlite")
    with world.open() as corpus:
        assert len(answer(corpus, by_consent(corpus, MINE)).unknown) == 3
        used(world, corpus, "two")
        now_there = bytes_of(world.folder / "manifests")
        assert {name: now_there[name] for name in before} == before and len(now_there) == 4


def test_nothing_is_lost_where_others_write_to_the_ledger_in_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Log.append

    def elsewhere(log: Log, entries: list[bytes]) -> range:
        told = append(log, entries)
        append(log, [_withdrawn_elsewhere(consent("P-77"))])
        return told

    with world.open() as corpus:
        monkeypatch.setattr(Log, "append", elsewhere)
        admitted(world, corpus, consent("P-03"), 3)
        used(world, corpus)
        withdraw(corpus, ["P-02"], by=Signer.SUBJECT)
        erase(corpus, "P-03", by=Signer.SUBJECT)
        monkeypatch.undo()
    with world.open() as corpus:
        with corpus.state.reading() as db:
            assert not db.execute("SELECT * FROM lost").fetchall() and not db.execute("SELECT * FROM owed").fetchall()
        assert photo_of(corpus, 0) and check(corpus).found == ()
    assert len(standing(world.ledger, "corpus.admitted")) == 3


def _withdrawn_elsewhere(mine: Record) -> bytes:
    name = f"hmac-sha256:{mine.commitment.hex()}"
    return written(Entry("consent.withdrawn", now(), {"by": "subject", "record": name}))


def opening(world: World) -> Callable[[], object]:
    def job() -> str:
        with world.open() as corpus:
            return f"{len(corpus.gone())} gone"

    return job


def killed_at_each_step(world: World, tmp_path: Path, holds: Callable[[Corpus], None]) -> int:
    def copied(name: str) -> World:
        shutil.copytree(world.root, tmp_path / name, symlinks=True)
        return World(tmp_path / name)

    status, steps, said = run(opening(copied("whole")))
    assert status == 0, said
    for die_at in range(1, steps + 1):
        one = copied(f"{die_at}")
        status, _, _ = run(opening(one), die_at=die_at)
        assert os.WIFSIGNALED(status)
        with one.open() as corpus:
            holds(corpus)
        shutil.rmtree(one.root)
    return steps


def test_a_consent_withdrawn_elsewhere_holds_wherever_the_opening_was_killed(world: World, tmp_path: Path) -> None:
    with Log(world.ledger) as log:
        log.append([_withdrawn_elsewhere(MINE)])

    def holds(corpus: Corpus) -> None:
        assert corpus.gone().numbers().tolist() == [0]
        with corpus.state.reading() as db:
            assert db.execute("SELECT commitment, done FROM taken_back").fetchall() == [(MINE.commitment, 1)]

    assert killed_at_each_step(world, tmp_path, holds) > 5


def test_an_erasure_that_a_backup_undid_holds_wherever_the_opening_was_killed(world: World, tmp_path: Path) -> None:
    old = backup(world)
    with world.open() as corpus:
        erase(corpus, "P-01", by=Signer.SUBJECT)
    restored(world, old)

    def holds(corpus: Corpus) -> None:
        assert corpus.keys.seed(0) is None and not corpus.photos_of(0)
        assert answer(corpus, by_consent(corpus, MINE)).standing == "erased"

    assert killed_at_each_step(world, tmp_path, holds) > 10


def test_an_entry_that_only_resembles_ours_is_nobody_s_loss(world: World) -> None:
    with Log(world.ledger) as log:
        name = commitment(key(), "batch", b"x")
        facts: Facts = {"batch": name, "corpus": commitment(key(), "corpus", name.encode()), "photos": 9, "refused": 0}
        logged(log, Entry("corpus.admitted", now(), {**facts, "subjects": 1}))
    with world.open() as corpus, turn(corpus), corpus.state.reading() as db:
        assert not db.execute("SELECT * FROM lost").fetchall()
