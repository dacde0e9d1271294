"""The examples run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ledger.entries import many

from garim.ledger.log import Log

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_two_visits_to_a_ledger(tmp_path: Path) -> None:
    def visit() -> subprocess.CompletedProcess[str]:
        words = [EXAMPLES / "inspect_ledger.py", tmp_path / "log", key, tmp_path / "visits"]
        return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)

    with Log.create(tmp_path / "log", "log.example/one") as log:
        key = str(log.vkeys[0])
        log.append(many(3))
        assert visit().returncode == 0
        log.append(many(300, 3))
    again = visit()
    assert again.returncode == 0
    assert "begins with the 3 entries that you saw last time" in again.stdout
    tile = tmp_path / "log" / "tile" / "0" / "000"
    tile.chmod(0o600)
    tile.write_bytes(bytes(8192))
    damaged = visit()
    assert damaged.returncode == 1
    assert "NOT PROVED: tile/0/000" in damaged.stdout
