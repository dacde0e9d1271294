"""What is neither picture nor sound does not reach the output: each thing is planted, seen in the source, and gone.

The planted words are looked for among the bytes of the file, whatever box they might hide in.
"""

from __future__ import annotations

import struct
import uuid
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.films import CODEC, decodes, described, ffmpeg, film, pictures, tone
from tests.media.copies import copied

from garim.media import probe

SECRET = "Bucheon-Sosa-119"
TAGS = ("-metadata", f"title={SECRET}", "-metadata", f"comment={SECRET}", "-metadata", f"artist={SECRET}")


def planted(source: Path, words: str | bytes = SECRET) -> Path:
    """The copy of `source`, which held `words`; red where any of the two files is not as it should be."""
    secret = words.encode() if isinstance(words, str) else words
    assert secret in source.read_bytes()
    output = copied(source)
    assert secret not in output.read_bytes()
    decodes(output)
    return output


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
def test_tags_of_the_file(name: str, tmp_path: Path) -> None:
    source = film(tmp_path / name, pictures(5), *TAGS, "-movflags", "use_metadata_tags")
    planted(source)
    assert "metadata of the file" in probe(source).left_out


@pytest.mark.parametrize("stream", ["v", "a"])
def test_names_of_streams(stream: str, tmp_path: Path) -> None:
    names = (f"-metadata:s:{stream}", f"handler_name={SECRET}", f"-metadata:s:{stream}", f"title={SECRET}")
    source = film(tmp_path / "a.mov", pictures(5), *names, "-c:a", "aac", inputs=tone(440, 0.2))
    planted(source)


PLACE = "+37.4989+126.7831/"


def test_the_place_in_an_mp4(tmp_path: Path) -> None:
    planted(film(tmp_path / "a.mp4", pictures(5), "-metadata", f"location={PLACE}"), b"loci")


@pytest.mark.parametrize("key", ["location", "com.apple.quicktime.location.ISO6709"])
def test_the_place_in_a_quicktime_film(key: str, tmp_path: Path) -> None:
    tags = () if key == "location" else ("-movflags", "use_metadata_tags")
    planted(film(tmp_path / "a.mov", pictures(5), "-metadata", f"{key}={PLACE}", *tags), PLACE)


def test_when_it_was_made(tmp_path: Path) -> None:
    made = "2021-07-04T05:06:07"
    source = film(
        tmp_path / "a.mp4", pictures(5), "-metadata", f"creation_time={made}Z", "-c:a", "aac", inputs=tone(440)
    )
    seconds = datetime.fromisoformat(made).replace(tzinfo=UTC) - datetime(1904, 1, 1, tzinfo=UTC)
    output = planted(source, struct.pack(">I", int(seconds.total_seconds())))
    assert made in described(source)
    assert "creation_time" not in described(output)


def test_the_camera(tmp_path: Path) -> None:
    words = ("-metadata", f"make={SECRET}", "-metadata", f"model={SECRET}", "-metadata", f"encoder={SECRET}")
    planted(film(tmp_path / "a.mov", pictures(5), *words, "-movflags", "use_metadata_tags"))


def test_what_made_the_copy_is_not_told_either(tmp_path: Path) -> None:
    said = described(copied(film(tmp_path / "a.mp4", pictures(5))))
    assert "Lavf" not in said


def test_timecode(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mov", pictures(5), "-timecode", "13:14:15:16")
    assert "Data: none (tmcd" in described(source)
    output = planted(source, b"tmcd")
    assert "13:14:15:16" not in described(output)
    assert any("data stream" in what for what in probe(source).left_out)


def test_subtitles(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(f"1\n00:00:00,000 --> 00:00:00,150\n{SECRET}\n")
    words = ("-map", "0", "-map", "1", "-c:s", "mov_text")
    source = film(tmp_path / "a.mp4", pictures(5), *words, inputs=("-i", tmp_path / "a.srt"))
    assert "Subtitle: mov_text" in described(source)
    assert "Subtitle" not in described(planted(source))


def test_chapters(tmp_path: Path) -> None:
    chapters = f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=200\ntitle={SECRET}\n"
    (tmp_path / "a.txt").write_text(chapters)
    words = ("-map", "0", "-map_chapters", "1")
    source = film(tmp_path / "a.mp4", pictures(5), *words, inputs=("-i", tmp_path / "a.txt"))
    assert "Chapter #0:0" in described(source)
    assert "Chapter" not in described(planted(source))
    assert "chapter names" in probe(source).left_out


def test_the_cover_picture(tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)).save(cover)
    plain = film(tmp_path / "plain.mp4", pictures(5))
    source = tmp_path / "a.mp4"
    ffmpeg("-i", plain, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", source)
    assert "attached pic" in described(source)
    output = planted(source, cover.read_bytes()[40:200])
    assert described(output).count("Video:") == 1
    assert any("video stream" in what for what in probe(source).left_out)


def stream_of(source: Path) -> bytes:
    """The pictures of a film as a bare H.264 stream."""
    return ffmpeg("-i", source, "-map", "0:v", "-c", "copy", "-f", "h264", "-")


def with_sei(source: Path, payload: bytes, kind: int) -> Path:
    """`source` with a message before each picture: supplemental information of H.264, D.1."""
    body = bytes([kind, len(payload)]) + payload + b"\x80"
    assert b"\0\0" not in body, "would have to be escaped"
    nal = b"\0\0\0\1\x06" + body
    pieces = stream_of(source).split(b"\0\0\1")
    slices = (b"\x65", b"\x41", b"\x01", b"\x61", b"\x21")
    joined = pieces[0]
    for piece in pieces[1:]:
        start = b"\0\0\1" + piece
        joined += (nal[1:] + start) if piece[:1] in slices else start
    (source.parent / "sei.h264").write_bytes(joined)
    output = source.with_name("sei.mp4")
    ffmpeg("-r", "25", "-i", source.parent / "sei.h264", "-c", "copy", output)
    return output


def side_data(path: Path) -> str:
    """What hangs on the first pictures beside their samples."""
    with av.open(str(path)) as container:
        return " ".join(str(data) for frame in container.decode(video=0) for data in frame.side_data)


def captions(text: bytes) -> bytes:
    """Line 21 captions in A/53 clothes: two characters a picture, each with odd parity."""
    pairs = b"".join(b"\xfc" + bytes(c | (0 if c.bit_count() % 2 else 0x80) for c in text[i : i + 2]) for i in (0, 2))
    return b"\xb5\x00\x31GA94\x03" + bytes([0x40 | 2, 0xFF]) + pairs + b"\xff"


def test_closed_captions(tmp_path: Path) -> None:
    message = captions(b"KIM!")
    source = with_sei(film(tmp_path / "a.mp4", pictures(5), codec=SLICED), message, 4)
    assert "A53_CC" in side_data(source)
    output = planted(source, message)
    assert "A53_CC" not in side_data(output)
    assert b"GA94" not in output.read_bytes()


def test_words_of_the_maker_in_the_stream(tmp_path: Path) -> None:
    plain = film(tmp_path / "a.mp4", pictures(5))
    source = tmp_path / "b.mp4"
    message = f"{uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF).hex}+{SECRET}"
    ffmpeg("-i", plain, "-c", "copy", "-bsf:v", f"h264_metadata=sei_user_data={message}", source)
    planted(source)


def test_bytes_between_the_boxes(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", pictures(5))
    with source.open("ab") as file:
        file.write(struct.pack(">I", 8 + 16 + len(SECRET)) + b"uuid" + bytes(16) + SECRET.encode())
        file.write(struct.pack(">I", 8 + len(SECRET)) + b"free" + SECRET.encode())
    planted(source)


def test_the_place_in_a_track_of_measurements(tmp_path: Path) -> None:
    """Action cameras write position and speed as a data track; here one is made of the timecode's."""
    source = film(tmp_path / "a.mov", pictures(5), "-timecode", "01:02:03:04", "-metadata", f"title={SECRET}")
    content = source.read_bytes()
    source.write_bytes(content.replace(b"tmcd", b"gpmd"))
    output = planted(source, b"gpmd")
    assert described(output).count("Stream #") == 1


SLICED = (*CODEC, "-x264-params", "slices=1:aud=0")
