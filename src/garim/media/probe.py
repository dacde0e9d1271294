"""What a film is: size, time, what is in it, what will be left out of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.codec import CodecContext
from av.container import InputContainer
from av.filter import Graph
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from garim.core.errors import Unreadable, Unsupported
from garim.media.codecs import TAKEN, UNSAID, Light, Order, light
from garim.media.fields import Fields

# by content, but for a bare row of JPEGs, whose first bytes are those of a photo
FORMATS = {"mov": "mp4", "matroska": "mkv", "avi": "avi", "mpegts": "ts"}
BARE = {".mjpeg": "mjpeg", ".mjpg": "mjpeg"}
REPAIR = "Get a whole copy, or see what can be saved with: ffmpeg -err_detect ignore_err -i IN -c copy OUT"
BAKE = "Turn the pictures themselves with: ffmpeg -i IN -c:a copy OUT"


@dataclass(frozen=True, slots=True)
class Film:
    """A film's make. `size` is of the coded picture in px; `rotation` in degrees turns it upright (counterclockwise).

    `matrix` is the display matrix that says so, nine numbers as libav holds them, or none. `frames` and `seconds` are
    the container's claims, None where it makes none; `left_out` says what no output will have. `container` is mp4
    (MOV as well), mkv (WebM as well), avi, ts or mjpeg. `start` in ticks is where the clock of a transport stream
    stands when picture or sound begins; all times count from there. `shape` is a sample's width to its height
    where it is said, `interlaced` says which of its two moments a picture shows first, None where it
    holds one; `view` names a make that a flat screen does not show.
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
    container: str = "mp4"
    start: int = 0
    shape: Fraction | None = None
    interlaced: Order | None = None
    light: Light = UNSAID
    view: str = ""

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown, in px."""
        width, height = self.size
        return (height, width) if self.rotation % 180 else (width, height)


def opened(path: Path) -> InputContainer:
    """The container at `path`, by a reader of films only: no playlists, no network. Raises `Unreadable`."""
    # a playlist or a script would make the library open other files and addresses
    bare = BARE.get(path.suffix.lower())
    options = {"format_whitelist": bare or ",".join(FORMATS), "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", "r", format=bare, container_options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"{path}: {_why(path, error)}; nothing was written. {REPAIR}") from None


def _why(path: Path, error: Exception) -> str:
    if path.exists() and path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, av.error.InvalidDataError):
        return "not a film that can be read (cut short, damaged, or something else under this name)"
    return getattr(error, "strerror", None) or str(error)


def made_at(path: Path) -> datetime | None:
    """When the film at `path` says that it was made, None where it says nothing that can be read: its word only."""
    with opened(path) as container:
        said = container.metadata.get("creation_time", "")
    try:
        made = datetime.fromisoformat(said)
    except ValueError:
        return None
    # a clock that was never set begins at its own beginning
    return made.astimezone(UTC) if made.tzinfo and made.year > 1990 else None


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
    return context.codec.canonical_name if context else None


def _still(stream: VideoStream) -> bool:
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def probe(path: Path) -> Film:
    """What the film at `path` is. Raises `Unreadable`, `Unsupported`."""
    with opened(path) as container:
        return described(container, path)


def described(container: InputContainer, path: Path, taken: frozenset[str] = TAKEN) -> Film:
    """The `Film` that an open container holds, coded as one of `taken`. Raises `Unsupported`."""
    video = picture_stream(container, path)
    context = video.codec_context
    codec = codec_name(video)
    if codec is None:
        raise Unreadable(f"{path}: does not say how its video is coded (it is damaged); nothing was written. {REPAIR}")
    if codec not in taken:
        raise Unsupported(f"{path}: its video is {codec}; Garim takes {', '.join(sorted(taken))}. Nothing was written")
    if video.metadata.get("alpha_mode") == "1":
        raise Unsupported(f"{path}: is partly transparent, which is not kept; nothing was written. {BAKE}")
    if context.pix_fmt is None or not context.width or video.time_base is None:
        raise Unreadable(f"{path}: its video has no readable picture; nothing was written. {REPAIR}")
    ticks = video.duration
    first = _first(path)
    order = _interlaced(first.frame, codec, path)
    return Film(
        path=path,
        size=(context.width, context.height),
        time_base=video.time_base,
        rate=_rate(video, path, fields=order is not None),
        rotation=first.frame.rotation % 360,
        frames=video.frames or None,
        seconds=float(ticks * video.time_base) if ticks else None,
        codec=codec,
        pixels=context.pix_fmt,
        sound=tuple(f"{codec_name(a) or 'unknown'}, {a.language or 'und'}" for a in container.streams.audio),
        left_out=_left_out(container, video, first.kinds),
        matrix=first.matrix,
        container=_kind(container),
        start=_start(container, first.frame, video.time_base) if _kind(container) == "ts" else 0,
        shape=video.sample_aspect_ratio or None,
        interlaced=order,
        light=light(first.frame),
        view=next((name for kind, name in _VIEWS.items() if kind in first.kinds), ""),
    )


def _rate(video: VideoStream, path: Path, *, fields: bool) -> Fraction:
    rate = Fraction(video.average_rate or video.guessed_rate or 25)
    if not fields or codec_name(video) != "h264":
        return rate
    with opened(path) as container:
        stream = picture_stream(container, path)
        told = Fields(stream.codec_context.extradata or b"")
        first = next((packet for packet in container.demux(stream) if packet.size), None)
        # libav counts packets, of which such a picture is two
        return rate / 2 if first is not None and told.half(bytes(first)) else rate


def _kind(container: InputContainer) -> str:
    names = container.format.name.split(",")
    return next((kind for name, kind in FORMATS.items() if name in names), names[0])


@dataclass(frozen=True, slots=True)
class _First:
    """The first picture, and what hangs on it."""

    frame: VideoFrame
    matrix: tuple[int, ...]
    kinds: frozenset[str]


_VIEWS = {"SPHERICAL": "a view all around", "STEREO3D": "a view for two eyes"}
_NOT_KEPT = {"DOVI_METADATA": "Dolby Vision", "DYNAMIC_HDR_PLUS": "HDR10+", "A53_CC": "closed captions"}
_UNKNOWN_COLOUR = 2  # AVCOL_TRC_UNSPECIFIED


def _first(path: Path) -> _First:
    """The first picture, where the container's and the stream's own word meet.

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
    kinds = frozenset(data.type.name for data in frame.side_data)  # type: ignore[attr-defined]  # the stub is wrong
    if "DOVI_METADATA" in kinds and frame.color_trc == _UNKNOWN_COLOUR:
        # what is below such a layer has colours of its own, which nobody else shows right
        raise Unsupported(f"{path}: is Dolby Vision that cannot be shown without it; nothing was written. {BAKE}")
    return _First(frame, matrix, kinds)


def _start(container: InputContainer, first: VideoFrame, time_base: Fraction) -> int:
    if first.pts is None:
        return 0
    # all streams of a transport stream count in the same ticks
    return min(first.pts, *(a.start_time for a in container.streams.audio if a.start_time is not None), first.pts)


def _interlaced(frame: VideoFrame, codec: str, path: Path) -> Order | None:
    if frame.interlaced_frame and codec == "hevc":
        raise Unsupported(
            f"{path}: its pictures are half pictures (interlaced HEVC), which no encoder here writes; nothing was "
            "written. Make whole ones with: ffmpeg -i IN -vf weave,bwdif -c:a copy OUT"
        )
    return _order(frame) if frame.interlaced_frame else None


def _order(frame: VideoFrame) -> Order:
    """Which field comes first. PyAV does not hand it over; a filter that lets such pictures through tells."""
    graph = Graph()
    assert frame.time_base is not None
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("select", "eq(interlace_type,2)"), graph.add("buffersink")).configure()
    graph.vpush(frame)
    graph.vpush(None)
    try:
        graph.vpull()
    except (av.error.EOFError, av.error.BlockingIOError):
        return Order.TOP
    return Order.BOTTOM


def display_matrix(frame: VideoFrame) -> tuple[int, ...]:
    """The nine numbers that come with a picture, or none."""
    try:
        return struct.unpack("=9i", frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]  # the stub lags
    except KeyError:
        return ()


def _left_out(container: InputContainer, video: VideoStream, kinds: frozenset[str]) -> tuple[str, ...]:
    kept = {video.index, *(a.index for a in container.streams.audio)}
    names = [f"{s.type} stream {s.index}" for s in container.streams if s.index not in kept]
    if container.metadata:
        names.append("metadata of the file")
    if container.chapters():
        names.append("chapter names")
    names += [name for kind, name in _NOT_KEPT.items() if kind in kinds]
    return tuple(names)
