"""What goes through the writer is the film it was: each picture, at its time, in its place, in its colours.

ffmpeg's own binary reads source and copy, and has nothing to complain of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.films import RGB, decoded, decodes, described, ffmpeg, film, heard, packets, pictures, shown, tone
from tests.media.copies import copied

from garim.core.errors import Unsupported
from garim.media import Reader, probe

Make = Callable[[Path], Path]


def coded(*words: str, pixels: str = "yuv420p", preset: str = "ultrafast") -> tuple[str, ...]:
    """Words for x264."""
    return ("-c:v", "libx264", "-preset", preset, "-crf", "8", "-pix_fmt", pixels, *words)


def made(folder: Path, *words: str, count: int = 20, name: str = "a.mp4", **more: object) -> Path:
    """A film of `count` pictures."""
    return film(folder / name, pictures(count), *words, **more)  # type: ignore[arg-type]  # passed on as it is


def recut(source: Path, *words: str, before: tuple[str, ...] = (), name: str = "b.mp4") -> Path:
    """The same packets in another container."""
    output = source.with_name(name)
    ffmpeg(*before, "-i", source, "-map", "0", "-c", "copy", *words, output)
    return output


def turned(degrees: int) -> Make:
    return lambda folder: recut(made(folder), before=("-display_rotation", str(degrees)))


def variable(folder: Path) -> Path:
    """The pause after each picture is longer than the one before, but for one of a single tick."""
    times = "setpts='(N*N*7+N*311+if(gt(N,20),1,0))/90000/TB'"
    fine = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
    return made(folder, "-vf", f"settb=1/90000,{times}", *fine, codec=coded(preset="veryfast"))


def later(folder: Path) -> Path:
    """The picture begins 0.7 s after the sound."""
    sound = made(folder, "-map", "0", "-map", "1", "-c:a", "aac", inputs=tone(440, 2))
    output = folder / "later.mp4"
    ffmpeg("-itsoffset", "0.7", "-i", sound, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", output)
    return output


def edited(folder: Path) -> Path:
    """Cut without decoding, in the middle of a group of pictures: an edit list hides the first ones."""
    long = made(folder, "-g", "25", "-c:a", "aac", "-map", "0", "-map", "1", count=60, inputs=tone(440, 2.4))
    return recut(long, before=("-ss", "0.5"))


FILMS: dict[str, Make] = {
    "plain": made,
    "b-frames": lambda folder: made(folder, codec=coded("-bf", "3", "-g", "12", preset="medium"), count=40),
    "open groups": lambda folder: made(
        folder, codec=coded("-bf", "3", "-g", "10", "-x264-params", "open-gop=1:scenecut=0", preset="medium"), count=40
    ),
    "one frame": lambda folder: made(folder, count=1),
    "two frames with b-frames": lambda folder: made(folder, codec=coded("-bf", "2", preset="medium"), count=2),
    "ntsc": lambda folder: made(folder, rate=Fraction(30000, 1001)),
    "variable rate": variable,
    "later than the sound": later,
    "edit list": edited,
    "turned by 90": turned(90),
    "turned by 180": turned(180),
    "turned by 270": turned(270),
    "pixels that are not square": lambda folder: made(folder, "-vf", "setsar=16/11"),
    "4:2:2": lambda folder: made(folder, codec=coded(pixels="yuv422p")),
    "4:4:4": lambda folder: made(folder, codec=coded(pixels="yuv444p")),
    "grey": lambda folder: made(folder, codec=coded(pixels="gray")),
    "10 bit": lambda folder: made(folder, codec=coded(pixels="yuv420p10le")),
    "10 bit 4:2:2": lambda folder: made(folder, codec=coded(pixels="yuv422p10le")),
    "full range": lambda folder: made(folder, "-vf", "scale=out_range=full", "-color_range", "pc"),
    "yuvj": lambda folder: made(folder, codec=coded(pixels="yuvj420p")),
    "wide colours": lambda folder: made(
        folder, "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc",
        codec=coded(pixels="yuv420p10le"),
    ),
    "european television": lambda folder: made(
        folder, "-color_primaries", "bt470bg", "-color_trc", "gamma28", "-colorspace", "bt470bg"
    ),
    "odd size": lambda folder: film(folder / "a.mp4", pictures(8, (321, 241)), codec=coded(pixels="yuv444p")),
    "2 x 2": lambda folder: film(folder / "a.mp4", pictures(8, (2, 2))),
    "quicktime": lambda folder: made(folder, name="a.mov"),
    "fragmented": lambda folder: made(folder, "-g", "10", "-movflags", "frag_keyframe+empty_moov"),
    "index first": lambda folder: made(folder, "-movflags", "faststart"),
    "parameter sets in the stream": lambda folder: made(
        folder, "-g", "10", codec=coded("-x264-params", "repeat-headers=1")
    ),
    "a turn that only the pictures tell": lambda folder: recut(
        made(folder), "-bsf:v", "h264_metadata=display_orientation=insert:rotate=90"
    ),
}  # fmt: skip
GREY = {"grey"}


MORE = {"10 bit 4:2:2", "european television", "4:2:2", "two frames with b-frames", "index first", "turned by 180"}


@pytest.fixture(scope="module", params=[pytest.param(k, marks=pytest.mark.slow) if k in MORE else k for k in FILMS])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def source(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FILMS[kind](tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def output(source: Path) -> Path:
    return copied(source)


def test_each_picture_is_there_at_its_time(kind: str, source: Path, output: Path) -> None:
    decodes(output)
    before, after = shown(source), shown(output)
    assert [p.at for p in after] == [p.at for p in before]
    # with pauses that differ and pictures out of order, how long each lasts is nobody's word: libav says what lies
    # between two packets
    if kind != "variable rate":
        assert [p.lasts for p in after] == [p.lasts for p in before]


@pytest.fixture(scope="module")
def expected(source: Path) -> RGB:
    return decoded(source)


def test_each_picture_looks_the_same(expected: RGB, output: Path) -> None:
    same_pictures(expected, decoded(output))


def same_pictures(before: RGB, after: RGB) -> None:
    """Red unless each picture is nearer to its own source than a codec's noise."""
    assert after.shape == before.shape
    far = np.abs(after.astype(np.int16) - before).mean(axis=(1, 2, 3))
    assert far.max() < 2.5


def traits(path: Path) -> list[str]:
    """What ffmpeg says of the picture: pixels, range, colours, size, aspect, rotation."""
    said = described(path)
    line = next(line for line in said.splitlines() if "Video: h264" in line)
    words = line.split("Video: h264")[1].split("), ", 1)[1].split(", ")
    line_up = [word for word in words if "kb/s" not in word and "fps" not in word and "tb" not in word]
    return line_up + re.findall(r"displaymatrix: .*", said)


def test_its_make_stays(kind: str, source: Path, output: Path) -> None:
    if kind == "a turn that only the pictures tell":
        pytest.skip("ffmpeg does not tell it beforehand either; the pictures are compared above")
    assert traits(output) == traits(source)


def test_the_reader_gives_what_a_player_shows_and_upright(source: Path, expected: RGB) -> None:
    with Reader(source) as reader:
        make = reader.film
        rows = [(frame.pts, frame.image(max(make.size), make.rotation)) for frame in reader.frames()]
    assert [pts * make.time_base for pts, _ in rows] == [p.at for p in shown(source)]
    seen = np.stack([image.bgr for _, image in rows]).astype(np.int16)
    assert make.upright == seen.shape[2:0:-1]
    assert seen.shape == expected.shape
    # ffmpeg and we convert by another road; another turn would be 60 levels away
    assert np.abs(seen - expected[..., ::-1]).mean() < 12
    assert {image.scale for _, image in rows} == {1.0}


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_small_image_is_upright_too(degrees: int, tmp_path: Path) -> None:
    source = turned(degrees)(tmp_path)
    with Reader(source) as reader:
        image = next(iter(reader.frames())).image(64, reader.film.rotation)
    expected = decoded(source)[0][2::5, 2::5, ::-1].astype(np.int16)
    assert image.scale == 0.2
    assert image.bgr.shape == expected.shape
    assert np.abs(image.bgr - expected).mean() < 12


def test_the_probe_says_what_a_film_is(tmp_path: Path) -> None:
    source = made(tmp_path, "-c:a", "aac", "-metadata:s:a", "language=kor", "-metadata", "title=x", inputs=tone(440))
    found = probe(source)
    assert (found.size, found.rotation, found.frames, found.codec, found.pixels) == (
        (320, 240),
        0,
        20,
        "h264",
        "yuv420p",
    )
    assert found.rate == 25
    assert found.seconds == pytest.approx(0.8)
    assert found.sound == ("aac, kor",)
    assert found.left_out == ("metadata of the file",)


SOUND = {
    "aac": (("-c:a", "aac"), "a.mp4"),
    "aac that begins late": (("-c:a", "aac", "-af", "asetpts=PTS+0.4/TB"), "a.mp4"),
    "mp3": (("-c:a", "libmp3lame"), "a.mp4"),
    "opus": (("-c:a", "libopus"), "a.mp4"),
    "ac3": (("-c:a", "ac3"), "a.mp4"),
    "pcm": (("-c:a", "pcm_s16le"), "a.mov"),
    "pcm, high and big-endian": (("-c:a", "pcm_s24be"), "a.mov"),
    "alac": (("-c:a", "alac"), "a.mov"),
}


@pytest.mark.parametrize("kind", list(SOUND))
def test_every_track_of_sound_stays_bit_for_bit(kind: str, tmp_path: Path) -> None:
    words, name = SOUND[kind]
    languages = ("-metadata:s:a:0", "language=kor", "-metadata:s:a:1", "language=eng")
    tracks = ("-map", "0", "-map", "1", "-map", "2", *words, *languages)
    source = made(tmp_path, *tracks, inputs=(*tone(440, 1.2), *tone(880, 1.2)), name=name)
    output = copied(source)
    decodes(output)
    for track in (0, 1):
        assert packets(output, f"a:{track}") == packets(source, f"a:{track}")
        assert plays(source, output, track)
    said = described(output)
    assert re.search(r"\(kor\): Audio", said)
    assert re.search(r"\(eng\): Audio", said)
    assert probe(output).sound == probe(source).sound


def plays(source: Path, output: Path, track: int) -> bool:
    """Whether the same is heard; what fills the last packet up may be heard too."""
    before, after = heard(source, track), heard(output, track)
    return after.startswith(before) and len(after) - len(before) < 2048 * 2


def test_sound_stays_in_step_under_an_edit_list(tmp_path: Path) -> None:
    source = edited(tmp_path)
    output = copied(source)
    assert heard(output) == heard(source)
    assert [p.at for p in packets(output, "a:0")] == [p.at for p in packets(source, "a:0")]


def test_muted_there_is_no_sound(tmp_path: Path) -> None:
    source = made(tmp_path, "-c:a", "aac", inputs=tone(440))
    output = copied(source, mute=True)
    assert "Audio" not in described(output)
    assert len(shown(output)) == 20


def test_a_quicktime_film_may_become_an_mp4(tmp_path: Path) -> None:
    source = made(tmp_path, "-c:a", "aac", name="a.mov", inputs=tone(440))
    output = copied(source, suffix=".mp4")
    decodes(output)
    assert "compatible_brands: isom" in described(output)
    assert packets(output, "a:0") == packets(source, "a:0")


def test_sound_that_mp4_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    source = made(tmp_path, "-c:a", "adpcm_ima_qt", name="a.mov", inputs=tone(440))
    with pytest.raises(Unsupported, match=r"adpcm_ima_qt.*--mute"):
        copied(source, suffix=".mp4")


def test_another_codec_is_refused_by_name(tmp_path: Path) -> None:
    source = made(tmp_path, codec=("-c:v", "prores"), name="a.mov")
    with pytest.raises(Unsupported, match="prores"):
        probe(source)


def test_pictures_that_cannot_be_encoded_are_refused_by_name(tmp_path: Path) -> None:
    source = made(tmp_path, codec=("-c:v", "libx264rgb", "-pix_fmt", "rgb24"))
    with pytest.raises(Unsupported, match="gbrp"):
        copied(source)


def test_another_ending_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"a\.copy\.avi.*\.mkv"):
        copied(made(tmp_path), suffix=".avi")


MIRRORED = {"left and right": "-display_hflip", "top and bottom": "-display_vflip"}


@pytest.mark.parametrize("way", list(MIRRORED))
def test_a_mirrored_film_is_refused_since_no_turn_makes_it_upright(way: str, tmp_path: Path) -> None:
    source = recut(made(tmp_path), before=(MIRRORED[way],))
    with pytest.raises(Unsupported, match="mirror"):
        probe(source)


def test_a_film_turned_by_less_than_a_quarter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="45"):
        probe(turned(45)(tmp_path))


def test_a_film_whose_pictures_change_size_is_refused(tmp_path: Path) -> None:
    raw = b""
    for size in ((320, 240), (160, 120)):
        part = film(tmp_path / f"{size[0]}.h264", pictures(10, size))
        raw += part.read_bytes()
    (tmp_path / "both.h264").write_bytes(raw)
    source = tmp_path / "both.mp4"
    ffmpeg("-i", tmp_path / "both.h264", "-c", "copy", source)
    with pytest.raises(Unsupported, match="size"):
        copied(source)
