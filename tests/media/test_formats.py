"""Each kind of film that comes in goes out as the film it was, in whatever it is written as; or is refused first.

ffmpeg makes each source and reads each copy: every picture, its time, size, shape of samples, turn, colours, range,
depth, fields; each track of sound, bit for bit; and what was painted is where it was painted, and nowhere else.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.films import BLACK, FFMPEG, decoded, decodes, described, ffmpeg, heard, packets, shown
from tests.media.copies import FINE, copied, fine
from tests.media.sources import SIZE, fields_apart, made, recut, source, turned

from garim.core.errors import GarimError, Unreadable, Unsupported
from garim.cover import fill
from garim.media import Codec, Encoding, Frame, Reader, output_suffix, probe, refuse_unfit

Make = Callable[[Path], Path]
BOX = (40, 32, 72, 64)  # even edges, so that no sample of colour is shared
PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
HLG = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
FULL = ("-vf", "scale=out_range=full", "-color_range", "pc")


# what comes in, and the ending and codec that it leaves with where nothing is asked for
FILMS: dict[str, tuple[Make, str, str]] = {
    "h264 mkv": (source("h264", ".mkv"), ".mkv", "h264"),
    "h264 ts": (source("h264", ".ts"), ".ts", "h264"),
    "h264 mkv 4:2:2 10 bit": (source("h264", ".mkv", pixels="yuv422p10le"), ".mkv", "h264"),
    "h264 mkv turned": (turned("h264", ".mkv", 270), ".mkv", "h264"),
    "hevc mp4": (source("hevc", ".mp4"), ".mp4", "hevc"),
    "hevc mov full range": (source("hevc", ".mov", *FULL), ".mov", "hevc"),
    "hevc mkv 4:2:2 10 bit": (source("hevc", ".mkv", pixels="yuv422p10le"), ".mkv", "hevc"),
    "hevc mp4 4:4:4 12 bit": (source("hevc", ".mp4", pixels="yuv444p12le"), ".mp4", "hevc"),
    "hevc mp4 red green blue": (source("hevc", ".mp4", pixels="gbrp"), ".mp4", "hevc"),
    "hevc mp4 grey": (source("hevc", ".mp4", pixels="gray"), ".mp4", "hevc"),
    "hevc mp4 pq": (source("hevc", ".mp4", "-vf", PQ, pixels="yuv420p10le"), ".mp4", "hevc"),
    "hevc mp4 hlg turned": (turned("hevc", ".mp4"), ".mp4", "hevc"),
    "hevc ts": (source("hevc", ".ts"), ".ts", "hevc"),
    "av1 mp4": (source("av1", ".mp4"), ".mp4", "av1"),
    "av1 webm 10 bit hlg": (source("av1", ".webm", "-vf", HLG, pixels="yuv420p10le"), ".webm", "av1"),
    "av1 mkv odd size": (source("av1", ".mkv", size=(161, 121)), ".mkv", "av1"),
    "av1 mp4 4:4:4": (source("av1", ".mp4", pixels="yuv444p"), ".mp4", "h264"),
    "av1 mp4 turned": (turned("av1", ".mp4", 180), ".mp4", "av1"),
    "av1 mp4 wide samples": (source("av1", ".mp4", "-vf", "setsar=16/11"), ".mp4", "av1"),
    "vp9 webm": (source("vp9", ".webm"), ".webm", "av1"),
    "vp9 webm 10 bit pq": (source("vp9", ".webm", "-vf", PQ, pixels="yuv420p10le"), ".webm", "av1"),
    "vp9 webm full range": (source("vp9", ".webm", *FULL), ".webm", "av1"),
    "vp9 webm 4:4:4": (source("vp9", ".webm", pixels="yuv444p"), ".mkv", "h264"),
    "vp9 mkv wide samples": (source("vp9", ".mkv", "-vf", "setsar=16/11"), ".mkv", "h264"),
    "vp9 webm wide samples": (source("vp9", ".webm", "-vf", "setsar=16/11"), ".mkv", "h264"),
    "vp9 mp4": (source("vp9", ".mp4"), ".mp4", "h264"),
    "vp8 webm": (source("vp8", ".webm"), ".webm", "av1"),
    "mjpeg avi": (source("mjpeg", ".avi", pixels="yuvj420p"), ".mp4", "h264"),
    "mjpeg avi 4:2:2, 30000/1001": (
        source("mjpeg", ".avi", pixels="yuvj422p", rate=Fraction(30000, 1001)), ".mp4", "h264"
    ),
    "mjpeg mov turned": (turned("mjpeg", ".mov"), ".mov", "h264"),
    "mjpeg alone": (source("mjpeg", ".mjpeg", pixels="yuvj444p"), ".mp4", "h264"),
    "mpeg4 avi": (source("mpeg4", ".avi"), ".mp4", "h264"),
    "mpeg4 mkv b-frames": (source("mpeg4", ".mkv", "-bf", "2"), ".mkv", "h264"),
    "mpeg2 ts": (source("mpeg2", ".ts"), ".ts", "h264"),
    "mpeg2 ts 4:2:2, wide": (source("mpeg2", ".ts", "-vf", "setdar=16/9", pixels="yuv422p"), ".ts", "h264"),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(FILMS))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    make, suffix, codec = FILMS[str(request.param)]
    return make(tmp_path_factory.mktemp("film")), suffix, codec


def test_it_goes_out_as_it_came(film: tuple[Path, str, str]) -> None:
    path, suffix, codec = film
    assert output_suffix(probe(path), FINE) == suffix
    goes(path, suffix, codec)


def goes(path: Path, suffix: str, codec: str, encoding: Encoding = FINE) -> Path:
    """The copy of a film; red where it is not the same."""
    output = copied(path, suffix=suffix, encoding=encoding, paint=box)
    decodes(output)
    assert moments(output) == moments(path)
    assert probe(output).codec == codec
    assert traits(output) == traits(path)
    looks_the_same(path, output)
    return output


def moments(path: Path) -> list[Fraction]:
    """When each picture is shown; a transport stream's clock starts anywhere."""
    at = [piece.at for piece in shown(path)]
    return [moment - at[0] for moment in at] if path.suffix in (".ts", ".m2ts") else at


def box(frame: Frame) -> None:
    fill(frame.planes(), np.array([BOX], np.float32))


def looks_the_same(path: Path, output: Path) -> None:
    before, after = (decoded(p, upright=False).astype(np.int16) for p in (path, output))
    assert before.shape == after.shape
    x1, y1, x2, y2 = BOX
    assert after[:, y1 + 6 : y2 - 6, x1 + 6 : x2 - 6].max() <= BLACK
    outside = np.ones(before.shape[1:3], bool)
    outside[y1 - 16 : y2 + 16, x1 - 16 : x2 + 16] = False
    assert np.abs(after - before)[:, outside].mean(axis=(1, 2)).max() < 3


def traits(path: Path) -> list[str]:
    """Pixels, range, colours, fields, size, shape of samples and turn, in ffmpeg's words."""
    said = described(path)
    line = next(line for line in said.splitlines() if "Video: " in line)
    pixels = re.search(r"(?:yuv|gbr|gray)\w*(?:\([^)]*\))?", line)
    assert pixels
    # limited range is what is meant where nothing is said, and whole pictures too
    plain = re.sub(r"\btv\b|\bprogressive\b|swapped|[(), ]+|top coded first|bottom coded first", " ", pixels[0])
    full = "full" if "yuvj" in plain or "pc" in plain.split() else ""
    words = sorted(set(plain.replace("yuvj", "yuv").split()) - {"pc"})
    size = re.search(r"\d+x\d+", line.split("Video: ")[1].split("), ", 1)[-1])
    shape = (re.findall(r"SAR (\d+:\d+)", line) or ["1:1"])[-1]
    return [*words, full, size[0] if size else "", shape, *re.findall(r"displaymatrix: .*", said)]


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        pytest.param("h264 mkv turned", ".mp4", marks=pytest.mark.slow),
        ("vp9 webm 10 bit pq", ".mkv"),
        pytest.param("mpeg4 avi", ".mp4", marks=pytest.mark.slow),
        ("hevc mp4", ".mkv"),
        pytest.param("vp9 webm full range", ".mp4", marks=pytest.mark.slow),
        pytest.param("av1 mp4 wide samples", ".mp4", marks=pytest.mark.slow),
        pytest.param("av1 mp4 turned", ".mkv", marks=pytest.mark.slow),
        pytest.param("mjpeg avi", ".mp4", marks=pytest.mark.slow),
    ],
)
def test_another_codec_keeps_all_but_the_codec(kind: str, suffix: str, codec: Codec, tmp_path: Path) -> None:
    goes(FILMS[kind][0](tmp_path), suffix, codec.value, fine(codec))


def test_hevc_plays_on_apples_machines(tmp_path: Path) -> None:
    output = copied(made(tmp_path, "h264", ".mov"), encoding=fine(Codec.HEVC))
    assert "hvc1" in described(output)


def fields(path: Path) -> set[str]:
    """T, B or P: what each picture says of its fields, as a player gets it."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-i", str(path), "-vf", "showinfo=checksum=0", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    return set(re.findall(r" i:(\w)", said))


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("kind", ["h264 mp4", "h264 ts", "mpeg2 ts", "mpeg2 mkv"])
def test_interlaced_stays_interlaced(kind: str, order: str, tmp_path: Path) -> None:
    codec, suffix = kind.split()
    words = {
        "h264": ("-flags", "+ildct", "-x264-params", f"{order}=1"),
        "mpeg2": ("-flags", "+ildct+ilme"),
    }[codec]
    path = made(tmp_path, codec, f".{suffix}", "-vf", f"setfield={order}", *words)
    output = goes_in_fields(path, order)
    looks_the_same(path, output)
    for other in (Codec.HEVC, Codec.AV1):
        with pytest.raises(Unsupported, match=r"interlaced.*h264"):
            refuse_unfit(probe(path), tmp_path / "b.mp4", fine(other))


def goes_in_fields(path: Path, order: str) -> Path:
    output = copied(path, paint=box if probe(path).size == SIZE else None)
    decodes(output)
    assert moments(output) == moments(path)
    assert fields(path) == fields(output) == {order[0].upper()}
    assert ("top first" if order == "tff" else "bottom first") in described(output)
    return output


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_fields_that_come_apart_are_one_picture(order: str, tmp_path: Path) -> None:
    path = fields_apart(tmp_path / "a.ts", bottom_first=order == "bff")
    assert probe(path).rate == 25
    output = goes_in_fields(path, order)
    assert np.abs(decoded(output).astype(int) - decoded(path)).mean() < 2


def test_a_field_that_is_missing_is_no_shorter_film(tmp_path: Path) -> None:
    path = fields_apart(tmp_path / "a.ts")
    whole = path.read_bytes()
    # the second field of the sixth picture: its packets become padding, and the counters of the rest are set back
    rows = [bytearray(whole[at : at + 188]) for at in range(0, len(whole), 188)]
    video = [row for row in rows if (row[1] & 0x1F) << 8 | row[2] == 0x100]
    starts = [number for number, row in enumerate(video) if row[1] & 0x40]
    for row in video[starts[11] : starts[12]]:
        row[1:3] = b"\x1f\xff"
    left = [row for row in video if row[1] & 0x1F != 0x1F]
    for number, row in enumerate(left):
        row[3] = row[3] & 0xF0 | number % 16
    path.write_bytes(b"".join(map(bytes, rows)))
    with pytest.raises(GarimError):
        copied(path)


def test_interlaced_hevc_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "hevc", ".mp4", "-vf", "setfield=tff", "-x265-params", "interlace=tff:log-level=none")
    with pytest.raises(Unsupported, match="interlaced HEVC"):
        probe(path)


MASTERED = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_light_it_was_mastered_in_stays(suffix: str, codec: Codec, tmp_path: Path) -> None:
    words = f"log-level=none:bframes=3:hdr10=1:master-display={MASTERED}:max-cll=1000,400"
    path = made(tmp_path, "hevc", suffix, "-vf", PQ, "-x265-params", words, pixels="yuv420p10le")
    before, after = probe(path).light, probe(copied(path, encoding=fine(codec))).light
    assert before.content == after.content == (1000, 400)
    assert before.primaries[0] == Fraction(34000, 50000)
    # AV1 counts in powers of two
    for name in ("primaries", "luminance"):
        assert [float(v) for v in getattr(after, name)] == pytest.approx(
            [float(v) for v in getattr(before, name)], 1e-2
        )


SOUNDS = {
    ".mkv": ("aac", "libopus", "flac", "pcm_s16le", "ac3", "libvorbis"),
    ".webm": ("libopus", "libvorbis"),
    ".ts": ("aac", "mp2", "ac3"),
    ".avi": ("pcm_s16le", "libmp3lame"),
    ".mp4": ("aac", "libopus", "ac3"),
}


@pytest.mark.parametrize(
    ("suffix", "outputs"),
    [(".mkv", (".mkv", ".mp4")), (".webm", (".webm", ".mkv")), (".ts", (".ts", ".mp4")), (".avi", (".mp4", ".mkv"))],
)
def test_every_track_of_sound_stays(suffix: str, outputs: tuple[str, ...], tmp_path: Path) -> None:
    codec = {".webm": "vp8", ".avi": "mjpeg"}.get(suffix, "h264")
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = made(tmp_path, codec, suffix, sound=SOUNDS[suffix], pixels=pixels)
    for other in outputs:
        output = copied(path, suffix=other)
        decodes(output)
        assert len(probe(output).sound) == len(SOUNDS[suffix])
        for track, kind in enumerate(SOUNDS[suffix]):
            if kind not in ("aac", "mp2") or other == suffix:  # AAC leaves its frames' headers, MP2 its name, behind
                assert [p.hash for p in packets(output, f"a:{track}")] == [
                    p.hash for p in packets(path, f"a:{track}")
                ], kind
            in_step(path, output, track, same=other == suffix)


def in_step(path: Path, output: Path, track: int, *, same: bool) -> None:
    """Red unless the same is heard, to the sample; from one container to another, to the millisecond."""
    before, after = (np.frombuffer(heard(p, track), np.int16).astype(np.int32) for p in (path, output))
    if same:
        assert (before == after).all()
        return
    length = min(len(before), len(after)) - 4096
    offsets = range(-48, 49)
    middle = before[2048:length]
    assert min(np.abs(after[2048 + o : length + o] - middle).max() for o in offsets if 2048 + o >= 0) <= 2


@pytest.mark.parametrize("offset", ["0", "5000", "95443.2"])  # the last: the clock turns over midway
@pytest.mark.parametrize("suffix", [".ts", ".mp4"])
def test_a_streams_clock_may_start_anywhere(suffix: str, offset: str, tmp_path: Path) -> None:
    path = made(tmp_path, "h264", ".ts", "-output_ts_offset", offset, sound=("mp2",))
    output = copied(path, suffix=suffix)
    decodes(output)
    assert moments(output)[0] < 1
    times = [[frame.pts * r.film.time_base for frame in r.frames()] for r in map(Reader, (path, output))]
    assert times[0] == times[1]
    sounds = [min(p.at for p in packets(p, "a:0")) - min(p.at for p in packets(p, "v:0")) for p in (path, output)]
    assert abs(sounds[0] - sounds[1]) < Fraction(1, 10)
    assert min(times[0]) >= 0


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mkv"), ("vp9", ".webm"), ("hevc", ".mp4")])
def test_pauses_that_differ_stay(codec: str, suffix: str, tmp_path: Path) -> None:
    words = ("-vf", "settb=1/1000,setpts='N*40+N*N*3'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    path = made(tmp_path, codec, suffix, *words)
    for other in {suffix, ".mp4"}:
        assert moments(copied(path, suffix=other)) == moments(path)


def test_a_picture_that_avi_repeats_is_shown_longer(tmp_path: Path) -> None:
    words = ("-vf", "setpts='if(gt(N,5),N+6,N)/25/TB'", "-fps_mode", "passthrough")
    path = made(tmp_path, "mjpeg", ".avi", *words, pixels="yuvj420p", count=12)
    output = copied(path, suffix=".mp4")
    assert moments(output) == [Fraction(n + 6 * (n > 5), 25) for n in range(12)]


@pytest.mark.parametrize("codec", ["h264", "mpeg4"])
def test_avi_with_b_frames_is_shown_in_order(codec: str, tmp_path: Path) -> None:
    """AVI says when a picture is read only; libav guesses, and shows some of these before those before them."""
    path = made(tmp_path, codec, ".avi", "-bf", "2")
    output = copied(path, suffix=".mp4", paint=box)
    assert moments(output) == [Fraction(n, 25) for n in range(24)]
    looks_the_same(path, output)


def test_a_picture_without_a_time_is_refused_by_that_name(tmp_path: Path) -> None:
    raw = tmp_path / "a.h264"
    ffmpeg("-i", made(tmp_path, "h264", ".mp4"), "-c", "copy", raw)
    with pytest.raises((Unsupported, Unreadable)):
        probe(raw)


def test_a_film_that_changes_between_whole_and_interlaced_is_refused(tmp_path: Path) -> None:
    whole = made(tmp_path, "h264", ".ts").read_bytes()
    words = ("-vf", "setfield=tff", "-flags", "+ildct", "-x264-params", "tff=1", "-output_ts_offset", "2")
    halves = made(tmp_path, "h264", ".ts", *words).read_bytes()
    (tmp_path / "both.ts").write_bytes(whole + halves)
    joined = recut(tmp_path / "both.ts", "joined.mkv")
    with pytest.raises((Unsupported, Unreadable)):
        copied(joined)
