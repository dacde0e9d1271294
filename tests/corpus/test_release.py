"""Of a manifest leaves what still stands and nothing else; who withdraws meanwhile stops it."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.corpus import made

from garim.consent import Purpose
from garim.core.errors import Malformed
from garim.corpus import build, manifest
from garim.corpus.bitmap import Withdrawn
from garim.corpus.claims import Claims
from garim.corpus.errors import Gone
from garim.corpus.holdings import Holdings, Question
from garim.corpus.release import Released, release
from garim.corpus.released_file import LIST, released
from garim.ledger import Log, Proof
from garim.ledger.entry import read as read_entry

ASKED = Question(Purpose.CORPUS_TRAIN, "lab-a", made.NOW)
OWN = Claims(bytes(32)).corpus


@pytest.fixture
def held(tmp_path: Path) -> Holdings:
    rows = made.records(2, subjects=60, rows=500)
    folder = tmp_path / "corpus"
    parts = build.built(folder, 1, [rows], last=59, rows=500, rows_a_part=150)
    return Holdings(folder, parts, rows[:0], made.some_terms(), Withdrawn.of(np.zeros(0, np.uint32)))


def bytes_of(photo: int) -> bytes | None:
    """What the vault has: every fifth photo is a record alone."""
    return None if photo % 5 == 0 else b"\xff\xd8\xff" + photo.to_bytes(8, "big")


def given_out(
    folder: Path,
    held: Holdings,
    now: Callable[[], Holdings],
    asked: Question = ASKED,
    opened: Callable[[int], bytes | None] = bytes_of,
) -> tuple[manifest.Manifest, Released]:
    """A manifest of `held`, released when it is `now`."""
    it, seen = manifest.made(held, ASKED), list[bool]()

    def keep(done: Released, proof: Proof) -> None:
        assert read_entry(proof.entry).facts == done.facts(it.about, OWN)
        seen.append((folder / "out.tar").exists())

    with Log.create(folder / "log", "test.example/corpus") as log:
        done = release(
            it.about,
            it.photos,
            folder / "out.tar",
            asked=asked,
            holdings=now,
            opened=opened,
            turn=contextlib.nullcontext,
            log=log,
            own=OWN,
            keep=keep,
        )
    assert seen == [False], "on the ledger, and kept, before it has its name"
    return it, done


def test_what_stands_leaves_and_nothing_else(tmp_path: Path, held: Holdings) -> None:
    gone = manifest.listed(held, ASKED).people[:4]
    later = replace(held, withdrawn=Withdrawn.of(gone))
    it, done = given_out(tmp_path, held, lambda: later)
    standing = set(manifest.listed(later, ASKED).photos.tolist())
    assert len(standing) < len(it.photos)
    assert set(done.withheld.tolist()) == set(it.photos.tolist()) - standing
    assert done.photos.tolist() == sorted(photo for photo in standing if photo % 5)
    assert set(done.without_bytes.tolist()) == {photo for photo in standing if photo % 5 == 0}
    assert dict(released(tmp_path / "out.tar")) == {photo: bytes_of(photo) for photo in done.photos.tolist()}
    with tarfile.open(tmp_path / "out.tar") as tar:
        told = tar.extractfile(LIST)
        assert told is not None
        assert sha256(told.read()).hexdigest() == done.list_sha256
        assert {(each.uname, each.mtime, each.mode) for each in tar.getmembers()} == {("", 0, 0o600)}


def test_what_has_run_out_since_does_not_leave(tmp_path: Path, held: Holdings) -> None:
    late = replace(ASKED, at=made.NOW + timedelta(days=11))
    it, done = given_out(tmp_path, held, lambda: held, late)
    assert done.withheld.tolist() == it.photos.tolist()
    assert not len(done.photos)


@pytest.mark.parametrize("looks", [1, 2], ids=["while it was written", "before it had the turn"])
def test_who_withdraws_meanwhile_is_left_out(tmp_path: Path, held: Holdings, looks: int) -> None:
    gone = manifest.listed(held, ASKED).people[1:9:2]
    later = replace(held, withdrawn=Withdrawn.of(gone))
    now = iter([held] * looks + [later] * 2)
    it, done = given_out(tmp_path, held, lambda: next(now))
    standing = set(manifest.listed(later, ASKED).photos.tolist())
    lost = sorted(set(it.photos.tolist()) - standing)
    assert len([photo for photo in lost if photo % 5]) > 3 and len(done.photos) > 20
    assert done.photos.tolist() == sorted(photo for photo in standing if photo % 5)
    assert sorted(done.withheld.tolist()) == lost
    out = tmp_path / "out.tar"
    assert dict(released(out)) == {photo: bytes_of(photo) for photo in done.photos.tolist()}
    octets = out.read_bytes()
    assert not any(bytes_of(photo) in octets for photo in lost if photo % 5)  # type: ignore[operator] # it has some
    with tarfile.open(out) as tar:
        names = {Path(each).stem for each in tar.getnames()} - {LIST}
        left_out = {name for name in names if name.startswith("withheld-")}
        assert names - left_out - {Path(LIST).stem} == {str(photo) for photo in done.photos.tolist()}
        assert len(left_out) == len([photo for photo in lost if photo % 5])
        told = tar.extractfile(LIST)
        assert told is not None and sha256(told.read()).hexdigest() == done.list_sha256


def test_who_is_gone_when_their_photo_is_opened_is_withheld(tmp_path: Path, held: Holdings) -> None:
    def opened(photo: int) -> bytes | None:
        if photo == first:
            raise Gone("withdrew")
        return bytes_of(photo)

    first = next(photo for photo in manifest.listed(held, ASKED).photos.tolist() if photo % 5)
    _, done = given_out(tmp_path, held, lambda: held, opened=opened)
    assert done.withheld.tolist() == [first] and first not in dict(released(tmp_path / "out.tar"))


def test_the_turn_is_taken_after_the_photos_and_ends_after_the_file_has_its_name(
    tmp_path: Path, held: Holdings
) -> None:
    told, it = list[str](), manifest.made(held, ASKED)

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        told.append("turn")
        yield
        told.append("end, named" if (tmp_path / "out.tar").exists() else "end")

    def opened(photo: int) -> bytes | None:
        told.append("opened")
        return bytes_of(photo)

    parts = {"asked": ASKED, "holdings": lambda: held, "opened": opened, "turn": turn, "own": OWN}
    with Log.create(tmp_path / "log", "test.example/corpus") as log:
        release(it.about, it.photos, tmp_path / "out.tar", log=log, keep=lambda *_: told.append("kept"), **parts)  # type: ignore[arg-type] # of several types
    assert told == ["opened"] * len(it.photos) + ["turn", "kept", "end, named"]


def test_another_processors_question_is_refused(tmp_path: Path, held: Holdings) -> None:
    with pytest.raises(Malformed, match="not that of the manifest"):
        given_out(tmp_path, held, lambda: held, replace(ASKED, processor="lab-c"))
    assert not (tmp_path / "out.tar").exists()


def test_a_changed_release_is_found(tmp_path: Path, held: Holdings) -> None:
    _, done = given_out(tmp_path, held, lambda: held)
    path = tmp_path / "out.tar"
    octets = path.read_bytes()
    at = octets.index(b"\xff\xd8\xff" + int(done.photos[1]).to_bytes(8, "big"))
    path.write_bytes(octets[: at + 10] + b"\xaa" + octets[at + 11 :])
    with pytest.raises(Malformed, match="not what was released"):
        list(released(path))
    path.write_bytes(b"no tar")
    with pytest.raises(Malformed, match="no release"):
        list(released(path))
