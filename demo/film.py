"""PICTURES -> AN H.264 FILM WITH SOUND, AND A FILM -> ITS PLANES, for measuring.

The sound is a tone with a blip on each whole second, so that a film out of step can be heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from garim.core.image import Planes
from garim.files import whole

RGB = NDArray[np.uint8]

_SOUND_HZ, _TONE_HZ, _BLIP_HZ, _BLIP_S = 48_000, 220, 1_000, 0.08
_BT709 = 1  # as ITU-T H.273 numbers primaries, transfer and matrix; range 1 is the limited one
_CRF = 20


def write(path: Path, pictures: Iterable[RGB], *, rate: Fraction, crf: int = _CRF, force: bool = False) -> None:
    """Encode `pictures` u8[h,w,3], sides even, to an MP4 at `path`, with a sine tone as long. Raises as `whole`."""
    quality = {"preset": "superfast", "crf": f"{crf}", "g": "60"}
    with whole(path, force=force) as unfinished, av.open(str(unfinished), "w", format="mp4") as film:
        video = film.add_stream("libx264", rate=rate, options=quality)
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = 1 / rate
        for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
            setattr(video.codec_context, name, _BT709)
        audio = film.add_stream("aac", rate=_SOUND_HZ, layout="mono")
        for index, picture in enumerate(pictures):
            if index == 0:  # known to the encoder before its first frame
                video.height, video.width = picture.shape[:2]
            film.mux(video.encode(_frame(picture, index, rate)))
            film.mux(audio.encode(_sound(round(index / rate * _SOUND_HZ), round((index + 1) / rate * _SOUND_HZ))))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def planes(path: Path) -> Iterator[Planes]:
    """Each picture of a film with 8 bits a sample, 4:2:0, limited range, as it was decoded."""
    for frame in _decoded(path):
        if frame.format.name != "yuv420p":
            raise ValueError(f"{path}: yuv420p is what is measured, not {frame.format.name}")
        arrays = tuple(_samples(frame, number) for number in range(3))
        yield Planes(arrays, ((0, 0), (1, 1), (1, 1)), (16, 128, 128))


def times(path: Path) -> list[Fraction]:
    """When each picture of a film is shown, in seconds."""
    with av.open(str(path)) as film:
        stamps = [(packet.pts, packet.time_base) for packet in film.demux(video=0)]
    return sorted(stamp * base for stamp, base in stamps if stamp is not None)  # the last packet is none


def stills(path: Path, wanted: Collection[int]) -> dict[int, RGB]:
    """The pictures of a film whose numbers are `wanted`, counted from 0: u8[h,w,3] each."""
    found: dict[int, RGB] = {}
    for index, frame in enumerate(_decoded(path)):
        if index in wanted:
            found[index] = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return found


def _decoded(path: Path) -> Iterator[VideoFrame]:
    with av.open(str(path)) as film:
        film.streams.video[0].thread_type = "AUTO"
        yield from film.decode(video=0)


def _samples(frame: VideoFrame, number: int) -> NDArray[np.uint8]:
    plane = frame.planes[number]
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
    return rows[:, : plane.width]  # without the padding at their ends


def _frame(picture: RGB, index: int, rate: Fraction) -> VideoFrame:
    frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    frame.pts, frame.time_base = index, 1 / rate
    return frame


def _sound(first: int, end: int) -> av.AudioFrame:
    """Samples `first` to `end` of the tone."""
    at_s = np.arange(first, end) / _SOUND_HZ
    blip = at_s % 1 < _BLIP_S
    wave = np.where(blip, 0.3 * np.sin(2 * np.pi * _BLIP_HZ * at_s), 0.05 * np.sin(2 * np.pi * _TONE_HZ * at_s))
    frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = _SOUND_HZ, first, Fraction(1, _SOUND_HZ)
    return frame
