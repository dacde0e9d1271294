"""BOXES LABELLED BY HAND -> THE FACES OF EACH FRAME, straight between key frames. Their rules: labels/README.md."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks._leaks_places import DATA
from numpy.typing import NDArray

from demo import film

F32 = NDArray[np.float32]

LABELS = Path(__file__).resolve().parent / "labels"
# who is seen in one half is not seen in the other; the long empty room is left out: composites are filmed there
LABELLED = {
    "tune": (
        "intel_classroom",
        "intel_head-pose-face-detection-female",
        "intel_head-pose-face-detection-male",
        "intel_head-pose-face-detection-female-and-male",
        "intel_people-detection",
    ),
    "quoted": (
        "intel_face-demographics-walking",
        "intel_face-demographics-walking-and-pause",
        "intel_store-aisle-detection",
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces of one picture, side by side: `xyxy` f32[n,4] px, `person` i64[n]."""

    xyxy: F32
    person: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.person), 4):
            raise ValueError("faces: one box a person")


def labelled(name: str) -> tuple[Path, tuple[Faces, ...]]:
    """A film of the shared data, and its labels."""
    path = DATA / "video" / f"{name}.mp4"
    with (LABELS / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return path, tuple(between(rows, len(film.times(path))))


def between(rows: list[dict[str, str]], count: int) -> list[Faces]:
    """Boxes at key frames -> faces of each of `count` frames: straight from one to the next within a person's run."""
    boxes: list[list[tuple[int, list[float]]]] = [[] for _ in range(count)]
    runs: dict[tuple[int, int], list[tuple[int, list[float]]]] = {}
    for row in rows:
        box = [float(row[side]) for side in ("x1", "y1", "x2", "y2")]
        runs.setdefault((int(row["person"]), int(row["run"])), []).append((int(row["frame"]), box))
    for (person, _), keys in runs.items():
        keys.sort()
        at, sides = [frame for frame, _ in keys], np.array([box for _, box in keys])
        for frame in range(at[0], min(at[-1], count - 1) + 1):
            boxes[frame].append((person, [float(np.interp(frame, at, sides[:, side])) for side in range(4)]))
    return [
        Faces(np.array([box for _, box in here], np.float32).reshape(-1, 4), np.array([p for p, _ in here], np.int64))
        for here in boxes
    ]
