"""What a film is: size, time, what is in it, what will be left out of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.codec import CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from garim.core.errors import Unreadable, Unsupported

CODECS = {"h264"}
FORMATS = "mov"
REPAIR = "Get a whole copy, or see what can be saved with: ffmpeg -err_detect ignore_err -i IN -c copy OUT"
BAKE = "Turn the pictures themselves with: ffmpeg -i IN -c:a copy OUT"


@dataclass(frozen=True, slots=True)
class Film:
    """A film's make. `size` is of the coded picture in px; `rotation` in degrees turns it upright (counterclockwise).

    `matrix` is the display matrix that says so, nine numbers as libav holds them, or none. `frames` and `seconds` are
    the container's claims, None where it makes none; `left_out` says what no output will have.
    """

    path: Path
    size: tuple[int, int]
    time_base: Fraction
    rate: Fraction
    rotation: int
    frames: int | None
    seconds: float | None
    codec: str
    pixels: str
    sound: tuple[str, ...]
    left_out: tuple[str, ...]
    matrix: tuple[int, ...] = ()

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown, in px."""
        width, height = self.size
        return (height, width) if self.rotation % 180 else (width, height)


def opened(path: Path) -> InputContainer:
    """The container at `path`, by a reader of films only: no playlists, no network. Raises `Unreadable`."""
    # a playlist or a script would make the library open other files and addresses
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", "r", container_options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"{path}: {_why(path, error)}; nothing was written. {REPAIR}") from None


def _why(path: Path, error: Exception) -> str:
    if path.exists() and path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, av.error.InvalidDataError):
        return "not a film that can be read (cut short, damaged, or something else under this name)"
    return getattr(error, "strerror", None) or str(error)


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The one moving picture in `container`. Raises `Unsupported` where there is none, or several."""
    moving = [v for v in container.streams.video if not _still(v)]
    if not moving and not container.streams.audio:
        raise Unreadable(
            f"{path}: holds neither picture nor sound (it was cut short or damaged); nothing was written. {REPAIR}"
        )
    if not moving:
        raise Unsupported(f"{path}: has no video stream; nothing was written")
    if len(moving) > 1:
        raise Unsupported(
            f"{path}: has {len(moving)} video streams, Garim takes films of one; nothing was written. "
            "Split it with: ffmpeg -i IN -map 0:v:0 -map 0:a? -c copy OUT"
        )
    return moving[0]


def codec_name(stream: Stream) -> str | None:
    """The name of a stream's codec; None where no decoder knows it."""
    # the stub promises a context
    context: CodecContext | None = stream.codec_context
    return context.name if context else None


def _still(stream: VideoStream) -> bool:
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def probe(path: Path) -> Film:
    """What the film at `path` is. Raises `Unreadable`, `Unsupported`."""
    with opened(path) as container:
        return described(container, path)


def described(container: InputContainer, path: Path) -> Film:
    """The `Film` that an open container holds. Raises `Unsupported`."""
    video = picture_stream(container, path)
    context = video.codec_context
    if codec_name(video) is None:
        raise Unreadable(f"{path}: does not say how its video is coded (it is damaged); nothing was written. {REPAIR}")
    if context.name not in CODECS:
        raise Unsupported(
            f"{path}: its video is {context.name}; Garim takes {', '.join(sorted(CODECS))}. Nothing was written"
        )
    if context.pix_fmt is None or not context.width or video.time_base is None:
        raise Unreadable(f"{path}: its video has no readable picture; nothing was written. {REPAIR}")
    rate = video.average_rate or video.guessed_rate or Fraction(25)
    ticks = video.duration
    rotation, matrix = _turn(path)
    return Film(
        path=path,
        size=(context.width, context.height),
        time_base=video.time_base,
        rate=Fraction(rate),
        rotation=rotation,
        frames=video.frames or None,
        seconds=float(ticks * video.time_base) if ticks else None,
        codec=context.name,
        pixels=context.pix_fmt,
        sound=tuple(f"{codec_name(a) or 'unknown'}, {a.language or 'und'}" for a in container.streams.audio),
        left_out=_left_out(container, video),
        matrix=matrix,
    )


def _turn(path: Path) -> tuple[int, tuple[int, ...]]:
    """Rotation and display matrix of the first frame, where the container's and the stream's own word meet.

    Read in a container of its own, so that the caller's is left where it was.
    """
    with opened(path) as container:
        try:
            frame = next(container.decode(picture_stream(container, path)), None)
        except av.error.FFmpegError as error:
            raise Unreadable(
                f"{path}: its first picture does not decode ({error.strerror}); nothing was written. {REPAIR}"
            ) from None
        if frame is None:
            raise Unreadable(f"{path}: holds no picture; nothing was written. {REPAIR}")
        matrix = display_matrix(frame)
        turn = frame.rotation % 360
    # a mirror image that is turned is not upright: faces would stand on their heads
    if matrix and matrix[0] * matrix[4] < matrix[1] * matrix[3]:
        raise Unsupported(f"{path}: is shown mirrored, Garim takes turns only; nothing was written. {BAKE}")
    if turn % 90:
        raise Unsupported(f"{path}: is turned by {turn} degrees, Garim takes quarters; nothing was written. {BAKE}")
    return turn, matrix


def display_matrix(frame: VideoFrame) -> tuple[int, ...]:
    """The nine numbers that come with a picture, or none."""
    try:
        return struct.unpack("=9i", frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]  # the stub lags
    except KeyError:
        return ()


def _left_out(container: InputContainer, video: VideoStream) -> tuple[str, ...]:
    kept = {video.index, *(a.index for a in container.streams.audio)}
    names = [f"{s.type} stream {s.index}" for s in container.streams if s.index not in kept]
    if container.metadata:
        names.append("metadata of the file")
    if container.chapters():
        names.append("chapter names")
    return tuple(names)
