"""No group of fewer than five, alone or by subtraction."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from garim.gate.evaluate.groups import NOT_STATED, OTHERS, band, similar, told, way
from garim.recognise.counts import FLOOR

labels = st.lists(st.sampled_from(["KOR", "DEU", "FRA", "ITA", ""]), min_size=5, max_size=60)


def whole(words: list[str]) -> np.ndarray:
    return np.ones(len(words), bool)


@given(labels)
def test_each_group_is_of_five_or_there_is_one(words: list[str]) -> None:
    made = way("nationality", words, whole(words))
    sizes = made.sizes(whole(words))
    assert sum(sizes) == len(words)
    assert min(sizes) >= FLOOR
    for name, size in zip(made.names, sizes, strict=True):
        if name != OTHERS:
            assert size == Counter(word or NOT_STATED for word in words)[name]


@given(labels, st.integers(0, 2**32 - 1))
def test_those_who_are_compared_are_five_too(words: list[str], seed: int) -> None:
    compared = np.random.default_rng(seed).random(len(words)) < 0.8
    made = way("nationality", words, compared)
    if len(made.names) > 1:
        assert min(made.sizes(compared)) >= FLOOR


def test_one_small_group_takes_the_next_with_it() -> None:
    made = way("nationality", ["KOR"] * 20 + ["DEU"] * 6 + ["FRA"] * 2, np.ones(28, bool))
    assert (made.names, made.sizes(np.ones(28, bool))) == (("KOR", OTHERS), (20, 8)), "2 would follow from the rest"
    made = way("nationality", ["KOR"] * 20 + ["DEU"] * 6 + ["FRA"] * 2 + ["ITA"] * 3, np.ones(31, bool))
    assert made.sizes(np.ones(31, bool)) == (6, 20, 5)


def test_ways_that_differ_by_few_are_not_both_told() -> None:
    everybody = np.ones(40, bool)
    nationality = way("nationality", ["KOR"] * 20 + ["DEU"] * 20, everybody)
    sex = way("sex", ["f"] * 18 + ["m"] * 22, everybody)
    assert [each.name for each in told([nationality, sex], [everybody])[0]] == ["nationality"]
    assert told([nationality, sex], [everybody])[1] == ["sex"], "two Korean men"
    crossed = way("sex", ["f", "m"] * 20, everybody)
    assert told([nationality, crossed], [everybody])[1] == []
    only = way("age", ["25-34"] * 40, everybody)
    assert told([only], [everybody]) == ([], ["age"]), "one group is everybody"


def test_who_is_like_another() -> None:
    found = similar((["KOR"] * 6 + ["DEU", "DEU", ""], ["f"] * 6 + ["m", "f", "f"]))
    assert found.tolist() == [0] * 6 + [-1] * 3
    assert similar((["KOR"] * 4 + ["DEU"],)).tolist() == [-1] * 5, "four would be told of alone"


@pytest.mark.parametrize(
    ("born", "said"), [(2009, "under 18"), (2008, "18-24"), (1961, "65 and over"), (None, ""), (2030, "")]
)
def test_bands(born: int | None, said: str) -> None:
    assert band(born, 2026) == said
