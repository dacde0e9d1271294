"""WHAT A PROCESS THAT SEES A FACE GIVES UP, before it sees one: nothing here can be taken back.

Laws: no core dump, by limit and by the kernel's own mark, which also bars other processes of the same user from reading
its memory; no file grows; memory and time have limits; its pages stay out of swap where the system lets it, and where
it does not, that is said.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from enum import StrEnum
from pathlib import Path

_MOST_MEMORY = 4 << 30  # of address space, of which the runtime reserves far more than it touches
_MOST_SECONDS = 30  # of CPU
_MOST_FILES = 64
_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_SWAPS = Path("/proc/swaps")


class Swap(StrEnum):
    """Whether what the process holds could have been written to a disk by the system."""

    LOCKED = "locked"  # no: its pages are locked
    NONE = "none"  # no: there is no swap
    POSSIBLE = "possible"  # yes: the system did not let it lock its pages, and has swap, or does not say


def undumped() -> Swap:
    """First of all: no core dump, no reader, no swap where that can be had."""
    _limit("RLIMIT_CORE", 1)  # 1, not 0: Linux pipes cores to programs at 0, and drops them at 1
    if sys.platform != "linux":
        return Swap.POSSIBLE
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "core dumps cannot be turned off")
    # on fault: locking what is only reserved would bring it all into memory
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return Swap.LOCKED
    return Swap.NONE if _no_swap() else Swap.POSSIBLE


def limited() -> None:
    """Then, once all is loaded: no file is written, and no more memory, time and files than the work takes."""
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_NOFILE", _MOST_FILES)
    _limit("RLIMIT_CPU", _MOST_SECONDS)
    _limit("RLIMIT_AS", _MOST_MEMORY)


def _limit(name: str, most: int) -> None:
    what = getattr(resource, name)
    hard = resource.getrlimit(what)[1]
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(what, (least, least))
    except (ValueError, OSError):
        if sys.platform == "linux":
            raise  # macOS has some of them by name only


def _no_swap() -> bool:
    try:
        return len(_SWAPS.read_text("ascii").splitlines()) <= 1
    except OSError:
        return False
