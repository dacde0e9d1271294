"""How near for how long: against formulas, PedPy's figures, and what people did on PETS 2009."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ive
from tests.conftest import SHARED
from tests.exposure.walks import HOUR, Walk, person, positions, straight

from garim.exposure.encounters import SHARE, VOTES, Encounter, encounters, nearness, within
from garim.exposure.persons import NOBODY, Persons, persons
from garim.exposure.positions import Mask

PEDPY, PETS = SHARED / "data" / "pedpy" / "040_c_56_h-.txt", SHARED / "data" / "pets_s2l1"
FIGURES = Path(__file__).parents[1] / "reference" / "pedpy_neighbours.csv"


def alone(found: tuple[Encounter, ...]) -> Encounter:
    (one,) = found
    return one


def rice(limit: float, distance: float, sd: float) -> float:
    """The same probability, by integrating the Rice density."""

    def density(r: float) -> float:
        scaled = ive(0, r * distance / sd**2)
        return float(r / sd**2 * np.exp(-((r - distance) ** 2) / (2 * sd**2)) * scaled)

    points = [distance] if distance < limit else None
    return float(quad(density, max(0.0, distance - 40 * sd), limit, points=points, limit=500, epsabs=1e-12)[0])


@pytest.mark.parametrize("sd", [0.02, 0.1, 0.5, 2.05])
@pytest.mark.parametrize("distance", [0.0, 1.0, 1.9, 2.0, 2.1, 3.5])
def test_the_probability_is_that_of_a_rice_distribution(distance: float, sd: float) -> None:
    expected = rice(2.0, distance, sd) if abs(distance - 2) < 20 * sd else float(distance < 2)
    assert within(np.array([distance]), np.array([sd]))[0] == pytest.approx(expected, abs=1e-9)


def test_the_probability_is_what_chance_gives() -> None:
    chance = np.random.default_rng(5)
    drawn = np.hypot(*(np.array([1.7, 0.4])[:, None] + chance.normal(0, 0.6, (2, 400_000))))
    assert within(np.array([np.hypot(1.7, 0.4)]), np.array([0.6]))[0] == pytest.approx((drawn < 2).mean(), abs=0.003)


def test_what_is_known_exactly_is_within_or_not() -> None:
    assert within(np.array([0.0, 1.999, 2.0, 2.001]), np.zeros(4)).tolist() == [1, 1, 0, 0]


@given(st.floats(0, 50), st.floats(0, 5), st.floats(0, 60))
def test_the_probability_is_one_and_never_grows_with_distance(distance: float, sd: float, further: float) -> None:
    near, far = within(np.array([distance, distance + further]), np.array([sd, sd]))
    assert 0 <= far <= near + 1e-12 <= 1 + 2e-12


def test_ten_minutes_side_by_side_are_ten_minutes() -> None:
    two = person([straight(0, 1200, (0, 0), (1, 0)), straight(0, 1200, (0, 1), (1, 0))])
    met = alone(encounters(two.only(two.person == 0), two.only(two.person == 1)))
    assert met.seconds == pytest.approx(600, abs=0.01)
    assert met.closest_m == pytest.approx(1)
    assert met.probability == pytest.approx(1)
    assert met.mask is Mask.UNKNOWN


def test_nobody_meets_who_was_there_before_or_far_away() -> None:
    patient = person([straight(0, 100, (0, 0))])
    assert encounters(patient, person([straight(100, 200, (0, 0))])) == ()
    assert encounters(patient, person([straight(0, 100, (20, 0))])) == ()
    assert encounters(patient, NOBODY) == encounters(NOBODY, patient) == ()


def test_a_patient_is_one_person() -> None:
    two = person([straight(0, 10, (0, 0)), straight(5, 20, (0, 1))])
    with pytest.raises(ValueError, match="one person"):
        encounters(two, two)


def test_a_row_that_stands_for_a_minute_counts_as_one() -> None:
    minutes = np.arange(60, 7200, 120).tolist()
    cell = positions([Walk(minutes, np.full((60, 2), 2.5), sd=1.45, number=n) for n in (1, 2)])
    two = persons([(HOUR, cell)], lasts=[120])
    met = alone(encounters(two.only(two.person == 0), two.only(two.person == 1)))
    assert met.seconds == pytest.approx(3600 * (1 - np.exp(-4 / (2 * 2 * 1.45**2))), rel=1e-6)


def test_an_encounter_has_no_room_for_who_or_when() -> None:
    assert [field.name for field in fields(Encounter)] == ["seconds", "closest_m", "probability", "mask"]


MINUTE = 120


@pytest.mark.parametrize(
    ("masks", "said"),
    [
        ([Mask.WORN] * MINUTE, Mask.WORN),
        ([Mask.UNKNOWN] * (MINUTE - 10) + [Mask.ABSENT] * 10, Mask.ABSENT),
        ([Mask.UNKNOWN] * (MINUTE - 2) + [Mask.ABSENT] * 2, Mask.UNKNOWN),
        ([Mask.WORN] * 60 + [Mask.ABSENT] * 60, Mask.UNKNOWN),
        ([Mask.WORN] * 81 + [Mask.INCORRECT] * 39, Mask.WORN),
        ([Mask.WORN] * 79 + [Mask.INCORRECT] * 41, Mask.UNKNOWN),
    ],
)
def test_a_mask_is_told_by_vote_or_not_at_all(masks: list[Mask], said: Mask) -> None:
    assert (VOTES, SHARE) == (6, 2 / 3)
    two = person([straight(0, MINUTE, (0, 0)), straight(0, MINUTE, (1, 0))])
    other = two.only(two.person == 1)
    told = Persons(other.person, other.at, other.xy, other.sd, np.array(masks, np.uint8), other.lasts)
    assert alone(encounters(two.only(two.person == 0), told)).mask is said


def test_a_mask_far_away_does_not_vote() -> None:
    two = person([straight(0, 40, (0, 0)), straight(0, 40, (0, 0), (1, 0), sd=0.01)])
    other = two.only(two.person == 1)
    told = Persons(other.person, other.at, other.xy, other.sd, np.array([1] * 4 + [2] * 36, np.uint8), other.lasts)
    assert alone(encounters(two.only(two.person == 0), told)).mask is Mask.UNKNOWN


points = st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4)), min_size=1, max_size=30)


def walk(xy: list[tuple[float, float]], start: int = 0, sd: float = 0.2) -> Persons:
    return person([Walk(range(start, start + len(xy)), np.array(xy), sd)])


@given(points, points, st.integers(0, 20), st.floats(0, 1))
def test_either_has_the_same_encounter_with_the_other(
    a: list[tuple[float, float]], b: list[tuple[float, float]], later: int, sd: float
) -> None:
    one, two = walk(a), walk(b, later, sd)
    assert encounters(one, two) == encounters(two, one)


@given(points, st.floats(0, 3), st.floats(0, 3))
def test_nearer_is_never_less(xy: list[tuple[float, float]], near: float, further: float) -> None:
    patient = walk(xy)
    seconds = []
    for away in (near, near + further):
        met = encounters(patient, walk([(x + away, y) for x, y in xy]))
        seconds.append(met[0].seconds if met else 0.0)
    assert seconds[1] <= seconds[0] + 1e-9


@given(points, points)
def test_longer_is_never_less(xy: list[tuple[float, float]], more: list[tuple[float, float]]) -> None:
    patient = walk([(0.0, 0.0)] * 60)
    short, long = encounters(patient, walk(xy)), encounters(patient, walk(xy + more))
    assert len(short) <= len(long)
    for one, other in zip(short, long, strict=False):
        assert one.seconds <= other.seconds and one.closest_m >= other.closest_m
        assert one.probability <= other.probability


@given(st.lists(st.tuples(st.floats(-1.4, 1.4), st.floats(-1.4, 1.4)), min_size=2, max_size=60), st.data())
def test_cutting_either_ones_track_changes_nothing(speeds: list[tuple[float, float]], data: st.DataObject) -> None:
    xy = np.cumsum(np.array(speeds) / 2, axis=0)
    cut = data.draw(st.integers(1, len(xy) - 1))
    walk = Walk(range(len(xy)), xy)
    parts = [Walk(walk.ticks[:cut], walk.xy[:cut]), Walk(walk.ticks[cut:], walk.xy[cut:])]
    other = straight(0, 500, (12, 0), (-0.02, 0.01))
    both = [persons([(HOUR, positions(walks))]) for walks in ([other, walk], [other, *parts])]
    met = [encounters(found.only(found.person == 0), found.only(found.person == 1)) for found in both]
    assert met[0] == met[1]


def test_nearness_is_in_metres_at_moments_of_the_patient() -> None:
    patient = person([straight(10, 20, (0, 0))])
    near = nearness(patient, person([straight(0, 12, (3, 4)), straight(18, 40, (0, 2))]))
    assert near.rows.at.tolist() == [10, 11, 18, 19] and near.distance_m.tolist() == [5, 5, 2, 2]
    assert near.sd_m.tolist() == pytest.approx([0.1 * 2**0.5] * 4)


def exactly(rows: NDArray[np.float64]) -> Persons:
    """Persons of rows (number, tick, x, y) that are known exactly."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    none = np.zeros(len(rows))
    return Persons(
        rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:], none, none.astype(np.uint8), none + 1
    )


def pairs(found: Persons, hz: float, within_m: float) -> Iterator[tuple[int, int, Encounter | None]]:
    everybody = np.unique(found.person).tolist()
    each = {who: found.only(found.person == who) for who in everybody}
    for place, one in enumerate(everybody):
        for other in everybody[place + 1 :]:
            met = encounters(each[one], each[other], within_m=within_m, hz=hz)
            yield one, other, met[0] if met else None


@pytest.mark.skipif(not PETS.is_dir(), reason=f"needs {PETS}")
def test_pets_exactly() -> None:
    """Who was within 2 m of whom for how long, of 19 people, to the frame."""
    with (PETS / "world_tracks.csv").open() as file:
        rows = np.array([[float(r[c]) for c in ("id", "frame", "x_m", "y_m")] for r in csv.DictReader(file)])
    with (PETS / "contacts_lt2m.csv").open() as file:
        truth = {
            frozenset((int(r["id_a"]), int(r["id_b"]))): [float(r[f"seconds_lt_{n}m"]) for n in (1, 2, 3)]
            for r in csv.DictReader(file)
        }
    for number, limit in enumerate((1.0, 2.0, 3.0)):
        # the positions are rounded to a millimetre: a frame on the very line falls on either side
        least, most = (
            {frozenset((a, b)): e.seconds if e else 0 for a, b, e in pairs(exactly(rows), 10, limit + rounded)}
            for rounded in (-0.001, 0.001)
        )
        seconds = {pair: figures[number] for pair, figures in truth.items()}
        assert all(least[p] - 1e-9 <= seconds.get(p, 0) <= most[p] + 1e-9 for p in least)
        assert sum(most.values()) - sum(least.values()) < 0.5
    longer = [e.seconds for _, _, e in pairs(exactly(rows), 10, 1.9993) if e and e.seconds >= 3]
    assert len(longer) == 9 and sum(longer) == pytest.approx(81.0)


@pytest.mark.skipif(not PEDPY.is_file(), reason=f"needs {PEDPY}")
def test_pedpys_figures() -> None:
    """75 people in a bottleneck, at 25 frames a second: every pair within 0.3 m, to the frame and the millimetre."""
    with FIGURES.open() as file:
        figures = {
            (int(r["id_a"]), int(r["id_b"])): (int(r["frames"]), int(r["closest_mm"])) for r in csv.DictReader(file)
        }
    rows = np.loadtxt(PEDPY)[:, :4]
    met = {
        (a, b): (round(e.seconds * 25), round(e.closest_m * 1000))
        for a, b, e in pairs(exactly(rows), 25, 0.3)
        if e is not None
    }
    assert met == figures
    assert len(figures) == 128 and sum(frames for frames, _ in figures.values()) == 8875
