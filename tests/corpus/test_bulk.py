"""Records by the million, by the dozen: attested, read with suspicion, taken a batch at a time."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.corpus.deaths import run
from tests.corpus.world import CONTROLLER, KNOWN, OFFICER, World, new

from garim.consent import Known, Purpose, Signer
from garim.core.errors import Disproved, GarimError, Malformed, Misuse, Unreadable
from garim.corpus import records_file
from garim.corpus.attested import attest
from garim.corpus.bulk import Taken, admit_records
from garim.corpus.check import check
from garim.corpus.erase import erase
from garim.corpus.values import packed
from garim.corpus.withdraw import withdraw

ROWS = 40


def columns(first: int = 0, **other: Any) -> dict[str, Any]:
    draw = np.random.default_rng(first)
    return {
        "pseudonym": [f"B-{(first + row) // 2}" for row in range(ROWS)],
        "nationality": ["KOR" if row % 3 else "VNM" for row in range(ROWS)],
        "birth_year": [1950 + row for row in range(ROWS)],
        "sex": ["female" if row % 2 else "male" for row in range(ROWS)],
        "captured_on": [date(2026, 1, 1 + row % 28) for row in range(ROWS)],
        "provenance": ["taken-by-us"] * ROWS,
        "purposes": ["corpus.train" if row % 4 else "corpus.train;corpus.test" for row in range(ROWS)],
        "processors": ["Trainers Ltd"] * ROWS,
        "until": [date(2031, 1, 1)] * ROWS,
        "consent": [draw.bytes(32) for _ in range(ROWS)],
    } | other


def records(path: Path, first: int = 0, *, drop: str = "", **other: Any) -> Path:
    kinds = {name: kind for name, kind in records_file.COLUMNS.items() if name != drop}
    found = columns(first, **other)
    arrays = [pa.array(found[name], None if name in other else kind) for name, kind in kinds.items()]
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(kinds)), path)
    path.with_name(path.name + ".attested.json").unlink(missing_ok=True)
    attest(path, OFFICER, controller=CONTROLLER, at=datetime.now(UTC))
    return path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new(tmp_path)


def test_rows_come_in_with_keys_and_terms_and_their_people_can_go(world: World) -> None:
    path = records(world.root / "rows.parquet")
    with world.open() as corpus:
        assert list(admit_records(corpus, path, known=KNOWN, rows=16)) == [
            Taken(16, 0, 8),
            Taken(16, 0, 8),
            Taken(8, 0, 4),
        ]
        assert check(corpus).found == () and check(corpus).keys == 20
        subject = corpus.subject("B-7")
        mine = corpus.holdings().standing_of(subject.number)
        assert mine.birth_year.tolist() == [1964, 1965] and not mine.held.any()
        assert mine.nationality.tolist() == [packed("KOR"), packed("VNM")]
        terms = corpus.terms()[int(mine.terms[0])]
        assert terms.allows(Purpose.CORPUS_TRAIN, "Trainers Ltd", datetime.now(UTC))
        assert list(admit_records(corpus, path, known=KNOWN, rows=16)) == []  # taken already
        withdraw(corpus, ["B-7"], by=Signer.SUBJECT)
        again = records(world.root / "more.parquet", 10)
        assert list(admit_records(corpus, again, known=KNOWN)) == [Taken(38, 2, 19)]
        assert len(corpus.holdings().rows_of(subject.number)) == 2
        assert erase(corpus, "B-7", by=Signer.SUBJECT).facts["parts_rewritten"]
        assert not len(corpus.holdings().rows_of(subject.number)) and check(corpus).found == ()


def test_a_file_nobody_known_signed_for_is_refused(world: World) -> None:
    path = records(world.root / "rows.parquet")
    with world.open() as corpus:
        with pytest.raises(Disproved, match="no officer"):
            list(admit_records(corpus, path, known=Known()))
        note = world.root / "rows.parquet.attested.json"
        text = note.read_text()
        note.write_text(text.replace(CONTROLLER, "Another"))
        with pytest.raises(Disproved, match="not what was signed"):
            list(admit_records(corpus, path, known=KNOWN))
        note.write_text(text)
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(Disproved, match="not the file"):
            list(admit_records(corpus, path, known=KNOWN))
        note.unlink()
        with pytest.raises(Unreadable):
            list(admit_records(corpus, path, known=KNOWN))
        note.write_text("{}")
        with pytest.raises(Malformed):
            list(admit_records(corpus, path, known=KNOWN))
        assert corpus.parts() == (0, ())


@pytest.mark.parametrize("missing", records_file.COLUMNS)
def test_a_missing_column_is_said(tmp_path: Path, missing: str) -> None:
    with pytest.raises(Misuse, match=missing):
        list(records_file.batches(records(tmp_path / "rows.parquet", drop=missing), rows=10))


@pytest.mark.parametrize(
    "other",
    [
        {"provenance": ["web-scraping"] * ROWS},
        {"nationality": ["korea"] * ROWS},
        {"sex": ["yes"] * ROWS},
        {"purposes": ["gate.verify"] * ROWS},
        {"purposes": ["anything"] * ROWS},
        {"birth_year": ["1990"] * ROWS},
        {"captured_on": [None] * ROWS},
        {"processors": [None, *["a"] * (ROWS - 1)]},
    ],
)
def test_a_value_that_none_is_refuses_the_file(tmp_path: Path, other: dict[str, Any]) -> None:
    with pytest.raises((Malformed, Misuse)) as caught:
        list(records_file.batches(records(tmp_path / "rows.parquet", **other), rows=10))
    assert "B-1" not in str(caught.value)


def test_a_small_file_that_claims_many_rows_is_refused(tmp_path: Path) -> None:
    count = 1_000_000
    path = tmp_path / "bomb.parquet"
    kinds: list[tuple[str, Any]] = list(records_file.COLUMNS.items())
    arrays = [
        pa.array([found[0]], type_).take(pa.array(np.zeros(count, np.int32)))
        for (_, type_), found in zip(kinds, columns().values(), strict=True)
    ]
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(records_file.COLUMNS)), path, compression="zstd")
    assert path.stat().st_size < 1 << 20
    with pytest.raises(Malformed, match="more than its bytes can hold"):
        list(records_file.batches(path, rows=10))


def test_no_bytes_end_in_anything_but_one_of_our_errors(tmp_path: Path) -> None:
    path = records(tmp_path / "rows.parquet")
    whole = path.read_bytes()
    draw = np.random.default_rng(3)
    for number in range(150):
        octets = bytearray(whole)
        if number % 3:
            octets[int(draw.integers(len(octets)))] ^= 1 << int(draw.integers(8))
        else:
            octets = octets[: int(draw.integers(len(octets)))]
        path.write_bytes(octets)
        try:
            list(records_file.batches(path, rows=16))
        except GarimError:
            continue


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_in_the_middle_whole_batches_are_in(world: World, tmp_path: Path, every: int) -> None:
    path = records(world.root / "rows.parquet")

    def job(at: World) -> str:
        with at.open() as corpus:
            return str(len(list(admit_records(corpus, path, known=KNOWN, rows=20))))

    def copied(name: str) -> World:
        for part in ("corpus", "ledger", "ledger.private", "master.key"):
            source, target = world.root / part, tmp_path / name / part
            target.parent.mkdir(exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        return World(tmp_path / name)

    status, steps, said = run(lambda: job(copied("whole")))
    assert status == 0, said
    for die_at in range(1, steps + 1, every):
        at = copied(f"{die_at}")
        status, _, _ = run(lambda at=at: job(at), die_at=die_at)  # type: ignore[misc]
        assert os.WIFSIGNALED(status)
        with at.open() as corpus:
            held = sum(part.rows for part in corpus.parts()[1])
            assert held in (0, 20, 40) and check(corpus).found == ()
            list(admit_records(corpus, path, known=KNOWN, rows=20))
            assert sum(part.rows for part in corpus.parts()[1]) == 40 and check(corpus).found == ()
        shutil.rmtree(at.root)
