"""One picture from a stranger, decoded in a process of its own: a program that is run by its path, and ends.

Laws: before the first byte is read it has given up opening and writing files, sockets, processes, core dumps, and
memory and time beyond the limits below; what it is told to find (kind, width, height) is what it finds, or it refuses;
it takes one picture, so that nothing of one person's outlives the answer, and what breaks in here never meets the next
person's; it answers with samples or with an exit code, never with words, for those would quote the picture.

Asked on stdin: a line with the kind, a line with width, height and how many bytes follow, and these. Answered on
stdout: u8[height,width,3], RGB, and 0. It imports nothing of Garim and no numpy: it starts in a third of the time.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib

DAMAGED = 3
NO_PILLOW = 4
_MOST_MEMORY = 512 << 20  # address space: the largest picture that a head lets through takes 230 as JPEG 2000
_LONGEST_LINE = 64
_MOST_SECONDS = 5  # of CPU, its start included
_RAISED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, RuntimeError, struct.error,
    zlib.error,
)  # fmt: skip

try:
    import resource  # not on every system; then the parent's clock is the only limit

    # TiffImagePlugin reads Exif: Pillow would import it at the first picture that has some, when no file opens any more
    from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin, TiffImagePlugin  # noqa: F401
except ImportError:
    sys.exit(NO_PILLOW)


def limited() -> None:
    """Give up what decoding does not need. It cannot be taken back: the hard limits fall, too."""
    for what, most in (
        (resource.RLIMIT_CORE, 1),  # 1, not 0: Linux pipes cores to programs at 0, and drops them at 1
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),  # stdin, stdout, stderr are open
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, _MOST_SECONDS),
        (resource.RLIMIT_AS, _MOST_MEMORY),
    ):
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (least, least))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise  # macOS has some of them by name only


def decoded(kind: str, size: tuple[int, int], coded: bytes) -> bytes:
    """u8[h,w,3] as bytes. Raises any of `_RAISED` where `coded` is no whole picture of `kind` and `size`.

    Colour profiles are not applied: the standards for passports ask for sRGB.
    """
    plugin = {"JPEG": JpegImagePlugin.JpegImageFile, "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile}[kind]
    picture: Image.Image = plugin(io.BytesIO(coded))
    if picture.size != size:
        raise ValueError("not of the size that its head says")
    picture.load()
    if picture.mode == "I;16":  # convert() would clip it; the upper byte of each pair is the second
        picture = Image.frombytes("L", size, picture.tobytes()[1::2])
    return picture.convert("RGB").tobytes()


def main() -> int:
    """Take the one picture, and give its samples."""
    limited()
    asked = sys.stdin.buffer
    try:
        kind = asked.readline(_LONGEST_LINE).decode("ascii").rstrip("\n")
        width, height, length = (int(number) for number in asked.readline(_LONGEST_LINE).split())
        samples = decoded(kind, (width, height), asked.read(length))
    except _RAISED:
        return DAMAGED
    sys.stdout.buffer.write(samples)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    os._exit(main())  # what Python would tidy up goes with the process
