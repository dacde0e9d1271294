"""CPU and wall of what is timed; CPU is this process's own, of all its threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """CPU and wall, summed over what was timed."""

    cpu_s: float = 0.0
    wall_s: float = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu_s += time.process_time() - cpu
        self.wall_s += time.perf_counter() - wall
