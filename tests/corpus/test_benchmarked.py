"""The benchmark's rows are the same each time, skewed, and measured by the code that is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _corpus_people as people
from garim.corpus.values import Records, packed

ROOT = Path(__file__).parents[2]


def test_rows_are_the_same_and_skewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "BATCH", 20_000)
    first, again = (Records.joined(list(people.batches(50_000))) for _ in range(2))
    assert first.photo.tolist() == list(range(50_000))
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in ("subject", "terms", "consent"))
    assert int(first.subject.max()) < people.people(50_000)
    assert 0.25 < float((first.nationality == packed("KOR")).mean()) < 0.45
    photos = np.bincount(first.subject)
    assert photos.max() >= 8
    assert people.pseudonyms(995, 1005) == [people.pseudonym(number) for number in range(995, 1005)]
    terms = people.terms()
    assert len(terms) == 3000
    assert 1 <= int(first.terms.min()) <= int(first.terms.max()) <= len(terms)


@pytest.mark.slow
def test_every_step_runs(tmp_path: Path) -> None:
    told = {}
    for step in ("build", "ask", "withdraw", "ask again", "manifest", "subject", "erase"):
        command = [sys.executable, "-m", "benchmarks._corpus_steps", step, str(tmp_path / "bench"), "20000"]
        path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=True, cwd=ROOT)
        told[step] = json.loads(done.stdout.splitlines()[-1])
    assert told["ask again"]["eligible"] == told["manifest"]["manifest_photos"]
    assert told["ask again"]["withdrawn"] >= told["withdraw"]["list"]
