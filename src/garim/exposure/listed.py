"""BOXES OF FACES IN PICTURES, AS A CSV LISTS THEM -> what is said of each face's mask.

    image,x1,y1,x2,y2
    a/0001.jpg,412,96.5,441,131

Laws: a line that cannot be understood refuses all, with its number; each picture is decoded once, wherever its lines
stand; no pixel is kept.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim import pictures
from garim.core.errors import GarimError, Misuse
from garim.vision.masks import Said, around, said

COLUMNS = ("image", "x1", "y1", "x2", "y2")
LEAST_PX = 1.0  # ... of a side: shares of the picture are no px
LEAST_WITHIN = 0.5  # of a box's area in its picture
_TOGETHER = 256  # crops that wait for the model: under 2 MB
_LONGEST = 1 << 16

Model = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: `image` as it is written there, where that is, and a box in px of the upright picture."""

    line: int
    image: str
    path: Path
    xyxy: tuple[float, float, float, float]

    @property
    def height_px(self) -> float:
        """Of the box."""
        return self.xyxy[3] - self.xyxy[1]


def read(listed: Path) -> list[Listed]:
    """Each box in the CSV at `listed`, in its order. Raises `Misuse`, which names the line.

    An image is looked for beside the CSV, then where the command runs.
    """
    try:
        with listed.open(newline="", encoding="utf-8-sig") as file:
            rows = list(_rows(file, listed))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Misuse(f"{listed}: is no CSV in UTF-8 that can be read: {error}; nothing was begun") from None
    except OSError as error:
        raise Misuse(f"{listed}: cannot be read: {error.strerror}; nothing was begun") from None
    if not rows:
        raise Misuse(f"{listed}: lists no box; nothing was begun. A line a face, under {','.join(COLUMNS)}")
    return rows


def states(
    listed: Path, boxes: Sequence[Listed], model: Model, progress: Callable[[str, int, int | None], None]
) -> list[Said]:
    """What `model` says of each of `boxes`, in their order. Raises `Misuse`, which names the line of `listed`."""
    order = sorted(range(len(boxes)), key=_together(boxes).__getitem__)
    found: list[Said | None] = [None] * len(boxes)
    waiting: list[tuple[int, NDArray[np.uint8]]] = []
    for number, crop in zip(order, _crops(listed, [boxes[at] for at in order], progress), strict=True):
        waiting.append((number, crop))
        if len(waiting) == _TOGETHER:
            _ask(model, waiting, found)
    _ask(model, waiting, found)
    return [each for each in found if each is not None]


def _ask(model: Model, waiting: list[tuple[int, NDArray[np.uint8]]], found: list[Said | None]) -> None:
    for (number, _), answer in zip(waiting, model([crop for _, crop in waiting]), strict=True):
        found[number] = said(answer)
    waiting.clear()


def _together(boxes: Sequence[Listed]) -> list[int]:
    """Of each box the number of the first one in its picture."""
    first: dict[Path, int] = {}
    return [first.setdefault(box.path, number) for number, box in enumerate(boxes)]


def _crops(
    listed: Path, boxes: Sequence[Listed], progress: Callable[[str, int, int | None], None]
) -> Iterator[NDArray[np.uint8]]:
    """What the model is shown of each of `boxes`, those of one picture beside each other."""
    total, done = len({box.path for box in boxes}), 0
    shown: Path | None = None
    for box in boxes:
        where = f"{listed}, line {box.line}"
        if box.path != shown:
            bgr, shown, done = _opened(box, where), box.path, done + 1
            progress("look", done, total)
        _refuse_outside(box, (bgr.shape[1], bgr.shape[0]), where)
        yield around(bgr, np.array(box.xyxy, np.float32))


def _opened(box: Listed, where: str) -> NDArray[np.uint8]:
    try:
        still = pictures.opened(box.path)
        if still.mode == "RGB" and still.bits == 8:
            return np.asarray(still.samples[:, :, ::-1])  # to copy all of it takes as long as to decode it
        return still.image(max(still.size)).bgr
    except GarimError as error:
        raise Misuse(f"{where}: {error}. Correct the line, or leave it out") from None


def _refuse_outside(box: Listed, size: tuple[int, int], where: str) -> None:
    x1, y1, x2, y2 = box.xyxy
    wide = max(0.0, min(x2, size[0]) - max(x1, 0.0))
    high = max(0.0, min(y2, size[1]) - max(y1, 0.0))
    if wide * high < LEAST_WITHIN * (x2 - x1) * (y2 - y1):
        raise Misuse(
            f"{where}: most of the box {_told(box)} lies outside {box.image}, which is {size[0]} x {size[1]} px when "
            "upright; nothing was said. Give px of the upright picture"
        )


def _told(box: Listed) -> str:
    return ",".join(f"{each:g}" for each in box.xyxy)


def _rows(lines: Iterator[str], listed: Path) -> Iterator[Listed]:
    rows = csv.reader(_short(lines, listed), strict=True, skipinitialspace=True)
    header = [cell.strip() for cell in next(rows, [])]
    if not header:
        raise Misuse(f"{listed}: is empty, or begins with an empty line; nothing was begun. {_WANTED}")
    for name in COLUMNS:
        if header.count(name) != 1:
            has = "has no column" if name not in header else "has more than one column"
            raise Misuse(f"{listed}, line 1: {has} {name}; nothing was begun. {_WANTED}")
    places = [header.index(name) for name in COLUMNS]
    for row in rows:
        if row:
            where = f"{listed}, line {rows.line_num}"
            if len(row) != len(header):
                raise Misuse(f"{where}: {len(row)} cells under {len(header)} columns; nothing was begun")
            yield _box([row[place].strip() for place in places], rows.line_num, where, listed.parent)


_WANTED = f"It begins with the line {','.join(COLUMNS)}"


def _short(lines: Iterator[str], listed: Path) -> Iterator[str]:
    for line in lines:
        if len(line) > _LONGEST:
            raise Misuse(f"{listed}: has a line that no list has; nothing was begun")
        yield line


def _box(cells: Sequence[str], line: int, where: str, folder: Path) -> Listed:
    image, *numbers = cells
    x1, y1, x2, y2 = (_number(cell, name, where) for cell, name in zip(numbers, COLUMNS[1:], strict=True))
    if x2 - x1 < LEAST_PX or y2 - y1 < LEAST_PX:
        raise Misuse(
            f"{where}: the box {','.join(numbers)} is less than a px wide or high; nothing was begun. x1,y1 is its "
            "upper left corner and x2,y2 its lower right one, in px"
        )
    return Listed(line, image, _found(image, where, folder), (x1, y1, x2, y2))


def _number(cell: str, name: str, where: str) -> float:
    try:
        value = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Misuse(f"{where}: {name} is {cell!r}; nothing was begun. It is a number of px, with a point for decimals")
    return value


def _found(image: str, where: str, folder: Path) -> Path:
    if not image:
        raise Misuse(f"{where}: names no image; nothing was begun")
    for path in (folder / image, Path(image)):
        try:
            if path.is_file():
                return path.resolve()
        except (OSError, ValueError):  # a name that no file can have
            continue
    looked = "" if Path(image).is_absolute() else ", neither beside the list nor where the command runs"
    raise Misuse(f"{where}: {image}: no such picture{looked}; nothing was begun. Correct the line, or leave it out")
