"""Days that are nobody's: what is in a list, what is held back, and that no order of cases shows in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.core.errors import Misuse
from garim.exposure.mix import LEAST, Mixed, Risk, Stay, Window, mixed
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


def stay(camera: str, start: str, end: str, day: int = 20) -> Stay:
    """A stay by the clocks of Seoul."""
    times = [datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=KST) for clock in (start, end)]
    return Stay(camera, *times)


def cells(list_: Mixed) -> list[tuple[int, int, str, Risk]]:
    return [(window.day.day, window.start, window.place.split()[0], window.risk) for window in list_.windows]


THREE = (
    [stay("hall-1", "09:10", "09:20"), stay("market", "18:00", "18:30")],
    [stay("hall-2", "09:50", "10:20"), stay("park", "11:00", "11:14")],
    [stay("park", "12:05", "12:40"), stay("home-street", "23:00", "23:30")],
)


def test_stays_become_hours_of_zones_with_a_risk() -> None:
    assert cells(mixed(THREE, ZONES)) == [
        (20, 9, "Central", Risk.HIGH),  # ten minutes of one and ten of another
        (20, 10, "Central", Risk.HIGH),
        (20, 11, "Naksan", Risk.LOW),
        (20, 12, "Naksan", Risk.MEDIUM),
        (20, 18, "Fish", Risk.HIGH),
    ]
    assert mixed(THREE, ZONES).counted == (0, 1, 2) and mixed(THREE, ZONES).held == ()


def test_short_and_indoors_is_medium_and_two_cameras_of_a_zone_count_once() -> None:
    double = [stay("hall-1", "09:10", "09:18"), stay("hall-2", "09:12", "09:20")]
    alone = mixed([double, [stay("park", "12:00", "13:00")], [stay("market", "15:00", "15:30")]], ZONES)
    assert cells(alone)[0] == (20, 9, "Central", Risk.MEDIUM)  # ten minutes, not sixteen


def test_an_end_on_the_hour_is_of_the_hour_before() -> None:
    found = mixed([[stay("hall-1", "09:00", "10:00")], *THREE[1:]], ZONES)
    assert (20, 9, "Central", Risk.HIGH) in cells(found)
    assert next(window.end for window in found.windows) == 10


def test_windows_can_be_longer() -> None:
    found = mixed(THREE, ZONES, hours=6)
    assert {(window.start, window.end) for window in found.windows} == {(6, 12), (12, 18), (18, 24)}
    for hours in (0, -1, 5, 25):
        with pytest.raises(Misuse, match="divide a day"):
            mixed(THREE, ZONES, hours=hours)


def test_days_are_those_of_the_places() -> None:
    """23:30 UTC is the next morning in Seoul."""
    late = Stay("hall-1", datetime(2026, 11, 19, 23, 30, tzinfo=UTC), datetime(2026, 11, 19, 23, 50, tzinfo=UTC))
    found = mixed([[late], THREE[2], [stay("market", "18:00", "18:30")]], ZONES)
    assert cells(found)[0] == (20, 8, "Central", Risk.HIGH)


def test_an_hour_that_a_clock_shows_twice_is_one_window() -> None:
    paris = Zones("Europe/Paris", ZONES.zones)
    twice = Stay("hall-1", datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    others = [
        [Stay(camera, datetime(2026, 10, 25, hour, tzinfo=UTC), datetime(2026, 10, 25, hour + 1, tzinfo=UTC))]
        for camera, hour in (("park", 10), ("market", 12))
    ]
    found = mixed([[twice], *others], paris)
    assert [window.start for window in found.windows] == [2, 11, 13]


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
    lonely = [*THREE[0], stay("market", "10:00", "11:00", day=21)]
    found = mixed([lonely, *THREE[1:]], ZONES)
    assert found.held == (date(2026, 11, 21),)
    assert found.windows == mixed(THREE, ZONES).windows


def test_three_people_on_three_days_are_three_days_of_one() -> None:
    apart = [[stay("hall-1", "09:00", "09:30", day=20 + n)] for n in range(3)]
    with pytest.raises(Misuse, match="no day is shared by 3 people"):
        mixed(apart, ZONES)


def test_a_day_that_is_mostly_one_persons_is_held_back() -> None:
    long = [stay("hall-1", "07:00", "12:00")]
    with pytest.raises(Misuse, match="none of them most of it"):
        mixed([long, [stay("park", "15:00", "15:30")], [stay("market", "16:00", "16:30")]], ZONES)
    # what others share is nobody's alone
    shared = [stay("hall-2", "09:00", "12:00")]
    assert mixed([long, shared, [stay("market", "16:00", "16:30")]], ZONES).held == ()


def test_who_is_only_in_days_held_back_is_not_counted() -> None:
    later = [stay("market", "10:00", "11:00", day=21)]
    assert mixed([later, *THREE], ZONES).counted == (1, 2, 3)


def test_a_camera_that_nobody_placed_is_an_error() -> None:
    with pytest.raises(Misuse, match="bridge: is in no zone"):
        mixed([[stay("bridge", "09:00", "10:00")], *THREE[1:]], ZONES)


@pytest.mark.parametrize(("start", "end"), [("10:00", "10:00"), ("10:00", "09:00")])
def test_a_stay_ends_after_it_begins(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        stay("hall-1", start, end)
    with pytest.raises(ValueError, match="say their zone"):
        Stay("hall-1", datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 10))


@st.composite
def days(draw: st.DrawFn) -> list[list[Stay]]:
    def one() -> Stay:
        start = datetime(2026, 11, 19, 15, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 2 * 24 * 60)))
        camera = draw(st.sampled_from(["hall-1", "hall-2", "park", "market", "home-street"]))
        return Stay(camera, start, start + timedelta(minutes=draw(st.integers(1, 300))))

    return [[one() for _ in range(draw(st.integers(1, 4)))] for _ in range(draw(st.integers(3, 6)))]


@given(days(), st.randoms(), st.sampled_from([1, 2, 4]))
def test_the_list_is_the_same_in_whichever_order_people_came(
    cases: list[list[Stay]], chance: object, hours: int
) -> None:
    def made(these: Sequence[Sequence[Stay]]) -> tuple[Window, ...] | None:
        try:
            return mixed(these, ZONES, hours=hours).windows
        except Misuse:
            return None

    stirred = [list(case) for case in cases]
    for each in (stirred, *stirred):
        chance.shuffle(each)  # type: ignore[attr-defined]
    assert made(stirred) == made(cases)


@given(days())
def test_each_day_of_a_list_is_shared_and_covers_who_is_in_it(cases: list[list[Stay]]) -> None:
    try:
        found = mixed(cases, ZONES)
    except Misuse:
        return
    assert list(found.windows) == sorted(set(found.windows)) and not {w.day for w in found.windows} & set(found.held)
    theirs = [{cell for each in case for cell in hours_of(each)} for case in cases]
    for day in {window.day for window in found.windows}:
        listed = {(window.day, window.start, window.place) for window in found.windows if window.day == day}
        there = [{cell for cell in case if cell[0] == day} for case in theirs]
        assert listed == set().union(*there)
        assert sum(map(bool, there)) >= LEAST
        for number, case in enumerate(there):
            others = set().union(*(other for n, other in enumerate(there) if n != number))
            assert 2 * len(case - others) <= len(listed)


def hours_of(stay: Stay) -> set[tuple[date, int, str]]:
    """By the minute, and otherwise than the code does it."""
    zone = ZONES.of(stay.camera)
    minutes = range(int((stay.end - stay.start).total_seconds() // 60))
    clocks = [(stay.start + timedelta(minutes=n)).astimezone(KST) for n in minutes]
    return {(clock.date(), clock.hour, zone.name) for clock in clocks} if zone else set()
