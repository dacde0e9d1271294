"""Finding and proving pinned files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.inference.conftest import Machine
from tests.inference.wheels import CONTENT, pinned, row

import garim.inference
from garim.core.errors import NoWeights
from garim.inference.weights import Packaged, Pinned, Upstream, Weight, cache, find, read


def placed(folder: Path, content: bytes, file: str = "model.onnx") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_bytes(content)
    return path


def test_missing_names_the_command(machine: Machine) -> None:
    with pytest.raises(NoWeights, match=r"model\.onnx: not found in .*garim weights pull toy") as error:
        find(row())
    assert "\n" not in str(error.value)


def test_the_cache_is_read(machine: Machine) -> None:
    path = placed(cache(), CONTENT)
    assert find(row()) == (path,)
    assert read(row()) == (CONTENT,)


def test_the_named_folder_goes_first(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placed(cache(), CONTENT)
    own = placed(tmp_path / "own", CONTENT)
    monkeypatch.setenv("GARIM_WEIGHTS", str(own.parent))
    assert find(row()) == (own,)


def test_what_the_named_folder_lacks_comes_from_the_cache(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = pinned(b"second", "model.bin")
    placed(cache(), b"second", "model.bin")
    own = placed(tmp_path / "own", CONTENT)
    monkeypatch.setenv("GARIM_WEIGHTS", str(own.parent))
    assert read(row(pinned(), second)) == (CONTENT, b"second")


def test_a_wrong_file_in_the_named_folder_is_no_reason_to_look_further(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(cache(), CONTENT)
    own = placed(tmp_path / "own", CONTENT[::-1])
    monkeypatch.setenv("GARIM_WEIGHTS", str(own.parent))
    with pytest.raises(NoWeights, match=r"own/model\.onnx: SHA-256 .* Remove it from GARIM_WEIGHTS"):
        read(row())


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "0 bytes where"),
        (CONTENT[:-1], "10239 bytes where"),
        (CONTENT + b"x", "over 10240 bytes where"),
        (b"x" + CONTENT[1:], "SHA-256"),
    ],
)
def test_a_wrong_file_is_refused(machine: Machine, content: bytes, what: str) -> None:
    placed(cache(), content)
    with pytest.raises(NoWeights, match=what):
        read(row())


def test_proven_each_time(machine: Machine) -> None:
    path = placed(cache(), CONTENT)
    read(row())
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(NoWeights, match="SHA-256"):
        read(row())


@pytest.mark.parametrize("make", [lambda path: path.mkdir(parents=True), lambda path: path.symlink_to("nowhere")])
def test_what_cannot_be_read_is_refused(machine: Machine, make: object) -> None:
    cache().mkdir(parents=True)
    make(cache() / "model.onnx")  # type: ignore[operator]
    with pytest.raises(NoWeights, match="cannot be read"):
        read(row())


def test_an_endless_file_is_refused(machine: Machine) -> None:
    cache().mkdir(parents=True)
    (cache() / "model.onnx").symlink_to("/dev/zero")
    with pytest.raises(NoWeights, match="over 10240 bytes"):
        read(row())


def test_a_relative_cache_is_ignored(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache() == tmp_path / ".cache/garim/weights"


CARRIED = Path(garim.inference.__file__).with_name("weights.py")  # any file beside a room's modules


def packaged(content: bytes = CARRIED.read_bytes(), file: str = CARRIED.name, room: str = "inference") -> Weight:
    sources = (Packaged(room), Upstream("https://example.org/toy"))
    return Weight("toy", "tests", "CC0-1.0", (pinned(content, file),), sources, "docs")


def test_what_is_part_of_garim_is_found_beside_its_room(machine: Machine) -> None:
    assert find(packaged()) == (CARRIED,)
    assert read(packaged()) == (CARRIED.read_bytes(),)


def test_the_named_folder_goes_before_what_is_part_of_garim(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = placed(tmp_path / "own", CARRIED.read_bytes(), CARRIED.name)
    monkeypatch.setenv("GARIM_WEIGHTS", str(own.parent))
    assert find(packaged()) == (own,)
    own.write_bytes(b"another")
    with pytest.raises(
        NoWeights, match=r"own/weights\.py: 7 bytes .* Remove it from GARIM_WEIGHTS: garim has its own$"
    ):
        read(packaged())


def test_what_is_part_of_garim_goes_before_the_cache(machine: Machine) -> None:
    placed(cache(), b"another", CARRIED.name)
    assert find(packaged()) == (CARRIED,)


def test_a_wrong_part_of_garim_is_refused_though_the_cache_has_the_right_one(machine: Machine) -> None:
    other = b"x" + CARRIED.read_bytes()[1:]
    placed(cache(), other, CARRIED.name)
    with pytest.raises(NoWeights, match=r"inference/weights\.py: SHA-256 .* install garim anew"):
        read(packaged(other))


def test_a_missing_part_of_garim_may_be_in_the_cache_else_garim_is_not_whole(machine: Machine) -> None:
    with pytest.raises(NoWeights, match=r"gone\.onnx: not found in .*/garim/inference or .* install garim anew"):
        find(packaged(CONTENT, "gone.onnx"))
    path = placed(cache(), CONTENT, "gone.onnx")
    assert find(packaged(CONTENT, "gone.onnx")) == (path,)


def test_a_row_without_that_source_finds_nothing_there(machine: Machine) -> None:
    with pytest.raises(NoWeights, match=r"weights\.py: not found"):
        find(row(pinned(CARRIED.read_bytes(), CARRIED.name)))


@pytest.mark.parametrize("room", ["", "..", "../recognise", "/etc", "vision/.."])
def test_a_packaged_room_is_a_name(room: str) -> None:
    with pytest.raises(ValueError, match="packaged"):
        Packaged(room)


@pytest.mark.parametrize("file", ["../model.onnx", "/etc/passwd", "..", ".", ""])
def test_a_pinned_file_is_a_name(file: str) -> None:
    with pytest.raises(ValueError, match="pinned"):
        replace(pinned(), file=file)


@pytest.mark.parametrize("digest", ["", "8f2383e4", "G" * 64, "A" * 64])
def test_a_pinned_hash_is_whole(digest: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Pinned("model.onnx", digest, 1)
