"""FILMS FOR TESTS, made for real, and read again by somebody else: the ffmpeg binary of imageio-ffmpeg.

Every picture of `pictures` differs from the next and from all its own turns and mirror images. Where faces are is
known, because `crowd` pasted them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import pytest
from demo.backdrop import Backdrop
from demo.clip import Key, Person, Scene, Shot, Sprite, Truth, frames
from numpy.typing import NDArray

from demo import faces

RGB = NDArray[np.uint8]

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()
CODEC = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p")
BLACK = 28  # of 255: what a codec leaves of the fill, at most
SIZE = (320, 240)


def ffmpeg(*words: str | Path, fed: bytes = b"") -> bytes:
    """What ffmpeg gives on stdout for `words`, with `fed` on its stdin; red where it fails."""
    command = [FFMPEG, "-hide_banner", "-nostdin" if not fed else "-y", "-y", "-v", "error", *map(str, words)]
    done = subprocess.run(command, input=fed, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def decodes(path: Path) -> None:
    """Red unless ffmpeg decodes all of `path` without a word."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-map", "0"]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def described(path: Path) -> str:
    """All that ffmpeg has to say about a file."""
    command = [FFMPEG, "-hide_banner", "-nostdin", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr


@dataclass(frozen=True)
class Piece:
    """A packet or a picture: when, for how long (in seconds), and the hash of its bytes."""

    at: Fraction
    lasts: Fraction
    hash: str


def shown(path: Path) -> list[Piece]:
    """Each picture of a film as a player shows it."""
    return _pieces("-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "demux")


def packets(path: Path, stream: str) -> list[Piece]:
    """The packets of a stream ("a:0"), still coded."""
    return _pieces("-i", path, "-map", f"0:{stream}", "-c", "copy")


def heard(path: Path, track: int = 0) -> bytes:
    """A track's samples, as a player plays them."""
    return ffmpeg("-i", path, "-map", f"0:a:{track}", "-f", "s16le", "-")


def _pieces(*words: str | Path) -> list[Piece]:
    text = ffmpeg("-copyts", *words, "-f", "framemd5", "-").decode()
    base = Fraction(1)
    found = []
    for line in text.splitlines():
        if line.startswith("#tb 0: "):
            base = Fraction(line.removeprefix("#tb 0: "))
        elif not line.startswith("#"):
            _, _, pts, lasts, _, digest, *_ = (word.strip() for word in line.split(","))
            found.append(Piece(int(pts) * base, int(lasts) * base, digest))
    return found


def decoded(path: Path, *, upright: bool = True) -> RGB:
    """Each picture of a film, turned as a player turns it: u8[n,h,w,3]."""
    turn = () if upright else ("-noautorotate",)
    pam = ffmpeg(*turn, "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", *_PPM)
    head, _, _ = pam.partition(b"\n255\n")
    width, height = map(int, head.split(b"\n")[1].split())
    size = len(head) + len(b"\n255\n") + width * height * 3
    rows = np.frombuffer(pam, np.uint8).reshape(-1, size)
    return rows[:, -width * height * 3 :].reshape(-1, height, width, 3)


_PPM = ("-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", "-")


def pictures(count: int, size: tuple[int, int] = SIZE) -> list[RGB]:
    """Pictures with three different corners, and a square that moves."""
    width, height = size
    x, y = np.meshgrid(np.linspace(40, 220, width), np.linspace(40, 220, height))
    ground = np.stack([x, y, np.full_like(x, 128)], axis=2).astype(np.uint8)
    edge = max(2, height // 8 // 2 * 2)
    made = []
    for number in range(count):
        picture = ground.copy()
        picture[:edge, :edge] = (250, 250, 250)
        picture[:edge, -edge:] = (250, 60, 60)
        left = number * edge // 2 % max(1, width - edge)
        picture[height // 2 : height // 2 + edge, left : left + edge] = (240, 240, 60)
        made.append(picture)
    return made


def film(
    path: Path,
    content: Iterable[RGB],
    *words: str | Path,
    rate: Fraction | int = 25,
    codec: Sequence[str] = CODEC,
    inputs: Sequence[str | Path] = (),
) -> Path:
    """`content` as a film at `path`; `words` are for the output, `inputs` come beside the pictures."""
    rows = list(content)
    height, width = rows[0].shape[:2]
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "-")
    ffmpeg(*raw, *inputs, *codec, *words, path, fed=b"".join(row.tobytes() for row in rows))
    return path


def tone(hertz: int, seconds: float = 1.0) -> tuple[str, ...]:
    """Words for an input that sounds."""
    return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={seconds}:sample_rate=48000")


@lru_cache
def portraits() -> tuple[Sprite, Sprite]:
    """The demo's two people; the test is skipped, with their names, where the cache does not hold them."""
    if missing := faces.missing():
        pytest.skip(f"{', '.join(missing)} not in the cache: python -m demo.faces")
    return faces.sprites()


def crowd(*shots: Shot, size: tuple[int, int] = SIZE, rate: Fraction | int = 25) -> tuple[list[RGB], list[Truth]]:
    """The pictures of `shots`, and the truth about each."""
    rows = list(frames(Scene(*size, Fraction(rate), shots, seed=1)))
    return [picture for picture, _ in rows], [truth for _, truth in rows]


def shot(count: int, *people: Person, seed: int = 5) -> Shot:
    """One camera, standing still."""
    return Shot(count, Backdrop(seed, pan_px_s=0), people)


def walk(*keys: Key, number: int = 1, who: int = 0) -> Person:
    """One of the two portraits on its way."""
    return Person(number, portraits()[who], keys)


def stands(x: float, y: float, size: float, seconds: float = 20, who: int = 0, number: int = 1) -> Person:
    """One of the two portraits in one place."""
    return walk(Key(0, x, y, size), Key(seconds, x, y, size), number=number, who=who)


def gone(before: RGB, after: RGB) -> NDArray[np.bool_]:
    """Which pixels were destroyed: black after, and not before. bool of all but the last axis."""
    return np.asarray((after.max(axis=-1) <= BLACK) & (before.max(axis=-1) > BLACK))


def destroyed(before: RGB, after: RGB, box: NDArray[np.float32]) -> float:
    """The share of what there was to see in `box` of a picture that is destroyed."""
    x1, y1 = np.floor(box[:2]).astype(int)
    x2, y2 = np.ceil(box[2:]).astype(int)
    part = slice(y1, y2), slice(x1, x2)
    there = before[part].max(axis=-1) > BLACK
    return float(gone(before[part], after[part]).sum() / max(1, there.sum()))


def leaks(before: RGB, after: RGB, truths: Sequence[Truth], visible: float = 0.25) -> list[tuple[int, int, float]]:
    """Frame, person and destroyed share of each face of which less than half is destroyed."""
    assert len(before) == len(after) == len(truths)
    found = []
    for number, truth in enumerate(truths):
        for box, person, seen in zip(truth.xyxy, truth.person, truth.visible, strict=True):
            share = destroyed(before[number], after[number], box)
            if seen >= visible and share < 0.5:
                found.append((number, int(person), share))
    return found
