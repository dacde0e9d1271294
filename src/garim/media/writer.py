"""Frames into a film: the picture encoded anew, the sound copied, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import av
import av.error
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.codec.context import Flags as CodecFlags
from av.container import OutputContainer
from av.container.core import Flags as ContainerFlags
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from garim.core.errors import Unsupported
from garim.files import unwritable
from garim.media.codecs import ENCODERS, Codec, Encoding, coded_as, options
from garim.media.outputs import codec_of, muxer, refuse_unfit
from garim.media.reader import FULL_RANGE, Frame, Reader, rows

_BITEXACT: int = ContainerFlags.bitexact.value  # type: ignore[assignment]  # the stub says Flags, it is an int
_MOST_TICKS = 1 << 31
_BETWEEN = {"mjpeg"}  # codecs that sample colour between the pixels and not beside them


class Output:
    """A container that is being written to `path` for the film that `source` reads, and its sound; use it as a context.

    `shown` is the path that messages name, and whose suffix says which container; `remark` stands in the file as
    its only metadata. Raises `Unwritable` where the disk takes no more.
    """

    def __init__(self, path: Path, shown: Path, source: Reader, *, mute: bool, remark: str) -> None:
        self._shown, self._film = shown, source.film
        self.container = _container(path, shown, source, mute=mute)
        if remark:
            self.container.metadata["comment"] = remark
        self._tracks = () if mute else source.container.streams.audio
        self._sound: dict[int, Any] = {}

    def turn(self, video: VideoStream) -> None:
        """Say how the picture is to be turned, and take the sound's tracks up behind it."""
        if self._film.matrix:
            # a template has it where the container said it; the pictures may have
            video.set_display_matrix(self._film.matrix)
        self._sound = {track.index: self._like(track) for track in self._tracks}

    def _like(self, track: AudioStream) -> AudioStream:
        copy = self.container.add_stream_from_template(track)
        if track.language:
            copy.metadata["language"] = track.language
        copy.disposition = track.disposition
        return copy

    def copy(self, packet: Packet[Stream]) -> None:
        """Pass on a packet of sound as it is; one of a track that is left out is dropped."""
        track = self._sound.get(packet.stream_index)
        if track is not None:
            self.mux([packet], track)

    def mux(self, packets: Iterable[Packet[Any]], stream: Any) -> None:
        """Write packets of one stream."""
        try:
            for packet in packets:
                packet.stream = stream
                self.container.mux_one(packet)
        except OSError as error:
            raise unwritable(self._shown, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.container.close()
        except OSError as failed:
            if error is None:
                raise unwritable(self._shown, failed) from None


class Writer:
    """A film being written to `path`, made like the one that `source` reads; use it as a context.

    See `Output` for `shown` and `remark`. Raises `Unsupported` where the picture cannot be encoded, `Unwritable` where
    the disk takes no more.
    """

    def __init__(
        self, path: Path, source: Reader, shown: Path, encoding: Encoding, *, mute: bool, remark: str = ""
    ) -> None:
        refuse_unfit(source.film, shown, encoding, mute=mute)
        codec = codec_of(source.film, shown, encoding)
        self._output = Output(path, shown, source, mute=mute, remark=remark)
        self._encoder, self._video = _picture(self._output.container, source, codec, encoding, shown)
        self._output.turn(self._video)
        self._durations: dict[int, int] = {}
        self.copy = self._output.copy

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Encode one frame at its own time."""
        self._durations[frame.pts] = frame.coded.duration
        picture = _laid_out(frame.prepared(), str(self._encoder.pix_fmt))
        self._output.mux(self._timed(self._encoder.encode(picture)), self._video)

    def _timed(self, packets: Iterable[Packet[Any]]) -> Iterator[Packet[Any]]:
        # the encoder guesses durations from the rate; the last frame's is the film's end
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, 0) or packet.duration
            yield packet

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._output:
            if error is None:
                self._output.mux(self._timed(self._encoder.encode(None)), self._video)


def _container(path: Path, shown: Path, source: Reader, *, mute: bool) -> OutputContainer:
    # edit lists count in this scale; in the usual milliseconds they would cut the last frame short, and in the
    # picture's ticks they would move a sound that begins late
    bases = [source.film.time_base, *(a.time_base for a in source.container.streams.audio if not mute and a.time_base)]
    finest = math.lcm(*(base.denominator for base in bases))
    scale = finest if finest < _MOST_TICKS else source.film.time_base.denominator
    name = muxer(shown)
    options = {"movie_timescale": str(scale)} if name in ("mp4", "mov") else {}
    try:
        container = av.open(f"file:{path}", "w", format=name, options=options)
    except OSError as error:
        raise unwritable(shown, error) from None
    container.flags |= _BITEXACT
    return container


def _picture(
    container: OutputContainer, source: Reader, codec: Codec, encoding: Encoding, shown: Path
) -> tuple[VideoCodecContext, VideoStream]:
    """An encoder, opened, and the stream for what it gives."""
    film = source.film
    if film.view:
        # only a template brings it; the parameter sets are the new encoder's
        stream = container.add_stream_from_template(source.video)
        encoder = context(CodecContext.create(ENCODERS[codec], "w"))
        open_encoder(encoder, source, codec, encoding, shown, headers=container.format.name != "mpegts")
        stream.codec_context.extradata = encoder.extradata
        stream.codec_context.field_order = encoder.field_order
    else:
        stream = _stream(container.add_stream(ENCODERS[codec], film.rate, time_base=film.time_base))
        encoder = stream.codec_context
        open_encoder(encoder, source, codec, encoding, shown, headers=container.format.name != "mpegts")
    if codec is Codec.HEVC and container.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # the other name does not play on Apple's machines
    return encoder, stream


def context(made: CodecContext) -> VideoCodecContext:
    """A context that is made for pictures."""
    assert isinstance(made, VideoCodecContext)
    return made


def _stream(made: Stream) -> VideoStream:
    assert isinstance(made, VideoStream)
    return made


def open_encoder(
    encoder: VideoCodecContext,
    source: Reader,
    codec: Codec,
    encoding: Encoding,
    shown: Path,
    *,
    headers: bool,
    inside: Sequence[str] = (),
    words: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Open `encoder` for pictures like those that `source` reads; `inside` and `words` are further options.

    `headers` says that parameter sets stand in the file's head. Raises `Unsupported`.
    """
    film, made = source.film, source.video.codec_context
    encoder.width, encoder.height = film.size
    encoder.pix_fmt = coded_as(codec, film.pixels, film.size)
    encoder.time_base = film.time_base
    encoder.framerate = film.rate
    if film.shape:
        encoder.sample_aspect_ratio = film.shape
    for trait in ("color_range", "color_primaries", "color_trc", "colorspace"):
        setattr(encoder, trait, getattr(made, trait))
    if film.pixels.startswith("yuvj"):
        encoder.color_range = FULL_RANGE
    if headers:
        encoder.flags |= CodecFlags.global_header
    if film.interlaced:
        encoder.flags |= CodecFlags.interlaced_dct
        encoder.field_order = film.interlaced
    centred = film.codec in _BETWEEN and "420" in film.pixels
    order = film.interlaced
    encoder.options = options(codec, encoding, film.light, order=order, centred=centred, more=inside) | dict(words)
    encoder.thread_type = "AUTO"
    try:
        encoder.open()
    except (av.error.FFmpegError, ValueError) as error:
        raise Unsupported(
            f"{shown}: pictures of {film.pixels}, {film.size[0]} x {film.size[1]}, cannot be encoded as "
            f"{codec.value.upper()} ({error}); nothing was written"
        ) from None


def _laid_out(frame: VideoFrame, layout: str) -> VideoFrame:
    """`frame`, sample for sample, under another name of its layout: yuvj is yuv in full range."""
    if frame.format.name == layout:
        return frame
    copy = VideoFrame(frame.width, frame.height, layout)
    depth = frame.format.components[0].bits
    for old, new in zip(frame.planes, copy.planes, strict=True):
        rows(new, depth)[:] = rows(old, depth)
    copy.pts, copy.time_base, copy.color_range = frame.pts, frame.time_base, FULL_RANGE
    for trait in ("colorspace", "color_trc", "color_primaries"):
        setattr(copy, trait, getattr(frame, trait))
    return copy
