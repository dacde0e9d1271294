"""Nobody who withdraws waits for somebody else's release; nobody made a manifest of ours but us."""

from __future__ import annotations

import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.corpus.world import World, new

from garim.consent import Purpose, Signer
from garim.corpus import check as checks
from garim.corpus import kept, manifest, settle
from garim.corpus.answering import Person, answer
from garim.corpus.check import check
from garim.corpus.erase import erase
from garim.corpus.errors import Unknown
from garim.corpus.holdings import Question
from garim.corpus.manifest import SCHEMA, About
from garim.corpus.opening import opened
from garim.corpus.where import Where
from garim.corpus.withdraw import withdraw
from garim.ledger import Log, now


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Four people of one photo each, on a manifest."""
    world = new(tmp_path)
    with world.open() as corpus:
        for number in (1, 2, 3, 4):
            world.admit(corpus, f"P-0{number}", number)
        asked = Question(Purpose.CORPUS_TRAIN, "Trainers Ltd", now(), Where(), test=True)
        kept.list_photos(corpus, asked, tmp_path / "list.parquet")
    return world


def test_a_withdrawal_does_not_wait_for_a_release_and_is_not_in_it(world: World) -> None:
    took = list[float]()

    def gone() -> None:
        with world.open() as corpus:
            withdraw(corpus, ["P-01"], by=Signer.OFFICER)
        took.append(time.monotonic())

    def progress(step: str, done: int, total: int | None) -> None:
        if done == 3:  # two are in the file: P-01 is the first
            thread = threading.Thread(target=gone)
            thread.start()
            thread.join(20)
            assert took, "who withdrew waited for the release"

    out = world.root / "out.tar"
    with world.open() as corpus:
        _, _, told = kept.give_out(corpus, world.root / "list.parquet", out, progress=progress)
        assert told.photos.tolist() == [1, 2, 3] and told.withheld.tolist() == [0]
        assert check(corpus).found == ()
        ((release,), (listed,)) = kept.all_releases(corpus), kept.all_kept(corpus)
        assert (release.photos, release.withheld, listed.photos) == (3, 1, 4)
        first = answer(corpus, Person("P-01", corpus.subject("P-01")))
        assert len(first.listed) == 1 and not first.released, "on the list, and did not leave"
    with tarfile.open(out) as tar:
        assert tar.getnames() == ["withheld-1", "1.png", "2.png", "3.png", "RELEASED.txt"]
    assert (world.root / "1.png").read_bytes()[40:] not in out.read_bytes()


def test_a_manifest_of_somebody_elses_is_refused_before_a_row_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = world.root / "foreign.parquet"
    said = About("corpus.train", "Trainers Ltd", "test", now(), 3, bytes(32), bytes(32))
    with parquet.ParquetWriter(foreign, SCHEMA, store_schema=False) as writer:
        writer.write_table(pa.table([pa.array(np.arange(3, dtype=np.uint64))], schema=SCHEMA))
        writer.add_key_value_metadata({"garim.corpus.manifest": said.written().decode()})

    def rows(*_: object) -> None:
        raise AssertionError("its rows were read")

    monkeypatch.setattr(manifest, "rows", rows)
    with world.open() as corpus, pytest.raises(Unknown, match="not one that this corpus made"):
        kept.give_out(corpus, foreign, world.root / "out.tar")


def test_a_manifest_of_ours_that_claims_more_rows_is_refused(world: World) -> None:
    ours = manifest.about(world.root / "list.parquet")
    more = About(ours.purpose, ours.processor, ours.predicate, ours.at, 1_000, ours.root, ours.key)
    with world.open() as corpus, pytest.raises(Unknown):
        kept.known(corpus, more)


def test_a_withdrawal_and_an_erasure_do_not_wait_for_a_check_and_are_not_found_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    took, proven = list[float](), checks._proven

    def gone() -> None:
        with world.open() as corpus:
            erase(corpus, "P-04", by=Signer.OFFICER)
            withdraw(corpus, ["P-01"], by=Signer.OFFICER)
        took.append(time.monotonic())

    def slow(*of: Any) -> None:
        if not took:
            thread = threading.Thread(target=gone)
            thread.start()
            thread.join(20)
            assert took, "who withdrew waited for the check"
        proven(*of)

    monkeypatch.setattr(checks, "_proven", slow)
    with world.open() as corpus:
        assert check(corpus).found == ()
        assert check(corpus).of_photos == 3


def test_what_a_check_finds_is_still_found_when_looked_at_again(world: World) -> None:
    (world.folder / "vault" / "stray.jpg").write_bytes(b"x")
    pack = world.folder / "vault" / "0000.pack"
    octets = bytearray(pack.read_bytes())
    octets[100] ^= 1
    pack.write_bytes(octets)
    with world.open() as corpus:
        found = check(corpus).found
    assert len(found) == 2 and "stray.jpg" in found[0]


def test_who_waits_for_long_is_told_for_whom(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_PATIENCE_S", 0.1)
    said, begun = list[str](), threading.Event()

    def told(line: str) -> None:
        said.append(line)
        begun.set()

    def other() -> None:
        with Log(world.ledger) as log, opened(world.folder, world.master, log, waiting=told):
            pass

    with world.open() as corpus:
        with settle.turn(corpus):
            thread = threading.Thread(target=other)
            thread.start()
            assert begun.wait(20)
        thread.join(20)
    assert said == [f"waiting for another process that writes to {world.folder}"]
