"""The user's own ledger, and asking whether something stands on one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.ledger.trees import signer
from tests.ledger.witnesses import witness

from garim.core.errors import Disproved, Misuse, Unreadable
from garim.core.vkey import Kind
from garim.ledger import Entry, Log, OldCopy, commitment, default, is_withdrawn, now, opened, record, standing
from garim.ledger.collect import Rewound, Uncosigned
from garim.ledger.entry import written
from garim.ledger.newest import remember, remembered, witnessed
from garim.ledger.policy import Policy

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def withdrawn(what: bytes) -> Entry:
    return Entry("consent.withdrawn", now(), {"by": "subject", "record": commitment(KEY, "record", what)})


def digest(what: bytes) -> bytes:
    return bytes.fromhex(commitment(KEY, "record", what).removeprefix("hmac-sha256:"))


def test_it_is_made_once_under_a_name_that_says_nothing(state: Path) -> None:
    assert default() == state / "garim" / "ledger"
    with opened(None) as log:
        origin = log.origin
        proof = record(log, withdrawn(b"one"))
        assert proof.proven(log.vkeys).size == 1
    assert origin.startswith("garim.local/")
    with opened(None) as again:
        assert again.origin == origin
        assert record(again, withdrawn(b"two")).index == 1


def test_what_stands_on_it_is_found_and_nothing_else(tmp_path: Path) -> None:
    assert not is_withdrawn(None, digest(b"one")), "nobody logged anything yet"
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        for number in range(300):
            record(log, withdrawn(b"%d" % number))
    assert is_withdrawn(tmp_path / "mine", digest(b"0"))
    assert is_withdrawn(tmp_path / "mine", digest(b"299"))
    assert not is_withdrawn(tmp_path / "mine", digest(b"300"))
    assert not is_withdrawn(None, digest(b"0"))


def test_all_entries_of_a_kind_are_found_as_they_are_written(tmp_path: Path) -> None:
    assert standing(None, "exposure.noticed") == ()
    listed = [
        Entry("exposure.noticed", now(), {fact: commitment(KEY, fact, b"%d" % number) for fact in ("consent", "list")})
        for number in range(300)
    ]
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        log.append([written(entry) for one in listed for entry in (one, withdrawn(b"one"))])
    assert standing(tmp_path / "mine", "exposure.noticed") == tuple(map(written, listed))
    assert len(standing(tmp_path / "mine", "consent.withdrawn")) == 300
    assert standing(tmp_path / "mine", "noticed") == ()


def test_a_ledger_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="is no ledger"):
        is_withdrawn(tmp_path / "nothing", digest(b"one"))
    with pytest.raises(Misuse, match="is no ledger"):
        opened(tmp_path / "nothing")


def test_another_entry_with_the_same_commitment_is_no_withdrawal(tmp_path: Path) -> None:
    published = dict.fromkeys(("exempt", "frames", "kept", "regions", "residual", "rounds"), 1)
    words = {"check": "all", "style": "fill"}
    same = {fact: commitment(KEY, "record", b"one") for fact in ("input", "output")}
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        record(log, Entry("redact.published", now(), {**published, **words, **same}))
    assert not is_withdrawn(tmp_path / "mine", digest(b"one"))


def test_an_old_copy_does_not_say_that_nothing_was_withdrawn(tmp_path: Path) -> None:
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        shutil.copytree(tmp_path / "mine", tmp_path / "backup")
        record(log, withdrawn(b"one"))
    shutil.rmtree(tmp_path / "mine")
    (tmp_path / "backup").rename(tmp_path / "mine")
    with pytest.raises(OldCopy, match=r"may lack an entry of consent\.withdrawn"):
        is_withdrawn(tmp_path / "mine", digest(b"one"))


def test_a_damaged_ledger_does_not_say_that_nothing_was_withdrawn(tmp_path: Path) -> None:
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        for number in range(300):
            record(log, withdrawn(b"%d" % number))
    bundle = tmp_path / "mine" / "tile" / "entries" / "000"
    content = bundle.read_bytes().replace(digest(b"7").hex().encode(), b"0" * 64)
    bundle.unlink()
    bundle.write_bytes(content)
    with pytest.raises(Disproved, match=r"those of consent\.withdrawn are not known"):
        is_withdrawn(tmp_path / "mine", digest(b"7"))


def test_a_ledger_of_ones_own_that_is_half_gone_is_not_one_that_never_was(state: Path) -> None:
    with opened(None) as log:
        record(log, withdrawn(b"one"))
    shutil.rmtree(default())
    with pytest.raises(Unreadable, match="half gone"):
        is_withdrawn(None, digest(b"one"))


def test_a_ledger_asks_the_witnesses_that_it_remembers(tmp_path: Path) -> None:
    eye = signer("witness.example/w", Kind.COSIGN_ED25519)
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        keys = list(log.vkeys)
        with witness(tmp_path / "w.sqlite", [eye], keys) as url:
            wanted = f"log {keys[0]}\nwitness w {eye.vkey} {url}\nquorum w\n".encode()
            witnessed(log, remember(log, wanted), timeout=5)
            for half in ("mine", "mine.private"):
                shutil.copytree(tmp_path / half, tmp_path / half.replace("mine", "old"))
            with opened(tmp_path / "mine") as again:
                record(again, withdrawn(b"one"))
                witnessed(again, wanted_of(again), timeout=5)
            with pytest.raises(Rewound, match="older copy"):
                opened(tmp_path / "old")
    with pytest.raises(Uncosigned, match="nobody says that this is its newest copy"):
        opened(tmp_path / "old")
    (tmp_path / "old.private" / "policy").unlink()
    opened(tmp_path / "old").close()


def wanted_of(log: Log) -> Policy:
    found = remembered(log.path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("quorum none\n", "no `log` line"),
        ("log KEY\nwitness w EYE\nquorum w\n", "no witness a URL"),
        ("quorum w\n", "line 1"),
    ],
)
def test_a_policy_that_cannot_work_is_not_remembered(tmp_path: Path, lines: str, said: str) -> None:
    eye = signer("witness.example/w", Kind.COSIGN_ED25519)
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        octets = lines.replace("KEY", str(log.vkeys[0])).replace("EYE", str(eye.vkey)).encode()
        with pytest.raises(Misuse, match=said):
            remember(log, octets)
        assert remembered(log.path) is None
