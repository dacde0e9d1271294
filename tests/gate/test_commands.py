"""`garim gate challenge` and `verify` as a stranger meets them, and the example. Real processes.

They stand here and not in tests/scripts: what makes the travellers knows faces, and that run may not.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.gate.travellers import MOVES, PERSON, Inside, asked, captured, issued_to, london, moving, record, trusting
from tests.processes import garim

from garim.consent import public_of, save
from garim.core.errors import NoWeights
from garim.gate.challenge import read
from garim.ledger import Log, standing
from garim.ledger.entry import KINDS
from garim.ledger.entry import read as read_entry

Run = Callable[..., subprocess.CompletedProcess[str]]
HOLDER = ("GARIM", "SPECIMEN", "M12345678", "740812", "P-01")

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a traveller's passport, its trust, and the stills of the same person lie."""
    folder = tmp_path_factory.mktemp("made")
    try:
        Inside().ready()
    except NoWeights as missing:
        pytest.skip(str(missing))
    _, passport = issued_to(london("070", "neutral"), folder / "passport")
    trusting(passport, folder / "trust")
    captured(moving(london("070", "smiling"), MOVES), folder / "stills", None)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path / "data")}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return garim("gate", *words, cwd=tmp_path, env=env, timeout=300)

    return run


@pytest.fixture
def agreeing(tmp_path: Path) -> list[str | Path]:
    save(record(), tmp_path / "p.TEST.consent.json")
    (tmp_path / "known").write_text(f"{public_of(PERSON)} subject P-01\n")
    return ["--consent", "p.TEST.consent.json", "--known", "known", "--test"]


def test_a_challenge_says_its_moves_and_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    ran = run("challenge", "-o", "session", "--moves", "2")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("look into the camera again") == 2
    assert "the lane without a camera" in " ".join(ran.stdout.split())
    assert stat.S_IMODE((tmp_path / "session").stat().st_mode) == 0o600
    told = json.loads(run("challenge", "-o", "session", "--force", "--json").stdout)
    assert told["moves"] == [move.value for move in read((tmp_path / "session").read_bytes()).moves]
    assert run("challenge", "-o", "session").returncode == 2
    refused = run("challenge", "-o", "other", "--moves", "1")
    assert refused.returncode == 2 and "the lane without a camera" in " ".join(refused.stderr.split())
    assert len(standing(tmp_path / "state" / "garim" / "ledger", "gate.challenge")) == 2  # each draw


def test_a_match_its_receipt_and_its_entry(run: Run, made: Path, agreeing: list[str | Path], tmp_path: Path) -> None:
    with Log.create(tmp_path / "log", "gate.example/log") as log:
        asked(MOVES, tmp_path / "session", log)
    words = [made / "passport", "--capture", made / "stills", "--session", "session", "--trust", made / "trust"]
    ran = run("verify", *words, *agreeing, "--ledger", "log", "--receipt", "receipt.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("MATCH\n")
    assert "the lane without a camera" in " ".join(ran.stdout.split())
    assert "TEST" in ran.stderr and "not disclosed" in ran.stderr
    assert "when its pictures were taken" in ran.stdout
    assert not [word for word in HOLDER if word in ran.stdout + ran.stderr]
    assert stat.S_IMODE((tmp_path / "receipt.json").stat().st_mode) == 0o600
    with Log(tmp_path / "log") as log:
        facts = read_entry(log.tree.entry(1)).facts
        key = str(log.vkeys[0])
    assert set(facts) == set(KINDS["gate.session"]) and facts["decision"] == "match"
    held = garim("ledger", "verify", "receipt.json", "--key", key, cwd=tmp_path)
    assert held.returncode == 0, held.stdout + held.stderr
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    receipt["receipt"]["opened"]["content"] = "0" * 64
    (tmp_path / "forged.json").write_text(json.dumps(receipt))
    assert garim("ledger", "verify", "forged.json", "--key", key, cwd=tmp_path).returncode == 1
    again = run("verify", *words, *agreeing, "--ledger", "log")
    assert again.returncode == 2 and "used already" in again.stderr and again.stdout == ""


def test_a_passport_that_nobody_trusts_in_json(
    run: Run, made: Path, agreeing: list[str | Path], tmp_path: Path
) -> None:
    with Log.create(tmp_path / "log", "gate.example/log") as log:
        asked(MOVES, tmp_path / "session", log)
    words = [made / "passport", "--capture", made / "stills", "--session", "session", "--ledger", "log"]
    ran = run("verify", *words, *agreeing, "--json")
    assert ran.returncode == 1, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["verdict"], told["reasons"], told["entry"]) == ("document", ["document_unproven"], 1)
    assert told["to_a_person"] and told["seen"] == [] and told["quality"] == []
    assert not [word for word in HOLDER if word in ran.stdout]


def test_without_a_consent_nothing_is_opened(run: Run, made: Path, agreeing: list[str | Path], tmp_path: Path) -> None:
    asked(MOVES, tmp_path / "session")
    words = [made / "passport", "--capture", made / "stills", "--session", "session", "--trust", made / "trust"]
    for without in (["--consent", "p.TEST.consent.json", "--known", "known"], [*agreeing[:2], "--test"]):
        ran = run("verify", *words, *without)
        assert ran.returncode == 2 and "nothing was opened" in ran.stderr and ran.stdout == "", ran.stderr
        assert "the lane without a camera" in " ".join(ran.stderr.split())
    assert (tmp_path / "session").exists()
    assert not (tmp_path / "state").exists()


def test_a_receipt_that_cannot_be_written_uses_nothing_up(
    run: Run, made: Path, agreeing: list[str | Path], tmp_path: Path
) -> None:
    asked(MOVES, tmp_path / "session")
    words = [made / "passport", "--capture", made / "stills", "--session", "session", *agreeing]
    ran = run("verify", *words, "--receipt", "nodir/receipt.json")
    assert ran.returncode == 2 and "the session is unused" in ran.stderr, ran.stderr
    assert (tmp_path / "session").exists() and not (tmp_path / "state").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_answer_is_told_though_its_receipt_could_not_be_kept(
    run: Run, made: Path, agreeing: list[str | Path], tmp_path: Path
) -> None:
    with Log.create(tmp_path / "log", "gate.example/log") as log:
        asked(MOVES, tmp_path / "session", log)
    words = [made / "passport", "--capture", made / "stills", "--session", "session", *agreeing]
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path / "data")}
    command = ["gate", "verify", *map(str, words), "--ledger", "log", "--receipt", "receipt.json", "--wait", "--json"]
    program = "from garim.cli.main import run; run()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *command],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ran:
        assert ran.stderr is not None
        while "ready" not in ran.stderr.readline():
            pass
        (tmp_path / "receipt.json").write_text("somebody else's")  # appeared meanwhile
        out, err = ran.communicate("go\n", timeout=120)
    told = json.loads(out)
    assert (ran.returncode, told["verdict"], told["receipt"]) == (1, "document", None), err
    assert "appeared meanwhile" in told["receipt_lost"]
    assert (tmp_path / "receipt.json").read_text() == "somebody else's"


@pytest.mark.slow
def test_the_example_runs(made: Path, agreeing: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "garim").mkdir()
    (tmp_path / "known").rename(tmp_path / "garim" / "known-keys")
    Log.create(tmp_path / "log", "gate.example/log").close()
    words = [made / "passport", made / "stills", tmp_path / "p.TEST.consent.json", made / "trust", tmp_path / "log"]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "verify_traveller.py"), *map(str, words)],
        input="\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )
    # what was drawn by chance is seldom what the stills show
    assert ran.returncode in (0, 1), ran.stderr
    assert "for the officer:" in ran.stdout and "lane without a camera" in ran.stdout
