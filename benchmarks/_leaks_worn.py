"""WHAT PEOPLE WEAR AND HOW THEY BOW: masks, dark glasses, caps painted on a cut-out face; a head that looks down.

Places are shares of the face's box, as all volunteers look straight ahead. A bowed head is a ball that rolls forwards:
its hair is drawn out, its chin goes to the chest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from demo.clip import Box
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

F32 = NDArray[np.float32]

_FINE = 2  # outlines are drawn this much larger
_MASKS = ((178, 206, 222), (232, 234, 236), (30, 30, 34), (60, 70, 96), (150, 60, 66), (196, 186, 160))
_CAPS = ((34, 36, 44), (120, 32, 36), (50, 72, 110), (92, 96, 80), (170, 160, 140), (60, 60, 60))
_MASK = ((0.02, 0.50), (0.30, 0.46), (0.50, 0.40), (0.70, 0.46), (0.98, 0.50), (0.97, 0.74), (0.80, 0.94), (0.50, 1.04),
         (0.20, 0.94), (0.03, 0.74))  # fmt: skip
_LENSES = (((0.08, 0.29), (0.45, 0.30), (0.43, 0.45), (0.28, 0.50), (0.12, 0.45)),
           ((0.92, 0.29), (0.55, 0.30), (0.57, 0.45), (0.72, 0.50), (0.88, 0.45)),
           ((0.40, 0.31), (0.60, 0.31), (0.60, 0.34), (0.40, 0.34)))  # fmt: skip
_CROWN = ((-0.10, 0.10), (-0.12, -0.10), (0.02, -0.27), (0.25, -0.36), (0.50, -0.39), (0.75, -0.36), (0.98, -0.27),
          (1.12, -0.10), (1.10, 0.10), (0.75, 0.04), (0.25, 0.04))  # fmt: skip
_BRIM = ((-0.10, 0.08), (0.25, 0.00), (0.75, 0.00), (1.10, 0.08), (0.92, 0.22), (0.50, 0.17), (0.08, 0.22))


def worn(rgb: F32, matte: F32, face: Box, random: Generator) -> None:
    """Paint onto a cut-out person what one in two wears: often a mask, at times a cap, glasses, or all of them."""
    mask, cap, glasses = random.random(3) < (0.34, 0.24, 0.12)
    if mask:
        _painted(rgb, matte, face, _MASK, _MASKS[random.integers(len(_MASKS))], onto=True)
    if glasses:
        for lens in _LENSES:
            _painted(rgb, matte, face, lens, (26, 24, 26), onto=True)
    if cap:
        colour = _CAPS[random.integers(len(_CAPS))]
        _painted(rgb, matte, face, _CROWN, colour)
        red, green, blue = (round(part * 0.6) for part in colour)
        _painted(rgb, matte, face, _BRIM, (red, green, blue))


def bowed(rgb: F32, matte: F32, face: Box, degrees: float) -> tuple[F32, F32, Box]:
    """The head bowed by that much: v = dy cos + z sin over a ball as high as the head, row by row."""
    height = len(matte)
    top = float(np.argmax(matte.max(axis=1) > 0.5))
    _, y1, _, y2 = face
    middle, radius = (top + y2) / 2, (y2 - top) / 2 * 1.2
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rows = np.linspace(y1, y2, 33)
    dy = rows - middle
    down = middle + dy * cos + np.sqrt(np.maximum(radius**2 - dy**2, 0)) * sin
    down = down - 0.62 * radius * sin  # the neck bends, too
    # what is below the chin stays; what is above the hairline is drawn out
    targets = np.concatenate(
        [[0, top], np.maximum.accumulate(down), [max(y2 + 0.5 * (y2 - y1), down.max() + 4), height]]
    )
    sources = np.concatenate([[0, top], rows, [y2 + 0.5 * (y2 - y1), height]])
    at = np.interp(np.arange(height) + 0.5, targets, sources) - 0.5
    low = np.clip(np.floor(at).astype(int), 0, height - 2)
    part = np.clip(at - low, 0, 1)[:, None].astype(np.float32)
    moved = matte[low] * (1 - part) + matte[low + 1] * part
    colours = rgb[low] * (1 - part)[..., None] + rgb[low + 1] * part[..., None]
    return colours, moved, (face[0], float(down[0]), face[2], float(down[-1]))


def _painted(
    rgb: F32,
    matte: F32,
    face: Box,
    outline: Sequence[tuple[float, float]],
    colour: tuple[int, int, int],
    *,
    onto: bool = False,
) -> None:
    """One shape, shaded to its sides; `onto` the person alone, else beyond it, too."""
    height, width = matte.shape
    x1, y1, x2, y2 = face
    points = [((x1 + x * (x2 - x1)) * _FINE, (y1 + y * (y2 - y1)) * _FINE) for x, y in outline]
    drawn = Image.new("L", (width * _FINE, height * _FINE))
    ImageDraw.Draw(drawn).polygon(points, fill=255)
    soft = drawn.filter(ImageFilter.GaussianBlur(0.012 * (y2 - y1) * _FINE)).resize(
        (width, height), Image.Resampling.BOX
    )
    alpha = np.asarray(soft, np.float32) / 255
    across = (np.arange(width) + 0.5 - (x1 + x2) / 2) / (x2 - x1) * 2
    folds = 1 + 0.04 * np.sin(np.arange(height) / (y2 - y1) * 40)[:, None]
    shade = (1.08 - 0.35 * np.clip(np.abs(across), 0, 1.3) ** 2)[None] * folds
    laid = alpha * matte if onto else alpha
    rgb[:] = rgb * (1 - laid)[..., None] + (np.array(colour, np.float32) * shade[..., None]) * laid[..., None]
    np.maximum(matte, laid, out=matte)
