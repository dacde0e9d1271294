"""Sums from one camera to many: by hand, and blank where a figure is."""

from __future__ import annotations

import pytest
from benchmarks._scale_sums import Inputs, Known

from benchmarks import _scale_sums as sums

ONE = Inputs(
    people=5,
    fine_bytes_a_row=3,
    rows_a_core_s=5_000_000,
    put_ms=10,
    coarse_rows_share=1 / 60,
    coarse_bytes_a_row=8,
    coarsen_cpu_ms=10,
    coarsen_wall_ms=12,
    cameras_a_core=20,
    mb_a_camera=10,
    stream_kbit_s=500,
    core_month=10,
    tb_month=100,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cores that watch", 50),
        ("cores that keep", 1000 * (36_000 / 5e6 + 0.010) / 3600),
        ("memory, GB", 10),
        ("network in, Mbit/s", 500),
        ("disk, fine rows, GB", 1000 * 26 * 36_000 * 3 / 1e9),
        ("disk, coarse rows, GB", 1000 * 312 * (8192 + 256) / 1e9),  # 600 rows of 8 bytes are two blocks
        ("files", 336_000),
        ("puts, minutes of each hour", 1 / 6),
        ("expire, minutes of each hour", 0.2),
        ("money a month", 51 * 10 + (2.808 + 2.635776) / 1e3 * 100),
    ],
)
def test_sums_for_a_thousand_cameras(name: str, value: float) -> None:
    assert sums.SUMS[name](Known(ONE), 1000) == pytest.approx(value)


def test_what_is_blank_stays_blank_by_its_name() -> None:
    told = sums.summed(Inputs(fine_bytes_a_row=3), [1, 1000])
    rows = {line.split(" | ")[0].strip("| "): line for line in told.splitlines()}
    assert "?cameras_a_core | ?cameras_a_core" in rows["cores that watch"]
    assert "?cameras_a_core" in rows["money a month"]
    assert "2.8" in rows["disk, fine rows, GB"]
    assert "?stream_kbit_s" in sums.stated(Inputs())


def test_every_input_has_words_and_is_used_or_priced() -> None:
    names = set(Inputs.__dataclass_fields__)
    assert set(sums.WORDS) == names
    assert set(sums.ORIGIN) <= names
    assert "?" not in sums.summed(ONE, [1, 10])
