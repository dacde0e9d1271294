"""The corpus's tables say what was measured; goals are met or not; the plot has every size."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from benchmarks import _corpus_tables as tables


def _size(rows: int, slower: float = 1.0) -> tables.Size:
    build = dict.fromkeys(["built_s", "built_cpu_s", "ids_s", "keys_s", "parts_s", "made_up_s"], 100.0 * slower)
    build |= dict.fromkeys(tables.KINDS, 5.0 * rows) | {"subjects": rows / 2}
    counts = dict.fromkeys(["count_s", "groups_s", "duckdb_count_s", "duckdb_groups_s"], 0.4 * slower)
    steps = {
        "build": build,
        "ask": counts | {"eligible": rows / 10},
        "withdraw": {"list": rows / 170, "list_s": 2.5 * slower, "lone_a_second": 400 / slower},
        "ask again": counts,
        "manifest": {
            "manifest_s": 30.0 * slower,
            "manifest_cpu_s": 50.0,
            "manifest_photos": rows / 10,
            "manifest_bytes": rows / 9,
        },
        "subject": {"subject_s": 0.01 * slower, "subject_p95_s": 0.09 * slower},
        "erase": {"erase_s": 1.0},
        "encrypt": {"sealed_a_second": 60_000 / slower, "stored_a_second": 9000.0},
    }
    return tables.Size(rows, {step: {**figures, "peak_mb": 1900 * slower} for step, figures in steps.items()})


def test_goals_are_judged_at_the_largest() -> None:
    sizes = [_size(1_700_000, 9.0), _size(tables.FULL)]
    rows = tables.goals(sizes).splitlines()
    assert rows[0] == "| goal of issue 8 | here | met |"
    assert [row.split(" | ")[2].removesuffix(" |") for row in rows[2:]] == ["met"] * len(tables.GOALS)
    assert "| bytes a record, with index and wrapped keys <= 50 | 30.0 | met |" in rows
    slower = tables.goals([_size(tables.FULL, 4.0)])
    assert slower.count("**not met**") == len(tables.GOALS) - 1, "bytes are no slower"


def test_a_smaller_size_says_that_it_is_one() -> None:
    assert "**at 1,700,000 only**" in tables.goals([_size(1_700_000)])


def test_a_column_a_size() -> None:
    sizes = [_size(1_700_000), _size(17_000_000, 2.0)]
    told = tables.measured(sizes)
    assert "| built, s | 100.0 | 200.0 |" in told
    assert "| withdrawn together | 10,000 | 100,000 |" in told
    assert "| peak memory, manifest, MB | 1,900 | 3,800 |" in told
    assert "| all | 30.00 | 30.00 |" in tables.octets(sizes)


def test_the_plot_has_every_size_and_line() -> None:
    sizes = [_size(1_700_000), _size(17_000_000, 8.0), _size(tables.FULL, 70.0)]
    drawn = tables.plot(sizes)
    ElementTree.fromstring(drawn)  # it is XML
    for words in ("1.7 million", "17 million", "170 million", "manifest after withdrawals"):
        assert words in drawn
    assert drawn.count("<circle") == 3 * 6
    heights = [float(y) for y in re.findall(r'<text x="494" y="([0-9.]+)"', drawn)]
    assert all(abs(a - b) >= 14.9 for at, a in enumerate(heights) for b in heights[:at]), "no line's name over another"
