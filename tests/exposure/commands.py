"""`garim exposure ...` in real processes, whose config and whose own ledger are a folder's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests import processes


def garim(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome."""
    places = {"XDG_CONFIG_HOME": str(cwd / "config"), "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "200"}
    return processes.garim("exposure", *words, env=os.environ | places, cwd=cwd)
