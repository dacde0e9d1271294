"""WHAT COMES OUT OF FILES AS THE FIELD HAS THEM: broken ones, and whole ones of which something can be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av.error
import numpy as np
from benchmarks._clips import Facts, facts, ffmpeg, walker
from benchmarks._spent import spent
from benchmarks._tools import VERYFAST, Tool
from PIL import Image, ImageOps

LONGEST_S = 180.0
CHANGED = 8  # of 255: beyond what JPEG does
_TURN = 0x0112  # EXIF's orientation


@dataclass(frozen=True, slots=True)
class Bad:
    """One input: `should` is what the whole of it holds, `face` x1 y1 x2 y2 where it is upright."""

    name: str
    path: Path
    should: Facts
    face: tuple[int, int, int, int] | None = None


def inputs(source: Path, folder: Path) -> Iterator[Bad]:
    """Each input, made in `folder` from the film at `source` and from one picture."""
    base = folder / "base.mp4"
    ffmpeg("-i", source, "-t", "2", "-vf", "scale=640:360", *_FAST, "-c:a", "aac", base)
    first = folder / "first.mp4"
    ffmpeg("-i", base, "-c", "copy", "-movflags", "+faststart", first)
    yield from _broken(base, first, folder)
    for name, file, words in _WHOLE:
        path = folder / file
        ffmpeg("-i", base, *words, path)
        yield Bad(name, path, facts(path))
    yield from _stills(folder)


def _broken(base: Path, first: Path, folder: Path) -> Iterator[Bad]:
    should, content = facts(base), base.read_bytes()
    pieces = {
        "cut short, index lost": content[: len(content) * 6 // 10],
        "half a film, index first": first.read_bytes()[: len(content) // 2],
        "empty file": b"",
        "text named .mp4": b"This is not a film.\n" * 100,
    }
    for number, (name, piece) in enumerate(pieces.items()):
        path = folder / f"broken{number}.mp4"
        path.write_bytes(piece)
        yield Bad(name, path, should)


_FAST = ("-c:v", "libx264", "-preset", "superfast", "-crf", "20")
_VARIABLE = "select='if(lt(t,1),1,not(mod(n,7)))'"
_TWO = (
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=330:duration=2",
    "-map",
    "0:v",
    "-map",
    "0:a",
    "-map",
    "1:a",
    "-c:a",
    "aac",
)
_WHOLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("WebM, VP9", "vp9.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")),
    ("variable frame rate", "variable.mp4", ("-vf", _VARIABLE, "-fps_mode", "vfr", *_FAST, "-c:a", "copy")),
    ("two sound tracks", "two.mp4", (*_TWO, "-c:v", "copy")),
    ("10 bits a sample", "deep.mp4", (*_FAST, "-pix_fmt", "yuv420p10le", "-c:a", "copy")),
    ("width no multiple of 16", "odd.mp4", ("-vf", "crop=630:350", *_FAST, "-c:a", "copy")),
)


def _stills(folder: Path) -> Iterator[Bad]:
    plain = folder / "plain.png"
    x1, y1, x2, y2 = (int(edge) for edge in walker(plain).xyxy[0])
    face = x1, y1, x2, y2
    picture = Image.open(plain).convert("RGB")
    turned, cmyk, moving = folder / "turned.jpg", folder / "cmyk.jpg", folder / "moving.gif"
    exif = Image.Exif()
    exif[_TURN] = 6  # a viewer turns it by 90 degrees clockwise
    picture.transpose(Image.Transpose.ROTATE_90).save(turned, quality=92, exif=exif)
    picture.convert("CMYK").save(cmyk, quality=92)
    steps = [picture.crop((step, 0, 600 + step, 480)) for step in range(0, 40, 10)]
    steps[0].save(moving, save_all=True, append_images=steps[1:], duration=100, loop=0)
    for name, path, where in (
        ("JPEG turned by EXIF", turned, face),
        ("CMYK JPEG", cmyk, face),
        ("animated GIF", moving, face),
    ):
        yield Bad(name, path, facts(path), where)


def met(bad: Bad, tool: Tool, folder: Path) -> str:
    """How `tool` took the input: its exit code, and what came out as against what went in."""
    folder.mkdir(parents=True)
    done = spent(tool.words(bad.path, folder, VERYFAST), longest_s=LONGEST_S)
    return f"{done.code}: {_outcome(bad, folder)}"


def _outcome(bad: Bad, folder: Path) -> str:
    files = [file for file in folder.iterdir() if file.stat().st_size]
    if not files:
        return "nothing"
    try:
        found = facts(files[0])
    except (av.error.FFmpegError, OSError, IndexError):
        return "a file that does not open"
    lost = difference(bad.should, found)
    if bad.face is not None:
        share = _changed(bad, files[0])
        lost.append(
            f"face hidden ({share:.0%} of it changed)" if share > 0.5 else f"**face left** ({share:.0%} of it changed)"
        )
    return "; ".join(lost) or "all kept"


def difference(should: Facts, found: Facts) -> list[str]:
    """What is not as it should be, in words; empty where all is."""
    said: list[tuple[bool, Callable[[], str]]] = [
        (found.frames != should.frames, lambda: f"{found.frames} of {should.frames} frames"),
        (abs(found.seconds - should.seconds) > 0.1, lambda: f"{found.seconds:.2f} s for {should.seconds:.2f}"),
        (found.sound != should.sound, lambda: f"{found.sound} of {should.sound} sound tracks"),
        (found.pixels != should.pixels, lambda: f"{found.pixels} for {should.pixels}"),
        (found.size != should.size, lambda: f"{_times(found.size)} for {_times(should.size)}"),
    ]
    return [word() for differs, word in said if differs]


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _changed(bad: Bad, after: Path) -> float:
    """The share of the face's pixels, in the first picture as a viewer shows it, that are others than before."""
    assert bad.face is not None
    with Image.open(bad.path) as was, Image.open(after) as still:
        if still.size == was.size and (turn := was.getexif().get(_TURN)):
            still.getexif()[_TURN] = turn  # where the tag was dropped and the pixels were not turned
        pictures = [np.asarray(ImageOps.exif_transpose(each).convert("RGB"), np.int16) for each in (was, still)]
    if pictures[0].shape != pictures[1].shape:
        return 0.0
    x1, y1, x2, y2 = bad.face
    far = np.abs(pictures[0] - pictures[1]).max(axis=2)[y1:y2, x1:x2]
    return float((far > CHANGED).mean())
