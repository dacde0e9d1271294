"""WHAT FACES WEAR: masks of many kinds, rightly and wrongly, and whatever else may hide a mouth or look like a mask.

Drawn onto a head that looks straight ahead, before it turns. Places are (x, t): x in half widths of the face from its
middle, t from the eyes (0) down to the chin (1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from training.mask.people import CANVAS, Head

F32 = NDArray[np.float32]
Place = tuple[float, float]

FINE = 2  # outlines are drawn this much larger
SURGICAL = ((168, 202, 222), (150, 190, 214), (186, 214, 226), (140, 196, 190), (214, 178, 190), (226, 230, 232))
WHITE, BLACK = (232, 232, 230), (32, 32, 35)
HAIR = ((24, 20, 18), (44, 32, 26), (70, 50, 36), (110, 82, 56), (150, 146, 142), (132, 70, 40))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Where things are on a head: middle and half width in px, eyes and chin in px, nose and mouth in t."""

    middle: float
    half: float
    eyes: float
    chin: float
    nose: float
    mouth: float

    @classmethod
    def of(cls, head: Head) -> Face:
        eyes, chin = float(head.points[:2, 1].mean()), float(head.box[3])
        nose, mouth = ((float(y) - eyes) / (chin - eyes) for y in (head.points[2, 1], head.points[3:, 1].mean()))
        x1, x2 = float(head.box[0]), float(head.box[2])
        return cls(float(head.points[[0, 1, 3, 4], 0].mean()), (x2 - x1) / 2 * 1.04, eyes, chin, nose, mouth)

    def px(self, place: Place) -> tuple[float, float]:
        return self.middle + place[0] * self.half, self.eyes + place[1] * (self.chin - self.eyes)


@dataclass(slots=True, eq=False)
class Dress:
    """A head being dressed: `rgb` f32[h,w,3], `matte` f32[h,w]."""

    rgb: F32
    matte: F32
    face: Face
    random: Generator

    def pick(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def lay(self, alpha: F32, colours: F32, *, beyond: bool = True) -> None:
        """Lay `colours` over what is there; `beyond` the person, too."""
        alpha = alpha if beyond else alpha * self.matte
        self.rgb += (colours - self.rgb) * alpha[..., None]
        np.maximum(self.matte, alpha, out=self.matte)

    def shape(self, outline: Sequence[Place], soft: float = 0.0, *, round_: int = 2) -> F32:
        """An outline, its corners cut twice, as f32[h,w] from 0 to 1."""
        points = np.array([self.face.px(place) for place in outline])
        for _ in range(round_):
            after = np.roll(points, -1, 0)
            points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1).reshape(-1, 2)
        drawn = Image.new("L", (CANVAS * FINE, CANVAS * FINE))
        ImageDraw.Draw(drawn).polygon([(x * FINE, y * FINE) for x, y in points], fill=255)
        return self._small(drawn, soft)

    def line(self, places: Sequence[Place], px: float, soft: float = 0.0) -> F32:
        drawn = Image.new("L", (CANVAS * FINE, CANVAS * FINE))
        ends = [(x * FINE, y * FINE) for x, y in map(self.face.px, places)]
        ImageDraw.Draw(drawn).line(ends, fill=255, width=max(1, round(px * FINE)), joint="curve")
        return self._small(drawn, soft)

    def blob(self, place: Place, wide: float, high: float, soft: float = 0.0) -> F32:
        """An ellipse, its half axes in half widths of the face."""
        x, y = self.face.px(place)
        a, b = wide * self.face.half, high * self.face.half
        drawn = Image.new("L", (CANVAS * FINE, CANVAS * FINE))
        ImageDraw.Draw(drawn).ellipse([(x - a) * FINE, (y - b) * FINE, (x + a) * FINE, (y + b) * FINE], fill=255)
        return self._small(drawn, soft)

    @staticmethod
    def _small(drawn: Image.Image, soft: float) -> F32:
        alpha = np.asarray(drawn.resize((CANVAS, CANVAS), Image.Resampling.BOX), np.float32) / 255
        return np.asarray(gaussian_filter(alpha, soft) if soft else alpha, np.float32)

    def grid(self) -> tuple[F32, F32]:
        """x and t of each pixel."""
        y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
        face = self.face
        return (x - face.middle) / face.half, (y - face.eyes) / (face.chin - face.eyes)

    def colour(self, near: Sequence[tuple[int, int, int]], spread: float = 12) -> F32:
        base = np.array(near[int(self.random.integers(len(near)))], np.float32)
        return np.clip(base + self.random.normal(0, spread, 3), 8, 245).astype(np.float32)

    def any_colour(self) -> F32:
        return self.random.uniform(15, 240, 3).astype(np.float32)


def dressed(head: Head, state: str, random: Generator) -> tuple[F32, F32]:
    """A head with its mask as `state` says (worn, absent, incorrect), and what else people wear: rgb, matte."""
    dress = Dress(head.rgba[..., :3].copy(), head.rgba[..., 3].copy(), Face.of(head), random)
    _clothes(dress)
    _tinted(dress)
    if dress.chance(0.18):
        _glasses(dress)
    elif dress.chance(0.12):
        _sunglasses(dress)
    if state == "absent":
        _bare(dress)
    else:
        if dress.chance(0.15):
            _beard(dress)
        _mask(dress, state)
    if dress.chance(0.2):
        _hair(dress)
    if dress.chance(0.18):
        _cap(dress)
    if dress.chance(0.03):
        _visor(dress)
    return dress.rgb, np.clip(dress.matte, 0, 1)


def _clothes(dress: Dress) -> None:
    """All volunteers wear white: dyed; at times a collar or a scarf about the neck, which hides no mouth."""
    _, t = dress.grid()
    cloth = (dress.rgb.min(2) > 140) & (np.ptp(dress.rgb, axis=2) < 28) & (t > 1.2)
    alpha = np.asarray(gaussian_filter(cloth.astype(np.float32), 0.8), np.float32)
    dress.lay(alpha, np.asarray(dress.rgb / 235 * dress.any_colour(), np.float32), beyond=False)
    if dress.chance(0.14):
        top = dress.pick(0.92, 1.12)
        outline = [(-1.15, top + 0.05), (-0.5, top + 0.1), (0, top + dress.pick(0.05, 0.15)), (0.5, top + 0.1),
                   (1.15, top + 0.05), (1.5, 1.7), (0, 2.0), (-1.5, 1.7)]  # fmt: skip
        dress.lay(dress.shape(outline, 0.6), _cloth(dress, dress.any_colour()))


def _tinted(dress: Dress) -> None:
    """Skin and hair darker or of another tint than the few who are in the set have."""
    if dress.chance(0.35):
        tone = np.array([1, dress.pick(0.84, 0.97), dress.pick(0.66, 0.94)], np.float32)
        dress.rgb *= tone * dress.pick(0.35, 1.0)
    x, t = dress.grid()
    if dress.chance(0.3):
        hair = gaussian_filter(((t < -0.45) | (np.abs(x) > 1.1)).astype(np.float32), 2) * (t < 0.9)
        dress.rgb *= (1 - hair * dress.pick(0.2, 0.85))[..., None]


def _lit(dress: Dress, alpha: F32) -> F32:
    """How bright a thing on the face is: as the face behind it, smoothed, and rounded like a ball: f32[h,w]."""
    x, t = dress.grid()
    face = gaussian_filter(dress.rgb.mean(2), 7)
    inside = alpha > 0.5
    level = face / max(float(face[inside].mean()) if inside.any() else 128.0, 20.0)
    lean = dress.pick(-0.25, 0.25)
    ball = 1.06 - dress.pick(0.12, 0.4) * np.clip(np.abs(x - lean), 0, 1.3) ** 2 - 0.16 * np.clip(t - 0.75, -0.3, 0.7)
    return np.asarray(np.clip(0.5 * level + 0.5, 0.5, 1.25) * ball, np.float32)


def _mask(dress: Dress, state: str) -> None:
    face, r = dress.face, dress
    kind = str(dress.random.choice(["surgical", "beak", "cloth"], p=[0.5, 0.25, 0.25]))
    base = _dye(dress, kind)
    wide = r.pick(0.86, 1.06)
    side = r.pick(0.2, 0.5)
    low, lowest = r.pick(0.92, 1.08), r.pick(1.03, 1.22)
    if state == "worn":
        top = face.nose - r.pick(0.1, 0.36)
    elif r.chance(0.68):  # under the nose
        top = face.nose + r.pick(0.07, 0.15)
        side, low, lowest = max(side, top - 0.12), low + 0.06, lowest + r.pick(0, 0.12)
    else:  # under the mouth
        top = face.mouth + r.pick(0.1, 0.2)
        side, low, lowest = top - r.pick(0.0, 0.12), max(low, top + 0.25) + 0.1, top + r.pick(0.35, 0.6)
    lean = r.pick(-0.06, 0.06)
    peak = r.pick(0.0, 0.1) if kind == "beak" else 0.0
    outline = [(-wide, side), (-0.45, top + 0.1 - lean), (-0.16, top + 0.01), (0, top - peak * 0.3), (0.16, top + 0.01),
               (0.45, top + 0.1 + lean), (wide, side), (wide * 1.0, (side + low) / 2), (r.pick(0.55, 0.8), low),
               (0.25, lowest), (-0.25, lowest), (-r.pick(0.55, 0.8), low), (-wide, (side + low) / 2)]  # fmt: skip
    alpha = dress.shape(outline, r.pick(0.3, 0.7))
    _loops(dress, wide, side, low, base)
    shadow = np.roll(gaussian_filter(alpha, 2.0), 2, 0)
    dress.rgb *= (1 - 0.3 * r.pick(0, 1) * shadow)[..., None]
    colours = _cloth(dress, base, plain=kind != "cloth")
    light = _lit(dress, alpha)
    colours = colours * light[..., None]
    dress.lay(alpha, colours)
    _folds(dress, kind, alpha, top, side, low, lowest)


def _dye(dress: Dress, kind: str) -> F32:
    which = dress.random.random()
    if kind == "surgical" and which < 0.6:
        return dress.colour(SURGICAL)
    if which < 0.75:
        return dress.colour([WHITE], 8) if dress.chance(0.5) else dress.colour([BLACK], 8)
    if which < 0.85:
        return dress.colour([(70, 74, 84), (40, 52, 88), (120, 124, 130), (190, 180, 165)])
    return dress.any_colour()


def _cloth(dress: Dress, base: F32, *, plain: bool = False) -> F32:
    """A piece of cloth f32[h,w,3], plain or printed."""
    x, t = dress.grid()
    made = np.broadcast_to(base, (CANVAS, CANVAS, 3)).astype(np.float32)
    if plain or dress.chance(0.45):
        return made + dress.random.normal(0, dress.pick(0, 4), made.shape).astype(np.float32)
    other, kind = dress.any_colour(), int(dress.random.integers(5))
    turn, apart = dress.pick(0, np.pi), dress.pick(0.1, 0.45)
    along, across = x * np.cos(turn) + t * np.sin(turn), t * np.cos(turn) - x * np.sin(turn)
    if kind == 0:
        share = np.sin(along * 2 * np.pi / apart) > 0
    elif kind == 1:
        share = (np.sin(along * 2 * np.pi / apart) > 0) ^ (np.sin(across * 2 * np.pi / apart) > 0)
    elif kind == 2:
        share = np.sin(along * 2 * np.pi / apart) * np.sin(across * 2 * np.pi / apart) > 0.6
    elif kind == 3:
        noise = gaussian_filter(dress.random.normal(size=(CANVAS, CANVAS)), dress.pick(1.2, 5))
        share = noise > np.quantile(noise, dress.pick(0.3, 0.7))
    else:
        share = dress.blob((dress.pick(-0.4, 0.4), dress.pick(0.5, 0.95)), dress.pick(0.05, 0.3), 0.12) > 0.5
    soft = gaussian_filter(share.astype(np.float32), 0.5)[..., None]
    return np.asarray(made * (1 - soft) + other * soft, np.float32)


def _loops(dress: Dress, wide: float, side: float, low: float, base: F32) -> None:
    colour = base if dress.chance(0.5) else np.full(3, dress.pick(20, 240), np.float32)
    ear = dress.pick(1.06, 1.2), dress.pick(-0.05, 0.3)
    for sign in (-1, 1):
        if dress.chance(0.85):
            ends = [(sign * wide, side + 0.04), (sign * ear[0], ear[1])]
            dress.lay(dress.line(ends, dress.pick(0.7, 1.6), 0.4) * 0.85, np.broadcast_to(colour, dress.rgb.shape))
        if dress.chance(0.6):
            ends = [(sign * 0.8 * wide, low - 0.08), (sign * ear[0], ear[1] + 0.2)]
            dress.lay(dress.line(ends, dress.pick(0.7, 1.4), 0.4) * 0.8, np.broadcast_to(colour, dress.rgb.shape))


def _folds(dress: Dress, kind: str, alpha: F32, top: float, side: float, low: float, lowest: float) -> None:
    """Pleats of a surgical mask, the seam and the folds of a beak, a hem, a valve."""
    lines: list[tuple[list[Place], float]] = []
    if kind == "surgical":
        for share in np.linspace(0.3, 0.75, int(dress.random.integers(2, 4))):
            t = top + share * (lowest - top)
            lines.append(([(-0.9, side + share * (low - side)), (0, t), (0.9, side + share * (low - side))], -0.16))
    elif kind == "beak":
        if dress.chance(0.5):
            lines.append(([(0, top), (dress.pick(-0.03, 0.03), lowest)], dress.pick(-0.3, 0.25)))
        else:
            t = top + 0.5 * (lowest - top)
            lines += [([(-0.95, side + 0.15), (-0.3, t), (0.3, t), (0.95, side + 0.15)], dress.pick(-0.3, 0.25))]
        lines.append(([(-0.7, low - 0.1), (0, lowest - 0.16), (0.7, low - 0.1)], -0.2))
        if dress.chance(0.2):
            valve = dress.blob((dress.pick(-0.45, 0.45), dress.pick(0.65, 0.9)), 0.16, 0.14, 0.4)
            dress.lay(valve * alpha, np.broadcast_to(dress.any_colour() * 0.4 + 120, dress.rgb.shape))
    elif dress.chance(0.5):
        lines.append(([(0, top), (0, lowest)], dress.pick(-0.25, 0.1)))
    if dress.chance(0.6):
        lines.append(([(-0.95, side + 0.05), (-0.2, top + 0.06), (0.2, top + 0.06), (0.95, side + 0.05)], -0.12))
    for places, strength in lines:
        mark = dress.line(places, dress.pick(0.8, 1.6), 0.6) * alpha
        dress.rgb *= (1 + strength * dress.pick(0.4, 1.2) * mark)[..., None]


def _bare(dress: Dress) -> None:
    """No mask: a bare face, or a beard, a hand, a cup, a microphone, a shadow over the mouth."""
    which = dress.random.random()
    if which < 0.24:
        _beard(dress)
    elif which < 0.34:
        _hand(dress)
    elif which < 0.40:
        _thing(dress)
    elif which < 0.46:
        _microphone(dress)
    if dress.chance(0.15):
        _, t = dress.grid()
        dark = 1 / (1 + np.exp(-(t - dress.pick(0.3, 0.8)) * dress.pick(4, 14)))
        dress.rgb *= (1 - dress.pick(0.1, 0.6) * dark)[..., None]
    if dress.chance(0.12):  # an open mouth
        mouth = dress.blob((0, dress.face.mouth + 0.04), dress.pick(0.16, 0.32), dress.pick(0.06, 0.24), 0.5)
        dress.lay(mouth, np.broadcast_to(np.array((60, 24, 26), np.float32), dress.rgb.shape))


def _beard(dress: Dress) -> None:
    x, t = dress.grid()
    face = dress.face
    lips = np.exp(-((x / 0.36) ** 2) - ((t - face.mouth) / 0.075) ** 2)
    top = face.nose + 0.1 + 0.35 * np.clip(np.abs(x) - 0.35, 0, 1) * dress.pick(-1, 0.3)
    area = (t > top) & (t < dress.pick(1.02, 1.4)) & (np.abs(x) < 1.02 - 0.25 * np.clip(t - 0.7, 0, 1))
    if dress.chance(0.3):  # round the mouth alone
        area &= np.abs(x) < 0.45
    spread = gaussian_filter(area.astype(np.float32), dress.pick(1, 3))
    soft = np.asarray(spread * (1 - lips * dress.pick(0.5, 1)), np.float32)
    noise = gaussian_filter(dress.random.normal(size=x.shape), 0.7) * dress.pick(5, 28)
    hair = dress.colour(HAIR, 8) * np.clip(_lit(dress, soft), 0.5, 1.3)[..., None] + noise[..., None]
    dress.lay((soft * dress.pick(0.35, 0.97)).astype(np.float32), hair.astype(np.float32), beyond=False)


def _skin(dress: Dress) -> F32:
    x, t = dress.grid()
    cheek = (np.abs(np.abs(x) - 0.5) < 0.15) & (np.abs(t - 0.35) < 0.12)
    return np.asarray(dress.rgb[cheek].mean(0), np.float32)


def _hand(dress: Dress) -> None:
    """A hand before the mouth, or the chin on it."""
    colour = _skin(dress) * dress.pick(0.75, 1.05)
    x, t = dress.pick(-0.35, 0.35), dress.pick(0.6, 1.0)
    alpha = dress.blob((x, t), dress.pick(0.4, 0.7), dress.pick(0.3, 0.5), 0.6)
    turn, count = dress.pick(-0.9, 0.9), int(dress.random.integers(3, 5))
    for finger in range(count):
        apart = (finger - count / 2) * 0.2
        ends = [(x + apart, t), (x + apart + 0.6 * np.sin(turn), t - dress.pick(0.25, 0.5) * np.cos(turn))]
        alpha = np.maximum(alpha, dress.line(ends, 0.17 * dress.face.half, 0.4))
    alpha = np.maximum(alpha, dress.line([(x, t), (x + dress.pick(-0.5, 0.5), 2.2)], 0.5 * dress.face.half, 0.6))
    lines = gaussian_filter(dress.random.normal(size=alpha.shape), 1.2) * 14
    dress.lay(alpha, (colour * _lit(dress, alpha)[..., None] + lines[..., None]).astype(np.float32))


def _thing(dress: Dress) -> None:
    """A cup, a telephone, a piece of cake before the mouth."""
    x, t, wide = dress.pick(-0.5, 0.5), dress.face.mouth + dress.pick(0.0, 0.25), dress.pick(0.15, 0.35)
    high, lean = dress.pick(0.15, 0.45), dress.pick(-0.15, 0.15)
    outline = [(x - wide + lean, t - high), (x + wide + lean, t - high), (x + wide, t + high), (x - wide, t + high)]
    alpha = dress.shape(outline, 0.5, round_=1)
    dress.lay(alpha, _cloth(dress, dress.any_colour()) * _lit(dress, alpha)[..., None])


def _microphone(dress: Dress) -> None:
    x, t = dress.pick(-0.35, 0.35), dress.face.mouth + dress.pick(0.02, 0.3)
    colour = np.full(3, dress.pick(15, 90), np.float32)
    stick = dress.line([(x, t), (x + dress.pick(-0.7, 0.7), 2.2)], dress.pick(0.1, 0.22) * dress.face.half, 0.5)
    ball = dress.blob((x, t), dress.pick(0.13, 0.3), dress.pick(0.13, 0.3), 0.5)
    dress.lay(np.maximum(stick, ball), np.broadcast_to(colour, dress.rgb.shape))


def _glasses(dress: Dress) -> None:
    colour = np.broadcast_to(np.full(3, dress.pick(10, 120), np.float32), dress.rgb.shape)
    px, size = dress.pick(0.6, 1.6), dress.pick(0.28, 0.38)
    frame = dress.line([(-0.15, -0.02), (0.15, -0.02)], px, 0.4)
    for sign in (-1, 1):
        turn = np.linspace(0, 2 * np.pi, 17)
        ring = [(sign * 0.46 + size * np.cos(a), 0.02 + 0.62 * size * np.sin(a)) for a in turn]
        arm = [(sign * (0.46 + size), -0.02), (sign * 1.1, -0.05)]
        frame = np.maximum(frame, np.maximum(dress.line(ring, px, 0.4), dress.line(arm, px, 0.4)))
    dress.lay(frame * 0.9, colour)


def _sunglasses(dress: Dress) -> None:
    colour = np.broadcast_to(dress.colour([(24, 22, 24), (50, 40, 30), (40, 50, 60)], 6), dress.rgb.shape)
    size, drop = dress.pick(0.32, 0.44), dress.pick(0.6, 0.9)
    alpha = dress.line([(-0.2, -0.06), (0.2, -0.06)], 2.0, 0.4)
    for sign in (-1, 1):
        alpha = np.maximum(alpha, dress.blob((sign * 0.46, 0.02), size, size * drop, 0.5))
        alpha = np.maximum(alpha, dress.line([(sign * 0.7, -0.05), (sign * 1.1, -0.06)], 1.6, 0.4))
    dress.lay(alpha * dress.pick(0.75, 1), colour)


def _hair(dress: Dress) -> None:
    """A fringe, or hair or a hood down both sides of the face."""
    colour = dress.colour(HAIR, 8) if dress.chance(0.85) else dress.any_colour()
    noise = gaussian_filter(dress.random.normal(size=dress.matte.shape), (2, 0.6)) * 25
    cloth = (colour + noise[..., None]).astype(np.float32)
    if dress.chance(0.5):
        low = dress.pick(-0.45, -0.05)
        alpha = dress.shape([(-1.2, low + 0.2), (0, low), (1.2, low + 0.2), (1.1, -1.3), (0, -1.6), (-1.1, -1.3)], 0.8)
        dress.lay(alpha, cloth)
    else:
        near, end = dress.pick(0.72, 1.0), dress.pick(0.9, 1.9)
        top = dress.pick(-1.0, -0.6)
        outline = [(-near, 0.4), (-near * 0.9, -0.4), (0, top), (near * 0.9, -0.4), (near, 0.4), (near * 1.05, end),
                   (1.6, end), (1.55, -0.6), (0, -1.75), (-1.55, -0.6), (-1.6, end), (-near * 1.05, end)]  # fmt: skip
        dress.lay(dress.shape(outline, 0.7), cloth)


def _cap(dress: Dress) -> None:
    brim = dress.pick(-0.55, -0.2)
    cloth = _cloth(dress, dress.any_colour()) * _lit(dress, np.ones_like(dress.matte))[..., None]
    crown = [
        (-1.15, brim),
        (-1.15, -0.9),
        (-0.7, -1.5),
        (0, -1.7),
        (0.7, -1.5),
        (1.15, -0.9),
        (1.15, brim),
        (0, brim - 0.12),
    ]
    dress.lay(dress.shape(crown, 0.5), cloth)
    if dress.chance(0.7):
        edge = [
            (-1.1, brim - 0.1),
            (0, brim - 0.2),
            (1.1, brim - 0.1),
            (0.8, brim + 0.16),
            (0, brim + 0.22),
            (-0.8, brim + 0.16),
        ]
        dress.lay(dress.shape(edge, 0.5), cloth * 0.6)


def _visor(dress: Dress) -> None:
    """A clear shield before all of the face: it hides no mouth, and shines."""
    alpha = dress.shape([(-1.1, -0.8), (1.1, -0.8), (1.1, 1.2), (0.6, 1.4), (-0.6, 1.4), (-1.1, 1.2)], 0.6, round_=1)
    x, _ = dress.grid()
    shine = np.exp(-(((x - dress.pick(-0.8, 0.8)) / dress.pick(0.1, 0.4)) ** 2)) * dress.pick(0.1, 0.6)
    dress.lay(alpha * (0.08 + shine).astype(np.float32), np.full_like(dress.rgb, 235))
    band = dress.line([(-1.1, -0.7), (0, -0.85), (1.1, -0.7)], dress.pick(2, 6), 0.5)
    dress.lay(band, np.broadcast_to(dress.any_colour(), dress.rgb.shape))
