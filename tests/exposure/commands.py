"""The commands of the exposure room in real processes, each mounted alone as `garim NAME`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MOUNT = """
from garim.cli import exposure_notice, exposure_publish, main
main.app.command("notice")(exposure_notice.notice)
main.app.command("publish")(exposure_publish.publish)
main.run()
"""


def garim(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A real process; whatever the outcome. Its config, and its own ledger, are the folder's."""
    places = {"XDG_CONFIG_HOME": str(cwd / "config"), "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "200"}
    command = [sys.executable, "-c", MOUNT, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | places, cwd=cwd
    )
