"""A portrait's pixels, decoded by a process of its own, so that a picture made to break a decoder breaks only that.

Laws: one process takes one picture and ends; it inherits no open file and, of the environment, only where Python finds
its modules; it is given `most_seconds`, and then it is killed and waited for; no more is read from it than the picture
has; whatever it does, the caller gets pixels of the size that the picture's head says, or `Refused`.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Unfinished
from garim.gate.passport.face_image import FaceImage
from garim.gate.passport.outcomes import Reason, Refused

U8 = NDArray[np.uint8]

# by its path: importing it here would load Pillow into the process that never decodes
PROGRAM = Path(__file__).parents[2] / "pictures" / "apart.py"
DAMAGED, NO_PILLOW = 3, 4  # its exit codes; tests/gate/passport/test_decoder.py holds the two together
_KEPT = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME")
_AT_ONCE = 1 << 16


class Decoder:
    """Decodes portraits, each in a new process, which can be started ahead: it takes some 60 ms to be ready."""

    def __init__(self, *, most_seconds: float = 10.0) -> None:
        self._most_seconds = most_seconds
        self._waiting: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Have a process ready for the next picture; where one is waiting, nothing. Raises `Unfinished`."""
        if self._waiting is not None and self._waiting.poll() is None:
            return
        self.close()
        self._waiting = _started()

    def close(self) -> None:
        """End the process that waits, if one does."""
        if self._waiting is not None:
            _end(self._waiting)
            self._waiting = None

    def decode(self, image: FaceImage) -> U8:
        """The pixels of `image`: u8[h,w,3], RGB. The next picture takes another process: `start` it ahead.

        Raises `Refused` (IMAGE_DAMAGED, DECODER_STOPPED), `Unfinished` where this machine cannot decode.
        """
        self.start()
        child, self._waiting = self._waiting, None
        assert child is not None
        pixels = np.empty((image.height, image.width, 3), np.uint8)
        until = time.monotonic() + self._most_seconds
        try:
            full = _exchanged(child, _question(image), pixels.data.cast("B"), until)
            code = child.wait(max(0.0, until - time.monotonic())) if full is not None else None
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(child)
        _judge(code, full=bool(full))
        return pixels


def _judge(code: int | None, *, full: bool) -> None:
    """Return only where the process ended well and gave all pixels."""
    if code == 0 and full:
        return
    if code == DAMAGED:
        raise Refused(
            Reason.IMAGE_DAMAGED,
            "the portrait cannot be decoded whole; nothing of it is shown. Read the chip again",
        )
    if code == NO_PILLOW:
        raise Unfinished("portraits cannot be decoded here: Pillow is missing. pip install 'garim[gate]'")
    raise Refused(
        Reason.DECODER_STOPPED,
        "the portrait's decoder took more time or memory than any real portrait does, and was stopped; nothing of "
        "it is shown. Have a person examine the document",
    )


def _started() -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-B", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            start_new_session=True,  # Ctrl-C is for the parent, which ends it
        )
    except OSError as error:
        raise Unfinished(f"the portrait's decoder could not be started: {error.strerror}; nothing was read") from None


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def _question(image: FaceImage) -> bytes:
    return f"{image.kind}\n{image.width} {image.height} {len(image.data)}\n".encode() + image.data


def _exchanged(child: subprocess.Popen[bytes], question: bytes, answer: memoryview, until: float) -> bool | None:
    """Write all of `question`, read up to the end; whether `answer` is full. None: too long, or too much."""
    assert child.stdin is not None and child.stdout is not None
    unsent, got, one_more = memoryview(question), 0, bytearray(1)
    with selectors.DefaultSelector() as ready:
        for pipe, wanted in ((child.stdin, selectors.EVENT_WRITE), (child.stdout, selectors.EVENT_READ)):
            os.set_blocking(pipe.fileno(), False)
            ready.register(pipe, wanted)
        while (left := until - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                if key.fileobj is child.stdin:
                    unsent = unsent[_written(child.stdin, unsent) :]
                    if not unsent:
                        ready.unregister(child.stdin)
                    continue
                count = os.readv(child.stdout.fileno(), [answer[got:] or one_more])
                if not count:
                    return got == len(answer)
                if got == len(answer):
                    return None
                got += count
    return None


def _written(pipe: IO[bytes], unsent: memoryview) -> int:
    """How much of `unsent` was taken; all where nobody reads any more, whose exit code says why."""
    try:
        return os.write(pipe.fileno(), unsent[:_AT_ONCE])
    except BrokenPipeError:
        return len(unsent)
