"""THE FILMS THAT ARE MEASURED: the demo's, in two sizes, its streets with nobody in them, and both in one film."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import av
from benchmarks._tools import FFMPEG, cache
from PIL import Image

from demo import clip, faces, film, scene

TENTH = "720p, faces in a tenth"
LONG = "720p, nobody, ten minutes"
AS_LONG_AS_THEY_ARE = (TENTH, LONG)
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a film or a still is, as far as anybody can lose it on the way."""

    frames: int
    seconds: float
    sound: int
    pixels: str
    size: tuple[int, int]


def made(name: str, seconds: float) -> Path:
    """The middle `seconds` of one of the three clips, from the cache where it is there."""
    folder = cache() / "clips" / _recipe()
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}.mp4"
    if not source.is_file():
        _CLIPS[name](source)
    return source if seconds >= 10 or name in AS_LONG_AS_THEY_ARE else _part(source, seconds)


def walker(path: Path) -> clip.Truth:
    """One picture of one face at `path`, PNG, 640 by 480; the truth about it."""
    person = clip.Person(1, _actors()[0], (clip.Key(0, 200, 220, 120), clip.Key(1, 200, 220, 120)))
    shot = clip.Shot(1, scene.demo(*_actors()).shots[0].backdrop, (person,))
    picture, truth = next(iter(clip.frames(clip.Scene(640, 480, scene.demo(*_actors()).rate, (shot,)))))
    Image.fromarray(picture).save(path)
    return truth


def facts(path: Path) -> Facts:
    """What anybody gets who decodes all of it. Raises where it does not decode."""
    if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".gif"):
        return _still_facts(path)
    with av.open(str(path)) as opened:
        video = opened.streams.video[0]
        assert video.time_base is not None
        ends = [float((frame.pts + (frame.duration or 0)) * video.time_base)
                for frame in opened.decode(video) if frame.pts is not None]  # fmt: skip
        context = video.codec_context
        size = context.width, context.height
        return Facts(len(ends), max(ends, default=0.0), len(opened.streams.audio), str(context.pix_fmt), size)


def ffmpeg(*words: str | Path) -> None:
    """Run ffmpeg, silent unless it fails."""
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", "-y", *map(str, words)], check=True)


def _still_facts(path: Path) -> Facts:
    with Image.open(path) as still:
        turned = still.getexif().get(0x0112, 1) >= 5  # it lies on its side
        size = still.size[::-1] if turned else still.size
        return Facts(getattr(still, "n_frames", 1), 0.0, 0, still.mode, size)


def _crowd(path: Path) -> None:
    _filmed(path, scene.demo(*_actors()))


def _nobody(path: Path) -> None:
    shown = scene.demo(*_actors())
    _filmed(path, replace(shown, shots=tuple(replace(shot, people=()) for shot in shown.shots)))


def _large(path: Path) -> None:
    _coded(path, "-i", made("720p", 10), "-vf", "scale=1920:1080:flags=lanczos", "-c:a", "copy")


def _tenth(path: Path) -> None:
    """27 seconds of nobody, then three of the crowd: a group of pictures each half second."""
    nobody, crowd = made("720p, nobody", 10), made("720p", 10)
    joined = "[0:v]trim=0:27,setpts=PTS-STARTPTS[a];[1:v]trim=2:5,setpts=PTS-STARTPTS[b];[a][b]concat=n=2[v]"
    given = ("-stream_loop", "2", "-i", nobody, "-i", crowd)
    _coded(path, *given, "-filter_complex", joined, "-map", "[v]", "-map", "0:a", "-g", "15")


def _long(path: Path) -> None:
    """Ten minutes of nobody."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    source = made("720p, nobody", 10)
    ffmpeg("-stream_loop", "59", "-i", source, "-c", "copy", "-f", "mp4", unfinished)
    unfinished.replace(path)


_CODEC = ("-c:v", "libx264", "-preset", "superfast", "-crf", "20")
_CLIPS = {"720p": _crowd, "1080p": _large, "720p, nobody": _nobody, TENTH: _tenth, LONG: _long}


def _filmed(path: Path, shown: clip.Scene) -> None:
    film.write(path, (picture for picture, _ in clip.frames(shown)), rate=shown.rate, force=True)


def _part(source: Path, seconds: float) -> Path:
    path = source.with_name(f"{source.stem}, {seconds:g} s.mp4")
    if not path.is_file():
        _coded(path, "-ss", str(5 - seconds / 2), "-i", source, "-t", str(seconds), "-c:a", "aac")
    return path


def _coded(path: Path, *words: str | Path) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    group = () if "-g" in words else ("-g", "60")
    ffmpeg(*words, *_CODEC, *group, "-f", "mp4", unfinished)
    unfinished.replace(path)


def _actors() -> tuple[clip.Sprite, clip.Sprite]:
    faces.pull()
    return faces.sprites()


def _recipe() -> str:
    """Changes with whatever changes the clips."""
    parts = [ROOT / "demo" / f"{name}.py" for name in ("backdrop", "clip", "faces", "film", "scene")]
    return hashlib.sha256(b"".join(part.read_bytes() for part in (*parts, Path(__file__)))).hexdigest()[:12]
