"""A log on a real disk: appended to, opened again, mended, and refused where it is not what it was."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.ledger.entries import many

from garim.core.errors import Disproved, Malformed, Misuse, Unreadable, Unwritable
from garim.ledger import merkle, tiles
from garim.ledger.checkpoint import opened
from garim.ledger.log import Log, OldCopy, private
from garim.ledger.note import parse
from garim.ledger.state import State


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log.create(tmp_path / "log", "log.example/one")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holds(log: Log, entries: list[bytes]) -> None:
    """The published folder holds just `entries`, under a signed checkpoint."""
    head = opened(parse((log.path / "checkpoint").read_bytes()), log.vkeys)
    assert (head.origin, head.size) == ("log.example/one", len(entries))
    assert head.root == merkle.root([merkle.leaf(entry) for entry in entries])
    assert [log.tree.entry(i) for i in range(len(entries))] == entries
    assert log.tree.root == head.root


@pytest.mark.parametrize("parts", [[1, 1, 1], [255, 1], [255, 2], [256], [257, 255], [300, 300, 300, 1], [0, 3, 0]])
def test_appended_by_parts(log: Log, parts: list[int]) -> None:
    entries: list[bytes] = []
    for part in parts:
        more = many(part, len(entries))
        assert log.append(more) == range(len(entries), len(entries) + part)
        entries += more
    holds(log, entries)
    log.close()
    with Log(log.path) as again:
        holds(again, entries)


def test_it_goes_on_where_it_was(log: Log) -> None:
    entries = many(600)
    for start, end in ((0, 1), (1, 258), (258, 259), (259, 600)):
        with Log(log.path) as again:
            again.append(entries[start:end])
            holds(again, entries[:end])


def test_only_the_tiles_that_a_reader_may_ask_for_are_there(log: Log) -> None:
    log.append(many(300))
    log.append(many(2, 300))
    names = {name for name in files(log.path) if name != "checkpoint"}
    assert names == {
        "tile/0/000", "tile/0/001.p/44", "tile/0/001.p/46", "tile/1/000.p/1",
        "tile/entries/000", "tile/entries/001.p/44", "tile/entries/001.p/46",
    }  # fmt: skip
    log.append(many(210, 302))
    names = {name for name in files(log.path) if name != "checkpoint"}
    assert names == {
        "tile/0/000",
        "tile/0/001",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
    }


def test_tiles_are_read_only_and_secrets_are_the_keepers(log: Log) -> None:
    log.append(many(300))
    assert {path.stat().st_mode & 0o777 for path in (log.path / "tile").rglob("*") if path.is_file()} == {0o444}
    assert private(log.path).stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in private(log.path).iterdir()} == {0}
    public = b"".join(files(log.path).values())
    assert b"PRIVATE" not in public


def test_two_writers_take_turns(log: Log) -> None:
    with Log(log.path) as other:
        assert log.append(many(200)) == range(200)
        assert other.append(many(100, 200)) == range(200, 300)
        assert log.append(many(1, 300)) == range(300, 301)
        holds(log, many(301))


def test_what_a_power_cut_takes_from_the_folder_is_mended(log: Log) -> None:
    for start in range(250, 260):
        log.append(many(1 if start > 250 else 251, 0 if start == 250 else start))
    before = files(log.path)
    log.close()
    for path in log.path.rglob("*.p/*"):  # what was not synced: partial tiles of level 0 and partial bundles
        if path.parts[-3] in ("0", "entries"):
            path.unlink()
    (log.path / "checkpoint").write_bytes(b"")
    (log.path / "checkpoint").unlink()
    with Log(log.path) as again:
        assert files(log.path) == before
        holds(again, many(260))


def test_a_checkpoint_that_was_not_published_is(log: Log) -> None:
    log.append(many(3))
    old = (log.path / "checkpoint").read_bytes()
    log.append(many(2, 3))
    log.close()
    (log.path / "checkpoint").write_bytes(old)
    (log.path / ".unfinished").write_bytes(b"half a ti")
    with Log(log.path) as again:
        holds(again, many(5))


def test_an_older_copy_of_the_keepers_half_is_refused(log: Log, tmp_path: Path) -> None:
    log.append(many(3))
    log.close()
    shutil.copytree(private(log.path), tmp_path / "backup")
    with Log(log.path) as later:
        later.append(many(1, 3))
    shutil.rmtree(private(log.path))
    shutil.copytree(tmp_path / "backup", private(log.path))
    with pytest.raises(OldCopy, match=r"knows 3 entries, and .* holds a signed checkpoint of 4"):
        Log(log.path)


def test_an_older_copy_of_the_folder_is_refused(log: Log, tmp_path: Path) -> None:
    log.append(many(3))
    shutil.copytree(log.path, tmp_path / "backup")
    log.append(many(300, 3))
    log.close()
    shutil.rmtree(log.path)
    shutil.copytree(tmp_path / "backup", log.path)
    with pytest.raises(OldCopy, match="tile/0/000 is not what the log was signed with up to 303 entries"):
        Log(log.path)


def test_what_is_no_entry_is_refused_and_nothing_is_logged(log: Log) -> None:
    log.append(many(1))
    before = files(log.path)
    with pytest.raises(Malformed, match="no entry that garim knows"):
        log.append([*many(1, 1), b'{"name":"Kim"}'])
    assert files(log.path) == before
    holds(log, many(1))


def test_a_full_disk_logs_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append(many(3))
    pid = os.fork()
    if pid == 0:  # a process of its own: a limit on the size of files cannot be taken back
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        try:
            Log(log.path).append(many(100, 3))
        except Unwritable as error:
            os._exit(0 if "nothing was" in str(error) else 2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    holds(log, many(3))
    log.append(many(1, 3))
    holds(log, many(4))


def test_a_place_that_is_taken_is_refused(log: Log, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="exists already"):
        Log.create(log.path, "log.example/two")
    with pytest.raises(Misuse, match="no ledger"):
        Log(tmp_path / "nothing")


def test_a_damaged_state_is_an_error_and_no_new_log(log: Log) -> None:
    log.append(many(2))
    log.close()
    state = private(log.path) / "state.sqlite"
    state.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unreadable, match=r"state\.sqlite"):
        Log(log.path)
    state.unlink()
    with pytest.raises(Unreadable, match="is missing"):
        Log(log.path)


def test_proofs_come_out_of_the_tree(log: Log) -> None:
    log.append(many(700))
    tree = log.tree
    for index in (0, 255, 256, 699):
        merkle.check_inclusion(merkle.leaf(many(1, index)[0]), index, 700, tree.inclusion(index), tree.root)
    assert isinstance(tree, tiles.Tree)


def test_only_the_last_checkpoint_is_published(log: Log) -> None:
    log.append(many(3))
    old = log.note
    log.append(many(1, 3))
    assert not log.publish(old)
    holds(log, many(4))
    assert log.publish(log.note)
    assert (log.path / "checkpoint.witnessed").read_bytes() == log.note
    with Log(log.path) as other:
        other.append(many(1, 4))
    assert not log.publish(log.note)
    with Log.create(log.path.with_name("other"), "log.example/one") as stranger, pytest.raises(Disproved):
        log.publish(stranger.note)


def test_what_another_process_appended_is_seen(log: Log) -> None:
    with Log(log.path) as other:
        other.append(many(3))
    assert log.tree.size == 0
    log.refresh()
    assert log.tree.size == 3


@pytest.mark.parametrize("more", [1, 300])
def test_two_histories_on_one_disk_are_both_kept(log: Log, tmp_path: Path, more: int) -> None:
    """The folder of one copy beside the keeper's half of another that went on by itself."""
    log.append(many(300))
    log.close()
    for half in (log.path, private(log.path)):
        shutil.copytree(half, tmp_path / f"copy-{half.name}")
    with Log(log.path) as one:
        one.append(many(1, 1000))
    (tmp_path / "copy-log").rename(tmp_path / "two")
    (tmp_path / "copy-log.private").rename(tmp_path / "two.private")
    with Log(tmp_path / "two") as two:
        two.append(many(more, 2000))
    shutil.rmtree(private(log.path))
    shutil.copytree(tmp_path / "two.private", private(log.path))
    before = files(log.path)
    with pytest.raises(OldCopy, match=r"two histories|is not what the log was signed with"):
        Log(log.path)
    assert files(log.path) == before


@pytest.mark.parametrize("left", [b"", b"\0" * 300, b"half a note"])
def test_a_checkpoint_that_a_power_cut_spoiled_is_mended(log: Log, left: bytes) -> None:
    log.append(many(3))
    log.close()
    (log.path / "checkpoint").write_bytes(left)
    with Log(log.path) as again:
        holds(again, many(3))


def test_by_a_link_and_by_a_dot(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(log.path)
    with Log(tmp_path / "link") as linked:
        linked.append(many(1))
    monkeypatch.chdir(log.path)
    with Log(Path()) as here:
        assert here.append(many(1, 1)) == range(1, 2)


def test_a_beginning_that_was_killed_can_be_made_again(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        State.create = lambda *_: os._exit(9)  # type: ignore[method-assign]
        Log.create(tmp_path / "log", "log.example/one")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    with Log.create(tmp_path / "log", "log.example/one") as log:
        log.append(many(2))
        holds(log, many(2))


def test_of_many_beginnings_at_once_one_wins(tmp_path: Path) -> None:
    children = []
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            try:
                Log.create(tmp_path / "log", "log.example/one").close()
            except Misuse:
                os._exit(2)
            os._exit(0)
        children.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert sorted(codes) == [0, 2, 2, 2, 2, 2]
    with Log(tmp_path / "log") as log:
        log.append(many(1))
