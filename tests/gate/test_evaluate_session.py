"""`garim gate evaluate` and `garim gate report` as a stranger meets them. Real processes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.gate.evaluate.sets import consent, london, made
from tests.processes import garim

from garim.consent import save

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.weights


@pytest.fixture
def run(tmp_path: Path) -> Run:
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "MPLCONFIGDIR": str(tmp_path / "mpl")}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return garim(*words, cwd=tmp_path, env=env)

    return run


def test_from_a_set_to_a_report(run: Run, tmp_path: Path) -> None:
    folder = made(tmp_path / "set", london(12))
    save(consent("other"), folder / "consents/L-001.TEST.consent.json", force=True)
    ran = run("gate", "evaluate", "set", "--out", "out", "--known", "known", "--test")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "omz-0095: 11 people, 11 mated and 110 non-mated comparisons"
    assert "left out: fewer than 5 with the record of somebody else" in lines
    assert "    FMR                           0 of 110: 0 % (0 % to 3.3 %)" in lines
    assert any(line.startswith("for FMR 0.001: not supported by so few comparisons") for line in lines)
    assert "TEST" in ran.stderr and "not disclosed" in ran.stderr
    assert not [word for word in ("L-0", ".jpg") if word in ran.stdout + ran.stderr]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("report.json", "index.html", "det.png", "det.svg", "scores.png", "scores.svg", "receipt.json")
    }

    key = run("ledger", "show", "state/garim/ledger").stdout.splitlines()[1].removeprefix("key ")
    proved = run("ledger", "verify", "out/receipt.json", "--key", key)
    assert proved.returncode == 0, proved.stderr + proved.stdout

    said = run("gate", "report", "--json", "--page", "gate.html")
    told = json.loads(said.stdout)
    assert (said.returncode, told["sessions"], told["evaluations"][0]["subjects"]) == (0, 0, 11)
    assert "A gate, from its log" in (tmp_path / "gate.html").read_text()

    again = run("gate", "evaluate", "set", "--out", "out", "--known", "known", "--test")
    assert (again.returncode, again.stdout) == (2, "") and "--force" in again.stderr
    forced = run("gate", "evaluate", "set", "--out", "out", "--known", "known", "--test", "--force", "--json")
    assert json.loads(forced.stdout) == json.loads((tmp_path / "out/report.json").read_text())


def test_who_withdrew_is_left_out(run: Run, tmp_path: Path) -> None:
    from tests.gate.evaluate.sets import OFFICER

    from garim.consent import save_key

    folder = made(tmp_path / "set", london(6))
    save_key(OFFICER, tmp_path / "key")
    record = next(path for path in sorted((folder / "consents").iterdir()))
    before = record.read_bytes()
    words = ("consent", "withdraw", record, "--key", "key", "--as", "officer", "--known", "known", "--test")
    assert run(*words).returncode == 0
    record.write_bytes(before)  # an old copy, from before
    ran = run("gate", "evaluate", "set", "--out", "out", "--known", "known", "--test")
    assert ran.returncode == 0 and "left out: fewer than 5 who withdrew" in ran.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere", "--out", "out"), 3, "cannot be read"),
        (("set", "--out", "out", "--known", "known"), 1, "(6 with a consent made for tests); nothing was compared"),
        (("set", "--out", "out", "--test"), 1, "(6 with a record signed by nobody known); nothing was compared"),
        (("set", "--out", "known", "--known", "known", "--test"), 2, "known"),
        (("set", "photo.jpg", "--out", "out", "--known", "known", "--test"), 2, "photo.jpg"),
    ],
)
def test_what_is_refused(run: Run, tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    made(tmp_path / "set", london(6))
    ran = run("gate", "evaluate", *words)
    assert (ran.returncode, ran.stdout) == (code, ""), ran.stderr
    assert said in ran.stderr and len(ran.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_report_says_what_a_day_is(run: Run) -> None:
    assert run("gate", "report", "--since", "yesterday").returncode == 2
    assert run("gate", "report", "--ledger", "nowhere").returncode == 2
    empty = run("gate", "report")
    assert (empty.returncode, empty.stdout) == (0, "0 sessions\n0 issued, of which 0 were never used, or not yet\n")
