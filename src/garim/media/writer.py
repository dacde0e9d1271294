"""Frames into a film: the picture encoded anew, the sound copied, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
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
from av.video.stream import VideoStream

from garim.core.errors import Unsupported
from garim.files import unwritable
from garim.media.probe import codec_name
from garim.media.reader import Frame, Reader

PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip
_BITEXACT: int = ContainerFlags.bitexact.value  # type: ignore[assignment]  # the stub says Flags, it is an int
_MOST_TICKS = 1 << 31
_MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the picture is encoded: x264's preset, and its constant rate factor (lower is better, 0..51)."""

    preset: str = "veryfast"
    crf: float = 20.0


class Writer:
    """A film being written to `path`, made like the one that `source` reads; use it as a context.

    `shown` is the path that messages name, and whose suffix says which container; `remark` stands in the file as
    its only metadata. Raises `Unsupported` where
    the picture cannot be encoded, `Unwritable` where the disk takes no more.
    """

    def __init__(
        self, path: Path, source: Reader, shown: Path, encoding: Encoding, *, mute: bool, remark: str = ""
    ) -> None:
        self._shown = shown
        self._encoder = _encoder(source.video, source.film.rate, encoding, shown)
        self._container = _container(path, shown, source, mute=mute)
        if remark:
            self._container.metadata["comment"] = remark
        self._video = self._container.add_stream_from_template(source.video)
        # the template brings rotation, aspect and colour; only the parameter sets are the new encoder's
        self._video.codec_context.extradata = self._encoder.extradata
        if source.film.matrix:
            # the template has it where the container said it; the pictures may have
            self._video.set_display_matrix(source.film.matrix)
        self._durations: dict[int, int] = {}
        self._sound: dict[int, Any] = {}
        for track in () if mute else source.container.streams.audio:
            self._sound[track.index] = self._like(track)

    def _like(self, track: AudioStream) -> AudioStream:
        try:
            copy = self._container.add_stream_from_template(track)
        except ValueError:
            raise Unsupported(
                f"{self._shown}: {codec_name(track)} sound cannot stand in this container; nothing was written. "
                "Name a .mov with -o, or leave the sound out with --mute"
            ) from None
        if track.language:
            copy.metadata["language"] = track.language
        copy.disposition = track.disposition
        return copy

    def __enter__(self) -> Self:
        return self

    def write(self, frame: Frame) -> None:
        """Encode one frame at its own time."""
        self._durations[frame.pts] = frame.coded.duration
        self._mux(self._timed(self._encoder.encode(frame.prepared())), self._video)

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


def muxer(output: Path) -> str:
    """The container that a file of this name is written as. Raises `Unsupported`."""
    try:
        return _MUXERS[output.suffix.lower()]
    except KeyError:
        raise Unsupported(f"{output}: films are written as {', '.join(_MUXERS)}; nothing was written") from None


def _container(path: Path, shown: Path, source: Reader, *, mute: bool) -> OutputContainer:
    # edit lists count in this scale; in the usual milliseconds they would cut the last frame short, and in the
    # picture's ticks they would move a sound that begins late
    bases = [source.film.time_base, *(a.time_base for a in source.container.streams.audio if not mute and a.time_base)]
    finest = math.lcm(*(base.denominator for base in bases))
    scale = finest if finest < _MOST_TICKS else source.film.time_base.denominator
    options = {"movie_timescale": str(scale)}
    try:
        container = av.open(f"file:{path}", "w", format=muxer(shown), options=options)
    except OSError as error:
        raise unwritable(shown, error) from None
    container.flags |= _BITEXACT
    return container


def _encoder(video: VideoStream, rate: Fraction, encoding: Encoding, shown: Path) -> VideoCodecContext:
    source = video.codec_context
    encoder: VideoCodecContext = CodecContext.create("libx264", "w")
    encoder.width, encoder.height = source.width, source.height
    encoder.pix_fmt = source.pix_fmt
    assert video.time_base is not None
    encoder.time_base = video.time_base
    encoder.framerate = rate
    if source.sample_aspect_ratio:
        encoder.sample_aspect_ratio = source.sample_aspect_ratio
    for trait in ("color_range", "color_primaries", "color_trc", "colorspace"):
        setattr(encoder, trait, getattr(source, trait))
    encoder.flags |= CodecFlags.global_header
    # captions ride in the picture's side data; they are text, and text may name people
    encoder.options = {"preset": encoding.preset, "crf": str(encoding.crf), "a53cc": "0"}
    encoder.thread_type = "AUTO"
    try:
        encoder.open()
    except (av.error.FFmpegError, ValueError) as error:
        raise Unsupported(
            f"{shown}: pictures of {source.pix_fmt} cannot be encoded ({error}); nothing was written"
        ) from None
    return encoder
