"""The same names stand in four places: the guard, the linter, the contracts, and what may be installed."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from garim.wall import FORBIDDEN, ROOMS, Side

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUFF = PROJECT["tool"]["ruff"]["lint"]
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
COMPARERS = {name for name in FORBIDDEN[Side.FOOTAGE] if not name.startswith("garim.")}

# distributions that compare faces, or carry something that does
UNWANTED = re.compile(
    r"opencv|cv2|dlib|insightface|inspireface|face[-_.]?recognition|deepface|facenet|arcface|retina[-_.]?face|"
    r"compreface|mediapipe|torchreid|kornia|sface"
)

FOOTAGE_ROOMS = {"media", "vision", "cover", "redact", "exposure", "fleet"}
COMPARING = re.compile(r"compar|recogni|identi|verif|re-?id|embed|arcface|sface|facenet|gallery|template")


def test_the_linter_bans_what_the_guard_forbids() -> None:
    assert set(RUFF["flake8-tidy-imports"]["banned-api"]) == COMPARERS


def test_the_contracts_forbid_what_the_guard_forbids() -> None:
    assert set(CONTRACTS["comparers"]["forbidden_modules"]) == COMPARERS - {"dlib"}
    assert CONTRACTS["comparers"]["source_modules"] == ["garim"]
    assert CONTRACTS["dlib"]["protected_modules"] == ["dlib"]
    assert CONTRACTS["dlib"]["allowed_importers"] == ["garim.recognise.dlib_net"]


def test_the_contracts_name_every_room_that_arms() -> None:
    footage, identity = ({room.removeprefix("garim.") for room in ROOMS[side]} for side in Side)
    upper, lower = (set(re.findall(r"\w+", layer)) for layer in CONTRACTS["footage"]["layers"])
    assert upper == identity and lower == footage | {"vision", "cover"} == FOOTAGE_ROOMS
    upper, lower = (set(re.findall(r"\w+", layer)) for layer in CONTRACTS["identity"]["layers"])
    assert upper == footage and lower == identity
    assert CONTRACTS["rooms"]["exhaustive"] is True


def test_no_contract_has_an_exception() -> None:
    loose = {"ignore_imports", "exhaustive_ignores", "allow_indirect_imports", "skip_descendants", "as_packages"}
    assert [name for name, contract in CONTRACTS.items() if loose & set(contract)] == []


def test_the_linter_is_not_silenced_by_its_settings() -> None:
    assert "TID" in RUFF["select"]
    ignored = {"everywhere": RUFF["ignore"], **RUFF["per-file-ignores"]}
    loose = {file: codes for file, codes in ignored.items() if any(code.startswith(("T", "ALL")) for code in codes)}
    # the one that dlib has, and the attacker whom `benchmarks/attack.py` runs in another environment
    assert loose == {"src/garim/recognise/dlib_net.py": ["TID251"], "benchmarks/_attack_embeds.py": ["TID251"]}
    assert not {"exclude", "extend-exclude", "force-exclude"} & (set(RUFF) | set(PROJECT["tool"]["ruff"]))


@pytest.mark.parametrize("room", sorted(FOOTAGE_ROOMS))
def test_no_footage_room_pins_weights_that_compare(room: str) -> None:
    if not (ROOT / "src" / "garim" / room).is_dir():
        assert f"({room})" in " ".join(CONTRACTS["rooms"]["layers"])  # named there, not built yet
        return
    if (ROOT / "src" / "garim" / room / "weights.py").exists():
        rows = importlib.import_module(f"garim.{room}.weights").WEIGHTS
        assert rows and [row for row in rows if COMPARING.search(repr(row).lower())] == []


EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]


def test_nothing_declared_compares_faces_but_the_one_extra() -> None:
    declared = {"always": PROJECT["project"]["dependencies"], **EXTRAS}
    comparing = [(extra, each) for extra, names in declared.items() for each in names if UNWANTED.search(each.lower())]
    assert comparing == [("dlib", EXTRAS["dlib"][1])] and EXTRAS["dlib"][1].startswith("dlib-bin>=")


def test_no_extra_but_its_own_brings_dlib() -> None:
    assert [extra for extra, names in EXTRAS.items() if any("[dlib]" in each for each in names)] == []


@pytest.mark.parametrize("extra", sorted({*EXTRAS} - {"dlib"}))
def test_nothing_that_an_extra_installs_compares_faces(extra: str) -> None:
    names = installed("garim", {extra})
    assert {"garim", "numpy"} <= names and len(names) > 5  # the walk walks
    assert [name for name in names if UNWANTED.search(name)] == []


def test_the_walk_through_what_is_installed_finds_what_it_looks_for() -> None:
    assert {"av", "openvino", "openvino-telemetry"} <= installed("garim", {"footage"})


def installed(name: str, extras: set[str]) -> set[str]:
    """Names of the distributions that `name[extras]` brings, itself included; an absent one is an error."""
    seen: set[tuple[str, str]] = set()
    todo = [(name, extra) for extra in ("", *extras)]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        for requirement in map(Requirement, importlib.metadata.requires(here[0]) or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": here[1]}):
                name = re.sub(r"[-_.]+", "-", requirement.name).lower()
                todo += [(name, extra) for extra in ("", *requirement.extras)]
    return {name for name, _ in seen}


def test_arming_twice_is_arming_once() -> None:
    script = (
        "import sys; from garim.wall import Side, arm; arm(Side.IDENTITY); arm(Side.IDENTITY); "
        "print(sum(type(f).__module__ == 'garim.wall' for f in sys.meta_path), sys.meta_path[0].side.name)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "1 IDENTITY\n"


def test_arming_again_puts_a_removed_guard_back() -> None:
    script = (
        "import sys; from garim.wall import Side, arm; arm(Side.FOOTAGE); sys.meta_path.pop(0); "
        "arm(Side.FOOTAGE); import cv2"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "refused by garim's wall" in done.stderr


def test_a_blocked_module_is_no_loaded_one() -> None:
    script = "import sys; sys.modules['cv2'] = None; from garim.wall import Side, arm; arm(Side.FOOTAGE)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
