"""The program that decodes a stranger's picture has given up everything else before it reads a byte."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from garim.pictures import apart

PROGRAM = Path(apart.__file__)
# what a decoder that was taken over would want to do, run where the program's own limits hold
TRIES = {
    "open a file": "open('/etc/hostname')",
    "write a file": "os.write(os.open('TARGET', os.O_WRONLY), b'x')",
    "write one that is open": "os.write(1, b'x')",
    "open a socket": "__import__('_socket').socket()",
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
        b"JPEG\n4 4 -1\n" + coded(),
        b"JPEG\n4 5 9999\n" + coded(),
        b"JPEG 2000\n4 4 9999\n" + coded(),
        b"\xff\n4 4 1\nx",
    ],
)
def test_anything_else_is_one_code_without_a_word(asked: bytes) -> None:
    told = answer(asked)
    if asked.startswith(b"JPEG\n4 4 -1"):  # everything up to the end: the picture is whole
        assert told.returncode == 0
    else:
        assert told.returncode == apart.DAMAGED
        assert told.stdout == b""
    assert told.stderr == b""


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
@pytest.mark.parametrize("name", TRIES)
def test_the_limits_bite(name: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    trying = TRIES[name].replace("TARGET", str(target))
    if name == "take the limits back" and _may_raise_limits():
        pytest.skip("this user may raise limits")
    code = (
        f"import os, resource, sys\nfrom garim.pictures.apart import limited\nlimited()\n"
        f"try:\n    {trying}\nexcept (OSError, MemoryError, ValueError, ImportError):\n    os._exit(9)\nos._exit(0)"
    )
    with target.open("wb") as stdout:
        run = subprocess.run([sys.executable, "-c", code], stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert run.returncode in (9, -25), run.stderr  # SIGXFSZ: a file grew
    assert target.read_bytes() == b""


def _may_raise_limits() -> bool:
    import os

    return os.geteuid() == 0
