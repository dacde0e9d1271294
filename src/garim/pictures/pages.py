"""Pictures by their kind: the pages of a still, the pictures of an animation, read and written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from garim.files import unwritable
from garim.pictures import gif, plain, png, riff, tiff
from garim.pictures.animation import Animation
from garim.pictures.kinds import HEAD, SUFFIXES, kind_of
from garim.pictures.limits import content, reading, unreadable, unsupported
from garim.pictures.still import Still


@dataclass(frozen=True, slots=True)
class _Moving:
    """What a format of animations can do."""

    read: Callable[[Path], Animation]
    frames: Callable[[Animation], Iterator[Still]]
    write: Callable[[Animation, Iterator[Still], IO[bytes], str], None]


_MOVING = {
    "GIF": _Moving(gif.read, gif.frames, gif.write),
    "PNG": _Moving(png.read, png.frames, png.write),
    "WebP": _Moving(riff.read, riff.frames, riff.write),
}


def kind(path: Path) -> str:
    """What the file at `path` is. Raises `Unreadable`, and `Unsupported` where that is known and not taken."""
    with reading(path), path.open("rb") as file:
        found = kind_of(file.read(HEAD))
    if found is None:
        raise unreadable(path, "it begins like none that is known")
    if found not in SUFFIXES:
        raise unsupported(path, f"is {found}, which is not taken. Make a PNG of it")
    return found


def moves(path: Path) -> bool:
    """Whether what is at `path` is taken as an animation; all GIFs are. Raises `Unreadable`, `Unsupported`."""
    match kind(path):
        case "GIF":
            return True
        case "PNG":
            return png.header(path)[1]
        case "WebP":
            return riff.parsed(content(path), path).moves
        case _:
            return False


def pages(path: Path) -> Iterator[Still]:
    """Each page of the still at `path`; most kinds have one. Raises `Unreadable`, `Unsupported`."""
    found = kind(path)
    if found == "TIFF":
        return tiff.pages(path)
    if moves(path):
        raise unsupported(path, "is an animation")
    if found == "PNG" and png.header(path)[0].depth == 16:
        return iter([png.read_deep(path)])
    return iter([plain.read(path, found)])


def opened(path: Path) -> Still:
    """The first page of the still at `path`. Raises `Unreadable`, `Unsupported`."""
    for still in pages(path):
        return still
    raise unreadable(path, "holds no picture")


def animation(path: Path) -> Animation:
    """The animation at `path`. Raises `Unreadable`, `Unsupported`."""
    return _MOVING[kind(path)].read(path)


def frames(animation: Animation) -> Iterator[Still]:
    """Each picture of `animation` as it is shown. Raises `Unreadable`."""
    return _MOVING[animation.kind].frames(animation)


def exact(picture: Still) -> bool:
    """Whether a picture of an animation is written to the sample where it was read so: a GIF has 256 colours."""
    return picture.kind != "GIF" or not gif.loses(picture.samples)


def save(still: Still, path: Path, shown: Path, remark: str = "") -> None:
    """Write `still` to `path`, with no metadata but `remark`. Raises `Unwritable`, which names `shown`."""
    save_pages([still], path, shown, remark)


def save_pages(stills: Iterable[Still], path: Path, shown: Path, remark: str = "") -> None:
    """Write `stills` to `path`, as pages where there are several. Raises `Unwritable`, which names `shown`."""
    rows = iter(stills)
    first = next(rows)
    try:
        with path.open("wb") as file:
            if first.kind == "TIFF":
                tiff.write(itertools.chain([first], rows), file, remark)
            elif first.bits == 16:
                png.write_deep(first, file, remark)
            else:
                plain.write(first, file, remark)
    except OSError as error:
        raise unwritable(shown, error) from None


def save_animation(animation: Animation, pictures: Iterator[Still], path: Path, shown: Path, remark: str = "") -> None:
    """Write `pictures` to `path`, with the times of `animation`. Raises `Unwritable`, which names `shown`."""
    try:
        with path.open("wb") as file:
            _MOVING[animation.kind].write(animation, pictures, file, remark)
    except OSError as error:
        raise unwritable(shown, error) from None
