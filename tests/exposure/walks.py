"""Made-up people for tests: rows of a store, and persons, by a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from garim.exposure.persons import Persons
from garim.exposure.positions import Mask, Positions

HOUR = datetime(2025, 3, 3, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Walk:
    """Somebody at `xy` metres at each of `ticks`."""

    ticks: Sequence[int]
    xy: NDArray[np.float64]
    sd: float = 0.1
    mask: Mask = Mask.UNKNOWN
    number: int | None = field(default=None)


def straight(
    start: int, stop: int, at: tuple[float, float], speed: tuple[float, float] = (0, 0), **more: object
) -> Walk:
    """Somebody who is `at` metres at tick `start` and goes on at `speed` m/s until before `stop`."""
    ticks = np.arange(start, stop)
    xy = np.array(at) + (ticks - start)[:, None] / 2 * np.array(speed)
    return Walk(ticks.tolist(), xy, **more)  # type: ignore[arg-type]


def positions(walks: Iterable[Walk]) -> Positions:
    """Their rows in a store; each walk is a track, of its own number or of its place."""
    numbered = sorted((walk.number if walk.number is not None else place, walk) for place, walk in _placed(walks))
    return Positions(
        np.concatenate([np.full(len(w.ticks), number) for number, w in numbered] + [np.empty(0)]).astype(np.uint16),
        np.concatenate([np.array(w.ticks) for _, w in numbered] + [np.empty(0)]).astype(np.int32),
        np.concatenate([np.round(w.xy[:, 0] * 100) for _, w in numbered] + [np.empty(0)]).astype(np.int16),
        np.concatenate([np.round(w.xy[:, 1] * 100) for _, w in numbered] + [np.empty(0)]).astype(np.int16),
        np.concatenate([np.full(len(w.ticks), round(w.sd * 100)) for _, w in numbered] + [np.empty(0)]).astype(
            np.uint8
        ),
        np.concatenate([np.full(len(w.ticks), w.mask) for _, w in numbered] + [np.empty(0)]).astype(np.uint8),
    )


def _placed(walks: Iterable[Walk]) -> list[tuple[int, Walk]]:
    return list(enumerate(walks))


def person(walks: Sequence[Walk]) -> Persons:
    """Each walk a person of its own, ticks counted from nothing."""
    lengths = [len(walk.ticks) for walk in walks]
    return Persons(
        np.repeat(np.arange(len(walks)), lengths),
        np.concatenate([np.array(walk.ticks, np.int64) for walk in walks]),
        np.concatenate([walk.xy for walk in walks]),
        np.repeat([walk.sd for walk in walks], lengths),
        np.repeat(np.array([walk.mask for walk in walks], np.uint8), lengths),
        np.ones(sum(lengths)),
    )
