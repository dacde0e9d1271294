"""Each code has the country that signs for it, and no other; who has no country is signed for by nobody."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.passport.files import dump

from garim.gate.passport.countries import UNKNOWN_LETTERS, alpha2

ISO_CODES = Path("/usr/share/iso-codes/json/iso_3166-1.json")


@pytest.mark.parametrize(
    ("code", "countries"),
    [
        ("D", {"DE"}),
        ("D<<", {"DE"}),
        ("DEU", {"DE"}),
        ("NLD", {"NL"}),
        ("KOR", {"KR"}),
        ("PRK", {"KP"}),
        ("TWN", {"TW"}),
        ("CHN", {"CN"}),
        ("HKG", {"HK", "CN"}),
        ("MAC", {"MO", "CN"}),
        ("RKS", {"KS", "XK"}),
        ("EUE", {"EU"}),
        ("UNO", {"UN"}),
        ("UNA", {"UN"}),
        ("UNK", {"UN"}),
        ("XOM", {"XO"}),
        ("XPO", {"XP"}),
        ("UTO", {"UT"}),
    ]
    + [(code, {"GB"}) for code in ("GBR", "GBD", "GBN", "GBO", "GBP", "GBS")],
)
def test_codes(code: str, countries: set[str]) -> None:
    assert alpha2(code) == countries


@pytest.mark.parametrize("code", ["", "<<<", "XXA", "XXB", "XXC", "XXX", "ZZZ", "DE", "d", "<D<", "deu"])
def test_nobody_issues_as(code: str) -> None:
    assert alpha2(code) == frozenset()


@pytest.mark.parametrize("code", ["XBA", "XIM", "XCE", "XCO", "XEC", "XES", "XMP", "XDC"])
def test_who_issues_and_has_no_letters_is_known_all_the_same(code: str) -> None:
    assert code in UNKNOWN_LETTERS and alpha2(code) == frozenset()


def test_the_table_is_that_of_iso() -> None:
    if not ISO_CODES.exists():
        pytest.skip(f"no {ISO_CODES}: Debian's iso-codes are needed")
    listed = json.loads(ISO_CODES.read_text())["3166-1"]
    assert len(listed) == 249
    assert all(each["alpha_2"] in alpha2(each["alpha_3"]) for each in listed)


@given(st.text(max_size=4))
def test_any_text_has_an_answer(code: str) -> None:
    assert all(re.fullmatch("[A-Z]{2}", country) for country in alpha2(code))


def test_each_country_of_the_german_list_signs_for_some_code() -> None:
    listed = re.findall(rb"\x06\x03\x55\x04\x06[\x0c\x13]\x02([A-Za-z]{2})", dump("masterlist/de.ml").read_bytes())
    countries = {each.decode().upper() for each in listed}
    assert len(countries) > 100
    assert countries <= set().union(*(alpha2("".join(letters)) for letters in product(ascii_uppercase, repeat=3)))
