"""POSITIONS <-> PARQUET. Pure: bytes in, bytes out.

Laws: what is read back is what was written, in the same types; a file of other columns, other types or with gaps is
refused, whoever made it. Rows stand by track and then by time, so that of each column only the small steps are kept.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from garim.core.errors import Malformed
from garim.exposure.positions import Positions

COLUMNS = tuple(field.name for field in fields(Positions))
_TYPES = (pa.uint16(), pa.int32(), pa.int16(), pa.int16(), pa.uint8(), pa.uint8())
SCHEMA = pa.schema([pa.field(name, kind, nullable=False) for name, kind in zip(COLUMNS, _TYPES, strict=True)])
_DELTAS = dict.fromkeys(COLUMNS, "DELTA_BINARY_PACKED")


def written(positions: Positions) -> bytes:
    """`positions` as a Parquet file, that any reader of Parquet takes."""
    table = pa.Table.from_arrays([pa.array(getattr(positions, name)) for name in COLUMNS], schema=SCHEMA)
    sink = pa.BufferOutputStream()
    parquet.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=1,  # level 9 takes twice the time for 2 % of the bytes
        use_dictionary=False,
        column_encoding=_DELTAS,
        write_statistics=False,  # a file is read whole or not at all
        store_schema=False,  # Parquet's own types say it all
    )
    return sink.getvalue().to_pybytes()


def read(octets: bytes) -> Positions:
    """The positions that a Parquet file holds. Raises `Malformed` for any other file, and for rows that are none."""
    try:
        table = parquet.ParquetFile(pa.BufferReader(octets)).read(use_threads=False)  # threads cost more than they save
    except (pa.ArrowException, OSError):
        raise Malformed("no Parquet file that can be read") from None
    if not table.schema.equals(SCHEMA, check_metadata=True):
        raise Malformed("a Parquet file of other columns than positions have")
    try:
        return Positions(*(np.asarray(table.column(name)) for name in COLUMNS))
    except ValueError as error:
        raise Malformed(str(error)) from None
