"""Coarse rows: what is promised of them, and nothing finer."""

from __future__ import annotations

from math import sqrt

import numpy as np
from hypothesis import given
from tests.exposure.rows import any_rows, plain, some

from garim.exposure.coarse import CELL_CM, MINUTE, SD_CM, coarsened
from garim.exposure.positions import Positions


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def minutes(positions: Positions) -> list[tuple[int, ...]]:
    """How many minutes each track has rows in, by track."""
    found: dict[int, set[int]] = {}
    for track, tick in zip(positions.track.tolist(), positions.tick.tolist(), strict=True):
        found.setdefault(track, set()).add(tick // MINUTE)
    return sorted(tuple(sorted(each)) for each in found.values())


@given(any_rows())
def test_one_row_a_minute_of_each_track(fine: Positions) -> None:
    coarse = coarsened(fine, rng())
    assert minutes(coarse) == minutes(fine)
    assert len(coarse) == sum(map(len, minutes(fine)))


@given(any_rows())
def test_all_that_is_left_are_cells_and_minutes(fine: Positions) -> None:
    coarse = coarsened(fine, rng())
    for cm in (coarse.x_cm, coarse.y_cm):
        assert set((cm.astype(int) % CELL_CM).tolist()) <= {CELL_CM // 2}
    assert set((coarse.tick % MINUTE).tolist()) <= {MINUTE // 2}
    assert set(coarse.sd_cm.tolist()) <= {SD_CM}
    assert 0 <= SD_CM - CELL_CM / sqrt(12) < 1


def test_a_row_is_where_the_track_was_in_the_middle_of_its_minute() -> None:
    fine = some()
    coarse = coarsened(fine, rng())
    seen = {  # from the rows themselves, one by one
        (tuple(cell), minute, mask)
        for track in set(fine.track.tolist())
        for minute in set((fine.tick[fine.track == track] // MINUTE).tolist())
        for rows in [np.flatnonzero((fine.track == track) & (fine.tick // MINUTE == minute))]
        for row in [rows[(len(rows) - 1) // 2]]
        for cell in [(int(fine.x_cm[row]) // CELL_CM, int(fine.y_cm[row]) // CELL_CM)]
        for mask in [int(fine.mask[row])]
    }
    left = {
        ((x // CELL_CM, y // CELL_CM), tick // MINUTE, mask)
        for x, y, tick, mask in zip(
            *(getattr(coarse, name).tolist() for name in ("x_cm", "y_cm", "tick", "mask")), strict=True
        )
    }
    assert left == seen
    assert len(coarse) < len(fine) / 20


def test_numbers_are_drawn_anew() -> None:
    fine = some()
    a, b = coarsened(fine, rng(1)), coarsened(fine, rng(2))
    assert set(a.track.tolist()) != set(fine.track.tolist()) != set(b.track.tolist())
    assert set(a.track.tolist()) != set(b.track.tolist())
    first = [coarse.x_cm[coarse.track == coarse.track[0]].tolist() for coarse in (a, b)]
    assert first[0] != first[1], "their order is not that of the fine tracks either"


@given(any_rows())
def test_coarse_rows_stay_as_they_are(fine: Positions) -> None:
    def unnumbered(positions: Positions) -> list[tuple[int, ...]]:
        columns = [column for name, column in plain(positions).items() if name != "track"]
        return sorted(zip(*columns, strict=True))

    once = coarsened(fine, rng(1))
    assert unnumbered(coarsened(once, rng(2))) == unnumbered(once)
