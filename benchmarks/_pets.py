"""PETS 2009 S2.L1 as it lies beside the checkout: its film, its ground, its truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks._contacts import Truth

from garim.core.boxes import Boxes
from garim.exposure import tsai
from garim.exposure.ground import Ground

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "pets_s2l1"
FILM = FOLDER / "vtest.avi"
HZ = 10


def ground() -> Ground:
    """The view's own calibration."""
    return tsai.ground((FOLDER / "View_001.xml").read_text())


def truth() -> Truth:
    """Where its 19 people were, ten times a second."""
    rows = _rows()
    people = np.unique(rows["id"])
    frames = int(rows["frame"].max()) + 1
    xy = np.full((frames, len(people), 2), np.nan)
    which = np.searchsorted(people, rows["id"])
    xy[rows["frame"].astype(int), which] = np.stack([rows["x_m"], rows["y_m"]], axis=1)
    return Truth(np.arange(frames) / HZ, xy)


def boxes(every: int = 1) -> Iterator[tuple[float, Boxes]]:
    """The boxes that people drew, in every `every`th picture."""
    rows = _rows()
    half = np.stack([rows["w_px"], rows["h_px"]], axis=1) / 2
    middle = np.stack([rows["xc_px"], rows["yc_px"]], axis=1)
    xyxy = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
    frame = rows["frame"].astype(int)
    for number in range(0, int(frame.max()) + 1, every):
        here = xyxy[frame == number]
        yield number / HZ, Boxes(here, np.ones(len(here), np.float32))


def _rows() -> np.ndarray:
    return np.genfromtxt(FOLDER / "world_tracks.csv", delimiter=",", names=True)
