"""THE BULK: rows in Parquet files, by subject; beside each, its index.

    DIR/parts/G/NNNN.parquet, NNNN.index      one generation of parts is current; record.sqlite says which

Laws: what is read back is what was written, in the same types; a file of other columns, of other rows than the record
says, or whose pages do not fit their checksums is refused before anything is counted in it; a part is written once
and never changed: what replaces it is another generation, and until the record names that one the old one holds.

The one module that imports pyarrow for rows. Nothing here knows who has withdrawn: `holdings` does.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from garim.core.errors import Malformed, Unreadable
from garim.corpus.index import Index
from garim.corpus.values import COLUMNS, U32, Part, Records
from garim.files import sha256, unwritable

ROWS_A_PART = 1 << 21
ROWS_A_GROUP = 1 << 16
FOLDER = "parts"
_TYPES = {
    "subject": pa.uint32(),
    "photo": pa.uint64(),
    "nationality": pa.uint16(),
    "birth_year": pa.uint16(),
    "sex": pa.uint8(),
    "captured_on": pa.date32(),
    "provenance": pa.uint8(),
    "terms": pa.uint32(),
    "consent": pa.uint64(),
    "held": pa.bool_(),
}
assert list(_TYPES) == list(COLUMNS)
SCHEMA = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _TYPES.items()])
_DICTIONARY = ["nationality", "birth_year", "sex", "captured_on", "provenance", "terms"]
# photo and consent: serials of no order within a subject; their high bytes hardly change, so bytes lie by their rank
_ENCODED = {"subject": "DELTA_BINARY_PACKED", "photo": "BYTE_STREAM_SPLIT", "consent": "BYTE_STREAM_SPLIT"}
_MOST_A_ROW, _MOST_BESIDE = 64, 1 << 22  # bytes unpacked, plain: 35 a row; beside them dictionaries
_NAME = re.compile(r"(?:0|[1-9][0-9]{0,8})/[0-9]{4,6}\.parquet")


def path_of(folder: Path, part: Part) -> Path:
    """Where a part lies in the corpus at `folder`. Raises `Malformed` for a name that is none, as one that climbs."""
    if not _NAME.fullmatch(part.name):
        raise Malformed("a part has a name that no part has")
    return folder / FOLDER / part.name


def by_subject(records: Records) -> Records:
    """The rows by subject, and then by photo."""
    ordered = np.all(records.subject[1:] >= records.subject[:-1])
    if ordered and np.all((records.subject[1:] > records.subject[:-1]) | (records.photo[1:] > records.photo[:-1])):
        return records
    return records[np.lexsort((records.photo, records.subject))]


def written(path: Path, name: str, records: Records) -> Part:
    """Write a part of rows that stand `by_subject`, and its index; both on disk. Raises `Unwritable`, `ValueError`."""
    if not len(records):
        raise ValueError("a part has rows")
    try:
        with parquet.ParquetWriter(
            path,
            SCHEMA,
            compression="zstd",
            compression_level=1,
            use_dictionary=_DICTIONARY,  # type: ignore[arg-type] # the stubs know one of its two forms
            column_encoding=_ENCODED,
            write_statistics=["subject"],
            write_page_checksum=True,
            store_schema=False,
        ) as writer:
            writer.write_table(_table(records), row_group_size=ROWS_A_GROUP)
        claimed = sha256(path)
        index = path.with_suffix(".index")
        index.write_bytes(Index.derived(records, claimed).written())
        for each in (path, index):
            each.chmod(0o600)
            _synced(each)
    except OSError as error:
        raise unwritable(path, error) from None
    return Part(name, len(records), int(records.subject[0]), int(records.subject[-1]), path.stat().st_size, claimed)


def read(folder: Path, part: Part, columns: Sequence[str] | None = None) -> Records:
    """All rows of a part; where `columns` are named, all else is zero. Raises `Unreadable`."""
    with _opened(folder, part) as file:
        table = file.read(columns=list(columns or COLUMNS), use_threads=False)
    return _records(table, part.rows)


def photos(folder: Path, part: Part) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """The serials of a part's photos, a row each. Raises `Unreadable`."""
    with _opened(folder, part) as file:
        column = file.read(columns=["photo"], use_threads=False).column("photo")
    return _array(column, np.dtype(np.uint64))


def rows_of(folder: Path, part: Part, subject: int) -> Records:
    """The rows of one subject, out of the row groups that can have them. Raises `Unreadable`."""
    with _opened(folder, part) as file:
        groups = [at for at in range(file.metadata.num_row_groups) if _may_have(file, at, subject)]
        if not groups:
            return Records.empty()
        table = file.read_row_groups(groups, use_threads=False)
    found = _records(table, table.num_rows)
    return found[np.searchsorted(found.subject, subject) : np.searchsorted(found.subject, subject, side="right")]


def index_of(folder: Path, part: Part) -> Index:
    """The index of a part; derived anew, from the Parquet, where it is missing or damaged. Raises `Unreadable`."""
    path = path_of(folder, part).with_suffix(".index")
    with contextlib.suppress(OSError, Malformed):
        return Index.open(path, parquet=part.sha256, rows=part.rows, first=part.first)
    return derived(folder, part)


def derived(folder: Path, part: Part) -> Index:
    """The index, from the Parquet alone; its bytes are proven first. Raises `Unreadable`."""
    refuse_changed(folder, part)
    return Index.derived(read(folder, part), part.sha256)


def refuse_changed(folder: Path, part: Part) -> None:
    """Raise `Unreadable` unless a part is, to the byte, what the record says, and its index follows from it."""
    path = path_of(folder, part)
    _refuse_gone(path)
    if sha256(path) != part.sha256:
        raise Unreadable(f"{path}: is not what was written there; nothing was read past it. Restore it from a backup")


def refuse_changed_index(folder: Path, part: Part) -> None:
    """Raise `Unreadable` where a part's index is there and is not what its Parquet gives."""
    path = path_of(folder, part).with_suffix(".index")
    if path.exists() and path.read_bytes() != derived(folder, part).written():
        raise Unreadable(f"{path}: does not follow from its Parquet; delete it, and it is made anew")


def subjects_in(records: Records) -> U32:
    """The subjects of rows that stand by subject, each once."""
    first = np.ones(len(records), np.bool_)
    first[1:] = records.subject[1:] != records.subject[:-1]
    return records.subject[first]


def synced_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    _synced(folder)


def _table(records: Records) -> pa.Table:
    arrays = [pa.array(getattr(records, name)) for name in _TYPES]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


@contextlib.contextmanager
def _opened(folder: Path, part: Part):  # type: ignore[no-untyped-def]
    path = path_of(folder, part)
    _refuse_gone(path)
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(SCHEMA):
                raise Malformed("has other columns than a part of a corpus")
            if file.metadata.num_rows != part.rows or path.stat().st_size != part.octets:
                raise Malformed("has other rows than the record says")
            groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
            if sum(each.total_byte_size for each in groups) > _MOST_A_ROW * part.rows + _MOST_BESIDE:
                raise Malformed("says that it is far longer than its rows can be")
            yield file
    except (pa.ArrowException, OSError, Malformed) as error:
        said = str(error) if isinstance(error, Malformed) else "is damaged, or cannot be read"
        raise Unreadable(f"{path}: {said}; nothing was read past it. Restore it from a backup") from None


def _refuse_gone(path: Path) -> None:
    """Who reads takes no turn: their generation may go meanwhile, and nothing is wrong with that."""
    if not path.parent.exists():
        raise Unreadable(f"{path}: another process wrote the parts anew meanwhile; nothing is lost. Ask again")


def _may_have(file: parquet.ParquetFile, group: int, subject: int) -> bool:
    known = file.metadata.row_group(group).column(0).statistics
    if known is None or known.min is None or known.max is None:
        return True
    return bool(known.min <= subject <= known.max)


def _records(table: pa.Table, rows: int) -> Records:
    if table.num_rows != rows:
        raise Malformed("has other rows than the record says")
    found = {}
    for name, dtype in COLUMNS.items():
        if name not in table.column_names:
            found[name] = np.zeros(rows, dtype)
            continue
        found[name] = _array(table.column(name), dtype)
    return Records(**found)


def _array(column: pa.ChunkedArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A column without gaps as an array. By its buffers: any other way imports pandas, where that is installed."""
    if dtype == np.bool_:
        column = column.cast(pa.uint8())
    joined = [np.zeros(0, dtype)]
    for chunk in column.chunks:
        octets = chunk.buffers()[1]
        if chunk.null_count or octets is None:
            raise Malformed("has gaps")
        # a row of a bool is a byte of 0 or 1 by now, as numpy has it
        joined.append(np.frombuffer(memoryview(octets), dtype, len(chunk), chunk.offset * dtype.itemsize))
    return joined[1] if len(joined) == 2 else np.concatenate(joined)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
