"""Which Python the peers get: one that answers, or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.newer_python import NoPeer, newer_python


def stands_in(path: Path, code: int) -> Path:
    """A program that answers every question with that exit code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def looked_in(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder / "bin"), "PYENV_ROOT": str(folder / "pyenv"), **more}


def test_a_shim_with_nothing_behind_it_is_passed_over(tmp_path: Path) -> None:
    stands_in(tmp_path / "bin" / "python3.13", 127)
    behind = stands_in(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12", 0)
    assert newer_python(looked_in(tmp_path)) == behind


def test_the_newest_on_path_comes_first(tmp_path: Path) -> None:
    stands_in(tmp_path / "bin" / "python3.12", 0)
    newest = stands_in(tmp_path / "bin" / "python3.14", 0)
    assert newer_python(looked_in(tmp_path)) == newest


def test_the_named_one_and_no_other(tmp_path: Path) -> None:
    stands_in(tmp_path / "bin" / "python3.13", 0)
    named = stands_in(tmp_path / "mine", 1)
    with pytest.raises(NoPeer, match=r"GARIM_PEER_PYTHON=.*mine"):
        newer_python(looked_in(tmp_path, GARIM_PEER_PYTHON=str(named)))
    stands_in(named, 0)
    assert newer_python(looked_in(tmp_path, GARIM_PEER_PYTHON=str(named))) == named


def test_none_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(NoPeer, match=r"at least 3\.12.*GARIM_PEER_PYTHON"):
        newer_python(looked_in(tmp_path))
