"""What does not fit its output as it is is refused before anything is written, with the reason, and what would do."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from tests.films import described
from tests.media.copies import FINE, copied, fine
from tests.media.sources import made, recut, source, turned

from garim.core.errors import Unsupported
from garim.media import Codec, output_suffix, probe, refuse_unfit

Make = Callable[[Path], Path]

REFUSED: dict[str, tuple[Make, str, Codec | None, str]] = {
    "avi cannot say when": (source("h264", ".mp4"), ".avi", None, r"AVI.*\.mkv"),
    "no such ending": (source("h264", ".mp4"), ".flv", None, r"\.webm"),
    "av1 in mov": (source("av1", ".mp4"), ".mov", Codec.AV1, r"\.mov does not hold AV1.*Name a \.mp4"),
    "h264 in webm": (source("vp9", ".webm"), ".webm", Codec.H264, r"\.webm does not hold H264.*\.mp4"),
    "av1 in ts": (source("h264", ".ts"), ".ts", Codec.AV1, r"\.ts does not hold AV1.*\.mp4"),
    "12 bit in h264": (source("hevc", ".mp4", pixels="yuv420p12le"), ".mp4", Codec.H264, "--codec hevc can"),
    "4:4:4 in av1": (source("vp9", ".webm", pixels="yuv444p"), ".webm", None, r"yuv444p.*AV1.*Name a \.mp4"),
    "4:4:0": (source("vp9", ".webm", pixels="yuv440p"), ".mkv", None, "yuv440p"),
    "odd sizes in h264": (source("vp9", ".webm", size=(161, 121)), ".mkv", None, "161 x 121.*--codec av1 can"),
    "a turn in ts": (turned("h264", ".mp4"), ".ts", None, r"turned by 90.*Name a \.mp4"),
    "wide samples in av1 in webm": (source("vp9", ".webm", "-vf", "setsar=2"), ".webm", None, "not square"),
    "thirtieths in mkv": (source("h264", ".mp4", rate=30), ".mkv", None, r"1/1000 s.*Name a \.mp4"),
    "24000/1001 in ts": (source("h264", ".mp4", rate=Fraction(24000, 1001)), ".ts", None, r"1/90000 s"),
    "nothing at first, in ts": (
        lambda folder: recut(made(folder, "h264", ".mp4"), "late.mp4", before=("-itsoffset", "0.4")),
        ".ts", None, "0.4 s",
    ),
    "aac's beginning in mkv": (source("h264", ".mp4", sound=("aac",)), ".mkv", None, r"sound begins 0.0213.*--mute"),
    "flac in ts": (source("h264", ".mkv", sound=("flac",)), ".ts", None, r"flac.*Name a \.mp4.*--mute"),
    "pcm in webm": (source("h264", ".mov", sound=("pcm_s16le",)), ".webm", None, r"pcm_s16le"),
    "mu-law in mp4": (source("mjpeg", ".avi", sound=("pcm_mulaw",)), ".mp4", None, r"pcm_mulaw.*Name a \.mov"),
    "windows' sound": (source("mpeg4", ".avi", sound=("wmav2",)), ".mkv", None, r"wmav2.*--mute"),
    "two eyes in another codec": (
        lambda folder: recut(made(folder, "h264", ".mkv"), "b.mkv", "-metadata:s:v", "stereo_mode=left_right"),
        ".mkv", Codec.HEVC, "two eyes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(REFUSED))
def test_what_does_not_fit_is_refused_before_anything_is_written(kind: str, tmp_path: Path) -> None:
    make, suffix, codec, words = REFUSED[kind]
    path = make(tmp_path)
    output = tmp_path / f"a.copy{suffix}"
    with pytest.raises(Unsupported, match=words) as refusal:
        refuse_unfit(probe(path), output, fine(codec))
    assert "\n" not in str(refusal.value)
    assert "nothing was written" in str(refusal.value)
    with pytest.raises(Unsupported):
        copied(path.rename(tmp_path / f"a{path.suffix}"), suffix=suffix, encoding=fine(codec))
    assert not output.exists()


INSTEAD = {
    "mu-law": (source("mjpeg", ".avi", sound=("pcm_mulaw",), pixels="yuvj420p"), ".mov"),
    "vorbis and wide samples": (source("vp9", ".webm", "-vf", "setsar=2", sound=("libvorbis",)), ".mkv"),
    "a turned quicktime film in av1": (turned("h264", ".mov"), ".mp4"),
}


@pytest.mark.parametrize("kind", list(INSTEAD))
def test_the_nearest_container_is_named_where_its_own_does_not_do(kind: str, tmp_path: Path) -> None:
    make, suffix = INSTEAD[kind]
    path = make(tmp_path)
    encoding = fine(Codec.AV1 if "av1" in kind else None)
    assert output_suffix(probe(path), encoding) == suffix
    copied(path, suffix=suffix, encoding=encoding)


def test_no_container_does_and_the_film_is_told(tmp_path: Path) -> None:
    path = made(tmp_path, "mpeg4", ".avi", sound=("wmav2",))
    with pytest.raises(Unsupported, match=r"wmav2.*--mute"):
        output_suffix(probe(path), FINE)
    assert output_suffix(probe(path), FINE, mute=True) == ".mp4"


def test_transparency_is_not_dropped_in_silence(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="transparent"):
        probe(made(tmp_path, "vp9", ".webm", pixels="yuva420p"))


def test_a_view_for_two_eyes_stays_one(tmp_path: Path) -> None:
    path = recut(made(tmp_path, "h264", ".mkv"), "b.mkv", "-metadata:s:v", "stereo_mode=left_right")
    assert "side by side" in described(copied(path))
