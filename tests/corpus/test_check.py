"""What a whole check finds: each byte of each file, whatever lies there that is not of the corpus, whatever is gone."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.test_admit_withdraw_erase import in_parts
from tests.corpus.test_older_record import bytes_of, used
from tests.corpus.world import World, new

from garim.consent import Signer
from garim.core.errors import Disproved, GarimError
from garim.corpus.check import check
from garim.corpus.members import Members
from garim.corpus.rows_tree import tree
from garim.corpus.withdraw import withdraw_numbers


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Photos in a part and not, a manifest that was released, people who withdrew together."""
    world = new(tmp_path_factory.mktemp("base"))
    with world.open() as corpus:
        for number in range(4):
            world.admit(corpus, f"P-0{number}", number)
    in_parts(world)
    with world.open() as corpus:
        world.admit(corpus, "P-04", 4)
        used(world, corpus)
        withdraw_numbers(corpus, np.array([0, 1], np.uint32), by=Signer.OFFICER)
        corpus.state.forget()
        assert check(corpus).found == ()
    return world


def copied(world: World, root: Path) -> World:
    shutil.copytree(world.root, root, symlinks=True)
    return World(root)


def found(world: World) -> tuple[str, ...]:
    try:
        with world.open() as corpus:
            return check(corpus).found
    except GarimError as error:
        return (str(error),)


@pytest.mark.parametrize(
    "name",
    [
        "vault/photo.jpg",
        "vault/7.pack",
        "manifests/9.members",
        "lists/names.csv",
        "keys/seeds.txt",
        "subjects/who.txt",
        "parts/7.parquet",
        "parts/1/stray.parquet",
        "withdrawn.roaring",
        "notes.txt",
    ],
)
def test_what_is_not_of_the_corpus_is_named(base: World, tmp_path: Path, name: str) -> None:
    world = copied(base, tmp_path / "world")
    (world.folder / name).write_text("x")
    with world.open() as corpus:
        (said,) = check(corpus).found
    assert name in said and "not of the corpus" in said


@pytest.mark.parametrize("name", ["manifests/0001-0001.members", "manifests/0001.members", "lists"])
def test_what_is_gone_or_changed_is_named(base: World, tmp_path: Path, name: str) -> None:
    world = copied(base, tmp_path / "world")
    path = world.folder / name
    path = next(path.iterdir()) if path.is_dir() else path
    octets = path.read_bytes()
    for at in range(0, len(octets), 7):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
        assert found(world), at
    path.unlink()
    assert found(world)
    path.write_bytes(octets)
    assert not found(world)


def test_another_manifest_s_photos_are_no_release_s(base: World, tmp_path: Path) -> None:
    world = copied(base, tmp_path / "world")
    path = world.folder / "manifests" / "0001-0001.members"
    photos = Members.open(path).photos()[:-1]
    Members.of(photos, tree(bytes(32), photos)).save(path)
    assert "not what the ledger says" in found(world)[0]


def test_a_flipped_bit_in_the_record_is_said_and_never_raw(base: World, tmp_path: Path) -> None:
    world, draw = copied(base, tmp_path / "world"), random.Random(12)
    path = world.folder / "record.sqlite"
    octets = path.read_bytes()
    refused = 0
    written = [at for at in range(0, len(octets), 64) if any(octets[at : at + 64])]
    for _ in range(150):
        changed = bytearray(octets)
        changed[draw.choice(written) + draw.randrange(64)] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        refused += bool(found(world))
        for name in ("record.sqlite-wal", "record.sqlite-shm"):
            (world.folder / name).unlink(missing_ok=True)
    assert refused > 100


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE seal SET mac = 'x'",
        "DELETE FROM seal",
        "DELETE FROM facts WHERE name = 'subjects'",
        "UPDATE facts SET value = 'many' WHERE name = 'subjects'",
        "UPDATE terms SET grants = '['",
        "UPDATE blobs SET photo = -1 WHERE photo = 1",
        "UPDATE lists SET subjects = x'00'",
        "UPDATE recent SET subject = 'nobody'",
        "UPDATE recent SET subject = 1 << 60",
    ],
)
def test_a_row_of_another_kind_is_said_and_never_raw(base: World, tmp_path: Path, sql: str) -> None:
    world = copied(base, tmp_path / "world")
    with sqlite3.connect(world.folder / "record.sqlite") as db:
        db.execute(sql)
    db.close()
    (said,) = found(world)
    assert "Restore it" in said or "restored" in said


@pytest.mark.parametrize("sql", ["UPDATE facts SET value = 1 WHERE name = 'subjects'", "DELETE FROM blobs"])
def test_an_altered_record_makes_nobody_cut_keys_or_photos(base: World, tmp_path: Path, sql: str) -> None:
    world = copied(base, tmp_path / "world")
    with sqlite3.connect(world.folder / "record.sqlite") as db:
        db.execute(sql)
    db.close()
    before = bytes_of(world.folder)
    assert "a row was changed" in found(world)[0]
    assert bytes_of(world.folder) == before


def test_a_record_that_was_altered_is_the_only_thing_that_is_found(base: World, tmp_path: Path) -> None:
    world = copied(base, tmp_path / "world")
    with sqlite3.connect(world.folder / "record.sqlite") as db:
        db.execute("UPDATE recent SET sex = 1 - sex")
    db.close()
    with world.open() as corpus:
        done = check(corpus)
        assert len(done.found) == 1 and "a row was changed" in done.found[0]
        with pytest.raises(Disproved):
            done.refuse_any()
