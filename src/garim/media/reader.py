"""Frames out of a film, every one of them, in the order and at the times they are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import local
from types import TracebackType
from typing import Any, Literal, Self

import av.error
import numpy as np
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from garim.core.errors import Unreadable, Unsupported
from garim.core.image import Image, Planes
from garim.media.codecs import TAKEN
from garim.media.fields import Fields
from garim.media.probe import REPAIR, Film, described, display_matrix, opened, picture_stream
from garim.media.whole import Damaged, pictures

CLOCK = "Give it a clock with: ffmpeg -fflags +genpts -i IN -c copy OUT.mkv"
_JOINED = {"mpeg2video"}  # codecs of which libav joins two fields, which a stream may hold apart
FULL_RANGE = 2  # AVCOL_RANGE_JPEG


SHADES = 80  # cells of brightness along the longer side
ALONE = 1920 * 1088  # px of a picture that one thread decodes in time for whoever looks at it
MOST_ENLARGED = 2.0  # small pictures hold small faces; beyond this nothing more is found


class _Scaler(local):
    """One for each thread: the frame's own may not be asked by two at once, which ends the process."""

    def __init__(self) -> None:
        self.own = VideoReformatter()


_scaler = _Scaler()


class Frame:
    """One decoded picture: `index` counts from 0, `pts` in ticks of the film's time base."""

    __slots__ = ("coded", "index", "pts")

    def __init__(self, coded: VideoFrame, index: int, pts: int) -> None:
        self.coded = coded
        self.index = index
        self.pts = pts

    def image(self, long_side: int, rotation: int) -> Image:
        """The picture upright in BGR, `long_side` px on its longer side or, where it is small, twice its size."""
        width, height = self.coded.width, self.coded.height
        scale = min(MOST_ENLARGED, long_side / max(width, height))
        small = _scaler.own.reformat(
            self.coded,
            max(1, round(width * scale)),
            max(1, round(height * scale)),
            "bgr24",
            interpolation="AREA" if scale < 1 else "BICUBIC",
            threads=1,  # more cost twice as much and take no less time
        )
        bgr = np.rot90(small.to_ndarray(), rotation // 90)
        return Image(np.ascontiguousarray(bgr), scale)

    def glance(self) -> NDArray[np.int16]:
        """A coarse sample of the picture's first plane, scaled to 0..255: i16[rows,columns], about 36 by 64."""
        width, height = self.coded.width, self.coded.height
        depth = self.coded.format.components[0].bits
        coarse = rows(self.coded.planes[0], depth)[:: -(-height // 36), :: -(-width // 64)]
        return np.asarray(coarse >> max(0, depth - 8), np.int16)

    def shades(self) -> NDArray[np.float32]:
        """How bright each cell of the picture is, 0..255: f32[rows,columns], about 45 by 80, noise averaged away."""
        depth = self.coded.format.components[0].bits
        luma = rows(self.coded.planes[0], depth)
        cell = min(-(-max(luma.shape) // SHADES), *luma.shape)
        # every other line tells as much, for half the price
        bands = [luma[line::cell][: luma.shape[0] // cell] for line in range(0, cell, 2)]
        total = np.sum(bands, axis=0, dtype=np.uint16 if depth == 8 and cell < 64 else np.uint32)
        sums = np.add.reduceat(total, np.arange(0, luma.shape[1] // cell * cell, cell), axis=1, dtype=np.uint32)
        return np.asarray(sums / np.float32(len(bands) * cell << depth - 8), np.float32)

    def planes(self) -> Planes:
        """The picture's own planes, to be written to. Raises `Unsupported` for a layout that is not planar."""
        # the decoder still predicts from its frames: writing without this would smear into later pictures
        self.coded.make_writable()
        return _planes(self.coded)

    def prepared(self) -> VideoFrame:
        """The frame as an encoder should get it: without the source's picture type, which would be obeyed."""
        self.coded.pict_type = PictureType.NONE
        return self.coded


def _planes(frame: VideoFrame) -> Planes:
    layout = frame.format
    # a single plane is not called planar
    if (
        (len(layout.components) > 1 and not layout.is_planar)
        or layout.is_big_endian
        or layout.has_palette
        or len(layout.components) > 3
    ):
        raise Unsupported(f"pictures of {layout.name} are not taken; nothing was written")
    depth = layout.components[0].bits
    full = layout.is_rgb or layout.name.startswith("yuvj") or frame.color_range == FULL_RANGE
    arrays, shifts, black = [], [], []
    for number, component in enumerate(layout.components):
        plane = frame.planes[component.plane]
        arrays.append(rows(plane, depth))
        # libav's own is_chroma means "smaller than luma", and no plane of 4:4:4 is
        chroma = number > 0 and not layout.is_rgb
        shifts.append((_shift(frame.width, plane.width), _shift(frame.height, plane.height)) if chroma else (0, 0))
        black.append(1 << depth - 1 if chroma else 0 if full else 16 << depth - 8)
    return Planes(tuple(arrays), tuple(shifts), tuple(black), top=(1 << depth) - 1)


def rows(plane: VideoPlane, depth: int) -> NDArray[Any]:
    """The plane's samples, without the padding at the end of its lines: u8 or u16[h,w], the codec's own memory."""
    kind: Any = np.uint8 if depth <= 8 else np.dtype("<u2")
    flat: NDArray[Any] = np.frombuffer(memoryview(plane), kind)
    return flat.reshape(plane.height, -1)[:, : plane.width]


def _shift(full: int, part: int) -> int:
    return next(shift for shift in range(4) if -(-full >> shift) == part)


def threads(film: Film) -> Literal["AUTO", "NONE"]:
    """How a decoder shares out `film`: a small one takes a third less CPU, and no more time, on one thread."""
    return "AUTO" if film.size[0] * film.size[1] > ALONE else "NONE"


class Reader:
    """A film coded as one of `taken`, opened for reading; use it as a context.

    What is `known` of it is not asked again. Raises `Unreadable`, `Unsupported` at birth.
    """

    def __init__(self, path: Path, taken: frozenset[str] = TAKEN, *, known: Film | None = None) -> None:
        self.container = opened(path)
        try:
            self.film = known or described(self.container, path, taken)
            self.video = picture_stream(self.container, path)
        except BaseException:
            self.container.close()
            raise
        self.video.thread_type = threads(self.film)
        # most decoders paint over what they cannot read; some mark such pictures, but the mark is lost now and then
        # where several are decoded at once
        self.video.codec_context.options = {"err_detect": "explode"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()

    def frames(self, sound: Callable[[Packet[Stream]], None] | None = None) -> Iterator[Frame]:
        """Every frame, once, in order of time; `sound` gets each sound packet on the way, still coded.

        Raises `Unreadable` at the first frame that is missing, damaged or out of time.
        """
        film, claimed = self.film, self._claimed()
        streams = [self.video, *(self.container.streams.audio if sound else ())]
        fields = Fields(self.video.codec_context.extradata or b"") if self._in_fields else None
        packets = discarded = halves = index = 0
        last: int | None = None
        order: deque[int | None] = deque()
        for packet in self._packets(streams):
            if packet.stream_index != self.video.index:
                if sound and packet.dts is not None:
                    sound(self.from_start(packet))
                continue
            packets += packet.size > 0
            if packet.size:
                order.append(packet.dts)
            discarded += packet.is_discard
            halves += fields.half(bytes(packet)) if fields else 0
            for coded in self._decoded(packet, index):
                self._alike(coded, index)
                if self.film.container == "avi":
                    # AVI says when a picture is read, and none but libav's guess says when it is shown: in that order
                    coded.pts = order.popleft()
                last = self._time(coded, last, index)
                coded.pts = last
                yield Frame(coded, index, last)
                index += 1
        if claimed is not None and packets < claimed and film.codec not in _JOINED:
            raise self._damaged(f"only {packets} of the {claimed} pictures that it holds can be read")
        self._whole(packets - halves // 2, index, discarded)

    @property
    def _in_fields(self) -> bool:
        return self.film.codec == "h264" and self.film.interlaced is not None

    def _claimed(self) -> int | None:
        film = self.film
        kept = {stream.id for stream in (self.video, *self.container.streams.audio)}
        try:
            return pictures(film.path, film.container, stream=self.video.index, identifier=self.video.id, kept=kept)
        except Damaged as error:
            raise self._damaged(str(error)) from None

    def from_start(self, packet: Packet[Any]) -> Packet[Any]:
        """A packet of sound, its times counted as all times are: from the film's start."""
        if self.film.start and packet.pts is not None and packet.dts is not None:
            packet.pts -= self.film.start
            packet.dts -= self.film.start
        return packet

    def _packets(self, streams: list[Any]) -> Iterator[Packet[Any]]:
        try:
            for packet in self.container.demux(*streams):
                if packet.is_corrupt:
                    raise self._damaged("ends too early (it was cut short)")
                yield packet
        except av.error.FFmpegError as error:
            raise self._damaged(f"cannot be read on ({error.strerror})") from None

    def _decoded(self, packet: Packet[Any], index: int) -> list[VideoFrame]:
        try:
            frames: list[VideoFrame] = packet.decode()
        except av.error.FFmpegError as error:
            raise self._damaged(f"frame {index} or one soon after does not decode ({error.strerror})") from None
        for offset, frame in enumerate(frames):
            if frame.is_corrupt:
                raise self._damaged(f"frame {index + offset} is damaged")
        return frames

    def _alike(self, coded: VideoFrame, index: int) -> None:
        film = self.film
        same = (coded.width, coded.height) == film.size and coded.format.name == film.pixels
        # a picture that says nothing is turned like those before. Its side data is asked for only where it must be:
        # a frame and its side data hold each other, and would wait for the garbage collector, a gigabyte at a time
        turned = coded.rotation % 360 != film.rotation and (display_matrix(coded) or film.matrix) != film.matrix
        if coded.interlaced_frame != bool(film.interlaced):
            raise Unsupported(
                f"{film.path}: frame {index} changes between whole pictures and interlaced ones; nothing was written. "
                "Make all whole with: ffmpeg -i IN -vf bwdif=deint=interlaced -c:a copy OUT"
            )
        if not same or turned:
            # the encoder would scale and convert it without a word, and boxes would lie beside what they are for
            raise Unsupported(
                f"{film.path}: frame {index} is of another size, layout or rotation than those before; nothing was "
                "written. Make them alike with: ffmpeg -i IN -c:a copy OUT"
            )

    def _time(self, coded: VideoFrame, last: int | None, index: int) -> int:
        if coded.pts is None:
            raise Unsupported(f"{self.film.path}: frame {index} has no time of its own; nothing was written. {CLOCK}")
        if last is not None and coded.pts - self.film.start <= last:
            raise self._damaged(f"frame {index} is not later than the one before")
        return coded.pts - self.film.start

    def _whole(self, packets: int, frames: int, discarded: int) -> None:
        claimed = len(self.video.index_entries)
        if packets < claimed:
            raise self._damaged(f"holds {packets} of the {claimed} frames that it lists (it was cut short)")
        if frames < packets - discarded or frames == 0:
            raise self._damaged(f"only {frames} of {packets - discarded} frames decode")

    def _damaged(self, what: str) -> Unreadable:
        return Unreadable(f"{self.film.path}: {what}; nothing was written. {REPAIR}")
