"""Frames into a film: the picture encoded anew, the sound copied, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
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


class Writer:
    """A film being written to `path`, made like the one that `source` reads; use it as a context.

    `shown` is the path that messages name, and whose suffix says which container; `remark` stands in the file as
    its only metadata. Raises `Unsupported` where
    the picture cannot be encoded, `Unwritable` where the disk takes no more.
    """

    def __init__(
        self, path: Path, source: Reader, shown: Path, encoding: Encoding, *, mute: bool, remark: str = ""
    ) -> None:
        refuse_unfit(source.film, shown, encoding, mute=mute)
        self._shown, self._film = shown, source.film
        codec = codec_of(source.film, shown, encoding)
        self._container = _container(path, shown, source, mute=mute)
        if remark:
            self._container.metadata["comment"] = remark
        self._encoder, self._video = _picture(self._container, source, codec, encoding, shown)
        if source.film.matrix:
            # a template has it where the container said it; the pictures may have
            self._video.set_display_matrix(source.film.matrix)
        self._durations: dict[int, int] = {}
        self._sound: dict[int, Any] = {}
        for track in () if mute else source.container.streams.audio:
            self._sound[track.index] = self._like(track)

    def _like(self, track: AudioStream) -> AudioStream:
        copy = self._container.add_stream_from_template(track)
        if track.language:
            copy.metadata["language"] = track.language
        copy.disposition = track.disposition
        return copy

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Encode one frame at its own time."""
        self._durations[frame.pts] = frame.coded.duration
        picture = _laid_out(frame.prepared(), str(self._encoder.pix_fmt))
        self._mux(self._timed(self._encoder.encode(picture)), self._video)

    def _timed(self, packets: Iterable[Packet[Any]]) -> Iterator[Packet[Any]]:
        # the encoder guesses durations from the rate; the last frame's is the film's end
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, 0) or packet.duration
            yield packet

    def copy(self, packet: Packet[Stream]) -> None:
        """Pass on a packet of sound as it is; one of a track that is left out is dropped."""
        track = self._sound.get(packet.stream_index)
        if track is not None:
            self._mux([packet], track)

    def _mux(self, packets: Iterable[Packet[Any]], stream: Any) -> None:
        try:
            for packet in packets:
                packet.stream = stream
                self._container.mux_one(packet)
        except OSError as error:
            raise unwritable(self._shown, error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._mux(self._timed(self._encoder.encode(None)), self._video)
        finally:
            self._close(failed=error is not None)

    def _close(self, *, failed: bool) -> None:
        try:
            self._container.close()
        except OSError as error:
            if not failed:
                raise unwritable(self._shown, error) from None


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
        encoder = _context(CodecContext.create(ENCODERS[codec], "w"))
        _open(encoder, source, codec, encoding, container, shown)
        stream.codec_context.extradata = encoder.extradata
        stream.codec_context.field_order = encoder.field_order
    else:
        stream = _stream(container.add_stream(ENCODERS[codec], film.rate, time_base=film.time_base))
        encoder = stream.codec_context
        _open(encoder, source, codec, encoding, container, shown)
    if codec is Codec.HEVC and container.format.name in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # the other name does not play on Apple's machines
    return encoder, stream


def _context(made: CodecContext) -> VideoCodecContext:
    assert isinstance(made, VideoCodecContext)
    return made


def _stream(made: Stream) -> VideoStream:
    assert isinstance(made, VideoStream)
    return made


def _open(
    encoder: VideoCodecContext,
    source: Reader,
    codec: Codec,
    encoding: Encoding,
    container: OutputContainer,
    shown: Path,
) -> None:
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
    if container.format.name != "mpegts":
        encoder.flags |= CodecFlags.global_header
    if film.interlaced:
        encoder.flags |= CodecFlags.interlaced_dct
        encoder.field_order = film.interlaced
    centred = film.codec in _BETWEEN and "420" in film.pixels
    encoder.options = options(codec, encoding, film.light, order=film.interlaced, centred=centred)
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
