"""Pictures from a camera, as they come.

Laws: a camera's address is opened as RTSP and as nothing else, and its password stands in no message; a picture that
was damaged on the way is no picture; when one was shown is told by the camera's clock from the first one on, and by
ours where that one jumps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

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
JUMP_S = 5.0  # a clock that is so much farther than ours has jumped

Arrival = tuple[float, Frame]
"""Seconds since the first picture, and a picture."""


def is_live(source: str) -> bool:
    """Whether `source` is a camera's address, not a file's path."""
    return urlsplit(source).scheme in SCHEMES


def shown_as(url: str) -> str:
    """A camera's address without the name and password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def arrivals(url: str, seconds: float) -> Iterator[Arrival]:
    """Pictures of the camera at `url` for `seconds` from the first one; where it goes away, again when it is back.

    Raises `Unreadable` where it was never there, `Unsupported` where its pictures change size.
    """
    clock = _Clock()
    size: tuple[int, int] | None = None
    while True:
        clock.resumed()
        try:
            for coded in _session(url):
                if size not in (None, (coded.width, coded.height)):
                    raise Unsupported(
                        f"{shown_as(url)}: its pictures are of another size than they were; the ground is for one. "
                        "Nothing was written. Calibrate this size"
                    )
                size = coded.width, coded.height
                at = clock.told(coded)
                if at is not None and at > seconds:
                    return
                if at is not None:
                    yield at, Frame(coded, clock.count, coded.pts or 0)
        except Unreadable:
            if size is None:
                raise
        if clock.now() > seconds:
            return
        time.sleep(AGAIN_S)


class _Clock:
    """When pictures are: from the first one on, by the camera's own times while those make sense."""

    def __init__(self) -> None:
        self.count = 0
        self._began: float | None = None
        self._offset: float | None = None
        self._last = self._arrived = -1.0

    def now(self) -> float:
        """Seconds since the first picture, by our clock."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def resumed(self) -> None:
        """Another connection: what comes next has a clock of its own, and is of now."""
        self._offset = None

    def told(self, coded: VideoFrame) -> float | None:
        """When `coded` is; None where that is no later than the one before."""
        if self._began is None:
            self._began = time.monotonic()
        now = self.now()
        passed, self._arrived = now - self._arrived, now
        if self._offset is None:
            self._offset = now - _own(coded)
        at = _own(coded) + self._offset
        if at <= self._last or at - self._last > passed + JUMP_S:
            at = self._last + passed
            self._offset = at - _own(coded)
        if at <= self._last:
            return None
        self._last = at
        self.count += 1
        return at


def _own(coded: VideoFrame) -> float:
    """A picture's time by the camera's clock, in seconds."""
    if coded.pts is None or coded.time_base is None:
        return 0.0
    return float(coded.pts * coded.time_base)


def _session(url: str) -> Iterator[VideoFrame]:
    """Whole pictures from one connection, until it ends. Raises `Unreadable` where there is none."""
    with _connected(url) as container:
        if not container.streams.video:
            raise Unreadable(f"{shown_as(url)}: shows no picture; nothing was written")
        video = container.streams.video[0]
        video.codec_context.thread_count = 1  # pictures come one by one; more threads hold more of them
        try:
            yield from _whole(container.demux(video))
        except av.error.FFmpegError:
            return  # it went away


def _whole(packets: Iterator[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """Pictures that are what the camera saw: what comes before a key picture, or after a loss, is painted over."""
    whole = False
    for packet in packets:
        try:
            found = packet.decode()
        except av.error.InvalidDataError:
            found, whole = [], False
        for coded in found:
            whole = (whole or coded.key_frame) and not coded.is_corrupt and not packet.is_corrupt
            if whole:
                yield coded


def _connected(url: str) -> InputContainer:
    if not is_live(url):
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
