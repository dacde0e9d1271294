"""The user's own ledger, and asking whether something stands on one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from garim.core.errors import Misuse
from garim.ledger import Entry, Log, OldCopy, commitment, default, is_withdrawn, now, opened, record

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


def test_a_ledger_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="is no ledger"):
        is_withdrawn(tmp_path / "nothing", digest(b"one"))
    with pytest.raises(Misuse, match="is no ledger"):
        opened(tmp_path / "nothing")


def test_another_entry_with_the_same_commitment_is_no_withdrawal(tmp_path: Path) -> None:
    published = dict.fromkeys(("frames", "kept", "regions", "residual", "rounds"), 1)
    words = {"check": "all", "style": "fill"}
    same = {fact: commitment(KEY, "record", b"one") for fact in ("input", "output")}
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        record(log, Entry("redact.published", now(), {**published, **words, **same}))
    assert not is_withdrawn(tmp_path / "mine", digest(b"one"))


def test_an_old_copy_does_not_say_that_nothing_was_withdrawn(tmp_path: Path) -> None:
    with Log.create(tmp_path / "mine", "log.example/mine") as log:
        shutil.copytree(tmp_path / "mine.private", tmp_path / "backup")
        record(log, withdrawn(b"one"))
    shutil.rmtree(tmp_path / "mine.private")
    (tmp_path / "backup").rename(tmp_path / "mine.private")
    with pytest.raises(OldCopy):
        is_withdrawn(tmp_path / "mine", digest(b"one"))
