"""Which picture is whose, and that the attacker's process has nothing of Garim."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from benchmarks._attack_tools import UNTOUCHED, Redaction, redacted

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _photos(folder: Path, *names: str) -> list[Path]:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    return [folder / name for name in names]


def _copying(names: dict[str, str]) -> Redaction:
    code = "import shutil,sys,pathlib;[shutil.copy(pathlib.Path(sys.argv[1],a),pathlib.Path(sys.argv[2],b)) for a,b in "
    return Redaction(
        "it", "copy", lambda photos, out: [sys.executable, "-c", f"{code}{list(names.items())}]", photos, out]
    )


def test_each_photo_is_found_under_its_tools_name_and_one_that_is_missing_is_none(tmp_path: Path) -> None:
    photos = _photos(tmp_path / "photos", "0001.png", "0002.png", "0010.png", "0003.png")
    names = {"0001.png": "0001.redacted.png", "0002.png": "0002_anonymized.png", "0010.png": "0010.blurry.png"}
    made = redacted(_copying(names), photos, tmp_path / "row")
    assert [path and path.read_bytes() for path in made] == [b"0001.png", b"0002.png", b"0010.png", None]


def test_what_writes_beside_its_input_is_given_a_copy(tmp_path: Path) -> None:
    photos = _photos(tmp_path / "photos", "0001.png")
    code = "import sys,pathlib;pathlib.Path(sys.argv[1],'0001_anonymized.png').write_bytes(b'made')"
    by = Redaction("it", "beside", lambda given, _: [sys.executable, "-c", code, given], beside=True)
    made = redacted(by, photos, tmp_path / "row")
    assert [path and path.read_bytes() for path in made] == [b"made"]
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["0001.png"]


def test_a_tool_that_makes_nothing_ends_the_run_with_its_words(tmp_path: Path) -> None:
    photos = _photos(tmp_path / "photos", "0001.png")
    by = Redaction("it", "fails", lambda *_: [sys.executable, "-c", "raise SystemExit('no model')"])
    with pytest.raises(SystemExit, match="it, fails: exit 1, and no picture: no model"):
        redacted(by, photos, tmp_path / "row")


def test_photos_as_taken_are_the_photos(tmp_path: Path) -> None:
    photos = _photos(tmp_path / "photos", "0001.png")
    assert redacted(UNTOUCHED, photos, tmp_path / "row") == photos


@pytest.mark.parametrize("file", ["_attack_embeds.py", "_attack_sums.py"])
def test_the_attackers_process_has_nothing_of_garim(file: str) -> None:
    named = set()
    for node in ast.walk(ast.parse((BENCHMARKS / file).read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(node.module or "")
    outside = {name.partition(".")[0] for name in named} - set(sys.stdlib_module_names)
    assert outside <= {"numpy", "dlib", "benchmarks"}
    assert {name for name in named if name.startswith("benchmarks")} <= {"benchmarks._attack_sums"}


@pytest.mark.parametrize("file", ["attack.py", "_attack_tools.py", "_attack_tables.py", "_attack_sums.py"])
def test_nothing_else_of_the_benchmark_compares_faces(file: str) -> None:
    assert "import dlib" not in (BENCHMARKS / file).read_text()
