"""`garim exposure ...` in real processes, whose config and whose own ledger are a folder's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

GARIM = Path(sys.executable).with_name("garim")


def garim(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome."""
    places = {"XDG_CONFIG_HOME": str(cwd / "config"), "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "200"}
    command = [str(GARIM), "exposure", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | places, cwd=cwd
    )
