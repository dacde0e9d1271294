"""COPYING WHAT NEED NOT CHANGE: groups of pictures without a face pass bit for bit, the others are encoded anew.

A copied group loses only messages that may carry time, place, device or text, and filler. New groups have parameter
sets of their own, under a number that the source does not use, and the source's decoding times. Whatever speaks
against it is `Unsplit`, and the film is encoded whole. What others found out, in pictures that broke: a group begins
at an IDR picture and nowhere else; one number for both parameter sets destroys most pictures (docs/adr/0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from garim.core.errors import Unfinished, Unreadable, Unsupported
from garim.media import nal
from garim.media.codecs import Codec, Encoding
from garim.media.groups import Group, Unsplit, groups, packets
from garim.media.outputs import muxer
from garim.media.probe import REPAIR, Film
from garim.media.reader import Frame, Reader, threads
from garim.media.writer import Output, context, open_encoder

_PROFILES = {66: "baseline", 77: "main", 100: "high"}
_MOST_ID = 31

Paint = Callable[[Frame], None]


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """The groups of a film, and which of them were encoded anew."""

    groups: Sequence[Group]
    changed: Sequence[bool]

    @property
    def copied(self) -> int:
        """Pictures that were copied."""
        return sum(group.count for group, changed in zip(self.groups, self.changed, strict=True) if not changed)


class Splice:
    """A film that can be taken apart, some of whose groups `change`. Raises `Unsplit` at birth where it cannot."""

    def __init__(self, film: Film, output: Path, encoding: Encoding, change: Callable[[Group], bool]) -> None:
        if encoding.codec not in (None, Codec.H264) or muxer(output) not in ("mp4", "mov", "matroska"):
            raise Unsplit("it becomes another kind of film")
        self.film, self._output, self._encoding = film, output, encoding
        self._source, found = groups(film)
        self.made = Spliced(found, [change(group) for group in found])
        if not self.made.copied:
            raise Unsplit("each group of pictures has something to destroy")
        self._profile = _PROFILES.get(self._source.profile[0])
        if self._profile is None:
            raise Unsplit("its profile is not one that is encoded here")
        self._depth = max(group.reorder for group in found)

    def write(self, path: Path, *, mute: bool, remark: str, paint: Paint, done: Callable[[int], None]) -> Spliced:
        """Write to `path`, each picture of a changed group through `paint`; `done` is told how many are through."""
        with Reader(self.film.path, known=self.film) as reader:
            new = nal.from_start_codes(self._encoder(reader).extradata or b"")
            sets = self._source.with_sets(_one(new, nal.SPS), _one(new, nal.PPS))
            with Output(path, self._output, reader, mute=mute, remark=remark) as output:
                video = output.container.add_stream_from_template(reader.video)
                video.time_base = self.film.time_base
                video.codec_context.extradata = sets.written()
                output.turn(video)
                for packet in self._packets(reader, output, sets, paint, done):
                    output.mux([packet], video)
        return self.made

    def _packets(
        self, reader: Reader, output: Output, sets: nal.Configuration, paint: Paint, done: Callable[[int], None]
    ) -> Iterator[Packet[Any]]:
        through = 0
        for group, changed, waiting in self._grouped(reader, output):
            if not changed:
                for packet, dts in zip(waiting, group.dts.tolist(), strict=True):
                    yield self._copied(packet, dts)
            else:
                yield from self._anew(group, waiting, reader, sets, paint, through)
            through += group.count
            done(through)

    def _grouped(self, reader: Reader, output: Output) -> Iterator[tuple[Group, bool, list[Packet[Any]]]]:
        """Each group with its packets; sound passes on the way."""
        waiting: list[Packet[Any]] = []
        every = iter(zip(self.made.groups, self.made.changed, strict=True))
        turn = next(every, None)
        for packet in packets(reader.container, self.film, sound=True):
            if packet.stream_index != reader.video.index:
                if packet.dts is not None:
                    output.copy(reader.from_start(packet))
                continue
            waiting.append(packet)
            if turn is None:
                break
            group, changed = turn
            if len(waiting) == group.count:
                yield group, changed, waiting
                waiting, turn = [], next(every, None)
        if waiting or turn is not None:
            raise self._damaged("has other pictures than a moment ago")

    def _copied(self, packet: Packet[Any], dts: int) -> Packet[Any]:
        units = nal.split(bytes(packet), self._source.length)
        data = nal.joined(nal.bare(units), self._source.length)
        return _packet(data, packet, self.film, pts=(packet.pts or 0) - self.film.start, dts=dts)

    def _anew(
        self,
        group: Group,
        waiting: list[Packet[Any]],
        reader: Reader,
        sets: nal.Configuration,
        paint: Paint,
        index: int,
    ) -> Iterator[Packet[Any]]:
        lasts = {packet.pts - self.film.start: packet.duration for packet in waiting if packet.pts is not None}
        # one picture after the other where the source's decoding times allow no other order
        orders = (True,) if group.reorder < self._depth else (False, True)
        for plain in orders:
            coded = self._encoded(group, decoded(waiting, reader, group, index), reader, sets, paint, plain=plain)
            if all((packet.pts or 0) >= dts for packet, dts in zip(coded, group.dts.tolist(), strict=True)):
                break
        for packet, dts in zip(coded, group.dts.tolist(), strict=True):
            units = [unit for unit in nal.from_start_codes(bytes(packet)) if nal.kind(unit) not in _NOT_AGAIN]
            pts = packet.pts or 0
            packet.duration = lasts[pts]
            yield _packet(nal.joined(nal.bare(units), sets.length), packet, self.film, pts=pts, dts=dts)

    def _encoded(
        self,
        group: Group,
        frames: Iterator[Frame],
        reader: Reader,
        sets: nal.Configuration,
        paint: Paint,
        *,
        plain: bool,
    ) -> list[Packet[Any]]:
        """The packets of one group; `plain` has them decoded in the order in which they are shown."""
        encoder = self._encoder(reader)
        own = nal.from_start_codes(encoder.extradata or b"")
        if not {unit for unit in own if nal.kind(unit) != nal.SEI} <= {*sets.sps, *sets.pps}:
            raise Unsplit("its groups of pictures need parameter sets of their own")
        coded: list[Packet[Any]] = []
        for frame in frames:
            paint(frame)
            picture = frame.prepared()
            if plain:
                picture.pict_type = PictureType.P
            coded += encoder.encode(picture)
        coded += encoder.encode(None)
        if len(coded) != group.count:
            raise Unsplit("its encoder gives other packets than pictures")
        return coded

    def _encoder(self, reader: Reader) -> VideoCodecContext:
        used = {nal.sps_id(unit) for unit in self._source.sps}
        used |= {number for unit in self._source.pps for number in nal.pps_ids(unit)}
        free = next((number for number in range(_MOST_ID + 1) if number not in used), None)
        if free is None:
            raise Unsplit("no number is free for parameter sets")
        encoder = context(CodecContext.create("libx264", "w"))
        more = [f"sps-id={free}", "stitchable=1", "open-gop=0", f"b-pyramid={'strict' if self._depth > 1 else 'none'}"]
        more += ["bframes=0"] * (self._depth == 0)
        words = {"profile": str(self._profile)}
        output, encoding = self._output, self._encoding
        try:
            open_encoder(encoder, reader, Codec.H264, encoding, output, headers=True, inside=more, words=words)
        except Unsupported:
            # lossless, say, which asks for a profile of its own
            raise Unsplit("what was asked of the encoder does not go with what is in it") from None
        return encoder

    def _damaged(self, what: str) -> Unreadable:
        return Unreadable(f"{self.film.path}: {what}; nothing was written. {REPAIR}")


_NOT_AGAIN = frozenset({nal.SPS, nal.PPS, nal.AUD})


def decoded(waiting: Sequence[Packet[Any]], reader: Reader, group: Group, index: int) -> Iterator[Frame]:
    """The pictures of one group, by a decoder of their own; `index` is that of the first. Raises `Unreadable`."""
    film = reader.film
    decoder = context(CodecContext.create("h264", "r"))
    decoder.extradata = reader.video.codec_context.extradata
    decoder.thread_type = threads(film)
    decoder.options = {"err_detect": "explode"}
    shown = 0
    for packet in (*waiting, None):
        try:
            frames = decoder.decode(packet)
        except av.error.FFmpegError as error:
            raise _broken(film, f"frame {index + shown} or one soon after does not decode ({error.strerror})") from None
        for coded in frames:
            if coded.is_corrupt or coded.pts is None or shown >= group.count:
                raise _broken(film, f"frame {index + shown} is damaged")
            coded.pts -= film.start
            if coded.pts != group.pts[shown]:
                raise _broken(film, f"frame {index + shown} is not there at its time")
            yield Frame(coded, index + shown, coded.pts)
            shown += 1
    if shown != group.count:
        raise _broken(film, f"only {shown} of {group.count} frames of a group decode")


def changed(
    film: Film, path: Path, spliced: Spliced, also: Callable[[Group], bool] = lambda _: False
) -> Iterator[Frame]:
    """The frames of the changed groups, and of those that are `also` wanted, in the film at `path` spliced from `film`.

    The copied groups are compared with the source, bit for bit, on the way; and so are all times. Raises `Unfinished`
    where anything is another than it must be, `Unreadable` where a picture does not decode.
    """
    with Reader(film.path, known=film) as source, Reader(path) as written:
        lengths = [nal.Configuration.parsed(r.video.codec_context.extradata or b"").length for r in (source, written)]
        ours = packets(source.container, film, sound=False)
        theirs = packets(written.container, written.film, sound=False)
        index = 0
        for group, anew in zip(spliced.groups, spliced.changed, strict=True):
            pairs = list(zip(islice(ours, group.count), islice(theirs, group.count), strict=False))
            others = [other for _, other in pairs]
            if [*_times(others, written.film)] != [pts * film.time_base for pts in group.pts.tolist()]:
                raise _unlike("the written film has not the times of its source")
            if not anew and any(_bare(mine, lengths[0]) != _bare(other, lengths[1]) for mine, other in pairs):
                raise _unlike("what was to be copied is not what the source has")
            if anew or also(group):
                yield from decoded(others, written, _as_written(group, others, written.film), index)
            index += group.count
        if next(theirs, None) is not None:
            raise _unlike("the written film holds more pictures than its source")


def frames_of(film: Film, needed: Callable[[Group], int]) -> Iterator[Frame]:
    """The first frames of each group of `film`, as many as are `needed`; all, where it cannot be taken apart.

    Raises `Unreadable`.
    """
    try:
        _, found = groups(film)
    except Unsplit:
        with Reader(film.path, known=film) as reader:
            yield from reader.frames()
        return
    with Reader(film.path, known=film) as reader:
        every = packets(reader.container, film, sound=False)
        index = 0
        for group in found:
            waiting = list(islice(every, group.count))
            # asked for none, a decoder is not even opened
            yield from islice(decoded(waiting, reader, group, index), needed(group))
            index += group.count


def _times(written: Sequence[Packet[Any]], film: Film) -> Iterator[Fraction]:
    return iter(sorted(((packet.pts or 0) - film.start) * film.time_base for packet in written))


def _as_written(group: Group, written: Sequence[Packet[Any]], film: Film) -> Group:
    """The same group, its times in the ticks of the film that was written."""
    times = np.array(sorted((packet.pts or 0) - film.start for packet in written), np.int64)
    return replace(group, pts=times)


def _bare(packet: Packet[Any], length: int) -> list[bytes]:
    return nal.bare(nal.split(bytes(packet), length))


def _unlike(what: str) -> Unfinished:
    return Unfinished(f"{what}; nothing was published. Please report it")


def _one(units: Sequence[bytes], kind: int) -> bytes:
    found = [unit for unit in units if nal.kind(unit) == kind]
    if len(found) != 1:
        raise Unsplit("its encoder gives other parameter sets than one of each")
    return found[0]


def _packet(data: bytes, of: Packet[Any], film: Film, *, pts: int, dts: int) -> Packet[Any]:
    """A packet of `data`, as long as another, and a key picture where that is one."""
    packet: Packet[Any] = Packet(data)
    packet.pts, packet.dts, packet.duration, packet.time_base = pts, dts, of.duration, film.time_base
    packet.is_keyframe = of.is_keyframe
    return packet


def _broken(film: Film, what: str) -> Unreadable:
    return Unreadable(f"{film.path}: {what}; nothing was written. {REPAIR}")
