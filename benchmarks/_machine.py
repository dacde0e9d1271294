"""ON WHAT IT WAS MEASURED, in the words that stand above each table."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores, system and Python."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def filesystem(folder: Path) -> str:
    """The kind of file system that `folder` lies on: what "durable" means depends on it."""
    listed = Path("/proc/mounts")
    if not listed.is_file():
        return "unknown"
    mounts = [line.split(" ")[1:3] for line in listed.read_text().splitlines()]
    above = {str(each) for each in (folder.resolve(), *folder.resolve().parents)}
    # of two mounted over one place the later is seen
    return max((len(place), number, kind) for number, (place, kind) in enumerate(mounts) if place in above)[2]


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    models = (
        [line for line in listed.read_text().splitlines() if line.startswith("model name")] if listed.is_file() else []
    )
    return models[0].split(":", 1)[1].strip() if models else platform.machine()
