"""Memory that nobody uses any more, given back: what asks for much next would come on top of it."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Have the C library return its free memory to the system, where it is one that can: glibc."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
