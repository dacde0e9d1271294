"""How pictures are coded: what is read, what is written, and how each encoder is told the same thing."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction
from functools import lru_cache

from av.codec import Codec as Library
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

# SVT-AV1 talks to stderr, which is for people; only what is fatal is let through
os.environ.setdefault("SVT_LOG", "0")

TAKEN = frozenset({"h264", "hevc", "av1", "vp8", "vp9", "mjpeg", "mpeg4", "mpeg2video"})
WATCHED = TAKEN | {"msmpeg4v3"}  # old recorders' own, which is only looked at: nothing writes it again
PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip


class Codec(StrEnum):
    """What a film can be encoded as."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"


ENCODERS = {Codec.H264: "libx264", Codec.HEVC: "libx265", Codec.AV1: "libsvtav1"}
# 11 and 12 write streams that do not decode when asked for fine pictures (SVT-AV1 of PyAV 18.1: crf 6 and less)
_NUMBERED = dict(zip(PRESETS, ("10", "10", "10", "9", "8", "7", "6", "4", "3"), strict=True))


@lru_cache(maxsize=64)
def opens(codec: Codec, layout: str, size: tuple[int, int]) -> bool:
    """Whether the encoder takes pictures of this layout and size (px): its own word."""
    encoder = CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = layout
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = options(codec, Encoding("ultrafast"), UNSAID)
    try:
        encoder.open()
    except (FFmpegError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the picture is encoded: a preset by x264's names, a constant rate factor on x264's scale, and a codec.

    `preset` is one of `PRESETS`; SVT-AV1, which numbers its own, gets 10 (veryfast and faster) to 3 (veryslow).
    `crf` runs from 0 (best) to 51 and means about the same picture whatever the codec: x265 gets it as it is, SVT-AV1
    gets 2.75 crf - 32, held within 1..63, which gave the same PSNR at 14, 20, 26 and 32 (veryfast, 640 x 360).
    `codec` None is the input's own where it can be encoded and the container holds it, else H.264, or AV1 in a .webm.
    """

    preset: str = "veryfast"
    crf: float = 20.0
    codec: Codec | None = None


def coded_as(codec: Codec, pixels: str, size: tuple[int, int]) -> str | None:
    """The layout in which `codec` takes pictures of `pixels` sample for sample; None where it has none."""
    takes = {layout.name for layout in Library(ENCODERS[codec], "w").video_formats or ()}
    # yuvj is an old name for yuv in full range, which can be said beside it
    layout = next((name for name in (pixels, pixels.replace("yuvj", "yuv")) if name in takes), None)
    return layout if layout and opens(codec, layout, size) else None


class Order(IntEnum):
    """Which lines of an interlaced picture are the earlier moment, by libav's number for it."""

    TOP = 2
    BOTTOM = 3


@dataclass(frozen=True, slots=True)
class Light:
    """What a film in high dynamic range was mastered on, and its brightest content, as its pictures say it.

    `primaries` are x and y of red, green, blue and white; `luminance` is the least and the most, in cd/m²; `content`
    is the brightest sample and the brightest picture, in cd/m². Each is empty where it is not said.
    """

    primaries: tuple[Fraction, ...] = ()
    luminance: tuple[Fraction, ...] = ()
    content: tuple[int, ...] = ()


UNSAID = Light()


def light(frame: VideoFrame) -> Light:
    """The light that comes with a picture."""
    mastered: tuple[Fraction, ...] = ()
    has_primaries = has_luminance = False
    if raw := side_data(frame, "MASTERING_DISPLAY_METADATA"):
        *numbers, has_primaries, has_luminance = struct.unpack("=22i", raw[:88])
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        mastered = tuple(Fraction(above, below) if below else Fraction(0) for above, below in pairs)
    levels = side_data(frame, "CONTENT_LIGHT_LEVEL")
    return Light(
        mastered[:8] if has_primaries else (),
        mastered[8:10] if has_luminance else (),
        struct.unpack("=2I", levels[:8]) if levels else (),
    )


def side_data(frame: VideoFrame, kind: str) -> bytes:
    """The bytes of one kind of what hangs on a picture, or none."""
    try:
        return bytes(frame.side_data[kind])  # type: ignore[literal-required]  # the stub lags
    except KeyError:
        return b""


def options(
    codec: Codec,
    encoding: Encoding,
    light: Light,
    *,
    order: Order | None = None,
    centred: bool = False,
    more: Sequence[str] = (),
) -> dict[str, str]:
    """Words for an encoder. `centred` says that colour was sampled between the pixels, as JPEG does.

    `more` are further settings of x264's or x265's own.
    """
    if codec is Codec.AV1:
        crf = min(63, max(1, round(2.75 * encoding.crf - 32)))
        words = {"preset": _NUMBERED[encoding.preset], "crf": str(crf)}
        inside = _mastered(light, "mastering-display", Fraction(1), Fraction(1)) + _content(light, "content-light")
        return words | {"svtav1-params": ":".join(inside)} if inside else words
    words = {"preset": encoding.preset, "crf": str(encoding.crf)}
    # captions ride in the picture's side data; they are text, and text may name people
    words |= {"a53cc": "0", "udu_sei": "0"}
    fine = Fraction(1, 50000), Fraction(1, 10000)
    if codec is Codec.HEVC:
        inside = ["log-level=none", "info=0", "open-gop=0"]
        inside += _mastered(light, "master-display", *fine) + _content(light, "max-cll")
    else:
        inside = _mastered(light, "mastering-display", *fine) + _content(light, "cll")
    inside += ["chromaloc=1"] * centred
    # it would follow the pictures in what it says, but not in how it counts them
    inside += more
    inside += {None: [], Order.TOP: ["tff=1"], Order.BOTTOM: ["bff=1"]}[order]
    return words | {"x265-params" if codec is Codec.HEVC else "x264-params": ":".join(inside)} if inside else words


def _mastered(light: Light, name: str, chroma: Fraction, candela: Fraction) -> list[str]:
    if not light.primaries or not light.luminance:
        return []
    x = [_number(value / chroma) for value in light.primaries]
    least, most = (_number(value / candela) for value in light.luminance)
    return [f"{name}=G({x[2]},{x[3]})B({x[4]},{x[5]})R({x[0]},{x[1]})WP({x[6]},{x[7]})L({most},{least})"]


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"


def _content(light: Light, name: str) -> list[str]:
    return [f"{name}={light.content[0]},{light.content[1]}"] if light.content else []
