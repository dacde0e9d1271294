"""A film that was cut or damaged is an error, wherever its container or its decoder can tell; where neither can, the
test says so."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest
from tests.films import ffmpeg
from tests.media.copies import copied
from tests.media.sources import COUNT, made, recut

from garim.core.errors import GarimError, Unreadable
from garim.media import Reader

KINDS = {
    "h264 mkv": ("h264", ".mkv", "aac"),
    "hevc mkv": ("hevc", ".mkv", None),
    "vp9 webm": ("vp9", ".webm", "libopus"),
    "mjpeg mkv": ("mjpeg", ".mkv", None),
    "av1 mp4": ("av1", ".mp4", "aac"),
    "hevc mp4": ("hevc", ".mp4", None),
    "mjpeg avi": ("mjpeg", ".avi", "pcm_s16le"),
    "mpeg4 avi": ("mpeg4", ".avi", None),
    "mjpeg alone": ("mjpeg", ".mjpeg", None),
}


@pytest.fixture(scope="module", params=list(KINDS))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    codec, suffix, sound = KINDS[str(request.param)]
    folder = tmp_path_factory.mktemp("whole")
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    return made(folder, codec, suffix, sound=(sound,) if sound else (), pixels=pixels)


def count(path: Path) -> int:
    with Reader(path) as reader:
        return sum(1 for _ in reader.frames())


def cuts(length: int, seed: int = 3) -> list[int]:
    draw = random.Random(seed)
    return sorted({length - 1, length - 2, length - 8, length - 64, *(draw.randrange(1, length) for _ in range(24))})


def test_what_was_cut_anywhere_is_refused(whole: Path) -> None:
    content = whole.read_bytes()
    assert count(whole) == COUNT
    cut = whole.with_name(f"cut{whole.suffix}")
    for length in cuts(len(content)):
        cut.write_bytes(content[:length])
        with pytest.raises(Unreadable, match="nothing was written"):
            count(cut)


def test_a_flipped_bit_never_makes_a_shorter_film(whole: Path) -> None:
    content = whole.read_bytes()
    # an MP4's tables have no second witness; a bit of theirs may say anything
    places = range(len(content)) if whole.suffix != ".mp4" else range(content.index(b"mdat"), content.rindex(b"moov"))
    flipped = whole.with_name(f"flipped{whole.suffix}")
    draw = random.Random(4)
    for _ in range(24):
        changed = bytearray(content)
        changed[draw.choice(places)] ^= 1 << draw.randrange(8)
        flipped.write_bytes(changed)
        try:
            assert count(flipped) == COUNT
        except GarimError:
            continue


def test_matroskas_own_sums_tell_every_flip(tmp_path: Path) -> None:
    source = made(tmp_path, "vp9", ".mkv")
    content = source.read_bytes()
    draw = random.Random(5)
    for _ in range(24):
        changed = bytearray(content)
        changed[draw.randrange(len(changed) // 4, len(changed))] ^= 1 << draw.randrange(8)
        source.write_bytes(changed)
        with pytest.raises(GarimError):
            count(source)


def test_a_sum_that_is_right_is_believed(tmp_path: Path) -> None:
    """The sum is Matroska's own, over what follows it in the element."""
    content = made(tmp_path, "vp9", ".mkv").read_bytes()
    at = content.index(b"\x1f\x43\xb6\x75")
    start = content.index(b"\xbf\x84", at)
    size = int.from_bytes(content[at + 4 : start], "big") & (1 << 7 * (start - at - 4)) - 1
    told = int.from_bytes(content[start + 2 : start + 6], "little")
    assert told == zlib.crc32(content[start + 6 : start + size])


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2"])
def test_a_stream_that_was_cut_inside_a_packet_is_refused(codec: str, tmp_path: Path) -> None:
    source = made(tmp_path, codec, ".ts", sound=("mp2",))
    content = source.read_bytes()
    for length in cuts(len(content)):
        source.write_bytes(content[: length - (length % 188 == 0)])
        with pytest.raises(Unreadable):
            count(source)


def test_a_stream_that_was_cut_between_pictures_is_a_shorter_one(tmp_path: Path) -> None:
    """The limit of the promise: a transport stream says neither how long it is nor where it ends."""
    source = made(tmp_path, "h264", ".ts")
    content = source.read_bytes()
    starts = [at for at in range(0, len(content), 188) if content[at + 1] & 0x5F == 0x41 and content[at + 2] == 0]
    source.write_bytes(content[: starts[12]])
    assert count(source) == 12


@pytest.mark.parametrize("take", [range(40, 41), range(40, 43), range(60, 75)])  # sixteen would not be missed
def test_packets_that_are_missing_from_a_stream_are_missed(take: range, tmp_path: Path) -> None:
    source = made(tmp_path, "h264", ".ts")
    content = source.read_bytes()
    rows = [content[at : at + 188] for at in range(0, len(content), 188)]
    video = [number for number, row in enumerate(rows) if (row[1] & 0x1F) << 8 | row[2] == 0x100]
    gone = {video[number] for number in take}
    source.write_bytes(b"".join(row for number, row in enumerate(rows) if number not in gone))
    with pytest.raises(Unreadable, match="lost packets"):
        count(source)


def test_a_packet_may_come_twice(tmp_path: Path) -> None:
    source = made(tmp_path, "h264", ".ts")
    content = source.read_bytes()
    source.write_bytes(content[: 188 * 41] + content[188 * 40 :])
    assert count(source) == COUNT


def marked(path: Path, byte: int, bits: int) -> Path:
    """The stream with a mark on one packet of its picture."""
    content = bytearray(path.read_bytes())
    at = next(at for at in range(188 * 30, len(content), 188) if content[at + 1] & 0x1F == 1 and content[at + 2] == 0)
    content[at + byte] |= bits
    path.write_bytes(content)
    return path


def test_encrypted_and_faulty_packets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="encrypted"):
        count(marked(made(tmp_path, "h264", ".ts"), 3, 0x80))
    with pytest.raises(Unreadable, match="marked as damaged"):
        count(marked(made(tmp_path, "h264", ".ts"), 1, 0x80))


def test_packets_of_cameras_with_a_clock_before_each_are_read(tmp_path: Path) -> None:
    source = recut(made(tmp_path, "h264", ".mp4"), "a.m2ts", "-mpegts_m2ts_mode", "1")
    assert source.read_bytes()[4] == 0x47
    assert count(source) == COUNT


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".avi"])
def test_two_films_in_one_file_are_not_one_of_them(suffix: str, tmp_path: Path) -> None:
    source = made(tmp_path, "mpeg2" if suffix == ".ts" else "mjpeg", suffix, pixels="yuv420p")
    source.write_bytes(source.read_bytes() * 2)
    with pytest.raises(Unreadable):
        count(source)


def test_a_film_made_while_it_was_sent_is_read(tmp_path: Path) -> None:
    """A browser's recording says no size of anything; what ends in the middle of something is still told."""
    source = made(tmp_path, "vp9", ".webm", "-live", "1", "-cluster_time_limit", "200")
    content = source.read_bytes()
    assert b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" in content
    assert count(source) == COUNT
    source.write_bytes(content[:-3])
    with pytest.raises(Unreadable):
        count(source)


def test_a_damaged_h264_film_is_told_every_time(tmp_path: Path) -> None:
    """Decoders that work side by side lose the mark on a picture now and then."""
    source = made(tmp_path, "h264", ".ts")
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2 // 188 * 188])
    answers = set()
    for _ in range(20):
        try:
            answers.add(str(count(source)))
        except Unreadable as error:
            answers.add(str(error))
    assert len(answers) == 1


def test_a_list_of_files_is_no_film_by_any_ending(tmp_path: Path) -> None:
    made(tmp_path, "h264", ".ts")
    for name in ("list.mkv", "list.avi", "list.ts", "list.mjpeg", "list.webm"):
        (tmp_path / name).write_text("ffconcat version 1.0\nfile a.ts\n")
        with pytest.raises(Unreadable):
            copied(tmp_path / name)


def test_sound_that_a_stream_begins_midway_is_not_lost_in_silence(tmp_path: Path) -> None:
    mute = made(tmp_path, "h264", ".ts").read_bytes()
    (tmp_path / "b").mkdir()
    words = ("-output_ts_offset", "0.96", "-mpegts_start_pid", "0x200")
    other = made(tmp_path / "b", "h264", ".ts", *words, sound=("mp2",)).read_bytes()
    # only the sound of the second, whose packets have a number of their own
    late = [other[at : at + 188] for at in range(0, len(other), 188) if other[at + 1 : at + 3] != b"\x02\x00"]
    sound = b"".join(row for row in late if (row[1] & 0x1F) << 8 | row[2] == 0x201)
    source = tmp_path / "late.ts"
    source.write_bytes(mute + sound)
    with pytest.raises(Unreadable, match="midway"):
        count(source)


def test_the_real_thing_is_read_by_ffmpeg_too(whole: Path) -> None:
    assert ffmpeg("-i", whole, "-map", "0:v:0", "-f", "framecrc", "-").decode().count("\n0,") == COUNT
