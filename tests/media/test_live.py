"""Pictures from a real RTSP server on loopback: when they are, that they go on where the camera comes back."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from benchmarks._rtsp import cameras
from tests.films import ffmpeg, film, pictures

from garim.core.errors import Misuse, Unreadable, Unsupported
from garim.media import live
from garim.media.live import DRIFT_S, PERIOD_S, _Clock, arrivals, is_address, shown_as

LONG = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "1000")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "5")


def camera(path: Path, seconds: int, size: tuple[int, int] = (320, 240)) -> Path:
    return film(path, pictures(seconds * 10, size), rate=10, codec=X264)


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_an_address_is_no_path() -> None:
    assert all(map(is_address, ("rtsp://10.0.0.3/stream1", "RTSPS://10.0.0.3/1", "http://a:b@10.0.0.3/")))
    assert not any(map(is_address, ("a.mp4", "/tmp/rtsp:/a.mp4")))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.3:554/a?b=c", "rtsp://10.0.0.3:554"),
        ("rtsp://cam/user=admin&password=s3cret&channel=1", "rtsp://cam"),
        ("rtsp://cam?user=a&pwd=s3cret", "rtsp://cam"),
        ("rtsps://[2001:db8::1]:322/s#s3cret", "rtsps://[2001:db8::1]:322"),
        ("rtsp://admin:s3cret@s3cret@cam/1", "rtsp://cam"),
        ("rtsp://admin:s3c/ret@cam/1", "rtsp://..."),
        ("rtsp://cam/user=admin&password=s3c@ret", "rtsp://..."),
    ],
)
def test_a_password_is_not_shown_wherever_it_stands(url: str, shown: str) -> None:
    assert shown_as(url) == shown


@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1/a.mp4", "concat:a|b"])
def test_nothing_else_is_opened(source: str) -> None:
    with pytest.raises(Misuse, match="no address of a camera"):
        next(arrivals(source, 1))


def test_a_camera_that_is_not_there_keeps_its_password() -> None:
    with pytest.raises(Unreadable, match="does not answer") as error:
        next(arrivals(f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/1", 1))
    assert "s3cret" not in str(error.value)


def test_a_camera_that_never_shows_a_whole_picture_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FIRST_S", 1.5)
    whole, empty = film(tmp_path / "a.mp4", pictures(15, (320, 240)), rate=10, codec=LONG), tmp_path / "b.mp4"
    ffmpeg("-i", whole, "-c", "copy", "-bsf:v", "noise=drop=key", empty)
    began = time.monotonic()
    with _cameras(empty) as (url,), pytest.raises(Unreadable, match=r"showed no whole picture in 1\.5 s"):
        list(arrivals(url, 1))
    assert 1.5 < time.monotonic() - began < 15


def test_pictures_are_as_far_apart_as_the_camera_says(tmp_path: Path) -> None:
    with _cameras(camera(tmp_path / "a.mp4", 6)) as (url,):
        began = time.monotonic()
        at = [each for each, frame in arrivals(url, 3) if frame]
        assert time.monotonic() - began < 6
    assert at[0] == pytest.approx(0, abs=0.01)
    assert at[-1] == pytest.approx(3, abs=0.15)
    assert np.diff(at) == pytest.approx(np.full(len(at) - 1, 0.1), abs=0.02)


@pytest.mark.slow
def test_a_camera_that_comes_back_goes_on_by_our_clock(tmp_path: Path) -> None:
    short, port = camera(tmp_path / "a.mp4", 3), free_port()
    seen: list[tuple[float, float]] = []
    began = time.monotonic()
    with _cameras(short, port) as (url,):
        pictures_of = (each for each in arrivals(url, 8) if each[1])
        for at, _ in pictures_of:
            seen.append((at, time.monotonic() - began))
            if at > 1:
                break
    with _cameras(short, port):
        seen += [(at, time.monotonic() - began) for at, _ in pictures_of]
    at, ours = np.array(seen).T
    assert (np.diff(at) > 0).all()
    assert np.diff(at).max() > 1.5  # it was away
    assert at[-1] > 4
    # what our clock says passed, passed: but for the second in which a connection looks what it is
    assert at[-1] - at[0] == pytest.approx(ours[-1] - ours[0], abs=1.5)


@pytest.mark.slow
def test_a_camera_that_comes_back_in_another_size_is_refused(tmp_path: Path) -> None:
    port = free_port()
    with _cameras(camera(tmp_path / "a.mp4", 3), port) as (url,):
        pictures_of = arrivals(url, 30)
        next(pictures_of)
    with _cameras(camera(tmp_path / "b.mp4", 3, (160, 120)), port), pytest.raises(Unsupported, match="another size"):
        list(pictures_of)


def test_a_clock_that_jumps_is_not_believed() -> None:
    clock, told = _Clock(), []
    for tick in (100, 110, 120, 20, 30, 5000, 5010):
        frame = VideoFrame(16, 16)
        frame.pts, frame.time_base = tick, Fraction(1, 100)
        told.append(clock.told(frame))
        time.sleep(0.1)
    steps = np.diff(np.array(told, float))
    assert steps == pytest.approx(np.full(6, 0.1), abs=0.05)


@pytest.mark.parametrize("pace", [0.5, 0.99, 1.0, 1.01, 2.0])
@pytest.mark.parametrize("late_s", [0.0, 1.5])
def test_a_clock_that_runs_away_is_fetched_back(pace: float, late_s: float) -> None:
    ours = 0.0
    clock = _Clock(lambda: ours)
    told: list[tuple[float, float]] = []
    for number in range(5 * 1200):
        shown_s = number / 5
        # the first picture waits while a connection looks what it is; later a disk holds us up for twenty seconds
        waits = late_s if number == 0 else 20 - (shown_s - 600) if 600 <= shown_s < 620 else 0.01 * (number % 7)
        ours = max(ours, shown_s + waits)
        frame = VideoFrame(16, 16)
        frame.pts, frame.time_base = round(shown_s * pace * 1000) + 77_000, Fraction(1, 1000)
        at = clock.told(frame)
        if at is not None:
            told.append((shown_s, at))
    shown, at = np.array(told).T
    off = at - shown
    assert (np.diff(at) > 0).all()
    assert np.abs(off).max() < DRIFT_S + 0.1 + (2 * PERIOD_S + 20) * abs(pace - 1)
    if pace == 1:
        assert off == pytest.approx(np.zeros(len(off)), abs=0.01)


def test_a_camera_is_watched_until_it_is_stopped_and_while_it_is_away(tmp_path: Path) -> None:
    came: list[tuple[float, bool]] = []
    with _cameras(camera(tmp_path / "a.mp4", 1)) as (url,):
        for at, frame in arrivals(url, stopped=lambda: len(came) > 0 and not came[-1][1]):
            came.append((at, frame is not None))
    assert [shown for _, shown in came] == [True] * (len(came) - 1) + [False]
    assert len(came) > 5


class _cameras:  # noqa: N801 - reads as the function that it is
    """`cameras`, or the test is skipped with what is missing."""

    def __init__(self, path: Path, port: int = 0) -> None:
        self._held = cameras(path, 1, port)

    def __enter__(self) -> list[str]:
        try:
            return self._held.__enter__()
        except OSError as missing:
            pytest.skip(str(missing))

    def __exit__(self, *error: object) -> None:
        self._held.__exit__(None, None, None)
