"""Free memory goes back to the system, where the C library keeps it."""

from __future__ import annotations

import subprocess
import sys

import pytest

KEPT = """
import numpy as np
from garim.core.memory import give_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 >> 20

# each too small for a mapping of its own, the last one on top of all
many = [np.ones(100_000, np.uint8) for _ in range(2000)]
del many[:-1]
kept = resident()
give_back()
print(kept - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked")
def test_what_is_free_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100, "of 200 MB"
