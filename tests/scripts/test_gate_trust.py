"""`garim gate trust` in real processes: what it says of weak, undated and shrunken lists, and what it does not read."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.gate.passport.certificates import csca, revocation_list
from tests.gate.passport.pki import made_master_list
from tests.gate.passport.suites import BY_NAME, USUAL
from tests.processes import garim

Run = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime.now(UTC)
KOREA = csca("KR", USUAL)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    env = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data"), "COLUMNS": "100"}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return garim("gate", "trust", *words, cwd=tmp_path, env=env)

    return run


def listed(folder: Path, *, sha1: bool = False, days: int | None = 1) -> None:
    moment = None if days is None else NOW - timedelta(days=days)
    data, root = made_master_list([KOREA.certificate], suite=BY_NAME["P-256 sha1"] if sha1 else USUAL, signed_at=moment)
    (folder / "list.ml").write_bytes(data)
    (folder / "root.cer").write_bytes(root.certificate)


def crl(folder: Path, name: str, *serials: int, days: int, number: int) -> None:
    issued = NOW - timedelta(days=days)
    data = revocation_list(KOREA, serials, issued=issued, next_update=issued + timedelta(days=60), number=number)
    (folder / name).write_bytes(data)


def test_a_weak_list_is_said_when_it_comes_in_and_whenever_it_is_shown(run: Run, tmp_path: Path) -> None:
    listed(tmp_path, sha1=True)
    ran = run("add", "list.ml", "--root", "root.cer")
    assert ran.returncode == 0 and "to weigh [weak_hash]" in ran.stdout
    assert "to weigh [weak_hash]" in run("list").stdout
    (held,) = json.loads(run("list", "--json").stdout)["held"]
    assert held["flags"] == ["weak_hash"] and held["dated"]


def test_an_undated_list_is_called_so(run: Run, tmp_path: Path) -> None:
    listed(tmp_path, days=None)
    assert "undated" in run("add", "list.ml", "--root", "root.cer").stdout
    assert "undated" in run("list").stdout
    listed(tmp_path, days=9)
    (tmp_path / "other.ml").write_bytes((tmp_path / "list.ml").read_bytes())
    assert run("add", "other.ml", "--root", "root.cer").returncode == 0, "the same, with a date now"
    assert "undated" not in run("list").stdout


def test_what_a_new_revocation_list_no_more_revokes_is_named(run: Run, tmp_path: Path) -> None:
    listed(tmp_path)
    assert run("add", "list.ml", "--root", "root.cer").returncode == 0
    crl(tmp_path, "1.crl", 0xAB, *range(1000, 1030), days=5, number=1)
    crl(tmp_path, "2.crl", days=3, number=2)
    assert run("add", "1.crl").returncode == 0
    said = run("add", "2.crl").stdout
    assert "31 that the list before revoked are not on it" in said and ": ab, 3e8" in said and "and 11 more" in said
    crl(tmp_path, "3.crl", days=1, number=1)
    ran = run("add", "3.crl")
    assert ran.returncode == 2 and "number 2" in ran.stderr and "--older" in ran.stderr
    done = json.loads(run("add", "1.crl", "--older", "--json").stdout)
    assert done["dropped"] == [] and len(done["replaced"]) == 1


def test_a_revocation_list_that_is_removed_is_missed_until_that_is_removed_too(run: Run, tmp_path: Path) -> None:
    listed(tmp_path)
    crl(tmp_path, "1.crl", 1, days=5, number=1)
    assert run("add", "list.ml", "--root", "root.cer").returncode == run("add", "1.crl").returncode == 0
    (held,) = [one for one in json.loads(run("list", "--json").stdout)["held"] if one["kind"] == "revocation list"]
    assert "stay unproven" in run("remove", held["id"]).stdout
    assert "missing revocation list of KR" in run("list").stdout
    assert run("remove", held["id"]).returncode == 0
    assert "missing" not in run("list").stdout


def test_a_zip_is_taken_and_a_pipe_or_the_stores_own_file_is_not(run: Run, tmp_path: Path) -> None:
    listed(tmp_path)
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.write(tmp_path / "list.ml", "GermanMasterList.ml")
    os.mkfifo(tmp_path / "pipe")
    ran = run("add", "pipe", "--root", "root.cer")
    assert ran.returncode == 3 and "no plain file" in ran.stderr
    own = tmp_path / "data" / "garim" / "trust" / "trust.sqlite-journal"
    own.write_bytes((tmp_path / "list.ml").read_bytes())
    ran = run("add", own, "--root", "root.cer")
    assert ran.returncode == 2 and own.read_bytes() == (tmp_path / "list.ml").read_bytes()
    own.unlink()
    assert run("add", "list.zip", "--root", "root.cer").returncode == 0
