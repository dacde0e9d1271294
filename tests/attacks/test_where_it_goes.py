"""Promise: the output appears whole or not at all, replaces nothing unasked, and never touches the input.

A full disk is made by a limit on a process's files, and by a real small file system where mounting is allowed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.harness import Ran, contents, here, refused, running, untouched
from tests.films import decodes, ffmpeg, film, packets, pictures, shown, tone
from tests.processes import script

pytestmark = pytest.mark.weights


@pytest.mark.parametrize("missing", [None, pytest.param(3000, marks=pytest.mark.slow), 64])
def test_no_room_for_the_file(missing: int | None, plain: Path, tmp_path: Path) -> None:
    """None at all; not for the index at its end; not for its last bytes."""
    (tmp_path / "out").mkdir()
    assert here("redact", plain, "-o", tmp_path / "whole.mp4").code == 0
    size = 1 if missing is None else (tmp_path / "whole.mp4").stat().st_size - missing

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with untouched(tmp_path):
        done = script("redact", plain, "-o", tmp_path / "out" / "out.mp4", before=limit)
        refused(Ran(done.returncode, done.stdout, done.stderr), 3, "out.mp4", "no room")


@contextlib.contextmanager
def mounted(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of its own in `folder`; the test is skipped where nobody may mount one."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [4, 16])
def test_no_room_on_the_disk(kilobytes: int, plain: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", kilobytes) as small, untouched(tmp_path):
        refused(here("redact", plain, "-o", small / "out.mp4"), 3, "out.mp4", "no room")
        assert list(small.iterdir()) == []


def test_no_room_for_a_still(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", pictures(1))
    ffmpeg("-i", tmp_path / "a.mp4", "-frames:v", "1", tmp_path / "a.png")
    with mounted(tmp_path / "small", 4) as small, untouched(tmp_path):
        refused(here("redact", tmp_path / "a.png", "-o", small / "out.png"), 3, "out.png", "no room")


def test_a_folder_that_is_not_there(plain: Path, tmp_path: Path) -> None:
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", tmp_path / "nowhere" / "out.mp4"), 3, "nowhere/out.mp4", "No such file")


def test_a_folder_that_is_a_file(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with untouched(tmp_path):
        ran = here("redact", plain, "-o", tmp_path / "file" / "out.mp4")
        refused(ran, 3, "out.mp4")


def test_a_folder_without_permission(plain: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", folder / "out.mp4"), 3, "Permission denied")


def test_an_input_without_permission(plain: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read anything")
    plain.chmod(0)
    refused(here("redact", plain), 3, "Permission denied")


def test_a_file_system_that_takes_no_writing(plain: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", 64) as small:
        done = subprocess.run(["mount", "-o", "remount,ro", str(small)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("this machine does not let us mount a file system for reading alone")
        refused(here("redact", plain, "-o", small / "out.mp4"), 3, "Read-only")


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("way", ["the same", "another way to it", "a hard link", "a link", "the folder by a link"])
def test_the_output_is_the_input(way: str, force: tuple[str, ...], plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    if way == "the same":
        output = plain
    if way == "another way to it":
        output = tmp_path / ".." / tmp_path.name / plain.name
    if way == "a hard link":
        output.hardlink_to(plain)
    if way == "a link":
        output.symlink_to(plain)
    if way == "the folder by a link":
        (tmp_path / "here").symlink_to(tmp_path)
        output = tmp_path / "here" / plain.name
    before = contents(tmp_path)
    refused(here("redact", plain, "-o", output, *force), 2, "the output is the input")
    assert contents(tmp_path) == before


def test_the_input_is_a_link(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(plain)
    refused(here("redact", tmp_path / "link.mp4", "-o", plain, "--force"), 2, "the output is the input")


def test_the_output_exists(plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("precious")
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", output), 2, "exists already", "--force")
    assert here("redact", plain, "-o", output, "--force").code == 0
    decodes(output)


def test_what_exists_stays_where_the_new_one_fails(plain: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("precious")
    plain.write_bytes(plain.read_bytes()[:5000])
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", output, "--force"), 3)


def test_the_output_is_a_folder(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", tmp_path / "out.mp4", "--force"), 2, "is a folder")


def test_the_output_is_a_link_to_nowhere(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").symlink_to(tmp_path / "nowhere")
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", tmp_path / "out.mp4"), 2, "link to nowhere")


@pytest.mark.parametrize("name", ["out.mkv", "out", "out.jpg", "out.mp4.txt"])
def test_a_name_that_no_film_has(name: str, plain: Path, tmp_path: Path) -> None:
    with untouched(tmp_path):
        refused(here("redact", plain, "-o", tmp_path / name), 2, name, ".mp4")


def test_sound_that_the_output_cannot_hold(tmp_path: Path) -> None:
    words = ("-map", "0", "-map", "1", "-c:a", "adpcm_ima_qt")
    source = film(tmp_path / "a.mov", pictures(5), *words, inputs=tone(440, 0.2))
    with untouched(tmp_path):
        refused(here("redact", source, "-o", tmp_path / "a.mp4"), 2, "adpcm_ima_qt", "--mute")
    assert here("redact", source, "-o", tmp_path / "a.mp4", "--mute").code == 0


def test_two_at_once_to_the_same_place(long: Path, tmp_path: Path) -> None:
    """One wins; the other says so, and leaves the winner's film as it is."""
    output = tmp_path / "out.mp4"
    with running(long, output) as one, running(long, output) as two:
        ends = sorted([one.ended(), two.ended()], key=lambda ran: ran.code)
    assert [ran.code for ran in ends] == [0, 2], ends
    refused(Ran(2, "", ends[1].err), 2, "out.mp4") if "nothing was" in ends[1].err else said_late(ends[1])
    decodes(output)
    assert [p.at for p in shown(output)] == [p.at for p in shown(long)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mp4", "out.mp4"]


def said_late(ran: Ran) -> None:
    """The loser noticed at the very end."""
    assert "appeared meanwhile" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.slow
def test_two_at_once_by_force(long: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    with running(long, output, "--force") as one, running(long, output, "--force") as two:
        assert (one.ended().code, two.ended().code) == (0, 0)
    decodes(output)
    assert len(packets(output, "v:0")) == 50
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mp4", "out.mp4"]


def test_somebody_else_is_faster(long: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    with running(long, output) as run:
        run.until("write")
        output.write_text("precious")
        ran = run.ended()
    assert ran.code == 2
    said_late(ran)
    assert output.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mp4", "out.mp4"]


def test_the_folder_goes_away(long: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with running(long, folder / "out.mp4") as run:
        run.until("write")
        folder.rmdir()
        refused(run.ended(), 3, "out.mp4")


@pytest.mark.parametrize(
    ("way", "step"),
    [
        pytest.param("longer", "write", marks=pytest.mark.slow),
        ("other bytes", "check"),
        pytest.param("replaced", "check", marks=pytest.mark.slow),
        ("gone", "write"),
    ],
)
def test_the_input_changes_while_it_is_read(way: str, step: str, long: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with running(long, tmp_path / "out" / "out.mp4") as run:
        run.until(step)
        if way == "longer":
            with long.open("ab") as file:
                file.write(b"\0\0\0\x08free")
        if way == "other bytes":  # at the end, in the index
            with long.open("r+b") as file:
                file.seek(-3, os.SEEK_END)
                file.write(b"\xaa\xbb\xcc")
        if way == "replaced":
            other = tmp_path / "other.mp4"
            other.write_bytes(long.read_bytes() + b"\0\0\0\x08free")
            other.replace(long)
        if way == "gone":
            long.unlink()
        ran = run.ended()
    refused(ran, 3, str(long))
    assert list((tmp_path / "out").iterdir()) == []
