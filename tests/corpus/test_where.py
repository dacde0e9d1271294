"""What --where asks is one question with one text, and says of each row what plain Python says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus import made

from garim.core.errors import Misuse
from garim.corpus.provenance import Provenance
from garim.corpus.values import Sex, day, unpacked
from garim.corpus.where import Where

CLAUSES = {
    "nationality": "nationality=KOR,XXX",
    "sex": "sex=female,other",
    "age": "age=18-40",
    "birth_year": "birth_year=1980-2005",
    "captured": "captured=2015-03-01..2024-12-31",
    "provenance": "provenance=subject-upload,synthetic",
}


@given(seed=st.integers(0, 1000), asked=st.permutations(list(CLAUSES)), count=st.integers(0, 6))
def test_rows_are_those_that_python_finds(seed: int, asked: list[str], count: int) -> None:
    where = Where.parse(CLAUSES[name] for name in asked[:count])
    rows = made.records(seed, subjects=20, rows=200)
    plain = [
        all(_plain(name, *row) for name in asked[:count])
        for row in zip(
            rows.nationality.tolist(),
            rows.sex.tolist(),
            rows.birth_year.tolist(),
            rows.captured_on.tolist(),
            rows.provenance.tolist(),
            strict=True,
        )
    ]
    assert where.holds(rows).tolist() == plain
    assert str(where) == str(Where.parse(CLAUSES[name] for name in sorted(asked[:count])))
    assert Where.parse(str(where).split()) == where, "its text is read as itself"


def _plain(name: str, nationality: int, sex: int, born: int, captured: int, provenance: int) -> bool:
    age = day(captured).year - born
    return {
        "nationality": unpacked(nationality) in ("KOR", "XXX"),
        "sex": Sex(sex) in (Sex.FEMALE, Sex.OTHER),
        "age": born != 0 and 18 <= age <= 40,
        "birth_year": 1980 <= born <= 2005,
        "captured": date(2015, 3, 1) <= day(captured) <= date(2024, 12, 31),
        "provenance": Provenance(provenance) in (Provenance.SUBJECT_UPLOAD, Provenance.SYNTHETIC),
    }[name]


@pytest.mark.parametrize(
    "clauses",
    [
        ["subject=7"],
        ["nationality=kor"],
        ["nationality=KOR", "nationality=JPN"],
        ["sex=any"],
        ["age=40-18"],
        ["age=18"],
        ["captured=2024-02-30..2024-03-01"],
        ["captured=2024-03-02..2024-03-01"],
        ["age="],
        [""],
        ["nationality=KOR or 1=1"],
    ],
)
def test_any_other_text_is_refused(clauses: list[str]) -> None:
    with pytest.raises(Misuse):
        Where.parse(clauses)


def test_a_provenance_that_is_not_on_the_list_is_refused_by_its_name() -> None:
    with pytest.raises(Misuse, match="web_scraping"):
        Where.parse(["provenance=web-scraping"])


@pytest.mark.parametrize("clause", ["age=40-20", "birth_year=2000-1990", "captured=2024-03-02..2024-03-01"])
def test_what_is_backwards_is_called_so(clause: str) -> None:
    with pytest.raises(Misuse, match=r"is backwards; nothing was done\. The least comes first"):
        Where.parse([clause])
