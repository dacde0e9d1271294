"""What came one by one goes into parts: at its number, whole, in the turn, and whatever dies."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.deaths import run
from tests.corpus.world import World, new

from garim.consent import Purpose, Signer
from garim.core.errors import Unreadable
from garim.corpus import compact, eligible
from garim.corpus.check import check
from garim.corpus.corpus import Corpus
from garim.corpus.erase import erase
from garim.corpus.holdings import Question
from garim.corpus.settle import turn
from garim.corpus.withdraw import withdraw


def asked() -> Question:
    return Question(Purpose.CORPUS_TRAIN, "Trainers Ltd", datetime.now(UTC), test=True)


def rows(corpus: Corpus) -> list[tuple[int, int]]:
    """Every row there is, wherever it lies."""
    held = corpus.holdings()
    found = [held.rows_of(number) for number in range(4)]
    return [(each.subject[at], each.photo[at]) for each in found for at in range(len(each))]


def test_at_its_number_every_row_goes_into_a_part_and_comes_out_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "ROWS", 4)
    world = new(tmp_path)
    with world.open() as corpus:
        for seed in range(3):
            world.admit(corpus, f"P-{seed % 2}", seed)
        before = rows(corpus)
        assert len(corpus.recent()) == 3 and not corpus.parts()[1]
        withdraw(corpus, ["P-1"], by=Signer.SUBJECT)
        world.admit(corpus, "P-2", 3)  # the fourth
        assert not len(corpus.recent()) and corpus.parts()[0] == 1
        assert rows(corpus) == sorted([*before, (2, 3)]), "P-1's are held, too, until they are erased"
        assert eligible.count(corpus.holdings(), asked()) == 3
        for seed in range(4, 8):  # into the part of those who are there, and behind it
            world.admit(corpus, f"P-{seed % 2 * 3}", seed)
        assert not len(corpus.recent()) and [part.rows for part in corpus.parts()[1]] == [8]
        assert [path.name for path in (corpus.folder / "parts").iterdir()] == ["2"]
        assert erase(corpus, "P-1", by=Signer.SUBJECT).facts["parts_rewritten"] == ["2/0000.parquet"]
        assert not [row for row in rows(corpus) if row[0] == 1] and check(corpus).found == ()


def test_who_reads_meanwhile_is_told_to_ask_again(tmp_path: Path) -> None:
    world = new(tmp_path)
    with world.open() as corpus:
        world.admit(corpus, "P-0", 0)
        with turn(corpus):
            compact.compact(corpus, rows=1)
        before = corpus.holdings()
        world.admit(corpus, "P-1", 1)
        with turn(corpus):
            compact.compact(corpus, rows=1)
        for question in (lambda: eligible.count(before, asked()), lambda: before.rows_of(0)):
            with pytest.raises(Unreadable, match="nothing is lost"):
                question()
        assert eligible.count(corpus.holdings(), asked()) == 2


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_before_any_step_every_row_is_there_once(tmp_path: Path, every: int) -> None:
    (tmp_path / "base").mkdir()
    world = new(tmp_path / "base")
    with world.open() as corpus:
        for seed in range(3):
            world.admit(corpus, f"P-{seed % 2}", seed)
        with turn(corpus):
            assert compact.compact(corpus, rows=3) == 3
        world.admit(corpus, "P-0", 3)
        world.admit(corpus, "P-2", 4)
        whole, terms = rows(corpus), corpus.holdings().rows_of(0).terms

    def job(at: World) -> str:
        with at.open() as corpus, turn(corpus):
            return str(compact.compact(corpus, rows=2))

    def copied(name: str) -> World:
        shutil.copytree(world.root, tmp_path / name)
        return World(tmp_path / name)

    status, steps, said = run(lambda: job(copied("whole")))
    assert status == 0 and said == "2", said
    for die_at in range(1, steps + 1, every):
        at = copied(f"{die_at}")
        status, _, _ = run(lambda at=at: job(at), die_at=die_at)  # type: ignore[misc]
        assert os.WIFSIGNALED(status)
        with at.open() as corpus:
            assert rows(corpus) == whole and check(corpus).found == ()
            with turn(corpus):
                compact.compact(corpus, rows=1)
            assert rows(corpus) == whole and not len(corpus.recent())
            assert np.array_equal(corpus.holdings().rows_of(0).terms, terms)
            assert eligible.count(corpus.holdings(), asked()) == 5 and check(corpus).found == ()
        shutil.rmtree(at.root)
