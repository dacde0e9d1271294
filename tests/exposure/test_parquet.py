"""Positions and Parquet: the same rows back, in few bytes, and no other file taken."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from pyarrow import parquet as pq
from tests.exposure.rows import PETS, any_rows, plain, some

from benchmarks import _walks
from garim.core.errors import Malformed
from garim.exposure import parquet
from garim.exposure.positions import Positions


@settings(deadline=None)  # the first loads Arrow
@given(any_rows())
def test_what_is_written_is_read(positions: Positions) -> None:
    assert plain(parquet.read(parquet.written(positions))) == plain(positions)


def test_an_hour_of_walks_takes_few_bytes() -> None:
    positions = some(people=5)
    assert len(parquet.written(positions)) <= 6 * len(positions)
    assert plain(parquet.read(parquet.written(positions))) == plain(positions)


@pytest.mark.skipif(not PETS.exists(), reason=f"{PETS}: not there")
@pytest.mark.parametrize("noise_cm", [0, 10, 30])
def test_real_people_take_few_bytes_however_rough_the_measurement(noise_cm: float) -> None:
    positions = _walks.pets(PETS, np.random.default_rng(2), noise_cm=noise_cm)
    assert len(parquet.written(positions)) <= 6 * len(positions)


def test_duckdb_reads_the_same(tmp_path: Path) -> None:
    positions = some()
    (tmp_path / "hour.parquet").write_bytes(parquet.written(positions))
    found = duckdb.read_parquet(str(tmp_path / "hour.parquet")).aggregate("count(*), sum(x_cm), max(tick)").fetchall()
    assert found == [(len(positions), positions.x_cm.sum(), positions.tick.max())]


def table(**changed: Any) -> pa.Table:
    good = some(people=0.1)
    columns = {name: pa.array(getattr(good, name)) for name in parquet.COLUMNS} | changed
    return pa.table(columns)


def stored(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, store_schema=bool(rows.schema.metadata))
    return sink.getvalue()


def strict(rows: pa.Table) -> pa.Table:
    """Columns that cannot be empty, as ours are."""
    return rows.cast(pa.schema([pa.field(each.name, each.type, nullable=False) for each in rows.schema]))


def test_only_the_exact_columns_are_taken() -> None:
    parquet.read(stored(strict(table())))
    wide = table(x_cm=table()["x_cm"].cast(pa.int32()))
    odd = {
        "may be empty": table(),
        "wider": strict(wide),
        "one more": strict(table(crop=pa.array([b""] * len(table())))),
        "one less": strict(table().drop_columns(["mask"])),
        "another order": strict(table().select(["tick", "track", "x_cm", "y_cm", "sd_cm", "mask"])),
        "signed": strict(table(mask=table()["mask"].cast(pa.int8()))),
        "with a note": strict(table()).replace_schema_metadata({"who": "it was"}),
    }
    for why, rows in odd.items():
        with pytest.raises(Malformed, match="other columns"):
            parquet.read(stored(rows))
            pytest.fail(why)


def test_rows_that_are_no_positions_are_refused() -> None:
    rows = strict(table()).slice(0, 2).to_pydict()
    rows["tick"] = [7200, 7201]
    with pytest.raises(Malformed, match="ticks of one hour"):
        parquet.read(stored(pa.table(rows, schema=parquet.SCHEMA)))


@pytest.mark.parametrize("keep", [0, 1, 8, 100, -1, -8])
def test_a_file_cut_short_is_refused(keep: int) -> None:
    with pytest.raises(Malformed, match="no Parquet file"):
        parquet.read(parquet.written(some())[:keep])
