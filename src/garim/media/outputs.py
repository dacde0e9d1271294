"""Which container holds a film as it is: its picture, its times, each of its tracks of sound.

What does not fit is refused before anything is written, with the name of a container that would do: nothing is
dropped, rounded or encoded anew in silence.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer

from garim.core.errors import Unreadable, Unsupported
from garim.media.codecs import Codec, Encoding, coded_as
from garim.media.probe import REPAIR, Film, codec_name, opened, picture_stream

_ALL = frozenset(Codec)
_TS_SOUND = frozenset({"aac", "mp2", "mp3", "ac3", "eac3", "dts", "opus"})


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file: libav's name for it, the codecs of pictures that it takes, how finely it counts time.

    `ticks` is per second, None where any will do; `turns` and `shapes` say whether it can tell a rotation, and the
    shape of a sample for a codec that cannot; `sound` names what it takes where libav would write anything.
    """

    muxer: str
    codecs: frozenset[Codec]
    ticks: int | None = None
    turns: bool = True
    shapes: bool = True
    sound: frozenset[str] | None = None


_MP4 = Container("mp4", _ALL)
CONTAINERS = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Container("mov", _ALL - {Codec.AV1}),
    ".mkv": Container("matroska", _ALL, ticks=1000, shapes=False),
    ".webm": Container("webm", frozenset({Codec.AV1}), ticks=1000, shapes=False),
    ".ts": Container("mpegts", _ALL - {Codec.AV1}, ticks=90000, turns=False, sound=_TS_SOUND),
}
_NEAREST = {"mp4": ".mp4", "mkv": ".mkv", "ts": ".ts"}
_ANY = (".mp4", ".mov", ".mkv")


def muxer(output: Path) -> str:
    """The container that a file of this name is written as. Raises `Unsupported`."""
    return named(output).muxer


def named(output: Path) -> Container:
    """What a file of this name is. Raises `Unsupported`."""
    try:
        return CONTAINERS[output.suffix.lower()]
    except KeyError:
        why = " (AVI cannot say when a picture is shown; .mkv can)" if output.suffix.lower() == ".avi" else ""
        raise Unsupported(f"{output}: films are written as {', '.join(CONTAINERS)}{why}; nothing was written") from None


def output_suffix(film: Film, encoding: Encoding, *, mute: bool = False) -> str:
    """The ending of an output's name where none is given: the input's, or of the nearest container that holds it.

    Raises `Unsupported` where none does.
    """
    own = film.path.suffix.lower()
    nearest = _NEAREST.get(film.container, ".mp4")
    wanted = own if own in CONTAINERS and _is(own, film) else nearest
    for suffix in dict.fromkeys((wanted, nearest, *_ANY)):
        if _reason(film, suffix, encoding, mute=mute) is None:
            return suffix
    raise _unfit(film, wanted, encoding, mute=mute, path=film.path)


def _is(suffix: str, film: Film) -> bool:
    kinds = {".mkv": "mkv", ".webm": "mkv", ".ts": "ts"}
    return kinds.get(suffix, "mp4") == film.container


def refuse_unfit(film: Film, output: Path, encoding: Encoding, *, mute: bool = False) -> None:
    """Raise `Unsupported`, with the reason and what would do, where `output` cannot hold `film` as it is."""
    named(output)
    suffix = output.suffix.lower()
    if _reason(film, suffix, encoding, mute=mute):
        raise _unfit(film, suffix, encoding, mute=mute, path=output)


def _unfit(film: Film, suffix: str, encoding: Encoding, *, mute: bool, path: Path) -> Unsupported:
    fits = [f"name a {other} with -o" for other in _ANY if not _reason(film, other, encoding, mute=mute)][:1]
    if not mute and not _reason(film, suffix, encoding, mute=True):
        fits.append("leave the sound out with --mute")
    advice = " or ".join(fits)
    reason = _reason(film, suffix, encoding, mute=mute)
    return Unsupported(
        f"{path}: {reason}; nothing was written" + (f". {advice[0].upper()}{advice[1:]}" if advice else "")
    )


def codec_of(film: Film, output: Path, encoding: Encoding) -> Codec:
    """What the pictures of `film` are encoded as in `output`."""
    holds = named(output).codecs
    if encoding.codec:
        return encoding.codec
    own = Codec(film.codec) if film.codec in list(Codec) else None
    if own in holds and not (own is Codec.AV1 and coded_as(own, film.pixels, film.size) is None):
        return own
    return Codec.H264 if Codec.H264 in holds else Codec.AV1


def _reason(film: Film, suffix: str, encoding: Encoding, *, mute: bool) -> str | None:
    """Why a file with this ending cannot hold `film`; None where it can."""
    output = Path(f"x{suffix}")
    codec = codec_of(film, output, encoding)
    reasons = (
        *_misfits(film, suffix, codec),
        _clock(film, suffix),
        None if mute else _sound(film, suffix),
        _start(film, suffix, mute=mute),
    )
    return next((reason for reason in reasons if reason), None)


def _misfits(film: Film, suffix: str, codec: Codec) -> Iterator[str]:
    container = CONTAINERS[suffix]
    name = codec.value.upper()
    if codec not in container.codecs:
        yield f"a {suffix} does not hold {name}"
    if coded_as(codec, film.pixels, film.size) is None:
        able = [other.value for other in Codec if coded_as(other, film.pixels, film.size) and other is not codec]
        yield f"pictures of {film.pixels}, {film.size[0]} x {film.size[1]}, cannot be encoded as {name}" + (
            f" (--codec {able[0]} can)" if able else ""
        )
    if film.interlaced and codec is not Codec.H264:
        yield f"interlaced pictures cannot be encoded as {name} here (--codec h264 can)"
    if film.rotation and not container.turns:
        yield f"a {suffix} cannot say that the picture is turned by {film.rotation} degrees"
    if film.shape not in (None, 1) and codec is Codec.AV1 and not container.shapes:
        yield f"AV1 in a {suffix} does not keep samples that are not square ({film.shape})"
    if film.view and film.codec != codec:
        yield f"that the film is {film.view} is only kept with its own codec ({film.codec})"


def _clock(film: Film, suffix: str) -> str | None:
    ticks = CONTAINERS[suffix].ticks
    if ticks is None:
        return None
    if (film.time_base * ticks).denominator == 1:
        return None
    first, step = _times(film.path)
    begins = first - film.start * film.time_base
    if (begins * ticks).denominator != 1 or (step * ticks).denominator != 1:
        return f"a {suffix} counts time in 1/{ticks} s, which does not say when these pictures are shown"
    return None


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[InputContainer]:
    try:
        with opened(path) as container:
            yield container
    except av.error.FFmpegError as error:
        raise Unreadable(f"{path}: cannot be read on ({error.strerror}); nothing was written. {REPAIR}") from None


@lru_cache(maxsize=16)
def _times(path: Path) -> tuple[Fraction, Fraction]:
    """When the first picture is shown, and the longest time of which all others are multiples apart, in seconds."""
    step = 0
    first: int | None = None
    with _reading(path) as container:
        video = picture_stream(container, path)
        base = video.time_base or Fraction(1)
        pts = [packet.pts for packet in container.demux(video) if packet.pts is not None and not packet.is_discard]
    first = min(pts, default=0)
    step = math.gcd(*(p - first for p in pts))
    return first * base, step * base


def _sound(film: Film, suffix: str) -> str | None:
    with opened(film.path) as source:
        for track in source.streams.audio:
            if not _takes(CONTAINERS[suffix], track):
                return f"a {suffix} does not hold {codec_name(track) or 'unknown'} sound"
    return None


def _start(film: Film, suffix: str, *, mute: bool) -> str | None:
    """Why a file with this ending cannot say when picture and sound begin."""
    if CONTAINERS[suffix].ticks is None:
        return None
    # what comes before the clock is a field of its own in Matroska, which is lost on the way to and from others
    said = suffix != ".ts" and film.container == "mkv"
    sound = [] if mute or said else [at for codec, at in _sounds(film) if codec != "opus" or suffix == ".ts"]
    if any(at < 0 for at in sound):
        return f"a {suffix} cannot say that the sound begins {float(-min(sound)):g} s before the picture's clock"
    if suffix != ".ts":
        return None
    picture = _times(film.path)[0] - film.start * film.time_base
    begins = min(picture, *sound, picture)
    return f"a {suffix} cannot say that nothing is to be seen or heard for {float(begins):g} s" if begins else None


def _sounds(film: Film) -> list[tuple[str | None, Fraction]]:
    """Codec of each track of sound, and when it begins, in seconds."""
    found: dict[int, tuple[str | None, Fraction]] = {}
    with _reading(film.path) as source:
        tracks = source.streams.audio
        for packet in source.demux(*tracks) if tracks else ():
            if packet.pts is not None and packet.stream_index not in found:
                at = (packet.pts - film.start) * packet.time_base
                found[packet.stream_index] = codec_name(packet.stream), at
            if len(found) == len(tracks):
                break
    return list(found.values())


def _takes(container: Container, track: AudioStream) -> bool:
    """Whether a header with this track can be written: the muxer's own word."""
    name = codec_name(track)
    if name is None or (container.sound is not None and name not in container.sound):
        return False
    with av.open(io.BytesIO(), "w", format=container.muxer) as trial:
        try:
            trial.add_stream_from_template(track)
            trial.start_encoding()
        except (av.error.FFmpegError, ValueError):
            return False
    return True
