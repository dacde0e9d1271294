"""RECORDS AS PARQUET, from somebody else: read a piece at a time, and nothing in it is believed before it is looked at.

    pseudonym text | nationality text | birth_year int | sex text | captured_on date | provenance text |
    purposes text, as corpus.train;corpus.test | processors text, separated by ; | until date | consent 32 bytes

Laws: a file that lacks a column or has one of another type is refused before a row is read; a row that is not what it
should be refuses the file, with the row's number and not its words; what is decoded at once is bounded by its bytes,
whatever the file says of itself: text comes as it is packed, each word once, and is measured before it is unpacked.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from garim.consent import Purpose
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.corpus import subjects
from garim.corpus.provenance import provenance
from garim.corpus.values import I32, I64, PURPOSES, U8, U16, Bools, Grant, Sex, Terms, packed, terms_of

COLUMNS = {
    "pseudonym": pa.string(),
    "nationality": pa.string(),
    "birth_year": pa.uint16(),
    "sex": pa.string(),
    "captured_on": pa.date32(),
    "provenance": pa.string(),
    "purposes": pa.string(),
    "processors": pa.string(),
    "until": pa.date32(),
    "consent": pa.binary(32),
}
_TEXT = [name for name, kind in COLUMNS.items() if kind == pa.string()]
_CONSENT = 32
_OLDEST = date(1900, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
_PIECE = 1 << 16  # rows that are decoded at once
_MOST_PIECE = 1 << 28  # bytes that those may take
_MOST_GROUP = 1 << 29  # bytes of one row group, unpacked, as the file says
_MOST_WORD = 1 << 12  # bytes of one text
_MOST_KINDS = 100_000  # different terms of a batch
_MOST_A_CONSENT = 1 << 16  # rows of a batch: a file of a billion rows may take no room when they are all alike


class _Odd(ValueError):
    """The row at `place` of a piece is none that there may be."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows side by side, from row `first` of the file. `terms` is each row's place in `kinds`; `consent` u8[n,32]."""

    first: int
    pseudonyms: list[str]
    nationality: U16
    birth_year: U16
    sex: U8
    captured_on: I32
    provenance: U8
    terms: NDArray[np.intp]
    kinds: tuple[Terms, ...]
    consent: U8

    @classmethod
    def joined(cls, several: Sequence[Self]) -> Self:
        """The rows of `several`, one after the other."""
        kinds = {kind: place for place, kind in enumerate(dict.fromkeys(k for each in several for k in each.kinds))}
        terms = [np.array([kinds[kind] for kind in each.kinds], np.intp)[each.terms] for each in several]
        names = ("nationality", "birth_year", "sex", "captured_on", "provenance", "consent")
        return cls(
            first=several[0].first,
            pseudonyms=[one for each in several for one in each.pseudonyms],
            terms=np.concatenate(terms),
            kinds=tuple(kinds),
            **{name: np.concatenate([getattr(each, name) for each in several]) for name in names},
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that it says."""
        hashed = hashlib.sha256("\n".join(self.pseudonyms).encode() + repr(self.kinds).encode())
        rest = (self.nationality, self.birth_year, self.sex, self.captured_on, self.provenance, self.terms)
        for column in (*rest, self.consent):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.digest()


def batches(path: Path, *, rows: int) -> Iterator[Batch]:
    """The file's rows, about `rows` at a time, the same each time. Raises `Misuse`, `Unreadable`, `Malformed`."""
    waiting: list[Batch] = []
    for piece in _pieces(path, min(rows, _PIECE)):
        if waiting and sum(len(each.pseudonyms) for each in waiting) + len(piece.pseudonyms) > rows:
            yield _proven(Batch.joined(waiting), path)
            waiting = []
        waiting.append(piece)
    if waiting:
        yield _proven(Batch.joined(waiting), path)


def _pieces(path: Path, rows: int) -> Iterator[Batch]:
    try:
        _refuse_odd(path)
        first = 0
        with parquet.ParquetFile(path, page_checksum_verification=True, read_dictionary=_TEXT) as file:
            for found in file.iter_batches(rows, columns=list(COLUMNS), use_threads=False):
                if found.nbytes > _MOST_PIECE:
                    raise Malformed(
                        f"{path}: row {first} and the {found.num_rows} after it unpack to {found.nbytes >> 20} MB, "
                        "more than such rows are; nothing was admitted"
                    )
                found.validate(full=True)  # a word's number past the last word would be read from beside it
                yield _read(found, first, path)
                first += found.num_rows
            if first != file.metadata.num_rows:
                raise Malformed(f"{path}: says that it has {file.metadata.num_rows} rows, and has {first}")
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(
            f"{path}: is no Parquet that can be read whole ({type(error).__name__}); nothing was admitted"
        ) from None


def _refuse_odd(path: Path) -> None:
    with parquet.ParquetFile(path) as file:
        schema, about = file.schema_arrow, file.metadata
    for name, kind in COLUMNS.items():
        if schema.names.count(name) != 1:
            raise Misuse(f"{path}: has no column {name}, or two; nothing was admitted. It wants {', '.join(COLUMNS)}")
        found = schema.field(name).type
        plain = found.value_type if isinstance(found, pa.DictionaryType) else found
        if plain != kind:
            raise Misuse(f"{path}: the column {name} is {found}, not {kind}; nothing was admitted")
    for at in range(about.num_row_groups):
        if about.row_group(at).total_byte_size > _MOST_GROUP:
            raise Malformed(
                f"{path}: a row group unpacks to more than {_MOST_GROUP >> 20} MB; nothing was admitted. Write it in "
                "row groups of a million rows"
            )


def _read(found: pa.RecordBatch, first: int, path: Path) -> Batch:
    try:
        for name in COLUMNS:
            if found.column(name).null_count:
                _refuse(np.asarray(pc.is_null(found.column(name))), f"{name} is empty")
        terms, kinds = _terms(found)
        captured, born = _days(found, "captured_on"), np.asarray(found.column("birth_year"), np.uint16)
        _refuse_days(captured, born)
        return Batch(
            first=first,
            pseudonyms=_pseudonyms(found),
            nationality=_coded(found, "nationality", packed).astype(np.uint16),
            birth_year=born,
            sex=_coded(found, "sex", lambda word: Sex[word.upper()].value).astype(np.uint8),
            captured_on=captured,
            provenance=_coded(found, "provenance", lambda word: provenance(word).value).astype(np.uint8),
            terms=terms,
            kinds=kinds,
            consent=_consents(found),
        )
    except _Odd as odd:
        raise Malformed(
            f"{path}: row {first + odd.place}, counted from 0: {odd}; nothing was admitted. Mend it, and have the file "
            "attested anew"
        ) from None


def _refuse(wrong: Bools, why: str) -> None:
    if wrong.any():
        raise _Odd(int(np.argmax(wrong)), why)


def _refuse_days(captured: I32, born: U16) -> None:
    """As of photos that come one by one."""
    today = (datetime.now(UTC).date() - date(1970, 1, 1)).days
    _refuse((captured < _OLDEST) | (captured > today), "captured_on is no day until today")
    years = captured.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32) + 1970
    _refuse((born > 0) & ((born < 1900) | (born > years)), "birth_year is no year before the photo")


def _pseudonyms(found: pa.RecordBatch) -> list[str]:
    column = _dictionary(found, "pseudonym")
    told = [str(each) for each in column.dictionary.take(column.indices).to_pylist()]
    if (at := subjects.odd(told)) is not None:
        raise _Odd(at, "pseudonym is none: up to 64 letters, digits, '.', '_' and '-'")
    return told


def _consents(found: pa.RecordBatch) -> U8:
    column = found.column("consent")
    octets = memoryview(column.buffers()[1] or b"")
    return np.frombuffer(octets, np.uint8, _CONSENT * len(column), _CONSENT * column.offset).reshape(-1, _CONSENT)


def _days(found: pa.RecordBatch, name: str) -> I32:
    return np.asarray(found.column(name).cast(pa.int32()), np.int32)


def _coded(found: pa.RecordBatch, name: str, code: Callable[[str], int]) -> I64:
    """Of each row, the number that its word in the column `name` stands for."""
    words, places = _kinds(found, name)
    codes = np.full(len(words), -1, np.int64)
    for at, word in enumerate(words):
        with contextlib.suppress(ValueError, KeyError, Misuse):
            codes[at] = code(word)
    told = codes[places]
    _refuse(told < 0, f"{name} is none that is taken")
    return told


def _kinds(found: pa.RecordBatch, name: str) -> tuple[list[str], NDArray[np.intp]]:
    """The words that occur in a column, and of each row its word's place."""
    column = _dictionary(found, name)
    used, places = np.unique(np.asarray(column.indices), return_inverse=True)
    return [str(each) for each in column.dictionary.take(pa.array(used)).to_pylist()], np.asarray(places, np.intp)


def _dictionary(found: pa.RecordBatch, name: str) -> Any:
    """A column of text, each word once; no word longer than any is."""
    column: Any = found.column(name)
    if not isinstance(column, pa.DictionaryArray):
        column = column.dictionary_encode()
    lengths = np.asarray(pc.binary_length(column.dictionary))
    _refuse(lengths[np.asarray(column.indices)] > _MOST_WORD, f"{name} is longer than any is")
    return column


def _terms(found: pa.RecordBatch) -> tuple[NDArray[np.intp], tuple[Terms, ...]]:
    purposes, of_purpose = _kinds(found, "purposes")
    processors, of_processor = _kinds(found, "processors")
    days, of_day = np.unique(_days(found, "until").astype(np.int64), return_inverse=True)
    joint = (of_purpose * len(processors) + of_processor) * len(days) + of_day
    distinct, places = np.unique(joint, return_inverse=True)
    kinds: dict[Terms, int] = {}
    place = np.full(len(distinct), -1, np.intp)
    for at, each in enumerate(distinct.tolist()):
        rest, day = divmod(each, len(days))
        purpose, processor = divmod(rest, len(processors))
        with contextlib.suppress(ValueError, OverflowError):  # the latter: a day past the calendar's last
            kind = _one(purposes[purpose], processors[processor], int(days[day]))
            place[at] = kinds.setdefault(kind, len(kinds))
    told = place[places]
    _refuse(told < 0, "purposes, processors or until are none that a consent has")
    return told, tuple(kinds)


def _one(purposes: str, processors: str, day: int) -> Terms:
    named = tuple(word.strip() for word in processors.split(";") if word.strip())
    wanted = [Purpose(word.strip()) for word in purposes.split(";")]
    if any(each not in PURPOSES for each in wanted) or not all(word.isprintable() for word in named):
        raise ValueError("no purpose of a corpus")
    until = datetime.combine(date.fromordinal(date(1970, 1, 1).toordinal() + day), time(), UTC)
    return terms_of(Grant(purpose, named, until) for purpose in wanted)


def _proven(batch: Batch, path: Path) -> Batch:
    """Where each consent is one person's, of no more photos than a person has."""
    if len(batch.kinds) > _MOST_KINDS:
        raise Malformed(f"{path}: from row {batch.first} on, no two people agreed to the same; nothing was admitted")
    start = np.ascontiguousarray(batch.consent[:, :8]).view(np.uint64).reshape(-1)
    _, index, places, counts = np.unique(start, return_index=True, return_inverse=True, return_counts=True)
    if counts.max() > _MOST_A_CONSENT:
        raise Malformed(
            f"{path}: {counts.max():,} of the {len(start):,} rows from row {batch.first} on are of one consent, more "
            "than anybody has photos; nothing was admitted"
        )
    known: dict[str, int] = {}
    who = np.array([known.setdefault(each, len(known)) for each in batch.pseudonyms], np.int64)
    before = index[places]
    other = (who != who[before]) & (batch.consent == batch.consent[before]).all(axis=1)
    if other.any():
        raise Malformed(
            f"{path}: row {batch.first + int(np.argmax(other))}, counted from 0: its consent is another person's, too; "
            "nothing was admitted. Mend it, and have the file attested anew"
        )
    return batch
