"""Asked once: windows never overlap, hours are asked a few times, and two processes cannot both be first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exposure.walks import HOUR

from garim.core.errors import Unreadable, Unwritable
from garim.exposure.budget import CASES, MAPS, NAME, Budget, Spent, Window

T0 = int(HOUR.timestamp())
ROOT = Path(__file__).parents[2]


@pytest.fixture
def budget(tmp_path: Path) -> Iterator[Budget]:
    with Budget(tmp_path) as made:
        yield made


def window(start: int, minutes: int, camera: str = "hall") -> Window:
    return Window(camera, T0 + start * 60, T0 + (start + minutes) * 60)


def test_a_window_touches_its_hours() -> None:
    assert [len(window(*of).hours) for of in ((0, 60), (59, 2), (30, 120), (0, 1))] == [1, 2, 3, 1]


@pytest.mark.parametrize(("start", "minutes"), [(5, 10), (0, 30), (-10, 15), (-10, 60), (29, 1), (10, 5)])
def test_windows_that_overlap_are_refused(budget: Budget, start: int, minutes: int) -> None:
    assert budget.spend("a", [window(0, 30)]) is None
    with pytest.raises(Spent, match="a part of the window"):
        budget.spend("b", [window(start, minutes)])
    assert budget.spend("b", [window(start, minutes, "yard")]) is None


def test_windows_that_touch_do_not_overlap(budget: Budget) -> None:
    budget.spend("a", [window(0, 10)])
    budget.spend("b", [window(10, 10), window(-10, 10)])


def test_an_hour_is_asked_a_few_times(budget: Budget) -> None:
    for number in range(CASES):
        budget.spend(str(number), [window(number * 10, 10)])
    with pytest.raises(Spent, match=f"{CASES} cases"):
        budget.spend("more", [window(50, 20)])
    budget.spend("next hour", [window(60, 10)])


def test_what_is_refused_in_part_is_not_asked_at_all(budget: Budget) -> None:
    budget.spend("a", [window(0, 30)])
    with pytest.raises(Spent):
        budget.spend("b", [window(100, 10), window(0, 10)])
    budget.spend("c", [window(100, 10)])


def test_the_first_answer_stays(budget: Budget) -> None:
    budget.spend("a", [window(0, 30)])
    assert budget.spend("a", [window(0, 30)]) is None  # begun, and never answered
    looked = {"looked": [window(0, 30)], "counted": [window(0, 30)]}
    assert budget.settle("a", "one", **looked) == "one"
    assert budget.settle("a", "two", **looked) == "one"
    assert budget.spend("a", [window(0, 30)]) == "one"


def test_four_windows_of_one_case_are_one_case(budget: Budget) -> None:
    four = [window(number * 15, 10) for number in range(CASES + 1)]
    assert budget.spend("first", four) is None
    budget.settle("first", "answer", looked=four, counted=four)
    budget.spend("second", [window(10, 5)])


def test_what_was_not_watched_or_not_counted_can_be_asked(budget: Budget) -> None:
    """A film that comes late, or somebody who was there after the first patient had gone."""
    budget.spend("a", [window(0, 30)])
    with pytest.raises(Spent, match="a part of the window"):
        budget.spend("b", [window(20, 10)])  # while the first is looked at
    budget.settle("a", "answer", looked=[window(0, 20)], counted=[window(0, 5), window(10, 5)])
    with pytest.raises(Spent, match="Ask for the time before or after it"):
        budget.spend("b", [window(14, 16)])
    budget.spend("b", [window(5, 5), window(15, 15)])


def test_a_part_without_footage_costs_no_hour(budget: Budget) -> None:
    for number in range(CASES + 2):
        budget.spend(str(number), [window(55, 30)])
        budget.settle(str(number), "answer", looked=[window(60 + number, 1)], counted=[])
        if number == CASES - 1:
            break
    budget.spend("more", [window(0, 60)])
    with pytest.raises(Spent, match="asked no more"):
        budget.spend("more of that", [window(80, 10)])


def test_where_nothing_was_there_nothing_is_spent(budget: Budget) -> None:
    for _ in range(CASES + 1):
        assert budget.spend("a", [window(0, 30)]) is None
        budget.settle("a", "no footage", looked=[], counted=[])
    assert budget.spend("b", [window(0, 30)]) is None


def test_a_window_without_an_answer_bars_no_other_but_is_spent(budget: Budget) -> None:
    for number in range(CASES):
        budget.spend(str(number), [window(0, 30)])
        budget.settle(str(number), "not found", looked=[window(0, 30)], counted=[])
        assert budget.spend(str(number), [window(0, 30)]) == "not found"
    with pytest.raises(Spent, match="asked no more"):
        budget.spend("more", [window(40, 10)])


def test_an_hour_is_shown_on_few_maps(budget: Budget) -> None:
    for _ in range(MAPS):
        budget.spend_map("hall", HOUR)
    with pytest.raises(Spent, match="maps"):
        budget.spend_map("hall", HOUR + timedelta(minutes=59))
    budget.spend_map("hall", HOUR + timedelta(minutes=60))
    budget.spend_map("yard", HOUR)
    budget.give_back_map("hall", HOUR)
    budget.spend_map("hall", HOUR)
    with pytest.raises(Spent):
        budget.spend_map("hall", HOUR)


def test_what_was_asked_of_times_that_are_gone_is_forgotten(tmp_path: Path) -> None:
    with Budget(tmp_path) as budget:
        for name, start in (("old", 0), ("new", 120)):
            budget.spend(name, [window(start, 30)])
            budget.settle(name, name, looked=[window(start, 30)], counted=[window(start, 30)])
            for _ in range(MAPS):
                budget.spend_map("hall", HOUR + timedelta(minutes=start))
        assert budget.forget(HOUR + timedelta(hours=1)) == 2 + MAPS
        budget.spend("again", [window(0, 30)])
        budget.spend_map("hall", HOUR)
        with pytest.raises(Spent):
            budget.spend("again too", [window(120, 30)])
        with pytest.raises(Spent):
            budget.spend_map("hall", HOUR + timedelta(hours=2))
        assert budget.spend("new", [window(120, 30)]) == "new"


def test_it_is_its_owners_alone_and_outlives_its_process(tmp_path: Path) -> None:
    with Budget(tmp_path) as budget:
        budget.spend("a", [window(0, 30)])
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    with Budget(tmp_path) as budget, pytest.raises(Spent):
        budget.spend("b", [window(0, 30)])


def test_a_register_that_cannot_be_used_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="nothing was asked"):
        Budget(tmp_path / "gone")
    (tmp_path / NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(Unreadable, match="damaged"):
        Budget(tmp_path)


ASK = """
import sys
from pathlib import Path
from garim.exposure.budget import Budget, Spent, Window
sys.stdin.readline()
won = 0
for start in range(0, 200 * 3600, 3600):
    with Budget(Path(sys.argv[1])) as budget:
        try:
            budget.spend(f"{sys.argv[2]} {start}", [Window("hall", start, start + 60)])
            won += 1
        except Spent:
            pass
print(won)
"""


def test_of_two_processes_at_once_one_is_first(tmp_path: Path) -> None:
    Budget(tmp_path).close()
    words = [[sys.executable, "-c", ASK, str(tmp_path), name] for name in ("one", "two")]
    both = [
        subprocess.Popen(each, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for each in words
    ]
    for each in both:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    assert sum(int(each.communicate(timeout=60)[0]) for each in both) == 200


KILLED = """
import os, sys
from pathlib import Path
from garim.exposure.budget import Budget, Window
Budget(Path(sys.argv[1])).spend("a", [Window("hall", 0, 60)])
os._exit(9)
"""


def test_what_was_spent_is_spent_though_the_process_was_killed(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, cwd=ROOT).returncode == 9
    with Budget(tmp_path) as budget:
        with pytest.raises(Spent):
            budget.spend("b", [Window("hall", 30, 90)])
        assert budget.spend("a", [Window("hall", 0, 60)]) is None


@settings(deadline=None, max_examples=40)  # of a disk
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 90)), max_size=12))
def test_whatever_is_asked_no_two_windows_ever_overlap(asked: list[tuple[int, int]]) -> None:
    taken: list[Window] = []
    with TemporaryDirectory() as folder, Budget(Path(folder)) as budget:
        for number, of in enumerate(asked):
            wanted = window(*of)
            overlaps = any(wanted.start < other.stop and other.start < wanted.stop for other in taken)
            full = any(sum(hour in other.hours for other in taken) >= CASES for hour in wanted.hours)
            try:
                budget.spend(str(number), [wanted])
            except Spent:
                assert overlaps or full
            else:
                assert not overlaps and not full
                taken.append(wanted)
