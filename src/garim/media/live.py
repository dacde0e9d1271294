"""Pictures from a camera, as they come.

Laws: a camera's address is opened as RTSP and as nothing else, and its password stands in no message; a picture that
was damaged on the way is no picture; when one was shown is told by the camera's clock from the first one on, and by
ours where that one jumps or runs away from it; a camera that shows nothing is not waited for without end.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from garim.core.errors import Misuse, Unreadable, Unsupported
from garim.media.reader import Frame

SCHEMES = ("rtsp", "rtsps")
SILENCE_S = 5.0  # without a picture for so long, a camera is away
AGAIN_S = 2.0  # between two tries to reach it
FIRST_S = 30.0  # from the first connection to the first whole picture; key pictures are ten seconds apart at most
JUMP_S = 5.0  # a clock that is so much farther than ours has jumped
DRIFT_S = 1.0  # ... and one that is so far from ours for PERIOD_S runs at a pace of its own
PERIOD_S = 30.0  # longer than pictures wait on their way
SOON_S = 5.0  # how late pictures usually are is known by then

Arrival = tuple[float, Frame | None]
"""Seconds since the first picture, and a picture, or None: so much time went by."""


def is_address(source: str) -> bool:
    """Whether `source` is an address, of a camera or not, and no file's path."""
    return "://" in source


def shown_as(url: str) -> str:
    """Scheme, host and port of a camera's address; a name and a password may stand anywhere else in it."""
    scheme, _, rest = url.partition("://")
    before, _, after = rest.rpartition("@")
    # a slash in a password ends the host too soon: what stands there may be its first half
    host = "..." if set(before) & set("/?#") else re.split("[/?#]", after)[0]
    return f"{scheme}://{host}"


def arrivals(url: str, seconds: float | None = None, stopped: Callable[[], bool] = lambda: False) -> Iterator[Arrival]:
    """Pictures of the camera at `url` for `seconds` from the first one; where it goes away, again when it is back.

    Without `seconds` until `stopped`, which is asked at each picture, and every few seconds while there is none.

    Raises `Unreadable` where it was never there, or showed no whole picture within `FIRST_S`; `Unsupported` where its
    pictures change size.
    """
    for at, frame in _coming(url):
        if stopped() or (seconds is not None and at > seconds):
            return
        yield at, frame


def _coming(url: str) -> Iterator[Arrival]:
    clock, dark_until = _Clock(), time.monotonic() + FIRST_S
    size: tuple[int, int] | None = None
    while True:
        clock.resumed()
        try:
            for coded in _session(url):
                if coded is None:
                    _refuse_darkness(url, size, dark_until)
                    yield clock.now(), None
                    continue
                size = _of_one_size(url, size, (coded.width, coded.height))
                at = clock.told(coded)
                if at is not None:
                    yield at, Frame(coded, clock.count, coded.pts or 0)
        except Unreadable:
            if size is None:
                raise
        _refuse_darkness(url, size, dark_until)
        yield clock.now(), None
        time.sleep(AGAIN_S)
        yield clock.now(), None


def _refuse_darkness(url: str, size: tuple[int, int] | None, until: float) -> None:
    if size is None and time.monotonic() > until:
        raise Unreadable(
            f"{shown_as(url)}: the camera answers, and showed no whole picture in {FIRST_S:g} s; nothing was written. "
            "Look whether a player shows it; let it send key pictures more often"
        )


def _of_one_size(url: str, size: tuple[int, int] | None, now: tuple[int, int]) -> tuple[int, int]:
    if size not in (None, now):
        raise Unsupported(
            f"{shown_as(url)}: its pictures are of another size than they were, and the ground is for one. "
            "Calibrate this size"
        )
    return now


class _Clock:
    """When pictures are: from the first one on, by the camera's own times while those make sense.

    Own times are believed from one picture to the next. Over hours they are held to our clock: the picture that was
    least late in a period tells how far the camera's clock has run away, for lateness has no other lower bound.
    """

    def __init__(self, ours: Callable[[], float] = time.monotonic) -> None:
        self.count = 0
        self._ours = ours
        self._began: float | None = None
        self._offset: float | None = None
        self._last = self._arrived = -1.0
        self._own = 0.0
        self._usual: float | None = None
        self._least, self._until = math.inf, SOON_S

    def now(self) -> float:
        """Seconds since the first picture, by our clock."""
        return 0.0 if self._began is None else self._ours() - self._began

    def resumed(self) -> None:
        """Another connection: what comes next has a clock of its own, and is of now."""
        self._offset = None

    def told(self, coded: VideoFrame) -> float | None:
        """When `coded` is; None where that is no later than the one before."""
        if self._began is None:
            self._began = self._ours()
        now, own = self.now(), _own(coded)
        passed, step = now - self._arrived, own - self._own
        self._arrived, self._own = now, own
        if self._offset is None:
            self._offset = now - own
        elif not 0 < step <= passed + JUMP_S:
            self._offset = self._last + passed - own
        self._offset += self._drift(now, now - own - self._offset)
        at = own + self._offset
        if at <= self._last:
            return None
        self._last = at
        self.count += 1
        return at

    def _drift(self, now: float, late: float) -> float:
        """How far the camera's clock is behind ours since it was first told; 0 but where a period ends."""
        self._least = min(self._least, late)
        if now < self._until:
            return 0.0
        least, self._least, self._until = self._least, math.inf, now + PERIOD_S
        if self._usual is None:
            self._usual = least
        drift = least - self._usual
        return drift if abs(drift) > DRIFT_S else 0.0


def _own(coded: VideoFrame) -> float:
    """A picture's time by the camera's clock, in seconds."""
    if coded.pts is None or coded.time_base is None:
        return 0.0
    return float(coded.pts * coded.time_base)


def _session(url: str) -> Iterator[VideoFrame | None]:
    """Whole pictures from one connection until it ends, None for whatever else came.

    Raises `Unreadable` where there is no connection.
    """
    with _connected(url) as container:
        if not container.streams.video:
            raise Unreadable(f"{shown_as(url)}: shows no picture; nothing was written")
        video = container.streams.video[0]
        video.codec_context.thread_count = 1  # pictures come one by one; more threads hold more of them
        try:
            yield from _whole(container.demux(video))
        except av.error.FFmpegError:
            return  # it went away


def _whole(packets: Iterator[Packet[VideoStream]]) -> Iterator[VideoFrame | None]:
    """Pictures that are what the camera saw: what comes before a key picture, or after a loss, is painted over."""
    whole = False
    for packet in packets:
        try:
            found = packet.decode()
        except av.error.InvalidDataError:
            found, whole = [], False
        if not found:
            yield None
        for coded in found:
            whole = (whole or coded.key_frame) and not coded.is_corrupt and not packet.is_corrupt
            yield coded if whole else None


def _connected(url: str) -> InputContainer:
    if url.partition("://")[0].lower() not in SCHEMES:
        raise Misuse(f"{shown_as(url)}: is no address of a camera (rtsp://...); nothing was begun")
    options = {
        "rtsp_transport": "tcp",
        "format_whitelist": "rtsp",
        "protocol_whitelist": "rtp,tcp,tls,rtsp,rtsps",
        "analyzeduration": "1000000",  # microseconds: what it is stands in the camera's own description
    }
    try:
        return av.open(url, "r", container_options=options, timeout=SILENCE_S)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Unreadable(f"{shown_as(url)}: the camera does not answer ({why}); nothing was written") from None
