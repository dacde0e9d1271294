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
from tests.corpus.world import CONTROLLER, KNOWN, OFFICER, World, consent, new

from garim.consent import Known, Purpose, Signer
from garim.core.errors import Disproved, GarimError, Malformed, Misuse, Unreadable
from garim.corpus import consents, records_file
from garim.corpus.answering import Stranger, by_consent
from garim.corpus.attested import attest
from garim.corpus.bulk import Taken, admit_records
from garim.corpus.check import check
from garim.corpus.corpus import Corpus
from garim.corpus.erase import erase
from garim.corpus.errors import NotAdmitted, Why
from garim.corpus.values import packed
from garim.corpus.withdraw import withdraw
from garim.ledger import Entry, now
from garim.ledger import record as logged

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


def write(path: Path, found: dict[str, Any]) -> Path:
    kinds = records_file.COLUMNS
    arrays = [pa.array(found[name], kind) for name, kind in kinds.items()]
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(kinds)), path)
    attest(path, OFFICER, controller=CONTROLLER, at=datetime.now(UTC))
    return path


def corpus_ids(corpus: Corpus, pseudonym: str) -> Any:
    return np.frombuffer(corpus.id_of(pseudonym), np.uint8).reshape(1, 16)


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
        with pytest.raises(NotAdmitted, match="already") as caught:
            list(admit_records(corpus, path, known=KNOWN, rows=16))
        assert caught.value.why is Why.DUPLICATE
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
    with pytest.raises(Malformed, match="rows from row 0 on are of one consent"):
        list(records_file.batches(path, rows=count))


def test_a_word_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path: Path) -> None:
    path = records(tmp_path / "rows.parquet", processors=["x" * (1 << 20)] * ROWS)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(Malformed, match="row 0, counted from 0: processors is longer than any is"):
        list(records_file.batches(path, rows=10))


@pytest.mark.parametrize("photos", [2, 5, 10])
def test_a_file_in_which_people_have_many_photos_is_no_bomb(world: World, photos: int) -> None:
    count = 20_000
    consents = [os.urandom(32) for _ in range(count // photos)]
    alike = {name: [values[0]] * count for name, values in columns().items()}
    mine = {"pseudonym": [f"P-{row // photos}" for row in range(count)]}
    whose = {"consent": [consents[row // photos] for row in range(count)]}
    path = write(world.root / "rows.parquet", alike | mine | whose)
    assert path.stat().st_size < 32 * count
    with world.open() as corpus:
        assert list(admit_records(corpus, path, known=KNOWN)) == [Taken(count, 0, count // photos)]
        assert len(corpus.holdings().rows_of(corpus.subject("P-7").number)) == photos


def test_one_bad_row_refuses_the_file_by_its_number_and_mended_all_of_it_comes_in_once(world: World) -> None:
    sexes = [*columns()["sex"][:37], "yes", *columns()["sex"][38:]]
    path = records(world.root / "rows.parquet", sex=sexes)
    with world.open() as corpus:
        with pytest.raises(Malformed, match="row 37, counted from 0: sex is none"):
            list(admit_records(corpus, path, known=KNOWN, rows=16))
        assert corpus.parts() == (0, ()) and corpus.numbers(corpus_ids(corpus, "B-0"))[0] == -1
        path = records(world.root / "rows.parquet")
        assert sum(taken.photos for taken in admit_records(corpus, path, known=KNOWN, rows=16)) == ROWS
        assert check(corpus).found == ()


@pytest.mark.parametrize(
    ("other", "row"),
    [
        ({"pseudonym": [*(f"B-{row}" for row in range(20)), "not one", *["B-1"] * 19]}, 20),
        ({"birth_year": pa.array([1990] * 39 + [2027], pa.uint16())}, 39),
        ({"captured_on": [date(2026, 1, 1)] * 30 + [date(2199, 1, 1)] * 10}, 30),
        ({"until": pa.array([20_000] * 7 + [(1 << 31) - 1] * 33, pa.int32()).cast(pa.date32())}, 7),
        ({"provenance": ["taken-by-us"] * 12 + ["web-scraping"] * 28}, 12),
        (
            {"consent": pa.array([b"c" * 32] * 2 + [bytes([n]) * 32 for n in range(37)] + [b"c" * 32], pa.binary(32))},
            39,
        ),
    ],
)
def test_the_row_that_is_wrong_is_named(tmp_path: Path, other: dict[str, Any], row: int) -> None:
    path = records(tmp_path / "rows.parquet", **other)
    for rows in (7, 16, 100) if "consent" not in other else (100,):  # of a batch: two people's consent
        with pytest.raises(Malformed, match=f"row {row}, counted from 0"):
            list(records_file.batches(path, rows=rows))


def test_rows_that_came_by_another_file_do_not_come_in_twice(world: World) -> None:
    found = columns()
    with world.open() as corpus:
        path = records(world.root / "rows.parquet")
        assert sum(taken.photos for taken in admit_records(corpus, path, known=KNOWN, rows=16)) == ROWS
        later = found | {"captured_on": [*found["captured_on"][:30], *[date(2026, 3, 1)] * 10]}
        again = write(world.root / "again.parquet", later)
        assert list(admit_records(corpus, again, known=KNOWN)) == [Taken(10, 0, 5, twice=30)]
        assert len(corpus.holdings().rows_of(corpus.subject("B-0").number)) == 2
        # somebody else under a consent that is B-0's
        stranger = write(world.root / "other.parquet", found | {"pseudonym": [f"S-{row}" for row in range(ROWS)]})
        assert list(admit_records(corpus, stranger, known=KNOWN)) == [Taken(0, 40, 0)]
        assert check(corpus).found == ()


def test_a_file_that_changes_while_it_is_read_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = records(world.root / "rows.parquet")
    other, whole = records(world.root / "other.parquet", 10).read_bytes(), path.read_bytes()
    seen = iter([whole, other])
    real = records_file.batches

    def changing(path: Path, *, rows: int) -> Any:
        path.write_bytes(next(seen))
        told = list(real(path, rows=rows))
        path.write_bytes(whole)
        return told

    monkeypatch.setattr(records_file, "batches", changing)
    with world.open() as corpus, pytest.raises(Disproved, match="was changed while it was read"):
        list(admit_records(corpus, path, known=KNOWN, rows=16))


def withdrawn_elsewhere(corpus: Corpus, commitment: bytes) -> None:
    name = f"hmac-sha256:{commitment.hex()}"
    logged(corpus.log, Entry("consent.withdrawn", now(), {"by": "subject", "record": name}))


def test_a_consent_withdrawn_on_the_ledger_admits_no_row_and_withdraws_who_came_in(world: World) -> None:
    found = columns()
    path = records(world.root / "rows.parquet")
    with world.open() as corpus:
        withdrawn_elsewhere(corpus, found["consent"][3])
        assert list(admit_records(corpus, path, known=KNOWN)) == [Taken(39, 1, 20)]
        mine = corpus.subject("B-1").number
        assert len(corpus.holdings().standing_of(mine)) == 1
        withdrawn_elsewhere(corpus, found["consent"][2])
        withdrawn_elsewhere(corpus, found["consent"][30])
    with world.open() as corpus:
        assert sorted(corpus.gone().numbers().tolist()) == sorted([mine, corpus.subject("B-15").number])
        assert not len(corpus.holdings().standing_of(mine)) and check(corpus).found == ()


def test_who_came_in_with_a_file_is_known_by_their_consent_alone(world: World) -> None:
    people = [consent(f"B-{number}") for number in range(ROWS)]
    path = records(
        world.root / "rows.parquet",
        pseudonym=[each.pseudonym for each in people],
        consent=pa.array([each.commitment for each in people], pa.binary(32)),
    )
    with world.open() as corpus:
        list(admit_records(corpus, path, known=KNOWN))
        person = by_consent(corpus, people[5])
        assert person.subject == corpus.subject("B-5")
        assert consents.holder(corpus, people[5].commitment) == person.subject.number
        with pytest.raises(Stranger):
            by_consent(corpus, consent("B-5"))
        octets = b"".join(each.read_bytes() for each in world.folder.rglob("*") if each.is_file())
        assert people[5].commitment[:8] not in octets, "a thief who has the file learns of no row whose it is"


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
            if held < 40:
                list(admit_records(corpus, path, known=KNOWN, rows=20))
            assert sum(part.rows for part in corpus.parts()[1]) == 40 and check(corpus).found == ()
        shutil.rmtree(at.root)
