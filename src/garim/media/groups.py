"""A FILM AS GROUPS OF PICTURES that nothing outside refers to: which packets, which times, without decoding one.

Only H.264 in MP4, MOV and MKV; a group begins at an IDR picture, so that copying it whole is safe in every decoder.
What cannot be taken apart is `Unsplit`, with the reason: the film is then encoded whole, and the report says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from garim.core.errors import Unreadable
from garim.media import nal
from garim.media.probe import REPAIR, Film, opened, picture_stream

I64 = NDArray[np.int64]

_PIXELS = {"yuv420p", "yuvj420p"}
_BLOCK = 16  # px: pictures are coded in blocks, and what hangs over is cropped


class Unsplit(Exception):
    """The film cannot be taken apart into groups; its message says why, in words for the report."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Packets `first` to `first + count` of the picture, in the order they are decoded; times in ticks of the film.

    `pts` i64[count] rises: when its pictures are shown; `dts` i64[count] as the packets have it.
    """

    first: int
    pts: I64
    dts: I64
    reorder: int  # so many pictures are decoded before one that is shown earlier

    @property
    def count(self) -> int:
        """Pictures, and packets."""
        return len(self.pts)


def groups(film: Film) -> tuple[nal.Configuration, list[Group]]:
    """The parameter sets and groups of `film`. Raises `Unsplit`, `Unreadable`."""
    _refuse(film)
    with opened(film.path) as container:
        video = picture_stream(container, film.path)
        configuration = _configured(video.codec_context.extradata or b"")
        try:
            rows = [_row(packet, configuration) for packet in container.demux(video) if packet.size]
        except av.error.FFmpegError as error:
            raise Unreadable(
                f"{film.path}: cannot be read on ({error.strerror}); nothing was written. {REPAIR}"
            ) from None
    return configuration, _grouped(_timed(rows) if film.container == "mkv" else rows, film.start)


def _refuse(film: Film) -> None:
    if film.codec != "h264" or film.container not in ("mp4", "mkv"):
        raise Unsplit(f"{film.codec.upper()} in {film.container.upper()} is not taken apart")
    if film.pixels not in _PIXELS:
        raise Unsplit(f"pictures of {film.pixels} are not taken apart")
    if film.interlaced or film.view or film.light.primaries or film.light.content:
        raise Unsplit("interlaced, stereoscopic and HDR pictures are not taken apart")


def _configured(extradata: bytes) -> nal.Configuration:
    try:
        configuration = nal.Configuration.parsed(extradata)
        ids = {nal.sps_id(unit) for unit in configuration.sps}
        most = max((edge for unit in configuration.sps for edge in nal.hidden(unit)), default=0)
    except nal.Malformed as error:
        raise Unsplit(f"its parameter sets are not where they can be added to ({error})") from None
    if len(ids) != len(configuration.sps) or not ids:
        raise Unsplit("its parameter sets are numbered twice")
    if most >= _BLOCK:
        # nobody has looked there, and a copy would keep it
        raise Unsplit("parts of its pictures are cropped away and still in it")
    return configuration


@dataclass(frozen=True, slots=True)
class _Row:
    pts: int
    dts: int | None
    begins: bool


def _row(packet: Packet[Any], configuration: nal.Configuration) -> _Row:
    if packet.pts is None:
        raise Unsplit("some of its pictures have no time")
    if packet.is_discard:
        raise Unsplit("it holds pictures that are never shown (an edit list)")
    try:
        units = nal.split(bytes(packet), configuration.length)
    except nal.Malformed as error:
        raise Unsplit(str(error)) from None
    kinds = {nal.kind(unit) for unit in units}
    inside = {unit for unit in units if nal.kind(unit) in (nal.SPS, nal.PPS)}
    if not inside <= {*configuration.sps, *configuration.pps}:
        raise Unsplit("its parameter sets change on the way")
    return _Row(packet.pts, packet.dts, nal.IDR in kinds)


def _timed(rows: list[_Row]) -> list[_Row]:
    """Matroska says when a picture is shown alone: decoded one after the other, each in time."""
    pts = np.array([row.pts for row in rows], np.int64)
    order = np.sort(pts)
    dts = order - (order - pts).max(initial=0)
    return [replace(row, dts=int(at)) for row, at in zip(rows, dts, strict=True)]


def _grouped(rows: list[_Row], start: int) -> list[Group]:
    begins = [number for number, row in enumerate(rows) if row.begins]
    if not begins or begins[0]:
        raise Unsplit("it does not begin with a picture that stands alone")
    found = []
    for first, end in zip(begins, [*begins[1:], len(rows)], strict=True):
        pts = np.array([row.pts for row in rows[first:end]], np.int64) - start
        dts = np.array([row.dts for row in rows[first:end] if row.dts is not None], np.int64) - start
        order = np.sort(pts)
        late = int(max((np.arange(len(pts)) - np.searchsorted(order, pts)).max(initial=0), 0))
        found.append(Group(first, order, dts, late))
    _refuse_crossing(found)
    return found


def _refuse_crossing(found: list[Group]) -> None:
    for group in found:
        if len(group.dts) != len(group.pts):
            raise Unsplit("some of its pictures have no time")
        if (np.diff(group.pts) <= 0).any() or (np.diff(group.dts) <= 0).any():
            raise Unsplit("two of its pictures have one time")
    for before, after in pairwise(found):
        if before.pts[-1] >= after.pts[0] or before.dts[-1] >= after.dts[0]:
            raise Unsplit("its groups of pictures overlap in time")


def packets(container: InputContainer, film: Film, *, sound: bool) -> Iterator[Packet[Any]]:
    """Every packet of picture, and of sound, in the order of the file. Raises `Unreadable`."""
    streams = [picture_stream(container, film.path), *(container.streams.audio if sound else ())]
    try:
        for packet in container.demux(*streams):
            if packet.is_corrupt:
                raise Unreadable(f"{film.path}: ends too early (it was cut short); nothing was written. {REPAIR}")
            if packet.size:
                yield packet
    except av.error.FFmpegError as error:
        raise Unreadable(f"{film.path}: cannot be read on ({error.strerror}); nothing was written. {REPAIR}") from None
