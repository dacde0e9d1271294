"""Each violation, injected into a copy of the tree, turns its brick of the wall red; the untouched copy is green.

The bricks run as they run for us: `lint-imports`, `ruff --ignore-noqa`, `tools/wall.py` and Python, as processes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
FOOTAGE = "from garim.wall import Side, arm\n\narm(Side.FOOTAGE)\n"
IDENTITY = "from garim.wall import Side, arm\n\narm(Side.IDENTITY)\n"


class Tree:
    """A copy of the package and of its contracts, to be spoilt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "src" / "garim"
        shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", root)

    def add(self, file: str, text: str) -> None:
        """Append `text` to a file of the package; `room/__init__.py` is made where it is missing."""
        path = self.package / file
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        with path.open("a") as opened:
            opened.write("\n" + text + "\n")

    def run(self, *command: str, fakes: str = "") -> tuple[int, str]:
        """Exit code and everything said, with the copy in front of the installed package."""
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"src:{fakes}", "CI": "true", "HOME": str(self.root)}
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def contracts(tree: Tree, *only: str) -> tuple[int, str]:
    limits = [word for contract in only for word in ("--contract", contract)]
    return tree.run(str(SCRIPTS / "lint-imports"), "--no-logo", "--no-cache", *limits)


def banned(tree: Tree) -> tuple[int, str]:
    return tree.run(str(SCRIPTS / "ruff"), "check", "--no-cache", "--ignore-noqa", "--select", "TID251", "src")


def syntax(tree: Tree) -> tuple[int, str]:
    return tree.run(sys.executable, str(ROOT / "tools" / "wall.py"), "src")


BRICKS: dict[str, Callable[[Tree], tuple[int, str]]] = {"contracts": contracts, "banned": banned, "syntax": syntax}


@pytest.mark.parametrize("brick", BRICKS)
def test_the_tree_as_it_is_stands(tree: Tree, brick: str) -> None:
    code, said = BRICKS[brick](tree)
    assert code == 0, said


def test_a_tree_with_every_room_to_come_stands(tree: Tree) -> None:
    tree.add("fleet/__init__.py", FOOTAGE + "import garim.redact\nimport garim.exposure\n")
    tree.add("gate/sees.py", "import garim.recognise\nimport garim.vision\nimport garim.ledger\n")
    tree.add("corpus/__init__.py", IDENTITY + "import garim.consent\nimport garim.ledger\n")
    for brick in (contracts, syntax):
        code, said = brick(tree)
        assert code == 0, said


# name -> (what is added to which file, contract by its id, the name it is reported under)
STATIC: dict[str, tuple[dict[str, str], str, str]] = {
    "recognise in media": (
        {"recognise/__init__.py": IDENTITY, "media/probe.py": "import garim.recognise"},
        "footage",
        "footage never reaches identity",
    ),
    "gate in cover, inside a function": (
        {"gate/__init__.py": IDENTITY, "cover/fill.py": "def peek():\n    from garim.gate import decide"},
        "footage",
        "footage never reaches identity",
    ),
    "corpus in vision, by way of a third room": (
        {
            "corpus/__init__.py": IDENTITY,
            "pictures/fetch.py": "import garim.corpus",
            "vision/fetch.py": "import garim.pictures.fetch",
        },
        "footage",
        "footage never reaches identity",
    ),
    "media in gate": (
        {"gate/__init__.py": IDENTITY, "gate/watch.py": "import garim.media"},
        "identity",
        "identity never reaches footage",
    ),
    "exposure in corpus": (
        {"exposure/__init__.py": FOOTAGE, "corpus/__init__.py": IDENTITY, "corpus/find.py": "import garim.exposure"},
        "identity",
        "identity never reaches footage",
    ),
    "PyAV in gate": (
        {"gate/__init__.py": IDENTITY, "gate/watch.py": "import av"},
        "av",
        "only media imports PyAV",
    ),
    "recognise in corpus": (
        {"recognise/__init__.py": IDENTITY, "corpus/__init__.py": IDENTITY, "corpus/who.py": "import garim.recognise"},
        "corpus",
        "corpus never reaches recognise",
    ),
    "insightface in recognise": (
        {"recognise/__init__.py": IDENTITY, "recognise/matcher.py": "import insightface.app"},
        "comparers",
        "no library that compares faces",
    ),
    "dlib in vision": ({"vision/draw.py": "import dlib"}, "dlib", "only recognise.dlib_net imports dlib"),
    "dlib in media, inside a function": (
        {"media/who.py": "def who():\n    from dlib import face_recognition_model_v1"},
        "dlib",
        "only recognise.dlib_net imports dlib",
    ),
    "dlib in gate": ({"gate/who.py": "import dlib"}, "dlib", "only recognise.dlib_net imports dlib"),
    "dlib elsewhere in recognise": (
        {"recognise/omz.py": "import dlib"},
        "dlib",
        "only recognise.dlib_net imports dlib",
    ),
    "another library in dlib's file": (
        {"recognise/dlib_net.py": "import face_recognition"},
        "comparers",
        "no library that compares faces",
    ),
    "OpenCV in vision, under TYPE_CHECKING": (
        {"vision/draw.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cv2"},
        "comparers",
        "no library that compares faces",
    ),
    "OpenVINO in vision": (
        {"vision/draw.py": "from openvino import Core"},
        "openvino",
        "only inference imports OpenVINO",
    ),
    "Pillow in media": ({"media/still.py": "from PIL import Image"}, "pillow", "only pictures imports Pillow"),
    "rich in redact": ({"redact/bar.py": "import rich.progress"}, "terminal", "only cli speaks to a terminal"),
    "PyAV in core": ({"core/film.py": "import av"}, "core", "core is pure"),
    "media in core": ({"core/film.py": "import garim.media"}, "rooms", "rooms"),
    "a room without a place": ({"people/__init__.py": ""}, "rooms", "rooms"),
    "a module without a place": ({"helpers.py": ""}, "rooms", "rooms"),
    "gate beside redact": (
        {"gate/__init__.py": IDENTITY, "gate/film.py": "import garim.redact"},
        "rooms",
        "rooms",
    ),
    "a cycle": (
        {"vision/a.py": "import garim.vision.b", "vision/b.py": "import garim.vision.a"},
        "cycles",
        "no cycles",
    ),
}


@pytest.mark.parametrize("name", STATIC)
def test_a_contract_breaks_on(tree: Tree, name: str) -> None:
    files, contract, reported = STATIC[name]
    for file, text in files.items():
        tree.add(file, text)
    code, said = contracts(tree, contract)
    assert (code, f"{reported} BROKEN" in said) == (1, True), said


BANNED = {
    "OpenCV with noqa": "import cv2  # noqa",
    "OpenCV with noqa by its code": "import cv2  # noqa: TID251",
    "a whole file with noqa": "# ruff: noqa\nimport cv2",
    "a member": "from face_recognition import compare_faces  # noqa",
    "a submodule": "import insightface.app  # noqa",
    "inside a function": "def look():\n    import dlib  # noqa",
    "in a try": "try:\n    import deepface  # noqa\nexcept ImportError:\n    pass",
    "under another name": "import facenet_pytorch as nets  # noqa",
}


@pytest.mark.parametrize("file", ["recognise/omz.py", "gate/who.py", "media/who.py", "cli/who.py"])
def test_the_linter_turns_red_on_dlib_in(tree: Tree, file: str) -> None:
    tree.add(file, "import dlib  # noqa")
    code, said = banned(tree)
    assert (code, "TID251" in said) == (1, True), said


@pytest.mark.parametrize("name", BANNED)
def test_the_linter_turns_red_on(tree: Tree, name: str) -> None:
    tree.add("vision/draw.py", BANNED[name])
    code, said = banned(tree)
    assert (code, "TID251" in said) == (1, True), said


DYNAMIC = {
    "import_module": 'import importlib\nimportlib.import_module("garim.gate")',
    "import_module by its name": 'from importlib import import_module as load\nload("garim.gate")',
    "a submodule that binds importlib": 'import importlib.metadata\nimportlib.import_module("garim.gate")',
    "__import__": '__import__("garim.gate")',
    "exec": 'exec("import garim.gate")',
    "eval": "eval(\"__import__('garim.gate')\")",
    "compile": 'compile("import garim.gate", "x", "exec")',
    "runpy": 'import runpy\nrunpy.run_module("garim.gate")',
    "pkgutil": 'from pkgutil import resolve_name\nresolve_name("garim.gate")',
    "sys.modules": 'import sys\nsys.modules["garim.gate"]',
    "sys.modules by its name": 'from sys import modules\nmodules["garim.gate"]',
    "sys under another name": 'import sys as s\ns.modules["garim.gate"]',
    "sys.meta_path": "import sys\nsys.meta_path.clear()",
    "sys.path": 'import sys\nsys.path.append("elsewhere")',
    "a loader": '__spec__.loader.load_module("garim.gate")',
    "a loader borrowed from another module": 'import json\njson.__loader__.load_module("garim.gate")',
}


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str]]:
    """One reading of a tree in which each way has a file of its own."""
    tree = Tree(tmp_path_factory.mktemp("ways"))
    for number, text in enumerate(DYNAMIC.values()):
        tree.add(f"redact/way_{number}.py", text)
    code, said = syntax(tree)
    return code, said.splitlines()


@pytest.mark.parametrize("name", DYNAMIC)
def test_the_syntax_trees_show(ways: tuple[int, list[str]], name: str) -> None:
    code, said = ways
    here = [line for line in said if line.startswith(f"redact/way_{list(DYNAMIC).index(name)}.py:")]
    assert (code, any("a dynamic import" in line for line in here)) == (1, True), said


# name -> (what is added to which file, what is said)
PLACED = {
    "recognise has one importer": (
        {"recognise/__init__.py": IDENTITY, "cli/who.py": "from garim import recognise"},
        "cli/who.py:2: garim.recognise: only gate imports what compares faces",
    ),
    "core takes nothing new": ({"core/table.py": "import duckdb"}, "core/table.py:2: duckdb: core is pure"),
    "the wall takes nothing at all": ({"wall.py": "import numpy"}, "numpy: wall.py is pure"),
    "a footage room arms": ({"fleet/__init__.py": "import garim.media"}, "fleet/__init__.py:1: arms the wall"),
    "an identity room arms": ({"corpus/__init__.py": FOOTAGE}, "corpus/__init__.py:1: arms the wall first"),
    "dlib has one file": ({"recognise/omz.py": "import dlib"}, "dlib: compares faces"),
    "dlib's file has nothing but dlib": (
        {"recognise/dlib_net.py": "import face_recognition  # noqa"},
        "face_recognition: compares faces",
    ),
    "no room has another": (
        {"gate/who.py": "from insightface.app import FaceAnalysis"},
        "insightface.app.FaceAnalysis",
    ),
    "it arms first": (
        {"corpus/__init__.py": "import numpy\n" + IDENTITY},
        "corpus/__init__.py:1: arms the wall first",
    ),
    "a room that is a module arms": ({"recognise.py": "import numpy"}, "recognise.py:1: arms the wall first"),
}


@pytest.mark.parametrize("name", PLACED)
def test_the_rules_no_contract_has(tree: Tree, name: str) -> None:
    files, expected = PLACED[name]
    for file, text in files.items():
        if file.endswith("/__init__.py"):  # in the place of the room's own, which does arm
            (tree.package / file).unlink(missing_ok=True)
        tree.add(file, text)
    code, said = syntax(tree)
    assert (code, expected in said) == (1, True), said


def test_a_folder_that_no_contract_would_look_into(tree: Tree) -> None:
    hidden = tree.package / "vision" / "deep"
    hidden.mkdir()
    (hidden / "find.py").write_text("import garim.gate\n")
    code, said = syntax(tree)
    assert (code, "vision/deep/find.py:1: its folder has no __init__.py" in said) == (1, True), said


# name -> (Python that is run, whether the wall refuses); corpus and the libraries are fakes
RUNNING = {
    "media alone": ("import garim.media", False),
    "redact alone": ("import garim.redact, garim.redact", False),
    "gate alone": ("import garim.gate", False),
    "the command line alone": ("import garim.cli.main, garim.gate", False),
    "recognise after media": ("import garim.media; import garim.recognise", True),
    "gate after redact": ("import garim.redact; from garim import gate", True),
    "media after recognise": ("import garim.recognise; import garim.media", True),
    "redact after corpus": ("import garim.corpus; import garim.redact", True),
    "a dynamic import after media": ("import garim.media, importlib; importlib.import_module('garim.gate')", True),
    "a notebook with OpenCV loaded": ("import cv2; import garim.redact", True),
    "a notebook that loads OpenCV later": ("import garim.redact; import cv2", True),
    "a notebook with PyAV loaded": ("import av; import garim.gate", True),
    "the matcher after redact": ("import garim.redact; import garim.recognise.omz", True),
    "the second matcher after media": ("import garim.media; import garim.recognise.dlib_net", True),
    "dlib after media": ("import garim.media; import dlib", True),
    "a notebook with dlib loaded": ("import dlib; import garim.exposure.zones", True),
    "dlib on its own side": ("import garim.recognise.dlib_net; import dlib", False),
    "weights of both sides, which open no footage": (
        "import garim.vision.weights, garim.gate.weights, sys; "
        "assert not {'openvino', 'numpy', 'dlib', 'PIL', 'garim.recognise.omz'} & set(sys.modules)",
        False,
    ),
    "a comparer's submodule": ("import garim.media; import insightface.app", True),
    "a side forgotten by hand": (
        "import sys, garim.media; [sys.modules.pop(m) for m in list(sys.modules) if m.startswith('garim.media')]; "
        "import garim.recognise",
        True,
    ),
    "a thread of the same process": (
        "import garim.media, concurrent.futures as c, importlib; "
        "c.ThreadPoolExecutor().submit(importlib.import_module, 'garim.gate').result()",
        True,
    ),
    "a forked child": (
        "import os, sys, garim.media\n"
        "if (child := os.fork()) == 0:\n"
        "    try:\n        import garim.gate\n"
        "    except ImportError as error:\n        print(error, flush=True)\n        os._exit(1)\n"
        "    os._exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
        True,
    ),
}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree in which each room of the identity side is there, and beside it `fakes`; nobody writes to it."""
    tree = Tree(tmp_path_factory.mktemp("rooms"))
    for room in ("recognise", "gate", "corpus"):
        tree.add(f"{room}/__init__.py", IDENTITY)
    (tree.root / "fakes" / "insightface").mkdir(parents=True)
    for module in ("cv2.py", "dlib.py", "insightface/__init__.py", "insightface/app.py"):
        (tree.root / "fakes" / module).touch()
    return tree


@pytest.mark.parametrize("name", RUNNING)
def test_a_running_process(rooms: Tree, name: str) -> None:
    script, refused = RUNNING[name]
    code, said = rooms.run(sys.executable, "-c", script, fakes=str(rooms.root / "fakes"))
    assert (code, "refused by garim's wall" in said) == ((1, True) if refused else (0, False)), said
