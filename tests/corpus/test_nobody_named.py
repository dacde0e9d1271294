"""Nothing that leaves names a person: not by a photo's Exif, its thumbnail, or what hangs on behind it."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.corpus.world import KNOWN, World, anybody, new, noise

from garim.consent import Purpose
from garim.corpus import kept
from garim.corpus.admit import admit
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.holdings import Question
from garim.corpus.where import Where
from garim.ledger import now

NAME = b"Jane Doe, 12 Elm Street"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new(tmp_path)


def jpeg(path: Path, seed: int) -> Path:
    said = Image.Exif()
    said[0x013B] = NAME.decode()
    said.get_ifd(0x8825)[1] = "N"
    with Image.open(noise(path.with_suffix(".png"), seed)) as picture:
        picture.save(path, exif=said, comment=NAME)
    return path


def test_a_release_has_no_word_of_a_photos_exif(world: World) -> None:
    photo = jpeg(world.root / "a.jpg", 1)
    assert photo.read_bytes().count(NAME) == 2
    with world.open() as corpus:
        admit(corpus, replace(world.candidate("P-01", 1), photo=photo), known=KNOWN, look=anybody)
        asked = Question(Purpose.CORPUS_TRAIN, "Trainers Ltd", now(), Where(), test=True)
        kept.list_photos(corpus, asked, world.root / "list.parquet")
        kept.give_out(corpus, world.root / "list.parquet", world.root / "out.tar")
    assert NAME not in (world.root / "out.tar").read_bytes()
    with tarfile.open(world.root / "out.tar") as tar:
        out = tar.extractfile("0.jpg")
        assert out is not None
        with Image.open(out) as left, Image.open(photo) as came:
            assert left.tobytes() == came.tobytes() and not left.getexif() and "comment" not in left.info


def test_a_second_picture_behind_the_first_is_refused(world: World) -> None:
    photo = jpeg(world.root / "a.jpg", 1)
    photo.write_bytes(photo.read_bytes() + jpeg(world.root / "b.jpg", 2).read_bytes())
    with world.open() as corpus, pytest.raises(NotAdmitted, match="behind the picture's end") as refused:
        admit(corpus, replace(world.candidate("P-01", 1), photo=photo), known=KNOWN, look=anybody)
    assert refused.value.why is Why.PICTURE
