"""What is read at all: whole, of a size that a camera makes, and with nothing damaged."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image as Pillow

from garim.core.errors import Unreadable, Unsupported

MOST_BYTES = 1 << 30
MOST_PX = 1 << 26  # of one picture of an animation; a still may have as many as Pillow lets through, 179 million
MOST_PX_IN_ALL = 20_000_000_000  # over all pictures of an animation: 10,000 of 1920 x 1080
MOST_PAGES = 10_000

logging.getLogger("PIL").addHandler(logging.NullHandler())  # what it has to say of damage is in our own line
# what decoders raise over bytes that make no sense
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, RuntimeError, Warning,
    struct.error, zlib.error,
)  # fmt: skip


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever the decoders raise inside is `Unreadable`, in one line that names `path`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of broken metadata
            # what it warns of a camera can make; at twice as many px it raises
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            yield
    except _DAMAGED as error:
        raise unreadable(path, str(error) or type(error).__name__) from None
    except Pillow.DecompressionBombError as error:
        raise unreadable(path, str(error)) from None


def unreadable(path: Path, why: str) -> Unreadable:
    """The error to raise where the picture at `path` cannot be read."""
    return Unreadable(f"{path}: is not a picture that can be read whole ({why.splitlines()[0]}); nothing was written")


def unsupported(path: Path, why: str) -> Unsupported:
    """The error to raise where the picture at `path` could be read but would not come out right."""
    return Unsupported(f"{path}: {why}; nothing was written")


def content(path: Path) -> bytes:
    """All of a file that is kept in memory while it is taken apart. Raises `Unsupported`, `Unreadable`."""
    with reading(path):
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise unsupported(path, f"has {size >> 20} MiB, pictures of up to {MOST_BYTES >> 20} MiB are taken")
        return path.read_bytes()


def refuse_large(path: Path, size: tuple[int, int], count: int) -> None:
    """Raise `Unsupported` where an animation of `count` pictures of `size` would hold the machine for hours.

    Raises `Unreadable` where they have no size.
    """
    px = size[0] * size[1]
    if not px:
        raise unreadable(path, "its pictures have no size")
    if px > MOST_PX or px * count > MOST_PX_IN_ALL:
        raise unsupported(
            path,
            f"{count} pictures of {size[0]} x {size[1]} px; animations of up to {MOST_PX / 1e6:.0f} million px, and "
            f"{MOST_PX_IN_ALL / 1e9:.0f} billion over all pictures, are taken. Make a film of it with ffmpeg",
        )
