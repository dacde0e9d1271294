"""Keys: made once whoever asks, their owner's alone, and dead once destroyed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from garim.core.errors import Misuse, Unreadable
from garim.exposure.keys import Keys, coarse_key, fine_key

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_names() -> None:
    assert (fine_key(AT), coarse_key(AT)) == ("2026-11-22T10", "2026-11-22")


def test_made_once_and_the_owners_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "store" / "keys")
    assert keys.key("2026-11-22") is None
    assert keys.names() == ()
    key = keys.made("2026-11-22")
    assert len(key) == 32
    assert keys.made("2026-11-22") == key == keys.key("2026-11-22")
    assert keys.made("2026-11-23") != key
    assert keys.names() == ("2026-11-22", "2026-11-23")
    assert keys.folder.stat().st_mode & 0o777 == 0o700
    assert (keys.folder / "2026-11-22.key").stat().st_mode & 0o777 == 0o600


def test_destroyed(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    key = keys.made("2026-11-22")
    with (tmp_path / "2026-11-22.key").open("rb") as copy:  # who had it open sees it overwritten
        assert keys.destroy("2026-11-22")
        assert copy.read() == bytes(32)
    assert not keys.destroy("2026-11-22")
    assert keys.key("2026-11-22") is None
    assert keys.names() == ()
    assert keys.made("2026-11-22") != key


def test_killed_between_overwriting_and_unlinking_it_is_dead(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.made("2026-11-22")
    code = "import os, sys, pathlib; from garim.exposure.keys import Keys\n"
    code += "pathlib.Path.unlink = lambda *_, **__: os._exit(9)\nKeys(pathlib.Path(sys.argv[1])).destroy('2026-11-22')"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 9
    assert (tmp_path / "2026-11-22.key").read_bytes() == bytes(32)
    assert keys.key("2026-11-22") is None
    assert keys.names() == ("2026-11-22",), "whoever destroys what is due finds it"
    key = keys.made("2026-11-22")
    assert key != bytes(32)
    assert keys.destroy("2026-11-22")
    assert not list(tmp_path.iterdir())


def test_many_who_ask_at_once_get_one_key(tmp_path: Path) -> None:
    code = "import sys, pathlib; from garim.exposure.keys import Keys\nsys.stdin.read()\n"
    code += "print(Keys(pathlib.Path(sys.argv[1])).made('2026-11-22').hex())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "keys")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for each in started:
        assert each.stdin is not None
        each.stdin.close()
        each.stdin = None
    said = {each.communicate(timeout=60)[0] for each in started}
    assert len(said) == 1
    assert len(said.pop().strip()) == 64


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Keys(tmp_path).made("2026-11-22")
    (tmp_path / "2026-11-22.key").chmod(0o640)
    with pytest.raises(Misuse, match="others can read"):
        Keys(tmp_path).key("2026-11-22")


@pytest.mark.parametrize("mode", [0o644, 0o400, 0])
def test_a_key_of_any_mode_can_be_destroyed(mode: int, tmp_path: Path) -> None:
    Keys(tmp_path).made("2026-11-22")
    with (tmp_path / "2026-11-22.key").open("rb") as copy:
        (tmp_path / "2026-11-22.key").chmod(mode)
        assert Keys(tmp_path).destroy("2026-11-22")
        assert copy.read() == bytes(32)
    assert Keys(tmp_path).names() == ()


def test_a_link_dies_with_the_key_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x" * 40)
    for name in ("other", "nowhere"):
        (tmp_path / "2026-11-22.key").symlink_to(tmp_path / name)
        assert Keys(tmp_path).destroy("2026-11-22")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
    assert (tmp_path / "other").read_bytes() == bytes(40)


@pytest.mark.parametrize("octets", [b"", b"x" * 31, b"x" * 33])
def test_what_is_no_key_is_neither_used_nor_replaced(octets: bytes, tmp_path: Path) -> None:
    path = tmp_path / "2026-11-22.key"
    path.write_bytes(octets)
    path.chmod(0o600)
    for asked in (Keys(tmp_path).key, Keys(tmp_path).made):
        with pytest.raises(Unreadable, match="is no key"):
            asked("2026-11-22")
    assert path.read_bytes() == octets


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    for name in ("note.key", "2026-11-22.txt", "2026-11-22T1.key"):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe")
    assert Keys(tmp_path).names() == ()
