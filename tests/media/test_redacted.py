"""Faces whose place is known are gone from films of every make, through all of `redact`, checked as by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from demo.clip import Key
from tests.films import RGB, crowd, decoded, decodes, film, leaks, shot, stands, tone, walk
from tests.media.sources import CODECS, recut

from garim.media import Codec, Encoding, probe
from garim.redact import redact

pytestmark = pytest.mark.weights


def coded(codec: str, pixels: str = "yuv420p", *words: str) -> Sequence[str]:
    return (*CODECS[codec].split(), "-pix_fmt", pixels, *words)


def plain(suffix: str, codec: Sequence[str], *words: str) -> Callable[[Path, list[RGB]], Path]:
    return lambda folder, content: film(folder / f"a{suffix}", content, *words, codec=codec)


def sounding(suffix: str, codec: Sequence[str], sound: str) -> Callable[[Path, list[RGB]], Path]:
    words = ("-map", "0", "-map", "1", "-c:a", sound)
    return lambda folder, content: film(folder / f"a{suffix}", content, *words, codec=codec, inputs=tone(440))


def turned(folder: Path, content: list[RGB]) -> Path:
    """Lying on its side, and told to be shown upright."""
    lying = film(folder / "lying.mkv", content, "-vf", "transpose=1", codec=coded("hevc", "yuv420p10le"))
    return recut(lying, "a.mkv", before=("-display_rotation", "90"))


FILMS: dict[str, tuple[Callable[[Path, list[RGB]], Path], Codec | None, str, str]] = {
    "vp9 webm": (sounding(".webm", coded("vp9"), "libopus"), None, ".webm", "av1"),
    "mjpeg avi": (sounding(".avi", coded("mjpeg", "yuvj422p"), "pcm_mulaw"), None, ".mov", "h264"),
    "mjpeg alone": (plain(".mjpeg", coded("mjpeg", "yuvj420p")), None, ".mp4", "h264"),
    "mpeg2 ts, interlaced": (
        plain(".ts", coded("mpeg2", "yuv420p", "-vf", "setfield=tff", "-flags", "+ildct+ilme")), None, ".ts", "h264"
    ),
    "hevc mkv, 10 bit, turned": (turned, None, ".mkv", "hevc"),
    "av1 mp4 to hevc": (plain(".mp4", coded("av1")), Codec.HEVC, ".mp4", "hevc"),
    "h264 mkv to av1": (plain(".mkv", coded("h264")), Codec.AV1, ".mkv", "av1"),
    "hevc mp4, grey": (plain(".mp4", coded("hevc", "gray")), None, ".mp4", "hevc"),
}  # fmt: skip


BARE = "mjpeg alone"
DEFAULT = ("vp9 webm", "mpeg2 ts, interlaced", "hevc mkv, 10 bit, turned")


@pytest.mark.parametrize(
    "kind",
    [
        *DEFAULT,
        *(pytest.param(k, marks=pytest.mark.slow) for k in FILMS if k not in (*DEFAULT, BARE)),
        BARE,
    ],
)
def test_no_face_leaks(kind: str, tmp_path: Path) -> None:
    make, codec, suffix, becomes = FILMS[kind]
    content, truths = crowd(
        shot(20, stands(90, 120, 90), walk(Key(0, 220, 110, 80), Key(0.8, 260, 130, 80), who=1, number=2))
    )
    done = redact(make(tmp_path, content), encoding=Encoding("veryfast", 14, codec))
    assert done.output.suffix == suffix
    assert probe(done.output).codec == becomes
    assert not done.residual
    decodes(done.output)
    before, after = decoded(done.source), decoded(done.output)
    assert leaks(before, after, truths) == []
    assert done.masked < 0.6
