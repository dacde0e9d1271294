"""A writer killed at any point: what it acknowledged is on the log, the folder verifies, and nothing ever forks.

Each round starts a real process that appends and says each index once it is acknowledged, kills it after a random
while, verifies the folder as it was left, and compares it with every checkpoint that was seen before.
"""

from __future__ import annotations

import os
import random
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.ledger.entries import many

from garim.ledger.folder import Folder
from garim.ledger.log import Log
from garim.ledger.verify import Trust, verify

WRITER = """
import sys
from pathlib import Path
from garim.ledger.log import Log
from tests.ledger.entries import many
with Log(Path(sys.argv[1])) as log:
    at = log.tree.size
    for size in [1, 3, 250, 1, 600, 2] * 1000:
        at = log.append(many(size, at)).stop
        print(at, flush=True)
"""
ROOT = Path(__file__).parents[2]


def run(path: Path, seconds: float, *, opened: bool) -> int:
    """Let a writer append until it is killed, `seconds` after its first word or after its start; what it acknowledged.

    After its start it may still be opening the log, and mending it.
    """
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        if opened:
            select.select([writer.stdout], [], [], 30)
        time.sleep(seconds)
        writer.kill()
        said = writer.stdout.read().split(b"\n")
    return max((int(line) for line in said[:-1]), default=0)


def kills(tmp_path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with Log.create(tmp_path / "log", "log.example/one") as log:
        path, keys, kept = log.path, log.vkeys, log.note
    for _ in range(rounds):
        opened = chance.random() < 0.7
        acknowledged = run(path, chance.uniform(0, 0.02 if opened else 0.3), opened=opened)
        left = verify(Folder(path).read, Trust(keys, kept=kept), said=lambda _: None, progress=lambda *_: None)
        assert left.head.size >= acknowledged, "an entry that was acknowledged is not on the log"
        kept = left.checkpoint
    with Log(path) as log:
        size = log.tree.size
        assert [log.tree.entry(i) for i in range(0, size, 97)] == [many(1, i)[0] for i in range(0, size, 97)]
        log.append(many(1, size))
        verify(Folder(path).read, Trust(keys, kept=kept), said=lambda _: None, progress=lambda *_: None)


def test_killed_twelve_times(tmp_path: Path) -> None:
    kills(tmp_path, 12, seed=4)


@pytest.mark.slow
def test_killed_five_hundred_times(tmp_path: Path) -> None:
    kills(tmp_path, 500, seed=500)


def test_killed_between_the_database_and_the_folder(tmp_path: Path) -> None:
    """The one moment at which the head is durable and not published: the next opening publishes it."""
    with Log.create(tmp_path / "log", "log.example/one") as log:
        log.append(many(300))
        keys, before = log.vkeys, log.note
    pid = os.fork()
    if pid == 0:
        log = Log(tmp_path / "log")
        log._folder.publish = lambda name: os._exit(9) if name == "checkpoint" else Folder.publish(log._folder, name)  # type: ignore[method-assign]
        log.append(many(5, 300))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    read = Folder(tmp_path / "log").read
    left = verify(read, Trust(keys, kept=before), said=lambda _: None, progress=lambda *_: None)
    assert left.head.size == 300, "what was not acknowledged need not be there, and what is there verifies"
    with Log(tmp_path / "log") as again:
        assert again.tree.size == 305
        assert again.append(many(1, 305)) == range(305, 306)
    assert verify(read, Trust(keys, kept=before), said=lambda _: None, progress=lambda *_: None).head.size == 306


def test_two_writers_at_once_never_fork(tmp_path: Path) -> None:
    """Both append the same numbered entries to whatever is there; every index is given out once."""
    with Log.create(tmp_path / "log", "log.example/one") as log:
        path, keys = log.path, log.vkeys
    command = [sys.executable, "-c", TWO, str(path)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(2)]
    said = [writer.communicate(timeout=60)[0].split() for writer in writers]
    given = [int(word) for words in said for word in words]
    assert len(given) == len(set(given)) == 120
    left = verify(Folder(path).read, Trust(keys), said=lambda _: None, progress=lambda *_: None)
    assert left.head.size == 120


TWO = """
import os, sys
from pathlib import Path
from garim.ledger.log import Log
from tests.ledger.entries import many
with Log(Path(sys.argv[1])) as log:
    for i in range(60):
        print(log.append(many(1, os.getpid() * 1000 + i))[0], flush=True)
"""
