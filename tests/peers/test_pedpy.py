"""PedPy, which shares no code with us, finds the figures that are committed of it, and which ours are held to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.conftest import SHARED
from tests.peers.newer_python import NoPeer, environment

pytestmark = pytest.mark.peers

WALKS = SHARED / "data" / "pedpy" / "040_c_56_h-.txt"
FIGURES = Path(__file__).parents[1] / "reference" / "pedpy_neighbours.csv"
SCRIPT = Path(__file__).with_name("pedpy_neighbours.py")


@pytest.mark.skipif(not WALKS.is_file(), reason=f"needs {WALKS}")
def test_pedpy_still_says_the_same() -> None:
    try:
        python = environment("pedpy==1.5.1")
    except NoPeer as error:
        pytest.skip(f"PedPy, whose neighbours ours are compared with: {error}")
    words = [str(python), str(SCRIPT), str(WALKS)]
    quiet = os.environ | {"PYTHONWARNINGS": "ignore"}
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300, env=quiet)
    assert told.stdout == FIGURES.read_text()
