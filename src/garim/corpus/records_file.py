"""RECORDS AS PARQUET, from somebody else: read a batch at a time, and nothing in it is believed before it is looked at.

    pseudonym text | nationality text | birth_year int | sex text | captured_on date | provenance text |
    purposes text, as corpus.train;corpus.test | processors text, separated by ; | until date | consent 32 bytes

Laws: a file that lacks a column, has one of another type, or claims more rows than its bytes can hold is refused before
a row is read; a row that is not what it should be refuses the file, with the row's number and not its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from garim.consent import Purpose
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.corpus.provenance import provenance
from garim.corpus.values import I32, PURPOSES, U8, U16, Grant, Sex, Terms, packed, terms_of

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
_CONSENT = 32  # of each row, random: no compression makes less of them
_MOST_GROUP = 1 << 30  # bytes of one row group, uncompressed
_MOST_KINDS = 100_000  # different values of a column that has few


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows side by side. `terms` is each row's place in `kinds`; `consent` u8[n,32]."""

    pseudonyms: list[str]
    nationality: U16
    birth_year: U16
    sex: U8
    captured_on: I32
    provenance: U8
    terms: NDArray[np.intp]
    kinds: tuple[Terms, ...]
    consent: U8


def batches(path: Path, *, rows: int) -> Iterator[Batch]:
    """The file's rows, up to `rows` at a time. Raises `Misuse`, `Unreadable`, `Malformed`."""
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            _refuse_odd(path, file)
            first = 0
            for found in file.iter_batches(rows, columns=list(COLUMNS), use_threads=False):
                yield _read(pa.Table.from_batches([found]), first, path)
                first += found.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(
            f"{path}: is no Parquet that can be read whole ({type(error).__name__}). What came before was kept"
        ) from None


def _refuse_odd(path: Path, file: parquet.ParquetFile) -> None:
    schema = file.schema_arrow
    for name, kind in COLUMNS.items():
        if schema.get_all_field_indices(name) != [i for i, each in enumerate(schema.names) if each == name][:1]:
            raise Misuse(f"{path}: has no column {name}, or two; nothing was admitted. It wants {', '.join(COLUMNS)}")
        if name not in schema.names:
            raise Misuse(f"{path}: has no column {name}; nothing was admitted. It wants {', '.join(COLUMNS)}")
        if schema.field(name).type != kind:
            raise Misuse(f"{path}: the column {name} is {schema.field(name).type}, not {kind}; nothing was admitted")
    about = file.metadata
    if about.num_rows * _CONSENT > path.stat().st_size:
        raise Malformed(f"{path}: claims {about.num_rows} rows, more than its bytes can hold; nothing was admitted")
    for at in range(about.num_row_groups):
        if about.row_group(at).total_byte_size > _MOST_GROUP:
            raise Malformed(f"{path}: a row group would unpack to over a gigabyte; nothing was admitted")


def _read(table: pa.Table, first: int, path: Path) -> Batch:
    for name in COLUMNS:
        if table.column(name).null_count:
            raise Malformed(
                f"{path}: column {name}, from row {first} on, has a value that is none; nothing of it was kept"
            )
    try:
        terms, kinds = _terms(table)
        flat = np.frombuffer(b"".join(bytes(each or b"") for each in table.column("consent").to_pylist()), np.uint8)
        return Batch(
            pseudonyms=[str(each) for each in table.column("pseudonym").to_pylist()],
            nationality=_coded(table, "nationality", lambda word: packed(word)).astype(np.uint16),
            birth_year=np.asarray(table.column("birth_year"), np.uint16),
            sex=_coded(table, "sex", lambda word: Sex[word.upper()].value).astype(np.uint8),
            captured_on=np.asarray(table.column("captured_on").cast(pa.int32()), np.int32),
            provenance=_coded(table, "provenance", lambda word: provenance(word).value).astype(np.uint8),
            terms=terms,
            kinds=kinds,
            consent=flat.reshape(-1, _CONSENT),
        )
    except (ValueError, KeyError):
        raise Malformed(
            f"{path}: from row {first} on, a value is none that people have; nothing of it was kept"
        ) from None


def _coded(table: pa.Table, name: str, code: object) -> NDArray[np.int64]:
    assert callable(code)
    words, places = _kinds(table, name)
    return np.array([code(word) for word in words], np.int64)[places]


def _kinds(table: pa.Table, name: str) -> tuple[Sequence[str], NDArray[np.intp]]:
    chunk: Any = table.combine_chunks().column(name).dictionary_encode().unify_dictionaries().chunk(0)
    if len(chunk.dictionary) > _MOST_KINDS:
        raise ValueError("more different values than such a column has")
    return [str(each) for each in chunk.dictionary.to_pylist()], np.asarray(chunk.indices, np.intp)


def _terms(table: pa.Table) -> tuple[NDArray[np.intp], tuple[Terms, ...]]:
    purposes, of_purpose = _kinds(table, "purposes")
    processors, of_processor = _kinds(table, "processors")
    until = np.asarray(table.column("until").cast(pa.int32()), np.int64)
    days, of_day = np.unique(until, return_inverse=True)
    joint = (of_purpose * len(processors) + of_processor) * len(days) + of_day
    distinct, places = np.unique(joint, return_inverse=True)
    kinds = []
    for each in distinct.tolist():
        rest, day = divmod(each, len(days))
        purpose, processor = divmod(rest, len(processors))
        kinds.append(_one(purposes[purpose], processors[processor], int(days[day])))
    return np.asarray(places, np.intp), tuple(kinds)


def _one(purposes: str, processors: str, day: int) -> Terms:
    named = tuple(word.strip() for word in processors.split(";") if word.strip())
    wanted = [Purpose(word.strip()) for word in purposes.split(";")]
    if any(each not in PURPOSES for each in wanted) or not all(word.isprintable() for word in named):
        raise ValueError("no purpose of a corpus")
    until = datetime.combine(date.fromordinal(date(1970, 1, 1).toordinal() + day), time(), UTC)
    return terms_of(Grant(purpose, named, until) for purpose in wanted)
