"""WHAT LEAKED, FOR THE EYE: a sheet a clip, each leaked face with its box, before above after. They show faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from benchmarks._leaks_clips import Case
from benchmarks._leaks_covered import Seen
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from demo import film

_TILE, _COLUMNS, _MOST = 150, 10, 60
_AROUND = 1.6  # box sides that are shown to each side of the face's middle


def show(case: Case, after: Path, seen: Seen, folder: Path) -> None:
    """Write the sheet of a clip where anything leaked; of many leaks some, spread over people and time."""
    rows = np.flatnonzero(seen.leaked)
    if not len(rows):
        return
    rows = rows[np.lexsort((seen.frame[rows], seen.person[rows]))]
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, _MOST).round().astype(int))]
    frames = set(seen.frame[rows].tolist())
    before, left = _pictures(case.path, frames), _pictures(after, frames)
    high = -(-len(rows) // _COLUMNS) * (2 * _TILE + 16)
    sheet = Image.new("RGB", (_COLUMNS * _TILE, high), (250, 250, 248))
    for number, row in enumerate(rows.tolist()):
        frame, person = int(seen.frame[row]), int(seen.person[row])
        faces = case.truth[frame]
        box = faces.xyxy[faces.person == person][0]
        x, y = number % _COLUMNS * _TILE, number // _COLUMNS * (2 * _TILE + 16)
        sheet.paste(_tile(before[frame], box), (x, y + 14))
        # deface rounds sizes up
        sheet.paste(_tile(left[frame].resize(before[frame].size), box), (x, y + 14 + _TILE))
        note = f"f{frame} p{person} {seen.size_px[row]:.0f} px {seen.share[row]:.0%}"
        ImageDraw.Draw(sheet).text((x + 2, y + 1), note, (30, 30, 30))
    folder.mkdir(parents=True, exist_ok=True)
    sheet.save(folder / f"UNREDACTED-{case.name}.png")


def _pictures(path: Path, frames: set[int]) -> dict[int, Image.Image]:
    if path.suffix == ".mp4":
        return {index: Image.fromarray(picture) for index, picture in film.stills(path, frames).items()}
    with Image.open(path) as opened:
        return {0: opened.convert("RGB")}


def _tile(picture: Image.Image, box: NDArray[np.float32]) -> Image.Image:
    x1, y1, x2, y2 = box.tolist()
    middle, reach = ((x1 + x2) / 2, (y1 + y2) / 2), _AROUND * max(x2 - x1, y2 - y1)
    part = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
    tile = picture.crop(tuple(round(side) for side in part)).resize((_TILE - 2, _TILE - 2), Image.Resampling.BICUBIC)
    by, left, top = (_TILE - 2) / (2 * reach), part[0], part[1]
    corners = ((x1 - left) * by, (y1 - top) * by, (x2 - left) * by, (y2 - top) * by)
    ImageDraw.Draw(tile).rectangle(corners, outline=(255, 60, 40))
    return tile
