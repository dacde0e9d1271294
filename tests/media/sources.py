"""Films of every make, small, by ffmpeg; and one that ffmpeg cannot make: a picture whose fields come apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from tests.films import ffmpeg, film, pictures, tone

SIZE = (160, 128)
COUNT = 24
CODECS = {
    "h264": "-c:v libx264 -preset veryfast -crf 8 -g 10",
    "hevc": "-c:v libx265 -preset ultrafast -crf 8 -g 10 -x265-params log-level=none:bframes=3",
    "av1": "-c:v libaom-av1 -cpu-used 8 -crf 12 -g 10",
    "vp9": "-c:v libvpx-vp9 -cpu-used 8 -crf 12 -b:v 0 -g 10 -auto-alt-ref 1 -lag-in-frames 8",
    "vp8": "-c:v libvpx -cpu-used 8 -crf 8 -b:v 2M -g 10 -auto-alt-ref 1 -lag-in-frames 8",
    "mjpeg": "-c:v mjpeg -q:v 2",
    "mpeg4": "-c:v mpeg4 -q:v 2",
    "mpeg2": "-c:v mpeg2video -q:v 2 -bf 2",
}


def made(
    folder: Path,
    codec: str,
    suffix: str,
    *words: str | Path,
    pixels: str = "yuv420p",
    sound: Sequence[str] = (),
    rate: Fraction | int = 25,
    count: int = COUNT,
    size: tuple[int, int] = SIZE,
) -> Path:
    """A film of one codec in one container, with a track of each kind of `sound`."""
    kinds = [word for number, kind in enumerate(sound) for word in (f"-c:a:{number}", kind)]
    maps = ["-map", "0"] + [word for number in range(len(sound)) for word in ("-map", str(number + 1))]
    tones = [word for number in range(len(sound)) for word in tone(440 * (number + 1), float(count / rate))]
    coded = (*CODECS[codec].split(), "-pix_fmt", pixels)
    content = pictures(count, size)
    return film(folder / f"a{suffix}", content, *maps, *kinds, *words, codec=coded, inputs=tones, rate=rate)


def recut(source: Path, name: str, *words: str, before: Sequence[str] = ()) -> Path:
    """The same packets in another file."""
    output = source.with_name(name)
    ffmpeg(*before, "-i", source, "-map", "0", "-c", "copy", *words, output)
    return output


def source(codec: str, suffix: str, *words: str, **more: object) -> Callable[[Path], Path]:
    """How to make a film."""
    return lambda folder: made(folder, codec, suffix, *words, **more)  # type: ignore[arg-type]  # passed on as it is


def turned(codec: str, suffix: str, degrees: int = 90) -> Callable[[Path], Path]:
    """How to make a film that is to be turned."""
    return lambda folder: recut(
        made(folder, codec, suffix), f"turned{suffix}", before=("-display_rotation", str(degrees))
    )


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, count: int) -> Self:
        self.text += format(value, f"0{count}b")
        return self

    def golomb(self, *values: int) -> Self:
        for value in values:
            self.text += "0" * ((value + 1).bit_length() - 1) + format(value + 1, "b")
        return self

    def aligned(self) -> bytes:
        self.text += "0" * (-len(self.text) % 8)
        whole = int(self.text or "0", 2).to_bytes(len(self.text) // 8, "big")
        self.text = ""
        return whole


def _nal(head: int, body: bytes) -> bytes:
    escaped = bytearray()
    for byte in body:
        if byte <= 3 and escaped[-2:] == b"\0\0":
            escaped.append(3)
        escaped.append(byte)
    return b"\0\0\0\1" + bytes([head]) + bytes(escaped)


def fields_apart(path: Path, count: int = 12, *, bottom_first: bool = False) -> Path:
    """A transport stream whose pictures, 32 x 32, come as two packets each, a field in each: ITU-T H.264, 7.3.

    Samples are written out as they are; the earlier field is of 60 and more, the later one of 160 and more.
    """
    sps = _Bits().put(77, 8).put(0, 8).put(30, 8).golomb(0, 0, 0, 4, 1).put(0, 1).golomb(1, 0).put(0b00100, 5).put(1, 1)
    pps = _Bits().golomb(0, 0).put(0, 2).golomb(0, 0, 0).put(0, 3).golomb(0, 0, 0).put(0b100, 3).put(1, 1)
    sets = _nal(0x67, sps.aligned()) + _nal(0x68, pps.aligned())
    raw = b"".join(
        (sets if second == 0 else b"") + _field(number, second, bottom=bool(second) != bottom_first)
        for number in range(count)
        for second in (0, 1)
    )
    bare = path.with_suffix(".h264")
    bare.write_bytes(raw)
    with av.open(str(bare), format="h264") as source, av.open(str(path), "w", format="mpegts") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        stream.time_base = Fraction(1, 90000)
        packets = [packet for packet in source.demux(video=0) if packet.size]
        assert len(packets) == 2 * count
        for number, packet in enumerate(packets):
            packet.time_base = Fraction(1, 90000)
            packet.pts = packet.dts = 1800 * number
            packet.stream = stream
            output.mux_one(packet)
    return path


def _field(number: int, second: int, *, bottom: bool) -> bytes:
    bits = _Bits().golomb(0, 7, 0).put(0, 4).put(1, 1).put(int(bottom), 1)
    if not second:
        bits.golomb(number % 2)
    bits.put(second, 8).put(0, 1 if second else 2).golomb(0, 1)
    level = (160 if second else 60) + number
    body = b""
    for _ in range(2):
        bits.golomb(25)
        body += bits.aligned() + bytes([level]) * 256 + bytes([128]) * 128
    bits.put(1, 1)
    return _nal(0x65 if not second else 0x61, body + bits.aligned())
