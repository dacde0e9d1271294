"""`garim ledger` as a shell meets it: the keeper's commands, the inspector's, and a witness between them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import processes
from tests.ledger.entries import many
from tests.processes import GARIM

from garim.ledger.log import Log


def garim(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome."""
    return processes.garim("ledger", *words, env=os.environ | {"COLUMNS": "200"}, timeout=60)


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Path, str]:
    """A ledger of 300 entries, and its public key."""
    ran = garim("init", tmp_path / "log", "--origin", "log.example/one")
    assert ran.returncode == 0, ran.stderr
    with Log(tmp_path / "log") as log:
        log.append(many(300))
    return tmp_path / "log", ran.stdout.strip()


def test_the_inspector_needs_the_folder_and_one_key(begun: tuple[Path, str], tmp_path: Path) -> None:
    log, key = begun
    (tmp_path / "log.private").rename(tmp_path / "elsewhere")
    before = {path: path.stat().st_mtime_ns for path in log.rglob("*")}
    ran = garim("verify", log, "--key", key)
    assert (ran.returncode, ran.stderr) == (0, "")
    steps = re.findall(r"^ ?\d+\. (.*)$", ran.stdout, re.MULTILINE)
    assert len(steps) == 5
    assert "holds 300 entries" in steps[0]
    assert "Not proved" in ran.stdout
    assert {path: path.stat().st_mtime_ns for path in log.rglob("*")} == before
    as_json = json.loads(garim("verify", log, "--key", key, "--json").stdout)
    assert as_json["size"] == 300
    assert as_json["proved"] == steps
    assert as_json["unproved"]


def test_two_visits(begun: tuple[Path, str], tmp_path: Path) -> None:
    path, key = begun
    kept = tmp_path / "kept"
    assert garim("verify", path, "--key", key, "--keep", kept).returncode == 0
    assert kept.read_bytes() == (path / "checkpoint").read_bytes()
    again = garim("verify", path, "--key", key, "--keep", kept)
    assert again.returncode == 2
    assert "--force" in again.stderr
    with Log(path) as log:
        log.append(many(9, 300))
    ran = garim("verify", path, "--key", key, "--since", kept, "--keep", kept, "--force")
    assert ran.returncode == 0
    assert "begins with the 300 entries that you saw last time" in ran.stdout
    assert kept.read_bytes() == (path / "checkpoint").read_bytes()


def test_what_does_not_hold_is_told_with_its_step(begun: tuple[Path, str]) -> None:
    path, key = begun
    tile = path / "tile" / "0" / "000"
    content = bytearray(tile.read_bytes())
    content[77] ^= 1
    tile.unlink()
    tile.write_bytes(content)
    ran = garim("verify", path, "--key", key)
    assert ran.returncode == 1
    assert " 2. It is signed" in ran.stdout
    assert " 3." not in ran.stdout
    assert "step 3 does not hold: tile/0/000 is not what the entries hash to" in ran.stderr
    as_json = json.loads(garim("verify", path, "--key", key, "--json").stdout)
    assert as_json["exit_code"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "whom do you trust"),
        (("--key", "nonsense"), "is no public key"),
        (("--key", "KEY", "--since", "nowhere"), "cannot be read"),
        (("--policy", "nowhere"), "cannot be read"),
    ],
)
def test_misuse_is_told(begun: tuple[Path, str], words: tuple[str, ...], said: str) -> None:
    path, key = begun
    ran = garim("verify", path, *(key if word == "KEY" else word for word in words))
    assert ran.returncode in (2, 3)
    assert said in ran.stderr
    assert ran.stdout == ""


def test_a_folder_that_is_no_ledger(tmp_path: Path, begun: tuple[Path, str]) -> None:
    assert "no such folder" in garim("verify", tmp_path / "nothing", "--key", begun[1]).stderr
    (tmp_path / "empty").mkdir()
    ran = garim("verify", tmp_path / "empty", "--key", begun[1])
    assert ran.returncode == 1
    assert "there is no checkpoint" in ran.stderr
    for command in (
        ("show", tmp_path / "empty"),
        ("prove", tmp_path / "empty", "0"),
        ("checkpoint", tmp_path / "empty"),
    ):
        assert garim(*command).returncode == 2


def test_one_entry_is_proved_and_verified_without_the_log(begun: tuple[Path, str], tmp_path: Path) -> None:
    path, key = begun
    proof = tmp_path / "seven.tlog-proof"
    assert garim("prove", path, "7", "-o", proof).returncode == 0
    assert garim("prove", path, "7").stdout == proof.read_text()
    ran = garim("verify", proof, "--key", key)
    assert ran.returncode == 0
    assert "at index 7" in ran.stdout
    proof.write_text(proof.read_text().replace("index 7", "index 8"))
    ran = garim("verify", proof, "--key", key)
    assert ran.returncode == 1
    assert "step 3 does not hold" in ran.stderr
    assert "there is no entry 300" in garim("prove", path, "300").stderr


def test_show(begun: tuple[Path, str]) -> None:
    path, key = begun
    ran = garim("show", path, "--last", "3")
    assert key in ran.stdout
    assert [line.split()[0] for line in ran.stdout.splitlines()[2:]] == ["297", "298", "299"]
    as_json = json.loads(garim("show", path, "--last", "300", "--json").stdout)
    assert [row["index"] for row in as_json["entries"]] == list(range(300))
    assert len(as_json["keys"]) == 2
    assert garim("show", path, "--kind", "gate.searched").returncode == 2


def test_a_ledger_is_begun_once(begun: tuple[Path, str]) -> None:
    ran = garim("init", begun[0], "--origin", "log.example/one")
    assert ran.returncode == 2
    assert "exists already" in ran.stderr
    assert garim("init", begun[0].with_name("two"), "--origin", "a name with spaces").returncode == 2


def test_a_strangers_words_do_not_steer_the_terminal(begun: tuple[Path, str]) -> None:
    path, key = begun
    note = (path / "checkpoint").read_bytes()
    (path / "checkpoint").write_bytes(note.replace(b"log.example/one\n", "evil\u009b8m\u202e\n".encode(), 1))
    ran = garim("verify", path, "--key", key)
    assert ran.returncode == 1
    assert r"evil\x9b8m\u202e" in ran.stderr


@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
def test_a_hostile_folder_neither_blocks_nor_fills(begun: tuple[Path, str], kind: str) -> None:
    path, key = begun
    (path / "checkpoint").unlink()
    match kind:
        case "pipe":
            os.mkfifo(path / "checkpoint")
        case "endless":
            (path / "checkpoint").symlink_to("/dev/zero")
        case _:
            (path / "checkpoint").mkdir()
    ran = garim("verify", path, "--key", key)
    assert ran.returncode == 3
    assert "checkpoint" in ran.stderr


@pytest.fixture
def witness(begun: tuple[Path, str], tmp_path: Path) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """A witness of that log in a process of its own: its address and its key."""
    port = "8391"
    words = ["witness", str(tmp_path / "w1"), "--name", "witness.example/w1", "--log", begun[1]]
    command = [str(GARIM), "ledger", *words, "--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        key = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}", key, process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)


def test_a_witness_cosigns_and_an_old_copy_is_found_out(
    begun: tuple[Path, str], witness: tuple[str, str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    path, key = begun
    address, seen_by, _ = witness
    policy = tmp_path / "policy"
    policy.write_text(f"log {key}\nwitness w1 {seen_by} {address}\nquorum w1\n")
    assert "no quorum" in garim("verify", path, "--policy", policy).stderr
    assert garim("checkpoint", path).returncode == 2
    cosigned = _until_answered("checkpoint", path, "--policy", policy)
    assert cosigned.returncode == 0, cosigned.stderr
    ran = garim("verify", path, "--policy", policy)
    assert ran.returncode == 0, ran.stderr
    assert "Enough of the witnesses that you trust saw this very log: w1 on 2" in ran.stdout
    with Log(path) as log:
        log.append(many(2, 300))
    later = garim("verify", path, "--policy", policy)
    assert later.returncode == 0, later.stderr
    assert "saw its first 300 entries: w1" in later.stdout
    assert "others were shown the last 2 entries: no quorum has cosigned them yet" in later.stdout
    assert json.loads(garim("verify", path, "--policy", policy, "--json").stdout)["witnessed"] == 300
    assert garim("checkpoint", path).returncode == 0

    backup = tmp_path / "backup"
    subprocess.run(["cp", "-a", path, backup], check=True)
    subprocess.run(["cp", "-a", f"{path}.private", f"{backup}.private"], check=True)
    with Log(path) as log:
        log.append(many(5, 302))
    assert garim("checkpoint", path).returncode == 0, "the policy is remembered"
    old = garim("checkpoint", backup)
    assert old.returncode == 1
    assert "it is an older copy" in " ".join(old.stderr.split())
    with Log(backup) as log:  # and one that was appended to all the same
        log.append(many(5, 900))
    forked = garim("checkpoint", backup)
    assert forked.returncode == 1
    assert "history was rewritten" in " ".join(forked.stderr.split())


def test_a_witness_ends_with_its_memory_kept(
    begun: tuple[Path, str], witness: tuple[str, str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    path, key = begun
    address, seen_by, process = witness
    policy = tmp_path / "policy"
    policy.write_text(f"log {key}\nwitness w1 {seen_by} {address}\nquorum w1\n")
    assert _until_answered("checkpoint", path, "--policy", policy).returncode == 0
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    gone = garim("checkpoint", path)
    assert gone.returncode == 3
    assert "does not answer" in gone.stderr
    again = garim("witness", tmp_path / "w1", "--name", "witness.example/w2", "--log", key)
    assert again.returncode == 2
    assert "stays it" in again.stderr


def _until_answered(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command, tried until the witness that was just started listens."""
    for _ in range(50):
        ran = garim(*words)
        if "does not answer" not in ran.stderr:
            return ran
        time.sleep(0.1)
    return ran
