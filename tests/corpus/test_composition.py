"""Who is in it, who is missing, and that no count is of few."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.corpus import composition_chart as chart
from garim.corpus.composition import (
    AGES,
    FLOOR,
    NOT_STATED,
    Composition,
    ages,
    by_age,
    by_nationality,
    by_sex,
    gaps,
    needed,
    rounded,
    told,
)
from garim.corpus.values import Sex, packed

Cell = tuple[str, Sex, str, int, int]


def of(*cells: Cell) -> Composition:
    nationality, sex, age, subjects, photos = zip(*cells, strict=True) if cells else ((),) * 5
    return Composition(
        np.array([packed(each) for each in nationality], np.uint16),
        np.array(sex, np.uint8),
        np.array([AGES.index(each) for each in age], np.uint8),
        np.array(subjects, np.int64),
        np.array(photos, np.int64),
    )


MANY = of(
    ("KOR", Sex.FEMALE, "25-34", 400, 800),
    ("KOR", Sex.MALE, "25-34", 300, 300),
    ("JPN", Sex.MALE, "18-24", 40, 41),
    ("VNM", Sex.FEMALE, "25-34", 3, 3),
    ("XXX", Sex.UNSTATED, NOT_STATED, 20, 20),
)


def test_groups_add_up_and_are_in_order() -> None:
    assert [(each.name, each.subjects, each.photos) for each in by_nationality(MANY)] == [
        ("KOR", 700, 1100),
        ("JPN", 40, 41),
        ("VNM", 3, 3),
        (NOT_STATED, 20, 20),
    ]
    assert [(each.name, each.subjects) for each in by_sex(MANY)] == [("female", 403), ("male", 340), (NOT_STATED, 20)]
    assert [each.subjects for each in by_age(MANY)] == [0, 40, 703, 0, 0, 0, 0, 20]


@pytest.mark.parametrize(("born", "year", "band"), [
    (2008, 2026, "18-24"), (2009, 2026, "under 18"), (1961, 2026, "65 and over"), (1962, 2026, "55-64"),
    (2026, 2026, "under 18"), (0, 2026, NOT_STATED), (2030, 2026, NOT_STATED), (1800, 2026, "65 and over"),
])  # fmt: skip
def test_an_age_is_in_one_band(born: int, year: int, band: str) -> None:
    assert AGES[ages(np.array([born], np.uint16), year)[0]] == band


def test_gaps_are_named() -> None:
    said = gaps(MANY)
    assert said[0].startswith("By age, nobody at all: under 18, 35-44")
    assert any("By age, fewer than 300 people" in each and "18-24 (40)" in each for each in said)
    assert any("JPN (40), VNM (fewer than 5)" in each for each in said)
    assert not any("By sex" in each for each in said), "403 and 340 are enough for 1 %"
    assert "More than 2 in 3 of those who state female or male are men of JPN." in said
    assert sum(f"no {heading} is stated" in each for each in said for heading in ("nationality", "sex", "age")) == 3
    assert gaps(of()) == ["Nobody is in it."]
    assert needed(0.01) == 300 and needed(0.001) == 3000


def test_a_gap_that_is_filled_is_named_no_more() -> None:
    full = of(
        *((code, sex, age, 400, 400) for code in ("KOR", "JPN") for sex in (Sex.FEMALE, Sex.MALE) for age in AGES[:-1])
    )
    assert gaps(full) == []


@given(st.integers(0, 10**9))
def test_no_count_of_few_is_told(count: int) -> None:
    word = told(count)
    if 0 < count < FLOOR:
        assert word == "fewer than 5" and rounded(count) == 0
    else:
        assert int(word.replace(",", "")) == rounded(count) <= count < rounded(count) + FLOOR
        assert rounded(count) % FLOOR == 0


PICTURES = [chart.nationalities, chart.ages_and_sexes, chart.grid]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("composition", [MANY, of(), of(("KOR", Sex.FEMALE, "25-34", 2, 2))])
def test_pictures_are_svg_and_say_no_count_of_few(picture: object, composition: Composition) -> None:
    assert callable(picture)
    tree = ElementTree.fromstring(picture(composition))
    words = [text.text or "" for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    alone = [int(word.replace(",", "")) for word in words if re.fullmatch(r"[\d,]+", word)]
    assert all(count % FLOOR == 0 for count in alone)
    assert all(float(bar.get("width", "0")) >= 0 for bar in tree.iter("{http://www.w3.org/2000/svg}rect"))


def test_a_bar_is_as_long_as_its_group() -> None:
    tree = ElementTree.fromstring(
        chart.nationalities(of(("KOR", Sex.MALE, "25-34", 100, 1), ("JPN", Sex.MALE, "25-34", 50, 1)))
    )
    bars = [float(bar.get("width", "0")) for bar in tree.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert bars[0] == pytest.approx(2 * bars[1])


def test_few_are_hatched_and_enough_are_not() -> None:
    svg = chart.grid(of(("KOR", Sex.MALE, "25-34", 300, 1), ("KOR", Sex.MALE, "35-44", 299, 1)))
    assert svg.count("url(#few)") == len(AGES) - 1 - 1


def test_what_does_not_fit_is_refused_at_birth() -> None:
    with pytest.raises(ValueError, match="one cell a row"):
        Composition(MANY.nationality, MANY.sex, MANY.age, MANY.subjects, MANY.photos[:1])
