"""A small TEST corpus: real keys, real consents, real photos where they are there, and pictures of nobody where not."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from garim.consent import Data, Known, Purpose, Record, Signer, give, new_key, public_of
from garim.corpus import kept, made, record
from garim.corpus.admit import Admission, admit
from garim.corpus.corpus import Corpus
from garim.corpus.errors import Unknown
from garim.corpus.looked_at import Candidate, Details
from garim.corpus.masterkey import MasterFile
from garim.corpus.masterkey import made as made_key
from garim.corpus.opening import opened
from garim.corpus.provenance import Provenance
from garim.corpus.values import Sex
from garim.ledger import Log
from garim.pictures import Still

CONTROLLER = "Institute of Examples"
OFFICER = new_key("office")
KNOWN = Known(frozenset({public_of(OFFICER)}), frozenset())
HOUR = timedelta(hours=1)


def consent(pseudonym: str, **parts: Any) -> Record:
    """A TEST consent of `pseudonym`, attested by the officer, from an hour ago on."""
    at = datetime.now(UTC).replace(microsecond=0)
    whole: dict[str, Any] = {
        "pseudonym": pseudonym,
        "purpose": Purpose.CORPUS_TRAIN,
        "data": (Data.PHOTO, Data.GROUP),
        "controller": CONTROLLER,
        "contact": "records@examples.example",
        "processors": ("Trainers Ltd",),
        "valid_from": at - HOUR,
        "valid_until": at + 1000 * HOUR,
        "text_sha256": hashlib.sha256(b"May we train a model with your photos?").hexdigest(),
        "language": "en",
        "refusal": "nothing",
        "alternative": None,
        "test": True,
    }
    return give(Record(**whole | parts), OFFICER, by=Signer.OFFICER, at=at - HOUR)


def anybody(still: Still) -> None:
    """Looks at nothing: for tests that are not about faces."""


def noise(path: Path, seed: int, px: int = 48) -> Path:
    """A picture of noise, unlike any other."""
    pixels = np.random.default_rng(seed).integers(0, 256, (px, px, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


DETAILS = Details(
    captured_on=date(2026, 3, 1),
    provenance=Provenance.SUBJECT_UPLOAD,
    nationality="KOR",
    birth_year=1990,
    sex=Sex.FEMALE,
)


@dataclass(frozen=True)
class World:
    """Where everything of one test lies."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "corpus"

    @property
    def master(self) -> MasterFile:
        return MasterFile(self.root / "master.key")

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @contextlib.contextmanager
    def open(self) -> Iterator[Corpus]:
        with Log(self.ledger) as log, opened(self.folder, self.master, log) as corpus:
            yield corpus

    def candidate(self, pseudonym: str, seed: int, **parts: Any) -> Candidate:
        photo = self.root / f"{seed}.png"
        return Candidate(photo if photo.exists() else noise(photo, seed), (consent(pseudonym, **parts),), DETAILS)

    def admit(self, corpus: Corpus, pseudonym: str, seed: int, **parts: Any) -> Admission:
        return admit(corpus, self.candidate(pseudonym, seed, **parts), known=KNOWN, look=anybody)


def photo(corpus: Corpus, serial: int) -> bytes:
    """The bytes that were admitted, as a release opens them."""
    with corpus.state.reading() as db:
        found = record.blob(db, serial)
    if found is None:
        raise Unknown("there is no such photo")
    return kept._opened(corpus, *found)


def new(root: Path, *, test: bool = True) -> World:
    """An empty corpus, its key and its ledger, under `root`."""
    world = World(root)
    master = made_key(root / "master.key")
    with Log.create(world.ledger, "examples.example/ledger") as log:
        made.make(world.folder, master, log, controller=CONTROLLER, at=datetime.now(UTC), test=test)
    return world
