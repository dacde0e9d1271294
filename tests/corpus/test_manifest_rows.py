"""A manifest's rows: each proven by the root; a file that is none, or lies, is refused quickly."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from tests.corpus import made

from garim.consent import Purpose
from garim.core.errors import Disproved, Malformed, Misuse, Unreadable
from garim.corpus import build, manifest
from garim.corpus.bitmap import Withdrawn
from garim.corpus.claims import Claims
from garim.corpus.holdings import Holdings, Question
from garim.corpus.members import Members
from garim.corpus.rows_tree import tree
from garim.ledger import Log, Proof
from garim.ledger.entry import read as read_entry

KEY = bytes(range(32))
ASKED = Question(Purpose.CORPUS_TRAIN, "lab-a", made.NOW)
OWN = Claims(bytes(32)).corpus


@pytest.fixture
def held(tmp_path: Path) -> Holdings:
    rows = made.records(1, subjects=300, rows=4000)
    folder = tmp_path / "corpus"
    parts = build.built(folder, 1, [rows], last=299, rows=4000, rows_a_part=900)
    return Holdings(folder, parts, rows[:0], made.some_terms(), Withdrawn.of(np.arange(3, dtype=np.uint32)))


@settings(deadline=None)
@given(photos=st.sets(st.integers(0, 5000), max_size=900), wide=st.booleans(), data=st.data())
def test_each_photo_is_found_and_proven(
    tmp_path_factory: pytest.TempPathFactory, photos: set[int], wide: bool, data: st.DataObject
) -> None:
    serials = np.array(sorted(photos), np.uint64) * np.uint64(1 << 45 if wide else 1)
    path = tmp_path_factory.mktemp("corpus") / "manifests" / "1.members"
    over = tree(KEY, serials)
    Members.of(serials, over).save(path)
    members = Members.open(path)
    assert members.photos().tolist() == serials.tolist()
    members.refuse_other(KEY, over.root)
    with pytest.raises(Malformed):
        members.refuse_other(KEY, over.root[::-1])
    asked = [*data.draw(st.lists(st.integers(0, 6000), max_size=20)), *serials[:3].tolist()]
    for photo in asked:
        found = members.proven(photo, KEY)
        if photo not in set(serials.tolist()):
            assert found is None
            continue
        assert found is not None
        assert serials[found.index] == photo
        assert found.leaf[16:] == photo.to_bytes(8, "big")
        found.refuse_other(over.root)
        with pytest.raises(Disproved):
            replace(found, leaf=found.leaf[::-1]).refuse_other(over.root)
    assert members.holds(np.array(asked, np.uint64)).tolist() == [each in serials for each in asked]


def test_any_changed_byte_of_members_is_found(tmp_path: Path) -> None:
    serials = np.arange(0, 900, 3, dtype=np.uint64)
    over = tree(KEY, serials)
    path = tmp_path / "manifests" / "1.members"
    Members.of(serials, over).save(path)
    octets = path.read_bytes()
    for at in range(0, len(octets), 5):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
        with pytest.raises((Unreadable, Malformed, Disproved)):
            members = Members.open(path)
            members.refuse_other(KEY, over.root)
            for photo in serials[::20].tolist():
                assert members.proven(photo, KEY) is not None
            raise Malformed("in hashes of the tree that no proof here rests on")
    for cut in (0, 10, len(octets) - 1):
        path.write_bytes(octets[:cut])
        with pytest.raises(Unreadable):
            Members.open(path)


def test_the_entry_stands_before_the_file(tmp_path: Path, held: Holdings) -> None:
    output, seen = tmp_path / "train.parquet", list[tuple[bool, int]]()

    def keep(it: manifest.Manifest, proof: Proof) -> None:
        facts = read_entry(proof.entry).facts
        assert facts == it.facts(OWN)
        seen.append((output.exists(), int(facts["photos"])))

    with Log.create(tmp_path / "log", "test.example/corpus") as log:
        it = manifest.publish(held, ASKED, output, log=log, own=OWN, keep=keep)
        assert seen == [(False, len(it.photos))]
        about, photos = manifest.read(output)
        assert about == it.about
        assert photos.tolist() == it.photos.tolist() == manifest.listed(held, ASKED).photos.tolist()
        with pytest.raises(Misuse, match="nobody agrees"):
            manifest.publish(held, replace(ASKED, processor="lab-d"), tmp_path / "x", log=log, own=OWN, keep=keep)
        late = replace(ASKED, at=made.NOW + timedelta(days=11))
        with pytest.raises(Misuse, match="nobody agrees"):
            manifest.publish(held, late, tmp_path / "x", log=log, own=OWN, keep=keep)
        assert not (tmp_path / "x").exists()
        assert log.tree.size == 1


def test_nothing_appears_where_it_cannot_be_kept(tmp_path: Path, held: Holdings) -> None:
    def keep(it: manifest.Manifest, proof: Proof) -> None:
        raise KeyboardInterrupt

    with Log.create(tmp_path / "log", "test.example/corpus") as log, pytest.raises(KeyboardInterrupt):
        manifest.publish(held, ASKED, tmp_path / "train.parquet", log=log, own=OWN, keep=keep)
    assert not (tmp_path / "train.parquet").exists()


def test_a_file_that_is_none_or_lies(tmp_path: Path, held: Holdings) -> None:
    path = tmp_path / "train.parquet"
    manifest.save(path, manifest.made(held, ASKED))
    octets = path.read_bytes()
    table = parquet.read_table(path)
    about, photos = manifest.read(path)

    for other in (b"", b"PAR1", octets[:-9], octets[:-1] + b"2", octets[: len(octets) // 2]):
        path.write_bytes(other)
        with pytest.raises((Malformed, Unreadable)):
            manifest.read(path)

    parquet.write_table(table.rename_columns(["subject"]), path)
    with pytest.raises(Malformed, match="other columns"):
        manifest.read(path)

    parquet.write_table(table.replace_schema_metadata({}), path)
    with pytest.raises(Malformed, match="says nothing of itself"):
        manifest.read(path)

    schema = table.schema
    parquet.write_table(pa.table([pa.array(photos + np.uint64(1))], schema=schema), path)
    with pytest.raises(Malformed, match="not those whose root"):
        manifest.read(path)

    parquet.write_table(pa.table([pa.array(photos[:-1])], schema=schema), path)
    with pytest.raises(Malformed, match="other rows than it says"):
        manifest.read(path)
    assert about.photos == len(photos)


def test_a_claim_of_many_rows_in_a_small_file(tmp_path: Path, held: Holdings) -> None:
    it = manifest.made(held, ASKED)
    rows = 1 << 26
    lie = replace(it.about, photos=rows)
    schema = manifest.SCHEMA.with_metadata({b"garim.corpus.manifest": lie.written()})
    path = tmp_path / "bomb.parquet"
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        zero = pa.table([pa.array(np.zeros(1 << 22, np.uint64))], schema=schema)
        for _ in range(rows >> 22):
            writer.write_table(zero)
    assert path.stat().st_size < 1 << 19
    started = time.monotonic()
    with pytest.raises(Malformed, match="more photos than its bytes"):
        manifest.read(path)
    assert time.monotonic() - started < 2
