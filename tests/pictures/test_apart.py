"""The program that decodes a stranger's picture has given up everything else before it reads a byte."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from garim.pictures import apart

PROGRAM = Path(apart.__file__)
# what a decoder that was taken over would want to do, run where the program's own limits hold
TRIES = {
    "open a file": "open('/etc/hostname')",
    "write one that is open": "os.write(1, b'x')",
    "open a socket": "__import__('_socket').socket()",
    "start a process": "os.fork()",
    "start a thread": "_thread.start_new_thread(print, ())",
    "take memory": "bytearray(600 << 20)",
    "take the limits back": "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))",
}


def coded() -> bytes:
    target = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(target, "JPEG")
    return target.getvalue()


def answer(asked: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-P", str(PROGRAM)], input=asked, capture_output=True, check=False)


def test_it_gives_samples_and_ends() -> None:
    picture = coded()
    told = answer(f"JPEG\n4 4 {len(picture)}\n".encode() + picture)
    with Image.open(io.BytesIO(picture)) as image:
        assert told.stdout == image.tobytes()
    assert (told.returncode, told.stderr) == (0, b"")


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"JPEG",
        b"PNG\n4 4 1\n\x89",
        b"JPEG\n4 4\n",
        b"JPEG\nfour four 4\nxxxx",
        b"JPEG\n4 5 9999\n" + coded(),
        b"JPEG 2000\n4 4 9999\n" + coded(),
        b"\xff\n4 4 1\nx",
    ],
)
def test_anything_else_is_one_code_without_a_word(asked: bytes) -> None:
    told = answer(asked)
    assert (told.returncode, told.stdout, told.stderr) == (apart.DAMAGED, b"", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
@pytest.mark.parametrize("name", TRIES)
def test_the_limits_bite(name: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    code = (
        "import os, resource, _thread\nfrom garim.pictures.apart import limited\nlimited()\n"
        "os.geteuid() or os.setresuid(65534, 65534, 65534)\n"  # root may do more than its limits say
        f"try:\n    {TRIES[name]}\n"
        "except (OSError, MemoryError, ValueError, RuntimeError):\n    os._exit(9)\nos._exit(0)"
    )
    with target.open("wb") as stdout:
        run = subprocess.run([sys.executable, "-c", code], stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert run.returncode in (9, -25), run.stderr  # SIGXFSZ: a file grew
    assert target.read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
def test_it_waits_for_its_first_byte_within_its_limits() -> None:
    program = subprocess.Popen([sys.executable, "-P", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        until = time.monotonic() + 20
        while (held := limits(program.pid)) != GIVEN_UP and time.monotonic() < until:
            time.sleep(0.01)
        assert held == GIVEN_UP
    finally:
        program.communicate()
    assert program.returncode == apart.DAMAGED


GIVEN_UP = {
    "Max core file size": 1,
    "Max file size": 0,
    "Max open files": 3,
    "Max processes": 0,
    "Max cpu time": 5,
    "Max address space": 512 << 20,
}


def limits(pid: int) -> dict[str, int]:
    """The soft limits of a running process that are numbers, among those that it gives up."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    named = {line[:25].strip(): line[25:].split()[0] for line in lines}
    return {name: int(named[name]) for name in GIVEN_UP if named[name].isdigit()}
