"""Heads for tests: filmed ones (Intel's clips), photographed ones (the London set), and what is done to a photograph
to pass for a head: turned as the flat thing it is, turned over a depth it does not have, covered.

What is not beside the checkout is skipped with its name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from garim.core.errors import NoWeights
from garim.core.image import Image
from garim.gate.answer import Motion
from garim.gate.pose import HeadPose
from garim.vision.faces import Faces

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CLIP = (270, 480)
FPS = 12
WOMAN, MAN, PAIR = "female", "male", "female-and-male"


@lru_cache
def clip(name: str) -> U8:
    """All frames of one of Intel's head-pose clips: BGR u8[n,270,480,3]."""
    path = SHARED / "video" / f"intel_head-pose-face-detection-{name}.mp4"
    if not path.exists():
        pytest.skip(f"{path.name}: not beside the checkout")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], capture_output=True, check=True, timeout=60
    ).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, *CLIP, 3)


def london(every: int = 1, kind: str = "*") -> list[U8]:
    """Every so many of the photographs, BGR u8[640,640,3]."""
    paths = sorted((SHARED / "faces_london").glob(f"*_{kind}.jpg"))[::every]
    if not paths:
        pytest.skip("faces_london: not beside the checkout")
    return [np.asarray(Pillow.open(path).convert("RGB"))[..., ::-1].copy() for path in paths]


class Looker:
    """What finds a face, its points and its pose in each picture."""

    def __init__(self) -> None:
        try:
            self.faces, self.pose = Faces(), HeadPose()
        except NoWeights as missing:
            pytest.skip(str(missing))

    def face(self, bgr: U8) -> tuple[F32, F32]:
        boxes, points = self.faces.pointed(Image(bgr, 1.0), 0.6)
        assert len(boxes), "no face is found"
        return boxes.xyxy[0], points.xy[0]

    def motion(self, pictures: Sequence[U8] | U8, *, fps: float | None = FPS) -> Motion:
        rows = []
        for bgr in pictures:
            box, points = self.face(np.ascontiguousarray(bgr))
            rows.append((self.pose(Image(np.ascontiguousarray(bgr), 1.0), box), points, box))
        poses, points, boxes = (np.array([row[i] for row in rows], np.float32) for i in range(3))
        return Motion(poses, points, boxes, None if fps is None else np.arange(len(rows)) / fps)


@lru_cache
def looker() -> Looker:
    return Looker()


@lru_cache
def filmed(name: str, left: int = 0, right: int = 480) -> Motion:
    """The motion in a clip, between two columns of it."""
    return looker().motion(clip(name)[:, :, left:right])


def cut(motion: Motion, which: Sequence[int] | slice) -> Motion:
    """Some of the frames of `motion`, in the order given, at its frame rate."""
    kept = np.arange(len(motion))[which] if isinstance(which, slice) else np.asarray(which)
    at = None if motion.at is None else np.arange(len(kept)) / FPS
    return Motion(motion.poses[kept], motion.points[kept], motion.boxes[kept], at)


def mirrored(motion: Motion, width: int) -> Motion:
    """What a mirror shows: right and left exchanged, in poses, points and boxes."""
    points = motion.points[:, [1, 0, 2, 4, 3]].copy()
    points[..., 0] = width - points[..., 0]
    boxes = motion.boxes.copy()
    boxes[:, [0, 2]] = width - motion.boxes[:, [2, 0]]
    return Motion(motion.poses * np.array([-1, 1, -1], np.float32), points, boxes, motion.at)


def turned(bgr: U8, points: F32, yaw: float = 0, pitch: float = 0, roll: float = 0, *, flat: bool = False) -> U8:
    """A photograph, turned by angles (degrees; signs as poses have them) before a camera.

    `flat`: as the sheet of paper that it is. Else over a made-up depth: an ellipsoid for the head, a bump for the nose.
    """
    height, width = bgr.shape[:2]
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    middle, unit = (eyes + mouth) / 2, float(np.hypot(*(mouth - eyes)))
    y, x = np.mgrid[:height, :width].astype(np.float64)
    depth = np.zeros((height, width)) if flat else _depth(x, y, middle, points[2], unit)
    back = 0.0 if flat else 1.2 * unit  # a head turns about its neck, paper about itself
    placed = np.stack([x - middle[0], y - middle[1], depth + back], axis=-1) @ _rotation(yaw, pitch, roll).T
    nearer = 9 * unit / (9 * unit - placed[..., 2] + back)
    across, down = placed[..., 0] * nearer + middle[0], placed[..., 1] * nearer + middle[1]
    shown = np.empty_like(bgr)
    shown[:] = np.median(bgr[:20].reshape(-1, 3), axis=0)
    order = np.argsort(placed[..., 2], axis=None)  # the nearest is drawn last
    colours = bgr.reshape(-1, 3)[order]
    for right in (0, 0.5):
        for below in (0, 0.5):
            column = np.clip(np.rint(across + right), 0, width - 1).astype(np.intp).ravel()[order]
            row = np.clip(np.rint(down + below), 0, height - 1).astype(np.intp).ravel()[order]
            shown[row, column] = colours
    return shown


def _depth(x: F64, y: F64, middle: F32, nose: F32, unit: float) -> F64:
    head = 1 - ((x - middle[0]) / (1.25 * unit)) ** 2 - ((y - middle[1]) / (1.7 * unit)) ** 2
    bump = np.exp(-(((x - nose[0]) / (0.16 * unit)) ** 2) - ((y - nose[1]) / (0.3 * unit)) ** 2)
    return np.asarray(1.25 * unit * (np.sqrt(np.clip(head, 0, 1)) - 1) + 0.35 * unit * bump)


def _rotation(yaw: float, pitch: float, roll: float) -> F64:
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


MASK = ((-0.85, 0.35), (0, 0.22), (0.85, 0.35), (0.75, 1.25), (0.35, 1.75), (-0.35, 1.75), (-0.75, 1.25))
GLASS = ((-0.36, -0.22), (0.36, -0.22), (0.33, 0.15), (0.15, 0.3), (-0.15, 0.3), (-0.33, 0.15))


def covered(bgr: U8, points: F32, what: str, rgb: tuple[int, int, int], rng: np.random.Generator) -> U8:
    """A photograph with a "mask" or "glasses" drawn on: in the light that falls on the face, with pleats and noise."""
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0], mouth - eyes
    drawing = Pillow.new("L", bgr.shape[1::-1])
    pen = ImageDraw.Draw(drawing)
    for origin in [eyes] if what == "mask" else points[:2]:
        pen.polygon([tuple(origin + across * x + down * y) for x, y in (MASK if what == "mask" else GLASS)], fill=1)
    if what == "glasses":
        bridge = [tuple(points[i] + side * across - 0.1 * down) for i, side in ((0, 0.3), (1, -0.3))]
        pen.line(bridge, fill=1, width=max(2, int(0.06 * np.hypot(*across))))
    where = np.asarray(drawing, bool)
    light = np.asarray(Pillow.fromarray(bgr).convert("L").resize((64, 64)).resize(bgr.shape[1::-1])).astype(np.float64)
    light = np.clip(light / np.median(light[where]), 0.5, 1.5)
    if what == "mask":
        light *= 1 + 0.1 * np.sin(np.arange(len(bgr)) / np.hypot(*down) * 8 * np.pi)[:, None]
    shown = np.array(rgb[::-1]) * light[..., None] + rng.normal(0, 4, bgr.shape)
    return np.where(where[..., None], np.clip(shown, 0, 255), bgr).astype(np.uint8)
