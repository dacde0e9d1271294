"""A VOLUNTEER'S PHOTO -> A PERSON WHO CAN STAND IN A STREET: cut out along hair and skin, dressed, and given a body.

The London set was taken before one grey paper: how far a pixel is from the paper is its matte, and what the paper
shone through is taken out again. The shirts, all white, are dyed; below the photo's end stands a drawn body. The face's
box is that of a detector on the studio photo, where none errs. A head turns as a body of revolution, row by row, with a
nose on it; what the photo does not show is hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks._leaks_worn import bowed, worn
from demo.clip import Box, Sprite
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import binary_closing, binary_fill_holes, gaussian_filter, gaussian_filter1d, label

from garim.core import image as core
from garim.vision.faces import Faces

F32 = NDArray[np.float32]
RGB = NDArray[np.uint8]

LONDON = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces_london"
AWAY = 70  # degrees from which a face counts as turned away: what the photo shows of it is a sliver
_TALL = 8.2  # face heights from the top of the head to the feet
_CLOTHES = ((38, 42, 54), (92, 30, 34), (60, 78, 62), (128, 122, 112), (34, 62, 104), (176, 168, 152), (70, 52, 40),
            (24, 24, 26), (150, 84, 48), (104, 116, 138), (196, 190, 186), (88, 66, 96))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A photo cut out: `rgb` f32[h,w,3], `matte` f32[h,w], the face's box in its pixels."""

    rgb: F32
    matte: F32
    face: Box


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """One person: the body, which never turns, and the head, which does; both on the same canvas."""

    body: Sprite
    head: Sprite
    hair: F32

    @lru_cache(maxsize=64)  # noqa: B019 - actors live as long as the program
    def turned(self, degrees: int) -> Sprite:
        """The head turned by that much to the picture's right, negative to its left."""
        if degrees < 0:
            return Actor(self.body, self.head.mirrored(), self.hair).turned(-degrees).mirrored()
        return _turned(self.head, self.hair, min(degrees, 180))


def volunteers() -> list[str]:
    """Who there is, by number; none where the data does not lie beside the checkout."""
    return sorted({path.name.split("_")[0] for path in LONDON.glob("*.jpg")})


@lru_cache(maxsize=64)
def actor(who: str, smiles: bool, dress: int, fine: int) -> Actor:
    """That person with a face of `fine` pixels in height; `dress` seeds the clothes."""
    random = np.random.default_rng((int(who), dress))
    clean = cutout(who, smiles)
    rgb, matte, face = clean.rgb.copy(), clean.matte.copy(), clean.face
    worn(rgb, matte, face, random)
    if random.random() < 0.3:
        rgb, matte, face = bowed(rgb, matte, face, random.uniform(10, 28))
    cut = _shrunk(Cutout(rgb, matte, face), fine)
    shirt = np.array(_CLOTHES[random.integers(len(_CLOTHES))], np.float32)
    trousers = np.array(_CLOTHES[random.integers(len(_CLOTHES))], np.float32) * 0.7
    dyed = _dyed(cut, shirt)
    return _parted(Cutout(dyed, cut.matte, cut.face), shirt, trousers, random)


@lru_cache(maxsize=128)
def cutout(who: str, smiles: bool) -> Cutout:
    """The person alone, at half the photo's size: the face is some 140 px high, more than any is shown."""
    with Image.open(LONDON / f"{who}_{'smiling' if smiles else 'neutral'}.jpg") as opened:
        photo = np.asarray(opened.convert("RGB").reduce(2))
    found = _detector()(core.Image(np.ascontiguousarray(photo[..., ::-1]), 1.0), 0.6)
    x1, y1, x2, y2 = found.xyxy[0].tolist()
    paper = _paper(photo.astype(np.float32))
    rows = np.arange(len(photo))[:, None]
    off = gaussian_filter(np.abs(photo - paper).max(axis=2), 0.5)
    solid = _solid(off > 14, round(y2 + 0.12 * (y2 - y1)))
    matte = np.clip((off - 7) / 16, 0, 1)
    sure = _eroded(solid) & (_face_alone(off.shape, (x1, y1, x2, y2)) | (rows > y2 + 0.1 * (y2 - y1)))
    inside = gaussian_filter(sure.astype(np.float32), 0.8)
    matte = np.maximum(matte * gaussian_filter(solid.astype(np.float32), 1.5).clip(0, 0.5) * 2, inside)
    # what is as bright and grey as the paper, between strands of hair; on the crown it is light on skin
    hollow = (photo.min(axis=2) > paper.min(axis=2) - 12) & (np.ptp(photo, axis=2) < 22) & (rows < y2)
    hollow &= np.abs(np.arange(photo.shape[1]) - (x1 + x2) / 2) > 0.32 * (x2 - x1)
    matte = matte * (1 - gaussian_filter(hollow & ~_face_alone(off.shape, (x1, y1, x2, y2)), 0.7, output=np.float32))
    clean = np.clip(paper + (photo - paper) / np.maximum(matte, 0.35)[..., None], 0, 255)
    return Cutout(clean.astype(np.float32), matte.astype(np.float32), (x1, y1, x2, y2))


@lru_cache(maxsize=1)
def _detector() -> Faces:
    return Faces()


def _paper(photo: F32) -> F32:
    """The grey paper behind the person: a polynomial of x and y, first as the corners and sides tell it."""
    height, width = photo.shape[:2]
    terms = _terms(height, width)
    few, y = photo[::4, ::4], np.arange(height)[::4, None] / height - 0.5
    sides = np.zeros((height, width), bool)
    sides[: height * 6 // 10, : width // 10] = sides[: height * 6 // 10, -width // 10 :] = True
    sides[: height // 14, : width * 3 // 10] = sides[: height // 14, -width * 3 // 10 :] = True
    sure = sides[::4, ::4]
    weights = np.zeros((terms.shape[2], 3), np.float32)
    for near in (5.0, 4.0, 0.0):
        weights, *_ = np.linalg.lstsq(terms[::4, ::4][sure], few[sure], rcond=None)
        # then as it goes on from there towards the person, and shows between strands of hair
        sure = sure | ((np.abs(few - terms[::4, ::4] @ weights).max(axis=2) < near) & (y < 0.1))
    return np.asarray(terms @ weights, np.float32)


@lru_cache(maxsize=2)
def _terms(height: int, width: int) -> F32:
    """The powers of x and y that make a polynomial of the third degree: f32[h,w,10]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height - 0.5
    return np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=2)


def _solid(mask: NDArray[np.bool_], chin: int) -> NDArray[np.bool_]:
    """The largest piece; below the chin without holes, where white cloth is as bright as the paper."""
    closed = binary_closing(np.pad(mask, ((0, 12), (12, 12)), constant_values=False), iterations=1)
    closed[chin:] = binary_closing(closed, iterations=3)[chin:]
    closed[-12:, 40:-40] = True
    pieces, count = label(closed)
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:])) if count else closed
    whole = binary_fill_holes(largest)
    holes, _ = label(whole & ~largest)
    wide = np.bincount(holes.ravel()) > 15  # between strands of hair; what is smaller is light on skin
    wide[0] = False
    open_ = wide[holes]
    open_[chin:] = False
    return np.asarray((whole & ~open_)[:-12, 12:-12])


def _face_alone(shape: tuple[int, ...], face: Box) -> NDArray[np.bool_]:
    """Where no paper can shine through: the face without its hair."""
    x1, y1, x2, y2 = face
    y, x = np.ogrid[: shape[0], : shape[1]]
    away = ((x - (x1 + x2) / 2) / (x2 - x1)) ** 2 + ((y - (y1 + y2) / 2) / (y2 - y1)) ** 2
    return np.asarray(away < 0.5**2)


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(gaussian_filter(mask.astype(np.float32), 2) > 0.93)


def _shrunk(cut: Cutout, fine: int) -> Cutout:
    """So that the face is `fine` pixels high."""
    by = fine / (cut.face[3] - cut.face[1])
    height, width = cut.matte.shape
    size = round(width * by), round(height * by)
    layers = [cut.rgb[..., number] * cut.matte for number in range(3)] + [cut.matte]
    small = [np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.BOX)) for layer in layers]
    matte = np.clip(small[3], 0, 1)
    rgb = np.stack(small[:3], axis=2) / np.maximum(matte, 1e-3)[..., None]
    x1, y1, x2, y2 = (side * by for side in cut.face)
    return Cutout(np.clip(rgb, 0, 255).astype(np.float32), matte.astype(np.float32), (x1, y1, x2, y2))


def _dyed(cut: Cutout, colour: F32) -> F32:
    """The white shirt in another colour, its folds kept."""
    light = cut.rgb.mean(axis=2)
    grey = 1 - np.clip((np.ptp(cut.rgb, axis=2) - 14) / 16, 0, 1)
    rows = np.arange(len(light))[:, None]
    tall = cut.face[3] - cut.face[1]
    below = np.clip((rows - cut.face[3] - 0.06 * tall) / (0.08 * tall), 0, 1)
    shirt = gaussian_filter(grey * below * np.clip((light - 110) / 40, 0, 1), 0.6)[..., None]
    cloth = colour * np.clip(light / 228, 0.2, 1.15)[..., None] ** 2.2
    return np.asarray(cut.rgb * (1 - shirt) + cloth * shirt, np.float32)


def _parted(cut: Cutout, shirt: F32, trousers: F32, random: np.random.Generator) -> Actor:
    """Head and body on one canvas, wide enough for arms and as high as the person."""
    tall = cut.face[3] - cut.face[1]
    height, width = cut.matte.shape
    whole = round(_TALL * tall)
    left = round(0.35 * tall)
    rgb = np.zeros((whole, width + 2 * left, 3), np.float32)
    matte = np.zeros(rgb.shape[:2], np.float32)
    _stand(rgb, matte, cut, (left, height), (shirt, trousers), random)
    fade = np.clip((height - 2 - np.arange(height)) / (0.25 * tall), 0, 1)[:, None] * cut.matte
    part = slice(0, height), slice(left, left + width)
    rgb[part] = rgb[part] * (1 - fade)[..., None] + cut.rgb * fade[..., None]
    matte[part] = np.maximum(matte[part], fade)
    face = (cut.face[0] + left, cut.face[1], cut.face[2] + left, cut.face[3])
    rows = np.arange(whole)[:, None]
    chin = face[3] - 0.02 * tall
    head = matte * np.clip((chin + 0.10 * tall - rows) / (0.10 * tall), 0, 1)
    body = matte * np.clip((rows - chin + 0.22 * tall) / (0.10 * tall), 0, 1)
    whole_rgb = np.clip(rgb, 0, 255).astype(np.uint8)
    end = round(face[3] + 0.2 * tall)
    return Actor(
        Sprite(whole_rgb, body.astype(np.float32), face, 0.0),
        Sprite(whole_rgb[:end], head[:end].astype(np.float32), face),
        _hair(cut),
    )


def _stand(
    rgb: F32,
    matte: F32,
    cut: Cutout,
    place: tuple[int, int],
    cloth: tuple[F32, F32],
    random: np.random.Generator,
) -> None:
    """Draw torso, arms and legs below the photo's end, a little under it."""
    left, height = place
    tall = cut.face[3] - cut.face[1]
    spans = np.flatnonzero(cut.matte[height - round(0.15 * tall)] > 0.5)
    x1, x2 = (left + spans[0], left + spans[-1]) if len(spans) else (left, rgb.shape[1] - left)
    middle, half, top = (x1 + x2) / 2, min((x2 - x1) / 2, 1.15 * tall), height - 0.3 * tall
    waist, hips, feet = top + 1.6 * tall, top + 2.2 * tall, len(rgb) - 1
    legs = ((0.62, waist), (0.60, feet), (0.18, feet), (0.0, hips + 0.3 * tall))
    coat = ((0.95, top), (0.99, top + 0.2 * tall), (1.02, top + tall), (1.0, hips), (0.78, hips),
            (0.66, waist + 0.4 * tall))  # fmt: skip
    shapes = ((cloth[1], legs), (cloth[0], coat))
    folds = gaussian_filter(random.normal(size=matte.shape), (0.25 * tall, 0.06 * tall))
    folds = 1 + 0.14 * folds / folds.std()
    across = np.clip(np.abs(np.arange(matte.shape[1]) - middle) / (1.15 * half), 0, 1)
    shade = (folds * (1.05 - 0.4 * across**2)).astype(np.float32)
    for colour, side in shapes:
        outline = [(middle - out * half, y) for out, y in side] + [(middle + out * half, y) for out, y in side[::-1]]
        drawn = Image.new("L", (matte.shape[1], matte.shape[0]))
        ImageDraw.Draw(drawn).polygon(outline, fill=255)
        soft = np.asarray(drawn.filter(ImageFilter.GaussianBlur(0.02 * tall)), np.float32) / 255
        rgb[:] = rgb * (1 - soft)[..., None] + (colour * shade[..., None]) * soft[..., None]
        np.maximum(matte, soft, out=matte)


def _hair(cut: Cutout) -> F32:
    """The colour at the top of the head."""
    first = int(np.argmax((cut.matte > 0.9).sum(axis=1) > 4))
    rows = slice(first, max(int(cut.face[1]), first + 3))
    band = cut.rgb[rows][cut.matte[rows] > 0.9]
    if not len(band):
        return np.full(3, 60, np.float32)
    darker = band[band.sum(axis=1) <= np.quantile(band.sum(axis=1), 0.6)]  # the paper shines through the rest
    return np.asarray(np.median(darker, axis=0), np.float32)


def _turned(head: Sprite, hair: F32, degrees: int) -> Sprite:
    """Row by row: u = dx cos + z sin, where z is a circle over the row and the nose; what is beyond is hair."""
    width = head.matte.shape[1]
    x1, y1, x2, y2 = head.face
    middle, tall = (x1 + x2) / 2, y2 - y1
    half = _halves(head, middle)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    source = np.linspace(-0.9, 0.97, 2 * width)  # the near side ends in paper that shone through
    columns = np.arange(width) + 0.5 - middle
    pixels = np.concatenate([head.rgb.astype(np.float32), head.matte[..., None] * 255], axis=2)
    out = np.zeros_like(pixels)
    behind = _behind(head, hair, half, middle)
    for row in np.flatnonzero(half > 0.5):
        a = half[row]
        dx = source * a
        bump = 0.13 * tall * np.exp(-((dx / (0.085 * tall)) ** 2) - ((row - y1 - 0.56 * tall) / (0.15 * tall)) ** 2)
        u = dx * cos + (np.sqrt(a * a - dx * dx) + bump) * sin
        front = np.maximum.accumulate(u[: int(np.argmax(u)) + 1])
        where = np.interp(columns, front, dx[: len(front)]) + middle - 0.5
        at = np.clip(where, 0, width - 1)
        low = np.minimum(at.astype(int), width - 2)
        part = (at - low)[:, None]
        drawn = pixels[row, low] * (1 - part) + pixels[row, low + 1] * part
        edge = np.clip((columns - front[0]) / (0.16 * a), 0, 1)[:, None] if degrees else np.ones((width, 1))
        inside = np.clip(max(front[-1], a) + 0.5 - columns, 0, 1) * np.clip(a + 0.5 + columns, 0, 1)
        blend = drawn * edge + behind[row] * (1 - edge)
        out[row] = blend
        out[row, :, 3] *= inside
    face = _turned_face(head.face, float(half[int(y1) : int(y2)].mean()), cos, sin)
    return Sprite(
        np.clip(out[..., :3], 0, 255).astype(np.uint8),
        (out[..., 3] / 255).clip(0, 1).astype(np.float32),
        face,
        float(degrees <= AWAY),
    )


def _halves(head: Sprite, middle: float) -> NDArray[np.float64]:
    """Half the head's width, row by row; hair that hangs wider than a head turns with it."""
    columns = np.arange(head.matte.shape[1]) + 0.5 - middle
    solid = head.matte > 0.3
    left = np.where(solid, -columns, 0).max(axis=1, initial=0)
    right = np.where(solid, columns, 0).max(axis=1, initial=0)
    tall = head.face[3] - head.face[1]
    return np.asarray(gaussian_filter1d(np.maximum((left + right) / 2, 0), 0.02 * tall) * solid.any(axis=1))


def _behind(head: Sprite, hair: F32, half: NDArray[np.float64], middle: float) -> F32:
    """The head from behind: hair, darker towards its sides, in strands; the matte is the photo's."""
    height, width = head.matte.shape
    strands = gaussian_filter(np.random.default_rng(7).normal(size=(height, width)), (6, 0.8))
    across = np.clip(np.abs(np.arange(width) + 0.5 - middle) / np.maximum(half, 1)[:, None], 0, 1)
    light = (1 + 0.16 * strands / strands.std()) * (1 - 0.45 * across**2)
    fade = head.matte.max(axis=1, keepdims=True) * np.clip((half[:, None] + 0.5 - np.abs(
        np.arange(width) + 0.5 - middle)), 0, 1)  # fmt: skip
    return np.concatenate([np.clip(hair * light[..., None], 0, 255), fade[..., None] * 255], axis=2).astype(np.float32)


def _turned_face(face: Box, half: float, cos: float, sin: float) -> Box:
    """The box of what the turned head shows of the face."""
    x1, y1, x2, y2 = face
    middle = (x1 + x2) / 2
    dx = np.linspace(max(x1 - middle, -half), min(x2 - middle, half), 65)
    u = dx * cos + np.sqrt(np.maximum(half * half - dx * dx, 0)) * sin
    return middle + float(u.min()), y1, middle + float(max(u.max(), u.min() + 1)), y2
