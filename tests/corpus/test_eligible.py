"""Counts, groups and lists are what a plain loop, and DuckDB, say of the same rows."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import made

from garim.consent import Purpose
from garim.core.errors import Unreadable
from garim.corpus import build, eligible, manifest, parts
from garim.corpus.bitmap import Withdrawn
from garim.corpus.holdings import Holdings, Question
from garim.corpus.index import NO_AGE, ages
from garim.corpus.values import Records
from garim.corpus.where import Where

QUESTIONS = st.builds(
    Question,
    purpose=st.sampled_from([Purpose.CORPUS_TRAIN, Purpose.CORPUS_TEST]),
    processor=st.sampled_from([*made.PROCESSORS, "lab-d"]),
    at=st.sampled_from([made.NOW, made.NOW + timedelta(days=5), made.NOW + timedelta(days=50)]),
    where=st.sampled_from(
        [
            Where(),
            Where.parse(["sex=female", "age=10-60"]),
            Where.parse(["captured=2010-01-01..2020-01-01"]),
            Where.parse(["nationality=KOR", "birth_year=1950-2000"]),
        ]
    ),
    test=st.booleans(),
)


def holdings(folder: Path, rows: Records, *, recent: int, gone: set[int]) -> Holdings:
    """All but the last `recent` rows in parts of one generation."""
    old, new = rows[: len(rows) - recent], rows[len(rows) - recent :]
    last = int(rows.subject.max())
    held = build.built(folder, 1, [old], last=last, rows=len(old), rows_a_part=120) if len(old) else ()
    return Holdings(folder, held, new, made.some_terms(), Withdrawn.of(np.array(sorted(gone), np.uint32)))


def plain(rows: Records, question: Question, gone: set[int]) -> Records:
    """The rows that a loop finds."""
    terms, asked = made.some_terms(), question.where.holds(rows)
    right = [
        bool(asked[at])
        and subject not in gone
        and number in terms
        and terms[number].allows(question.purpose, question.processor, question.at, test=question.test)
        for at, (subject, number) in enumerate(zip(rows.subject.tolist(), rows.terms.tolist(), strict=True))
    ]
    return rows[np.array(right, np.bool_)]


@settings(deadline=None)
@given(
    seed=st.integers(0, 1 << 20),
    question=QUESTIONS,
    recent=st.integers(0, 60),
    gone=st.sets(st.integers(0, 60), max_size=30),
)
def test_it_is_what_a_loop_finds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, question: Question, recent: int, gone: set[int]
) -> None:
    rows = made.records(seed, subjects=50, rows=500)
    held = holdings(tmp_path_factory.mktemp("corpus"), rows, recent=recent, gone=gone)
    right = plain(rows, question, gone)
    assert eligible.count(held, question) == len(right)
    listed = manifest.listed(held, question)
    assert listed.photos.tolist() == sorted(right.photo.tolist())
    assert listed.people.tolist() == sorted(set(right.subject.tolist()))
    groups = Counter(zip(right.nationality.tolist(), ages(right).tolist(), right.sex.tolist(), strict=True))
    assert _as_counter(eligible.by_group(held, question)) == groups
    bands = np.minimum(np.arange(256) // 20, 12).astype(np.uint8)
    people = Counter(
        (nationality, band, sex)
        for _, nationality, band, sex in {
            (*each,)
            for each in zip(
                right.subject.tolist(),
                right.nationality.tolist(),
                bands[ages(right)].tolist(),
                right.sex.tolist(),
                strict=True,
            )
        }
    )
    assert _as_counter(eligible.people_by_group(held, question, bands)) == people
    standing = rows[~np.isin(rows.subject, list(gone))]
    everyone = Counter(zip(standing.nationality.tolist(), ages(standing).tolist(), standing.sex.tolist(), strict=True))
    assert _as_counter(eligible.by_group_of_all(held)) == everyone


def _as_counter(cells: eligible.Cells) -> Counter[tuple[int, int, int]]:
    rows = zip(cells.nationality.tolist(), cells.age.tolist(), cells.sex.tolist(), strict=True)
    return Counter(dict(zip(rows, cells.photos.tolist(), strict=True)))


def test_duckdb_counts_the_same(tmp_path: Path) -> None:
    rows = made.records(5, subjects=300, rows=3000)
    held = holdings(tmp_path, rows, recent=0, gone={1, 2, 250})
    question = Question(Purpose.CORPUS_TRAIN, "lab-a", made.NOW)
    yes = ",".join(str(number) for number in np.flatnonzero(question.allowed(held.terms)))
    asked = f"from '{tmp_path}/parts/1/*.parquet' where terms in ({yes}) and subject not in (1, 2, 250)"
    assert duckdb.execute(f"select count(*) {asked}").fetchall() == [(eligible.count(held, question),)]
    old = "year(captured_on) - birth_year"
    age = f"case when birth_year = 0 or year(captured_on) < birth_year then {NO_AGE} else {old} end"
    grouped = duckdb.execute(f"select nationality, {age} as age, sex, count(*) {asked} group by all").fetchall()
    assert {row[:3]: row[3] for row in grouped} == _as_counter(eligible.by_group(held, question))


def test_one_subject_is_read_and_a_withdrawn_one_is_not(tmp_path: Path) -> None:
    rows = made.records(6, subjects=40, rows=600)
    held = holdings(tmp_path, rows, recent=50, gone={7})
    for subject in range(45):
        mine = made.rows_of(rows[rows.subject == subject])
        assert made.rows_of(held.rows_of(subject)) == mine
        assert made.rows_of(held.standing_of(subject)) == (mine if subject != 7 else [])


def test_terms_that_a_damaged_index_would_change_are_not_believed(tmp_path: Path) -> None:
    rows = made.records(6, subjects=40, rows=400)
    held = holdings(tmp_path, rows, recent=0, gone=set())
    question = Question(Purpose.CORPUS_TRAIN, "lab-a", made.NOW)
    right = manifest.listed(held, question).photos.tolist()
    for part in held.parts:
        path = parts.path_of(tmp_path, part).with_suffix(".index")
        octets = path.read_bytes()
        path.write_bytes(octets[: -part.rows * 2] + bytes(part.rows) + octets[-part.rows :])  # term: a byte a row
    assert manifest.listed(held, question).photos.tolist() == right
    parts.path_of(tmp_path, held.parts[0]).write_bytes(b"PAR1")
    with pytest.raises(Unreadable):
        manifest.listed(held, question)
