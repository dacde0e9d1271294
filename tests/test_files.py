"""A result has its name once it is complete, and nothing else is ever left: with real files, kills and full disks."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from garim.core.errors import Misuse, Unreadable, Unwritable
from garim.files import refuse_clash, sha256, unwritable, whole


@pytest.fixture(params=["without a name", "partial"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each law holds on Linux, and on systems that have no files without a name."""
    if request.param == "partial":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no O_TMPFILE")
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_and_not_before(tmp_path: Path) -> None:
    output = tmp_path / "out.bin"
    with whole(output) as path:
        path.write_bytes(b"first, which is longer")
        assert not output.exists()
        path.write_bytes(b"again")
        assert path.read_bytes() == b"again"
        assert path.stat().st_size == 5
        assert not output.exists()
    assert output.read_bytes() == b"again"
    assert names(tmp_path) == ["out.bin"]


def test_the_unfinished_file_has_no_name_where_that_can_be(tmp_path: Path, way: str) -> None:
    with whole(tmp_path / "out.bin") as path:
        path.write_bytes(b"a face")
        assert len(names(tmp_path)) == (0 if way == "without a name" else 1)


def test_no_handle_stays_open(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not list its handles")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for force in (False, True):
        with whole(tmp_path / "out", force=force) as path:
            path.write_bytes(b"x")
        with pytest.raises(RuntimeError), whole(tmp_path / "other", force=force):
            raise RuntimeError
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_the_mode_is_the_one_that_was_asked_for(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o022)
    try:
        with whole(tmp_path / "out", mode=mode) as path:
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == mode


def test_a_relative_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with whole(Path("out")) as path:
        path.write_bytes(b"x")
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("force", [False, True])
def test_a_name_as_long_as_names_can_be(tmp_path: Path, force: bool) -> None:
    output = tmp_path / ("ज" * 85)
    with whole(output, force=force) as path:
        path.write_bytes(b"x")
    assert names(tmp_path) == [output.name]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("force", [False, True])
def test_an_error_leaves_nothing(tmp_path: Path, error: type[BaseException], force: bool) -> None:
    with pytest.raises(error, match="in the middle"), whole(tmp_path / "out", force=force) as path:
        path.write_bytes(b"half")
        raise error("in the middle")
    assert names(tmp_path) == []


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_bytes(b"old")
    with pytest.raises(RuntimeError), whole(output, force=True) as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert output.read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with pytest.raises(Misuse, match="appeared meanwhile"), whole(output) as path:
        path.write_bytes(b"new")
        output.write_bytes(b"somebody else's")
    assert output.read_bytes() == b"somebody else's"
    assert names(tmp_path) == ["out"]


def test_force_replaces_at_the_end(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_bytes(b"old")
    with whole(output, force=True) as path:
        path.write_bytes(b"new")
        assert output.read_bytes() == b"old"
    assert output.read_bytes() == b"new"
    assert names(tmp_path) == ["out"]


def test_force_replaces_a_link_not_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"old")
    output = tmp_path / "out"
    output.symlink_to("precious")
    with whole(output, force=True) as path:
        path.write_bytes(b"new")
    assert (tmp_path / "precious").read_bytes() == b"old"
    assert not output.is_symlink() and output.read_bytes() == b"new"


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_is_never_replaced(tmp_path: Path, force: bool) -> None:
    output = tmp_path / "out"
    output.mkdir()
    with pytest.raises((Misuse, Unwritable)), whole(output, force=force) as path:
        path.write_bytes(b"new")
    assert output.is_dir()
    assert names(tmp_path) == ["out"] and names(output) == []


@pytest.mark.parametrize("folder", ["missing", "a file"])
def test_a_folder_that_is_none_is_an_error_before_any_work(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(Unwritable, match="cannot be written"), whole(tmp_path / folder / "out"):
        pytest.fail("the work was begun")
    assert names(tmp_path) == ["a file"]


def test_a_card_without_hard_links(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "without a name":
        pytest.skip("whatever has O_TMPFILE has hard links")

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)  # as FAT answers
    output = tmp_path / "out"
    with whole(output) as path:
        path.write_bytes(b"new")
    assert output.read_bytes() == b"new"
    with pytest.raises(Misuse, match="appeared meanwhile"), whole(output) as path:
        path.write_bytes(b"newer")
    assert output.read_bytes() == b"new"
    assert names(tmp_path) == ["out"]


CHILD = """
import os, sys
from pathlib import Path
if sys.argv[2] == "partial":
    del os.O_TMPFILE
from garim.files import whole
with whole(Path(sys.argv[1]), force=sys.argv[3] == "True") as path, path.open("wb") as file:
    file.write(b"half a face")
    file.flush()
    print("in the middle", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_child_that_dies_in_the_middle_leaves_nothing(
    tmp_path: Path, way: str, kill: signal.Signals, force: bool
) -> None:
    if kill is signal.SIGKILL and way == "partial":
        pytest.skip("a killed process cannot remove its partial file; docs/adr/0006 says so")
    output = tmp_path / "out"
    if force:
        output.write_bytes(b"old")
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(output), way, str(force)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in the middle\n"
        child.send_signal(kill)
        assert child.wait(timeout=20) != 0
    assert names(tmp_path) == (["out"] if force else [])
    assert not force or output.read_bytes() == b"old"


FULL = """
import os, resource, sys
from pathlib import Path
for limit in map(int, sys.argv[3:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if sys.argv[2] == "partial":
    del os.O_TMPFILE
from garim.files import unwritable, whole
output = Path(sys.argv[1])
try:
    with whole(output) as path:
        try:
            with path.open("wb") as file:
                for _ in range(40):
                    file.write(bytes(100_000))
        except OSError as error:
            raise unwritable(output, error) from None
except Exception as error:
    print(type(error).__name__, error)
print(os.listdir(output.parent))
"""
NO_ROOM = "Unwritable {}: no room left on the disk; nothing was published. Free some, or choose another -o"


def test_a_full_disk_leaves_nothing(tmp_path: Path, way: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=1m none "$1" || exit 77; exec "$2" -c "$3" "$1/out" "$4"'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", disk, sys.executable, FULL, way],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ran.returncode == 77 or "unshare" in ran.stderr:
        pytest.skip(f"no disk of its own may be mounted here: {ran.stderr.strip()}")
    assert ran.stdout.splitlines() == [NO_ROOM.format(disk / "out"), "[]"], ran.stderr


def test_a_file_past_its_limit_leaves_nothing(tmp_path: Path, way: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "out", way, "1000000"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.splitlines() == [NO_ROOM.format(tmp_path / "out"), "[]"], ran.stderr


LOCKED = """
import os, sys
from pathlib import Path
if sys.argv[2] == "partial":
    del os.O_TMPFILE
from garim.core.errors import GarimError
from garim.files import refuse_clash, whole
if os.getuid() == 0:
    os.setuid(65534)  # root may write everywhere
output = Path(sys.argv[1])
for mode in (0o555, 0o000):
    try:
        if mode == 0o555:
            with whole(output):
                print("begun")
        else:
            refuse_clash(output, [], force=True)
    except GarimError as error:
        print(type(error).__name__, error)
    sys.stdout.flush()
    if mode == 0o555:
        sys.stdin.readline()
"""


def test_a_folder_without_permission(way: str) -> None:
    # pytest's own folders are closed to everybody else, and so would not show which one refuses
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "locked"
        folder.mkdir()
        refuses(folder, way)


def refuses(folder: Path, way: str) -> None:
    folder.chmod(0o555)
    with subprocess.Popen(
        [sys.executable, "-c", LOCKED, folder / "out", way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        refused = f"Unwritable {folder / 'out'}: cannot be written: Permission denied; nothing was published\n"
        assert child.stdout.readline() == refused
        folder.chmod(0)
        child.stdin.write("\n")
        child.stdin.close()
        assert child.stdout.readline() == refused
        assert child.wait(timeout=20) == 0
    folder.chmod(0o755)
    assert names(folder) == []


def test_an_output_that_is_an_input_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "hard").hardlink_to(source)
    (tmp_path / "soft").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    for spelling in (source, tmp_path / "hard", tmp_path / "soft", tmp_path / "folder" / ".." / "in", Path("in")):
        for force in (False, True):
            with pytest.raises(Misuse, match="the output is the input"):
                refuse_clash(spelling, [tmp_path / "missing", source], force=force)


def test_an_output_that_exists_wants_force(tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"x")
    refuse_clash(output, [source], force=False)
    output.write_bytes(b"x")  # the same bytes are not the same file
    with pytest.raises(Misuse, match="exists already"):
        refuse_clash(output, [source], force=False)
    refuse_clash(output, [source], force=True)


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_plain_file_is_no_output(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to("missing")
    wrong = {tmp_path: "is a folder", tmp_path / "nowhere": "link to nowhere", tmp_path / "pipe": "is no plain file"}
    for output, why in {**wrong, Path("/dev/null"): "is no plain file"}.items():
        with pytest.raises(Misuse, match=why):
            refuse_clash(output, [], force=force)


def test_a_name_longer_than_names_can_be(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="File name too long"):
        refuse_clash(tmp_path / ("x" * 300), [], force=False)


def test_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    with pytest.raises(Unreadable, match="No such file"):
        sha256(tmp_path / "missing")
    with pytest.raises(Unreadable, match="directory"):
        sha256(tmp_path)


def test_the_error_says_what_to_do() -> None:
    assert "no room left" in str(unwritable(Path("out"), OSError(28, "No space left on device")))
    assert "Read-only" in str(unwritable(Path("out"), OSError(30, "Read-only file system")))
    assert "odd" in str(unwritable(Path("out"), OSError("odd")))
