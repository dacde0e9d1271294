"""A log of ours before aics-tlog, which shares no code with us: it holds, and one changed byte does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters, digits
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from tests.ledger.entries import many
from tests.peers.newer_python import NoPeer, environment

from garim.core.vkey import Kind, VerifierKey
from garim.ledger import keys
from garim.ledger.collect import cosigned
from garim.ledger.folder import Folder
from garim.ledger.log import Log
from garim.ledger.note import parse
from garim.ledger.policy import read
from garim.ledger.verify import Trust, verify
from garim.ledger.witness import Identity
from garim.ledger.witness_server import WitnessServer
from garim.ledger.witness_state import State, create

if TYPE_CHECKING:
    from tests.peers.aics_verifier import Question  # which imports the peer

pytestmark = pytest.mark.peers

ORIGIN, BEFORE, SIZE = "log.example/peers", 300, 65_536 + 256 + 7  # three levels of tiles, each with a right edge
ASKED = [0, 1, 255, 256, BEFORE - 1, BEFORE, 40_000, 65_535, 65_536, SIZE - 1]
WITNESS = "witness.example/one"
LETTERS = (ascii_letters + digits + "+/").encode()  # those of base64
VERIFIER, WRITER = (Path(__file__).with_name(f"aics_{name}.py") for name in ("verifier", "writer"))


@dataclass(frozen=True)
class Shown:
    """A log's folder as it was published, and what was asked about it."""

    folder: Path
    root: str
    question: Question


@pytest.fixture(scope="session")
def python() -> Path:
    try:
        return environment("aics-tlog==0.2.1")
    except NoPeer as error:
        pytest.skip(f"aics-tlog, which would verify a log of ours: {error}")


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("ours")
    with Log.create(folder / "log", ORIGIN) as log, witness(folder, log) as (key, url):
        policy = read(f"witness one {key} {url}\nquorum one\n".encode())

        def grow(entries: list[bytes]) -> bytes:
            log.append(entries)
            assert log.publish(bytes(cosigned(parse(log.note), policy, lambda old, _: log.tree.consistency(old))))
            return log.note

        older = grow(many(BEFORE))
        grow(many(SIZE - BEFORE, BEFORE))
        (log_key,) = [vkey for vkey in log.vkeys if vkey.kind is Kind.ED25519]
        question: Question = {
            "folder": str(log.path),
            "origin": ORIGIN,
            "log_key": str(log_key),
            "witnesses": [key],
            "quorum": 1,
            "proofs": {str(index): [step.hex() for step in log.tree.inclusion(index)] for index in ASKED},
            "older": older.decode(),
            "grown": [step.hex() for step in log.tree.consistency(BEFORE)],
        }
        return Shown(log.path, log.tree.root.hex(), question)


@contextmanager
def witness(folder: Path, log: Log) -> Iterator[tuple[str, str]]:
    """A witness of `log` that listens: its key, and where."""
    create(folder / "seen.sqlite")
    signer = keys.new(WITNESS, Kind.COSIGN_ED25519)
    identity = Identity((signer, keys.new(WITNESS, Kind.COSIGN_ML_DSA_44)), log.vkeys)
    with State(folder / "seen.sqlite") as state, WitnessServer("127.0.0.1", 0, state, identity) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield str(signer.vkey), server.url
        finally:
            server.shutdown()
            thread.join()


def answer(python: Path, question: Question, **other: Any) -> dict[str, Any]:
    asked = json.dumps({**question, **other})
    done = subprocess.run([python, "-I", VERIFIER], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_all_of_it_holds(python: Path, shown: Shown) -> None:
    assert answer(python, shown.question) == {
        "size": SIZE,
        "root": shown.root,
        "tiles": 258 + 2 + 1,
        "bundles": 258,
        "proofs": len(ASKED),
        "cosigned by": [WITNESS],
    }


def test_without_the_witness_there_is_no_quorum(python: Path, shown: Shown) -> None:
    stranger = str(keys.new(WITNESS, Kind.COSIGN_ED25519).vkey)
    assert answer(python, shown.question, witnesses=[stranger])["refused"] == "checkpoint"


def test_it_is_another_log_s_under_another_key(python: Path, shown: Shown) -> None:
    assert answer(python, shown.question, log_key=str(keys.new(ORIGIN, Kind.ED25519).vkey))["refused"] == "checkpoint"
    assert answer(python, shown.question, origin="log.example/other")["refused"] == "checkpoint"


def test_a_proof_of_another_entry_does_not_hold(python: Path, shown: Shown) -> None:
    proofs = {"256": shown.question["proofs"]["255"]}
    assert answer(python, shown.question, proofs=proofs)["refused"] == "our proof"


def test_growth_that_was_not_does_not_hold(python: Path, shown: Shown) -> None:
    grown = shown.question["grown"]
    assert answer(python, shown.question, grown=[*grown[1:], grown[0]])["refused"] == "our growth"


def copied(shown: Shown, folder: Path) -> Path:
    """The log once more, each file a link to the one: who changes one writes it anew."""
    return shutil.copytree(shown.folder, folder / "log", copy_function=os.link)


def changed(path: Path, change: Callable[[bytes], bytes]) -> None:
    content = change(path.read_bytes())
    path.unlink()
    path.write_bytes(content)


def flipped(content: bytes, at: int) -> bytes:
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("name", "at", "refused"),
    [
        ("tile/0/000", 0, "TileVerificationError"),
        ("tile/0/156", 4000, "TileVerificationError"),
        ("tile/0/257.p/7", -1, "root"),
        ("tile/1/000", 77, "TileVerificationError"),
        ("tile/1/001.p/1", 5, "root"),
        ("tile/2/000.p/1", 31, "root"),
        ("tile/entries/000", 1, "TileVerificationError"),  # the length of the first entry
        ("tile/entries/156", 5000, "TileVerificationError"),
        ("tile/entries/257.p/7", -1, "TileVerificationError"),
    ],
)
def test_one_bit_of_a_tile_or_an_entry(
    python: Path, shown: Shown, tmp_path: Path, name: str, at: int, refused: str
) -> None:
    folder = copied(shown, tmp_path)
    changed(folder / name, lambda content: flipped(content, at))
    assert answer(python, shown.question, folder=str(folder))["refused"] == refused


NEXT = bytes.maketrans(LETTERS, LETTERS[1:] + LETTERS[:1])


@pytest.mark.parametrize(
    ("number", "at"),
    [(0, 0), (1, 0), (2, 5), (4, 60), (6, 60)],
    ids=["origin", "size", "root", "signature", "cosignature"],
)
def test_one_letter_of_the_checkpoint(python: Path, shown: Shown, tmp_path: Path, number: int, at: int) -> None:
    """It is another letter of base64 then, so that what is refused is what it says and not how it is written."""
    folder = copied(shown, tmp_path)

    def other(written: bytes) -> bytes:
        lines = written.split(b"\n")
        line = lines[number]
        lines[number] = line[:at] + line[at : at + 1].translate(NEXT) + line[at + 1 :]
        return b"\n".join(lines)

    changed(folder / "checkpoint", other)
    assert answer(python, shown.question, folder=str(folder))["refused"] == "checkpoint"


@pytest.mark.parametrize("name", ["tile/0/100", "tile/entries/100", "tile/1/001.p/1"])
def test_a_file_that_is_gone(python: Path, shown: Shown, tmp_path: Path, name: str) -> None:
    folder = copied(shown, tmp_path)
    (folder / name).unlink()
    assert answer(python, shown.question, folder=str(folder))["refused"] == "TileMissingError"


@pytest.mark.parametrize("parts", [[1], [255, 2], [300, 211, 1], [20, 65_600]], ids=str)
def test_a_log_of_theirs_holds_before_us(python: Path, tmp_path: Path, parts: list[int]) -> None:
    """And partial tiles that they have taken away by then are no loss."""
    starts = [sum(parts[:number]) for number in range(len(parts))]
    appends = [[entry.decode() for entry in many(part, start)] for part, start in zip(parts, starts, strict=True)]
    words: list[str | Path] = [python, "-I", WRITER, tmp_path / "theirs", ORIGIN]
    done = subprocess.run(words, input=json.dumps(appends), capture_output=True, text=True, check=True)
    log_key, witness_key = done.stdout.split()
    policy = read(f"log {log_key}\nwitness one {witness_key}\nquorum one\n".encode())
    trust = Trust((VerifierKey.parse(log_key),), policy)
    audit = verify(Folder(tmp_path / "theirs").read, trust, said=lambda step: None, progress=lambda *_: None)
    assert (audit.head.size, audit.kinds) == (sum(parts), {"consent.withdrawn": sum(parts)})
