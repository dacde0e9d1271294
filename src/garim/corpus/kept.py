"""WHAT THE CORPUS REMEMBERS of manifests, releases and models: kept in its turn, before it is given out.

    question -> manifest -> ledger -> kept (record, members) -> FILE.parquet -> release -> ledger -> kept -> OUT.tar

Laws: nobody who withdrew before a manifest's entry is on it; whatever has its file is remembered, so that the people on
it can be told; what was logged and not remembered (killed in between) was given to nobody, and since nobody can tell it
from what an older backup forgot, it is named in every answer (`garim.corpus.lost`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from garim.consent import Purpose
from garim.core.errors import Disproved, Misuse, Unreadable
from garim.corpus import lost, withdrawals
from garim.corpus import manifest as manifests
from garim.corpus import record as record_of
from garim.corpus import release as releases
from garim.corpus.bitmap import Withdrawn
from garim.corpus.corpus import Corpus
from garim.corpus.errors import Gone, Unknown
from garim.corpus.holdings import Question
from garim.corpus.manifest import About, Manifest, appear, made, named, opens
from garim.corpus.members import FOLDER, Members
from garim.corpus.release import Released
from garim.corpus.rows_tree import RowsTree
from garim.corpus.settle import turn
from garim.corpus.used import named as worded
from garim.corpus.values import U32, U64
from garim.corpus.vault import Bound, Place, unsealed
from garim.corpus.where import Where
from garim.ledger import Entry, Proof, commitment, key, now, record

_MANIFEST = "SELECT number, at, purpose, processor, predicate, root, photos, subjects, key, entry FROM manifests"
_RELEASE = "SELECT number, manifest, at, photos, withheld, key, entry FROM releases"
_MODEL = "SELECT number, manifest, at, name, sha256, key, entry FROM models"


@dataclass(frozen=True, slots=True)
class Kept:
    """A manifest, as it is remembered. `subjects` is how many people; `key` makes the rows' blinds."""

    number: int
    at: datetime
    purpose: str
    processor: str
    predicate: str
    root: bytes
    photos: int
    subjects: int
    key: bytes = field(repr=False)
    entry: int


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release of the manifest of number `manifest`."""

    number: int
    manifest: int
    at: datetime
    photos: int
    withheld: int
    key: bytes = field(repr=False)
    entry: int


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that its maker says is of the manifest of number `manifest`."""

    number: int
    manifest: int
    at: datetime
    name: str
    sha256: str
    key: bytes = field(repr=False)
    entry: int


def list_photos(corpus: Corpus, question: Question, output: Path, *, force: bool = False) -> tuple[int, Manifest]:
    """Make the manifest of `question` at `output`; its number. Raises as `garim.corpus.manifest.appear` does."""
    held = corpus.holdings()
    it = made(held, question)  # apart from the turn: nobody's withdrawal waits for a long list
    with turn(corpus):
        if corpus.gone() != held.withdrawn:
            it = made(corpus.holdings(), question)
        number = _next(corpus, "manifests")

        def keep(it: Manifest, proof: Proof) -> None:
            about = it.about
            _save(corpus, f"{number:04d}", it.photos, it.tree)
            row = (number, _seconds(about.at), about.purpose, about.processor, about.predicate, about.root)
            rest = (about.photos, it.subjects, Withdrawn.of(it.people).written(), about.key, proof.index)
            _put(corpus, "INSERT INTO manifests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *rest), proof)

        appear(it, output, log=corpus.log, own=corpus.claims.corpus, keep=keep, force=force)
    return number, it


def give_out(
    corpus: Corpus,
    file: Path,
    output: Path,
    *,
    force: bool = False,
    progress: Callable[[str, int, int | None], None] = lambda step, done, total: None,
) -> tuple[int, int, Released]:
    """Release what still stands of the manifest in `file`, as a tar; the numbers of the manifest and of the release.

    Raises `Misuse` where the manifest is not this corpus's, and as `garim.corpus.release.release` does.
    """
    about = manifests.about(file)
    kept = known(corpus, about)  # asked before a row is read: a file of anybody's may hold a billion
    photos = manifests.rows(file, about)
    number, whose = 0, _Whose()

    def opened(photo: int) -> bytes | None:
        progress("out", whose.asked(), len(photos))
        with corpus.state.reading() as db:
            found = record_of.blob(db, photo)
        if found is None:
            return None
        octets = _opened(corpus, *found)
        whose.add(found[1])
        return octets

    def keep(it: Released, proof: Proof) -> None:
        nonlocal number
        number = _next(corpus, "releases")
        _save(corpus, f"{kept.number:04d}-{number:04d}", it.photos, it.tree)
        who = Withdrawn.of(whose.people(it.photos)).written()
        row = (number, kept.number, _seconds(now()), len(it.photos), len(it.withheld), who, it.key, proof.index)
        _put(corpus, "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row, proof)

    told = releases.release(
        about,
        photos,
        output,
        asked=question(kept, test=corpus.made.test),
        holdings=corpus.holdings,
        opened=opened,
        turn=lambda: turn(corpus),
        log=corpus.log,
        own=corpus.claims.corpus,
        keep=keep,
        force=force,
    )
    return kept.number, number, told


def say_model(corpus: Corpus, file: Path, *, name: str, sha256: str) -> tuple[int, KeptModel]:
    """Note that the model of this `sha256` (hex) is of the manifest in `file`, on the ledger and here; its number.

    Once, however often it is said. Raises `Misuse` where the manifest is not this corpus's.
    """
    if not name.strip() or not name.isprintable() or len(name) > 200:
        raise Misuse("a model's name is one line of printable text; nothing was noted")
    kept = known(corpus, manifests.about(file))
    with turn(corpus):
        there = next((each for each in models(corpus) if (each.manifest, each.sha256) == (kept.number, sha256)), None)
        if there is not None:
            return there.number, there
        number, own, at = _next(corpus, "models"), key(), now()
        model = commitment(own, "model", sha256.encode())
        facts = {
            "corpus": corpus.claims.corpus(model),
            "manifest": named(opens(kept.key), kept.root),
            "model": model,
            "name": commitment(own, "name", worded(name).encode()),
        }
        proof = record(corpus.log, Entry("corpus.model", at, facts))
        row = (number, kept.number, _seconds(at), name, sha256, own, proof.index)
        _put(corpus, "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)", row, proof)
    return number, KeptModel(number, kept.number, at, name, sha256, own, proof.index)


def known(corpus: Corpus, about: About) -> Kept:
    """The manifest that `about` is of. Raises `Unknown` where this corpus made none like it."""
    same = (each for each in all_kept(corpus) if (each.root, each.key) == (about.root, about.key))
    kept = next(same, None)
    said = (about.purpose, about.processor, about.predicate, about.photos)
    if kept is None or (kept.purpose, kept.processor, kept.predicate, kept.photos) != said:
        raise Unknown("this manifest is not one that this corpus made; nothing was done")
    return kept


def question(kept: Kept, *, test: bool) -> Question:
    """What a manifest asked, asked now."""
    clauses = [clause for clause in kept.predicate.split(" ") if clause and clause != "test"]
    return Question(Purpose(kept.purpose), kept.processor, now(), Where.parse(clauses), test=test)


def all_kept(corpus: Corpus) -> list[Kept]:
    """All manifests, in their order."""
    with corpus.state.reading() as db:
        return [Kept(row[0], _time(row[1]), *row[2:]) for row in db.execute(f"{_MANIFEST} ORDER BY number")]


def all_releases(corpus: Corpus) -> list[KeptRelease]:
    """All releases, in their order."""
    with corpus.state.reading() as db:
        return [
            KeptRelease(row[0], row[1], _time(row[2]), *row[3:]) for row in db.execute(f"{_RELEASE} ORDER BY number")
        ]


def models(corpus: Corpus) -> list[KeptModel]:
    """All models, in their order."""
    with corpus.state.reading() as db:
        return [KeptModel(row[0], row[1], _time(row[2]), *row[3:]) for row in db.execute(f"{_MODEL} ORDER BY number")]


def members(corpus: Corpus, manifest: int, release: int | None = None) -> Members:
    """The photos of a manifest, or of a release of it. Raises `Unreadable`."""
    name = f"{manifest:04d}" if release is None else f"{manifest:04d}-{release:04d}"
    return Members.open(corpus.folder / FOLDER / f"{name}.members")


class _Whose:
    """Whose photos were opened for a release: 12 bytes of memory a photo."""

    def __init__(self) -> None:
        self._count, self._photos, self._subjects = 0, array("Q"), array("I")

    def asked(self) -> int:
        """How many were asked for, this one included."""
        self._count += 1
        return self._count

    def add(self, bound: Bound) -> None:
        """One that was opened."""
        self._photos.append(bound.photo)
        self._subjects.append(bound.subject)

    def people(self, photos: U64) -> U32:
        """Whose `photos` are, each once."""
        there = np.isin(np.array(self._photos, np.uint64), photos)
        return np.unique(np.array(self._subjects, np.uint32)[there])


def _opened(corpus: Corpus, place: Place, bound: Bound) -> bytes:
    """The bytes of a photo; asked for a release and nothing else, since whatever leaves is on the ledger.

    Raises `Gone`, `Disproved`, `Unreadable`.
    """
    corpus.refuse_gone(bound.subject)
    key = corpus.keys.photo_key(bound.subject)
    try:
        if key is None:
            raise Gone("the subject's key was destroyed: nothing of theirs can be read")
        return unsealed(key, corpus.made.octets, bound, corpus.vault.read(place))
    except (Disproved, Unreadable):
        corpus.refuse_gone(bound.subject)  # erased while it was read
        raise


def _save(corpus: Corpus, name: str, photos: U64, tree: RowsTree) -> None:
    folder = corpus.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}.members"
    path.unlink(missing_ok=True)  # of a manifest that was killed before it was remembered
    Members.of(photos, tree).save(path)


def _put(corpus: Corpus, sql: str, row: tuple[object, ...], proof: Proof) -> None:
    with corpus.state.at_once() as db:
        db.execute(sql, row)
        withdrawals.follow(corpus, db, range(proof.index, proof.index + 1))


def _next(corpus: Corpus, table: str) -> int:
    with corpus.state.reading() as db:
        return lost.following(db, table)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
