"""A DRESSED HEAD -> CROPS AS A CAMERA AND A DETECTOR MAKE THEM: turned, lit, small, noisy, compressed, off the middle.

head -> turned as a ball -> before a street -> light -> at its size in px -> noise -> JPEG or H.264 -> crop 48 x 48
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import av
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from garim.vision.masks import SIDE, around
from training.mask.people import CANVAS, DATA, FACE, Head
from training.mask.wear import Face

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

PATCH = 104  # px of the scene round a head, in which the face is `SHOWN` px
SHOWN = 44.0
SIZES = (8.0, 64.0)  # px of a face in its picture
_FILMS = ("intel_classroom", "intel_store-aisle-detection", "intel_one-by-one-person-detection",
          "intel_people-detection", "intel_face-demographics-walking", "whitehouse_hamilton_640x360")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A small picture u8[h,w,3] RGB with one face at `box` f32[4]; its size in px is sqrt(w h)."""

    rgb: U8
    box: F32
    size: float


def shot(rgb: F32, matte: F32, head: Head, random: Generator, size: float) -> Shot:
    """One head of `size` px before a street, as it comes out of a camera; not yet compressed."""
    yaw, pitch, roll = random.normal(0, (0.42, 0.2, 0.13))
    yaw = float(np.clip(yaw, -1.25, 1.25))
    colours, alpha, box = _turned(rgb, matte, head, (yaw, float(np.clip(pitch, -0.6, 0.6)), float(roll)))
    scene = _street(random)
    scene = np.asarray(scene + (colours - scene) * alpha[..., None], np.float32)
    _hidden(scene, box, random)
    scene = _lit(scene, random)
    if random.random() < 0.5:
        scene = np.asarray(gaussian_filter(scene, (*random.gamma(1.2, 0.5, 2), 0)), np.float32)
    scale = size / SHOWN
    small = _resized(scene, max(4, round(PATCH * scale)), random)
    scale = small.shape[0] / PATCH
    noise = random.gamma(1.3, 2.6)
    small = np.asarray(small + random.normal(0, noise, small.shape), np.float32)
    if random.random() < 0.3:  # sharpened by a camera
        small = small + random.uniform(0.2, 1.2) * (small - gaussian_filter(small, (0.8, 0.8, 0)))
    return Shot(np.clip(small, 0, 255).astype(np.uint8), box * np.float32(scale), size)


def compressed(shots: Sequence[Shot], random: Generator) -> list[Shot]:
    """Three in ten as they are, four as JPEGs once or twice, three as parts of a film."""
    done = list(shots)
    film = []
    for number, each in enumerate(shots):
        how = random.random()
        if how < 0.4:
            done[number] = Shot(_jpeg(each.rgb, random), each.box, each.size)
        elif how < 0.7:
            film.append(number)
    for number, rgb in zip(film, _filmed([shots[number].rgb for number in film], random), strict=True):
        done[number] = Shot(rgb, shots[number].box, shots[number].size)
    return done


def cropped(each: Shot, random: Generator) -> U8:
    """The crop that a detector's box would give: u8[SIDE,SIDE,3] BGR."""
    size = (each.box[2:] - each.box[:2]) * random.normal(1, (0.09, 0.09)) * random.normal(1.02, 0.09)
    size = np.clip(size, 0.6 * each.size, 1.7 * each.size)
    middle = (each.box[:2] + each.box[2:]) / 2 + random.normal(0, 0.06, 2) * each.size
    box = np.concatenate([middle - size / 2, middle + size / 2]).astype(np.float32)
    crop = around(np.ascontiguousarray(each.rgb[..., ::-1]), box)
    assert crop.shape == (SIDE, SIDE, 3)
    return crop


def _turned(rgb: F32, matte: F32, head: Head, angles: tuple[float, float, float]) -> tuple[F32, F32, F32]:
    """The head as a ball with a nose, turned by yaw, pitch and roll (radians), on a patch; and where its face is then.

    What a photo from the front does not show is what is at its rim.
    """
    yaw, pitch, roll = angles
    face = Face.of(head)
    centre = np.array([face.middle, (head.box[1] + head.box[3]) / 2 - 0.06 * FACE], np.float32)
    wide, high = 0.74 * FACE, 0.98 * FACE
    v, u = (np.mgrid[0:PATCH, 0:PATCH].astype(np.float32) - PATCH / 2) * np.float32(FACE / SHOWN)
    u, v = u * np.cos(roll) + v * np.sin(roll), v * np.cos(roll) - u * np.sin(roll)
    x, y = u / wide, v / high
    radius = np.hypot(x, y)
    fade = np.clip((1.5 - radius) / 0.55, 0, 1) * np.clip((1.35 - y) / 0.4, 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    z = np.sqrt(np.clip(1 - np.minimum(radius, 1) ** 2, 0, 1))
    z = z + 0.22 * np.exp(-(((x - 0.25 * np.sin(yaw)) / 0.22) ** 2) - ((y - 0.12) / 0.2) ** 2)
    cy, sy, cp, sp = np.cos(yaw * fade), np.sin(yaw * fade), np.cos(pitch * fade), np.sin(pitch * fade)
    y2, z2 = y * cp - z * sp, y * sp + z * cp
    x2, z3 = x * cy - z2 * sy, x * sy + z2 * cy
    behind = np.clip(-z3 * 2, 0, 1) * fade
    rim = np.maximum(np.hypot(x2, y2), 1e-6)
    pull = np.where(z3 < 0, np.minimum(1, 0.93 / rim), 1)
    sx, sy_ = centre[0] + x2 * pull * wide, centre[1] + y2 * pull * high
    layers = _sampled(np.dstack([rgb, matte]), sx, sy_)
    colours = layers[..., :3] * (1 - 0.6 * behind)[..., None]
    middle = (head.box[:2] + head.box[2:]) / 2 - centre
    shift = np.array([0.45 * wide * np.sin(yaw), 0.45 * high * np.sin(pitch)], np.float32)
    half = (head.box[2:] - head.box[:2]) / 2 * np.array([1 - 0.12 * abs(np.sin(yaw)), 1 - 0.1 * abs(np.sin(pitch))])
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    place = turn @ (middle + shift) * (SHOWN / FACE) + PATCH / 2
    half = half * (SHOWN / FACE)
    return colours, np.clip(layers[..., 3], 0, 1), np.concatenate([place - half, place + half]).astype(np.float32)


def _sampled(layers: F32, x: F32, y: F32) -> F32:
    """Between pixels; nothing beyond the edge."""
    x, y = np.clip(x, 0, CANVAS - 1.001), np.clip(y, 0, CANVAS - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = layers[top, left] * (1 - across) + layers[top, left + 1] * across
    lower = layers[top + 1, left] * (1 - across) + layers[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


@lru_cache(maxsize=1)
def _streets() -> list[U8]:
    """Pictures of places, a dozen of each film."""
    found = []
    for name in _FILMS:
        with av.open(str(DATA / "video" / f"{name}.mp4")) as film:
            every = [_picture(frame) for frame in film.decode(video=0)]
        found += every[:: max(1, len(every) // 12)][:12]
    return found


def _picture(frame: av.VideoFrame) -> U8:
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _street(random: Generator) -> F32:
    """A square of a place, at any size; mirrored, of another colour, or one colour alone."""
    if random.random() < 0.08:
        return np.broadcast_to(random.uniform(0, 255, 3), (PATCH, PATCH, 3)).astype(np.float32)
    place = _streets()[random.integers(len(_streets()))]
    side = int(random.uniform(0.15, 0.9) * min(place.shape[:2]))
    y, x = (int(random.integers(0, length - side + 1)) for length in place.shape[:2])
    square = Image.fromarray(place[y : y + side, x : x + side]).resize((PATCH, PATCH), Image.Resampling.BILINEAR)
    made = np.asarray(square, np.float32)[:, :: 1 if random.random() < 0.5 else -1]
    return np.clip(made * random.uniform(0.5, 1.5, 3) ** 0.35, 0, 255).astype(np.float32)


def _hidden(scene: F32, box: F32, random: Generator) -> None:
    """Somebody or something before a side of the head, at most a third of the face."""
    if random.random() > 0.16:
        return
    reach = random.uniform(-0.1, 0.33) * SHOWN
    x1, y1, x2, y2 = box
    before = _street(random) if random.random() < 0.6 else np.full_like(scene, random.uniform(0, 255, 3))
    turn = random.uniform(-0.4, 0.4)
    v, u = np.mgrid[0:PATCH, 0:PATCH].astype(np.float32)
    side = int(random.integers(4))
    if side == 0:
        cut = u + turn * (v - PATCH / 2) < x1 + reach
    elif side == 1:
        cut = u + turn * (v - PATCH / 2) > x2 - reach
    elif side == 2:
        cut = v + turn * (u - PATCH / 2) < y1 + reach
    else:
        cut = v + turn * (u - PATCH / 2) > y2 - reach * 0.3
    soft = gaussian_filter(cut.astype(np.float32), random.uniform(0.3, 1.5))[..., None]
    scene += (before - scene) * soft


def _lit(scene: F32, random: Generator) -> F32:
    """Light from a side, its colour, how strong; contrast, gamma, haze, at times no colour at all."""
    v, u = (np.mgrid[0:PATCH, 0:PATCH].astype(np.float32) - PATCH / 2) / PATCH
    lean = random.normal(0, 0.5, 2)
    scene = scene * np.clip(1 + lean[0] * u + lean[1] * v, 0.2, 2)[..., None]
    scene = scene * random.normal(1, 0.06, 3).clip(0.75, 1.25) * np.exp(random.normal(-0.05, 0.32))
    scene = 255 * (np.clip(scene, 0, 255) / 255) ** np.exp(random.normal(0, 0.24))
    mean = scene.mean()
    scene = mean + (scene - mean) * random.uniform(0.45, 1.25)
    grey = scene.mean(2, keepdims=True)
    colour = 0.0 if random.random() < 0.05 else random.uniform(0.4, 1.35)
    return np.asarray(np.clip(grey + (scene - grey) * colour, 0, 255), np.float32)


def _resized(scene: F32, side: int, random: Generator) -> F32:
    kinds = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
    kind = kinds[random.integers(len(kinds))]
    if random.random() < 0.12:  # a picture that was smaller once
        less = max(4, round(side * random.uniform(0.45, 0.9)))
        scene = np.asarray(Image.fromarray(scene.astype(np.uint8)).resize((less, less), kind), np.float32)
    return np.asarray(Image.fromarray(scene.astype(np.uint8)).resize((side, side), kind), np.float32)


def _jpeg(rgb: U8, random: Generator) -> U8:
    for _ in range(1 if random.random() < 0.8 else 2):
        file = io.BytesIO()
        Image.fromarray(rgb).save(
            file, "JPEG", quality=int(random.integers(25, 96)), subsampling=int(random.integers(3))
        )
        rgb = np.asarray(Image.open(file).convert("RGB"))
    return rgb


def _filmed(pictures: Sequence[U8], random: Generator) -> list[U8]:
    """Each picture after H.264: laid side by side in a few frames that move a little, and decoded again."""
    if not pictures:
        return []
    wide, places, x, y, row = 1280, [], 0, 0, 0
    for picture in pictures:
        height, width = picture.shape[:2]
        if x + width > wide:
            x, y, row = 0, y + row, 0
        places.append((x, y))
        x, row = x + width, max(row, height)
    sheet = np.zeros((-(-(y + row) // 16) * 16, wide, 3), np.uint8)
    for picture, (x, y) in zip(pictures, places, strict=True):
        sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    file = io.BytesIO()
    words = {"crf": str(int(random.integers(20, 36))), "preset": "veryfast"}
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=25, options=words)
        stream.width, stream.height, stream.pix_fmt = wide, sheet.shape[0], "yuv420p"
        for step in range(4):
            moved = np.roll(sheet, (0, step - 3), (0, 1))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="rgb24")))
        film.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as read:
        last = [_picture(frame) for frame in read.decode(video=0)][-1]
    return [last[y : y + p.shape[0], x : x + p.shape[1]] for p, (x, y) in zip(pictures, places, strict=True)]
