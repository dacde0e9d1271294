"""Promise: what is no film of one moving picture is refused by its content, whatever its name, and nothing that it
points to is opened."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from tests.attacks.harness import here, refused, untouched
from tests.films import ffmpeg, film, pictures, tone

pytestmark = pytest.mark.weights


@contextlib.contextmanager
def bait(path: Path) -> Iterator[threading.Event]:
    """A named pipe at `path`, and an event that is set once anybody opens it."""
    os.mkfifo(path)
    opened = threading.Event()

    def wait() -> None:
        os.close(os.open(path, os.O_WRONLY))
        opened.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    yield opened
    if not opened.is_set():
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    thread.join(10)
    path.unlink()


CONTENTS = {
    "empty": b"",
    "one byte": b"\0",
    "text": b"This is a letter, not a film.\n" * 50,
    "zeros": bytes(100_000),
    "noise": bytes(i * i * 31 % 251 for i in range(50_000)),
    "a header alone": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a header that promises the world": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\xff\xff\xff\xffmoov",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="bait.bin"/></svg>',
    "html": b'<html><img src="bait.bin"></html>',
}


@pytest.mark.parametrize("kind", list(CONTENTS))
def test_what_is_no_film(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(CONTENTS[kind])
    with untouched(tmp_path):
        refused(here("redact", source), 3, str(source))


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    refused(here("redact", tmp_path / "film.mp4"), 3, "empty")


POINTERS = {
    "concat script": "ffconcat version 1.0\nfile bait.bin\n",
    "concat script, by its address": "ffconcat version 1.0\nfile file:{bait}\n",
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nbait.bin\n#EXT-X-ENDLIST\n",
    "playlist, by its address": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{bait}\n#EXT-X-ENDLIST\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation>'
    "<BaseURL>bait.bin</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


@pytest.mark.parametrize("name", ["film.mp4", "film.m3u8", "film.mov"])
@pytest.mark.parametrize("kind", list(POINTERS))
def test_what_points_to_other_files(kind: str, name: str, tmp_path: Path) -> None:
    source, other = tmp_path / name, tmp_path / "bait.bin"
    source.write_text(POINTERS[kind].format(bait=other))
    with bait(other) as opened:
        refused(here("redact", source, "-o", tmp_path / "out.mp4"), 3, str(source))
        assert not opened.is_set()
    assert list(tmp_path.iterdir()) == [source]


def test_the_bait_is_seen_by_who_bites(tmp_path: Path) -> None:
    """The attack is real: a reader of whatever comes opens the other file."""
    source, other = tmp_path / "film.mp4", tmp_path / "bait.bin"
    source.write_text(POINTERS["concat script"])
    with bait(other) as opened, pytest.raises((av.error.FFmpegError, OSError)):
        av.open(str(source)).close()
    assert opened.is_set()


@pytest.mark.parametrize("name", ["http://127.0.0.1:9/film.mp4", "pipe:0", "concat:a.mp4|b.mp4", "lavfi:testsrc", "-"])
def test_a_name_is_a_path_and_nothing_else(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused(here("redact", "--", name), 2, "no such file")


@pytest.mark.parametrize("name", ["pipe:0.mp4", "http:film.mp4", "a%20b#?.mp4", "-i.mp4", "concat:x|y.mp4", "가림.mp4"])
def test_a_file_may_be_called_like_an_address(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    film(tmp_path / "a.mp4", pictures(4, (160, 120))).rename(tmp_path / name)
    ran = here("redact", "--", name)
    assert ran.code == 0, ran
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, name.replace(".mp4", ".redacted.mp4")])


def test_sound_alone(tmp_path: Path) -> None:
    source = tmp_path / "song.mp4"
    ffmpeg(*tone(440), "-c:a", "aac", source)
    with untouched(tmp_path):
        refused(here("redact", source), 2, "no video stream")


def test_two_moving_pictures(tmp_path: Path) -> None:
    one = film(tmp_path / "one.mp4", pictures(5))
    source = tmp_path / "two.mp4"
    ffmpeg("-i", one, "-i", one, "-map", "0:v", "-map", "1:v", "-c", "copy", source)
    with untouched(tmp_path):
        refused(here("redact", source), 2, "2 video streams", "-map 0:v:0")


def test_a_cover_picture_alone(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", pictures(1))
    ffmpeg("-i", tmp_path / "a.mp4", "-frames:v", "1", tmp_path / "cover.png")
    source = tmp_path / "song.mp4"
    words = ("-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    ffmpeg(*tone(440), "-i", tmp_path / "cover.png", *words, source)
    with untouched(tmp_path):
        refused(here("redact", source), 2, "no video stream")


def test_a_format_that_is_not_taken(tmp_path: Path) -> None:
    source = film(tmp_path / "a.flv", pictures(3))
    with untouched(tmp_path):
        refused(here("redact", source, "-o", tmp_path / "b.mp4"), 3, str(source))


def test_a_still_is_taken_for_what_it_is(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", pictures(1))
    ffmpeg("-i", tmp_path / "a.mp4", "-frames:v", "1", tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "film.mov")
    with untouched(tmp_path):
        refused(here("redact", tmp_path / "film.mov", "-o", tmp_path / "b.mov"), 2, "PNG")
    assert here("redact", tmp_path / "film.mov").code == 0
    assert (tmp_path / "film.redacted.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("what", ["folder", "nothing", "pipe", "device"])
def test_what_is_no_file(what: str, tmp_path: Path) -> None:
    source = {"device": Path("/dev/zero")}.get(what, tmp_path / "a.mp4")
    if what == "folder":
        source.mkdir()
    if what == "pipe":
        os.mkfifo(source)
    refused(here("redact", source, "-o", tmp_path / "b.mp4"), 2, str(source))
    assert not (tmp_path / "b.mp4").exists()
