"""The commands of the exposure room in real processes, each mounted alone as `garim NAME`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MOUNT = (
    "from garim.cli import exposure_publish, main\nmain.app.command('publish')(exposure_publish.publish)\nmain.run()\n"
)


def garim(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome. Its config, and its own ledger, are the folder's."""
    places = {"XDG_CONFIG_HOME": str(cwd / "config"), "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "200"}
    command = [sys.executable, "-c", MOUNT, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | places, cwd=cwd
    )
