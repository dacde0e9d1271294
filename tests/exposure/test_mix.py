"""Days that are nobody's: what is in a list, what is held back, and that no order of cases shows in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Misuse
from garim.exposure.mix import LEAST, SHARED, Mixed, Risk, Spell, Window, mixed
from garim.exposure.zones import Air, Zone, Zones

KST = timezone(timedelta(hours=9))
DAY = date(2026, 11, 20)
ZONES = Zones(
    "Asia/Seoul",
    (
        Zone("Central Station, main hall", Air.CLOSED, ("hall-1", "hall-2")),
        Zone("Naksan Park, east side", Air.OPEN, ("park",)),
        Zone("Fish market", Air.CLOSED, ("market",)),
    ),
    ("home-street",),
)


def spell(camera: str, start: str, end: str, day: int = 20) -> Spell:
    """A spell by the clocks of Seoul."""
    times = [datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=KST) for clock in (start, end)]
    return Spell(camera, *times)


def cells(list_: Mixed) -> list[tuple[int, int, str, Risk]]:
    return [(window.day.day, window.start, window.place.split()[0], window.risk) for window in list_.windows]


THREE = (
    [spell("hall-1", "09:10", "09:20"), spell("park", "12:30", "12:35"), spell("market", "18:00", "18:30")],
    [spell("hall-2", "09:50", "10:20"), spell("park", "11:00", "11:07"), spell("market", "18:10", "18:12")],
    [spell("hall-1", "10:05", "10:06"), spell("park", "11:50", "12:40"), spell("home-street", "23:00", "23:30")],
)


def test_spells_become_hours_of_zones_with_a_risk() -> None:
    short = [[*THREE[0]], [*THREE[1]], [THREE[2][0], spell("park", "11:50", "11:57"), spell("park", "12:05", "12:40")]]
    assert cells(mixed(short, ZONES)) == [
        (20, 9, "Central", Risk.HIGH),  # ten minutes of one and ten of another
        (20, 10, "Central", Risk.HIGH),
        (20, 11, "Naksan", Risk.LOW),  # seven and seven
        (20, 12, "Naksan", Risk.MEDIUM),
        (20, 18, "Fish", Risk.HIGH),
    ]
    assert mixed(short, ZONES).counted == (0, 1, 2) and mixed(short, ZONES).held == ()


def test_short_and_indoors_is_medium_and_two_cameras_of_a_zone_count_once() -> None:
    double = [spell("hall-1", "09:10", "09:18"), spell("hall-2", "09:12", "09:20")]
    others = [[spell("hall-1", f"09:{minute}", f"09:{minute + 1}")] for minute in (30, 40)]
    assert cells(mixed([double, *others], ZONES)) == [(20, 9, "Central", Risk.MEDIUM)]  # twelve minutes, not eighteen


def test_an_end_on_the_hour_is_of_the_hour_before() -> None:
    found = mixed(3 * [[spell("hall-1", "09:00", "10:00")]], ZONES)
    assert cells(found) == [(20, 9, "Central", Risk.HIGH)]
    assert found.windows[0].end == 10


def test_windows_can_be_longer() -> None:
    found = mixed(THREE, ZONES, hours=6)
    assert {(window.start, window.end) for window in found.windows} == {(6, 12), (12, 18), (18, 24)}
    for hours in (0, -1, 5, 25):
        with pytest.raises(Misuse, match="divide a day"):
            mixed(THREE, ZONES, hours=hours)


def test_days_are_those_of_the_places() -> None:
    """23:30 UTC is the next morning in Seoul."""
    late = Spell("hall-1", datetime(2026, 11, 19, 23, 30, tzinfo=UTC), datetime(2026, 11, 19, 23, 50, tzinfo=UTC))
    assert cells(mixed(3 * [[late]], ZONES)) == [(20, 8, "Central", Risk.HIGH)]


def test_an_hour_that_a_clock_shows_twice_is_one_window() -> None:
    paris = Zones("Europe/Paris", ZONES.zones)
    twice = Spell("hall-1", datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    assert [window.start for window in mixed(3 * [[twice]], paris).windows] == [2]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_people_are_no_list(count: int) -> None:
    with pytest.raises(Misuse, match="3 people at least: of one alone it would be that person's day"):
        mixed(THREE[:count], ZONES)


def test_the_floor_is_raised_and_not_lowered() -> None:
    with pytest.raises(Misuse, match="4 people at least"):
        mixed(THREE, ZONES, least=4)
    with pytest.raises(Misuse, match="3 people at least"):
        mixed(THREE, ZONES, least=1)


def test_a_day_of_too_few_is_held_back() -> None:
    later = [spell("market", "10:00", "11:00", day=21)]
    for also in ([later, [], []], [later, later, []]):
        found = mixed([[*case, *more] for case, more in zip(THREE, also, strict=True)], ZONES)
        assert found.held == (date(2026, 11, 21),) and found.lone == 0
        assert found.windows == mixed(THREE, ZONES).windows


def test_a_window_of_one_person_is_held_back() -> None:
    """Whoever knows that one of them sells fish by night would know that this one is in the list, and when."""
    alone = spell("market", "20:00", "20:30")
    found = mixed([[*THREE[0], alone], *THREE[1:]], ZONES)
    assert (found.windows, found.lone, found.held) == (mixed(THREE, ZONES).windows, 1, ())
    both = mixed([[*THREE[0], alone], [*THREE[1], alone], THREE[2]], ZONES)
    assert cells(both)[-1] == (20, 20, "Fish", Risk.HIGH) and both.lone == 0


def test_three_people_on_three_days_are_three_days_of_one() -> None:
    apart = [[spell("hall-1", "09:00", "09:30", day=20 + n)] for n in range(3)]
    with pytest.raises(Misuse, match="no day has 3 people"):
        mixed(apart, ZONES)


def test_a_day_on_which_nobody_meets_is_nobodys_list() -> None:
    apart = [[spell(camera, "09:00", "12:00")] for camera in ("hall-1", "park", "market")]
    with pytest.raises(Misuse, match="in windows that 2 of them share"):
        mixed(apart, ZONES)
    pair = [spell("hall-2", "09:00", "12:00")]  # of two that share hours, and a third elsewhere, two are in the list
    with pytest.raises(Misuse, match="no day has 3 people"):
        mixed([apart[0], pair, apart[1]], ZONES)


@pytest.mark.parametrize("elsewhere", [("market", "10:00", "11:00", 21), ("park", "20:00", "21:00", 20)])
def test_who_is_only_in_what_is_held_back_is_not_counted(elsewhere: tuple[str, str, str, int]) -> None:
    assert mixed([[spell(*elsewhere)], *THREE], ZONES).counted == (1, 2, 3)


def test_a_camera_that_nobody_placed_is_an_error() -> None:
    with pytest.raises(Misuse, match="bridge: is in no zone"):
        mixed([[spell("bridge", "09:00", "10:00")], *THREE[1:]], ZONES)


@pytest.mark.parametrize(("start", "end"), [("10:00", "10:00"), ("10:00", "09:00")])
def test_a_spell_ends_after_it_begins(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        spell("hall-1", start, end)
    with pytest.raises(ValueError, match="say their zone"):
        Spell("hall-1", datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 10))


@st.composite
def days(draw: st.DrawFn) -> list[list[Spell]]:
    def one() -> Spell:
        start = datetime(2026, 11, 19, 15, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 30 * 60)))
        camera = draw(st.sampled_from(["hall-1", "hall-2", "park", "market", "home-street"]))
        return Spell(camera, start, start + timedelta(minutes=draw(st.integers(1, 300))))

    return [[one() for _ in range(draw(st.integers(1, 4)))] for _ in range(draw(st.integers(3, 6)))]


@given(days(), st.randoms(), st.sampled_from([1, 2, 4]))
def test_the_list_is_the_same_in_whichever_order_people_came(
    cases: list[list[Spell]], chance: object, hours: int
) -> None:
    def made(these: Sequence[Sequence[Spell]]) -> tuple[Window, ...] | None:
        try:
            return mixed(these, ZONES, hours=hours).windows
        except Misuse:
            return None

    stirred = [list(case) for case in cases]
    for each in (stirred, *stirred):
        chance.shuffle(each)  # type: ignore[attr-defined]
    assert made(stirred) == made(cases)


@given(days())
def test_each_window_of_a_list_is_of_two_and_each_day_of_three(cases: list[list[Spell]]) -> None:
    try:
        found = mixed(cases, ZONES)
    except Misuse:
        return
    assert list(found.windows) == sorted(set(found.windows)) and not {w.day for w in found.windows} & set(found.held)
    theirs = [{cell for each in case for cell in hours_of(each)} for case in cases]
    listed = {(window.day, window.start, window.place) for window in found.windows}
    days = {day for day, _, _ in listed}
    there = {cell for case in theirs for cell in case if cell[0] in days}
    assert listed == {cell for cell in there if sum(cell in case for case in theirs) >= SHARED}
    assert found.lone == len(there - listed)
    for day in days:
        assert sum(any(cell in listed and cell[0] == day for cell in case) for case in theirs) >= LEAST


def hours_of(spell: Spell) -> set[tuple[date, int, str]]:
    """By the minute, and otherwise than the code does it."""
    zone = ZONES.of(spell.camera)
    minutes = range(int((spell.end - spell.start).total_seconds() // 60))
    clocks = [(spell.start + timedelta(minutes=n)).astimezone(KST) for n in minutes]
    return {(clock.date(), clock.hour, zone.name) for clock in clocks} if zone else set()
