"""FILM BEFORE, FILM AFTER -> ONE PICTURE FOR THE EYE: moments in columns, what was above what leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

RGB = NDArray[np.uint8]
Colour = tuple[int, int, int]

_COLUMNS, _THUMB = 3, 480  # moments in a row, and the width of one in pixels
_MARGIN, _GAP, _LABEL, _HEADER = 36, 18, 34, 118
_PAPER: Colour = (247, 246, 243)
_INK: Colour = (28, 30, 34)
_FAINT: Colour = (120, 122, 128)
_BEFORE: Colour = (186, 66, 48)
_AFTER: Colour = (36, 112, 86)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One time in both films: `before` and `after` u8[h,w,3]; `note` says why it is shown."""

    at: Fraction
    before: RGB
    after: RGB
    note: str = ""


def chosen(faces: Sequence[int], *, even: int = 6, crowded: int = 3) -> dict[int, str]:
    """Frames to show, in their order, each with how many faces it has: the `crowded` fullest, and `even` others.

    `faces` is the number of faces in each frame. The fullest are a sixth of the film apart, the others evenly spaced.
    """
    fullest: list[int] = []
    for index in sorted(range(len(faces)), key=lambda index: -faces[index]):
        if len(fullest) < crowded and all(6 * abs(index - other) >= len(faces) for other in fullest):
            fullest.append(index)
    spaced = [(2 * place + 1) * len(faces) // (2 * even) for place in range(even)]
    return {index: _people(faces[index]) for index in sorted({*fullest, *spaced})}


def sheet(moments: Sequence[Moment], title: str, subtitle: str) -> Image.Image:
    """The contact sheet of at least one moment."""
    height, width = moments[0].before.shape[:2]
    tall = round(_THUMB * height / width)
    rows = -(-len(moments) // _COLUMNS)
    columns = min(len(moments), _COLUMNS)
    block = _LABEL + 2 * tall + 4
    paper = Image.new(
        "RGB",
        (2 * _MARGIN + columns * _THUMB + (columns - 1) * _GAP, _HEADER + rows * (block + _GAP) + _MARGIN),
        _PAPER,
    )
    draw = ImageDraw.Draw(paper)
    draw.text((_MARGIN, _MARGIN - 6), title, _INK, ImageFont.load_default(34))
    draw.text((_MARGIN, _MARGIN + 42), subtitle, _FAINT, ImageFont.load_default(17))
    for number, moment in enumerate(moments):
        row, column = divmod(number, _COLUMNS)
        left, top = _MARGIN + column * (_THUMB + _GAP), _HEADER + row * (block + _GAP)
        _label(draw, moment, left, top)
        _thumb(paper, moment.before, (left, top + _LABEL, tall), "before", _BEFORE)
        _thumb(paper, moment.after, (left, top + _LABEL + tall + 4, tall), "after", _AFTER)
    return paper


def _label(draw: ImageDraw.ImageDraw, moment: Moment, left: int, top: int) -> None:
    baseline = top + _LABEL - 9
    draw.text((left, baseline), f"{float(moment.at):.2f} s", _INK, ImageFont.load_default(20), anchor="ls")
    draw.text((left + _THUMB, baseline), moment.note, _FAINT, ImageFont.load_default(16), anchor="rs")


def _thumb(paper: Image.Image, rgb: RGB, place: tuple[int, int, int], word: str, colour: Colour) -> None:
    left, top, tall = place
    paper.paste(Image.fromarray(rgb).resize((_THUMB, tall), Image.Resampling.LANCZOS), (left, top))
    draw, font = ImageDraw.Draw(paper), ImageFont.load_default(15)
    x1, y1, x2, y2 = (round(edge) for edge in draw.textbbox((left + 16, top + tall - 16), word, font, anchor="ls"))
    draw.rounded_rectangle((x1 - 8, y1 - 5, x2 + 8, y2 + 6), radius=5, fill=colour)
    draw.text((left + 16, top + tall - 16), word, (255, 255, 255), font, anchor="ls")


def _people(faces: int) -> str:
    return {0: "nobody", 1: "1 face"}.get(faces, f"{faces} faces")
