"""A SEED -> A STREET: facades, windows, awnings, pavement, road; nobody in it.

Textured everywhere, so that neither codec nor detector finds it easier than a real one, and wider than the
picture, so that the camera can pan.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import zoom

_DRAWN = 720  # pixels in height that the street is drawn with, whatever size it is shown at
_HORIZON, _KERB = 0.62, 0.74  # where walls meet the pavement and the pavement the road, of the height
_WALLS = ((146, 92, 74), (176, 152, 120), (118, 124, 130), (158, 116, 92), (104, 112, 98), (190, 178, 158))
_SIGNS = ((150, 46, 44), (38, 92, 84), (44, 66, 118), (190, 142, 52), (92, 60, 104))


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A street, and how fast the camera pans along it: pixels a second to the right, then sways back."""

    seed: int
    pan_px_s: float = 40.0
    light: float = 1.0

    def seen(self, width: int, height: int) -> Panorama:
        """The street as a camera with a picture of that size pans along it."""
        return Panorama(self, width, height)


class Panorama:
    """A street drawn once, from which each frame takes its part."""

    def __init__(self, backdrop: Backdrop, width: int, height: int) -> None:
        self.width, self.pan_px_s = width, backdrop.pan_px_s
        self.play = width // 2
        pixels = street(backdrop.seed, width + self.play, height) * backdrop.light
        self.whole = np.asarray(np.clip(pixels, 0, 255), np.uint8)

    def at(self, at_s: float) -> NDArray[np.uint8]:
        """The picture at one time, writable: u8[h,w,3]."""
        # there and back again, without a stop at the ends
        left = round(self.play / 2 * (1 - np.cos(np.pi * at_s * self.pan_px_s / self.play)))
        return self.whole[:, left : left + self.width].copy()


@lru_cache(maxsize=4)  # films that show the same one again draw it once; nobody writes to it
def street(seed: int, width: int, height: int) -> NDArray[np.float32]:
    """A street, f32[h,w,3] in 0..255."""
    random = np.random.default_rng(seed)
    drawn = _drawn(random, round(width * _DRAWN / height)).resize((width, height), Image.Resampling.BICUBIC)
    speckle = random.normal(0, 5, (height, width, 1)).astype(np.float32)
    shade = 1 + 0.1 * _clouds(random, width, height)[..., None]
    return np.asarray(np.asarray(drawn, np.float32) * shade + speckle, np.float32)


def _drawn(random: Generator, width: int) -> Image.Image:
    """The street's outlines, `_DRAWN` pixels high."""
    height = _DRAWN
    image = Image.new("RGB", (width, height), (186, 196, 206))
    draw = ImageDraw.Draw(image)
    left = -int(random.integers(0, width // 12 + 1))
    while left < width:
        right = left + int(random.integers(height // 4, height // 2 + 1))
        _house(draw, random, left, right, height)
        left = right
    _ground(draw, random, width, height)
    return image.filter(ImageFilter.GaussianBlur(1.4))


def _house(draw: ImageDraw.ImageDraw, random: Generator, left: int, right: int, height: int) -> None:
    wall = _shaded(_WALLS[random.integers(len(_WALLS))], random.uniform(0.8, 1.1))
    foot, shop = int(height * _HORIZON), int(height * (_HORIZON - 0.2))
    roof = int(height * random.uniform(-0.1, 0.12))
    draw.rectangle((left, roof, right, foot), fill=wall)
    draw.rectangle((left, roof, right, roof + height // 60), fill=_shaded(wall, 0.7))
    columns, row = int(random.integers(3, 6)), height // 7
    step = (right - left) / columns
    for top in range(roof + row // 3, shop - row // 2, row):
        for column in range(columns):
            x = left + step * (column + 0.25)
            pane = _shaded((92, 108, 122), random.uniform(0.5, 1.5))
            draw.rectangle((x - 3, top - 3, x + step / 2 + 3, top + row * 0.6 + 5), fill=_shaded(wall, 1.2))
            draw.rectangle((x, top, x + step / 2, top + row * 0.6), fill=pane)
            draw.line((x + step / 4, top, x + step / 4, top + row * 0.6), fill=_shaded(wall, 1.1), width=2)
    _shop(draw, random, (left, shop, right, foot))


def _shop(draw: ImageDraw.ImageDraw, random: Generator, box: tuple[int, int, int, int]) -> None:
    left, top, right, foot = box
    sign = _SIGNS[random.integers(len(_SIGNS))]
    draw.rectangle(box, fill=_shaded((58, 54, 52), random.uniform(0.8, 1.4)))
    door = left + (right - left) * random.uniform(0.1, 0.75)
    draw.rectangle(
        (left + 12, top + 44, right - 12, foot - 22), fill=_shaded((128, 134, 128), random.uniform(0.6, 1.2))
    )
    draw.rectangle((door, top + 40, door + 46, foot), fill=_shaded(sign, 0.5))
    draw.rectangle((left + 4, top, right - 4, top + 26), fill=sign)
    for x in range(left + 4, right - 24, 32):  # an awning's stripes
        draw.polygon([(x, top + 26), (x + 16, top + 26), (x + 12, top + 48), (x - 4, top + 48)], fill=(226, 220, 206))
        draw.polygon([(x + 16, top + 26), (x + 32, top + 26), (x + 28, top + 48), (x + 12, top + 48)], fill=sign)


def _ground(draw: ImageDraw.ImageDraw, random: Generator, width: int, height: int) -> None:
    foot, kerb = int(height * _HORIZON), int(height * _KERB)
    draw.rectangle((0, foot, width, kerb), fill=(150, 146, 140))
    for x in range(-width, 2 * width, 56):  # paving stones run towards a point above the street
        draw.line((x, foot, x + (x - width / 2) * 0.35, kerb), fill=(124, 120, 116), width=2)
    for y in (foot + (kerb - foot) // 3, foot + 2 * (kerb - foot) // 3):
        draw.line((0, y, width, y), fill=(128, 124, 120), width=2)
    draw.rectangle((0, kerb, width, kerb + 10), fill=(182, 178, 170))
    draw.rectangle((0, kerb + 10, width, height), fill=(78, 80, 84))
    for x in range(int(random.integers(0, 90)), width, 220):
        y = int(height * 0.88)
        draw.polygon([(x, y), (x + 110, y), (x + 118, y + 12), (x - 4, y + 12)], fill=(206, 204, 196))


def _clouds(random: Generator, width: int, height: int) -> NDArray[np.float32]:
    """Smooth noise of several sizes, about -1..1: dirt, shade and patches."""
    total = np.zeros((height, width), np.float32)
    for cell, weight in ((160, 0.5), (48, 0.3), (12, 0.35), (4, 0.35)):
        coarse = random.normal(size=(height // cell + 2, width // cell + 2)).astype(np.float32)
        total += weight * zoom(coarse, cell, order=1)[:height, :width]
    return total


def _shaded(colour: tuple[int, int, int], by: float) -> tuple[int, int, int]:
    red, green, blue = (min(int(part * by), 255) for part in colour)
    return red, green, blue
