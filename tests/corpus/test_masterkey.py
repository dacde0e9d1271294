"""A command that hands out the master key: no more of what it says is read than a key has bytes."""

from __future__ import annotations

import resource
import time

import pytest

from garim.core.errors import Malformed, Unreadable
from garim.corpus import masterkey
from garim.corpus.masterkey import MasterCommand


def test_a_command_that_never_ends_its_answer_is_ended() -> None:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(Malformed, match="answers with more bytes, not 32"):
        MasterCommand(("cat", "/dev/zero")).unwrap()
    assert time.monotonic() - begun < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_a_command_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masterkey, "_MOST_S", 0.3)
    for words in (("sleep", "60"), ("sh", "-c", "printf 12345678901234567890123456789012; sleep 60")):
        with pytest.raises(Unreadable, match="TimeoutExpired"):
            MasterCommand(words).unwrap()


def test_a_key_of_a_command_that_fails_is_none() -> None:
    printed = "printf 12345678901234567890123456789012"
    assert MasterCommand(("sh", "-c", printed)).unwrap() == b"12345678901234567890123456789012"
    assert MasterCommand(("sh", "-c", "printf 1234567890123456; sleep 0.1; printf 1234567890123456")).unwrap()[:4]
    for words in (f"{printed}; exit 3", "exit 1"):
        with pytest.raises(Unreadable, match="CalledProcessError"):
            MasterCommand(("sh", "-c", words)).unwrap()
    with pytest.raises(Malformed, match="31 bytes"):
        MasterCommand(("sh", "-c", printed[:-1])).unwrap()
    with pytest.raises(Unreadable, match="FileNotFoundError"):
        MasterCommand(("no-such-command-here",)).unwrap()
