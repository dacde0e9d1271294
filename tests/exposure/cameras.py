"""Made-up cameras for tests: pinholes by their own formulas, not by those of the code that is tested."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from garim.core.boxes import Boxes

F64 = NDArray[np.float64]

PETS = Path(__file__).parents[3] / "shared" / "data" / "pets_s2l1"
SIZE = (1280, 720)


@dataclass(frozen=True)
class Camera:
    """A pinhole `height` m above the origin, looking along y, `down` radians, turned by `roll`; f and k1 as a lens's.

    `mirrored`: whoever measured counted x the other way.
    """

    height: float = 6.0
    down: float = 0.45
    roll: float = 0.0
    focal: float = 1100.0
    k1: float = 0.0
    mirrored: bool = False

    def px(self, metres: F64, height_m: float | F64 = 0.0) -> F64:
        """Where points f64[n,2] m, some way above the ground, are seen: f64[n,2] px."""
        x, y = (metres * [-1, 1] if self.mirrored else metres).T
        below = self.height - np.broadcast_to(height_m, x.shape)
        depth = y * np.cos(self.down) + below * np.sin(self.down)
        v = self.focal * (below * np.cos(self.down) - y * np.sin(self.down)) / depth
        u = self.focal * x / depth
        turn = np.array([[np.cos(self.roll), -np.sin(self.roll)], [np.sin(self.roll), np.cos(self.roll)]])
        straight = np.stack([u, v], axis=1) @ turn.T
        far = np.linalg.norm(straight, axis=1) / self.corner
        # r (1 + k1 r^2) = s, by bisection: slow, and certain
        low, high = np.zeros_like(far), far + 2
        for _ in range(60):
            middle = (low + high) / 2
            less = middle * (1 + self.k1 * middle**2) < far
            low, high = np.where(less, middle, low), np.where(less, high, middle)
        return np.asarray(straight * (low / np.maximum(far, 1e-12))[:, None] + [SIZE[0] / 2, SIZE[1] / 2])

    @property
    def corner(self) -> float:
        return float(np.hypot(*SIZE) / 2)

    def spots(self, count: int, random: np.random.Generator) -> F64:
        """Places on the ground, spread over the view below the horizon, metres to a centimetre: f64[count,2]."""
        # evenly by the angle under which they are seen: evenly in metres, most would lie at the horizon
        y = self.height / np.tan(random.uniform(0.13, 1.3, 4000))
        places = np.stack([y * random.uniform(-1, 1, 4000), y], axis=1).round(2)
        px = self.px(places)
        inside = ((px > 10) & (px < np.array(SIZE) - 10)).all(axis=1)
        places, px = places[inside], px[inside]
        chosen: list[int] = []
        for number in range(len(px)):
            if not chosen or np.linalg.norm(px[chosen] - px[number], axis=1).min() > 60:
                chosen.append(number)
            if len(chosen) == count:
                return np.asarray(places[chosen])
        raise ValueError("not so many places lie apart in this view")


cameras = st.builds(
    Camera,
    height=st.floats(3, 12),
    down=st.floats(0.25, 0.9),
    roll=st.floats(-0.15, 0.15),
    focal=st.floats(700, 1600),
    k1=st.sampled_from([0.0, 0.0, -0.06, 0.1, 0.2]),
    mirrored=st.booleans(),
)


def tracks() -> tuple[F64, F64, dict[int, Boxes]]:
    """PETS' truth: foot points in px, the same in metres, and everybody's boxes by frame; skips where it is not."""
    path = PETS / "world_tracks.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with path.open() as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    x, y, w, h = rows[:, 5:9].T
    xyxy = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1).astype(np.float32)
    frames = rows[:, 0].astype(int)
    boxes = {int(f): Boxes(xyxy[frames == f], np.ones((frames == f).sum(), np.float32)) for f in np.unique(frames)}
    return np.stack([x, y + h / 2], axis=1), rows[:, 3:5], boxes


def parameters() -> str:
    """PETS' own calibration; skips where it is not."""
    path = PETS / "View_001.xml"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path.read_text("utf-8")
