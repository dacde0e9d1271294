"""A LIST OF PHOTOS FOR ONE PURPOSE AND ONE PROCESSOR, of people who agree to both at that moment.

    held.over(...) -> serials, ascending -> tree (rows_tree) -> ledger -> kept by the corpus -> FILE.parquet

Laws: what is listed stands and its terms say yes, at the moment that the manifest names; the root over its rows, the
predicate, the processor and the count are on the ledger before the file has its name; the file names no person: it has
serials, and the key with which its holder makes the root again and opens the ledger's entry.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.corpus.eligible import chosen
from garim.corpus.holdings import Holdings, Question, Slab
from garim.corpus.rows_tree import RowsTree, tree
from garim.corpus.values import U32, U64
from garim.files import whole
from garim.ledger import Entry, Log, Proof, commitment, key, now, record

SCHEMA = pa.schema([pa.field("photo", pa.uint64(), nullable=False)])
_ABOUT = b"garim.corpus.manifest"
_MOST_FOOTER = 1 << 24
ROWS_A_GROUP = 1 << 18

Own = Callable[[str], str]
"""What tells a corpus alone that an entry with this commitment is its own: `garim.corpus.claims.Claims.corpus`."""
Keep = Callable[["Manifest", Proof], None]
"""What the corpus does to remember a manifest: durable when it returns."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The serials that a question may have, ascending; whose they are, ascending, each once."""

    photos: U64
    people: U32

    @property
    def subjects(self) -> int:
        """How many people."""
        return len(self.people)


@dataclass(frozen=True, slots=True)
class About:
    """What a manifest says of itself. `key` makes the rows' blinds; what opens the ledger's entry follows from it."""

    purpose: str
    processor: str
    predicate: str
    at: datetime
    photos: int
    root: bytes
    key: bytes

    @property
    def opens(self) -> bytes:
        """The key of the ledger's entry, 32 bytes: who is shown it cannot make the rows' blinds."""
        return opens(self.key)

    def written(self) -> bytes:
        """For the file."""
        plain = {"version": 1, "purpose": self.purpose, "processor": self.processor, "predicate": self.predicate}
        plain |= {"at": self.at.isoformat(), "root": self.root.hex(), "key": self.key.hex()}
        return json.dumps({**plain, "photos": self.photos}, sort_keys=True).encode()

    @classmethod
    def read(cls, text: bytes) -> About:
        """What `written` wrote. Raises `Malformed`."""
        try:
            it = json.loads(text)
            root, blinds = bytes.fromhex(it["root"]), bytes.fromhex(it["key"])
            about = cls(
                it["purpose"],
                it["processor"],
                it["predicate"],
                datetime.fromisoformat(it["at"]),
                it["photos"],
                root,
                blinds,
            )
            if len(root) == len(blinds) == 32 and about.written() == text:
                return about
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            pass
        raise Malformed("no manifest of a corpus: it says nothing of itself that garim wrote")


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """A manifest that was made: what it says, the serials, the tree over them, and whose they are."""

    about: About
    photos: U64
    tree: RowsTree
    people: U32

    @property
    def subjects(self) -> int:
        """How many people."""
        return len(self.people)

    def facts(self, own: Own) -> dict[str, str | int]:
        """For the ledger."""
        about = self.about
        name = named(about.opens, about.root)
        return {
            "corpus": own(name),
            "manifest": name,
            "photos": about.photos,
            "predicate": commitment(about.opens, "predicate", _hashed(about.predicate)),
            "processor": commitment(about.opens, "processor", _hashed(about.processor)),
            "purpose": about.purpose,
            "subjects": self.subjects,
        }


def listed(held: Holdings, question: Question) -> Listed:
    """What `question` may have at `held`'s moment. Raises `Unreadable`."""
    yes = question.allowed(held.terms)

    def of(slab: Slab) -> tuple[U64, U32]:
        rows = np.flatnonzero(chosen(slab, held, question, yes, checked=True))
        if not len(rows):
            return np.zeros(0, np.uint64), np.zeros(0, np.uint32)
        people = slab.index.people(rows)
        once = np.ones(len(rows), np.bool_)
        once[1:] = people[1:] != people[:-1]
        return slab.photos()[rows], people[once]

    told = held.over(of)
    photos = np.concatenate([np.zeros(0, np.uint64), *(each for each, _ in told)])
    photos.sort()
    if np.any(photos[1:] == photos[:-1]):
        raise Unreadable("a photo is in the parts twice; nothing was listed. garim corpus check finds where")
    people = np.concatenate([np.zeros(0, np.uint32), *(numbers for _, numbers in told)])
    return Listed(photos, np.unique(people))


def made(held: Holdings, question: Question) -> Manifest:
    """The manifest of `question`, with a new key; nothing is written or logged. Raises `Unreadable`."""
    found, blinds = listed(held, question), key()
    over = tree(blinds, found.photos)
    predicate = " ".join(filter(None, (str(question.where), "test" if question.test else "")))
    about = About(
        question.purpose.value, question.processor, predicate, question.at, len(found.photos), over.root, blinds
    )
    return Manifest(about, found.photos, over, found.people)


def publish(
    held: Holdings, question: Question, output: Path, *, log: Log, own: Own, keep: Keep, force: bool = False
) -> Manifest:
    """Make a manifest, log it, `keep` it, and let `output` appear, in this order. Raises as `appear` does."""
    it = made(held, question)
    appear(it, output, log=log, own=own, keep=keep, force=force)
    return it


def appear(it: Manifest, output: Path, *, log: Log, own: Own, keep: Keep, force: bool = False) -> None:
    """Log a manifest that was made, `keep` it, and let `output` appear, in this order.

    Raises `Misuse` where nobody agrees, or `output` is there and `force` is not given; `Unwritable`, `Unreadable`.
    """
    if not len(it.photos):
        raise Misuse(f"nobody agrees that {it.about.processor} uses their photos for this; nothing was listed")
    with whole(output, force=force, mode=0o600) as unfinished:
        save(unfinished, it)
        keep(it, record(log, Entry("corpus.manifest", now(), it.facts(own))))


def save(path: Path, it: Manifest) -> None:
    """Write the file of a manifest."""
    with parquet.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        column_encoding={"photo": "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        writer.write_table(pa.Table.from_arrays([pa.array(it.photos)], schema=SCHEMA), row_group_size=ROWS_A_GROUP)
        writer.add_key_value_metadata({_ABOUT.decode(): it.about.written().decode()})


def about(path: Path) -> About:
    """What a manifest's file says of itself: its foot is read and no row. Raises `Unreadable`, `Malformed`."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            file.seek(max(0, size - 8))
            foot = file.read(8)
            if foot[4:] != b"PAR1" or not 0 < int.from_bytes(foot[:4], "little") < min(size, _MOST_FOOTER):
                raise Malformed(f"{path}: is no Parquet file, and so no manifest")
        with parquet.ParquetFile(path) as opened:
            if opened.schema_arrow.names != SCHEMA.names or opened.schema_arrow.types != SCHEMA.types:
                raise Malformed(f"{path}: has other columns than a manifest")
            said = About.read((opened.metadata.metadata or {}).get(_ABOUT, b""))
            if opened.metadata.num_rows != said.photos:
                raise Malformed(f"{path}: has other rows than it says")
            return said
    except (OSError, pa.ArrowException):
        raise Unreadable(f"{path}: cannot be read as a manifest; nothing was done") from None


def read(path: Path) -> tuple[About, U64]:
    """A manifest's file, each row proven by its root. Raises `Unreadable`, `Malformed`."""
    said = about(path)
    return said, rows(path, said)


def rows(path: Path, said: About) -> U64:
    """The rows of the manifest that says `said` of itself, proven by its root. Raises `Unreadable`, `Malformed`."""
    if said.photos > _most_rows(path):
        raise Malformed(f"{path}: claims more photos than its bytes can hold; nothing was read")
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as opened:
            if opened.metadata.num_rows != said.photos:
                raise Malformed(f"{path}: has other rows than it says")
            photos = np.asarray(opened.read(use_threads=False).column("photo"), np.uint64)
    except (OSError, pa.ArrowException):
        raise Unreadable(f"{path}: is damaged; nothing was read. Ask for the manifest again") from None
    if tree(said.key, photos).root != said.root:
        raise Malformed(f"{path}: its rows are not those whose root it names; nothing was read")
    return photos


def opens(key: bytes) -> bytes:
    """What opens a ledger's entry, of the key that makes the rows' blinds."""
    return hmac.digest(key, b"garim corpus entry v1", "sha256")


def named(opens: bytes, root: bytes) -> str:
    """The commitment by which the ledger names a manifest: in its own entry, in releases, in models."""
    return commitment(opens, "manifest", root.hex().encode())


def utc(at: datetime) -> datetime:
    """`at` in UTC, to the second."""
    return at.astimezone(UTC).replace(microsecond=0)


def _hashed(text: str) -> bytes:
    """As receipts open facts: the SHA-256 in hex."""
    return sha256(text.encode()).hexdigest().encode()


def _most_rows(path: Path) -> int:
    # ascending serials, each once, in steps of one: Parquet's deltas take no bits, but a head for each 128
    return path.stat().st_size * 128
