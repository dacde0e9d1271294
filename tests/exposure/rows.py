"""Rows for the store's tests: any that there can be, and those of people who walk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from benchmarks import _walks
from garim.exposure import parquet
from garim.exposure.positions import TICKS, Positions

ROOT = Path(__file__).parents[2]
PETS = ROOT.parent / "shared" / "data" / "pets_s2l1" / "world_tracks.csv"
HOUR = datetime(2026, 11, 22, 10, tzinfo=UTC)
WHOLE = ((0, TICKS),)
SETTINGS = "a" * 64


def some(seed: int = 1, people: float = 3) -> Positions:
    """An hour of `people` who walk by."""
    return _walks.hour(np.random.default_rng(seed), people=people)


def plain(positions: Positions) -> dict[str, list[int]]:
    """Their columns, to be compared."""
    return {name: getattr(positions, name).tolist() for name in parquet.COLUMNS}


@st.composite
def any_rows(draw: st.DrawFn) -> Positions:
    """Any positions, none too."""
    keys = sorted(draw(st.sets(st.tuples(st.integers(0, 65535), st.integers(0, TICKS - 1)), max_size=60)))
    # few tracks, so that several rows of one are in a minute
    if draw(st.booleans()):
        keys = sorted({(track % 3, tick % 500) for track, tick in keys})
    cm = st.lists(st.integers(-32768, 32767), min_size=len(keys), max_size=len(keys))
    small = st.lists(st.integers(0, 255), min_size=len(keys), max_size=len(keys))
    masks = st.lists(st.integers(0, 3), min_size=len(keys), max_size=len(keys))
    return Positions(
        np.array([track for track, _ in keys], np.uint16),
        np.array([tick for _, tick in keys], np.int32),
        np.array(draw(cm), np.int16),
        np.array(draw(cm), np.int16),
        np.array(draw(small), np.uint8),
        np.array(draw(masks), np.uint8),
    )
