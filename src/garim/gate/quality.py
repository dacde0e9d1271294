"""Quality of one picture of a face, component by component, named after ISO/IEC 29794-5: each value beside its limit.

Laws: a component says what was measured, in its unit; what cannot be measured with what is here is unmeasured, and has
no number; nothing is added up to one score. A limit stands where the 1:1 model begins to lose on the London set,
worsened step by step, and far from where the set itself lies: docs/guide/gate-capture.md has the figures. They are
neither the standard's 0 to 100 nor its limits, which are for pictures that go into a passport.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from garim.core.image import Image
from garim.gate import measures
from garim.gate.answer import FRONTAL_DEG
from garim.gate.covering import shown

F32 = NDArray[np.float32]

EDGE = 24  # px of `measures.SIDE` on each side that may show what is behind the head
WHITE, BLACK = 250, 8


class Name(StrEnum):
    """The components. Words that a log may carry."""

    SINGLE_FACE = "single_face"
    HEAD_SIZE = "head_size"
    HEAD_INSIDE = "head_inside"
    EYE_DISTANCE = "eye_distance"
    YAW = "yaw"
    PITCH = "pitch"
    ROLL = "roll"
    SHARPNESS = "sharpness"
    DYNAMIC_RANGE = "dynamic_range"
    OVER_EXPOSURE = "over_exposure"
    UNDER_EXPOSURE = "under_exposure"
    EYES_VISIBLE = "eyes_visible"
    MOUTH_VISIBLE = "mouth_visible"
    BACKGROUND = "background_uniformity"
    EYES_OPEN = "eyes_open"
    MOUTH_CLOSED = "mouth_closed"
    EXPRESSION = "expression_neutrality"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much, in `unit`, a value has to be at least; or, where it is the `most`, how far from 0 it may be.

    Of one that is not `needed` the value is told, and bars nothing.
    """

    limit: float
    unit: str
    most: bool = False
    needed: bool = True


LIMITS: dict[Name, Limit] = {
    Name.SINGLE_FACE: Limit(1, "faces", most=True),
    Name.HEAD_SIZE: Limit(0.15, "of the picture's height"),
    Name.HEAD_INSIDE: Limit(0.95, "share"),
    Name.EYE_DISTANCE: Limit(24, "px"),
    Name.YAW: Limit(float(FRONTAL_DEG[0]), "degrees", most=True),
    Name.PITCH: Limit(float(FRONTAL_DEG[1]), "degrees", most=True),
    Name.ROLL: Limit(float(FRONTAL_DEG[2]), "degrees", most=True),
    Name.SHARPNESS: Limit(0.28, "share"),
    Name.DYNAMIC_RANGE: Limit(4.5, "bits"),
    Name.OVER_EXPOSURE: Limit(0.4, "share", most=True),
    Name.UNDER_EXPOSURE: Limit(0.25, "share", most=True),
    Name.EYES_VISIBLE: Limit(0.4, "share"),
    Name.MOUTH_VISIBLE: Limit(0.6, "share"),
    Name.BACKGROUND: Limit(30, "steps of 255", most=True, needed=False),
}

UNMEASURED = (Name.EYES_OPEN, Name.MOUTH_CLOSED, Name.EXPRESSION)
"""Five points do not say them."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component: `value` in `unit`, None where it is unmeasured; `limit` is None where there is none to hold it to.

    `ok` is None where nothing was measured.
    """

    name: Name
    value: float | None
    limit: float | None
    unit: str
    ok: bool | None


def measured(image: Image, xyxy: F32, points: F32, pose: F32, *, faces: int | None = None) -> tuple[Component, ...]:
    """Each component of the face in `image` in the box `xyxy` f32[4] with `points` f32[5,2], in px of the original.

    `pose` f32[3] is its yaw, pitch and roll in degrees; `faces`, how many were seen, where somebody looked for others.
    """
    if (xyxy.shape, points.shape, pose.shape) != ((4,), (5, 2), (3,)):
        raise ValueError("measured: a box f32[4], points f32[5,2], a pose f32[3]")
    values = {Name.SINGLE_FACE: None if faces is None else float(faces), **dict(_values(image, xyxy, points, pose))}
    return tuple(_judged(name, values[name]) for name in LIMITS) + tuple(
        Component(name, None, None, "", None) for name in UNMEASURED
    )


def fit(components: Iterable[Component]) -> bool:
    """Whether a face may be compared: of what is needed, nothing was measured that is not ok."""
    return all(each.ok is not False for each in components if each.name not in LIMITS or LIMITS[each.name].needed)


def _judged(name: Name, value: float | None) -> Component:
    row = LIMITS[name]
    ok = None if value is None else bool(abs(value) <= row.limit if row.most else value >= row.limit)
    return Component(name, value, row.limit, row.unit, ok)


def _values(image: Image, xyxy: F32, points: F32, pose: F32) -> Iterator[tuple[Name, float | None]]:
    scale = np.float32(image.scale)
    yield from _placed(image, xyxy * scale)
    yield Name.EYE_DISTANCE, float(np.hypot(*(points[1] - points[0])))
    yield from zip((Name.YAW, Name.PITCH, Name.ROLL), map(float, pose), strict=True)
    face = measures.face(image.bgr, points * scale)
    middle = measures.luma(face)[EDGE:-EDGE, EDGE:-EDGE]
    yield Name.SHARPNESS, measures.sharpness(middle)
    yield Name.DYNAMIC_RANGE, measures.entropy(middle)
    yield Name.OVER_EXPOSURE, float((middle >= WHITE).mean())
    yield Name.UNDER_EXPOSURE, float((middle <= BLACK).mean())
    seen = shown(face, measures.placed(points))
    yield Name.EYES_VISIBLE, seen.eyes
    yield Name.MOUTH_VISIBLE, seen.mouth
    yield Name.BACKGROUND, measures.background(image.bgr, xyxy * scale)


def _placed(image: Image, xyxy: F32) -> Iterator[tuple[Name, float]]:
    """How the face lies in the picture."""
    height, width = image.bgr.shape[:2]
    wide, high = np.maximum(xyxy[2:] - xyxy[:2], 1)
    yield Name.HEAD_SIZE, float(high / height)
    inside = np.clip(xyxy, 0, np.array([width, height, width, height], np.float32))
    yield Name.HEAD_INSIDE, float((inside[2] - inside[0]) * (inside[3] - inside[1]) / (wide * high))
