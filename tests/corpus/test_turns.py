"""Nobody who withdraws waits for somebody else's release; nobody made a manifest of ours but us."""

from __future__ import annotations

import tarfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.corpus.world import World, new

from garim.consent import Purpose, Signer
from garim.corpus import kept, manifest
from garim.corpus.answering import Person, answer
from garim.corpus.check import check
from garim.corpus.errors import Unknown
from garim.corpus.holdings import Question
from garim.corpus.manifest import SCHEMA, About
from garim.corpus.where import Where
from garim.corpus.withdraw import withdraw
from garim.ledger import now


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
