"""What an inspector is told, and that it is so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.ledger.entries import many

from garim.core.errors import Disproved, Malformed, Misuse
from garim.core.vkey import Kind
from garim.ledger import policy, tiles
from garim.ledger.checkpoint import Checkpoint, signed
from garim.ledger.edge import Edge
from garim.ledger.folder import CHECKPOINT, Folder
from garim.ledger.keys import Signer, new
from garim.ledger.log import Log
from garim.ledger.merkle import leaf
from garim.ledger.note import Note, parse, signature
from garim.ledger.proof import Proof, prove
from garim.ledger.verify import UNCOMPARED, UNPROVED, UNWITNESSED, Audit, Trust, verify, verify_proof

Told = Callable[[str], None]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log.create(tmp_path / "log", "log.example/one")
    log.append(many(700))
    return log


def audit(log: Log, trust: Trust, said: Told = lambda step: None) -> Audit:
    return verify(Folder(log.path).read, trust, said=said, progress=lambda step, done, total: None)


def test_a_log_is_proved_from_its_folder_and_one_key(log: Log) -> None:
    told: list[str] = []
    found = audit(log, Trust(log.vkeys[:1]), told.append)
    assert tuple(told) == found.proved
    assert len(told) == 5
    assert "log.example/one holds 700 entries" in told[0]
    assert f"Ed25519 {log.vkeys[0].id.hex()}" in told[1]
    assert "ML-DSA" not in told[1]
    assert "700 consent.withdrawn" in told[2]
    assert "Every tile, 4 in all" in told[3]  # two full ones, the partial third, and one above them
    assert log.tree.root.hex()[:16] in told[4]
    assert found.unproved == (*UNPROVED, UNWITNESSED, UNCOMPARED)
    assert found.checkpoint == log.note
    assert found.kinds == {"consent.withdrawn": 700}


def test_either_key_of_the_log_will_do(log: Log) -> None:
    for key in log.vkeys:
        assert audit(log, Trust((key,))).head.size == 700


@pytest.mark.parametrize("more", [0, 1, 68, 69, 400])
def test_what_was_kept_is_the_beginning(log: Log, more: int) -> None:
    kept = log.note
    log.append(many(more, 700))
    found = audit(log, Trust(log.vkeys, kept=kept))
    assert "begins with the 700 entries that you saw last time" in found.proved[-1]
    assert UNCOMPARED not in found.unproved


def test_an_empty_log_may_have_been_kept(tmp_path: Path) -> None:
    with Log.create(tmp_path / "new", "log.example/new") as log:
        kept = log.note
        log.append(many(3))
        assert "begins with the 0 entries" in audit(log, Trust(log.vkeys, kept=kept)).proved[-1]


def test_witnesses_that_are_trusted_are_named_with_the_time(log: Log) -> None:
    eyes = [new(f"witness.example/w{i}", Kind.COSIGN_ED25519) for i in range(3)]
    lines = "".join(f"witness w{i} {eye.vkey}\n" for i, eye in enumerate(eyes))
    wanted = policy.read(f"log {log.vkeys[0]}\n{lines}group g 2 w0 w1 w2\nquorum g\n".encode())
    trust = Trust(log.vkeys[:1], wanted)
    with pytest.raises(Disproved, match="no quorum of witnesses"):
        audit(log, trust)
    assert log.publish(cosigned(log.note, eyes[:2]))
    found = audit(log, trust)
    assert "saw this very log: w0 on 2026-09-21 14:13 UTC, w1 on 2026-09-21 14:13 UTC" in found.proved[5]
    assert "w2" not in found.proved[5]
    assert found.witnessed == 700
    log.append(many(30, 700))
    later = audit(log, trust)
    assert "saw its first 700 entries: w0" in later.proved[5]
    assert later.witnessed == 700
    assert any("the last 30 entries" in step for step in later.unproved)
    with Log.create(log.path.with_name("two"), "log.example/one") as two:
        for half in (log.path.with_name("two.private"),):
            (half / "keys").unlink()
            shutil.copy(log.path.with_name("log.private") / "keys", half / "keys")
    (two.path / "checkpoint").unlink()
    with Log(two.path) as two:
        two.append([*many(699), *many(100, 9000)])
        shutil.copy(log.path / "checkpoint.witnessed", two.path)
        with pytest.raises(Disproved, match="not those that the witnesses saw"):
            audit(two, trust)
    assert UNWITNESSED not in found.unproved


def cosigned(last: bytes, eyes: Sequence[Signer]) -> bytes:
    note = parse(last)
    return bytes(Note(note.text, (*note.signatures, *(signature(eye, note.text, 1_790_000_000) for eye in eyes))))


def test_a_policy_that_asks_for_nobody_proves_nothing_about_others(log: Log) -> None:
    nobody = policy.read(f"log {log.vkeys[0]}\nquorum none\n".encode())
    assert UNWITNESSED in audit(log, Trust(log.vkeys[:1], nobody)).unproved


def test_no_folder_of_a_log(tmp_path: Path) -> None:
    key = new("log.example/one", Kind.ED25519).vkey
    with pytest.raises(Malformed, match="no log, or the wrong folder"):
        verify(Folder(tmp_path).read, Trust((key,)), said=lambda step: None, progress=lambda step, done, total: None)


def test_an_entry_that_is_no_entry_is_found_though_the_log_signed_it(log: Log) -> None:
    """A keeper who writes a name into the log by other means than garim's."""
    forged = [*many(9), b'{"name":"Kim Min-jun"}']
    edge, grown = Edge().grown([leaf(entry) for entry in forged])
    files = {str(name): tile for name, tile in grown} | {"tile/entries/000.p/10": tiles.bundled(forged)}
    signers = [new("log.example/one", Kind.ED25519)]
    files[CHECKPOINT] = bytes(signed(Checkpoint("log.example/one", edge.size, edge.root), signers, 0))
    with pytest.raises(Malformed, match="entry 9: no entry that garim knows"):
        verify(files.__getitem__, Trust((signers[0].vkey,)), said=lambda step: None, progress=lambda *_: None)


@pytest.mark.parametrize("index", [0, 255, 256, 699])
def test_one_entry_is_proved_without_the_log(log: Log, index: int) -> None:
    text = str(prove(log.tree, index, log.note))
    proof = Proof.parse(text)
    assert str(proof) == text
    assert proof.entry == many(1, index)[0]
    told: list[str] = []
    unproved = verify_proof(proof, Trust(log.vkeys[:1]), said=told.append)
    assert f"at index {index}" in told[2]
    assert "the other 699 entries: verify the log itself" in unproved
    assert json.loads(proof.entry)["kind"] == "consent.withdrawn"


def test_a_proof_says_nothing_of_another_entry_place_or_log(log: Log) -> None:
    proof = prove(log.tree, 300, log.note)
    other = [new("log.example/one", Kind.ED25519)]
    alone = bytes(signed(Checkpoint("log.example/one", 1, leaf(proof.entry)), other, 0))
    forged = [
        Proof(many(1, 301)[0], proof.index, proof.path, proof.checkpoint),
        Proof(proof.entry, 301, proof.path, proof.checkpoint),
        Proof(proof.entry, proof.index, proof.path[:-1], proof.checkpoint),
        Proof(proof.entry, 0, (), alone),
    ]
    for forgery in forged:
        with pytest.raises(Disproved):
            forgery.proven(log.vkeys)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index 300", "index 0300"),
        ("index 300", "index +300"),
        ("index 300", "index \u0663"),
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("extra ", "extra  "),
        ("\n\n", "\n\n\n"),
        ("=\nindex", "\nindex"),
    ],
)
def test_a_proof_is_written_in_one_way(log: Log, old: str, new: str) -> None:
    text = str(prove(log.tree, 300, log.note))
    assert old in text
    with pytest.raises(Malformed):
        Proof.parse(text.replace(old, new, 1)).proven(log.vkeys)


def test_an_entry_that_there_is_not_has_no_proof(log: Log) -> None:
    for index in (-1, 700):
        with pytest.raises(Misuse, match=f"no entry {index}"):
            prove(log.tree, index, log.note)


def test_a_proof_is_not_made_out_of_damaged_tiles(log: Log) -> None:
    tile = log.path / "tile" / "0" / "001"
    content = bytearray(tile.read_bytes())
    content[99] ^= 1
    tile.unlink()
    tile.write_bytes(content)
    with pytest.raises(Disproved):
        prove(log.tree, 300, log.note)
