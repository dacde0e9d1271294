"""What comes back from parts is what was put there; what is damaged, or lies about itself, is refused."""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from tests.corpus import made

from garim.core.errors import Malformed, Misuse, Unreadable
from garim.corpus import build, parts
from garim.corpus.index import Index
from garim.corpus.values import Part, Records

SECTIONS = ("photos", "terms", "terms_rows", "groups", "term", "group")


def _built(folder: Path, rows: Records, *, rows_a_part: int = 300, generation: int = 1) -> tuple[Part, ...]:
    batches = [rows[at : at + 256] for at in range(0, len(rows), 256)]
    last = int(rows.subject.max()) if len(rows) else 0
    return build.built(folder, generation, batches, last=last, rows=len(rows), rows_a_part=rows_a_part)


def _index(folder: Path, part: Part) -> Index:
    path = parts.path_of(folder, part).with_suffix(".index")
    return Index.open(path, parquet=part.sha256, rows=part.rows, first=part.first)


def _read(folder: Path, held: tuple[Part, ...]) -> Records:
    return Records.joined([parts.read(folder, part) for part in held])


@settings(deadline=None)
@given(seed=st.integers(0, 1 << 30), subjects=st.integers(1, 400), rows=st.integers(1, 1200))
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int, subjects: int, rows: int
) -> None:
    folder, given_rows = tmp_path_factory.mktemp("corpus"), made.records(seed, subjects=subjects, rows=rows)
    held = _built(folder, given_rows)
    back = _read(folder, held)
    assert made.rows_of(back) == made.rows_of(given_rows)
    keys = list(zip(back.subject.tolist(), back.photo.tolist(), strict=True))
    assert keys == sorted(keys)
    spans = [(part.first, part.last) for part in held]
    assert all(left[1] < right[0] for left, right in itertools.pairwise(spans)), "a subject is in one part"
    one = int(given_rows.subject[0])
    found = [parts.rows_of(folder, part, one) for part in held if part.first <= one <= part.last]
    assert made.rows_of(Records.joined(found)) == made.rows_of(given_rows[given_rows.subject == one])
    assert sorted(path.name for path in (folder / "parts").iterdir()) == ["1"], "nothing is left of the building"


def test_duckdb_reads_the_same(tmp_path: Path) -> None:
    rows = made.records(3, subjects=90, rows=800)
    _built(tmp_path, rows)
    query = f"select subject, photo, terms from '{tmp_path}/parts/1/*.parquet' order by all"
    plain = sorted(zip(rows.subject.tolist(), rows.photo.tolist(), rows.terms.tolist(), strict=True))
    assert duckdb.execute(query).fetchall() == plain


@settings(deadline=None)
@given(seed=st.integers(0, 1 << 30), data=st.data())
def test_the_next_generation(tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject) -> None:
    folder, old = tmp_path_factory.mktemp("corpus"), made.records(seed, subjects=60, rows=700)
    first = _built(folder, old, rows_a_part=150)
    drop = np.array(sorted(data.draw(st.sets(st.integers(0, 90), max_size=25))), np.uint32)
    add = made.records(
        seed + 1, subjects=data.draw(st.integers(1, 120)), rows=data.draw(st.integers(0, 90)), first_photo=700
    )
    second = build.rewritten(folder, 2, first, drop=drop, add=add)
    both = Records.joined([old, add])
    back = _read(folder, second)
    assert made.rows_of(back) == made.rows_of(both[~np.isin(both.subject, drop)])
    assert np.all(np.diff(back.subject.astype(np.int64)) >= 0)
    assert made.rows_of(_read(folder, first)) == made.rows_of(old), "the one before holds until it is let go"
    for part in second:
        assert _index(folder, part).rows == part.rows
        parts.refuse_changed_index(folder, part)
    build.current_only(folder, 2)
    assert [path.name for path in (folder / "parts").iterdir()] == ["2"]
    assert made.rows_of(_read(folder, second)) == made.rows_of(back)


def test_a_part_that_nothing_touches_is_linked(tmp_path: Path) -> None:
    first = _built(tmp_path, made.records(1, subjects=60, rows=700), rows_a_part=150)
    drop = np.array([first[0].first], np.uint32)
    second = build.rewritten(tmp_path, 2, first, drop=drop)
    inodes = [[parts.path_of(tmp_path, part).stat().st_ino for part in each] for each in (first, second)]
    assert [left == right for left, right in zip(*inodes, strict=True)] == [False] + [True] * (len(first) - 1)


def test_two_processes_build_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made.records(8, subjects=300, rows=2000)
    alone = _built(tmp_path, rows)
    monkeypatch.setattr(build, "_ALONE", 1)
    together = _built(tmp_path, rows, generation=2)
    assert [part.sha256 for part in alone] == [part.sha256 for part in together]


def test_a_generation_is_there_once(tmp_path: Path) -> None:
    rows = made.records(1, subjects=5, rows=20)
    _built(tmp_path, rows)
    with pytest.raises(Misuse, match="is there already"):
        _built(tmp_path, rows)
    with pytest.raises(Misuse, match="past the last"):
        build.built(tmp_path, 2, [rows], last=2, rows=20)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["1"]


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def batches() -> object:
        yield made.records(1, subjects=5, rows=20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.built(tmp_path, 1, batches(), last=4, rows=20)  # type: ignore[arg-type]
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    (part,) = _built(tmp_path, made.records(1, subjects=5, rows=20))
    path = parts.path_of(tmp_path, part)
    parquet.write_table(parquet.read_table(path).drop_columns(["terms"]), path)
    with pytest.raises(Unreadable, match="other columns than a part"):
        parts.read(tmp_path, part)


def test_a_claim_of_a_billion_rows_in_a_small_file(tmp_path: Path) -> None:
    (part,) = _built(tmp_path, made.records(1, subjects=5, rows=20))
    path = parts.path_of(tmp_path, part)
    nothing = pa.array(np.zeros(1 << 22, np.int32))
    zero = {each.name: nothing.cast(each.type) for each in parts.SCHEMA}
    table = pa.table(zero, schema=parts.SCHEMA)
    with parquet.ParquetWriter(path, parts.SCHEMA, compression="zstd") as writer:
        for _ in range(16):
            writer.write_table(table)
    assert path.stat().st_size < 2 << 20, "64 million rows that take no room on disk, and gigabytes in memory"
    started = time.monotonic()
    for claimed in (part, replace(part, octets=path.stat().st_size)):
        with pytest.raises(Unreadable, match="other rows than the record says"):
            parts.read(tmp_path, claimed)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "name", ["../1/0000.parquet", "1/../../x.parquet", "/etc/passwd", "1/0000.parquet\n", "1/0000"]
)
def test_a_name_that_climbs_out(tmp_path: Path, name: str) -> None:
    (part,) = _built(tmp_path, made.records(1, subjects=5, rows=20))
    with pytest.raises(Malformed, match="a name that no part has"):
        parts.read(tmp_path, replace(part, name=name))


def test_any_changed_byte_of_a_part_is_found(tmp_path: Path) -> None:
    rows = made.records(4, subjects=40, rows=400)
    (part,) = _built(tmp_path, rows, rows_a_part=1000)
    path = parts.path_of(tmp_path, part)
    octets = path.read_bytes()
    plain = made.rows_of(rows)
    for at in range(0, len(octets), 37):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 0x10]) + octets[at + 1 :])
        with pytest.raises(Unreadable, match="not what was written"):
            parts.refuse_changed(tmp_path, part)
        with contextlib.suppress(Unreadable):  # a read that does not look at the hash first: pages have sums
            assert made.rows_of(parts.read(tmp_path, part)) == plain


def test_a_damaged_index_is_derived_anew(tmp_path: Path) -> None:
    (part,) = _built(tmp_path, made.records(4, subjects=40, rows=400), rows_a_part=1000)
    path = parts.path_of(tmp_path, part).with_suffix(".index")
    octets = path.read_bytes()
    good = Index.open(path, parquet=part.sha256, rows=part.rows, first=part.first)
    for at in range(0, len(octets), 11):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
        with pytest.raises(Unreadable, match="does not follow"):
            parts.refuse_changed_index(tmp_path, part)
        index = parts.index_of(tmp_path, part)
        try:
            read = {
                name: index.section(name).tolist()
                for name in ("photos", "terms", "terms_rows", "groups", "term", "group")
            }
        except Malformed:
            continue
        assert read == {name: good_section(octets, path, part, name) for name in read}
    path.unlink()
    assert parts.index_of(tmp_path, part).section("photos").tolist() == good.section("photos").tolist()
    path.write_bytes(octets[:-1])
    assert parts.index_of(tmp_path, part).written() == octets


def good_section(octets: bytes, path: Path, part: Part, name: str) -> list[int]:
    """A section of the index as it was."""
    beside = path.with_name("good.index")
    beside.write_bytes(octets)
    index = Index.open(beside, parquet=part.sha256, rows=part.rows, first=part.first)
    return list(index.section(name).tolist())


def test_a_foot_that_promises_more_than_its_rows_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (part,) = _built(tmp_path, made.records(4, subjects=40, rows=400), rows_a_part=1000)
    monkeypatch.setattr(parts, "_MOST_BESIDE", 0)
    monkeypatch.setattr(parts, "_MOST_A_ROW", 1)
    with pytest.raises(Unreadable, match="far longer than its rows"):
        parts.read(tmp_path, part)
