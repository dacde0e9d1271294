"""PEOPLE WHO WALK THROUGH A VIEW, as rows of the store: as many and as rough as in a street.

Each comes at some moment of the hour, goes about 1.3 m/s, turns a little all the time, and is gone after about
`stay_s`; each position is `noise_cm` off as a measured one is, with a deviation that grows with the distance. How
rough they are decides how many bytes a row takes: the benchmark prints several, and those of real people beside them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from garim.exposure.positions import TICKS, Mask, Positions

SPEED_CM = 65.0  # in half a second
HALF_VIEW_CM = 1500.0
BESIDE = ((2, 100), (3, -120), (8, 130), (25, -90))  # minutes beside the patient, and how far: cm


def hour(rng: np.random.Generator, *, people: float = 5, stay_s: float = 60, noise_cm: float = 5) -> Positions:
    """One hour of a view with `people` in it at a time, in the mean."""
    tracks = max(1, round(people * 3600 / stay_s))
    start = rng.integers(0, TICKS, tracks)
    length = np.minimum(np.maximum(rng.exponential(2 * stay_s, tracks).astype(np.int64), 2), TICKS - start)
    first = np.cumsum(length) - length
    whose = np.repeat(np.arange(tracks), length)
    step = np.arange(len(whose)) - first[whose]
    turn = rng.uniform(0, 2 * np.pi, tracks)[whose] + _along(rng.normal(0, 0.1, len(whose)), first, length)
    speed = SPEED_CM * np.abs(rng.normal(1, 0.2, tracks)[whose] + rng.normal(0, 0.05, len(whose)))
    places = []
    for part in (np.cos(turn), np.sin(turn)):
        begin = rng.uniform(-HALF_VIEW_CM, HALF_VIEW_CM, tracks)[whose]
        places.append(begin + _along(part * speed, first, length) + rng.normal(0, noise_cm, len(whose)))
    numbers = np.sort(rng.permutation(1 << 16)[:tracks])
    mask = rng.integers(0, len(Mask), tracks)
    return rows(numbers[whose], start[whose] + step, places[0], places[1], mask[whose])


def with_patient(rng: np.random.Generator, others: Positions, *, noise_cm: float = 5) -> tuple[Positions, int]:
    """The same hour with one more, in view all the time, whom `BESIDE` go with for a while; and that one's track."""
    turn = np.arange(TICKS) / 25  # about as fast as the others
    path = np.stack([900 * np.sin(turn), 600 * np.cos(1.3 * turn)], 1)
    numbers = rng.choice(np.setdiff1d(np.arange(1 << 16), others.track), 1 + len(BESIDE), replace=False)
    parts = [others]
    for number, (minutes, beside_cm) in zip(numbers, ((60, 0), *BESIDE), strict=True):
        first = rng.integers(0, TICKS - minutes * 120 + 1)
        tick = np.arange(first, first + minutes * 120)
        x, y = (path[tick] + (beside_cm, 0) + rng.normal(0, noise_cm, (len(tick), 2))).T
        parts.append(rows(np.full(len(tick), number), tick, x, y, np.full(len(tick), Mask.WORN, np.int64)))
    every = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Positions.__slots__}
    order = np.lexsort((every["tick"], every["track"]))
    return Positions(**{name: column[order] for name, column in every.items()}), int(numbers[0])


def rows(
    track: NDArray[np.int64],
    tick: NDArray[np.int64],
    x_cm: NDArray[np.float64],
    y_cm: NDArray[np.float64],
    mask: NDArray[np.int64],
) -> Positions:
    """The same as positions, each with the deviation that a camera 8 m up and 10 m before the view would have."""
    far = np.hypot(x_cm, y_cm + HALF_VIEW_CM + 1000)
    x, y = (np.clip(np.round(cm), -32000, 32000).astype(np.int16) for cm in (x_cm, y_cm))
    sd = np.clip(far * far / 1e5, 5, 255).astype(np.uint8)
    return Positions(track.astype(np.uint16), tick.astype(np.int32), x, y, sd, mask.astype(np.uint8))


def pets(path: Path, rng: np.random.Generator, *, noise_cm: float = 0) -> Positions:
    """PETS 2009 S2.L1: where its people were by hand, at 2 Hz, over and over until the hour is full.

    Its film is 79.5 s long; `path` is its `world_tracks.csv`.
    """
    with path.open(newline="") as file:
        seen = [row for row in csv.DictReader(file) if int(row["frame"]) % 5 == 0]
    at = np.array([(int(row["id"]), int(row["frame"]) // 5) for row in seen], np.int64)
    xy = np.array([(float(row["x_m"]), float(row["y_m"])) for row in seen]) * 100
    round_ = int(at[:, 1].max()) + 1
    times = TICKS // round_
    track = np.concatenate([at[:, 0] + 100 * number for number in range(times)])
    tick = np.concatenate([at[:, 1] + round_ * number for number in range(times)])
    place = np.tile(xy, (times, 1)) + rng.normal(0, noise_cm, (times * len(xy), 2))
    order = np.lexsort((tick, track))
    mask = np.zeros(len(order), np.int64)
    return rows(track[order], tick[order], place[order, 0], place[order, 1], mask)


def _along(steps: NDArray[np.float64], first: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of `steps` along each track, each from its own first row on."""
    total = np.cumsum(steps)
    return total - np.repeat(total[first], length)
