"""A SCENE -> ITS FRAMES, AND THE EXACT TRUTH ABOUT EACH.

Laws: pure and deterministic; a scene is data; coordinates are pixels of the picture, edges at whole numbers, y
grows downwards. A face is the ellipse inside the box marked on its photo: it turns with its person, it is hidden
by whoever stands in front, matte for matte, and by the picture's edge. A head that turns is another sprite on the
same canvas for each degree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import PchipInterpolator

F32 = NDArray[np.float32]
RGB = NDArray[np.uint8]
Box = tuple[float, float, float, float]

_SHUTTER = 0.5  # of a frame: what moves is drawn out over this share of its way
_SAMPLES = 5  # pictures in one drawn-out one, at most
_HALVINGS = 6  # of a sprite: drawn at less than half a level's size, samples would skip pixels
_PLAY = 64  # pixels by which the field of noise is larger than the picture


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A person to lay over a picture: `rgb` u8[h,w,3], `matte` f32[h,w] in 0..1, `face` x1 y1 x2 y2 in its pixels.

    `shows` is the share of the face that it shows: 0 where the person has turned away.
    """

    rgb: RGB
    matte: F32
    face: Box
    shows: float = 1.0

    def __post_init__(self) -> None:
        if self.rgb.dtype != np.uint8 or self.rgb.shape != (*self.matte.shape, 3):
            raise ValueError("sprite: rgb u8[h,w,3] and a matte for each of its pixels")

    def mirrored(self) -> Sprite:
        """The same, left and right exchanged."""
        x1, y1, x2, y2 = self.face
        width = self.matte.shape[1]
        return Sprite(self.rgb[:, ::-1], self.matte[:, ::-1], (width - x2, y1, width - x1, y2), self.shows)


@dataclass(frozen=True, slots=True)
class Key:
    """Where a person is at one time: the face's centre and height in pixels, its tilt clockwise in degrees.

    `turn` is how far the head is turned, in degrees from straight ahead, to the right of the picture.
    """

    at_s: float
    x: float
    y: float
    size: float
    tilt: float = 0.0
    light: float = 1.0
    opacity: float = 1.0
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Person:
    """One person on one path, there from its first key to its last; smooth between them. Times count from the shot.

    Where `turned` is given, it makes the sprite for each whole degree of turn, on the canvas of `sprite`.
    """

    number: int
    sprite: Sprite
    keys: tuple[Key, ...]
    turned: Callable[[int], Sprite] | None = None

    def __post_init__(self) -> None:
        times = [key.at_s for key in self.keys]
        if len(times) < 2 or sorted(set(times)) != times:
            raise ValueError(f"person {self.number}: two keys or more, at rising times")


class View(Protocol):
    """What stands behind all people, time by time."""

    def at(self, at_s: float) -> RGB:
        """The picture at one time, writable: u8[h,w,3]."""


class Place(Protocol):
    """Where a shot is filmed."""

    def seen(self, width: int, height: int) -> View:
        """The place in a picture of that size."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What one camera sees without a cut: `people` from the farthest to the nearest."""

    frames: int
    backdrop: Place
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """Shots one after the other; `rate` in frames a second; `seed` is that of the sensor's noise."""

    width: int
    height: int
    rate: Fraction
    shots: tuple[Shot, ...]
    seed: int = 0
    noise: float = 2.0  # standard deviation, of 255


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The faces of one frame, side by side: `xyxy` f32[n,4], `person` i64[n], `visible` f32[n] in 0..1.

    A row for each person of the shot who is on the way, in the picture or not. A box is that of what there is to
    see of the face: cut at the picture's edge and at whoever hides a whole side of it; of no area where nothing is.
    """

    xyxy: F32
    person: NDArray[np.int64]
    visible: F32

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.person), 4) or self.visible.shape != self.person.shape:
            raise ValueError("truth: one box and one visible share a person")


def frames(scene: Scene) -> Iterator[tuple[RGB, Truth]]:
    """Each picture u8[h,w,3] with its truth."""
    grain = _Grain(scene)
    for shot in scene.shots:
        view = shot.backdrop.seen(scene.width, scene.height)
        actors = [_Actor(person, scene) for person in shot.people]
        for index in range(shot.frames):
            at_s = float(index / scene.rate)
            poses = [pose for actor in actors if (pose := actor.at(at_s)) is not None]
            layers = [_drawn(pose, scene) for pose in poses]
            picture = view.at(at_s)
            for layer in layers:
                layer.lay_over(picture)
            yield grain.over(picture), _truth(poses, layers, scene)


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    """One person in one frame: the face's centre while not turned, how large, how turned, how far it moved."""

    person: Person
    sprite: Sprite  # as turned
    levels: Sequence[Image.Image]
    x: float
    y: float
    scale: float  # pixels of the picture for one of the sprite
    tilt: float  # radians, clockwise
    light: float
    opacity: float
    step: tuple[float, float]

    def half(self) -> tuple[float, float]:
        """Half the width and height of the face before it is turned."""
        x1, y1, x2, y2 = self.sprite.face
        return (x2 - x1) / 2 * self.scale, (y2 - y1) / 2 * self.scale

    def centre(self) -> tuple[float, float]:
        """The centre of the face as the head is turned."""
        (x1, y1, x2, y2), (u1, v1, u2, v2) = self.person.sprite.face, self.sprite.face
        dx, dy = (u1 + u2 - x1 - x2) / 2 * self.scale, (v1 + v2 - y1 - y2) / 2 * self.scale
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        return self.x + dx * cos - dy * sin, self.y + dx * sin + dy * cos

    def box(self) -> Box:
        """The box of the turned face."""
        a, b = self.half()
        x, y = self.centre()
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        dx, dy = math.hypot(a * cos, b * sin), math.hypot(a * sin, b * cos)
        return x - dx, y - dy, x + dx, y + dy

    def affine(self) -> tuple[float, float, float, float]:
        """Sprite pixel = face's centre + this matrix, row by row, times the way from (x, y) in the picture."""
        cos, sin = math.cos(self.tilt) / self.scale, math.sin(self.tilt) / self.scale
        return cos, sin, -sin, cos


class _Actor:
    """A person with what is worked out once: the smooth path, and the sprite at each halving of its size."""

    def __init__(self, person: Person, scene: Scene) -> None:
        self.person, self.frame_s = person, float(1 / scene.rate)
        keys = person.keys
        self.first_s, self.last_s = keys[0].at_s, keys[-1].at_s
        # sizes as logarithms: who walks up to the camera grows by the same factor each second, not the same pixels
        columns = [(k.x, k.y, math.log(k.size), math.radians(k.tilt), k.light, k.opacity, k.turn) for k in keys]
        self.path = PchipInterpolator([key.at_s for key in keys], columns)
        self.levels = lru_cache(maxsize=2)(self._turned)

    def at(self, at_s: float) -> _Pose | None:
        """Where the person is; None before the first key and after the last."""
        if not self.first_s <= at_s <= self.last_s:
            return None
        x, y, log_size, tilt, light, opacity, turn = self.path(at_s).tolist()
        x1, y1, *_ = self.path(max(at_s - self.frame_s, self.first_s)).tolist()
        face = self.person.sprite.face
        scale = math.exp(log_size) / (face[3] - face[1])
        sprite, levels = self.levels(round(turn))
        return _Pose(self.person, sprite, levels, x, y, scale, tilt, light, opacity, (x - x1, y - y1))

    def _turned(self, degrees: int) -> tuple[Sprite, list[Image.Image]]:
        turned = self.person.turned
        sprite = self.person.sprite if turned is None else turned(degrees)
        return sprite, _levels(sprite)


def _levels(sprite: Sprite) -> list[Image.Image]:
    """The sprite, colours times matte: at 4 times its size, then as sharp as at 1, 1/2, ... at twice the size of that.

    Drawn that fine, the nearest sample is as smooth as one between four, and costs a fifth.
    """
    matte = sprite.matte[..., None]
    pixels = np.round(np.concatenate([sprite.rgb * matte, matte * 255], axis=2)).astype(np.uint8)
    height, width = sprite.matte.shape
    # four plain channels: Pillow would multiply the colours of an RGBA a second time
    exact = Image.frombytes("CMYK", (width, height), pixels.tobytes())
    levels = [exact.resize((width * 4, height * 4), Image.Resampling.BILINEAR)]
    for _ in range(_HALVINGS):
        levels.append(exact.resize((exact.width * 2, exact.height * 2), Image.Resampling.BILINEAR))
        exact = exact.reduce(2)
    return levels


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """A person as seen, cut at the picture's edges: colours times matte, and matte, in 0..1 and 0..255."""

    left: int
    top: int
    rgb: F32
    matte: F32

    def part(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The part of `picture` that lies under the layer, to write to."""
        height, width = self.matte.shape
        return picture[self.top : self.top + height, self.left : self.left + width]

    def lay_over(self, picture: RGB) -> None:
        """Paint the layer onto `picture`."""
        under = self.part(picture)
        sum_ = under * (1 - self.matte)[..., None]
        sum_ += self.rgb
        under[:] = np.minimum(sum_, 255, out=sum_)


def _drawn(pose: _Pose, scene: Scene) -> _Layer:
    left, top, right, bottom = _extent(pose, scene)
    if left >= right or top >= bottom:
        return _Layer(0, 0, np.zeros((0, 0, 3), np.float32), np.zeros((0, 0), np.float32))
    width, height = right - left, bottom - top
    shifts = _shifts(pose)
    by_x, by_y = (max(abs(shift[axis]) for shift in shifts) for axis in (0, 1))
    wide = _sampled(pose, left - by_x, top - by_y, width + 2 * by_x, height + 2 * by_y)
    total = np.zeros((height, width, 4), np.uint16)
    for x, y in shifts:
        total += wide[by_y - y : by_y - y + height, by_x - x : by_x - x + width]
    share = pose.opacity / len(shifts)
    return _Layer(left, top, total[..., :3] * np.float32(share * pose.light), total[..., 3] * np.float32(share / 255))


def _shifts(pose: _Pose) -> list[tuple[int, int]]:
    """Where the person is while the shutter is open, in whole pixels from the middle of that time."""
    dx, dy = (step * _SHUTTER for step in pose.step)
    count = min(max(math.ceil(math.hypot(dx, dy) / 2), 1), _SAMPLES)
    times = [(sample + 0.5) / count - 0.5 for sample in range(count)]
    return [(round(dx * time), round(dy * time)) for time in times]


def _extent(pose: _Pose, scene: Scene) -> tuple[int, int, int, int]:
    """The part of the picture that the person may reach: x1 y1 x2 y2, ends excluded."""
    height, width = pose.person.sprite.matte.shape
    x1, y1, x2, y2 = pose.person.sprite.face
    corners = np.array([(x, y) for x in (0, width) for y in (0, height)]) - ((x1 + x2) / 2, (y1 + y2) / 2)
    cos, sin = math.cos(pose.tilt) * pose.scale, math.sin(pose.tilt) * pose.scale
    xs = pose.x + corners[:, 0] * cos - corners[:, 1] * sin
    ys = pose.y + corners[:, 0] * sin + corners[:, 1] * cos
    blur_x, blur_y = (abs(step) * _SHUTTER + 1 for step in pose.step)
    left, right = math.floor(xs.min() - blur_x), math.ceil(xs.max() + blur_x)
    top, bottom = math.floor(ys.min() - blur_y), math.ceil(ys.max() + blur_y)
    return max(left, 0), max(top, 0), min(right, scene.width), min(bottom, scene.height)


def _sampled(pose: _Pose, left: float, top: float, width: int, height: int) -> RGB:
    """The sprite as it lies under `width` x `height` pixels of the picture from (left, top): u8[h,w,4]."""
    level = min(max(math.floor(-math.log2(pose.scale)) + 1, 0), _HALVINGS)
    fine = 2.0 ** (2 - level)  # pixels of the level for one of the sprite
    x1, y1, x2, y2 = pose.person.sprite.face
    xx, xy, yx, yy = pose.affine()
    dx, dy = left - pose.x, top - pose.y
    matrix = (
        *(xx * fine, xy * fine, ((x1 + x2) / 2 + xx * dx + xy * dy) * fine),
        *(yx * fine, yy * fine, ((y1 + y2) / 2 + yx * dx + yy * dy) * fine),
    )
    drawn = pose.levels[level].transform((width, height), Image.Transform.AFFINE, matrix)
    return np.asarray(drawn)


def _truth(poses: Sequence[_Pose], layers: Sequence[_Layer], scene: Scene) -> Truth:
    """From the nearest to the farthest: what of each face is left free by all in front of it."""
    free = np.ones((scene.height, scene.width), np.float32)
    seen = []
    for pose, layer in zip(reversed(poses), reversed(layers), strict=True):
        seen.append((pose.person.number, *_seen(pose, free)))
        under = layer.part(free)
        under *= 1 - layer.matte
    rows = np.array(seen[::-1], np.float64).reshape(-1, 6)
    return Truth(
        xyxy=rows[:, 2:].astype(np.float32),
        person=rows[:, 0].astype(np.int64),
        visible=rows[:, 1].astype(np.float32),
    )


def _seen(pose: _Pose, free: F32) -> tuple[float, float, float, float, float]:
    """The visible share of a face, and the box of what is visible of it."""
    box = pose.box()
    left, top, right, bottom = math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3])
    face = _face(pose, left, top, right, bottom)
    shown = _window(free, left, top, right, bottom)
    clear = face & (shown >= 0.5)
    if not clear.any() or not pose.sprite.shows:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    share = float(shown[face].sum() / face.sum()) * pose.opacity * pose.sprite.shows
    whole, part = _extremes(face), _extremes(clear)
    # a side that shows stands where it is marked, not on the nearest whole pixel, but never outside the picture
    sides = np.where(part == whole, box, part + np.array([left, top, left, top]))
    height, width = free.shape
    x1, y1, x2, y2 = np.clip(sides, 0, (width, height, width, height)).tolist()
    return share, x1, y1, x2, y2


def _face(pose: _Pose, left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    """Which pixels of a part of the plane, reaching past the picture, have their centre in the face: bool[h,w]."""
    a, b = pose.half()
    centre_x, centre_y = pose.centre()
    x = np.arange(left, right) + 0.5 - centre_x
    y = np.arange(top, bottom)[:, None] + 0.5 - centre_y
    cos, sin = math.cos(pose.tilt), math.sin(pose.tilt)
    inside: NDArray[np.bool_] = ((x * cos + y * sin) / a) ** 2 + ((y * cos - x * sin) / b) ** 2 <= 1
    return inside


def _window(picture: F32, left: int, top: int, right: int, bottom: int) -> F32:
    """A part of the plane out of `picture` f32[h,w]; 0 where it reaches past it."""
    height, width = picture.shape
    window = np.zeros((bottom - top, right - left), np.float32)
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x1 < x2 and y1 < y2:
        window[y1 - top : y2 - top, x1 - left : x2 - left] = picture[y1:y2, x1:x2]
    return window


def _extremes(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The box of all that is true: x1 y1 x2 y2, ends excluded."""
    ys, xs = np.nonzero(mask)
    return np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])


class _Grain:
    """The sensor's noise: one field from the seed, taken from another place in each frame."""

    def __init__(self, scene: Scene) -> None:
        self.random = np.random.default_rng(scene.seed)
        self.shape = scene.height, scene.width
        field = self.random.normal(0, scene.noise, (scene.height + _PLAY, scene.width + _PLAY, 1))
        self.field = np.round(field).astype(np.int16)

    def over(self, picture: RGB) -> RGB:
        """`picture` with noise."""
        top, left = self.random.integers(0, _PLAY, 2)
        height, width = self.shape
        noisy = picture + self.field[top : top + height, left : left + width]
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)
